"""New sound joined to a recording: after it, or in the place of a stretch of it.

Up to the seam, and again behind the second one, the recording is kept to the bit; what it rings on
dies away under the new sound, which is as loud as its surroundings. Knows samples only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.mastering import loudness_lufs
from pipelines.pocket.sound.tone import SAMPLE_RATE

Sound = NDArray[np.float32]

RECORDING = "recording"
"""The stem of what was kept."""

CEILING = 10 ** (-1.1 / 20)
_DIES_S = 0.35
_ATTACK_S = 0.008
_AROUND_S = 12.0


@dataclass(frozen=True, eq=False)
class Joined:
    """`stems` add up to `whole`; all are (2, T)."""

    whole: Sound
    stems: dict[str, Sound]


@dataclass(frozen=True)
class Stretch:
    """In samples: where the new sound begins, where the recording comes back, where all ends.

    `back` None: it does not come back.
    """

    begin: int
    back: int | None
    end: int


def join(recording: Sound, new: Mapping[str, Sound], stretch: Stretch) -> Joined:
    """Lay new stems, which begin at the stretch, into or behind a recording."""
    kept = _kept(recording, stretch)
    placed = {name: _placed(sound, stretch) for name, sound in new.items()}
    fresh = np.zeros_like(kept)
    for sound in placed.values():
        fresh += sound
    gain = _gain(recording, fresh, stretch)
    curve = _under(kept, fresh * gain, stretch) * gain
    stems = {RECORDING: kept} | {name: sound * curve for name, sound in placed.items()}
    whole = kept + fresh * curve
    return Joined(whole.astype(np.float32), stems)


def _kept(recording: Sound, stretch: Stretch) -> Sound:
    """The recording to the seam and a little of how it rings on; from its return all of it."""
    out = np.zeros((2, stretch.end), np.float32)
    count = min(recording.shape[1], stretch.end)
    out[:, :count] = recording[:, :count]
    stop = count if stretch.back is None else stretch.back - _samples(_ATTACK_S)
    tail = max(0, min(_samples(_DIES_S), stop - stretch.begin))
    fade = np.cos(np.linspace(0, np.pi / 2, tail, dtype=np.float32)) ** 2
    out[:, stretch.begin : stretch.begin + tail] *= fade
    out[:, stretch.begin + tail : max(stop, stretch.begin + tail)] = 0
    if stretch.back is not None:
        first = max(0, stop)
        out[:, first : stretch.back] = recording[:, first : stretch.back] * np.linspace(
            0, 1, stretch.back - first, dtype=np.float32
        )
    return out


def _placed(sound: Sound, stretch: Stretch) -> Sound:
    """At its place; behind the recording's return it dies away."""
    out = np.zeros((2, stretch.end), np.float32)
    count = min(sound.shape[1], stretch.end - stretch.begin)
    out[:, stretch.begin : stretch.begin + count] = sound[:, :count]
    if stretch.back is not None:
        tail = min(_samples(_DIES_S), stretch.end - stretch.back)
        fade = np.cos(np.linspace(0, np.pi / 2, tail, dtype=np.float32)) ** 2
        out[:, stretch.back : stretch.back + tail] *= fade
        out[:, stretch.back + tail :] = 0
    return out


def _gain(recording: Sound, fresh: Sound, stretch: Stretch) -> np.float32:
    """What makes the new sound as loud as the recording around it."""
    width = _samples(_AROUND_S)
    around = [recording[:, max(0, stretch.begin - width) : stretch.begin]]
    if stretch.back is not None:
        around.append(recording[:, stretch.back : stretch.back + width])
    wanted = loudness_lufs(np.concatenate(around, axis=1))
    stop = stretch.end if stretch.back is None else stretch.back
    now = loudness_lufs(fresh[:, stretch.begin : stop])
    if not np.isfinite(wanted) or not np.isfinite(now):
        return np.float32(1)
    return np.float32(10 ** ((wanted - now) / 20))


def _under(kept: Sound, fresh: Sound, stretch: Stretch) -> Sound:
    """(T,) what keeps the sum below the ceiling, as far as that is in the new sound's hands."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    room = np.maximum(CEILING - np.abs(kept).max(axis=0), 0.05)
    peaks = np.abs(fresh).max(axis=0)
    least = np.minimum(1, room / np.maximum(peaks, 1e-9)).astype(np.float32)
    width = _samples(0.01)
    return uniform_filter1d(minimum_filter1d(least, 2 * width + 1), width).astype(np.float32)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
