"""A written piece of music: notes, chords, sections and sung syllables, in beats.

A value that composers hand to players, singers, engravers and exporters. Knows nothing about sound,
files or models. A beat is a quarter note in every metre, so 6/8 has three beats a bar; positions
count from the beginning of the piece. Tempo is constant: seconds = beats · 60 / tempo_bpm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from studio.errors import PipelineError

Role = Literal["vocals", "melody", "chords", "bass", "drums", "texture"]
Mode = Literal["major", "minor", "dorian", "mixolydian", "lydian", "phrygian"]

NARRATION = "narration"
"""The name of the part whose words are spoken."""

SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
"""Semitones above the tonic."""

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLATS = {"Db": 1, "Eb": 3, "Fb": 4, "Gb": 6, "Ab": 8, "Bb": 10, "Cb": 11, "E#": 5, "B#": 0}

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "min9": (0, 3, 7, 10, 14),
    "5": (0, 7),
}
"""Semitones above the root."""


def pitch_class(name: str) -> int:
    """0 to 11 of a note name such as "C", "F#" or "Bb".

    Raises:
        PipelineError: no such note.
    """
    if name in NOTE_NAMES:
        return NOTE_NAMES.index(name)
    if name in _FLATS:
        return _FLATS[name]
    raise PipelineError(f"no key {name!r}; there is C, C#, Db, D … B")


@dataclass(frozen=True)
class Note:
    """One note. `pitch` is a MIDI number (60 is middle C; of drums, the General MIDI drum).

    `syllable`: what is sung on it; "-" holds the syllable before it (a melisma).
    """

    start_beats: float
    length_beats: float
    pitch: int
    velocity: int = 80
    """1 to 127."""

    syllable: str = ""

    def __post_init__(self) -> None:
        if self.length_beats <= 0 or self.start_beats < 0:
            raise PipelineError(f"a note needs a length and a place in the piece, got {self}")
        if not (0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            raise PipelineError(f"pitch 0–127 and velocity 1–127, got {self}")

    @property
    def end_beats(self) -> float:
        return self.start_beats + self.length_beats


@dataclass(frozen=True)
class Part:
    """What one instrument or voice plays, its notes in order of their start."""

    name: str
    """Unique within a score; names the stem."""

    role: Role
    instrument: str
    """A name that the players know ("electric piano"), or the voice's description."""

    notes: tuple[Note, ...]

    @property
    def is_drums(self) -> bool:
        return self.role == "drums"

    @property
    def is_spoken(self) -> bool:
        """Whether its words are said, not sung: its notes tell when, and mean no tune."""
        return self.role == "vocals" and self.name == NARRATION


@dataclass(frozen=True)
class Chord:
    """A harmony. `root` and `bass` are pitch classes, `quality` a key of QUALITIES."""

    start_beats: float
    length_beats: float
    root: int
    quality: str
    bass: int | None = None

    def __post_init__(self) -> None:
        if self.quality not in QUALITIES:
            raise PipelineError(
                f"no chord quality {self.quality!r}; there is {', '.join(QUALITIES)}"
            )

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        return tuple((self.root + step) % 12 for step in QUALITIES[self.quality])

    @property
    def symbol(self) -> str:
        """As lead sheets write it: "Am7", "F/C"."""
        quality = self.quality.replace("maj", "" if self.quality == "maj" else "maj")
        quality = quality.replace("min", "m")
        over = "" if self.bass in (None, self.root) else f"/{NOTE_NAMES[self.bass]}"
        return NOTE_NAMES[self.root] + quality + over


@dataclass(frozen=True)
class Section:
    """A part of the form: "intro", "verse", "chorus", "bridge", "outro" …"""

    name: str
    start_beats: float
    length_beats: float


@dataclass(frozen=True)
class Score:
    """A whole piece."""

    tempo_bpm: float
    metre: tuple[int, int]
    """Beats a bar and their unit, such as (6, 8)."""

    key: str
    """The tonic's name."""

    mode: Mode
    parts: tuple[Part, ...]
    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    length_beats: float
    """Where the last bar ends; notes may ring beyond."""

    title: str = ""
    genre: str = ""
    take: int = 0
    """What the players' small freedoms are drawn from: the same take is played the same way."""

    is_loop: bool = False
    """The end leads into the beginning."""

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        if len(set(names)) != len(names):
            raise PipelineError(f"parts need different names, got {', '.join(names)}")
        if self.tempo_bpm <= 0 or self.length_beats <= 0:
            raise PipelineError(f"no piece of {self.length_beats} beats at {self.tempo_bpm} bpm")

    @property
    def beats_a_bar(self) -> float:
        """Quarter notes in a bar."""
        return self.metre[0] * 4 / self.metre[1]

    @cached_property
    def scale(self) -> frozenset[int]:
        """The pitch classes of key and mode."""
        tonic = pitch_class(self.key)
        return frozenset((tonic + step) % 12 for step in SCALES[self.mode])

    def seconds(self, beats: float) -> float:
        """When a beat comes, in seconds from the beginning."""
        return beats * 60 / self.tempo_bpm

    @property
    def duration_s(self) -> float:
        return self.seconds(self.length_beats)

    def part(self, role: Role) -> Part | None:
        """The first part in a role."""
        return next((part for part in self.parts if part.role == role), None)

    def sung(self) -> Iterator[Note]:
        """The notes that carry syllables, held ones included, in order."""
        for part in self.parts:
            yield from (note for note in part.notes if note.syllable)
