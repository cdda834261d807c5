"""Writes a sound into its file so quiet that no player clips it.

A lossy encoder makes another wave of it, and the watermark had moved it already: the peaks that
count are those of the finished file. Knows no record, no tags and no library.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.errors import SaveError
from studio.media import Audio
from studio.sounds import containers
from studio.sounds.peaks import true_peak_db

CEILING_DB = -1.0
"""Of the true peak, as players and shops ask for it."""

_TRIES = 6
# What is asked for beyond what was over: an encoder does not follow to the last hundredth.
_MORE_DB = 0.02


def encode(audio: Audio, format: str, path: Path) -> tuple[Audio, float]:
    """Write a sound with no true peak above the ceiling in what is decoded from the file.

    Returns:
        The sound as the encoder got it, and how many dB louder that is than what was given: 0, or
        less than 0.

    Raises:
        SaveError: it could not be written, or would not stay below the ceiling.
    """
    is_lossless = containers.find_format(format).is_lossless
    found = true_peak_db(audio.samples)
    gain_db = _lowered(0.0, found)
    for _ in range(_TRIES):
        given = _at(audio, gain_db)
        containers.encode(given, format, path)
        found = true_peak_db(given.samples if is_lossless else containers.decode(path).samples)
        if found <= CEILING_DB:
            return given, gain_db
        gain_db = _lowered(gain_db, found)
    raise SaveError(f"peaks of {found:.2f} dB stay in the {format}; save it as flac")


def _lowered(gain_db: float, peak_db: float) -> float:
    over = peak_db - CEILING_DB
    return gain_db if over <= 0 else math.floor((gain_db - over - _MORE_DB) * 100) / 100


def _at(audio: Audio, gain_db: float) -> Audio:
    if gain_db == 0:
        return audio
    return replace(audio, samples=audio.samples * np.float32(10 ** (gain_db / 20)))
