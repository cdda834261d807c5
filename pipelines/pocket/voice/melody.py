"""The pitch of a voice over time: from note to note, with the small things that make it alive.

Knows notes as seconds and MIDI numbers, not words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.tract import PITCH_S
from pipelines.pocket.voice.voices import Voice

VIBRATO_FROM_S = 0.4
"""Shorter notes have none."""


@dataclass(frozen=True)
class Tone:
    """A pitch that is held."""

    start_s: float
    end_s: float
    pitch: float
    """MIDI, fractions allowed."""


def contour(
    tones: Sequence[Tone], voice: Voice, seconds: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(P,) Hz on the pitch grid."""
    times = np.arange(round(seconds / PITCH_S)) * PITCH_S
    at, cents = _steps(tones, voice)
    curve = np.interp(times, at, cents)
    # Rounded, not kinked, transitions.
    curve = _smoothed(curve, voice.glide_s / 3)
    for tone in tones:
        _enliven(curve, times, tone, voice)
    if not voice.is_robot:
        curve += wander(len(times), 6.0, 0.08, rng)
        curve += wander(len(times), voice.jitter_cents, 0.004, rng)
    return 440.0 * 2 ** ((curve - 6900) / 1200)


def _steps(tones: Sequence[Tone], voice: Voice) -> tuple[list[float], list[float]]:
    """Knots: the pitch moves in the last hundredths of a note, under the next consonant if any."""
    at: list[float] = []
    cents: list[float] = []
    for index, tone in enumerate(tones):
        length = tone.end_s - tone.start_s
        glide = min(voice.glide_s, 0.4 * length)
        is_first = index == 0 or tone.start_s - tones[index - 1].end_s > 0.15
        begin = tone.start_s - 0.2 if is_first else tone.start_s + 0.1 * glide
        stop = tone.end_s - 0.9 * glide
        at += [begin, max(stop, begin + 1e-3)]
        cents += [100 * tone.pitch] * 2
    order = np.maximum.accumulate(at)
    return list(order), cents


def _enliven(curve: NDArray, times: NDArray, tone: Tone, voice: Voice) -> None:
    """A small scoop into a note, and vibrato once it is held."""
    first, last = np.searchsorted(times, (tone.start_s, tone.end_s))
    inside = times[first:last] - tone.start_s
    if voice.is_robot or not len(inside):
        return
    curve[first:last] -= 18 * np.exp(-inside / 0.03)
    length = tone.end_s - tone.start_s
    if length > VIBRATO_FROM_S and voice.vibrato_cents:
        depth = voice.vibrato_cents * np.clip((inside - 0.25) / 0.35, 0, 1)
        depth *= np.clip((length - inside) / 0.08, 0, 1)
        curve[first:last] += depth * np.sin(2 * np.pi * voice.vibrato_hz * inside)


def wander(count: int, cents: float, every_s: float, rng: np.random.Generator) -> NDArray:
    """Slow or quick random motion of a standard deviation in cents."""
    step = max(1, round(every_s / PITCH_S))
    knots = cents * rng.standard_normal(count // step + 2)
    return np.interp(np.arange(count), np.arange(len(knots)) * step, knots)


def _smoothed(curve: NDArray, seconds: float) -> NDArray:
    size = max(1, round(seconds / PITCH_S))
    kernel = np.hanning(size + 2)[1:-1]
    padded = np.pad(curve, (size // 2, size - 1 - size // 2), mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
