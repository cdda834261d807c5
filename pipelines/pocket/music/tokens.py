"""The grid that the music model reads and writes: five streams of small numbers, and their meaning.

A grid covers whole bars, cut into 16ths: 16 steps a bar in 4/4, 12 in 3/4 and 6/8. Melody, bass and
drums have a token each 16th, chords and texture each 8th. Every grid is on the white keys, in C
major or A minor; `theory.white_shift` says how far to move other keys.

In every stream 0 to 3 mean the same: MASK (free: the model fills it), HOLD (what sounds goes on),
REST (silence, of chords: none) and ONSET (something begins here, the model says what). Whatever
else stands there is kept as it is: a melody to accompany, a rhythm of ONSET, HOLD and REST that
lyrics ask for, the bars before and after.

Pure functions and values. Knows nothing about networks, genres or sound.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.errors import PipelineError
from studio.score import QUALITIES, Chord, Note

Stream = Literal["melody", "chord", "bass", "texture", "drums"]
Tokens = NDArray[np.uint8]

MASK, HOLD, REST, ONSET, FIRST = 0, 1, 2, 3, 4
"""`FIRST` is the first token of a stream's own meaning."""

STEPS_A_BAR: dict[tuple[int, int], int] = {(4, 4): 16, (3, 4): 12, (6, 8): 12}
STEP_BEATS = 0.25
BARS = 8
"""The model's window. A grid may be shorter, never longer."""

MELODY_LOW, MELODY_HIGH = 48, 88
BASS_LOW, BASS_HIGH = 24, 60
CHORD_QUALITIES = (
    "maj", "min", "dim", "aug", "sus2", "sus4", "7", "maj7", "min7", "m7b5", "dim7", "6",
)  # fmt: skip
THICKNESS = 3
"""Of a texture: one note at a time, two or three, four and more."""

REGISTERS = 3
"""Of a texture: its lowest note below G3 (MIDI 55), below G4 (67), or above."""

REGISTER_STARTS = (0, 55, 67)
DRUMS = ("kick", "snare", "hat", "cymbal", "other")
"""One bit each; "cymbal" is open hat, ride and crash, "other" toms and hand percussion."""

SIZES: dict[Stream, int] = {
    "melody": FIRST + MELODY_HIGH - MELODY_LOW + 1,
    "chord": FIRST + 12 * len(CHORD_QUALITIES),
    "bass": FIRST + BASS_HIGH - BASS_LOW + 1,
    "texture": FIRST + 3 * THICKNESS * REGISTERS,
    "drums": FIRST + 2 ** len(DRUMS),
}
"""How many tokens each stream has."""

STRIDES: dict[Stream, int] = {"melody": 1, "chord": 2, "bass": 1, "texture": 2, "drums": 1}
"""16ths a token."""

STREAMS: tuple[Stream, ...] = tuple(SIZES)
_SIMPLER = {"9": "7", "maj9": "maj7", "min9": "min7", "min6": "min", "5": "maj"}


@dataclass(frozen=True)
class Grid:
    """Some bars of music. Each stream is uint8 (steps / stride,)."""

    metre: tuple[int, int]
    melody: Tokens
    chord: Tokens
    bass: Tokens
    texture: Tokens
    drums: Tokens

    def __post_init__(self) -> None:
        if self.metre not in STEPS_A_BAR:
            raise PipelineError(f"metre {self.metre}: the model writes 4/4, 3/4 and 6/8")
        if self.steps == 0 or self.steps % STEPS_A_BAR[self.metre]:
            raise PipelineError(f"a grid of {self.metre} holds whole bars, got {self.steps} steps")
        for name in STREAMS:
            tokens = self.stream(name)
            if len(tokens) * STRIDES[name] != self.steps or tokens.max() >= SIZES[name]:
                raise PipelineError(f"{name} does not fit its grid of {self.steps} steps")

    @property
    def steps(self) -> int:
        return len(self.melody)

    @property
    def bars(self) -> int:
        return self.steps // STEPS_A_BAR[self.metre]

    def stream(self, name: Stream) -> Tokens:
        return getattr(self, name)

    def with_stream(self, name: Stream, tokens: Tokens) -> "Grid":
        return replace(self, **{name: tokens})

    def slice_bars(self, first: int, last: int) -> "Grid":
        """Bars first … last - 1."""
        a_bar = STEPS_A_BAR[self.metre]
        cut = {
            n: self.stream(n)[first * a_bar // STRIDES[n] : last * a_bar // STRIDES[n]]
            for n in STREAMS
        }
        return replace(self, **cut)


def empty(metre: tuple[int, int], bars: int) -> Grid:
    """A grid in which everything is free."""
    if metre not in STEPS_A_BAR:
        raise PipelineError(f"metre {metre}: the model writes 4/4, 3/4 and 6/8")
    steps = bars * STEPS_A_BAR[metre]
    return Grid(metre, **{n: np.zeros(steps // STRIDES[n], np.uint8) for n in STREAMS})


def join(grids: Iterable[Grid]) -> Grid:
    """Grids of one metre, one after the other."""
    all_of_them = list(grids)
    return replace(
        all_of_them[0],
        **{n: np.concatenate([g.stream(n) for g in all_of_them]) for n in STREAMS},
    )


def melody_token(pitch: int) -> int:
    """Of a pitch in the grid's key; beyond the range the nearest octave within."""
    return FIRST + _within(pitch, MELODY_LOW, MELODY_HIGH) - MELODY_LOW


def bass_token(pitch: int) -> int:
    return FIRST + _within(pitch, BASS_LOW, BASS_HIGH) - BASS_LOW


def _within(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def chord_token(root: int, quality: str) -> int:
    """Of a root in the grid's key and a quality of studio.score; richer ones become plainer."""
    if quality not in QUALITIES:
        raise PipelineError(f"no chord quality {quality!r}; there is {', '.join(QUALITIES)}")
    plain = _SIMPLER.get(quality, quality)
    return FIRST + 12 * CHORD_QUALITIES.index(plain) + root % 12


def chord_of(token: int) -> tuple[int, str]:
    """Root and quality of a chord token."""
    kind, root = divmod(token - FIRST, 12)
    return root, CHORD_QUALITIES[kind]


@dataclass(frozen=True)
class Texture:
    """How the accompaniment moves within one 8th."""

    onsets: tuple[bool, bool]
    """Whether something begins on its first and on its second 16th; at least one does."""

    thickness: int
    """0 one note, 1 two or three, 2 more."""

    register: int
    """Index into REGISTER_STARTS."""


def texture_token(texture: Texture) -> int:
    onsets = texture.onsets[0] + 2 * texture.onsets[1] - 1
    return FIRST + (onsets * THICKNESS + texture.thickness) * REGISTERS + texture.register


def texture_of(token: int) -> Texture:
    rest, register = divmod(token - FIRST, REGISTERS)
    onsets, thickness = divmod(rest, THICKNESS)
    bits = onsets + 1
    return Texture((bool(bits & 1), bool(bits & 2)), thickness, register)


def drum_token(struck: Iterable[str]) -> int:
    """Of the names of DRUMS that are struck on a step."""
    return FIRST + sum(1 << DRUMS.index(name) for name in set(struck))


def drums_of(token: int) -> tuple[str, ...]:
    bits = max(0, token - FIRST)
    return tuple(name for place, name in enumerate(DRUMS) if bits >> place & 1)


def line_tokens(notes: Iterable[Note], steps: int, low: int, high: int) -> Tokens:
    """A single line on the grid; of notes that overlap the later one wins.

    `notes` are in the grid's key, their beats counted from the grid's beginning.
    """
    tokens = np.full(steps, REST, np.uint8)
    for note in sorted(notes, key=lambda n: n.start_beats):
        first = round(note.start_beats / STEP_BEATS)
        last = max(first + 1, round(note.end_beats / STEP_BEATS))
        if first >= steps or last <= 0:
            continue
        tokens[max(0, first) : last] = HOLD
        if first >= 0:
            tokens[first] = FIRST + _within(note.pitch, low, high) - low
        tokens[last:] = REST
    return tokens


def melody_tokens(notes: Iterable[Note], steps: int) -> Tokens:
    return line_tokens(notes, steps, MELODY_LOW, MELODY_HIGH)


def bass_tokens(notes: Iterable[Note], steps: int) -> Tokens:
    return line_tokens(notes, steps, BASS_LOW, BASS_HIGH)


def rhythm_tokens(notes: Iterable[Note], steps: int) -> Tokens:
    """The same places with free pitches: ONSET, HOLD, REST."""
    tokens = melody_tokens(notes, steps)
    return np.where(tokens >= FIRST, ONSET, tokens).astype(np.uint8)


def line_notes(tokens: Tokens, low: int, shift: int = 0, start_beats: float = 0) -> list[Note]:
    """The inverse of `line_tokens`, moved by `shift` semitones.

    HOLD without a note before it is silence.
    """
    notes: list[Note] = []
    open_since, pitch = 0, -1
    for step, token in enumerate([*tokens.tolist(), REST]):
        if token == HOLD or (token == REST and pitch < 0):
            continue
        if pitch >= 0:
            length = (step - open_since) * STEP_BEATS
            notes.append(Note(start_beats + open_since * STEP_BEATS, length, pitch))
        pitch = token - FIRST + low + shift if token >= FIRST else -1
        open_since = step
    return notes


def melody_notes(tokens: Tokens, shift: int = 0, start_beats: float = 0) -> list[Note]:
    return line_notes(tokens, MELODY_LOW, shift, start_beats)


def bass_notes(tokens: Tokens, shift: int = 0, start_beats: float = 0) -> list[Note]:
    return line_notes(tokens, BASS_LOW, shift, start_beats)


def chord_tokens(chords: Iterable[Chord], steps: int, shift: int = 0) -> Tokens:
    """Chords on the grid, moved by `shift` semitones; silence between them is REST."""
    stride = STRIDES["chord"]
    tokens = np.full(steps // stride, REST, np.uint8)
    for chord in sorted(chords, key=lambda c: c.start_beats):
        first = round(chord.start_beats / STEP_BEATS / stride)
        last = max(first + 1, round((chord.start_beats + chord.length_beats) / STEP_BEATS / stride))
        if first >= len(tokens) or last <= 0:
            continue
        tokens[max(0, first) : last] = HOLD
        tokens[max(0, first)] = chord_token(chord.root + shift, chord.quality)
    return tokens


def chords_of(tokens: Tokens, shift: int = 0, start_beats: float = 0) -> list[Chord]:
    """The inverse of `chord_tokens`; a repeated chord goes on instead of beginning again."""
    length = STRIDES["chord"] * STEP_BEATS
    chords: list[Chord] = []
    is_open = False
    for place, token in enumerate(tokens.tolist()):
        if token >= FIRST:
            root, quality = chord_of(token)
            chord = Chord(start_beats + place * length, length, (root + shift) % 12, quality)
            last = chords[-1] if is_open else None
            if last and (last.root, last.quality) == (chord.root, chord.quality):
                chords[-1] = replace(last, length_beats=last.length_beats + length)
            else:
                chords.append(chord)
            is_open = True
        elif token == HOLD and is_open:
            chords[-1] = replace(chords[-1], length_beats=chords[-1].length_beats + length)
        else:
            is_open = False
    return chords
