"""From the sum of the stems to the master: glue, loudness, limiter; and the meter of loudness.

All of it is one gain over time, the same for both sides, so the master is exactly the sum of the
stems times that gain. Loudness after ITU-R BS.1770 by `pyloudnorm`. Knows nothing about parts or
genres.
"""

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import SAMPLE_RATE
from studio.sounds.peaks import BLOCK, peaks

Sound = NDArray[np.float32]

TARGET_LUFS = -14.0
CEILING_DB = -1.0
_MARGIN_DB = 0.15
"""Below the ceiling, for what rounding and the meter's own filter leave."""

_LOOK = 41
"""Blocks that the limiter sees around a peak, an odd number: 30 ms."""


def loudness_lufs(sound: Sound) -> float:
    """Integrated loudness of (2, T); minus infinity for silence or less than 0.4 s."""
    import pyloudnorm

    if sound.shape[1] < round(0.4 * SAMPLE_RATE) + 1:
        return -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # silence has the logarithm of zero
        return float(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(sound.T))


def master_gain(mixed: Sound, glue_db: float) -> Sound:
    """(T,) the gain that makes a sum of stems a master of the target loudness.

    Silence is left as it is. Material so peaky that the limiter would have to take more than it
    should ends below the target rather than distorted.
    """
    glue = _glue(mixed, glue_db)
    top = peaks(mixed) * glue
    power = _weighted_power(mixed)
    gain_db, curve = 0.0, glue
    for _ in range(20):
        curve = _limited(glue * 10 ** (gain_db / 20), top * 10 ** (gain_db / 20))
        found = _gated(_by_hop(power * curve**2))
        if not np.isfinite(found) or abs(TARGET_LUFS - found) < 0.02:
            break
        gain_db += 1.3 * (TARGET_LUFS - found)
    centres = np.arange(curve.size) * BLOCK + BLOCK / 2
    return np.interp(np.arange(mixed.shape[1]), centres, curve).astype(np.float32)


def _limited(gain: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.float64]:
    """Never over the ceiling: the least gain nearby, smoothed within that neighbourhood."""
    from scipy.ndimage import convolve1d, minimum_filter1d

    ceiling = 10 ** ((CEILING_DB - _MARGIN_DB) / 20)
    least = minimum_filter1d(np.minimum(1, ceiling / np.maximum(top, 1e-9)), _LOOK + 2)
    window = np.hanning(_LOOK + 2)[1:-1]
    return gain * convolve1d(least, window / window.sum(), mode="nearest")


def _glue(mixed: Sound, glue_db: float) -> NDArray[np.float64]:
    """A slow two-to-one compressor above the usual level, by at most `glue_db`."""
    from scipy.ndimage import gaussian_filter1d

    blocks = -(-mixed.shape[1] // BLOCK)
    padded = np.pad(mixed, ((0, 0), (0, blocks * BLOCK - mixed.shape[1])))
    power = np.mean(padded.reshape(2, blocks, BLOCK) ** 2, axis=(0, 2), dtype=np.float64)
    level_db = 10 * np.log10(gaussian_filter1d(power, 0.02 * SAMPLE_RATE / BLOCK) + 1e-12)
    sounding = level_db[level_db > -70]
    if not sounding.size:
        return np.ones(blocks)
    over = np.maximum(level_db - np.percentile(sounding, 60), 0)
    turned = np.minimum(over / 2, glue_db)
    return 10 ** (-gaussian_filter1d(turned, 0.04 * SAMPLE_RATE / BLOCK) / 20)


_HOP_S = 0.1


def _weighted_power(mixed: Sound) -> NDArray[np.float64]:
    """(blocks,) K-weighted power, both sides together."""
    weighted = k_weighted(mixed)
    blocks = -(-mixed.shape[1] // BLOCK)
    padded = np.pad(weighted, ((0, 0), (0, blocks * BLOCK - mixed.shape[1])))
    power = np.sum(padded.reshape(2, blocks, BLOCK) ** 2, axis=(0, 2), dtype=np.float64)
    return np.asarray(power / BLOCK)


def _by_hop(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean power of each tenth of a second."""
    whole = int(power.size * BLOCK / SAMPLE_RATE / _HOP_S)
    if not whole:
        return power[:0]
    bounds = np.round(np.arange(whole + 1) * _HOP_S * SAMPLE_RATE / BLOCK).astype(int)
    sums = np.concatenate([[0.0], np.cumsum(power)])[np.minimum(bounds, power.size)]
    return np.diff(sums) / np.diff(bounds)


def k_weighted(sound: Sound) -> Sound:
    """As BS.1770 hears: a shelf for the head, then a high-pass."""
    from scipy.signal import sosfilt

    return np.asarray(sosfilt(_k_sections(), sound, axis=-1), np.float32)


@lru_cache(maxsize=1)
def _k_sections() -> Sound:
    from pyloudnorm import IIRfilter

    shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, SAMPLE_RATE, "high_shelf")
    high_pass = IIRfilter(0.0, 0.5, 38.0, SAMPLE_RATE, "high_pass")
    return np.array([[*each.b, *each.a] for each in (shelf, high_pass)]).astype(np.float32)


def _gated(power: NDArray[np.float64]) -> float:
    """Integrated loudness from the power of tenths of seconds: blocks of 0.4 s, two gates."""
    if power.size < 4:
        return -np.inf
    blocks = np.convolve(power, np.ones(4) / 4, mode="valid")
    level = -0.691 + 10 * np.log10(np.maximum(blocks, 1e-12))
    heard = level > -70
    if not heard.any():
        return -np.inf
    relative = -0.691 + 10 * np.log10(blocks[heard].mean()) - 10
    kept = blocks[heard & (level > relative)]
    return float(-0.691 + 10 * np.log10(kept.mean()))
