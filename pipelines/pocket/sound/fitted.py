"""Tones that were fitted to recorded notes, read from `assets/pocket-sound`.

A key between two fitted ones takes the nearest; a softer note is darker.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.packed import FIELDS, unpack
from pipelines.pocket.sound.tone import BANDS, Tone
from studio.weights import shipped_file, verify

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "pocket-sound"
FILE = "instruments.safetensors"
FULL_VELOCITY = 112
"""What the tones were fitted at."""

USUAL_VELOCITY = 88
"""At which a note is as bright as it was recorded."""

Table = dict[str, NDArray[np.generic]]


@lru_cache(maxsize=64)
def table(name: str) -> Table:
    """An instrument's or a kit's packed tones.

    Raises:
        WeightsError: the file is missing or not what its manifest says.
    """
    from safetensors import safe_open

    weights = shipped_file(FOLDER, FILE)
    verify(weights)
    with safe_open(weights.path, framework="numpy") as file:
        return {field: file.get_tensor(f"{name}.{field}") for field in (*FIELDS, "keys")}


@lru_cache(maxsize=512)
def tone(name: str, key: int, is_sustained: bool) -> Tone:
    """An instrument's tone at full velocity, fitted at the key (a MIDI number) or the nearest."""
    packed = table(name)
    return unpack(packed, _nearest(packed, key), is_sustained)


def struck(tone: Tone, hz: float, velocity: int, touch: float) -> Tone:
    """The tone as hard as asked: below the usual velocity darker, above it a little brighter.

    Args:
        touch: how much; at 1, a note of no strength loses 5 dB with each octave.
    """
    slope = touch * max(-0.12, (USUAL_VELOCITY - velocity) / FULL_VELOCITY)
    if not slope:
        return tone
    pivot = max(hz, 200.0)
    bands = np.maximum(1, np.sqrt(BANDS[:-1] * BANDS[1:]) / pivot) ** -slope
    return replace(
        tone,
        partials=tone.partials * _column(np.maximum(1, tone.ratios * hz / pivot) ** -slope),
        noise=tone.noise * _column(bands),
        onset=tone.onset * np.float32(1 - 0.6 * slope),
    )


def _column(gains: NDArray[np.float64]) -> NDArray[np.float32]:
    return gains[:, None].astype(np.float32)


def release_s(name: str, key: int) -> float:
    """Seconds by 60 dB down after the key is let go."""
    packed = table(name)
    return float(packed["release_s"][_nearest(packed, key)])


@lru_cache(maxsize=256)
def drum(kit: str, key: int) -> Tone:
    """A kit's drum by its General MIDI key; `drums` says which there are."""
    packed = table(kit)
    return unpack(packed, int(np.flatnonzero(packed["keys"] == key)[0]), False)


def drums(kit: str) -> tuple[int, ...]:
    """The keys of a kit's drums."""
    return tuple(int(key) for key in table(kit)["keys"])


def _nearest(packed: Table, key: int) -> int:
    return int(np.argmin(np.abs(packed["keys"].astype(int) - key)))
