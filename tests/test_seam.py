"""New sound joined to a recording: what was kept is kept to the bit, and nothing clips."""

import numpy as np
import pytest

from pipelines.pocket.sound.mastering import loudness_lufs
from pipelines.pocket.sound.seam import CEILING, RECORDING, Sound, Stretch, join

RATE = 44_100


def noise(seconds: float, level: float, seed: int) -> Sound:
    sound = np.random.default_rng(seed).normal(0, level, (2, round(seconds * RATE)))
    return sound.clip(-0.85, 0.85).astype(np.float32)


def test_a_continued_recording_is_the_same_up_to_the_seam() -> None:
    recording, new = noise(10, 0.1, 1), {"a": noise(6, 0.02, 2), "b": noise(6, 0.03, 3)}
    joined = join(recording, new, Stretch(8 * RATE, None, 14 * RATE))
    assert joined.whole.shape == (2, 14 * RATE)
    assert np.array_equal(joined.whole[:, : 8 * RATE], recording[:, : 8 * RATE])
    # What rang on is gone, and the new sound is there.
    late = joined.stems[RECORDING][:, 9 * RATE :]
    assert not late.any() and joined.stems["a"][:, 9 * RATE :].any()


def test_a_repainted_stretch_leaves_both_sides() -> None:
    recording, new = noise(12, 0.1, 1), {"a": noise(7, 0.02, 2)}
    joined = join(recording, new, Stretch(4 * RATE, 9 * RATE, 12 * RATE))
    assert np.array_equal(joined.whole[:, : 4 * RATE], recording[:, : 4 * RATE])
    behind = 9 * RATE + RATE // 2
    assert np.array_equal(joined.whole[:, behind:], recording[:, behind:])
    middle = slice(5 * RATE, 8 * RATE)
    assert not joined.stems[RECORDING][:, middle].any()
    # The recording is back at full strength on the beat.
    assert np.array_equal(joined.stems[RECORDING][:, 9 * RATE :], recording[:, 9 * RATE :])


@pytest.mark.parametrize("level", [0.005, 0.3])
def test_the_new_sound_is_as_loud_as_its_surroundings(level: float) -> None:
    recording = noise(10, 0.08, 1)
    joined = join(recording, {"a": noise(6, level, 2)}, Stretch(8 * RATE, None, 14 * RATE))
    before = loudness_lufs(joined.whole[:, : 8 * RATE])
    after = loudness_lufs(joined.whole[:, 9 * RATE :])
    assert after == pytest.approx(before, abs=0.5)


def test_the_stems_add_up_and_stay_below_the_ceiling() -> None:
    recording, new = noise(6, 0.3, 1), {"a": noise(6, 0.5, 2), "b": noise(6, 0.5, 3)}
    joined = join(recording, new, Stretch(3 * RATE, None, 9 * RATE))
    total = np.sum(list(joined.stems.values()), axis=0)
    assert np.abs(total - joined.whole).max() < 1e-5
    assert np.abs(joined.whole[:, 4 * RATE :]).max() <= CEILING + 1e-3


def test_no_jump_at_a_seam() -> None:
    seconds = np.arange(8 * RATE) / RATE
    tone = np.stack([0.3 * np.sin(2 * np.pi * 220 * seconds)] * 2).astype(np.float32)
    silence = {"a": np.zeros((2, 4 * RATE), np.float32)}
    joined = join(tone, silence, Stretch(3 * RATE, 6 * RATE, 8 * RATE))
    steepest = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(joined.whole)).max() <= 1.2 * steepest
