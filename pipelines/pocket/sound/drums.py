"""Drum kits: each hit by its General MIDI key, fitted to a recorded one or synthesised.

The synthesised kit is a drum machine: swept sines, filtered noise, square waves for metal. Knows
nothing about scores.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound import fitted
from pipelines.pocket.sound.instruments import Kit
from pipelines.pocket.sound.tone import BANDS, SAMPLE_RATE, synthesise

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Swept:
    """A sine that falls from one frequency to another while it fades."""

    from_hz: float
    to_hz: float
    fall_s: float
    decay_s: float
    level: float = 1.0


@dataclass(frozen=True)
class Hiss:
    """Noise between two frequencies; `bursts` are claps at these seconds before the last."""

    low_hz: float
    high_hz: float
    decay_s: float
    level: float = 1.0
    bursts: tuple[float, ...] = ()
    is_metal: bool = False
    """From six squares out of tune, instead of noise."""


@dataclass(frozen=True)
class Hit:
    swept: tuple[Swept, ...] = ()
    hiss: tuple[Hiss, ...] = ()
    level: float = 1.0


def _tom(hz: float) -> Hit:
    return Hit((Swept(hz * 1.7, hz, 0.05, 0.22),), (Hiss(300, 4000, 0.03, 0.08),), 0.8)


def _metal(low_hz: float, decay_s: float, level: float) -> Hit:
    ring = Hiss(low_hz, 15000, decay_s, 1.0, is_metal=True)
    return Hit((), (ring, Hiss(low_hz, 16000, decay_s * 0.7, 0.5)), level)


MACHINE: dict[int, Hit] = {
    35: Hit((Swept(120, 46, 0.03, 0.42),), (Hiss(1500, 6000, 0.004, 0.15),), 1.15),
    36: Hit((Swept(260, 52, 0.028, 0.17),), (Hiss(1800, 9000, 0.005, 0.35),), 1.2),
    37: Hit((Swept(1700, 1650, 0.01, 0.012, 0.6), Swept(480, 470, 0.01, 0.02, 0.5)), (), 0.6),
    38: Hit(
        (Swept(260, 185, 0.02, 0.09, 0.7), Swept(340, 330, 0.01, 0.05, 0.3)),
        (Hiss(900, 12000, 0.1, 0.75),),
        0.8,
    ),
    39: Hit((), (Hiss(700, 6500, 0.11, 1.0, (0.010, 0.020, 0.030)),), 0.75),
    40: Hit((Swept(280, 205, 0.02, 0.06, 0.5),), (Hiss(1500, 14000, 0.14, 0.9),), 0.75),
    41: _tom(72),
    43: _tom(88),
    45: _tom(108),
    47: _tom(132),
    48: _tom(160),
    50: _tom(196),
    42: _metal(6500, 0.028, 0.34),
    44: _metal(6000, 0.05, 0.3),
    46: _metal(6200, 0.24, 0.36),
    49: _metal(3200, 0.8, 0.5),
    57: _metal(3600, 0.7, 0.5),
    55: _metal(4000, 0.35, 0.45),
    52: _metal(2800, 0.6, 0.5),
    51: _metal(5000, 0.45, 0.25),
    59: _metal(4600, 0.5, 0.25),
    53: Hit(
        (Swept(2600, 2600, 0.1, 0.3, 0.5), Swept(3900, 3900, 0.1, 0.2, 0.3)),
        (Hiss(5000, 12000, 0.2, 0.2),),
        0.35,
    ),
    54: _metal(7000, 0.07, 0.35),
    56: Hit((Swept(562, 560, 0.1, 0.09, 0.7), Swept(845, 845, 0.1, 0.07, 0.7)), (), 0.5),
    60: Hit((Swept(420, 400, 0.02, 0.09),), (), 0.6),
    61: Hit((Swept(310, 290, 0.02, 0.11),), (), 0.6),
    62: Hit((Swept(400, 370, 0.02, 0.05),), (), 0.6),
    63: Hit((Swept(290, 270, 0.02, 0.14),), (), 0.6),
    64: Hit((Swept(210, 195, 0.02, 0.17),), (), 0.6),
    69: Hit((), (Hiss(5500, 13000, 0.035, 0.9),), 0.35),
    70: Hit((), (Hiss(6000, 15000, 0.03, 0.9),), 0.35),
    82: Hit((), (Hiss(5000, 14000, 0.05, 0.9),), 0.35),
    75: Hit((Swept(2500, 2480, 0.01, 0.025),), (), 0.5),
    76: Hit((Swept(1400, 1390, 0.01, 0.03),), (), 0.5),
    81: Hit((Swept(4200, 4200, 0.1, 0.6, 0.6), Swept(6300, 6300, 0.1, 0.4, 0.3)), (), 0.3),
}
"""The drum machine, by General MIDI key."""

RELATIONS = (
    (35, 36),
    (38, 40, 39, 37),
    (42, 44, 46, 54, 69, 70, 82),
    (41, 43, 45, 47, 48, 50, 64, 63, 61, 60),
    (49, 57, 55, 52),
    (51, 59, 53, 81),
    (75, 76, 37, 56),
)
"""Which drums stand in for each other where a kit lacks one."""


def hit(kit: Kit, key: int, velocity: int) -> Sound:
    """One stroke, as loud as the kit has it at full velocity; a softer one is duller."""
    return _hit(kit, _present(kit, key), max(1, round(velocity / 12)) * 12)


@lru_cache(maxsize=512)
def _hit(kit: Kit, key: int, velocity: int) -> Sound:
    sound = _fitted(kit.table, key, velocity) if kit.table else _machine(MACHINE[key])
    if kit.dull_hz:
        sound = _dulled(sound, kit.dull_hz)
    if kit.drive:
        top = float(np.abs(sound).max()) or 1.0
        sound = np.tanh(sound / top * kit.drive) * np.float32(top / np.tanh(kit.drive))
    return sound.astype(np.float32)


def _present(kit: Kit, key: int) -> int:
    """The key itself, or its nearest relation that the kit has."""
    known = fitted.drums(kit.table) if kit.table else tuple(MACHINE)
    if key in known:
        return key
    for family in RELATIONS:
        if key in family:
            return next(each for each in family if each in known)
    return min(known, key=lambda each: abs(each - key))


def _fitted(table: str, key: int, velocity: int) -> Sound:
    tone = fitted.drum(table, key)
    # A soft stroke excites the high frequencies less.
    softness = max(0.0, 1 - velocity / 100)
    bands = np.linspace(0, 1, BANDS.size - 1)
    high = np.clip(np.log2(np.maximum(tone.ratios, 100) / 100) / 7, 0, 1)
    tone = replace(
        tone,
        noise=tone.noise * (10 ** (-0.7 * softness * bands))[:, None].astype(np.float32),
        partials=tone.partials * (10 ** (-0.7 * softness * high))[:, None].astype(np.float32),
        onset=tone.onset * np.float32(1 - 0.4 * softness),
    )
    sound = synthesise(tone, tone.onset_hz, round(_length_s(tone.noise) * SAMPLE_RATE), key)
    sound[-2000:] *= np.linspace(1, 0, min(2000, sound.size), dtype=np.float32)
    return sound


def _length_s(noise: Sound) -> float:
    return 3.0 if noise.shape[1] > 66 else 1.2


def _machine(plan: Hit) -> Sound:
    longest = max([each.decay_s for each in (*plan.swept, *plan.hiss)])
    count = round(min(7 * longest + 0.05, 3.0) * SAMPLE_RATE)
    seconds = np.arange(count) / SAMPLE_RATE
    sound = np.zeros(count)
    for swept in plan.swept:
        sound += _sine(swept, seconds)
    for index, hiss in enumerate(plan.hiss):
        sound += _hiss(hiss, seconds, index)
    sound[-500:] *= np.linspace(1, 0, 500)
    return (0.5 * plan.level * sound).astype(np.float32)


def _sine(swept: Swept, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    hz = swept.to_hz + (swept.from_hz - swept.to_hz) * np.exp(-seconds / swept.fall_s)
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    return swept.level * np.sin(phase) * np.exp(-seconds / swept.decay_s)


def _hiss(hiss: Hiss, seconds: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    envelope = np.exp(-seconds / hiss.decay_s)
    if hiss.bursts:
        late = hiss.bursts[-1]
        envelope = np.where(seconds >= late, np.exp(-(seconds - late) / hiss.decay_s), 0)
        for begin in (0.0, *hiss.bursts[:-1]):
            after = seconds - begin
            envelope += np.where((after >= 0) & (after < 0.01), np.exp(-after / 0.004), 0)
    noise = (
        _metal_wave(seconds)
        if hiss.is_metal
        else np.random.default_rng(seed).standard_normal(seconds.size)
    )
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(noise.size, 1 / SAMPLE_RATE)
    gain = 1 / (1 + (hiss.low_hz / np.maximum(hz, 1)) ** 6) / (1 + (hz / hiss.high_hz) ** 6)
    filtered = np.fft.irfft(spectrum * gain, noise.size)
    return hiss.level * envelope * filtered / max(float(filtered.std()), 1e-9) * 0.5


def _metal_wave(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    tuned = (205.3, 304.4, 369.6, 522.7, 800.0, 1053.4)
    return np.sum([np.sign(np.sin(2 * np.pi * 8.1 * hz * seconds)) for hz in tuned], axis=0)


def _dulled(sound: Sound, above_hz: float) -> Sound:
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum / (1 + (hz / above_hz) ** 4), sound.size).astype(np.float32)
