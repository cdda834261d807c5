"""A genre as data: its tempo, modes, progressions, instruments, grooves and how sections are cast.

Holds values only; what reads them is form.py, compose.py and accompany.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.pocket.music.genres.patterns import Groove, Metre
from studio.errors import PipelineError
from studio.score import Mode, Role

FormName = Literal["song", "club", "aaba", "strains", "drift", "period"]

LETTERS: dict[str, Role] = {
    "m": "melody", "c": "chords", "b": "bass", "d": "drums", "t": "texture"
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """Who plays in a section, and how hard: energy 1 (hushed) to 4 (full)."""

    energy: int
    roles: frozenset[Role]


def cast(text: str) -> Cast:
    """Reads "3 mcbd": an energy and the letters of roles."""
    energy, letters = text.split()
    return Cast(int(energy), frozenset(LETTERS[letter] for letter in letters))


def casts(**texts: str) -> dict[str, Cast]:
    return {name: cast(text) for name, text in texts.items()}


SONG_CASTS = casts(
    intro="1 ct", verse="2 mcbd", prechorus="3 mcbd", chorus="4 mcbdt", bridge="2 mcbt",
    solo="3 mcbd", interlude="2 cbdt", build="3 cbdt", drop="4 mcbdt", breakdown="1 mct",
    outro="1 mct",
)  # fmt: skip
"""The casting of sections that a genre does not cast itself."""


@dataclass(frozen=True)
class Swing:
    """Where the second of two equal notes falls: `ratio` 0.5 is straight, 0.667 a triplet."""

    ratio: float = 0.5
    unit_beats: float = 0.5
    """The length of the swung note: 0.5 eighths, 0.25 sixteenths."""


@dataclass(frozen=True)
class Grooves:
    """The figures of each role, in any metre; a role picks by energy."""

    bass: tuple[Groove, ...]
    chords: tuple[Groove, ...]
    texture: tuple[Groove, ...]
    drums: tuple[Groove, ...] = ()


@dataclass(frozen=True)
class Genre:
    name: str
    also: tuple[str, ...]
    """Other names, Chinese ones too, in lower case."""

    about: str
    tempo: tuple[float, float, float]
    """Lowest, usual and highest, in beats a minute."""

    modes: tuple[Mode, ...]
    """The usual first."""

    instruments: Mapping[Role, tuple[str, ...]]
    """For each role those to choose from, the usual first."""

    grooves: Grooves
    progressions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By mode: Roman numerals, a chord a bar, a comma splitting the bar. Where the harmony is the
    model's own these only bias it; a mode without an entry takes PROGRESSIONS."""

    metres: tuple[Metre, ...] = ((4, 4), (3, 4), (6, 8))
    casts: Mapping[str, Cast] = field(default_factory=dict)
    form: FormName = "song"
    harmony: Literal["ours", "model"] = "ours"
    swing: Swing = Swing()
    bends_scale: bool = False
    """Chromatic chords and notes belong to it: nothing is pulled into the scale."""

    colour: float = 0.9
    """How often a piece whose genre keeps to its scale has tunes that leave it in passing."""

    rhythms: tuple[str, ...] = ()
    """Onsets of instrumental melodies over two bars of 4/4 (x note, - held, . rest); without any
    the model finds the rhythm as well."""

    phrase_bars: int = 4
    """After how many bars a melody takes its beginning up again."""

    is_pentatonic: bool = False
    """Melodies keep to the five tones without half-steps."""

    written: frozenset[Role] = frozenset()
    """Roles ("bass", "chords") that the model writes instead of grooves: genres of whose real
    scores it saw enough."""

    gate: float = 1.0
    """The sounding share of a chord's notated length: short in funk, whole in pads."""

    def __post_init__(self) -> None:
        low, usual, high = self.tempo
        if not low <= usual <= high:
            raise PipelineError(f"{self.name}: tempo from low over usual to high, got {self.tempo}")

    def cast_of(self, section: str) -> Cast:
        return self.casts.get(section) or SONG_CASTS[section]

    def progressions_in(self, mode: Mode) -> tuple[str, ...]:
        return self.progressions.get(mode) or PROGRESSIONS[mode]


PROGRESSIONS: dict[Mode, tuple[str, ...]] = {
    "major": ("I V vi IV", "I IV V I", "I vi IV V", "I IV ii V"),
    "minor": ("i VI III VII", "i iv VII III", "i VII VI VII", "i iv v i"),
    "dorian": ("i IV i IV", "i VII IV i", "i ii III IV", "i IV VII i"),
    "mixolydian": ("I VII IV I", "I v IV I", "I IV VII IV", "I VII I VII"),
    "lydian": ("I II I II", "I II vi V", "I iii II I", "I V II vi"),
    "phrygian": ("i II i II", "i II III II", "i vii II i", "i II vii i"),
}
