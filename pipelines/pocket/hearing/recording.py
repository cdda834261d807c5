"""A recording heard: its bars, key, chords and loudness, as far as they can be told by ear."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.hearing.beats import find_beats, onsets_of
from pipelines.pocket.hearing.harmony import changes_of, find_harmony, tones_of
from pipelines.pocket.music.theory import Harmony
from studio.errors import RequestError
from studio.score import Mode

Floats = NDArray[np.float64]

_RATE = 22_050
_FEWEST_BARS = 2
_LEAST_S = 2.0
_SILENCE = 1e-4
_FADED_DB = 7.0
"""Softer than usual by this much, an end only rings or fades."""


@dataclass(frozen=True, eq=False)
class Recording:
    """What was heard. A bar lasts from its line to the next one; all lie within the recording."""

    duration_s: float
    lines_s: Floats
    """One more than there are bars."""

    metre: tuple[int, int]
    key: str
    mode: Mode
    chords: tuple[Harmony, ...]
    """Of each bar."""

    levels_db: Floats
    """Of each bar."""

    @property
    def bars(self) -> int:
        return len(self.lines_s) - 1

    @property
    def last_full(self) -> int:
        """The bar line up to which it plays on: behind it, it only rings or fades."""
        usual = float(np.median(self.levels_db))
        last = self.bars
        while last > max(1, self.bars // 2) and self.levels_db[last - 1] < usual - _FADED_DB:
            last -= 1
        return last

    def tempo_bpm(self, first: int, last: int) -> float:
        """Over bars first … last − 1."""
        beats = (last - first) * self.metre[0]
        return 60 * beats / float(self.lines_s[last] - self.lines_s[first])


def hear(samples: NDArray[np.float32], rate: int, in_bar: int | None = None) -> Recording:
    """Listen to (C, T) samples.

    Args:
        in_bar: beats to the bar where they are known, 3 or 4.

    Raises:
        RequestError: silence, or too short to tell a bar.
    """
    mono = _reduced(samples, rate)
    if float(np.abs(mono).max(initial=0)) < _SILENCE:
        raise RequestError("the recording is silent; give one that sounds")
    if len(mono) < _RATE * _LEAST_S:
        raise _too_short(mono)
    tones = tones_of(mono, _RATE)
    beats = find_beats(onsets_of(mono, _RATE), changes_of(tones), in_bar)
    lines = beats.lines_s
    if len(lines) <= _FEWEST_BARS:
        raise _too_short(mono)
    key, mode, chords = find_harmony(tones, lines)
    return Recording(
        duration_s=samples.shape[1] / rate,
        lines_s=lines,
        metre=(beats.in_bar, 4),
        key=key,
        mode=mode,
        chords=chords,
        levels_db=_levels(mono, lines),
    )


def _too_short(mono: Floats) -> RequestError:
    return RequestError(
        f"a recording of {len(mono) / _RATE:.1f} s is too short to hear its bars; "
        "give at least four bars"
    )


def _reduced(samples: NDArray[np.float32], rate: int) -> Floats:
    """Mono at half the usual rate."""
    from scipy.signal import resample_poly

    mono = samples.mean(axis=0, dtype=np.float64)
    common = int(np.gcd(rate, _RATE))
    return np.asarray(resample_poly(mono, _RATE // common, rate // common), np.float64)


def _levels(mono: Floats, lines_s: Floats) -> Floats:
    places = np.rint(lines_s * _RATE).astype(int)
    power = [
        float(np.mean(mono[a:b] ** 2)) if b > a else 0.0
        for a, b in zip(places, places[1:], strict=False)
    ]
    return 10 * np.log10(np.array(power) + 1e-10)
