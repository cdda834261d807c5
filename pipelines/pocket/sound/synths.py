"""Tones of synthesizers: waveforms through moving filters, written as partials over time.

Being sums of partials they never alias. Knows nothing about instruments' names or ranges.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import BANDS, GRID, Reals, Tone

_CEILING_HZ = 16_000.0


@dataclass(frozen=True)
class Patch:
    """A voice: an oscillator, a low-pass filter with its envelope, an amplifier with its own."""

    wave: str
    """saw, square, pulse, triangle, sine or bell."""

    cutoff: float = 8.0
    """Of the filter at rest, in multiples of the note's frequency, over `cutoff_hz`."""

    cutoff_hz: float = 0.0
    sweep: float = 0.0
    """Octaves that the filter opens by at the onset (or closes, below zero)."""

    sweep_s: float = 0.3
    resonance: float = 0.8
    attack_s: float = 0.004
    decay_s: float = 0.0
    """Time to a 1/e of the level, where it fades; 0 holds it."""

    sustain: float = 0.0
    """What a fading level never falls below."""

    breath: float = 0.0
    """Noise beside the tone."""

    sub: float = 0.0
    """A sine an octave below."""

    is_sustained: bool = True


def tone(patch: Patch, hz: float, velocity: int) -> Tone:
    """The patch at a frequency; a higher velocity opens its filter."""
    count = int(max(1, min(_count(patch), _CEILING_HZ / hz)))
    numbers = np.arange(1, count + 1, dtype=np.float64)
    ratios, level = _wave(patch.wave, numbers)
    bright = patch.cutoff * 2 ** ((velocity - 90) / 60)
    cutoff = (bright * hz + patch.cutoff_hz) * 2 ** (
        patch.sweep * np.exp(-GRID / max(patch.sweep_s, 1e-3))
    )
    heard = _low_pass(ratios[:, None] * hz / cutoff[None, :], patch.resonance)
    partials = level[:, None] * heard * _amplifier(patch)
    if patch.sub:
        ratios = np.concatenate([[0.5], ratios])
        partials = np.concatenate([patch.sub * _amplifier(patch)[None, :], partials])
    return Tone(
        ratios=ratios,
        phases=np.full(ratios.size, -np.pi / 2),
        partials=partials.astype(np.float32),
        noise=_breath(patch),
        onset=np.zeros(0, np.float32),
        onset_hz=hz,
        is_sustained=patch.is_sustained,
    )


def _count(patch: Patch) -> int:
    return {"sine": 1, "bell": 9, "triangle": 24}.get(patch.wave, 110)


@lru_cache(maxsize=8)
def _bell() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ratios = np.array([1, 2, 3.01, 4.02, 5.4, 6.8, 8.2, 9.9, 11.3])
    return ratios, np.array([1, 0.5, 0.25, 0.3, 0.12, 0.1, 0.06, 0.05, 0.03])


def _wave(
    name: str, numbers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies over the fundamental, and the level of each."""
    odd = numbers % 2 == 1
    if name == "bell":
        ratios, level = _bell()
        return ratios[: numbers.size], level[: numbers.size]
    if name == "saw":
        return numbers, 0.6 / numbers
    if name == "pulse":
        return numbers, 0.9 * np.abs(np.sin(np.pi * numbers * 0.25)) / numbers
    if name == "square":
        return numbers[odd], 0.8 / numbers[odd]
    if name == "triangle":
        return numbers[odd], (-1) ** (numbers[odd] // 2) / numbers[odd] ** 2
    return numbers[:1], np.ones(1)


def _low_pass(octave: NDArray[np.float64], resonance: float) -> NDArray[np.float64]:
    """Four poles: two resonant, two plain."""
    square = octave**2
    return 1 / np.sqrt((1 - square) ** 2 + square / resonance**2) / np.sqrt(1 + square / 4)


def _amplifier(patch: Patch) -> Reals:
    rise = np.clip(GRID / patch.attack_s, 0, 1) if patch.attack_s > 0 else np.ones(GRID.size)
    if not patch.decay_s:
        return rise
    return rise * (patch.sustain + (1 - patch.sustain) * np.exp(-GRID / patch.decay_s))


def _breath(patch: Patch) -> NDArray[np.float32]:
    noise = np.zeros((BANDS.size - 1, GRID.size), np.float32)
    if patch.breath:
        shape = np.exp(-((np.log2(BANDS[:-1] / 2500) / 1.6) ** 2))
        noise += (patch.breath * shape[:, None] * _amplifier(patch)).astype(np.float32)
    return noise
