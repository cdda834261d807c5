"""New from old: a score read back onto grids, some of its bars written anew, variations.

What shall change is freed on the model's grids; the rest stays as it is.
Knows nothing of sound or files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.pocket.music.accompany import Player
from pipelines.pocket.music.asking import conditions_of, rules_of
from pipelines.pocket.music.compose import (
    assemble,
    straightening,
)
from pipelines.pocket.music.form import Form, Planned
from pipelines.pocket.music.genres import find_genre
from pipelines.pocket.music.model import Settings, Task
from pipelines.pocket.music.plan import (
    Piece,
    Scene,
    SongPlan,
    ring_start,
)
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    HOLD,
    MASK,
    ONSET,
    STEP_BEATS,
    STEPS_A_BAR,
    Grid,
    chord_tokens,
    chords_of,
    empty,
    join,
    melody_notes,
    melody_tokens,
)
from pipelines.pocket.music.tune import (
    Filler,
    Tune,
    is_free,
    put,
    steps_for,
)
from pipelines.pocket.music.wishes import planned_chords
from studio.errors import RequestError
from studio.score import Chord, Note, Part, Score
from studio.spec import OnStep, Step

CONTEXT = 2
"""Bars on either side of a change that the model sees."""


@dataclass(frozen=True)
class Work:
    """What every task here needs besides the music."""

    model: Filler
    seed: int
    settings: Settings = Settings()
    on_step: OnStep | None = None


# A score read back


def piece_of(score: Score, seed: int, plan: SongPlan | None = None) -> Piece:
    """The plan that a score follows, its players and sections as they are.

    Raises:
        UnknownName: the score is of no known genre.
    """
    plan = replace(plan or SongPlan(), genre=score.genre, title=score.title)
    genre = find_genre(plan.genre)
    voice = score.part("vocals")
    if voice:
        pitches = [note.pitch for note in voice.notes]
        low, high = min(pitches), max(pitches)
        # At least an octave and a fifth, so that there is something to choose from.
        plan = replace(plan, voice=voice.instrument, voice_range=(low, max(high, low + 19)))
    scenes = tuple(_scenes_in(score, plan))
    key, mode, metre = score.key, score.mode, score.metre
    players = tuple(_players_in(score, plan))
    piece = Piece(plan, genre, key, mode, score.tempo_bpm, metre, scenes, players, seed)
    return replace(piece, length_beats=score.length_beats)


def _players_in(score: Score, plan: SongPlan) -> Iterable[Player]:
    """Those of the score, and somebody who can play the tune."""
    for part in score.parts:
        if part.role != "vocals":
            yield Player(part.name, part.role, part.instrument)
    if score.part("melody") is None:
        yield Player("melody", "melody", find_genre(plan.genre).instruments["melody"][0])


def _scenes_in(score: Score, plan: SongPlan) -> Iterable[Scene]:
    genre = find_genre(plan.genre)
    bar = score.beats_a_bar
    total = max(1, int(score.length_beats / bar + 1e-6))
    starts = [round(section.start_beats / bar) for section in score.sections]
    for at, section in enumerate(score.sections):
        is_last = at == len(starts) - 1
        end = total if is_last else starts[at + 1]
        stop = score.length_beats if is_last else end * bar
        start = starts[at] * bar
        form = Form(score.tempo_bpm, score.metre, (), max(0.0, score.length_beats - total * bar))
        rings = ring_start(form, start, end - starts[at]) if is_last else None
        yield Scene(
            planned=Planned(section.name, end - starts[at]),
            start_beats=start,
            length_beats=stop - start,
            energy=max(1, min(4, genre.cast_of(section.name).energy + plan.lift)),
            roles=frozenset(part.role for part in score.parts if _plays(part, start, stop)),
            rings_from=rings if rings is not None and _is_ringing(score, rings) else None,
            has_voice=any(
                part.role == "vocals" and _plays(part, start, stop) for part in score.parts
            ),
        )


def _plays(part: Part, start: float, stop: float) -> bool:
    return any(start <= note.start_beats < stop for note in part.notes)


def _is_ringing(score: Score, start: float) -> bool:
    """Whether nothing begins after a beat but voice and tune."""
    return not any(
        note.start_beats > start + 0.1
        for part in score.parts
        if part.role not in ("vocals", "melody")
        for note in part.notes
    )


def read_grid(piece: Piece, score: Score) -> Grid:
    """Tune and chords of a whole score, on the white keys; what swings is straight again."""
    bars = sum(scene.planned.bars for scene in piece.scenes)
    grid = empty(piece.metre, bars)
    straight = straightening(piece.genre.swing, piece.metre)
    notes = []
    for part in score.parts:
        if part.role in ("vocals", "melody"):
            for note in part.notes:
                start, end = straight(note.start_beats), straight(note.end_beats)
                length = max(STEP_BEATS, end - start)
                moved = note.pitch + piece.shift
                notes.append(replace(note, start_beats=start, length_beats=length, pitch=moved))
    grid = grid.with_stream("melody", melody_tokens(notes, grid.steps))
    return grid.with_stream("chord", chord_tokens(score.chords, grid.steps, piece.shift))


def _freed(tokens: np.ndarray, is_sung: bool) -> np.ndarray:
    """Sung rhythms stay, their pitches are free; played ones are free altogether."""
    if is_sung:
        return np.where(tokens >= FIRST, ONSET, tokens).astype(np.uint8)
    return np.zeros_like(tokens)


def _scene_at(piece: Piece, bar: int) -> tuple[Scene, int]:
    """The scene of a bar, and the bar's place in it."""
    for scene in piece.scenes:
        if bar < scene.planned.bars:
            return scene, bar
        bar -= scene.planned.bars
    raise RequestError(f"the piece has no bar {bar + 1}; ask for an earlier one")


def _has_tune(piece: Piece, bar: int) -> bool:
    scene, _ = _scene_at(piece, bar)
    return scene.has_voice or "melody" in scene.roles


def fill_bars(piece: Piece, grid: Grid, first: int, last: int, work: Work) -> Grid:
    """Fills what is free in bars first … last − 1, window by window, with what is around them."""
    bar = first
    while bar < last:
        begin = max(0, bar - CONTEXT)
        window = grid.slice_bars(begin, min(begin + BARS, grid.bars))
        scene, place = _scene_at(piece, bar)
        conditions = replace(conditions_of(piece, scene, place, window.bars), phrases=None)
        task = Task(window, conditions, ("chord", "melody"), rules_of(piece, scene, window))
        steps = steps_for([task], work.settings.steps)
        settings = replace(work.settings, seed=work.seed + bar, steps=steps)
        done = bar - first

        def on_step(step: Step, done: int = done) -> None:
            if work.on_step:
                share = (done + step.index / step.total * BARS) / (last - first + BARS)
                work.on_step(Step(max(1, round(100 * share)), 100))

        if is_free(task):
            (filled,) = work.model.fill_many([task], settings, on_step)
            grid = put(grid, begin, filled)
        # The last bars of a window had no future to see; the next one sees them as its past.
        bar = begin + window.bars
    return grid


# Tasks


def repaint(
    score: Score, first_bar: int, last_bar: int, work: Work, plan: SongPlan | None = None
) -> Score:
    """Writes bars first_bar … last_bar − 1 (counted from 0) anew; every other note stays.

    Sung bars keep their words and rhythm. Tempo, key and length do not change.

    Raises:
        RequestError: there are no such bars.
    """
    piece = piece_of(score, work.seed, plan)
    bars = sum(scene.planned.bars for scene in piece.scenes)
    if not 0 <= first_bar < last_bar <= bars:
        raise RequestError(
            f"no bars {first_bar + 1} to {last_bar} in a piece of {bars}; ask for bars inside it"
        )
    grid = _opened(piece, read_grid(piece, score), first_bar, last_bar)
    grid = fill_bars(piece, grid, first_bar, last_bar, work)
    bar = score.beats_a_bar
    span = (first_bar * bar, last_bar * bar if last_bar < bars else score.length_beats)
    return _merged(score, piece, grid, span)


def _opened(piece: Piece, grid: Grid, first: int, last: int) -> Grid:
    """Bars with a free tune and other chords: the genre's, by the new seed, or the model's."""
    melody, chord = grid.melody.copy(), grid.chord.copy()
    fresh = None
    if piece.genre.harmony == "ours":
        chords = [chord for scene in piece.scenes for chord in planned_chords(piece, scene)]
        fresh = chord_tokens(chords, grid.steps, piece.shift)
    a_bar = STEPS_A_BAR[piece.metre]
    for bar in range(first, last):
        scene, place = _scene_at(piece, bar)
        here = slice(bar * a_bar, (bar + 1) * a_bar)
        if _has_tune(piece, bar):
            melody[here] = _freed(melody[here], scene.has_voice)
        half = slice(bar * a_bar // 2, (bar + 1) * a_bar // 2)
        is_home = scene.rings_from is not None and place == scene.planned.bars - 1
        if not is_home:
            chord[half] = MASK if fresh is None else fresh[half]
    if last * a_bar < grid.steps and chord[last * a_bar // 2] == HOLD:
        # What held over from a freed bar begins on its own now.
        chord[last * a_bar // 2] = _sounding(grid.chord, last * a_bar // 2)
    return grid.with_stream("melody", melody).with_stream("chord", chord)


def _sounding(tokens: np.ndarray, at: int) -> int:
    begun = [token for token in tokens[: at + 1].tolist() if token >= FIRST]
    return begun[-1] if begun else MASK


def _merged(score: Score, piece: Piece, grid: Grid, span: tuple[float, float]) -> Score:
    """The old score with the notes and chords of a span from a new grid."""
    new = _from_grid(score, piece, grid)
    begin, end = span
    parts = [
        replace(part, notes=spliced(part.notes, notes_of(new, part.name), span))
        for part in score.parts
    ]
    chords = cut_chords(score.chords, 0.0, begin)
    chords += cut_chords(new.chords, begin, end)
    chords += cut_chords(score.chords, end, score.length_beats)
    filled = tuple(part for part in parts if part.notes)
    return replace(score, parts=filled, chords=tuple(chords))


def notes_of(score: Score, name: str) -> tuple[Note, ...]:
    return next((part.notes for part in score.parts if part.name == name), ())


def spliced(
    old: Sequence[Note], new: Sequence[Note], span: tuple[float, float]
) -> tuple[Note, ...]:
    begin, end = span
    kept = [
        replace(note, length_beats=min(note.length_beats, begin - note.start_beats))
        if note.start_beats < begin
        else note
        for note in old
        if not begin <= note.start_beats < end
    ]
    inside = [
        replace(note, length_beats=min(note.length_beats, end - note.start_beats))
        for note in new
        if begin <= note.start_beats < end
    ]
    return tuple(sorted([*kept, *inside], key=lambda note: (note.start_beats, note.pitch)))


def cut_chords(chords: Iterable[Chord], begin: float, end: float) -> list[Chord]:
    """The part of a harmony that lies between two beats."""
    cut = []
    for chord in chords:
        start = max(begin, chord.start_beats)
        stop = min(end, chord.start_beats + chord.length_beats)
        if stop - start > 1e-6:
            cut.append(replace(chord, start_beats=start, length_beats=stop - start))
    return cut


def _from_grid(score: Score, piece: Piece, grid: Grid) -> Score:
    """A score written from a whole grid; syllables go where they were."""
    straight = straightening(piece.genre.swing, piece.metre)
    syllables = {
        round(straight(note.start_beats) / STEP_BEATS): note.syllable for note in score.sung()
    }
    tunes, bar = [], 0
    for scene in piece.scenes:
        part = grid.slice_bars(bar, bar + scene.planned.bars)
        notes = melody_notes(part.melody, -piece.shift, scene.start_beats)
        named = [
            replace(note, syllable=syllables.get(round(note.start_beats / STEP_BEATS), ""))
            for note in notes
        ]
        chords = chords_of(part.chord, -piece.shift, scene.start_beats)
        tunes.append(Tune(tuple(chords), tuple(named)))
        bar += scene.planned.bars
    return assemble(piece, tunes)


def vary(score: Score, amount: float, work: Work, plan: SongPlan | None = None) -> Score:
    """A variation: form and harmony stay, of the tune a share of bars is written anew.

    The accompaniment takes other figures. Sections that were alike stay alike.

    Raises:
        RequestError: `amount` is not within 0 to 1.
    """
    if not 0 < amount <= 1:
        raise RequestError(f"a variation of {amount:g}; ask for more than 0 and at most 1")
    piece = piece_of(score, work.seed, plan)
    old = read_grid(piece, score)
    melody = old.melody.copy()
    a_bar = STEPS_A_BAR[piece.metre]
    rng = piece.rng("vary")
    bars = [bar for bar in range(old.bars) if _has_tune(piece, bar)]
    # At least one, so that a variation varies.
    free = rng.sample(bars, min(len(bars), max(1, round(amount * len(bars)))))
    for bar in free:
        here = slice(bar * a_bar, (bar + 1) * a_bar)
        melody[here] = _freed(melody[here], _scene_at(piece, bar)[0].has_voice)
    grid = fill_bars(piece, old.with_stream("melody", melody), 0, old.bars, work)
    return _from_grid(score, piece, _alike(piece, old, grid))


def _alike(piece: Piece, old: Grid, new: Grid) -> Grid:
    """Sections that were the same before are the same again."""
    bar = 0
    seen: dict[bytes, Grid] = {}
    parts = []
    for scene in piece.scenes:
        stop = bar + scene.planned.bars
        before, after = old.slice_bars(bar, stop), new.slice_bars(bar, stop)
        parts.append(seen.setdefault(before.melody.tobytes() + before.chord.tobytes(), after))
        bar = stop
    return join(parts)


def bars_between(score: Score, from_s: float, to_s: float) -> tuple[int, int]:
    """The bars that a stretch of time touches: the first, and the one after the last.

    Raises:
        RequestError: there is no such stretch in the piece.
    """
    if not 0 <= from_s < to_s or from_s >= score.duration_s:
        raise RequestError(
            f"nothing to repaint from {from_s:g} to {to_s:g} s in {score.duration_s:.1f} s; "
            "ask for a stretch inside the piece"
        )
    bar_s = score.seconds(score.beats_a_bar)
    bars = max(1, int(score.length_beats / score.beats_a_bar + 1e-6))
    # A hair over a bar line is the bar before.
    first = min(int(from_s / bar_s + 1e-3), bars - 1)
    return first, max(first + 1, min(bars, -int(-(to_s / bar_s - 1e-3) // 1)))
