"""pocket-music at run time: fills what is free in grids by masked diffusion.

    model = MusicModel.load()
    grid = model.fill(Task(empty((4, 4), 8), Conditions(genre="folk")), Settings(seed=7))

Each token that is free gets its turn at random, harmony a little before melody and melody before
its accompaniment; at each step those whose turn it is are drawn from what the network predicts
given all others (ancestral sampling of masked diffusion, Sahoo et al. 2024; guidance on the
logits, Nisonoff et al. 2024). Knows nothing about keys, form or sound. Importing this module
imports neither torch nor transformers.
"""

from __future__ import annotations

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

TURNS: dict[Stream, float] = {
    "chord": 0.0, "melody": 0.25, "bass": 0.5, "texture": 0.5, "drums": 0.5,
}  # fmt: skip
"""When the turns of a stream begin, as a share of all; they last for half of it."""

TURN_LENGTH = 0.5
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
        self.turn: dict[Stream, Tensor] = {}
        for name in STREAMS:
            rules = [_choices(t, g, name) for t, g in zip(tasks, self.grids, strict=True)]
            self.may[name] = torch.from_numpy(np.stack(rules))
            self.turn[name] = torch.stack([self._turns(n, name) for n in range(len(tasks))])

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

    def _turns(self, row: int, name: Stream) -> Tensor:
        """When each token of a stream is drawn, from 0 to 1; above 1 for what is not free."""
        import torch

        tokens = self.batch.streams[name][row]
        drawn = torch.rand(len(tokens), generator=self.seeds[row])
        is_free = (tokens == MASK) | (tokens == ONSET)
        if name not in self.tasks[row].streams:
            is_free = torch.zeros_like(is_free)
        return torch.where(is_free, TURNS[name] + TURN_LENGTH * drawn, 2.0)

    def ranked(self) -> None:
        """Spreads the turns evenly over each grid, so that no step has to draw too many at once."""
        import torch

        for row in range(len(self.tasks)):
            flat = torch.cat([self.turn[n][row] for n in STREAMS])
            is_free = flat <= 1
            rank = flat.argsort().argsort().float() / max(1, int(is_free.sum()))
            even = torch.where(is_free, rank, 2.0)
            start = 0
            for name in STREAMS:
                length = self.turn[name].shape[1]
                self.turn[name][row] = even[start : start + length]
                start += length

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
        sampler.ranked()
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
