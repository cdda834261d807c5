"""pocket-music at run time: fills what is free in grids by masked diffusion.

    model = MusicModel.load()
    grid = model.fill(Task(empty((4, 4), 8), Conditions(genre="folk")), Settings(seed=7))

Each token that is free gets its turn at random, harmony before melody and melody before its
accompaniment, beats before what is between them; at each step those whose turn it is are drawn from
what the network predicts given all others, few at first and more as less is open (ancestral
sampling of masked diffusion, Sahoo et al. 2024; the cosine schedule of MaskGIT, Chang et al. 2022;
guidance on the logits, Nisonoff et al. 2024). Knows nothing about keys, form or sound. Importing
this module imports neither torch nor transformers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import conditions as told
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.novelty import FILE as KNOWN_FILE
from pipelines.pocket.music.novelty import RUN_NOTES, Known
from pipelines.pocket.music.tokens import (
    BARS,
    BASS_LOW,
    CHORD_QUALITIES,
    FIRST,
    HOLD,
    MASK,
    MELODY_LOW,
    ONSET,
    REST,
    SIZES,
    STEPS_A_BAR,
    STREAMS,
    Grid,
    Stream,
    melody_notes,
)
from studio.errors import PipelineError
from studio.score import QUALITIES
from studio.spec import OnStep, Step
from studio.weights import shipped, shipped_file, verify

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from pipelines.pocket.music.network import Batch, MusicDenoiser

ASSETS = Path(__file__).parents[3] / "assets" / "pocket-music"
WEIGHTS = "model.safetensors"
CHORD_UNIT = {(4, 4): 2, (3, 4): 2, (6, 8): 3}
"""8ths in a beat: chords change only on beats."""

TURNS: dict[Stream, tuple[float, float]] = {
    "chord": (0.0, 0.3), "melody": (0.2, 1.0), "bass": (0.6, 1.0), "texture": (0.6, 1.0),
    "drums": (0.6, 1.0),
}  # fmt: skip
"""From when to when a stream is drawn, as shares of all steps."""

OFF_BEAT = 0.5
"""How much later an 8th off the beat comes, and a 16th beside it by as much again."""

NEVER = -1e9
RENEWALS, RENEWAL_STEPS = 5, 4
"""How often, and in how many steps, a melody that repeats a training piece is drawn anew."""

Rule = NDArray[np.bool_]
"""(size,) or (tokens, size): which tokens may be drawn."""


@dataclass(frozen=True)
class Task:
    """A grid to fill, what is known of it, and what may stand in it."""

    grid: Grid
    conditions: Conditions = field(default_factory=Conditions)
    streams: tuple[Stream, ...] = STREAMS
    """Which to fill; the free tokens of others stay free."""

    rules: Mapping[Stream, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """How to draw."""

    steps: int = 12
    guidance: float = 1.5
    """How much more than its conditions say; 1 draws from the model as it is, in half the time."""

    temperature: float = 1.0
    top_p: float = 0.95
    """Only the likeliest tokens that together have this share are drawn."""

    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.temperature <= 0 or not 0 < self.top_p <= 1:
            raise PipelineError(f"steps ≥ 1, temperature > 0, 0 < top_p ≤ 1, got {self}")


def pitch_rule(stream: Stream, pitch_classes: frozenset[int], low: int, high: int) -> Rule:
    """Lets a line have only pitches low … high (MIDI, in the grid's key) of some classes.

    Raises:
        PipelineError: none is left.
    """
    base = MELODY_LOW if stream == "melody" else BASS_LOW
    rule = np.ones(SIZES[stream], bool)
    for token in range(FIRST, SIZES[stream]):
        pitch = token - FIRST + base
        rule[token] = pitch % 12 in pitch_classes and low <= pitch <= high
    if not rule[FIRST:].any():
        raise PipelineError(f"{stream}: no pitch of {sorted(pitch_classes)} in {low}–{high}")
    return rule


def chord_rule(pitch_classes: frozenset[int], qualities: frozenset[str]) -> Rule:
    """Lets the harmony have only chords of some qualities, all of whose tones are in a scale.

    Raises:
        PipelineError: none is left.
    """
    rule = np.ones(SIZES["chord"], bool)
    for token in range(FIRST, SIZES["chord"]):
        kind, root = divmod(token - FIRST, 12)
        quality = CHORD_QUALITIES[kind]
        tones = {(root + step) % 12 for step in QUALITIES[quality]}
        rule[token] = tones <= pitch_classes and quality in qualities
    if not rule[FIRST:].any():
        raise PipelineError(f"no chord of {sorted(qualities)} fits {sorted(pitch_classes)}")
    return rule


def _prepared(task: Task) -> Grid:
    """The grid with what needs no model: between beats, harmony goes on."""
    if "chord" not in task.streams:
        return task.grid
    chord = task.grid.chord.copy()
    between = np.arange(len(chord)) % CHORD_UNIT[task.grid.metre] != 0
    chord[between & (chord == MASK)] = HOLD
    return task.grid.with_stream("chord", chord)


def _choices(task: Task, grid: Grid, stream: Stream) -> Rule:
    """(tokens, size): what may be drawn at each place of a stream."""
    tokens = grid.stream(stream)
    may = np.ones((len(tokens), SIZES[stream]), bool)
    if stream in task.rules:
        may &= task.rules[stream]
    may[:, [MASK, ONSET]] = False
    may[np.ix_(tokens == ONSET, [HOLD, REST])] = False
    if stream == "chord" and tokens[0] in (MASK, ONSET):
        may[0, [HOLD, REST]] = False
    return may


class _Sampler:
    """One batch of grids of the same length on their way from masks to music."""

    def __init__(self, model: MusicDenoiser, tasks: Sequence[Task], settings: Settings) -> None:
        import torch

        self.model, self.tasks, self.settings = model, tasks, settings
        self.grids = [_prepared(task) for task in tasks]
        self.seeds = [
            torch.Generator("cpu").manual_seed(settings.seed + 7919 * n) for n in range(len(tasks))
        ]
        self.batch = self._batch()
        self.may: dict[Stream, Tensor] = {}
        for name in STREAMS:
            rules = [_choices(t, g, name) for t, g in zip(tasks, self.grids, strict=True)]
            self.may[name] = torch.from_numpy(np.stack(rules))
        rows = [self._turns(n) for n in range(len(tasks))]
        self.turn: dict[Stream, Tensor] = {
            n: torch.stack([row[n] for row in rows]) for n in STREAMS
        }

    def _batch(self) -> Batch:
        import torch

        from pipelines.pocket.music.network import Batch

        places = [told.positions(g.metre, g.steps) for g in self.grids]
        phrases = [
            told.phrase_tokens(t.conditions.phrases, len(p))
            for t, p in zip(self.tasks, places, strict=True)
        ]
        numbers = [list(t.conditions.numbers().values()) for t in self.tasks]
        zero = np.zeros(told.TEXT_WIDTH, np.float32)
        text = [zero if t.conditions.text is None else t.conditions.text for t in self.tasks]
        streams: dict[Stream, Tensor] = {
            n: torch.from_numpy(np.stack([g.stream(n) for g in self.grids]).astype(np.int64))
            for n in STREAMS
        }
        return Batch(
            streams,
            torch.from_numpy(np.stack(places)),
            torch.from_numpy(np.stack(phrases).astype(np.int64)),
            torch.tensor(numbers),
            torch.from_numpy(np.stack(text).astype(np.float32)),
        )

    def _turns(self, row: int) -> dict[Stream, Tensor]:
        """When each token of a grid is drawn, from 0 to below 1; 2 for what is not free."""
        import torch

        task, turns = self.tasks[row], {}
        for name in STREAMS:
            tokens = self.batch.streams[name][row]
            is_free = (tokens == MASK) | (tokens == ONSET)
            if name not in task.streams:
                is_free = torch.zeros_like(is_free)
            turns[name] = (is_free, _spread(is_free, task.grid, self.seeds[row]))
        spans = [TURNS[n] for n, (is_free, _) in turns.items() if is_free.any()]
        first = min((begin for begin, _ in spans), default=0.0)
        length = max((end for _, end in spans), default=1.0) - first
        return {
            name: torch.where(is_free, _at(TURNS[name], order, first, length), 2.0)
            for name, (is_free, order) in turns.items()
        }

    def logits(self) -> dict[Stream, Tensor]:
        """Of every token, guided by the conditions."""
        import torch

        weight = self.settings.guidance
        if weight == 1.0:
            return self.model(self.batch)
        b = self.batch
        streams: dict[Stream, Tensor] = {n: torch.cat([t, t]) for n, t in b.streams.items()}
        untold = [torch.cat([t, torch.zeros_like(t)]) for t in (b.phrases, b.numbers, b.text)]
        both = self.model(type(b)(streams, torch.cat([b.place, b.place]), *untold))
        count = len(self.tasks)
        return {n: x[count:] + weight * (x[:count] - x[count:]) for n, x in both.items()}

    def step(self, begin: float, end: float) -> None:
        """Draws the tokens whose turn is between `begin` and `end`."""
        logits = self.logits()
        for name in STREAMS:
            due = (self.turn[name] >= begin) & (self.turn[name] < end)
            for row in due.any(1).nonzero().flatten().tolist():
                places = due[row].nonzero().flatten()
                scores = logits[name][row, places].masked_fill(~self.may[name][row, places], NEVER)
                drawn = _draw(scores, self.settings, self.seeds[row])
                self.batch.streams[name][row, places] = drawn

    def result(self) -> list[Grid]:
        found = []
        for row, grid in enumerate(self.grids):
            streams = {n: t[row].numpy().astype(np.uint8) for n, t in self.batch.streams.items()}
            found.append(replace(grid, **streams))
        return found


def _at(span: tuple[float, float], order: Tensor, first: float, length: float) -> Tensor:
    """Turns of a stream on the clock of the streams that have any."""
    begin, end = span
    return (begin + (end - begin) * order - first) / length


def _spread(is_free: Tensor, grid: Grid, generator: Generator) -> Tensor:
    """The order of a stream's tokens, from 0 to below 1.

    Every bar takes its turns in step with the others, so that what is drawn at once stands far
    apart; beats come a little before what is between them.
    """
    import torch

    count = len(is_free)
    stride = grid.steps // count
    place = torch.arange(count) * stride % STEPS_A_BAR[grid.metre]
    beat = 2 * CHORD_UNIT[grid.metre]
    later = OFF_BEAT * ((place % beat != 0).float() + (place % 2 != 0).float())
    key = torch.rand(count, generator=generator) + later
    jitter = torch.rand(count, generator=generator)
    order = torch.zeros(count)
    for bar in range(grid.bars):
        inside = torch.arange(count // grid.bars) + bar * (count // grid.bars)
        mine = inside[is_free[inside]]
        ranks = key[mine].argsort().argsort()
        order[mine] = (ranks + jitter[mine]) / max(1, len(mine))
    free = is_free.nonzero().flatten()
    even = order[free].argsort().argsort() / max(1, len(free))
    order[free] = torch.acos(1 - even) * 2 / math.pi
    return order


def _draw(scores: Tensor, settings: Settings, generator: Generator) -> Tensor:
    """One token for each row of scores (N, size), from the likeliest `top_p` of them."""
    import torch

    shares = (scores.float() / settings.temperature).softmax(-1)
    ordered, order = shares.sort(-1, descending=True)
    beyond = ordered.cumsum(-1) - ordered >= settings.top_p
    ordered = ordered.masked_fill(beyond, 0)
    chosen = torch.multinomial(ordered, 1, generator=generator)
    return order.gather(-1, chosen)[:, 0]


def reopened(task: Task, grid: Grid, known: Known) -> Task | None:
    """The filled grid with what it repeats from training pieces open again; None where nothing is.

    Only pitches that the model chose are opened; the rhythm stays.
    """
    is_known = known.at(melody_notes(grid.melody))
    onsets = np.flatnonzero(grid.melody >= FIRST)
    notes = np.zeros(len(onsets), bool)
    for first in np.flatnonzero(is_known).tolist():
        notes[first : first + RUN_NOTES] = True
    steps = onsets[notes]
    ours = steps[np.isin(task.grid.melody[steps], (MASK, ONSET))]
    if "melody" not in task.streams or not len(ours):
        return None
    melody = grid.melody.copy()
    melody[ours] = ONSET
    return replace(task, grid=grid.with_stream("melody", melody), streams=("melody",))


class MusicModel:
    """The denoiser, ready to fill grids. Same tasks and settings, same notes."""

    def __init__(
        self, network: MusicDenoiser, known: Known | None = None, sha256: str = ""
    ) -> None:
        self.network = network
        self.known = known
        """What must not be repeated; None lets anything be."""

        self.sha256 = sha256

    @classmethod
    def load(cls, folder: Path | None = None) -> MusicModel:
        """The shipped model, loaded once, or that of a folder without a manifest.

        Raises:
            WeightsError: a file is missing or damaged.
        """
        if folder is None:
            return _shipped()
        has_known = (folder / KNOWN_FILE).exists()
        return cls(_network(folder), Known.load(folder) if has_known else None)

    def fill(self, task: Task, settings: Settings, on_step: OnStep | None = None) -> Grid:
        """Fills one grid."""
        return self.fill_many([task], settings, on_step)[0]

    def fill_many(
        self, tasks: Sequence[Task], settings: Settings, on_step: OnStep | None = None
    ) -> list[Grid]:
        """Fills several grids of the same number of steps at once, each with its own seed.

        Args:
            on_step: hears of each step; what it raises ends the work.

        Raises:
            PipelineError: grids of different lengths, or longer than the model's window.
        """
        import torch

        if not tasks:
            return []
        if len({(task.grid.steps, task.grid.bars) for task in tasks}) > 1:
            raise PipelineError("grids filled together need the same number of bars and steps")
        if tasks[0].grid.bars > BARS:
            raise PipelineError(f"a grid has at most {BARS} bars, got {tasks[0].grid.bars}")
        with torch.inference_mode():
            grids = self._drawn(tasks, settings, on_step)
            return self._renewed(list(tasks), grids, settings)

    def _drawn(
        self, tasks: Sequence[Task], settings: Settings, on_step: OnStep | None = None
    ) -> list[Grid]:
        sampler = _Sampler(self.network, tasks, settings)
        total = settings.steps
        for step in range(total):
            sampler.step(step / total, (step + 1) / total if step + 1 < total else 1.5)
            if on_step is not None:
                on_step(Step(step + 1, total))
        return sampler.result()

    def _renewed(self, tasks: list[Task], grids: list[Grid], settings: Settings) -> list[Grid]:
        """Draws pitches again where a run of notes is one of a training piece."""
        if self.known is None:
            return grids
        for attempt in range(1, RENEWALS + 1):
            pairs = zip(tasks, grids, strict=True)
            again = {n: reopened(task, grid, self.known) for n, (task, grid) in enumerate(pairs)}
            stale = {n: task for n, task in again.items() if task is not None}
            if not stale:
                break
            steps = min(settings.steps, RENEWAL_STEPS)
            anew = replace(settings, steps=steps, seed=settings.seed + 104729 * attempt)
            drawn = self._drawn(list(stale.values()), anew)
            for n, grid in zip(stale, drawn, strict=True):
                grids[n] = grids[n].with_stream("melody", grid.melody)
        return grids


def _network(folder: Path) -> MusicDenoiser:
    import torch

    from pipelines.pocket.music.network import MusicDenoiser
    from studio.adapt import quiet_libraries

    quiet_libraries()
    network = MusicDenoiser.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    return network.eval()


@lru_cache(maxsize=1)
def _shipped() -> MusicModel:
    for each in shipped(ASSETS):
        verify(each)
    sha256 = shipped_file(ASSETS, WEIGHTS).sha256
    return MusicModel(_network(ASSETS), Known.load(ASSETS), sha256)
