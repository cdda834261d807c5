"""The instruments and drum kits by name: where their tones come from and how they are played.

Knows names and playing styles; the sound itself is in `fitted`, `synths` and `drums`.
"""

from dataclasses import dataclass

from pipelines.pocket.sound.names import ALIASES
from pipelines.pocket.sound.synths import Patch
from studio.errors import unknown


@dataclass(frozen=True)
class Instrument:
    """A pitched instrument. Its tones are fitted ones by `table`, or a synthesizer's `patch`."""

    table: str = ""
    patch: Patch | None = None
    is_sustained: bool = False
    vibrato_cents: float = 0.0
    """Half the width of its vibrato, which sets in after `vibrato_after_s`."""

    vibrato_hz: float = 5.4
    vibrato_after_s: float = 0.25
    voices: int = 1
    """How many play in unison, and how far apart."""

    detune_cents: float = 0.0
    release_s: float | None = None
    """Instead of the fitted one; by 60 dB down."""

    glide_s: float = 0.0
    """From the note before, where notes touch."""

    touch: float = 0.8
    """How much darker softer notes are, 0 to 1; of fitted tones."""

    spread: float = 0.0
    """How far low keys sit left and high keys right."""


@dataclass(frozen=True)
class Kit:
    """Drums. `table`: fitted ones; without one they are synthesised."""

    table: str = ""
    dull_hz: float = 0.0
    """Nothing above it, as from an old sampler."""

    drive: float = 0.0


def _bowed(table: str, cents: float = 9.0) -> Instrument:
    return Instrument(table, is_sustained=True, vibrato_cents=cents, vibrato_hz=5.6, release_s=0.28)


def _blown(table: str, cents: float, release_s: float = 0.16) -> Instrument:
    return Instrument(
        table, is_sustained=True, vibrato_cents=cents, vibrato_hz=5.1, release_s=release_s
    )


def _struck(table: str, spread: float = 0.0) -> Instrument:
    return Instrument(table, spread=spread)


_PAD = Patch("saw", 2.5, 250, sweep=0.7, sweep_s=1.2, attack_s=0.22)
_LEAD = Patch("saw", 5, 900, sweep=1.0, sweep_s=0.25, attack_s=0.006, resonance=1.4)

INSTRUMENTS: dict[str, Instrument] = {
    "grand piano": _struck("piano", spread=0.25),
    "electric piano": Instrument("electric piano", spread=0.2),
    "celesta": _struck("celesta", 0.2),
    "music box": _struck("music box", 0.2),
    "vibraphone": _struck("vibraphone", 0.3),
    "marimba": _struck("marimba", 0.3),
    "kalimba": _struck("kalimba", 0.2),
    "organ": Instrument(
        "organ", touch=0.0, is_sustained=True, voices=2, detune_cents=3, release_s=0.12
    ),
    "church organ": Instrument("church organ", touch=0.0, is_sustained=True, release_s=0.5),
    "accordion": Instrument("accordion", touch=0.3, is_sustained=True, release_s=0.12),
    "nylon guitar": Instrument("nylon guitar", release_s=0.45),
    "steel guitar": Instrument("steel guitar", release_s=0.45),
    "jazz guitar": Instrument("jazz guitar", release_s=0.45),
    "clean guitar": Instrument("clean guitar", release_s=0.45),
    "overdriven guitar": Instrument(
        "overdriven guitar", is_sustained=True, vibrato_cents=5, vibrato_after_s=0.6, release_s=0.2
    ),
    "upright bass": Instrument("upright bass"),
    "finger bass": Instrument("finger bass"),
    "synth bass": Instrument(
        patch=Patch(
            "saw",
            2.0,
            220,
            sweep=2.2,
            sweep_s=0.16,
            resonance=1.6,
            decay_s=0.9,
            sustain=0.45,
            sub=0.5,
        ),
        is_sustained=True,
        release_s=0.1,
    ),
    "sub bass": Instrument(
        patch=Patch("saw", 1.2, 70, sweep=1.0, sweep_s=0.08, decay_s=2.5, sustain=0.5),
        is_sustained=True,
        release_s=0.14,
    ),
    "violin": _bowed("violin", 11),
    "viola": _bowed("viola", 10),
    "cello": Instrument("cello", is_sustained=True, vibrato_cents=9, vibrato_hz=5.3, release_s=0.3),
    "pizzicato strings": _struck("pizzicato strings", 0.2),
    "strings": Instrument(
        "strings", is_sustained=True, voices=3, detune_cents=7, release_s=0.55, spread=0.3
    ),
    "harp": _struck("harp", 0.35),
    "choir": Instrument(
        "choir", is_sustained=True, voices=3, detune_cents=8, release_s=0.6, spread=0.2
    ),
    "flute": _blown("flute", 7),
    "clarinet": _blown("clarinet", 2),
    "oboe": _blown("oboe", 6),
    "sax": _blown("saxophone", 7),
    "trumpet": _blown("trumpet", 5),
    "trombone": _blown("trombone", 4),
    "french horn": _blown("french horn", 2, 0.3),
    "brass": Instrument(
        "brass section", is_sustained=True, voices=2, detune_cents=5, release_s=0.25
    ),
    "harpsichord": Instrument("harpsichord", touch=0.1, release_s=0.25),
    "clavinet": Instrument("clavinet", release_s=0.12),
    "glockenspiel": _struck("glockenspiel", 0.2),
    "harmonica": _blown("harmonica", 4),
    "fretless bass": Instrument("fretless bass"),
    "slap bass": Instrument("slap bass"),
    "muted trumpet": _blown("muted trumpet", 5),
    "bassoon": Instrument(
        "bassoon", is_sustained=True, vibrato_cents=4, vibrato_hz=5.0, release_s=0.18
    ),
    "pan flute": _blown("pan flute", 6),
    "bamboo flute": _blown("bamboo flute", 8),
    "banjo": Instrument("banjo", release_s=0.35),
    "koto": Instrument("koto", release_s=1.4, spread=0.2),
    "steel drums": _struck("steel drums", 0.2),
    "warm pad": Instrument(
        patch=_PAD, is_sustained=True, voices=3, detune_cents=9, release_s=1.2, spread=0.25
    ),
    "polysynth": Instrument(
        patch=Patch("saw", 4, 500, sweep=1.3, sweep_s=0.3, attack_s=0.008),
        is_sustained=True,
        voices=3,
        detune_cents=11,
        release_s=0.35,
        spread=0.25,
    ),
    "synth lead": Instrument(
        patch=_LEAD,
        is_sustained=True,
        vibrato_cents=8,
        vibrato_after_s=0.35,
        voices=2,
        detune_cents=6,
        release_s=0.2,
        glide_s=0.045,
    ),
    "pluck": Instrument(
        patch=Patch(
            "saw",
            2.5,
            300,
            sweep=2.6,
            sweep_s=0.07,
            resonance=1.2,
            decay_s=0.32,
            is_sustained=False,
        ),
        voices=2,
        detune_cents=7,
        release_s=0.3,
        spread=0.3,
    ),
    "bell": Instrument(
        patch=Patch("bell", 20, decay_s=1.1, is_sustained=False), release_s=1.0, spread=0.3
    ),
    "chip square": Instrument(
        patch=Patch("pulse", 40, attack_s=0.001, decay_s=0.7, sustain=0.6),
        is_sustained=True,
        release_s=0.03,
    ),
    "chip triangle": Instrument(
        patch=Patch("triangle", 40, attack_s=0.001), is_sustained=True, release_s=0.03
    ),
}
"""Every pitched instrument."""

KITS: dict[str, Kit] = {
    "acoustic kit": Kit("acoustic"),
    "jazz kit": Kit("jazz"),
    "brush kit": Kit("brush"),
    "electronic kit": Kit(),
    "lo-fi kit": Kit("acoustic", dull_hz=6500, drive=1.6),
}


def instrument(name: str) -> Instrument:
    """A pitched instrument.

    Raises:
        UnknownName: there is none of this name; the message says the nearest.
    """
    found = INSTRUMENTS.get(ALIASES.get(name.lower(), name.lower()))
    if found is None:
        raise unknown("instrument", name, {*INSTRUMENTS, *ALIASES})
    return found


def kit(name: str) -> Kit:
    """A drum kit.

    Raises:
        UnknownName: there is none of this name; the message says the nearest.
    """
    found = KITS.get(ALIASES.get(name.lower(), name.lower()))
    if found is None:
        raise unknown("drum kit", name, KITS)
    return found
