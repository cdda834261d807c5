"""True peaks: how far a sound swings between its samples too, measured at four times the rate.

After ITU-R BS.1770. Knows no file and no song.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

BLOCK = 32
_TAPS = 24


def true_peak_db(sound: Sound) -> float:
    """The highest peak of (C, T) between samples, in dB of full scale."""
    top = float(peaks(sound).max(initial=0))
    return 20 * np.log10(top) if top > 0 else -np.inf


def peaks(sound: Sound) -> Sound:
    """(blocks,) the true peak of each `BLOCK` samples, over all sides."""
    return np.max([_peaks(side) for side in sound], axis=0)


def _peaks(side: Sound) -> Sound:
    kernel = _oversampler()
    blocks = -(-side.size // BLOCK)
    padded = np.zeros(blocks * BLOCK + _TAPS, np.float32)
    padded[_TAPS // 2 - 1 : _TAPS // 2 - 1 + side.size] = side
    windows = np.lib.stride_tricks.sliding_window_view(padded, _TAPS)[: blocks * BLOCK]
    out = np.empty(blocks, np.float32)
    chunk = 1 << 13
    for begin in range(0, blocks, chunk):
        rows = windows[begin * BLOCK : (begin + chunk) * BLOCK] @ kernel
        out[begin : begin + chunk] = np.abs(rows).max(axis=1).reshape(-1, BLOCK).max(axis=1)
    return out


@lru_cache(maxsize=1)
def _oversampler() -> Sound:
    """(taps, 4): the sample itself and three between it and the next."""
    at = np.arange(_TAPS) - (_TAPS // 2 - 1)
    columns = []
    for quarter in range(4):
        offset = at - quarter / 4
        window = np.i0(7 * np.sqrt(np.maximum(0, 1 - (offset / (_TAPS / 2)) ** 2)))
        columns.append(np.sinc(offset) * window)
    kernel = np.stack(columns, axis=1)
    return (kernel / kernel.sum(axis=0)).astype(np.float32)
