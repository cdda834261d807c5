"""The sounds of English and Mandarin: formants, noise, nasal zeros, lengths.

Values are those of an adult male tract in a clear singing style; a voice scales them. English
sounds have their ARPAbet names, Mandarin ones the letters of pinyin in lower case. Knows nothing
about notes, voices or samples.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["vowel", "glide", "liquid", "nasal", "fricative", "stop", "affricate", "aspirate"]

NEUTRAL_ZERO_HZ = 1000.0
"""Where the nasal pole stands, and where the zero lies upon it, so that both vanish."""


@dataclass(frozen=True)
class Phone:
    """One sound."""

    name: str
    kind: Kind
    formants: tuple[float, float, float]
    """F1 to F3 in Hz."""

    seconds: float
    """Typical length in singing; of vowels, in speech."""

    glide: tuple[float, float, float] | None = None
    """Where the formants of a diphthong end."""

    voicing: float = 1.0
    """Strength of the glottal pulses, 0 to 1; of a stop, while it is closed."""

    blend: float = 0.0
    """How far the formants lean towards the vowel beside it, 0 to 1."""

    noise: str = ""
    """A key of NOISES."""

    noise_gain: float = 0.0
    breath: float = 0.0
    """Of stops: seconds of aspiration after the burst; of others: strength of aspiration."""

    zero: float = NEUTRAL_ZERO_HZ
    """The nasal zero in Hz."""

    @property
    def is_vowel(self) -> bool:
        return self.kind == "vowel"


NOISES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "s": ((7600, 1900, 0), (5200, 1200, -7), (11500, 3000, -9)),
    "sh": ((3000, 700, 0), (5000, 1600, -6), (8000, 2500, -16)),
    "sh_zh": ((2700, 650, 0), (4600, 1400, -8), (8000, 2500, -18)),
    "x": ((4700, 1100, -1), (7200, 1800, 0), (10500, 2500, -9)),
    "f": ((1500, 1200, -6), (5000, 4000, -3), (9500, 4000, 0)),
    "th": ((1600, 900, -10), (6200, 2400, 0), (9500, 3500, -4)),
    "h_zh": ((1300, 500, 0), (2600, 900, -8), (4200, 1500, -16)),
    "p": ((700, 600, 0), (2200, 1500, -6), (6000, 4000, -14)),
    "t": ((4300, 1500, 0), (7200, 2500, -2), (2200, 800, -12)),
    "k_front": ((2700, 500, 0), (4300, 1200, -8), (7000, 2500, -16)),
    "k_back": ((1350, 350, 0), (3600, 1000, -10), (6500, 2500, -18)),
    "breath": ((1100, 700, 0), (2700, 900, -4), (5200, 2500, -10), (9500, 3500, -18)),
}
"""Spectra of friction: bells of (centre Hz, width Hz, dB)."""


def _vowels() -> list[Phone]:
    rows = {
        "IY": ((300, 2250, 2950), None, 0.12),
        "IH": ((410, 1980, 2560), None, 0.08),
        "EY": ((500, 1880, 2550), (330, 2200, 2800), 0.13),
        "EH": ((580, 1790, 2490), None, 0.10),
        "AE": ((690, 1660, 2420), None, 0.13),
        "AA": ((740, 1120, 2480), None, 0.13),
        "AO": ((590, 880, 2480), None, 0.13),
        "OW": ((510, 900, 2420), (370, 780, 2350), 0.13),
        "UH": ((440, 1050, 2300), None, 0.08),
        "UW": ((330, 900, 2250), None, 0.12),
        "AH": ((640, 1220, 2450), None, 0.09),
        "AX": ((520, 1400, 2480), None, 0.06),
        "ER": ((470, 1320, 1680), None, 0.12),
        "AY": ((740, 1200, 2480), (400, 2000, 2650), 0.15),
        "AW": ((740, 1250, 2480), (420, 900, 2350), 0.15),
        "OY": ((540, 880, 2420), (400, 1980, 2600), 0.15),
        "a": ((790, 1260, 2600), None, 0.14),
        "o": ((520, 860, 2500), None, 0.13),
        "e": ((480, 1120, 2480), None, 0.13),
        "eh": ((540, 1850, 2550), None, 0.12),
        "en_e": ((520, 1430, 2520), None, 0.10),
        "i": ((290, 2300, 3050), None, 0.13),
        "u": ((340, 720, 2350), None, 0.13),
        "v": ((290, 2020, 2380), None, 0.13),
        "ii": ((370, 1420, 2700), None, 0.12),
        "iii": ((380, 1650, 2250), None, 0.12),
        "er": ((600, 1380, 1800), (480, 1400, 1680), 0.14),
        "ai": ((780, 1330, 2580), (400, 2030, 2650), 0.15),
        "ei": ((500, 1850, 2550), (330, 2200, 2800), 0.14),
        "ao": ((760, 1180, 2560), (460, 820, 2420), 0.15),
        "ou": ((520, 900, 2450), (370, 760, 2350), 0.14),
        "an_a": ((740, 1450, 2550), None, 0.12),
        "ang_a": ((740, 1120, 2550), None, 0.12),
        "ian_a": ((590, 1820, 2560), None, 0.12),
    }
    return [Phone(name, "vowel", f, s, glide=g) for name, (f, g, s) in rows.items()]


def _sonorants() -> list[Phone]:
    return [
        Phone("W", "glide", (310, 640, 2250), 0.070, voicing=0.75, blend=0.1),
        Phone("Y", "glide", (280, 2200, 2950), 0.065, voicing=0.75, blend=0.1),
        Phone("yu", "glide", (280, 1980, 2350), 0.065, voicing=0.75, blend=0.1),
        Phone("R", "liquid", (340, 1080, 1520), 0.075, voicing=0.75, blend=0.15),
        Phone("L", "liquid", (360, 1150, 2750), 0.070, voicing=0.65, blend=0.2),
        Phone("M", "nasal", (260, 1250, 2200), 0.080, voicing=0.6, blend=0.2, zero=700),
        Phone("N", "nasal", (270, 1550, 2500), 0.075, voicing=0.6, blend=0.25, zero=1550),
        Phone("NG", "nasal", (280, 1750, 2350), 0.085, voicing=0.6, blend=0.45, zero=2600),
    ]


def _fricatives() -> list[Phone]:
    lip, tip, blade = (320, 1050, 2300), (310, 1650, 2600), (300, 1850, 2550)
    curl, palate = (320, 1600, 2150), (280, 2150, 3000)

    def make(name: str, at: tuple, gain: float, noise: str, seconds: float, voice: float = 0.0):
        return Phone(
            name,
            "fricative",
            at,
            seconds,
            voicing=voice,
            blend=0.35,
            noise=noise,
            noise_gain=gain,
        )

    return [
        make("F", lip, 0.10, "f", 0.095),
        make("V", lip, 0.035, "f", 0.065, 0.42),
        make("TH", tip, 0.085, "th", 0.09),
        make("DH", tip, 0.025, "th", 0.055, 0.45),
        make("S", tip, 0.30, "s", 0.11),
        make("Z", tip, 0.13, "s", 0.085, 0.36),
        make("SH", blade, 0.28, "sh", 0.11),
        make("ZH", blade, 0.12, "sh", 0.08, 0.38),
        make("sh", curl, 0.27, "sh_zh", 0.11),
        make("r", curl, 0.03, "sh_zh", 0.075, 0.6),
        make("x", palate, 0.26, "x", 0.11),
        make("h", (500, 1300, 2450), 0.10, "h_zh", 0.09),
        Phone("HH", "aspirate", (500, 1400, 2500), 0.075, voicing=0.0, blend=1.0, breath=0.5),
    ]


def _stops() -> list[Phone]:
    lip, tip, back = (240, 850, 2200), (240, 1720, 2650), (240, 1650, 2150)
    blade, curl, palate = (260, 1850, 2550), (260, 1600, 2150), (250, 2150, 3000)

    def make(name: str, at: tuple, noise: str, seconds: float, breath: float, **more):
        kind: Kind = more.pop("kind", "stop")
        return Phone(name, kind, at, seconds, noise=noise, breath=breath, blend=0.35, **more)

    def plosive(name: str, at: tuple, noise: str, gain: float, breath: float, voice: float):
        return make(name, at, noise, 0.06 + breath, breath, voicing=voice, noise_gain=gain)

    def affricate(name: str, at: tuple, noise: str, seconds: float, breath: float, voice: float):
        kind: Kind = "affricate"
        return make(name, at, noise, seconds, breath, kind=kind, voicing=voice, noise_gain=0.26)

    return [
        plosive("P", lip, "p", 0.20, 0.040, 0.0),
        plosive("B", lip, "p", 0.14, 0.005, 0.16),
        plosive("T", tip, "t", 0.30, 0.040, 0.0),
        plosive("D", tip, "t", 0.18, 0.008, 0.16),
        plosive("K", back, "k", 0.34, 0.045, 0.0),
        plosive("G", back, "k", 0.22, 0.010, 0.16),
        plosive("b", lip, "p", 0.16, 0.008, 0.0),
        plosive("d", tip, "t", 0.20, 0.010, 0.0),
        plosive("g", back, "k", 0.24, 0.015, 0.0),
        affricate("CH", blade, "sh", 0.125, 0.015, 0.0),
        affricate("JH", blade, "sh", 0.085, 0.0, 0.12),
        affricate("z", tip, "s", 0.085, 0.0, 0.0),
        affricate("c", tip, "s", 0.13, 0.03, 0.0),
        affricate("zh", curl, "sh_zh", 0.08, 0.0, 0.0),
        affricate("ch", curl, "sh_zh", 0.13, 0.03, 0.0),
        affricate("j", palate, "x", 0.08, 0.0, 0.0),
        affricate("q", palate, "x", 0.13, 0.03, 0.0),
    ]


PHONES: dict[str, Phone] = {
    phone.name: phone for phone in [*_vowels(), *_sonorants(), *_fricatives(), *_stops()]
}
