"""Tones that were fitted to recorded notes, read from `assets/pocket-sound`.

Between two fitted velocities the levels are mixed; a key between two fitted ones takes the nearest.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.packed import FIELDS, unpack
from pipelines.pocket.sound.tone import Reals, Tone
from studio.weights import shipped_file, verify

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "pocket-sound"
FILE = "instruments.safetensors"
VELOCITIES = (48, 112)
"""What each key of an instrument was fitted at."""

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
def tone(name: str, key: int, velocity: int, is_sustained: bool) -> Tone:
    """An instrument's tone for a key (a MIDI number) at a velocity."""
    packed = table(name)
    first = _nearest(packed, key)
    soft = unpack(packed, first, is_sustained)
    loud = unpack(packed, first + 1, is_sustained)
    share = float(np.clip((velocity - VELOCITIES[0]) / (VELOCITIES[1] - VELOCITIES[0]), 0, 1))
    return _mixed(soft, loud, share)


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


def _mixed(soft: Tone, loud: Tone, share: float) -> Tone:
    """Levels in proportion, relative to each tone's own loudness; the phases of the louder."""
    count = min(soft.ratios.size, loud.ratios.size)
    quiet, full = _loudness(soft), _loudness(loud)
    partials = _between(soft.partials[:count] / quiet, loud.partials[:count] / full, share)
    noise = _between(soft.noise / quiet, loud.noise / full, share)
    return replace(
        loud,
        ratios=loud.ratios[:count],
        phases=loud.phases[:count],
        partials=partials * full,
        noise=noise * full,
        onset=loud.onset * np.float32(0.35 + 0.65 * share),
    )


def _between(low: Reals, high: Reals, share: float) -> NDArray[np.float32]:
    """Geometric: decibels in proportion."""
    floor = np.float32(1e-7)
    mixed = (low + floor) ** (1 - share) * (high + floor) ** share - floor
    return np.maximum(mixed, 0).astype(np.float32)


def _loudness(tone: Tone) -> np.float32:
    """Root mean square of the first half second."""
    early = tone.partials[:, :48]
    return np.float32(np.sqrt(np.mean(np.sum(early**2, axis=0)) + 1e-12))
