"""What the model is told of the bars that it fills, and what may stand in them.

Knows nothing of how bars follow each other.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import conditions as told
from pipelines.pocket.music import theory
from pipelines.pocket.music.colour import scale_under, takes_colour
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.instruments import instrument
from pipelines.pocket.music.model import Rule, chord_rule, pitch_rule
from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.reach import marks, narrowed
from pipelines.pocket.music.tokens import (
    FIRST,
    MASK,
    MELODY_HIGH,
    MELODY_LOW,
    ONSET,
    STEPS_A_BAR,
    Grid,
    Stream,
    chord_of,
)
from pipelines.pocket.music.wishes import sung_lines

WHITE = frozenset((0, 2, 4, 5, 7, 9, 11))
FIVE_TONES = frozenset((0, 2, 4, 7, 9))
ALL_TONES = frozenset(range(12))
PLAIN_CHORDS = frozenset(("maj", "min"))
CLASSIC_CHORDS = frozenset(("maj", "min", "7", "dim", "min7", "m7b5", "dim7"))
COLOURS: tuple[Literal["some", "chromatic"], ...] = ("some", "some", "chromatic")
"""How chromatic pieces are that leave their scale."""

KNOWN_SECTIONS = {"prechorus": "verse", "drop": "chorus", "solo": "any", "breakdown": "bridge"}


HIGH_SECTIONS = ("chorus", "drop", "solo")
LOW_SECTIONS = ("intro", "verse", "breakdown")
LIFT, NARROWEST = 3, 14


def melody_range(piece: Piece, scene: Scene) -> tuple[int, int]:
    """The pitches that a scene's tune may have, in the piece's key: a chorus lies above a verse."""
    low, high = _whole_range(piece, scene)
    if high - low - LIFT >= NARROWEST and len(piece.scenes) > 1:
        low += LIFT * (scene.name in HIGH_SECTIONS)
        high -= LIFT * (scene.name in LOW_SECTIONS)
    return narrowed(piece, low, high)


def _whole_range(piece: Piece, scene: Scene) -> tuple[int, int]:
    if scene.is_sung:
        return piece.plan.voice_range
    player = piece.player("melody")
    low, high = instrument(player.instrument).register("melody") if player else (60, 79)
    # Two octaves for verses and choruses together: wider tunes jump about.
    low = min(max(low, 60), high - 17)
    return low, min(high, low + 24)


def rules_of(piece: Piece, scene: Scene, window: Grid) -> dict[Stream, Rule]:
    """What may stand in the tune and in the harmony of some bars."""
    low, high = (pitch + piece.shift for pitch in melody_range(piece, scene))
    low, high = max(low, MELODY_LOW), min(high, MELODY_HIGH)
    genre = piece.genre
    if genre.is_pentatonic:
        melody = pitch_rule("melody", FIVE_TONES, low, high)
    elif takes_colour(piece):
        # Passing and leading notes as the scores have them that the model learned from; what does
        # not pass over planned harmony is moved into the scale afterwards.
        melody = pitch_rule("melody", ALL_TONES, low, high)
    else:
        melody = pitch_rule("melody", WHITE, low, high)
    chords = (
        chord_rule(ALL_TONES, CLASSIC_CHORDS)
        if genre.bends_scale
        else chord_rule(WHITE, PLAIN_CHORDS)
    )
    return {"melody": melody, "chord": chords}


def reaching(piece: Piece, scene: Scene, head: Grid, melody: Rule) -> Rule:
    """(steps, size): a rule for the first bars of a section, with its highest and lowest note."""
    low, high = (pitch + piece.shift for pitch in melody_range(piece, scene))
    low, high = max(low, MELODY_LOW), min(high, MELODY_HIGH)
    onsets = np.flatnonzero((head.melody == ONSET) | (head.melody == MASK)).tolist()
    rules = np.broadcast_to(melody, (head.steps, melody.shape[-1])).copy()
    for mark in marks(piece, scene, onsets, (low, high)):
        pitches = np.arange(rules.shape[1] - FIRST) + MELODY_LOW
        inside = (pitches >= mark.low) & (pitches <= mark.high)
        kept = rules[mark.step, FIRST:] & inside
        if kept.any():
            rules[mark.step, FIRST:] = kept
    return rules


def tones_under(window: Grid) -> list[frozenset[int]]:
    """For each step the scale as its chord bends it: under E7 in A minor G# and no G.

    Where the harmony is not known yet every tone may stand.
    """
    tones: list[frozenset[int]] = []
    now = ALL_TONES
    for token in window.chord.tolist():
        if token >= FIRST:
            now = scale_under(WHITE, theory.chord_tones(chord_of(token)))
        elif token in (MASK, ONSET):
            now = ALL_TONES
        tones += [now, now]
    return tones


def conditions_of(piece: Piece, scene: Scene, first_bar: int, bars: int) -> Conditions:
    """What the model is told of some bars of a scene."""
    index = piece.scenes.index(scene)
    is_end = index == len(piece.scenes) - 1 and first_bar + bars == scene.planned.bars
    place = "start" if index == 0 and first_bar == 0 else "end" if is_end else "middle"
    return Conditions(
        genre=piece.genre.name,
        mode="minor" if theory.has_minor_third(piece.mode) else "major",
        tempo_bpm=piece.tempo_bpm,
        # The rhythm is told already where it is fixed; free tunes follow the energy.
        energy=None if scene.is_sung else scene.energy,
        colour=piece.rng("colour").choice(COLOURS) if takes_colour(piece) else "plain",
        section=KNOWN_SECTIONS.get(scene.name, scene.name),
        place=place,
        phrases=_phrases(piece, scene, first_bar, bars),
        text=piece.plan.text,
    )


def _phrases(piece: Piece, scene: Scene, first_bar: int, bars: int) -> NDArray[np.uint8] | None:
    """Of sung lines: inside, the last note, the breath; of each 8th."""
    lines = sung_lines(piece, scene)
    if not lines:
        return None
    bar = STEPS_A_BAR[piece.metre]
    marks = np.full(scene.planned.bars * bar, told.PHRASE_REST, np.uint8)
    for start, line in lines:
        last = line[-1]
        marks[start : start + last.first] = told.PHRASE_INSIDE
        marks[start + last.first : start + last.first + last.steps] = told.PHRASE_END
    return marks[first_bar * bar : (first_bar + bars) * bar : 2]
