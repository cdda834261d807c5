"""Glottal pulses and breath through a vocal tract: control tracks in, samples out.

Each pulse is the response of the whole system (glottal flow by the CALM model, resonators for the
formants, a nasal pole and zero) computed in the frequency domain and added where its cycle begins,
so pitch is exact to a fraction of a sample. Knows nothing about phones, notes or words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.phones import NEUTRAL_ZERO_HZ
from pipelines.pocket.voice.voices import Voice

RATE = 44_100
CONTROL_S = 0.004
"""The grid of formants and strengths."""

PITCH_S = 0.001
"""The grid of pitch."""

_FFT = 2048
_BEFORE = 700
"""Samples of a response before its glottal closure: where flow builds up."""

_TOP_HZ = 11_500.0
_CHUNK = 128
_LOUDNESS = 6600.0
"""Makes a vowel about 0.1 RMS."""

_NOISE_FFT = 1024
_NOISE_HOP = 512

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tracks:
    """What the tract does over time; (C,) lie on the control grid, (P,) on the pitch grid."""

    f0: NDArray[np.float64]
    """(P,) Hz, everywhere positive."""

    formants: NDArray[np.float64]
    """(3, C) Hz, of the voice itself."""

    voicing: NDArray[np.float64]
    """(C,) strength of the pulses."""

    breath: NDArray[np.float64]
    """(C,) strength of noise at the glottis."""

    zero: NDArray[np.float64]
    """(C,) the nasal zero in Hz."""

    @property
    def seconds(self) -> float:
        return len(self.voicing) * CONTROL_S


def voiced(tracks: Tracks, voice: Voice, rng: np.random.Generator) -> Floats:
    """The glottal pulses through the tract: (T,) samples."""
    count = round(tracks.seconds * RATE)
    times, f0 = _pulses(tracks.f0)
    strength = _at(tracks.voicing, times) * (1 + voice.shimmer * rng.standard_normal(len(times)))
    heard = (strength > 1e-3) & (times < tracks.seconds)
    times, f0, strength = times[heard], f0[heard], strength[heard]
    out = np.zeros(count + 2 * _FFT, np.float32)
    for first in range(0, len(times), _CHUNK):
        part = slice(first, first + _CHUNK)
        position = times[part] * RATE
        whole = np.floor(position).astype(int)
        shapes = _responses(tracks, voice, times[part], f0[part], position - whole)
        shapes *= strength[part, None]
        for where, shape in zip(whole, shapes, strict=True):
            out[where : where + _FFT] += shape
    return out[_BEFORE : _BEFORE + count]


def breathed(tracks: Tracks, voice: Voice, rng: np.random.Generator) -> Floats:
    """Noise at the glottis through the tract: (T,) samples; louder while the glottis is open."""
    count = round(tracks.seconds * RATE)
    seconds = np.arange(count) / RATE
    gain = np.interp(seconds, np.arange(len(tracks.breath)) * CONTROL_S, tracks.breath)
    gain *= _openness(tracks, seconds)
    noise = np.zeros(count + 2 * _NOISE_FFT, np.float32)
    noise[_NOISE_FFT : _NOISE_FFT + count] = gain * rng.standard_normal(count)
    starts = np.arange(0, count + _NOISE_FFT, _NOISE_HOP)
    window = np.sin(np.pi * np.arange(_NOISE_FFT) / _NOISE_FFT).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(noise, _NOISE_FFT)[starts] * window
    centres = (starts - _NOISE_FFT / 2) / RATE
    frequency = np.fft.rfftfreq(_NOISE_FFT, 1 / RATE)
    spectrum = np.fft.rfft(frames).astype(np.complex64)
    for first in range(0, len(starts), _CHUNK):
        part = slice(first, first + _CHUNK)
        above, below = _transfer(tracks, voice, centres[part], frequency)
        spectrum[part] *= np.abs(above) / np.abs(below)
    spectrum *= _breath_colour(frequency)
    frames = np.fft.irfft(spectrum).astype(np.float32) * window
    return _overlapped(frames, starts, count)


def _overlapped(frames: Floats, starts: NDArray, count: int) -> Floats:
    """Squared sine windows at half their length sum to 1."""
    out = np.zeros(count + 3 * _NOISE_FFT, np.float32)
    for start, frame in zip(starts, frames, strict=True):
        out[start : start + _NOISE_FFT] += frame
    return out[_NOISE_FFT : _NOISE_FFT + count]


def _breath_colour(frequency: NDArray) -> Floats:
    """Turbulence has little below 500 Hz and falls slowly above 8 kHz."""
    rise = (frequency / 700) ** 2
    return (0.022 * rise / (1 + rise) / np.sqrt(1 + (frequency / 9000) ** 4)).astype(np.float32)


def _openness(tracks: Tracks, seconds: NDArray) -> NDArray:
    """Noise follows the glottal cycle where there is voice, and is steady where there is none."""
    phase = np.interp(seconds, np.arange(len(tracks.f0)) * PITCH_S, _cycles(tracks.f0))
    voicing = np.clip(_at(tracks.voicing, seconds), 0, 1)
    return 1 + 0.6 * voicing * np.cos(2 * np.pi * phase + 0.6 * np.pi)


def _cycles(f0: NDArray) -> NDArray:
    return np.cumsum(f0) * PITCH_S


def _pulses(f0: NDArray) -> tuple[NDArray, NDArray]:
    """When each glottal cycle closes, in seconds, and the pitch there in Hz."""
    cycles = _cycles(f0)
    seconds = np.arange(len(f0)) * PITCH_S
    times = np.interp(np.arange(1, int(cycles[-1])), cycles, seconds)
    return times, np.interp(times, seconds, f0)


def _at(track: NDArray, times: NDArray) -> NDArray:
    return np.interp(times, np.arange(len(track)) * CONTROL_S, track)


def _responses(tracks: Tracks, voice: Voice, times: NDArray, f0: NDArray, shift: NDArray) -> Floats:
    """(N, FFT): what each pulse sounds like; `shift` in samples, 0 to 1."""
    frequency = np.fft.rfftfreq(_FFT, 1 / RATE)
    frequency = frequency[frequency < _TOP_HZ]
    delay = (shift[:, None] + _BEFORE).astype(np.float32)
    spectrum = _phasor(delay * (-2 * np.pi / RATE * frequency).astype(np.float32))
    fade = np.clip((_TOP_HZ - frequency) / 2500, 0, 1)
    spectrum *= (_LOUDNESS * 2j * np.pi * frequency * fade).astype(np.complex64)
    above, below = _transfer(tracks, voice, times, frequency)
    below *= _glottis(voice, f0, frequency)
    spectrum *= above
    spectrum /= below
    return np.asarray(np.fft.irfft(spectrum, _FFT), np.float32)


def _phasor(angle: Floats) -> NDArray[np.complex64]:
    return _complex(np.cos(angle), np.sin(angle))


def _complex(real: Floats, imaginary: Floats) -> NDArray[np.complex64]:
    both = np.empty(real.shape, np.complex64)
    both.real, both.imag = real, imaginary
    return both


def _glottis(voice: Voice, f0: NDArray, frequency: NDArray) -> NDArray[np.complex64]:
    """(N, F): glottal flow as a denominator: a growing pair of poles cut at closure, and its tilt.

    Scaled so that the derivative of the flow jumps by the same amount at every closure.
    """
    angular = (2 * np.pi * frequency).astype(np.float32)
    b = np.pi * f0[:, None] / voice.open_quotient
    a = b / -np.tan(np.pi * voice.asymmetry)
    real = (a * a + b * b).astype(np.float32) - angular**2
    poles = _complex(real, (-2 * a).astype(np.float32) * angular)
    # Brighter as the pitch rises, as when one sings out.
    corner = 2 * np.pi * voice.tilt_hz * (f0[:, None] / 220) ** 0.3
    tilt = (1 / corner).astype(np.float32) * angular
    return poles * _complex(np.ones_like(tilt), tilt)


def _transfer(
    tracks: Tracks, voice: Voice, times: NDArray, frequency: NDArray
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """(N, F) each: the vocal tract at each time, zeros and poles."""
    square = (frequency**2).astype(np.float32)
    line = frequency.astype(np.float32)
    nasal = np.clip(np.abs(_at(tracks.zero, times) - NEUTRAL_ZERO_HZ) / 400, 0, 1)
    widths = _bandwidths(voice, nasal)
    below = np.broadcast_to(_upper(voice, frequency), (len(times), len(frequency))).copy()
    for index, width in enumerate(widths):
        centre = _at(tracks.formants[index], times)
        if index == 0:
            centre = np.maximum(centre, 1.02 * _pitch_at(tracks, times))
        below *= _resonance(centre, width, square, line)
    above = np.ones(1, np.complex64)
    if nasal.any():
        zero = _at(tracks.zero, times) * voice.tract**0.5
        pole = np.full(len(times), NEUTRAL_ZERO_HZ * voice.tract**0.5)
        above = _resonance(zero, 110 + 0 * zero, square, line)
        below *= _resonance(pole, 110 + 0 * pole, square, line)
    return above, below


def _pitch_at(tracks: Tracks, times: NDArray) -> NDArray:
    return np.interp(times, np.arange(len(tracks.f0)) * PITCH_S, tracks.f0)


def _bandwidths(voice: Voice, nasal: NDArray) -> tuple[NDArray, ...]:
    wide = voice.tract * (1 + 0.8 * voice.breath)
    return (
        (65 + 60 * nasal) * wide,
        (85 + 120 * nasal) * wide,
        (130 + 130 * nasal) * wide,
    )


def _resonance(
    centre: NDArray, width: NDArray, square: Floats, line: Floats
) -> NDArray[np.complex64]:
    """(N, F): a pair of poles (or of zeros) as a denominator, one at zero frequency."""
    inverse = (1 / centre**2)[:, None].astype(np.float32)
    breadth: Floats = width[:, None].astype(np.float32) * inverse
    return _complex(1 - square * inverse, line * breadth)


def _upper(voice: Voice, frequency: NDArray) -> NDArray[np.complex64]:
    """(1, F): the formants above the third, the same for every sound of a voice."""
    square, line = (frequency**2).astype(np.float32), frequency.astype(np.float32)
    product = np.ones((1, len(frequency)), np.complex64)
    fourth, fifth = voice.upper_formants
    rows = [(fourth, 170.0), (fifth, 230.0)]
    rows += [(high, 0.09 * high) for high in np.arange(5400, 24_000, 1050) * voice.tract]
    for centre, width in rows:
        product *= _resonance(np.array([centre]), np.array([width]), square, line)
    return product
