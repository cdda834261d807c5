"""A tune that somebody brings, with chords found for it and a genre's accompaniment.

The tune's own notes are kept as they are, to the tick. Knows nothing of sound or files.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipelines.pocket.music import theory
from pipelines.pocket.music.compose import assemble
from pipelines.pocket.music.form import LONGEST_S, Form, Planned, Span
from pipelines.pocket.music.genres import find_genre
from pipelines.pocket.music.plan import Piece, SongPlan, plan_players, scenes_of
from pipelines.pocket.music.rework import Work, fill_bars
from pipelines.pocket.music.tokens import (
    FIRST,
    HOLD,
    STEP_BEATS,
    STRIDES,
    Grid,
    Tokens,
    chord_of,
    chord_token,
    chords_of,
    empty,
    melody_tokens,
)
from pipelines.pocket.music.tune import Tune
from pipelines.pocket.music.wishes import home
from studio.errors import RequestError
from studio.score import Note, Part, Score

SECTION_BARS = 8
NAMES = ("verse", "chorus")
LEAST_FIT = 0.3
"""Of the time of a tune over a chord, how much is on a tone of it."""

_FIRM = tuple(
    chord_token(root, quality)
    for root, quality in (
        (0, "maj"), (7, "maj"), (5, "maj"), (9, "min"), (2, "min"), (4, "min"),
    )
)  # fmt: skip
"""Chords of the white keys, the firmest first."""


def accompany(notes: Sequence[Note], plan: SongPlan, work: Work) -> Score:
    """A score around a melody given in beats, in whole bars to the plan's length or its own end.

    Its key is found where the plan names none.

    Raises:
        RequestError: there are no notes, or they last too long.
    """
    if not notes:
        raise RequestError("no notes to accompany; give a melody with at least one")
    piece = _piece(sorted(notes, key=lambda note: note.start_beats), plan, work.seed)
    grid = empty(piece.metre, sum(scene.planned.bars for scene in piece.scenes))
    moved = [replace(note, pitch=note.pitch + piece.shift) for note in notes]
    grid = grid.with_stream("melody", melody_tokens(moved, grid.steps))
    grid = grid.with_stream("chord", _framed(piece, grid.chord, notes))
    grid = fill_bars(piece, grid, 0, grid.bars, work)
    grid = grid.with_stream("chord", _without_clashes(grid, moved))
    tunes, bar = [], 0
    for scene in piece.scenes:
        stop = bar + scene.planned.bars
        chords = chords_of(grid.slice_bars(bar, stop).chord, -piece.shift, scene.start_beats)
        tunes.append(Tune(tuple(chords), ()))
        bar = stop
    return _with_tune(assemble(piece, tunes), piece, notes)


def _piece(notes: Sequence[Note], plan: SongPlan, seed: int) -> Piece:
    genre = find_genre(plan.genre)
    key, mode = theory.find_key(notes)
    if plan.key is not None:
        key, mode = plan.key, plan.mode or mode
    metre = plan.metre or (4, 4)
    tempo = plan.tempo_bpm or genre.tempo[1]
    Span(None, tempo, metre)  # refuses what cannot be
    end = plan.duration_s * tempo / 60 if plan.duration_s else max(n.end_beats for n in notes)
    sections = _sections(end, metre, tempo)
    form = Form(tempo, metre, sections)
    players = plan_players(plan, genre, form, random.Random(f"{seed} plan"))
    scenes = scenes_of(plan, genre, form, players)
    # The chords are found for this tune, whatever the genre's own progressions are.
    genre = replace(genre, harmony="model")
    piece = Piece(plan, genre, key, mode, tempo, metre, scenes, players, seed)
    return replace(piece, length_beats=form.length_beats)


def _sections(end: float, metre: tuple[int, int], tempo: float) -> tuple[Planned, ...]:
    """Whole bars to the end of the tune, in sections of eight."""
    form = Form(tempo, metre, ())
    bars = max(1, -int(-(end - 0.05) // form.beats_a_bar))
    if bars * form.beats_a_bar * 60 / tempo > LONGEST_S:
        raise RequestError(f"a melody of {bars} bars is too long; give one of {LONGEST_S:g} s")
    sizes = [min(SECTION_BARS, bars - at) for at in range(0, bars, SECTION_BARS)]
    if len(sizes) > 1 and sizes[-1] < 4:
        sizes[-2:] = [sizes[-2] + sizes[-1]]
    return tuple(Planned(NAMES[at % 2], size) for at, size in enumerate(sizes))


def _framed(piece: Piece, chords, notes: Sequence[Note]):
    """Home at the end where the tune ends on a tone of the home chord."""
    tonic = theory.roman(home(piece), piece.key, piece.mode)
    last = max(notes, key=lambda note: note.end_beats)
    if last.pitch % 12 in theory.chord_tones(tonic):
        bar = len(chords) // sum(scene.planned.bars for scene in piece.scenes)
        chords = chords.copy()
        chords[-bar:] = HOLD
        chords[-bar] = chord_token(tonic[0] + piece.shift, tonic[1])
    return chords


def _without_clashes(grid: Grid, notes: Sequence[Note]) -> Tokens:
    """The harmony with other chords in the bars whose tune has hardly a tone of theirs."""
    tokens = grid.chord
    a_bar = len(tokens) // grid.bars
    length = STRIDES["chord"] * STEP_BEATS
    sounding: list[int] = []
    for token in tokens.tolist():
        sounding.append(token if token != HOLD or not sounding else sounding[-1])
    for at in range(0, len(tokens), a_bar):
        end = at + a_bar
        for first, last in _stretches(sounding, at, end):
            heard = _heard(notes, first * length, last * length)
            if heard and sounding[first] >= FIRST and _fit(sounding[first], heard) < LEAST_FIT:
                best = max(_FIRM, key=lambda token: _fit(token, heard))
                sounding[first:last] = [best] * (last - first)
    begins = [at == 0 or sounding[at] != sounding[at - 1] for at in range(len(sounding))]
    keeps = tokens != HOLD
    return np.where(keeps | begins, sounding, HOLD).astype(np.uint8)


def _stretches(sounding: Sequence[int], first: int, end: int) -> Iterator[tuple[int, int]]:
    """Where one chord sounds, within a bar."""
    at = first
    while at < end:
        last = at
        while last < end and sounding[last] == sounding[at]:
            last += 1
        yield at, last
        at = last


def _heard(notes: Sequence[Note], begin: float, end: float) -> dict[int, float]:
    """How long each pitch class of the tune sounds within a stretch of beats."""
    found: dict[int, float] = {}
    for note in notes:
        beats = min(end, note.end_beats) - max(begin, note.start_beats)
        if beats > 0:
            found[note.pitch % 12] = found.get(note.pitch % 12, 0.0) + beats
    return found


def _fit(token: int, heard: dict[int, float]) -> float:
    """The share of the time in which the tune is on a tone of the chord."""
    tones = theory.chord_tones(chord_of(token))
    return sum(beats for tone, beats in heard.items() if tone in tones) / sum(heard.values())


def _with_tune(score: Score, piece: Piece, notes: Sequence[Note]) -> Score:
    """The tune in front: sung if it has syllables, else played."""
    is_sung = any(note.syllable for note in notes)
    player = piece.player("melody")
    instrument = player.instrument if player else piece.genre.instruments["melody"][0]
    kept = tuple(sorted(notes, key=lambda note: note.start_beats))
    tune = (
        Part("vocals", "vocals", piece.plan.voice, kept)
        if is_sung
        else Part("melody", "melody", instrument, kept)
    )
    return replace(score, parts=(tune, *score.parts))
