"""What the model is told of the bars that it fills, and what may stand in them.

Knows nothing of how bars follow each other.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import conditions as told
from pipelines.pocket.music import theory
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.instruments import instrument
from pipelines.pocket.music.model import Rule, chord_rule, pitch_rule
from pipelines.pocket.music.plan import Piece, Scene
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
"""How chromatic pieces are whose genre leaves its scale."""

KNOWN_SECTIONS = {"prechorus": "verse", "drop": "chorus", "solo": "any", "breakdown": "bridge"}


HIGH_SECTIONS = ("chorus", "drop", "solo")
LOW_SECTIONS = ("intro", "verse", "breakdown")
LIFT, NARROWEST = 3, 14


def melody_range(piece: Piece, scene: Scene) -> tuple[int, int]:
    """The pitches that a scene's tune may have, in the piece's key: a chorus lies above a verse."""
    low, high = _whole_range(piece, scene)
    if high - low - LIFT < NARROWEST or len(piece.scenes) == 1:
        return low, high
    if scene.name in HIGH_SECTIONS:
        return low + LIFT, high
    return (low, high - LIFT) if scene.name in LOW_SECTIONS else (low, high)


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
    elif genre.bends_scale and genre.harmony == "model":
        # Passing notes and leading notes as the scores have them that the model learned from.
        melody = pitch_rule("melody", ALL_TONES, low, high)
    elif genre.bends_scale:
        melody = np.stack(
            [_fitting(tones, low, high) for tones in tones_under(window)], dtype=np.bool_
        )
    else:
        melody = pitch_rule("melody", WHITE, low, high)
    chords = (
        chord_rule(ALL_TONES, CLASSIC_CHORDS)
        if genre.bends_scale
        else chord_rule(WHITE, PLAIN_CHORDS)
    )
    return {"melody": melody, "chord": chords}


@lru_cache(maxsize=256)
def _fitting(tones: frozenset[int], low: int, high: int) -> Rule:
    return pitch_rule("melody", tones, low, high)


def tones_under(window: Grid) -> list[frozenset[int]]:
    """For each step the scale as its chord bends it: under E7 in A minor G# and no G.

    Where the harmony is not known yet every tone may stand.
    """
    tones: list[frozenset[int]] = []
    now = ALL_TONES
    for token in window.chord.tolist():
        if token >= FIRST:
            now = _bent(frozenset(theory.chord_tones(chord_of(token))))
        elif token in (MASK, ONSET):
            now = ALL_TONES
        tones += [now, now]
    return tones


def _bent(chord: frozenset[int]) -> frozenset[int]:
    foreign = chord - WHITE
    beside = {(tone + step) % 12 for tone in foreign for step in (-1, 1)}
    return (WHITE - beside) | chord


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
        colour=piece.rng("colour").choice(COLOURS) if piece.genre.bends_scale else "plain",
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
