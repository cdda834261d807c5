"""Timed sounds to control tracks: how the tract moves between sounds, its hisses and bursts.

Formants glide into a sound before and after its boundary, at a pace that depends on both sounds;
stops close, burst and breathe. Knows nothing about notes or words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.phones import NEUTRAL_ZERO_HZ, NOISES, PHONES, Phone
from pipelines.pocket.voice.tract import CONTROL_S, RATE, Floats, Tracks
from pipelines.pocket.voice.voices import Voice

BURST_S = 0.012
_FRICTION = 0.14
"""Noise of unit gain against a vowel of 0.1 RMS."""


@dataclass(frozen=True)
class Sound:
    """A phone (a key of PHONES, "" for silence, "breath" for taking one) and when it sounds."""

    phone: str
    start_s: float
    end_s: float
    level: float = 1.0

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class _Piece:
    """A stretch in which the tract does one thing."""

    start_s: float
    end_s: float
    phone: Phone | None
    voicing: float = 0.0
    breath: float = 0.0


@dataclass(frozen=True)
class Hiss:
    """Friction at the lips or teeth: a key of NOISES with its envelope."""

    noise: str
    start_s: float
    end_s: float
    gain: float
    is_burst: bool = False


def tracks(sounds: Sequence[Sound], voice: Voice, f0: NDArray, seconds: float) -> Tracks:
    """Control tracks of sounds that follow each other; `f0` on the pitch grid."""
    times = np.arange(round(seconds / CONTROL_S)) * CONTROL_S
    pieces = [piece for sound in sounds for piece in _pieces(sound, voice)]
    return Tracks(
        f0,
        _formants(sounds, times) * voice.tract,
        _steps([(p.start_s, p.end_s, p.voicing) for p in pieces], times),
        _steps([(p.start_s, p.end_s, p.breath) for p in pieces], times),
        _zeros(sounds, times),
    )


def hisses(sounds: Sequence[Sound]) -> list[Hiss]:
    """The friction of fricatives, bursts, affricates and breaths taken."""
    found: list[Hiss] = []
    for index, sound in enumerate(sounds):
        if sound.phone == "breath":
            found.append(Hiss("breath", sound.start_s, sound.end_s, 0.05 * sound.level))
        elif sound.phone and PHONES[sound.phone].noise:
            found += _friction(sound, _vowel_beside(sounds, index))
    return found


def friction(parts: Sequence[Hiss], seconds: float, voice: Voice, seed: int) -> Floats:
    """(T,) samples of all hisses."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE), np.float32)
    banks: dict[str, Floats] = {}
    for part in parts:
        bank = banks.setdefault(part.noise, _bank(part.noise, voice.tract**0.4, rng))
        first, last = round(part.start_s * RATE), round(part.end_s * RATE)
        first, last = max(first, 0), min(last, len(out))
        if last <= first:
            continue
        begin = rng.integers(0, len(bank) - (last - first)) if last - first < len(bank) else 0
        noise = np.resize(bank[begin:], last - first)
        out[first:last] += noise * (_FRICTION * part.gain * _swell(last - first, part.is_burst))
    return out


def _swell(count: int, is_burst: bool) -> Floats:
    """(count,) how a hiss comes and goes."""
    seconds = np.arange(count) / RATE
    if is_burst:
        return (np.minimum(seconds / 0.0007, 1) * np.exp(-seconds / 0.006)).astype(np.float32)
    rise, fall = min(0.03, count / RATE / 3), min(0.03, count / RATE / 3)
    shape = np.minimum(seconds / rise, (seconds[-1] - seconds) / fall)
    return np.sin(np.pi / 2 * np.clip(shape, 0, 1)).astype(np.float32)


def _bank(noise: str, scale: float, rng: np.random.Generator) -> Floats:
    """A second of noise of a colour, of unit strength."""
    frequency = np.fft.rfftfreq(RATE, 1 / RATE)
    colour = sum(
        10 ** (decibel / 20) * np.exp(-0.5 * ((frequency / scale - centre) / width) ** 2)
        for centre, width, decibel in NOISES[noise]
    )
    samples = np.fft.irfft(np.fft.rfft(rng.standard_normal(RATE)) * colour)
    return (samples / np.std(samples)).astype(np.float32)


def _friction(sound: Sound, vowel: Phone | None) -> list[Hiss]:
    phone = PHONES[sound.phone]
    noise, gain = phone.noise, phone.noise_gain * sound.level
    if noise == "k":
        noise = "k_front" if vowel and vowel.formants[1] > 1500 else "k_back"
    if phone.kind == "fricative":
        return [Hiss(noise, sound.start_s, sound.end_s, gain)]
    closed, opened = _release(sound, phone)
    burst = Hiss(noise, closed, min(closed + 0.04, sound.end_s + 0.02), 1.6 * gain, is_burst=True)
    if phone.kind == "affricate":
        return [burst, Hiss(noise, closed, opened, gain)]
    return [burst]


def _release(sound: Sound, phone: Phone) -> tuple[float, float]:
    """When a closure ends, and when its friction does."""
    if phone.kind == "affricate":
        opened = sound.end_s - min(phone.breath, 0.2 * sound.seconds)
        return sound.start_s + 0.35 * sound.seconds, opened
    after = min(BURST_S + phone.breath, 0.65 * sound.seconds)
    return sound.end_s - after, sound.end_s - after + min(BURST_S, after)


def _pieces(sound: Sound, voice: Voice) -> list[_Piece]:
    start, end = sound.start_s, sound.end_s
    if not sound.phone or sound.phone == "breath":
        return [_Piece(start, end, None)]
    phone = PHONES[sound.phone]
    if phone.kind == "aspirate":
        return [_Piece(start, end, phone, 0.0, phone.breath * sound.level)]
    voicing = phone.voicing * sound.level * voice.voicing
    if phone.kind in ("stop", "affricate"):
        closed, opened = _release(sound, phone)
        breath = 0.45 * sound.level if phone.breath >= 0.015 else 0.0
        return [
            _Piece(start, closed, phone, voicing),
            _Piece(closed, opened, phone, voicing),
            _Piece(opened, end, phone, 0.0 if breath else voicing, breath),
        ]
    return [_Piece(start, end, phone, voicing, voice.breath * phone.voicing * sound.level)]


def _steps(pieces: Sequence[tuple[float, float, float]], times: NDArray) -> NDArray:
    """Constant within each piece, with ramps of 12 ms around the boundaries, zero elsewhere."""
    first = pieces[0][0] if pieces else 0.0
    knots: list[tuple[float, float]] = [(first - 1.0, 0.0), (first - 0.015, 0.0)]
    ends = [*[start for start, _, _ in pieces[1:]], np.inf]
    for (start, end, value), following in zip(pieces, ends, strict=True):
        ramp = min(0.006, (end - start) / 2.01)
        knots += [(start + ramp, value), (end - ramp, value)]
        if following > end + 0.02:
            knots += [(end + 0.03, 0.0), (max(following - 0.015, end + 0.031), 0.0)]
    at, values = zip(*knots, strict=True)
    return np.interp(times, at, values)


def _vowel_beside(sounds: Sequence[Sound], index: int) -> Phone | None:
    """The vowel that a consonant leans to: the next one unless a silence comes first."""
    for step in (1, -1):
        at = index + step
        while 0 <= at < len(sounds) and sounds[at].phone in PHONES:
            if PHONES[sounds[at].phone].is_vowel:
                return PHONES[sounds[at].phone]
            at += step
    return None


def _leaning(sounds: Sequence[Sound], index: int) -> Phone:
    """A consonant with its formants moved towards its vowel."""
    phone = PHONES[sounds[index].phone]
    vowel = _vowel_beside(sounds, index) if phone.blend else None
    if vowel is None:
        return phone
    pairs = zip(phone.formants, vowel.formants, strict=True)
    moved = [own + phone.blend * (its - own) for own, its in pairs]
    return replace(phone, formants=(moved[0], moved[1], moved[2]))


_REACH = {
    "vowel": (0.045, 0.045),
    "glide": (0.045, 0.055),
    "liquid": (0.040, 0.050),
    "nasal": (0.015, 0.040),
    "fricative": (0.020, 0.040),
    "stop": (0.020, 0.040),
    "affricate": (0.020, 0.040),
    "aspirate": (0.030, 0.010),
}
"""Seconds of a transition within a sound of a kind and within its neighbour."""


def _spans(sounds: Sequence[Sound]) -> list[tuple[float, float]]:
    """The fixed part of each sound, between its transitions."""
    starts = [sound.start_s for sound in sounds]
    stops = [sound.end_s for sound in sounds]
    for index, (left, right) in enumerate(pairwise(sounds)):
        if not (left.phone in PHONES and right.phone in PHONES):
            continue
        before, after = _reach(PHONES[left.phone], PHONES[right.phone])
        stops[index] = left.end_s - min(before, 0.45 * left.seconds)
        starts[index + 1] = right.start_s + min(after, 0.45 * right.seconds)
    return list(zip(starts, stops, strict=True))


def _reach(left: Phone, right: Phone) -> tuple[float, float]:
    """How far a transition reaches into the sound before and the sound after."""
    if left.is_vowel and not right.is_vowel:
        inside, outside = _REACH[right.kind]
        return outside, inside
    return _REACH[left.kind]


def _formants(sounds: Sequence[Sound], times: NDArray) -> NDArray:
    """(3, C) Hz of the male tract."""
    at: list[float] = []
    values: list[tuple[float, float, float]] = []
    for index, (sound, (start, stop)) in enumerate(zip(sounds, _spans(sounds), strict=True)):
        if sound.phone not in PHONES:
            continue
        phone = _leaning(sounds, index)
        at += [start, max(stop, start + 1e-4)]
        values += [phone.formants, phone.glide or phone.formants]
        if phone.glide:
            # The first vowel is held; the glide takes the end.
            turn = start + max(0.25 * (stop - start), stop - start - 0.16)
            at.insert(-1, turn)
            values.insert(-1, phone.formants)
    if not at:
        return np.repeat(np.array([[500.0], [1500.0], [2500.0]]), len(times), axis=1)
    curves = np.log(np.array(values)).T
    return np.exp(np.stack([_smooth(np.interp(times, at, curve)) for curve in curves]))


def _zeros(sounds: Sequence[Sound], times: NDArray) -> NDArray:
    """(C,) the nasal zero; it opens into a vowel that a nasal follows."""
    at, values = [-1.0], [NEUTRAL_ZERO_HZ]
    for index, sound in enumerate(sounds):
        zero = PHONES[sound.phone].zero if sound.phone in PHONES else NEUTRAL_ZERO_HZ
        edge = min(0.012, sound.seconds / 2.01)
        follows = zero == NEUTRAL_ZERO_HZ and _zero_after(sounds, index) != NEUTRAL_ZERO_HZ
        end = sound.end_s - (min(0.07, 0.4 * sound.seconds) if follows else edge)
        at += [sound.start_s + edge, max(end, sound.start_s + edge + 1e-4)]
        values += [zero, zero]
    return np.interp(times, at, values)


def _zero_after(sounds: Sequence[Sound], index: int) -> float:
    following = sounds[index + 1].phone if index + 1 < len(sounds) else ""
    return PHONES[following].zero if following in PHONES else NEUTRAL_ZERO_HZ


def _smooth(curve: NDArray) -> NDArray:
    """Rounds the corners of a track over 28 ms."""
    kernel = np.hanning(9)[1:-1]
    padded = np.pad(curve, 3, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
