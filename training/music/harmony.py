"""Which chord sounds on each beat, and in which key some bars are, from how long notes sound.

Chords: template matching with a Viterbi search that would rather stay (after Fujishima 1999; Sheh
and Ellis 2003). Keys: Krumhansl and Kessler's (1982) profiles. Knows nothing about files.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.tokens import CHORD_QUALITIES
from studio.score import QUALITIES

Floats = NDArray[np.float64]

OUTSIDE, MISSING = -1.2, -0.13
"""What sounding outside a chord costs, and each tone of it that is not there."""

ROOT_IN_BASS, TONE_IN_BASS = 0.35, 0.1
PRIORS = {
    "sus2": -0.25, "sus4": -0.15, "aug": -0.18, "6": -0.25, "maj7": -0.2, "min7": -0.14,
    "7": -0.04, "m7b5": -0.1, "dim7": -0.06, "dim": -0.03,
}  # fmt: skip
"""Tones that only pass would make sevenths of most triads."""
STAY = (0.2, 0.45)
"""What a change costs on the first beat of a bar, and on another one."""

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@lru_cache(maxsize=1)
def _templates() -> tuple[NDArray[np.bool_], Floats]:
    """(qualities · 12, 12) tones of every chord, in the order of chord tokens, and their priors."""
    tones = np.zeros((len(CHORD_QUALITIES), 12, 12), bool)
    for kind, quality in enumerate(CHORD_QUALITIES):
        for root in range(12):
            tones[kind, root, [(root + step) % 12 for step in QUALITIES[quality]]] = True
    priors = np.repeat([PRIORS.get(q, 0.0) for q in CHORD_QUALITIES], 12)
    return tones.reshape(-1, 12), priors


def fit(chroma: Floats, bass: Floats) -> Floats:
    """(beats, chords): how well each chord explains each beat.

    Args:
        chroma: (beats, 12) how long each pitch class sounds.
        bass: (beats, 12) the same of the lowest line.
    """
    tones, priors = _templates()
    share = chroma / np.maximum(chroma.sum(1, keepdims=True), 1e-9)
    low = bass / np.maximum(bass.sum(1, keepdims=True), 1e-9)
    inside = share @ tones.T
    missing = (share < 0.03).astype(float) @ tones.T
    root = np.tile(low, (1, len(CHORD_QUALITIES)))
    scores = inside + OUTSIDE * (1 - inside) + MISSING * missing + priors
    scores += ROOT_IN_BASS * root + TONE_IN_BASS * (low @ tones.T)
    return np.where(chroma.sum(1, keepdims=True) > 1e-6, scores, 0.0)


def chords(chroma: Floats, bass: Floats, beats_a_bar: int) -> NDArray[np.int64]:
    """(beats,) the chord of each beat, as the index of its template (quality · 12 + root)."""
    scores = fit(chroma, bass)
    best, back = scores[0].copy(), np.zeros(scores.shape, np.int64)
    for beat in range(1, len(scores)):
        cost = STAY[0] if beat % beats_a_bar == 0 else STAY[1]
        leader = int(best.argmax())
        moves = best[leader] - cost > best
        back[beat] = np.where(moves, leader, np.arange(len(best)))
        best = np.where(moves, best[leader] - cost, best) + scores[beat]
    path = np.zeros(len(scores), np.int64)
    path[-1] = best.argmax()
    for beat in range(len(scores) - 1, 0, -1):
        path[beat - 1] = back[beat, path[beat]]
    return path


@lru_cache(maxsize=1)
def _profiles() -> Floats:
    """(24, 12) major keys from C, then minor keys from C, each standardised."""
    rows = [np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)]
    table = np.array(rows)
    table -= table.mean(1, keepdims=True)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def key(chroma: Floats, fifths: int, prior: float = 0.12) -> tuple[int, bool]:
    """Tonic and whether it is minor, of a pitch-class histogram (12,).

    Args:
        prior: how much the two keys of the signature are preferred.
    """
    centred = chroma - chroma.mean()
    scores = _profiles() @ centred / max(float(np.linalg.norm(centred)), 1e-9)
    tonic = fifths * 7 % 12
    scores[tonic] += prior
    scores[12 + (tonic + 9) % 12] += prior
    best = int(scores.argmax())
    return best % 12, best >= 12
