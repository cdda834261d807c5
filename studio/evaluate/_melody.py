"""What a melody over chords is like in numbers, and how far two sets of them overlap.

The features are those that symbolic music is usually compared by (Yang and Lerch 2020; MusPy, Dong
et al. 2020). Pure functions of notes; knows no model and no file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.score import SCALES, Chord, Note

STEPS_A_BEAT = 4
MOST_INTERVAL = 12
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Note lengths in 16ths; each counts as the nearest."""

SCALAR = (
    "pitch_class_entropy", "scale_consistency", "groove_consistency", "chord_tone_share",
    "notes_a_beat", "range", "self_similarity",
)  # fmt: skip
HISTOGRAMS = ("intervals", "lengths", "pitch_classes")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Excerpt:
    """A melody and the harmony under it; beats count from its beginning."""

    notes: tuple[Note, ...]
    chords: tuple[Chord, ...]
    beats_a_bar: float
    bars: int


def _entropy(counts: Floats) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _scale_consistency(counts: Floats) -> float:
    """The largest share of notes in any major or minor scale."""
    scale = np.isin(np.arange(12), SCALES["major"]).astype(float)
    return float(max(np.roll(scale, tonic) @ counts for tonic in range(12)) / counts.sum())


def onsets(excerpt: Excerpt) -> NDArray[np.bool_]:
    """(bars, steps of a bar) where notes begin."""
    a_bar = round(excerpt.beats_a_bar * STEPS_A_BEAT)
    grid = np.zeros(excerpt.bars * a_bar, bool)
    places = [round(n.start_beats * STEPS_A_BEAT) for n in excerpt.notes]
    grid[[p for p in places if p < len(grid)]] = True
    return grid.reshape(excerpt.bars, a_bar)


def _groove_consistency(excerpt: Excerpt) -> float:
    grid = onsets(excerpt)
    if len(grid) < 2:
        return 1.0
    return float(1 - (grid[1:] ^ grid[:-1]).mean())


def _chord_tone_share(excerpt: Excerpt) -> float:
    """Share of the melody's time over a chord that holds its pitch class."""
    inside = total = 0.0
    for note in excerpt.notes:
        for chord in excerpt.chords:
            end = chord.start_beats + chord.length_beats
            shared = min(note.end_beats, end) - max(note.start_beats, chord.start_beats)
            if shared > 0:
                total += shared
                inside += shared * (note.pitch % 12 in chord.pitch_classes)
    return inside / total if total else 0.0


def _self_similarity(excerpt: Excerpt) -> float:
    """How alike the two most alike bars with notes are: share of steps that do the same."""
    a_bar = round(excerpt.beats_a_bar * STEPS_A_BEAT)
    line = np.full(excerpt.bars * a_bar, -1)
    for note in excerpt.notes:
        first = round(note.start_beats * STEPS_A_BEAT)
        line[first : max(first + 1, round(note.end_beats * STEPS_A_BEAT))] = note.pitch
    bars = [bar for bar in line.reshape(excerpt.bars, a_bar) if (bar >= 0).any()]
    pairs = [(a == b).mean() for n, a in enumerate(bars) for b in bars[n + 1 :]]
    return float(max(pairs, default=0.0))


def features(excerpt: Excerpt) -> dict[str, float]:
    """The numbers of SCALAR; needs at least one note."""
    pitches = [note.pitch for note in excerpt.notes]
    counts = np.bincount(np.array(pitches) % 12, minlength=12).astype(float)
    return {
        "pitch_class_entropy": _entropy(counts),
        "scale_consistency": _scale_consistency(counts),
        "groove_consistency": _groove_consistency(excerpt),
        "chord_tone_share": _chord_tone_share(excerpt),
        "notes_a_beat": len(pitches) / (excerpt.bars * excerpt.beats_a_bar),
        "range": float(max(pitches) - min(pitches)),
        "self_similarity": _self_similarity(excerpt),
    }


def histograms(excerpts: Iterable[Excerpt]) -> dict[str, Floats]:
    """Of all excerpts together: intervals, lengths, pitch classes; each sums to 1."""
    intervals, lengths = np.zeros(2 * MOST_INTERVAL + 1), np.zeros(len(LENGTHS))
    classes = np.zeros(12)
    for excerpt in excerpts:
        pitches = np.array([note.pitch for note in excerpt.notes])
        steps = np.clip(np.diff(pitches), -MOST_INTERVAL, MOST_INTERVAL) + MOST_INTERVAL
        intervals += np.bincount(steps, minlength=len(intervals))
        classes += np.bincount(pitches % 12, minlength=12)
        for note in excerpt.notes:
            length = note.length_beats * STEPS_A_BEAT
            lengths[int(np.abs(np.array(LENGTHS) - length).argmin())] += 1
    found = {"intervals": intervals, "lengths": lengths, "pitch_classes": classes}
    return {name: counts / max(counts.sum(), 1) for name, counts in found.items()}


def _density(values: Floats, at: Floats) -> Floats:
    """Gaussian kernels of Scott's width."""
    width = max(values.std() * len(values) ** -0.2, 1e-3 * (at[-1] - at[0]))
    heights = np.exp(-0.5 * ((at[:, None] - values[None]) / width) ** 2).sum(1)
    return heights / heights.sum()


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """The area that the densities of two samples share: 1 for the same, 0 for apart."""
    first, second = np.array(a, float), np.array(b, float)
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    margin = 0.1 * (high - low) + 1e-6
    at = np.linspace(low - margin, high + margin, 512)
    return float(np.minimum(_density(first, at), _density(second, at)).sum())


@dataclass(frozen=True)
class Measures:
    """The features of a set of excerpts; plain numbers, so that they can be kept as JSON."""

    scalars: dict[str, list[float]]
    """Of each excerpt."""

    histograms: dict[str, list[float]]
    """Of all together."""


def measure(excerpts: Sequence[Excerpt]) -> Measures:
    """All features of some excerpts."""
    each = [features(excerpt) for excerpt in excerpts]
    scalars = {name: [round(found[name], 4) for found in each] for name in SCALAR}
    together = {n: h.round(5).tolist() for n, h in histograms(excerpts).items()}
    return Measures(scalars, together)


def cut(excerpt: Excerpt, bars: int) -> Excerpt:
    """The first bars of an excerpt."""
    end = bars * excerpt.beats_a_bar
    notes = [
        replace(note, length_beats=min(note.length_beats, end - note.start_beats))
        for note in excerpt.notes
        if note.start_beats < end
    ]
    chords = [chord for chord in excerpt.chords if chord.start_beats < end]
    return Excerpt(tuple(notes), tuple(chords), excerpt.beats_a_bar, min(bars, excerpt.bars))


def as_long(cuts: Mapping[int, Measures], bars: Sequence[int]) -> Measures:
    """The measures of as many excerpts of each length as `bars` has of it.

    Args:
        cuts: by number of bars, the measures of the same excerpts cut to it.
    """
    shares = {length: count / len(bars) for length, count in Counter(bars).items()}
    scalars = {
        name: [v for n, share in shares.items() for v in _part(cuts[n].scalars[name], share)]
        for name in SCALAR
    }
    together: dict[str, list[float]] = {}
    for name in HISTOGRAMS:
        weighed = [share * np.array(cuts[n].histograms[name]) for n, share in shares.items()]
        together[name] = np.sum(weighed, axis=0).tolist()
    return Measures(scalars, together)


def _part(values: Sequence[float], share: float) -> list[float]:
    """A share of some values, from all over them."""
    count = max(1, round(share * len(values)))
    return [values[int(at)] for at in np.linspace(0, len(values) - 1, count)]


def compare(made: Measures, real: Measures) -> dict[str, float]:
    """The overlap of each feature's distribution."""
    found = {n: overlap(made.scalars[n], real.scalars[n]) for n in SCALAR}
    pairs = {n: (np.array(made.histograms[n]), np.array(real.histograms[n])) for n in HISTOGRAMS}
    return found | {n: float(np.minimum(a, b).sum()) for n, (a, b) in pairs.items()}
