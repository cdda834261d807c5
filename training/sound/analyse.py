"""A recorded note becomes parameters: partials over time, noise bands, the onset's residual.

The reverse of `pipelines.pocket.sound.tone`. Knows nothing about instruments or files.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound.tone import BANDS, GRID, SAMPLE_RATE, Reals, Tone, synthesise

Sound = Reals
CEILING_HZ = 16_000
_FADE = 0.4
"""Share of the onset over which it gives way to noise bands."""


def find_partials(sound: Sound, hz: float, most: int) -> tuple[NDArray[np.float64], float]:
    """Each partial's frequency over the first's, and the first's; partials may be stretched."""
    window = np.hanning(min(sound.size, 1 << 16))
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(sound[: window.size] * window, size))
    floor = np.median(spectrum)
    found: list[float] = []
    spacing = expected = hz
    while len(found) < most and expected < CEILING_HZ:
        place = _peak(spectrum, expected, min(0.25 * spacing, 12 + 0.012 * expected), size)
        is_clear = place is not None and spectrum[round(place * size / SAMPLE_RATE)] > 4 * floor
        found.append(place if is_clear and place is not None else expected)
        spacing = _spacing(found, hz)
        expected = found[-1] + spacing
    first = _fundamental(np.array(found), hz)
    return np.array(found) / first, first


def _spacing(found: list[float], hz: float) -> float:
    if len(found) < 4:
        return found[-1] / len(found)
    return float(np.clip((found[-1] - found[-4]) / 3, 0.97 * hz, 1.12 * hz))


def _fundamental(found: NDArray[np.float64], hz: float) -> float:
    """From the lowest partials, as the first alone may be weak."""
    first = found[:4] / np.arange(1, len(found[:4]) + 1)
    near = first[np.abs(first / hz - 1) < 0.03]
    return float(np.median(near)) if near.size else hz


def _peak(spectrum: Sound, near_hz: float, within_hz: float, size: int) -> float | None:
    low = max(1, int((near_hz - within_hz) * size / SAMPLE_RATE))
    high = min(spectrum.size - 2, int((near_hz + within_hz) * size / SAMPLE_RATE) + 2)
    if high <= low:
        return None
    top = low + int(np.argmax(spectrum[low:high]))
    left, middle, right = np.log(spectrum[top - 1 : top + 2] + 1e-12)
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float((top + np.clip(shift, -1, 1)) * SAMPLE_RATE / size)


def find_modes(sound: Sound, most: int) -> NDArray[np.float64]:
    """The strongest separate frequencies of a struck thing, in Hz."""
    size = 1 << 17
    cut = sound[:size] * np.hanning(2 * min(size, sound.size))[-min(size, sound.size) :]
    spectrum = np.abs(np.fft.rfft(cut, size))
    smooth = np.convolve(spectrum, np.ones(301) / 301, mode="same")
    order = np.argsort(-spectrum)[:4000]
    found: list[float] = []
    for place in order:
        hz = place * SAMPLE_RATE / size
        is_far = all(abs(hz - other) > 12 + 0.03 * other for other in found)
        if 25 < hz < CEILING_HZ and is_far and spectrum[place] > 4 * smooth[place]:
            found.append(hz)
        if len(found) == most:
            break
    return np.array(sorted(found))


def partials_over_time(
    sound: Sound, hz: NDArray[np.float64], window_s: float
) -> NDArray[np.complex128]:
    """(H, K) complex amplitude of each frequency at the moments of the grid, phase at zero."""
    half = round(window_s * SAMPLE_RATE / 2)
    padded = np.concatenate([np.zeros(half), sound, np.zeros(2 * half)])
    moments = GRID[GRID * SAMPLE_RATE < sound.size]
    centres = np.round(moments * SAMPLE_RATE).astype(int)
    window = np.hanning(2 * half + 1)
    frames = np.stack([padded[c : c + 2 * half + 1] * window for c in centres])
    # The onset lacks its left half, which held nothing.
    covered = np.array([window[max(0, half - c) :].sum() for c in centres])
    steps = 2 * np.pi * hz / SAMPLE_RATE
    waves = np.exp(-1j * np.arange(-half, half + 1)[:, None] * steps)
    return (2 * (frames @ waves) / covered[:, None] * np.exp(-1j * centres[:, None] * steps)).T


def noise_over_time(sound: Sound, hz: NDArray[np.float64], size: int) -> Sound:
    """(B, K) root mean square of each band between the partials."""
    moments = GRID[GRID * SAMPLE_RATE < sound.size]
    padded = np.concatenate([np.zeros(size // 2), sound, np.zeros(size)])
    window = _blackman_harris(size)
    centres = np.round(moments * SAMPLE_RATE).astype(int)
    power = np.abs(np.fft.rfft(np.stack([padded[c : c + size] for c in centres]) * window)) ** 2
    bins = np.arange(size // 2 + 1) * SAMPLE_RATE / size
    # The window's main lobe; beyond it a partial is 92 dB down.
    width = 4.0 * SAMPLE_RATE / size
    free = np.ones(bins.size, bool)
    for each in hz:
        free &= np.abs(bins - each) > width
    bands = _filled([_band_power(power, bins, free, band) for band in range(BANDS.size - 1)])
    # Parseval: the mean square of a windowed frame, from one side of its spectrum.
    return np.sqrt(bands * 2 / (size * np.sum(window**2))).astype(np.float32)


def _blackman_harris(size: int) -> Sound:
    turn = 2 * np.pi * np.arange(size) / size
    cosines = (0.35875, -0.48829, 0.14128, -0.01168)
    return sum(share * np.cos(order * turn) for order, share in enumerate(cosines)) + np.zeros(size)


def _band_power(power: Sound, bins: Sound, free: NDArray[np.bool_], band: int) -> Sound | None:
    """Nothing where partials leave no room to hear the noise between them."""
    low = 0.0 if band == 0 else BANDS[band]
    inside = (bins >= low) & (bins < BANDS[band + 1])
    if (inside & free).sum() < 2:
        return None
    # The median of an exponential is ln 2 of its mean, and unmoved by what leaks in.
    return np.median(power[:, inside & free], axis=1) / np.log(2) * inside.sum()


def _filled(bands: list[Sound | None]) -> Sound:
    """An unheard band is like the quieter of its neighbours, a little less."""
    known = [index for index, each in enumerate(bands) if each is not None]
    silence = next((0 * each for each in bands if each is not None), np.zeros(1))
    out: list[Sound] = []
    for index, each in enumerate(bands):
        below = [i for i in known if i < index][-1:]
        above = [i for i in known if i > index][:1]
        near = [found for i in below + above if (found := bands[i]) is not None]
        out.append(each if each is not None else np.minimum.reduce([*near]) if near else silence)
    return np.stack(out)


def steady(sound: Sound, hz: float) -> Sound:
    """The same sound with its vibrato taken out, by following its lowest partials."""
    moments = np.arange(0, sound.size, 441)
    slips = []
    for partial in (1, 2, 3):
        step = 2 * np.pi * hz * partial / SAMPLE_RATE
        turned = sound * np.exp(-1j * step * np.arange(sound.size))
        kernel = np.hanning(round(6 * SAMPLE_RATE / hz) | 1)
        slow = np.convolve(turned, kernel / kernel.sum(), mode="same")[moments]
        phase = np.unwrap(np.angle(slow)) / step
        slips.append((float(np.median(np.abs(slow))), phase))
    slip = max(slips, key=lambda each: each[0])[1]
    trend = slip - slip[min(20, slip.size - 1)]
    warp = np.interp(np.arange(sound.size), moments, moments + trend)
    # `moments + trend` is where a steady player would have been by then.
    return np.interp(np.arange(sound.size), warp, sound).astype(np.float32)


@dataclass(frozen=True)
class Manner:
    """How a kind of sound is heard."""

    onset: int
    """Samples whose rest is kept."""

    frame: int = 2048
    """Samples in which noise is measured."""

    is_sustained: bool = False


def fit(sound: Sound, hz: NDArray[np.float64], first_hz: float, manner: Manner) -> Tone:
    """The tone whose partials lie at `hz`."""
    spacing = float(np.min(np.diff(np.concatenate([[0.0], hz])))) if hz.size else 1000.0
    window_s = float(np.clip(4 / max(spacing, 20), 0.008, 0.12))
    complex_levels = partials_over_time(sound, hz, window_s)
    count = complex_levels.shape[1]
    early = complex_levels[:, 3 : min(18, count)]
    phases = np.angle(early.sum(axis=1))
    tone = Tone(
        ratios=hz / first_hz,
        phases=phases,
        partials=_to_grid(np.abs(complex_levels).astype(np.float32)),
        noise=_to_grid(noise_over_time(sound, hz, manner.frame)),
        onset=np.zeros(0, np.float32),
        onset_hz=first_hz,
        is_sustained=manner.is_sustained,
    )
    return _with_onset(_pruned(tone), sound, manner.onset)


def _pruned(tone: Tone) -> Tone:
    """Without partials that are never within 80 dB of the loudest."""
    top = tone.partials.max(axis=1)
    kept = top > 1e-4 * top.max(initial=0)
    return replace(
        tone, ratios=tone.ratios[kept], phases=tone.phases[kept], partials=tone.partials[kept]
    )


def _with_onset(tone: Tone, sound: Sound, onset: int) -> Tone:
    quiet = replace(tone, noise=np.zeros_like(tone.noise))
    onset = min(onset, sound.size)
    rest = sound[:onset] - synthesise(quiet, tone.onset_hz, onset)
    fading = round(onset * _FADE)
    rest[onset - fading :] *= np.cos(np.linspace(0, np.pi / 2, fading)) ** 2
    begin, end = (onset - fading) / SAMPLE_RATE, onset / SAMPLE_RATE
    noise = tone.noise * np.clip((GRID - begin) / (end - begin), 0, 1).astype(np.float32)
    return replace(tone, onset=rest.astype(np.float32), noise=noise)


def _to_grid(levels: Sound) -> Sound:
    """Silence after the recording's end."""
    return np.pad(levels, ((0, 0), (0, GRID.size - levels.shape[1])))
