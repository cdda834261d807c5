"""How pitches are written: key signatures, and which of two names a black key has.

Counts in fifths: 0 is C, 1 is G, -1 is F; seven fifths up is a sharp. Knows no file format.
"""

from dataclasses import dataclass

from studio.score import Chord, Mode, pitch_class

_LETTERS = "FCGDAEB"
# How many fifths a mode's signature lies from that of the major key on the same tonic.
_MODES: dict[Mode, int] = {
    "lydian": 1,
    "major": 0,
    "mixolydian": -1,
    "dorian": -2,
    "minor": -3,
    "phrygian": -4,
}


@dataclass(frozen=True)
class Signature:
    """`fifths`: sharps, or flats where negative, -6 to 6."""

    fifths: int
    is_minor: bool

    @property
    def name(self) -> str:
        """The major or minor key with this signature: "Bb", "F#m"."""
        letter, alter = _letter(self.fifths + (3 if self.is_minor else 0))
        return letter + ("#" if alter > 0 else "b") * abs(alter) + ("m" if self.is_minor else "")

    def alter(self, step: str) -> int:
        """1 where the signature has a sharp on a letter, -1 where it has a flat."""
        # From the lowest of its seven fifths up, each letter comes once.
        fifths = range(self.fifths - 1, self.fifths + 6)
        return next(alter for letter, alter in map(_letter, fifths) if letter == step)


@dataclass(frozen=True)
class Spelling:
    """A written pitch. `alter`: semitones, 1 is a sharp; `octave` 4 begins with middle C."""

    step: str
    alter: int
    octave: int = 4

    @property
    def name(self) -> str:
        """As typed: "Bb"."""
        return self.step + ("#" if self.alter > 0 else "b") * abs(self.alter)


def key_signature(key: str, mode: Mode) -> Signature:
    """The signature with the fewest signs; of six sharps or six flats what the key's name has."""
    fifths = (pitch_class(key) * 7 + _MODES[mode] + 5) % 12 - 5
    if fifths == 6 and key.endswith("b"):
        fifths = -6
    return Signature(fifths, mode in ("minor", "dorian", "phrygian"))


def spell(pitch: int, signature: Signature) -> Spelling:
    """How a MIDI pitch is written in a key."""
    lowest = signature.fifths - 3
    fifth = lowest + (pitch * 7 - lowest) % 12
    step, alter = _letter(fifth)
    # B sharp belongs to the octave below, C flat to the one above.
    return Spelling(step, alter, (pitch - alter) // 12 - 1)


def chord_symbol(chord: Chord, signature: Signature) -> str:
    """As lead sheets write it in a key: "Bb7/D", where `Chord.symbol` has "A#7/D"."""
    over = "" if chord.bass in (None, chord.root) else f"/{spell(chord.bass, signature).name}"
    return spell(chord.root, signature).name + chord_suffix(chord) + over


def chord_suffix(chord: Chord) -> str:
    """What stands behind the root: "m7"."""
    whole = Chord(0, 1, 0, chord.quality).symbol
    return whole.removeprefix("C")


def _letter(fifth: int) -> tuple[str, int]:
    """Letter and semitones of a place in the circle of fifths."""
    return _LETTERS[(fifth + 1) % 7], (fifth + 1) // 7
