"""What a training grid hides: absorbing masks that teach every way the model is used.

Songs from nothing, given rhythms, given chords or melodies, bars to repaint or to continue: one
network, many masks (masked diffusion: Austin et al. 2021; Sahoo et al. 2024). Knows only tokens.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.tokens import FIRST, MASK, ONSET, STREAMS, STRIDES, Stream

Streams = dict[Stream, NDArray[np.uint8]]

TOGETHER = 0.4
"""Share of grids whose streams are hidden at one rate; of the rest each stream has its own."""

SHOWN, HIDDEN = 0.3, 0.35
"""Of the streams with their own rate: shown whole, hidden whole."""

SPAN = 0.4
"""Share of grids of which only some bars in a row are hidden."""

RHYTHM: dict[Stream, float] = {
    "melody": 0.45, "chord": 0.2, "bass": 0.15, "texture": 0.0, "drums": 0.0,
}  # fmt: skip
"""Share of grids in which a stream shows its rhythm and hides what it plays."""


@dataclass(frozen=True)
class Masked:
    """What the network sees, and where it is asked."""

    seen: Streams
    asked: dict[Stream, NDArray[np.bool_]]


def _rates(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(count, streams) how likely each token is hidden."""
    own = rng.random((count, len(STREAMS)))
    kind = rng.random(own.shape)
    own = np.where(kind < SHOWN, 0.0, np.where(kind < SHOWN + HIDDEN, 1.0, own))
    # Stratified over the batch: less noise in the loss.
    shared = (rng.permutation(count) + rng.random(count)) / count
    return np.where(rng.random((count, 1)) < TOGETHER, shared[:, None], own)


def _spans(count: int, steps: int, a_bar: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(count, steps) where hiding is allowed."""
    bars = steps // a_bar
    first = rng.integers(0, bars, count)
    length = rng.integers(1, bars + 1, count)
    bar = np.arange(steps)[None] // a_bar
    inside = (bar >= first[:, None]) & (bar < (first + length)[:, None])
    return inside | (rng.random((count, 1)) >= SPAN)


def mask(streams: Streams, a_bar: int, rng: np.random.Generator) -> Masked:
    """Hides tokens of a batch of grids (B, steps / stride); what has no data is never asked."""
    count, steps = streams["melody"].shape
    rates, allowed = _rates(count, rng), _spans(count, steps, a_bar, rng)
    seen: Streams = {}
    asked: dict[Stream, NDArray[np.bool_]] = {}
    for place, name in enumerate(STREAMS):
        tokens = streams[name]
        free = allowed[:, :: STRIDES[name]]
        hidden = (rng.random(tokens.shape) < rates[:, place, None]) & free & (tokens != MASK)
        keeps_rhythm = rng.random((count, 1)) < RHYTHM[name]
        hidden &= ~keeps_rhythm | (tokens >= FIRST)
        cover = np.where(keeps_rhythm, ONSET, MASK)
        seen[name] = np.where(hidden, cover, tokens).astype(np.uint8)
        asked[name] = hidden
    return Masked(seen, asked)


def crop(streams: Streams, first: int, last: int) -> Streams:
    """Steps first … last of every grid; the chord that sounds at the beginning is written out."""
    cut = {n: t[:, first // STRIDES[n] : last // STRIDES[n]].copy() for n, t in streams.items()}
    before = streams["chord"][:, : first // STRIDES["chord"] + 1]
    explicit = before >= FIRST
    latest = before.shape[1] - 1 - explicit[:, ::-1].argmax(1)
    sounding = before[np.arange(len(before)), latest]
    held = (cut["chord"][:, 0] < FIRST) & explicit.any(1) & (cut["chord"][:, 0] == 1)
    cut["chord"][held, 0] = sounding[held]
    return cut
