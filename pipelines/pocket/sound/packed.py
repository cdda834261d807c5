"""Tones as they lie in a file: bytes of decibels, and back.

Knows how numbers are packed, not what they sound like.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import GRID, Tone

STEP_DB = 0.4
"""A byte counts steps down from the loudest; 255 is silence."""

FIELDS = ("ratios", "phases", "partials", "noise", "onset", "onset_hz", "scale", "release_s")


def pack(tones: list[Tone], releases_s: list[float]) -> dict[str, NDArray[np.generic]]:
    """Equally long tables of tones; the shorter ones are filled with silence."""
    width = max(tone.ratios.size for tone in tones)
    length = max(tone.onset.size for tone in tones)
    moments = max(_last_moment(tone) for tone in tones)
    scales = np.array([_scales(tone) for tone in tones], np.float32)
    rows = range(len(tones))
    return {
        "ratios": _stack([tone.ratios for tone in tones], width).astype(np.float32),
        "phases": np.round(_stack([t.phases for t in tones], width) * 128 / np.pi).astype(np.int8),
        "partials": np.stack(
            [_rows(_to_bytes(tones[i].partials / scales[i, 0])[:, :moments], width) for i in rows]
        ),
        "noise": np.stack([_to_bytes(tones[i].noise / scales[i, 1])[:, :moments] for i in rows]),
        "onset": np.stack(
            [
                _to_roots(np.pad(t.onset, (0, length - t.onset.size)) / s[2])
                for t, s in zip(tones, scales, strict=True)
            ]
        ),
        "onset_hz": np.array([tone.onset_hz for tone in tones], np.float32),
        "scale": scales,
        "release_s": np.array(releases_s, np.float32),
    }


def unpack(packed: Mapping[str, NDArray[np.generic]], index: int, is_sustained: bool) -> Tone:
    """One tone of a table."""
    scale = packed["scale"][index]
    ratios = packed["ratios"][index].astype(np.float64)
    heard = ratios > 0
    onset = packed["onset"][index].astype(np.float32) / 127
    return Tone(
        ratios=ratios[heard],
        phases=packed["phases"][index][heard].astype(np.float64) * np.pi / 128,
        partials=_from_bytes(packed["partials"][index][heard]) * scale[0],
        noise=_from_bytes(packed["noise"][index]) * scale[1],
        onset=np.sign(onset) * onset**2 * scale[2],
        onset_hz=float(packed["onset_hz"][index]),
        is_sustained=is_sustained,
    )


def _last_moment(tone: Tone) -> int:
    """The grid is cut where nothing sounds any more."""
    loud = np.flatnonzero((tone.partials.sum(axis=0) + tone.noise.sum(axis=0)) > 0)
    return min(GRID.size, int(loud[-1]) + 2) if loud.size else 2


def _scales(tone: Tone) -> tuple[float, float, float]:
    tables = (tone.partials, tone.noise, np.abs(tone.onset))
    first, second, third = (max(float(each.max(initial=0)), 1e-9) for each in tables)
    return first, second, third


def _stack(rows: list[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.stack([np.pad(row, (0, width - row.size)) for row in rows])


def _rows(steps: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    return np.pad(steps, ((0, count - len(steps)), (0, 0)), constant_values=255)


def _to_bytes(level: NDArray[np.float32]) -> NDArray[np.uint8]:
    steps = -20 * np.log10(np.maximum(level, 1e-9)) / STEP_DB
    return np.clip(np.round(steps), 0, 255).astype(np.uint8)


def _from_bytes(steps: NDArray[np.generic]) -> NDArray[np.float32]:
    return _levels_of_bytes()[steps.astype(np.intp)]


@lru_cache(maxsize=1)
def _levels_of_bytes() -> NDArray[np.float32]:
    levels = 10 ** (-np.arange(256) * STEP_DB / 20)
    levels[255] = 0
    return levels.astype(np.float32)


def _to_roots(samples: NDArray[np.float32]) -> NDArray[np.int8]:
    """Square roots: finer steps for quiet samples."""
    return np.round(np.sign(samples) * np.sqrt(np.abs(samples)) * 127).astype(np.int8)
