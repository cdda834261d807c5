"""Where the beats of a recording lie, and which of them begin its bars.

Onsets are what rises in loudness; a steady grid of beats is laid where most onsets are, or, where
the tempo wanders, beat by beat with the best sum (Ellis, "Beat tracking by dynamic programming",
2007). A bar begins where the harmony changes and the bass begins. Knows no key and no file.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOP_S = 0.01
"""Of all curves here: a value each hundredth of a second."""

_WINDOW_S = 0.046
_BANDS = 36
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 8000.0
_BASS_HZ = 160.0
SLOWEST_BPM, FASTEST_BPM = 55.0, 190.0
_USUAL_BPM, _OCTAVES = 108.0, 0.9
_TIGHT = 300.0
_WANDERING = 1.5
"""How much better free beats must meet the onsets than a steady grid does."""

_THIRDS = 1.1
"""How much better other beats must meet the onsets where they make bars of three."""

_CLEARLY = 1.35
"""How much better than four beats to the bar three must fit to be believed."""


@dataclass(frozen=True, eq=False)
class Onsets:
    """How much begins at each hop: in all bands, and in the bass."""

    all: Floats
    bass: Floats


@dataclass(frozen=True, eq=False)
class Beats:
    """`times_s` of all beats within the recording; every `in_bar`-th from `first` begins a bar."""

    times_s: Floats
    in_bar: int
    first: int

    @property
    def tempo_bpm(self) -> float:
        return 60 / float(np.median(np.diff(self.times_s)))

    @property
    def lines_s(self) -> Floats:
        """Where bars begin."""
        return self.times_s[self.first :: self.in_bar]


def spectra(mono: Floats, rate: int, window_s: float) -> tuple[Floats, Floats]:
    """Magnitudes (hops, bins) around each hop, and the bins' frequencies."""
    size = 1 << round(np.log2(window_s * rate))
    hop = rate * HOP_S
    count = max(1, int(len(mono) / hop))
    padded = np.pad(mono, (size // 2, size))
    starts = np.rint(np.arange(count) * hop).astype(int)
    shape = np.hanning(size).astype(np.float32)
    found = [
        np.abs(np.fft.rfft(padded[block[:, None] + np.arange(size)] * shape)).astype(np.float32)
        for block in np.array_split(starts, max(1, count // 500))
    ]
    hertz = np.arange(size // 2 + 1, dtype=np.float64) * (rate / size)
    return np.concatenate(found).astype(np.float64), hertz


def onsets_of(mono: Floats, rate: int) -> Onsets:
    """What begins, from (T,) samples."""
    magnitudes, hertz = spectra(mono, rate, _WINDOW_S)
    edges = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, rate / 2), _BANDS + 1)
    places = np.searchsorted(hertz, edges)
    bands = np.stack(
        [
            magnitudes[:, a : max(a + 1, b)].mean(axis=1)
            for a, b in zip(places, places[1:], strict=False)
        ],
        axis=1,
    )
    level = np.log1p(bands / (np.median(bands) + 1e-9))
    rise = np.maximum(0, level[2:] - level[:-2])
    rise = np.pad(rise, ((1, 1), (0, 0)))
    is_bass = edges[:-1] < _BASS_HZ
    return Onsets(_even(rise.mean(axis=1)), _even(rise[:, is_bass].mean(axis=1)))


def find_beats(onsets: Onsets, changes: Floats, in_bar: int | None = None) -> Beats:
    """The beats and bars.

    Args:
        changes: how much the harmony changes at each hop.
        in_bar: beats to the bar where they are known.
    """
    # High sounds like to be off the beat, low ones seldom are.
    curve = onsets.all + onsets.bass
    period = _period(curve)
    steady, free = _steady(curve, period), _free(curve, period)
    if _met(curve, free) > _WANDERING * _met(curve, steady):
        steady = free
    # Where much sounds between the beats, harmony tells which is which.
    between = steady[:-1] + np.diff(steady) / 2
    found = [_barred(beats, onsets, changes, in_bar) for beats in (steady, between)]
    for share in (1 / 2, 2 / 3, 4 / 3):
        thirds = _barred(_steady(curve, period * share), onsets, changes, in_bar)
        is_met = _met(curve, thirds.beats) > _THIRDS * _met(curve, steady)
        if thirds.in_bar == 3 and (in_bar == 3 or (is_met and share > 1 / 2)):
            found.append(thirds)
    best = max(
        found,
        key=lambda each: each.strength**2.5 * _met(curve, each.beats) * _usual(each.beats),
    )
    return Beats(best.beats * HOP_S, best.in_bar, best.first)


def _even(curve: Floats) -> Floats:
    """Without its slow swell, and of deviation 1."""
    width = round(0.8 / HOP_S)
    mean = np.convolve(np.pad(curve, width, mode="edge"), np.ones(2 * width + 1), "valid")
    raised = np.maximum(0, curve - mean / (2 * width + 1))
    smooth = np.convolve(raised, np.hanning(7) / np.hanning(7).sum(), "same")
    return smooth / (smooth.std() + 1e-12)


def _period(curve: Floats) -> float:
    """Hops from beat to beat."""
    size = 1 << (2 * len(curve) - 1).bit_length()
    spectrum = np.fft.rfft(curve - curve.mean(), size)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[: len(curve)]
    lags = np.arange(60 / FASTEST_BPM / HOP_S, 60 / SLOWEST_BPM / HOP_S, 0.25)
    score = np.zeros_like(lags)
    for multiple, weight in ((1, 0.6), (2, 0.6), (4, 1.0), (8, 1.0)):
        inside = lags * multiple < len(alike) - 1
        found = np.interp(lags * multiple, np.arange(len(alike)), alike)
        score += weight * np.where(inside, found, 0)
    return float(lags[np.argmax(np.maximum(score, 0) * _likely(lags))])


def _likely(periods: Floats) -> Floats:
    """How likely periods, in hops, are before anything is heard: people tap at medium speed."""
    off = np.log2(60 / (periods * HOP_S) / _USUAL_BPM) / _OCTAVES
    return np.exp(-0.5 * off**2)


def _usual(beats: Floats) -> float:
    return float(_likely(np.array([np.median(np.diff(beats))]))[0]) if len(beats) > 1 else 0.0


def _steady(curve: Floats, period: float) -> Floats:
    """The evenly spaced beats, in hops, that meet most onsets: tempo and place tried finely."""
    best, found = -1.0, np.zeros(0)
    for step in np.linspace(0.985, 1.015, 121) * period:
        places = np.arange(0, len(curve) - 1, step)
        shifts = np.arange(0, step, 1.0)
        met = np.interp(places[:, None] + shifts, np.arange(len(curve)), curve).mean(axis=0)
        at = int(np.argmax(met))
        if met[at] > best:
            best = float(met[at])
            found = np.arange(shifts[at], len(curve), step)
    return found


def _free(curve: Floats, period: float) -> Floats:
    """Beats, in hops, each about a period after the one before, with the best sum."""
    reach = np.arange(round(period / 2), round(2 * period) + 1)
    cost = -_TIGHT * np.log(reach / period) ** 2
    total, came = curve.copy(), np.full(len(curve), -1)
    for at in range(int(reach[0]), len(curve)):
        back = at - reach
        usable = back >= 0
        sums = total[back[usable]] + cost[usable] / 10
        best = int(np.argmax(sums))
        if sums[best] > 0:
            total[at] += sums[best]
            came[at] = back[usable][best]
    at = int(len(curve) - len(reach) + np.argmax(total[-len(reach) :]))
    found = []
    while at >= 0:
        found.append(at)
        at = int(came[at])
    return np.array(found[::-1], np.float64)


def _met(curve: Floats, beats: Floats) -> float:
    return float(np.interp(beats, np.arange(len(curve)), curve).mean()) if len(beats) > 3 else 0.0


@dataclass(frozen=True, eq=False)
class _Barred:
    """Beats, in hops, with their bars."""

    beats: Floats
    in_bar: int
    first: int
    strength: float
    """How much more the harmony changes where bars begin than at other beats."""


def _barred(beats: Floats, onsets: Onsets, changes: Floats, in_bar: int | None) -> _Barred:
    """Four beats to the bar unless three are clear, or as they are known to be."""
    hops = np.arange(len(onsets.all))
    harmony, bass, every = (
        np.interp(beats, hops, _widened(each)) for each in (changes, onsets.bass, onsets.all)
    )
    weight = harmony / (changes.mean() + 1e-9) + 0.6 * bass / (onsets.bass.mean() + 1e-9)
    weight = weight + 0.2 * every / (onsets.all.mean() + 1e-9)
    best: dict[int, tuple[float, int]] = {}
    for count in (4, 3):
        sums = [float(weight[first::count].mean()) for first in range(min(count, len(weight)))]
        first = int(np.argmax(sums))
        best[count] = (sums[first], first)
    mean = float(weight.mean())
    is_three = best[3][0] - mean > _CLEARLY * (best[4][0] - mean)
    in_bar = in_bar or (3 if is_three else 4)
    first = best[in_bar][1]
    strength = float(harmony[first::in_bar].mean() / (harmony.mean() + 1e-9))
    return _Barred(beats, in_bar, first, strength)


def _widened(curve: Floats) -> Floats:
    """The largest value within 40 ms."""
    width = 4
    padded = np.pad(curve, width)
    return np.max([padded[i : i + len(curve)] for i in range(2 * width + 1)], axis=0)
