"""What is heard in a recording is what was played: bars, key, chords."""

import numpy as np
import pytest

from pipelines.pocket.hearing.recording import Recording, hear
from pipelines.pocket.music.over import numeral
from pipelines.pocket.music.theory import roman
from pipelines.pocket.sound.mix import Settings, render
from studio.errors import RequestError
from studio.score import Chord, Mode, Note, Part, Score, Section

RATE = 44_100
PROGRESSION = ("I", "V", "vi", "IV", "I", "ii", "V", "I")


def piece(tempo: float, key: str, beats: int) -> Score:
    """Eight bars: a chord to each on the piano, its root in the bass, and a drum to each beat."""
    chords, notes, low, drums = [], [], [], []
    for bar, symbol in enumerate(PROGRESSION):
        start = float(bar * beats)
        root, quality = roman(symbol, key, "major")
        chords.append(Chord(start, beats, root, quality))
        notes += [Note(start, beats, 60 + tone) for tone in sorted(chords[-1].pitch_classes)]
        low.append(Note(start, beats, 36 + root))
        for beat in range(beats):
            notes += [Note(start + beat, 0.5, 72 + tone, 50) for tone in chords[-1].pitch_classes]
            drums.append(Note(start + beat, 0.25, 36 if beat == 0 else 42, 80))
    parts = (
        Part("chords", "chords", "grand piano", tuple(sorted(notes, key=lambda n: n.start_beats))),
        Part("bass", "bass", "finger bass", tuple(low)),
        Part("drums", "drums", "acoustic kit", tuple(drums)),
    )
    length = float(len(PROGRESSION) * beats)
    sections = (Section("verse", 0, length),)
    return Score(tempo, (beats, 4), key, "major", parts, tuple(chords), sections, length)


def heard(score: Score, lead_s: float = 0.0, in_bar: int | None = None) -> Recording:
    sound = render(score, settings=Settings(duration_s=score.duration_s + 0.5)).master
    silence = np.zeros((2, round(lead_s * RATE)), np.float32)
    return hear(np.concatenate([silence, sound], axis=1), RATE, in_bar)


@pytest.mark.parametrize(
    ("tempo", "key", "lead_s"), [(96.0, "C", 0.0), (113.0, "Eb", 0.37), (132.0, "A", 1.1)]
)
def test_tempo_bars_key_and_chords_are_heard(tempo: float, key: str, lead_s: float) -> None:
    score = piece(tempo, key, 4)
    found = heard(score, lead_s)
    assert found.tempo_bpm(0, found.bars) == pytest.approx(tempo, rel=0.005)
    assert found.metre == (4, 4)
    bar_s = 4 * 60 / tempo
    off = (found.lines_s - lead_s) / bar_s
    assert np.abs(off - np.rint(off)).max() * bar_s < 0.05
    assert (found.key, found.mode) == ({"Eb": "D#"}.get(key, key), "major")
    first = round(float(off[0]))
    truth = [(each.root, each.quality) for each in score.chords][first : first + found.bars]
    right = sum(a == b for a, b in zip(truth, found.chords, strict=False))
    assert right >= len(truth) - 2


def test_three_beats_to_the_bar_are_heard_where_that_is_known() -> None:
    found = heard(piece(120, "G", 3), in_bar=3)
    assert found.metre == (3, 4)
    assert found.tempo_bpm(0, found.bars) == pytest.approx(120, rel=0.01)


def test_an_end_that_only_rings_is_not_gone_on_from() -> None:
    score = piece(120, "C", 4)
    sound = render(score, settings=Settings(duration_s=score.duration_s)).master.copy()
    sound[:, 12 * RATE :] *= 0.1
    found = hear(sound, RATE)
    assert found.lines_s[found.last_full] == pytest.approx(12, abs=0.06)


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_silence_and_a_moment_are_refused(seconds: float) -> None:
    with pytest.raises(RequestError, match="silent"):
        hear(np.zeros((2, round(seconds * RATE)), np.float32), RATE)
    blip = np.random.default_rng(0).normal(0, 0.1, (2, RATE // 2)).astype(np.float32)
    with pytest.raises(RequestError, match="too short"):
        hear(blip, RATE)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_triad_has_a_numeral(mode: Mode) -> None:
    for root in range(12):
        for quality in ("maj", "min"):
            assert roman(numeral((root, quality), "F", mode), "F", mode) == (root, quality)
