"""Cuts runs into windows of bars, moves each to C major or A minor, and says what it is like.

    for window in windows(run, piece): window.grid, window.numbers, window.phrases

Each window has its own key: a song that modulates is in C major or A minor wherever it is. Knows
nothing about files or networks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.conditions import (
    COLOUR_STARTS,
    ENERGY_STARTS,
    GENRES,
    MODES,
    PHRASE_END,
    PHRASE_INSIDE,
    PHRASE_REST,
    PLACES,
    SECTIONS,
    SIZES,
    TEMPO_STARTS,
    bucket,
)
from pipelines.pocket.music.tokens import (
    BARS,
    BASS_LOW,
    FIRST,
    HOLD,
    MASK,
    MELODY_LOW,
    REST,
    STEPS_A_BAR,
    STRIDES,
    Grid,
    Tokens,
    bass_token,
    melody_token,
)
from studio.score import SCALES
from training.music import harmony
from training.music.features import GOES_ON, SILENT, UNIT, Line, Run

HOP = 2
"""Bars between the starts of two windows."""

FEWEST_NOTES = 8
MOST_OFF_GRID = 0.12
LEAST_IN_SCALE = 0.75
MOSTLY_PLAYED = 0.26
"""Up to this share of bars with singing, instruments lead in the others."""

CENTRE = 62
"""Melodies are moved by octaves until their median lies in the octave from here."""

BASS_CENTRE = 36
LONG_STEPS, BREATH_STEPS = 8, 2
"""A note of two quarters, or an 8th of silence, ends a phrase."""


@dataclass(frozen=True)
class Piece:
    """What is known of a piece beside its notes."""

    id: str
    genre: str
    tempo_bpm: float | None
    end: float
    """Where its last bar ends, in quarters."""


@dataclass(frozen=True)
class Window:
    """Some bars as the model sees them."""

    grid: Grid
    phrases: NDArray[np.uint8]
    numbers: dict[str, int]
    tonic: int
    bar: int
    is_sung: bool


def _moved(line: Line, shift: int, centre: int) -> NDArray[np.int16]:
    """A line in the window's key, its median brought into the octave from `centre`."""
    pitches = line[line >= 0] + shift
    if len(pitches) == 0:
        return line
    octaves = -12 * int(np.floor((np.median(pitches) - centre) / 12))
    return np.where(line >= 0, line + shift + octaves, line)


def _tokens(line: Line, token: "type | object") -> Tokens:
    named = {SILENT: REST, GOES_ON: HOLD}
    values = [named[v] if v in named else token(v) for v in line.tolist()]  # type: ignore[operator]
    return np.array(values, np.uint8)


def phrases(melody: Tokens) -> NDArray[np.uint8]:
    """Of each 8th: inside a phrase, the note that ends it, or silence."""
    onsets = [i for i, t in enumerate(melody) if t >= FIRST]
    steps = np.full(len(melody), PHRASE_INSIDE, np.uint8)
    silent = np.ones(len(melody), bool)
    for place, onset in enumerate(onsets):
        after = onsets[place + 1] if place + 1 < len(onsets) else len(melody)
        end = onset + 1
        while end < after and melody[end] == HOLD:
            end += 1
        silent[onset:end] = False
        if end - onset >= LONG_STEPS or after - end >= BREATH_STEPS:
            steps[onset:end] = PHRASE_END
    steps[silent] = PHRASE_REST
    return steps[::2]


def _chords(run: Run, first: int, last: int, shift: int) -> Tokens:
    """Chord tokens of steps first … last, the first one always written out."""
    raw = run.chords[first // 2 : last // 2]
    tokens = np.full(len(raw), HOLD, np.uint8)
    unit = UNIT[run.metre] // 2
    before = None
    for place in range(0, len(raw), unit):
        value = int(raw[place])
        if value != before or place == 0:
            kind, root = divmod(value, 12)
            tokens[place] = REST if value < 0 else FIRST + 12 * kind + (root + shift) % 12
        before = value
    return tokens


def _section(run: Run, first: int, last: int, is_sung: bool) -> str:
    """Intro, bridge and outro are played where nobody sings; what comes again is a chorus."""
    sung = np.flatnonzero(run.voice >= 0)
    if len(sung) == 0:
        return "any"
    if not is_sung:
        return "intro" if first < sung[0] else "outro" if last > sung[-1] + LONG_STEPS else "bridge"
    a_bar = STEPS_A_BAR[run.metre]
    bars = run.voice.reshape(-1, a_bar)
    mine = range(first // a_bar, last // a_bar)
    again = 0
    for bar in mine:
        same = (bars == bars[bar]).all(1) & (bars[bar] >= 0).any()
        again += any(abs(other - bar) >= 4 for other in np.flatnonzero(same))
    return "chorus" if again >= len(mine) / 2 else "verse"


def _numbers(run: Run, piece: Piece, first: int, last: int) -> dict[str, int]:
    begins, ends = run.start + first / 4, run.start + last / 4
    place = "start" if begins < 1 else "end" if ends > piece.end - 1 else "middle"
    tempo = 0 if piece.tempo_bpm is None else bucket(piece.tempo_bpm, TEMPO_STARTS)
    return {"genre": GENRES.index(piece.genre), "tempo": tempo, "place": PLACES.index(place)}


def _window(run: Run, piece: Piece, first: int, last: int) -> Window | None:
    part = slice(first, last)
    sung_bars = (run.voice[part].reshape(-1, STEPS_A_BAR[run.metre]) >= 0).any(1)
    is_sung = bool(sung_bars.mean() > MOSTLY_PLAYED)
    line = run.voice[part]
    if not is_sung:
        line = np.where(sung_bars.repeat(STEPS_A_BAR[run.metre]), line, run.top[part])
    chroma = run.chroma[part].sum(0)
    if (line >= 0).sum() < FEWEST_NOTES:
        return None
    tonic, is_minor = harmony.key(chroma, run.fifths)
    home = 9 if is_minor else 0
    shift = (home - tonic + 6) % 12 - 6
    moved = np.roll(chroma, shift)
    scale = {(home + s) % 12 for s in SCALES["minor" if is_minor else "major"]}
    # The leading note belongs to minor, however it is written.
    inside = scale | {8} if is_minor else scale
    outside = 1 - moved[list(inside)].sum() / moved.sum()
    if outside > 1 - LEAST_IN_SCALE:
        return None
    melody = _tokens(_moved(line, shift, CENTRE), melody_token)
    steps = last - first
    bass, texture = np.full(steps, MASK, np.uint8), np.full(steps // 2, MASK, np.uint8)
    if run.has_accompaniment:
        bass = _tokens(_moved(run.bass[part], shift, BASS_CENTRE), bass_token)
        texture = run.texture[first // 2 : last // 2]
    grid = Grid(
        run.metre,
        melody,
        _chords(run, first, last, shift),
        bass,
        texture,
        np.full(steps, MASK, np.uint8),
    )
    density = float((melody >= FIRST).sum()) / (steps / 4)
    numbers = {
        **_numbers(run, piece, first, last),
        "mode": MODES.index("minor" if is_minor else "major"),
        "energy": bucket(density, ENERGY_STARTS),
        "colour": bucket(outside, COLOUR_STARTS),
        "section": SECTIONS.index(_section(run, first, last, is_sung)),
    }
    bar = first // STEPS_A_BAR[run.metre]
    return Window(grid, phrases(melody), {k: numbers[k] for k in SIZES}, tonic, bar, is_sung)


def windows(run: Run, piece: Piece, bars: int = BARS) -> Iterator[Window]:
    """Windows of `bars` bars that the model can learn from, and one of the last bars."""
    a_bar = STEPS_A_BAR[run.metre]
    total = len(run.voice) // a_bar
    if run.off_grid > MOST_OFF_GRID or total < bars:
        return
    firsts = sorted({*range(0, total - bars + 1, HOP), total - bars})
    for first in firsts:
        window = _window(run, piece, first * a_bar, (first + bars) * a_bar)
        if window is not None:
            yield window


def pitches(grid: Grid) -> tuple[list[int], list[int]]:
    """The pitches of melody and bass, in order."""
    melody = [int(t) - FIRST + MELODY_LOW for t in grid.melody if t >= FIRST]
    return melody, [int(t) - FIRST + BASS_LOW for t in grid.bass if t >= FIRST]


def places(grid: Grid) -> int:
    """8ths in a grid."""
    return grid.steps // STRIDES["chord"]
