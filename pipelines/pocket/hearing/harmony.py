"""Key and chords of a recording, from how strong each of the twelve tones sounds.

Chords are plain triads, one to a bar: the best path of what fits the bar's tones and bass, where
chords of the key are likelier. Knows no beats but the bar lines that it is given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.hearing.beats import HOP_S, spectra
from pipelines.pocket.music.theory import PROFILES, Harmony
from studio.score import NOTE_NAMES, SCALES, Mode

Floats = NDArray[np.float64]

_WINDOW_S = 0.37
_LOW_HZ, _MIDDLE_HZ, _HIGH_HZ = 55.0, 190.0, 1600.0
_A4_HZ = 440.0
_BASS_WEIGHT = 0.45
_IN_KEY = 0.12
_CHANGES = 0.05
_QUALITIES = (("maj", (0, 4, 7)), ("min", (0, 3, 7)))
_CHORDS: tuple[Harmony, ...] = tuple((root, name) for name, _ in _QUALITIES for root in range(12))


@dataclass(frozen=True, eq=False)
class Tones:
    """(hops, 12) from C: strength in the middle of the range, and in the bass."""

    middle: Floats
    bass: Floats


def tones_of(mono: Floats, rate: int) -> Tones:
    """From (T,) samples."""
    magnitudes, hertz = spectra(mono, rate, _WINDOW_S)
    return Tones(
        _folded(magnitudes, hertz, _MIDDLE_HZ, _HIGH_HZ),
        _folded(magnitudes, hertz, _LOW_HZ, _MIDDLE_HZ),
    )


def changes_of(tones: Tones) -> Floats:
    """How much the harmony changes at each hop: the tones after it against those before."""
    width = round(0.35 / HOP_S)
    both = np.concatenate([tones.middle, tones.bass], axis=1)
    sums = np.cumsum(np.pad(both, ((width + 1, width), (0, 0)), mode="edge"), axis=0)
    count = len(both)
    before = sums[width : width + count] - sums[:count]
    after = sums[2 * width : 2 * width + count] - sums[width : width + count]
    size = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1) + 1e-9
    return 1 - (before * after).sum(axis=1) / size


def find_harmony(tones: Tones, lines_s: Floats) -> tuple[str, Mode, tuple[Harmony, ...]]:
    """The key, its mode, and the triad of each bar between the lines."""
    fits = np.stack(
        [_fits(*_within(tones, *each)) for each in zip(lines_s, lines_s[1:], strict=False)]
    )
    tonic, mode = _key(tones, [_CHORDS[at] for at in _path(fits)])
    fits += _IN_KEY * np.array([_is_within(chord, tonic, mode) for chord in _CHORDS])
    return NOTE_NAMES[tonic], mode, tuple(_CHORDS[at] for at in _path(fits))


def _key(tones: Tones, chords: list[Harmony]) -> tuple[int, Mode]:
    """The major or minor key that tones and chords agree on best, at both ends above all."""
    whole = tones.middle.mean(axis=0) + 0.5 * tones.bass.mean(axis=0)
    modes: tuple[Mode, ...] = ("major", "minor")
    fits: dict[tuple[int, Mode], float] = {}
    for mode in modes:
        for tonic in range(12):
            home = (tonic, "min" if mode == "minor" else "maj")
            inside = np.mean([_is_within(chord, tonic, mode) for chord in chords])
            edges = (chords[0] == home) + (chords[-1] == home)
            alike = np.corrcoef(np.roll(whole, -tonic), PROFILES[mode])[0, 1]
            share = chords.count(home) / len(chords)
            fits[tonic, mode] = float(alike + inside + 0.6 * share + 0.2 * edges)
    return max(fits, key=lambda each: fits[each])


def _is_within(chord: Harmony, tonic: int, mode: Mode) -> bool:
    scale = {(tonic + step) % 12 for step in SCALES[mode]}
    return all((chord[0] + step) % 12 in scale for step in dict(_QUALITIES)[chord[1]])


def _folded(magnitudes: Floats, hertz: Floats, low: float, high: float) -> Floats:
    """Bins between two frequencies on the twelve tones, loud ones pressed down."""
    inside = (hertz >= low) & (hertz <= high)
    pitch = 69 + 12 * np.log2(hertz[inside] / _A4_HZ)
    off = np.abs(pitch[:, None] - np.arange(12) + 6) % 12 - 6
    weights = np.exp(-0.5 * (off / 0.3) ** 2)
    pressed = np.sqrt(magnitudes[:, inside])
    # A bin's own neighbours carry the floor of noise and drums.
    found = pressed @ (weights / weights.sum(axis=0))
    found = np.maximum(0, found - found.min(axis=1, keepdims=True))
    return np.asarray(found / (np.linalg.norm(found, axis=1).mean() + 1e-9), np.float64)


def _within(tones: Tones, begin_s: float, end_s: float) -> tuple[Floats, Floats]:
    first = int(begin_s / HOP_S)
    here = slice(first, max(first + 1, int(end_s / HOP_S)))
    middle, bass = tones.middle[here], tones.bass[here]
    if not len(middle):
        return np.ones(12), np.ones(12)
    # The bass's first note tells more than its way to the next.
    early = np.linspace(1.5, 0.5, len(bass))[:, None]
    return middle.mean(axis=0), (bass * early).mean(axis=0)


def _fits(middle: Floats, bass: Floats) -> Floats:
    """How well each of the 24 triads fits a bar, about 0 to 1."""
    middle = middle / (np.linalg.norm(middle) + 1e-9)
    bass = bass / (np.linalg.norm(bass) + 1e-9)
    found = []
    for _, steps in _QUALITIES:
        shape = np.full(12, -0.2)
        shape[list(steps)] = (1.0, 0.85, 0.85)
        shape /= np.linalg.norm(shape)
        found += [
            float(np.roll(shape, root) @ middle) + _BASS_WEIGHT * float(bass[root])
            for root in range(12)
        ]
    return np.array(found)


def _path(fits: Floats) -> list[int]:
    """The best way through the bars, where every change costs a little."""
    total, came = fits[0], []
    for here in fits[1:]:
        stays = total > total.max() - _CHANGES
        came.append(np.where(stays, np.arange(len(total)), int(np.argmax(total))))
        total = here + np.where(stays, total, total.max() - _CHANGES)
    at = int(np.argmax(total))
    path = [at]
    for back in reversed(came):
        at = int(back[at])
        path.append(at)
    return path[::-1]
