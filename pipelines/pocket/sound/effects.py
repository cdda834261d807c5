"""What is done to a whole stem: filters, reverb, chorus, ducking, tape.

Every function takes and gives float32 (2, T). Knows nothing about parts or genres.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import SAMPLE_RATE, Reals

Sound = NDArray[np.float32]


def filtered(sound: Sound, hz: float, kind: str) -> Sound:
    """Second-order Butterworth; `kind` is "highpass" or "lowpass"."""
    from scipy.signal import butter, sosfilt

    sections = np.asarray(butter(2, hz, kind, fs=SAMPLE_RATE, output="sos"), np.float32)
    return np.asarray(sosfilt(sections, sound, axis=1), np.float32)


def reverb(sound: Sound, decay_s: float, bright_hz: float = 6000) -> Sound:
    """The room alone, from the sound's middle."""
    response = _room(round(decay_s, 2), round(bright_hz))
    size = 1 << 18
    step = size - response.size + 1
    spectrum = _fourier(response, size)
    middle = sound.mean(axis=0)
    out = np.zeros(middle.size + size, np.complex64)
    for begin in range(0, middle.size, step):
        piece = middle[begin : begin + step]
        if piece.any():
            out[begin : begin + size] += _back(_fourier(piece, size) * spectrum)
    out = out[: middle.size]
    return np.stack([out.real, out.imag])


def _fourier(sound: NDArray[np.inexact], size: int) -> NDArray[np.complex64]:
    # scipy's stays in single precision, unlike numpy's before 2.0.
    from scipy.fft import fft

    return np.asarray(fft(sound.astype(np.complex64), size), np.complex64)


def _back(spectrum: NDArray[np.complex64]) -> NDArray[np.complex64]:
    from scipy.fft import ifft

    return np.asarray(ifft(spectrum), np.complex64)


@lru_cache(maxsize=8)
def _room(decay_s: float, bright_hz: int) -> NDArray[np.complex64]:
    """Left in the real, right in the imaginary part: one product of spectra gives both."""
    rng = np.random.default_rng(11)
    count = round(min(1.15 * decay_s + 0.1, 3.5) * SAMPLE_RATE)
    seconds = np.arange(count) / SAMPLE_RATE
    hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    sides = []
    for _ in range(2):
        late = _tail(rng, seconds, hz, decay_s, bright_hz)
        late *= np.clip((seconds - 0.012) / 0.045, 0, 1)
        sides.append(_reflections(rng, count, bright_hz) * 0.5 + late)
    both = np.stack(sides)
    both /= np.sqrt(np.mean(np.sum(both**2, axis=1)))
    return (both[0] + 1j * both[1]).astype(np.complex64)


def _tail(
    rng: np.random.Generator, seconds: Reals, hz: Reals, decay_s: float, bright_hz: float
) -> NDArray[np.float64]:
    """Noise that fades sooner the higher it is."""
    spectrum = np.fft.rfft(rng.standard_normal(seconds.size))
    edges = [0, 180, 500, 1200, 2800, 6000, 22_050]
    lasting = [0.75, 1.0, 1.0, 0.85, 0.6, 0.35]
    out = np.zeros(seconds.size)
    for low, high, share in zip(edges, edges[1:], lasting, strict=False):
        shape = 1 / (1 + (hz / max(high, 1)) ** 8) - (1 / (1 + (hz / low) ** 8) if low else 0)
        band = np.fft.irfft(spectrum * shape, seconds.size)
        out += band * 10 ** (-3 * seconds / (decay_s * share))
    soft = np.fft.rfft(out) / np.sqrt(1 + (hz / bright_hz) ** 2) * (hz / np.sqrt(hz**2 + 150**2))
    out = np.fft.irfft(soft, seconds.size)
    out[-2000:] *= np.linspace(1, 0, 2000)
    return out / np.sqrt(np.sum(out**2))


def _reflections(rng: np.random.Generator, count: int, bright_hz: float) -> NDArray[np.float64]:
    out = np.zeros(count)
    delays_s = np.sort(rng.uniform(0.008, 0.075, 14))
    places = np.minimum((delays_s * SAMPLE_RATE).astype(int), count - 1)
    out[places] = rng.choice((-1, 1), 14) * 10 ** (-delays_s * 12)
    hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    out = np.fft.irfft(np.fft.rfft(out) / np.sqrt(1 + (hz / bright_hz) ** 2), count)
    return out / np.sqrt(np.sum(out**2))


def chorus(sound: Sound, depth: float) -> Sound:
    """Two copies on swinging delays, one to each side; `depth` is their share."""
    count = sound.shape[1]
    middle = np.pad(sound.mean(axis=0), (2000, 0))
    out = sound.copy()
    for side, (rate_hz, phase) in enumerate(((0.62, 0.0), (0.71, 2.1))):
        turn = np.arange(count, dtype=np.float32) * np.float32(2 * np.pi * rate_hz / SAMPLE_RATE)
        delay = (13e-3 + 3.2e-3 * np.sin(turn + np.float32(phase))) * SAMPLE_RATE
        whole = delay.astype(np.int32)
        part = (delay - whole).astype(np.float32)
        at = np.arange(2000, 2000 + count, dtype=np.int32) - whole
        out[side] += np.float32(depth) * (middle[at] * (1 - part) + middle[at - 1] * part)
    return out


def duck(count: int, kicks: Sequence[int], depth: float, back_s: float) -> Sound:
    """(count,) gain that dips by `depth` at each kick and is back `back_s` later."""
    gain = np.ones(count, np.float32)
    length = round(back_s * SAMPLE_RATE)
    rise = np.float32(1) - np.float32(depth) * np.cos(np.linspace(0, np.pi / 2, length)) ** 1.5
    # A few milliseconds down, or the dip itself would click.
    down = 220
    shape = np.concatenate([np.linspace(1, 1 - depth, down), rise]).astype(np.float32)
    for kick in kicks:
        begin = kick - down
        cut = shape[max(0, -begin) : max(0, count - begin)]
        at = slice(max(0, begin), max(0, begin) + cut.size)
        gain[at] = np.minimum(gain[at], cut)
    return gain


def under(voice: Sound, depth_db: float) -> Sound:
    """(T,) gain that makes room for a voice: down before it speaks, back after it has paused."""
    from scipy.ndimage import gaussian_filter1d, maximum_filter1d

    step = SAMPLE_RATE // 100
    mono = np.abs(voice).max(axis=0)
    frames = np.pad(mono, (0, -len(mono) % step)).reshape(-1, step).max(axis=1)
    speaks = (frames > 0.05 * frames.max(initial=1e-9)).astype(np.float32)
    # 0.35 s to either side bridge the gaps between words; the slopes take a third of a second.
    smooth = gaussian_filter1d(maximum_filter1d(speaks, 71), 12)
    gain = 10 ** (-depth_db / 20 * smooth)
    places = (np.arange(len(gain)) + 0.5) * step
    return np.interp(np.arange(len(mono)), places, gain).astype(np.float32)


def taped(sound: Sound, drive: float) -> Sound:
    """Soft saturation: loud moments are rounded, quiet ones stay."""
    top = float(np.abs(sound).max())
    if top == 0:
        return sound
    scale = np.float32(drive / top)
    return (np.tanh(sound * scale) / scale).astype(np.float32)


def levelled(sound: Sound, ratio: float) -> Sound:
    """A slow compressor: quiet phrases come nearer to loud ones, silence stays."""
    from scipy.ndimage import gaussian_filter1d

    block = 256
    blocks = -(-sound.shape[1] // block)
    padded = np.pad(sound, ((0, 0), (0, blocks * block - sound.shape[1])))
    power = np.mean(padded.reshape(2, blocks, block) ** 2, axis=(0, 2), dtype=np.float64)
    level_db = 10 * np.log10(gaussian_filter1d(power, 0.08 * SAMPLE_RATE / block) + 1e-12)
    top = np.percentile(level_db, 98)
    below = np.clip(top - level_db, -6, 18)
    # What lies further down is breath and room: it is not lifted more.
    turned_db = gaussian_filter1d(below * (1 - 1 / ratio), 0.05 * SAMPLE_RATE / block)
    centres = (np.arange(blocks) + 0.5) * block
    gain = np.interp(np.arange(sound.shape[1]), centres, 10 ** (turned_db / 20))
    return (sound * gain).astype(np.float32)


def vinyl(count: int, seed: int) -> Sound:
    """Hiss, hum of the groove and crackles, about 50 dB below full level."""
    rng = np.random.default_rng(seed)
    out = rng.standard_normal((2, count), dtype=np.float32) * np.float32(0.0016)
    clicks = rng.integers(0, max(1, count - 64), max(1, round(count / SAMPLE_RATE * 7)))
    shape = np.exp(-np.arange(40) / 6) * np.sin(np.arange(40) * 0.9)
    levels = rng.lognormal(-4.6, 0.8, clicks.size)
    for place, level in zip(clicks, levels, strict=True):
        side = rng.uniform(0.3, 1, 2)[:, None]
        piece = out[:, place : place + shape.size]
        piece += (side * level * shape)[:, : piece.shape[1]].astype(np.float32)
    return filtered(filtered(out, 5200, "lowpass"), 120, "highpass")
