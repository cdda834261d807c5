"""What each instrument can play: its range, its registers and the roles that suit it.

Pitches are MIDI numbers. Knows nothing of how an instrument sounds.
"""

from dataclasses import dataclass

from studio.errors import unknown
from studio.score import Role


@dataclass(frozen=True)
class Instrument:
    """Ranges as a writer of parts keeps to them, inside what the instrument can do."""

    name: str
    low: int
    high: int
    roles: tuple[Role, ...]
    """What it is best at, first; every one of them is possible."""

    voices: int = 4
    """How many notes at once at most: 1 for winds and leads."""

    def register(self, role: Role) -> tuple[int, int]:
        """The part of the range that a role uses."""
        low, high = REGISTERS[role]
        low, high = max(low, self.low), min(high, self.high)
        # A piccolo asked for the bass plays its lowest octave and a half, and so on.
        if high - low < 14:
            low = max(self.low, min(low, self.high - 17))
            high = min(self.high, max(high, low + 17))
        return low, high


REGISTERS: dict[Role, tuple[int, int]] = {
    "vocals": (48, 79),
    "melody": (57, 86),
    "chords": (48, 74),
    "bass": (26, 52),
    "texture": (52, 88),
    "drums": (0, 127),
}

_KEYS: tuple[Role, ...] = ("chords", "melody", "texture")
_SOLO: tuple[Role, ...] = ("melody", "texture")
_PADS: tuple[Role, ...] = ("texture", "chords")
_LOWS: tuple[Role, ...] = ("bass",)


def _all(*rows: tuple[str, int, int, tuple[Role, ...], int]) -> dict[str, Instrument]:
    return {row[0]: Instrument(*row) for row in rows}


INSTRUMENTS = _all(
    ("grand piano", 24, 103, _KEYS, 6),
    ("electric piano", 36, 96, _KEYS, 5),
    ("nylon guitar", 40, 83, ("chords", "texture", "melody"), 5),
    ("steel guitar", 40, 83, ("chords", "texture", "melody"), 5),
    ("jazz guitar", 40, 83, ("chords", "melody", "texture"), 5),
    ("clean guitar", 40, 86, ("chords", "texture", "melody"), 5),
    ("overdriven guitar", 40, 86, ("chords", "melody", "texture"), 3),
    ("upright bass", 28, 60, _LOWS, 1),
    ("finger bass", 28, 62, _LOWS, 1),
    ("synth bass", 24, 60, _LOWS, 1),
    ("sub bass", 24, 50, _LOWS, 1),
    ("violin", 55, 96, _SOLO, 1),
    ("viola", 48, 88, _SOLO, 1),
    ("cello", 36, 76, ("melody", "bass", "texture"), 1),
    ("strings", 36, 91, ("texture", "chords", "melody"), 5),
    ("pizzicato strings", 36, 91, ("texture", "chords", "melody"), 4),
    ("flute", 60, 96, _SOLO, 1),
    ("clarinet", 50, 91, _SOLO, 1),
    ("oboe", 58, 89, _SOLO, 1),
    ("sax", 49, 82, _SOLO, 1),
    ("trumpet", 54, 84, _SOLO, 1),
    ("trombone", 40, 72, _SOLO, 1),
    ("french horn", 41, 77, _SOLO, 1),
    ("brass", 41, 82, ("texture", "chords", "melody"), 4),
    ("organ", 36, 96, ("chords", "texture", "melody"), 5),
    ("church organ", 36, 96, ("chords", "texture", "melody"), 5),
    ("accordion", 53, 89, ("chords", "melody", "texture"), 4),
    ("music box", 60, 96, ("melody", "texture", "chords"), 3),
    ("celesta", 60, 100, ("melody", "texture", "chords"), 3),
    ("kalimba", 53, 88, ("melody", "texture", "chords"), 3),
    ("bell", 60, 96, ("texture", "melody", "chords"), 3),
    ("vibraphone", 53, 89, ("melody", "texture", "chords"), 4),
    ("marimba", 45, 96, ("texture", "melody", "chords"), 4),
    ("harp", 36, 96, ("texture", "chords", "melody"), 5),
    ("choir", 43, 81, _PADS, 4),
    ("warm pad", 36, 88, _PADS, 5),
    ("polysynth", 36, 96, ("chords", "texture", "melody"), 5),
    ("synth lead", 48, 93, _SOLO, 1),
    ("pluck", 48, 93, ("texture", "melody", "chords"), 4),
    ("harpsichord", 36, 89, _KEYS, 5),
    ("clavinet", 36, 89, _KEYS, 4),
    ("koto", 48, 90, ("chords", "texture", "melody"), 4),
    ("banjo", 48, 86, ("chords", "texture", "melody"), 4),
    ("glockenspiel", 67, 101, ("melody", "texture", "chords"), 3),
    ("steel drums", 52, 88, ("melody", "texture", "chords"), 3),
    ("fretless bass", 28, 62, _LOWS, 1),
    ("slap bass", 28, 62, _LOWS, 1),
    ("bamboo flute", 60, 93, _SOLO, 1),
    ("pan flute", 60, 93, _SOLO, 1),
    ("harmonica", 60, 91, _SOLO, 2),
    ("bassoon", 34, 72, ("melody", "bass", "texture"), 1),
    ("muted trumpet", 54, 84, _SOLO, 1),
    ("chip square", 45, 96, ("melody", "texture", "chords"), 3),
    ("chip triangle", 28, 84, ("bass", "melody", "texture"), 1),
)
KITS = ("acoustic kit", "electronic kit", "jazz kit", "brush kit", "lo-fi kit")


def instrument(name: str) -> Instrument:
    """The entry of a pitched instrument.

    Raises:
        UnknownName: there is none of this name; the message says the nearest.
    """
    if name not in INSTRUMENTS:
        raise unknown("instrument", name, (*INSTRUMENTS, *KITS))
    return INSTRUMENTS[name]
