"""How a song sounds as a file: loudness, true peak after lossy encoding, and the mark in it.

Measures samples with its own meters; knows no family and no store.
"""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy.signal import resample_poly

from studio.media import Audio
from studio.rights import watermark
from studio.sounds.containers import decode, encode

LOSSY = ("mp3", "m4a", "opus")
ATTACKS = ("MP3 128k", "AAC 128k", "48 kHz", "-6 dB", "10 s crop")
CROP_S = 10

Sound = NDArray[np.float32]


def loudness(audio: Audio) -> float:
    """Integrated loudness in LUFS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # silence has the logarithm of zero
        meter = pyloudnorm.Meter(audio.sample_rate)
        return float(meter.integrated_loudness(audio.samples.T.astype(np.float64)))


def true_peak(audio: Audio) -> float:
    """The highest peak between samples, in dB of full scale, at four times the rate."""
    finer = resample_poly(audio.samples.astype(np.float64), 4, 1, axis=1)
    return float(20 * np.log10(max(np.abs(finer).max(), 1e-9)))


def through(audio: Audio, format: str, kbps: int | None = None) -> Audio:
    """What is left of a sound after a format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song.{format}"
        encode(audio, format, path, kbps)
        return decode(path)


def attacked(audio: Audio) -> dict[str, Audio]:
    """What becomes of a sound on its way, by ATTACKS."""
    rate = audio.sample_rate
    first = max(0, (audio.samples.shape[1] - CROP_S * rate) // 2)
    finer = resample_poly(audio.samples.astype(np.float64), 48_000, rate, axis=1)
    return {
        "MP3 128k": through(audio, "mp3", 128),
        "AAC 128k": through(audio, "m4a", 128),
        "48 kHz": Audio(np.clip(finer, -1, 1).astype(np.float32), 48_000),
        "-6 dB": Audio(audio.samples * np.float32(10 ** (-6 / 20)), rate),
        "10 s crop": Audio(audio.samples[:, first : first + CROP_S * rate], rate),
    }


def marked(audio: Audio) -> dict[str, bool]:
    """Whether the mark of a marked sound is read the same after each attack."""
    known = watermark.detect(audio)
    found = {name: watermark.detect(other) for name, other in attacked(audio).items()}
    return {
        name: known is not None and each is not None and each.value == known.value
        for name, each in found.items()
    }
