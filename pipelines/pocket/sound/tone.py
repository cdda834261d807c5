"""One note as parameters, and the note that they make: partials, noise bands, the onset's rest.

A tone says how loud each partial and each band of noise is over time; phases and the onset's
residual make the beginning exact. Partials are summed by matrix products over short blocks, some
hundred times faster than one oscillator after another. Knows nothing about instruments or files.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.floating]
"""Of either precision."""

SAMPLE_RATE = 44_100
BLOCK = 256
"""Samples over which an amplitude moves in a straight line."""

GRID = np.concatenate([np.arange(20) * 0.005, 0.1 * 1.06 ** np.arange(76)])
"""Seconds at which a tone's levels are known: closely at the onset, wider and wider later."""

LOOP = (1.2, 2.7)
"""Seconds between which a sustained tone goes to and fro for as long as it is held."""

BANDS = np.geomspace(90, 18_000, 21)
"""Edges of the noise bands in Hz; the first reaches down to zero."""

_NYQUIST = 0.47 * SAMPLE_RATE
_FRAME = 2 * BLOCK


@dataclass(frozen=True, eq=False)
class Tone:
    """A note's parameters. H partials, K moments of `GRID`, B noise bands, A samples of onset."""

    ratios: NDArray[np.float64]
    """(H,) frequency of each partial over the note's."""

    phases: NDArray[np.float64]
    """(H,) radians at the beginning."""

    partials: NDArray[np.float32]
    """(H, K) amplitude."""

    noise: NDArray[np.float32]
    """(B, K) root mean square within each band."""

    onset: NDArray[np.float32]
    """(A,) what partials and noise leave out of the first moments; may be empty."""

    onset_hz: float
    """The note's frequency where the onset was taken."""

    is_sustained: bool


def synthesise(tone: Tone, hz: float, count: int, seed: int = 0) -> NDArray[np.float32]:
    """`count` samples of a held note; `seed` chooses the noise."""
    blocks = -(-count // BLOCK)
    columns, weights = _moments(tone, blocks + 1)
    sound = _partials(tone, hz, columns, weights)
    if tone.noise.any():
        sound += _noise(tone, columns, weights, seed)
    onset = stretched(tone.onset, hz / tone.onset_hz)[: sound.size]
    sound[: onset.size] += onset
    return sound[:count]


def stretched(sound: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """Played `speed` times as fast, by straight lines between samples."""
    if sound.size < 2 or abs(speed - 1) < 1e-4:
        return sound
    places = np.arange(0, sound.size - 1, speed)
    return np.interp(places, np.arange(sound.size), sound).astype(np.float32)


def _moments(tone: Tone, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Where each block begins on the grid: the column before, and how far to the next."""
    return _held_moments(count) if tone.is_sustained else _plain_moments(count)


@lru_cache(maxsize=64)
def _plain_moments(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return _on_grid(np.arange(count) * (BLOCK / SAMPLE_RATE))


@lru_cache(maxsize=64)
def _held_moments(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    seconds = np.arange(count) * (BLOCK / SAMPLE_RATE)
    first, last = LOOP
    length = last - first
    to_and_fro = length - np.abs((seconds - first) % (2 * length) - length)
    return _on_grid(np.where(seconds > first, first + to_and_fro, seconds))


def _on_grid(seconds: Reals) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    places = np.interp(seconds, GRID, np.arange(GRID.size))
    columns = np.minimum(places.astype(np.int64), GRID.size - 2)
    return columns, (places - columns).astype(np.float32)


def _levels(
    known: NDArray[np.float32], columns: NDArray[np.int64], weights: NDArray[np.float32]
) -> Reals:
    """(blocks + 1, rows) of a (rows, K) table."""
    last = known.shape[1] - 1
    before = known.T[np.minimum(columns, last)]
    after = known.T[np.minimum(columns + 1, last)]
    return before + (after - before) * weights[:, None]


def _partials(
    tone: Tone, hz: float, columns: NDArray[np.int64], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    heard = (tone.ratios * hz < _NYQUIST) & (tone.partials.max(axis=1, initial=0) > 1e-6)
    step = 2 * np.pi * hz * tone.ratios[heard] / SAMPLE_RATE
    level = _levels(tone.partials[heard], columns, weights)
    start, slope = level[:-1], level[1:] - level[:-1]
    turned = tone.phases[heard] + np.arange(len(start))[:, None] * (step * BLOCK)
    cosine, sine = np.cos(turned, dtype=np.float64), np.sin(turned, dtype=np.float64)
    within = step[:, None] * np.arange(BLOCK)
    ramp = np.arange(BLOCK) / BLOCK
    waves = np.concatenate([np.cos(within), -np.sin(within)]).astype(np.float32)
    turn = np.concatenate([cosine, sine], axis=1).astype(np.float32)
    left = np.concatenate([np.tile(start, 2) * turn, np.tile(slope, 2) * turn], axis=1)
    right = np.concatenate([waves, waves * ramp.astype(np.float32)])
    return (left @ right).ravel().astype(np.float32, copy=False)


@lru_cache(maxsize=1)
def _spectra() -> NDArray[np.complex64]:
    """Random phases for 4096 frames; each note begins elsewhere among them."""
    angles = np.random.default_rng(5).uniform(0, 2 * np.pi, (4096, BLOCK + 1))
    return np.exp(1j * angles).astype(np.complex64)


@lru_cache(maxsize=1)
def _band_of_bin() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The band of each bin, and the magnitude that gives each band a mean square of one."""
    hz = np.arange(BLOCK + 1) * SAMPLE_RATE / _FRAME
    band = np.clip(np.searchsorted(BANDS, hz) - 1, 0, BANDS.size - 2)
    widths = np.bincount(band, minlength=BANDS.size - 1).astype(np.float64)
    # A one-sided spectrum of n bins of magnitude m has the mean square 2·n·m²/frame².
    return band, (_FRAME / np.sqrt(2 * widths[band])).astype(np.float32)


def _noise(
    tone: Tone, columns: NDArray[np.int64], weights: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    band, unit = _band_of_bin()
    level = _levels(tone.noise, columns, weights)
    table = _spectra()
    frames = table[(np.arange(len(level)) + seed * 977) % len(table)]
    pieces = np.fft.irfft(frames * (level[:, band] * unit), axis=1).astype(np.float32)
    # Sine windows that overlap by half keep the power level.
    pieces *= np.sin(np.pi * (np.arange(_FRAME, dtype=np.float32) + 0.5) / _FRAME)
    return (pieces[:-1, BLOCK:] + pieces[1:, :BLOCK]).ravel()
