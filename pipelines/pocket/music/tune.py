"""Melody and harmony of a piece: what is fixed is put on grids, the model fills the rest.

New sections are filled first; then what repeats is copied (bars within a phrase, a verse's second
time) and only what should differ is filled again. At last, in genres where the model does, bass
and texture are filled below. Knows nothing of how they are played.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from pipelines.pocket.music.asking import conditions_of, reaching, rules_of
from pipelines.pocket.music.ensemble import (
    BELOW_STEPS,
    BELOW_TEMPERATURE,
    Written,
    bass_rule,
    written,
    written_streams,
)
from pipelines.pocket.music.model import Rule, Settings, Task
from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.repeats import head, scheme_of, source_of
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    MASK,
    ONSET,
    STEP_BEATS,
    Grid,
    Stream,
    chords_of,
    join,
    melody_notes,
)
from pipelines.pocket.music.wishes import planned_chords, wish
from studio.score import Chord, Note
from studio.spec import OnStep, Step


class Filler(Protocol):
    """What fills grids: the music model."""

    def fill_many(
        self, tasks: Sequence[Task], settings: Settings, on_step: OnStep | None = None
    ) -> list[Grid]: ...


@dataclass(frozen=True)
class Tune:
    """A scene's result, in the piece's key; beats count from the beginning of the piece."""

    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]
    """Sung ones carry their syllables."""

    written: Written = Written()
    """What the model wrote below."""


class TuneWriter:
    """The grids of a piece on their way from wishes to a tune."""

    def __init__(
        self, piece: Piece, model: Filler, settings: Settings, on_step: OnStep | None = None
    ) -> None:
        self.piece, self.model, self.settings, self.on_step = piece, model, settings, on_step
        steps = min(settings.steps, BELOW_STEPS)
        self.settings_below = replace(settings, steps=steps, temperature=BELOW_TEMPERATURE)
        self.known: frozenset[int] = frozenset()
        wishes = [wish(piece, scene) for scene in piece.scenes]
        self.wishes = [grid for grid, _ in wishes]
        self.syllables = [syllables for _, syllables in wishes]
        self.grids = list(self.wishes)

    def keep(self, grids: dict[int, Grid]) -> None:
        """Takes scenes as they are: they are not filled, but later ones may repeat them."""
        self.known = frozenset(grids)
        for at, grid in grids.items():
            self.grids[at] = self.wishes[at] = grid

    def write(self) -> list[Tune]:
        """The tune of every scene."""
        scenes = self.piece.scenes
        open_ones = [at for at in range(len(scenes)) if at not in self.known]
        new = [at for at in open_ones if scenes[at].planned.like is None]
        self._fill(self._tasks({(at, 0): self._head(at) for at in new}), 0)
        for at in new:
            self._reprise(at)
        self._fill(self._tasks(self._windows(new)), 1)
        again = [at for at in open_ones if at not in new]
        for at in again:
            self._return(at)
        self._fill(self._tasks(self._windows(again)), 2)
        for turn, group in enumerate((new, again), 3):
            below = [at for at in group if written_streams(self.piece, scenes[at])]
            self._fill(self._tasks_below(below), turn, self.settings_below)
        return [self._tune(at) for at in range(len(scenes))]

    def _scheme(self, at: int) -> str:
        """How the bars of a section repeat each other."""
        name = self.piece.scenes[at].name
        rng = self.piece.rng(f"repeats {name}")
        return scheme_of(name, self.piece.genre.phrase_bars, rng)

    def _head(self, at: int) -> int:
        """The first bars of a new section, which others follow."""
        return min(self.grids[at].bars, max(2, head(self._scheme(at))))

    def _windows(self, scenes: Sequence[int]) -> dict[tuple[int, int], int]:
        """All windows of some scenes: their scene and first bar, and their bars."""
        return {
            (at, bar): min(BARS, self.grids[at].bars - bar)
            for at in scenes
            for bar in range(0, self.grids[at].bars, BARS)
        }

    def _fill(
        self, tasks: dict[tuple[int, int], Task], turn: int, asked: Settings | None = None
    ) -> None:
        """Fills what is free in windows, those of a length together."""
        asked = asked or self.settings
        free = {place: task for place, task in tasks.items() if is_free(task)}
        lengths = sorted({task.grid.bars for task in free.values()})
        for call, bars in enumerate(lengths):
            group = {place: task for place, task in free.items() if task.grid.bars == bars}
            seed = self.piece.rng(f"fill {turn} {bars}").randrange(2**31)
            steps = steps_for(group.values(), asked.steps)
            settings = replace(asked, seed=seed, steps=steps)
            on_step = self._progress(turn, call, len(lengths))
            filled = self.model.fill_many(list(group.values()), settings, on_step)
            for (at, bar), grid in zip(group, filled, strict=True):
                self.grids[at] = put(self.grids[at], bar, grid)

    def _progress(self, turn: int, call: int, calls: int) -> OnStep | None:
        """Steps of one call as hundredths of all turns."""
        tell = self.on_step
        if tell is None:
            return None
        turns = 5 if self.piece.genre.written else 3

        def on_step(step: Step) -> None:
            done = turn + (call + step.index / step.total) / calls
            tell(Step(round(100 * done), 100 * turns))

        return on_step

    def _tasks(self, windows: dict[tuple[int, int], int]) -> dict[tuple[int, int], Task]:
        return {place: self._task(*place, bars) for place, bars in windows.items()}

    def _tasks_below(self, scenes: Sequence[int]) -> dict[tuple[int, int], Task]:
        """Bass and texture of some scenes, as before where tune and harmony are as before."""
        for at in scenes:
            earlier = self.piece.scenes[at].planned.like
            if earlier is not None:
                self.grids[at] = accompanied_alike(self.grids[earlier], self.grids[at])
        windows = self._windows(scenes)
        return {place: self._task_below(*place, bars) for place, bars in windows.items()}

    def _task_below(self, at: int, bar: int, bars: int) -> Task:
        scene = self.piece.scenes[at]
        window = self.grids[at].slice_bars(bar, bar + bars)
        streams = written_streams(self.piece, scene)
        rules: dict[Stream, Rule] = {}
        if "bass" in streams:
            rules["bass"] = bass_rule(self.piece, window)
        return Task(window, conditions_of(self.piece, scene, bar, bars), streams, rules)

    def _task(self, at: int, bar: int, bars: int) -> Task:
        scene = self.piece.scenes[at]
        window = self.grids[at].slice_bars(bar, bar + bars)
        conditions = conditions_of(self.piece, scene, bar, bars)
        rules = rules_of(self.piece, scene, window)
        if bar == 0 and bars == self._head(at) and scene.planned.like is None:
            rules["melody"] = reaching(self.piece, scene, window, rules["melody"])
        return Task(window, conditions, ("chord", "melody"), rules)

    def _reprise(self, at: int) -> None:
        """Takes bars up again within a section, by its scheme; the others stay free."""
        scheme, first = self._scheme(at), self._head(at)
        for bar in range(first, self.grids[at].bars):
            wished = self.wishes[at].slice_bars(bar, bar + 1)
            source = source_of(scheme, bar)
            # What is new itself, beyond the head, cannot be taken up yet: its rhythm is free too.
            if source and source.bar < first:
                earlier = self.grids[at].slice_bars(source.bar, source.bar + 1)
                old = rhythm_of(earlier) if source.is_rhythm_only else earlier
                wished = taken_over(old, wished)
            self.grids[at] = put(self.grids[at], bar, wished)

    def _return(self, at: int) -> None:
        """A section that comes again: the same chords; the same tune, or a verse's varied one."""
        scene = self.piece.scenes[at]
        earlier = scene.planned.like
        assert earlier is not None
        model = self.grids[earlier]
        rng = self.piece.rng(f"return {at}")
        varies = scene.name in ("verse", "solo") and not scene.is_sung
        for bar in range(self.grids[at].bars):
            wished = self.wishes[at].slice_bars(bar, bar + 1)
            is_new = varies and (bar % 4 == 3 or rng.random() < 0.2)
            if bar < model.bars:
                source = model.slice_bars(bar, bar + 1)
                taken = taken_over(source, wished)
                if is_new:
                    taken = taken.with_stream("melody", wished.melody)
                wished = taken
            self.grids[at] = put(self.grids[at], bar, wished)

    def _tune(self, at: int) -> Tune:
        piece, scene, grid = self.piece, self.piece.scenes[at], self.grids[at]
        if piece.genre.harmony == "ours":
            chords = planned_chords(piece, scene)
        else:
            chords = chords_of(grid.chord, -piece.shift, scene.start_beats)
        notes = melody_notes(grid.melody, -piece.shift, scene.start_beats)
        sung = self.syllables[at]
        named = [
            replace(note, syllable=sung.get(_step(note, scene), "")) if sung else note
            for note in notes
        ]
        return Tune(tuple(chords), tuple(named), written(piece, scene, grid))


def _step(note: Note, scene: Scene) -> int:
    return round((note.start_beats - scene.start_beats) / STEP_BEATS)


def _free_share(task: Task) -> float:
    """How much of the asked streams is to be drawn."""
    tokens = np.concatenate([task.grid.stream(name) for name in task.streams])
    return float(((tokens == MASK) | (tokens == ONSET)).mean())


def is_free(task: Task) -> bool:
    return _free_share(task) > 0


FEWEST_STEPS = 4
ALL_FREE = 0.35
"""From this share of free places on, all steps are taken: sung rhythms leave about as much."""


def steps_for(tasks: Iterable[Task], steps: int) -> int:
    """Fewer steps where little is left to draw: each then draws no more at once."""
    share = max(_free_share(task) for task in tasks) / ALL_FREE
    return min(steps, max(FEWEST_STEPS, math.ceil(steps * share)))


def put(grid: Grid, bar: int, part: Grid) -> Grid:
    """A grid with some bars replaced."""
    pieces = [part]
    if bar:
        pieces.insert(0, grid.slice_bars(0, bar))
    if bar + part.bars < grid.bars:
        pieces.append(grid.slice_bars(bar + part.bars, grid.bars))
    return join(pieces)


def rhythm_of(bar: Grid) -> Grid:
    """A bar whose tune has its rhythm alone, over any harmony."""
    melody = np.where(bar.melody >= FIRST, ONSET, bar.melody).astype(np.uint8)
    return replace(bar, melody=melody, chord=np.full_like(bar.chord, MASK))


def taken_over(source: Grid, wished: Grid) -> Grid:
    """A bar sung or played like an earlier one, as far as what is fixed allows.

    Pitches are kept over the same chords; over others only the rhythm is.
    """
    chord = np.where(wished.chord == MASK, source.chord, wished.chord)
    is_same = bool((chord == source.chord).all())
    old = source.melody if is_same else np.where(source.melody >= FIRST, ONSET, source.melody)
    kept = np.where(wished.melody == ONSET, np.where(old >= FIRST, old, ONSET), wished.melody)
    melody = np.where(wished.melody == MASK, old, kept)
    return replace(wished, chord=chord.astype(np.uint8), melody=melody.astype(np.uint8))


def accompanied_alike(source: Grid, grid: Grid) -> Grid:
    """A grid with the bass and texture of those bars of another that have its tune and chords."""
    for bar in range(min(source.bars, grid.bars)):
        old, new = source.slice_bars(bar, bar + 1), grid.slice_bars(bar, bar + 1)
        if all((old.stream(n) == new.stream(n)).all() for n in ("melody", "chord")):
            grid = put(grid, bar, replace(new, bass=old.bass, texture=old.texture))
    return grid
