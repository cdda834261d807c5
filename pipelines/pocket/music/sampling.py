"""One batch of grids on its way from masks to music.

Each token that is free gets its turn at random, harmony before melody and melody before its
accompaniment, beats before what is between them; at each step those whose turn it is are drawn from
what the network predicts given all others, few at first and more as less is open (ancestral
sampling of masked diffusion, Sahoo et al. 2024; the cosine schedule of MaskGIT, Chang et al. 2022;
guidance on the logits, Nisonoff et al. 2024). Knows nothing about weights or training pieces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music import conditions as told
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.tokens import (
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
)
from studio.errors import PipelineError
from studio.score import QUALITIES

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from pipelines.pocket.music.network import Batch, MusicDenoiser

CHORD_UNIT = {(4, 4): 2, (3, 4): 2, (6, 8): 3}
"""8ths in a beat: chords change only on beats."""

TURNS: dict[Stream, tuple[float, float]] = {
    "chord": (0.0, 0.3), "melody": (0.2, 1.0), "bass": (0.6, 1.0), "texture": (0.6, 1.0),
    "drums": (0.6, 1.0),
}  # fmt: skip
"""From when to when a stream is drawn, as shares of all steps."""

REPEATED: tuple[Stream, ...] = ("melody", "chord")
"""What is the same in a bar that repeats another."""

OFF_BEAT = 1.0
"""How much later an 8th off the beat comes, and a 16th beside it by as much again."""

NEVER = -1e9
RHYTHM_TEMPERATURE = 0.9
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
    alike: tuple[int, ...] = ()
    """For each bar an earlier one whose tune and harmony it repeats, or itself; empty for none."""


@dataclass(frozen=True)
class Settings:
    """How to draw."""

    steps: int = 16
    guidance: float = 1.0
    """How much more than its conditions say; 1 draws from the model as it is, in half the time."""

    temperature: float = 0.85
    """Of pitches and chords, not of rhythms: below 1 they are chosen more safely."""

    top_p: float = 0.98
    """Only the likeliest pitches and chords that together have this share are drawn."""

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


class Sampler:
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
        self.sources: dict[Stream, Tensor] = {name: self._sources(name) for name in REPEATED}
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
            if name in self.sources:
                is_free &= self.sources[name][row] == torch.arange(len(is_free))
            turns[name] = (is_free, _spread(is_free, task.grid, self.seeds[row]))
        spans = [TURNS[n] for n, (is_free, _) in turns.items() if is_free.any()]
        first = min((begin for begin, _ in spans), default=0.0)
        length = max((end for _, end in spans), default=1.0) - first
        return {
            name: torch.where(is_free, _at(TURNS[name], order, first, length), 2.0)
            for name, (is_free, order) in turns.items()
        }

    def _sources(self, name: Stream) -> Tensor:
        """(grids, tokens): from where each token of a bar that repeats another is taken.

        Only what is free in both in the same way is the same.
        """
        import torch

        tokens = self.batch.streams[name]
        sources = torch.arange(tokens.shape[1]).repeat(len(self.tasks), 1)
        for row, task in enumerate(self.tasks):
            bars = sources[row].view(task.grid.bars, -1).clone()
            for bar, earlier in enumerate(task.alike if name in task.streams else ()):
                bars[bar] = bars[earlier]
            there = bars.flatten()
            is_free = (tokens[row] == MASK) | (tokens[row] == ONSET)
            is_free &= tokens[row][there] == tokens[row]
            sources[row] = torch.where(is_free, there, sources[row])
        return sources

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
        for name, sources in self.sources.items():
            self.batch.streams[name] = self.batch.streams[name].gather(1, sources)

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
    """One token for each row of scores (N, size).

    First whether something begins, which must not be sharpened much or the music thins out; then
    what begins, by temperature and from the likeliest `top_p`.
    """
    import torch

    scores = scores.float()
    begins = scores[:, FIRST:].logsumexp(-1, keepdim=True)
    kinds = (torch.cat([scores[:, :FIRST], begins], -1) / RHYTHM_TEMPERATURE).softmax(-1)
    what = (scores[:, FIRST:] / settings.temperature).softmax(-1)
    ordered, order = what.sort(-1, descending=True)
    beyond = ordered.cumsum(-1) - ordered >= settings.top_p
    kept = torch.zeros_like(what).scatter(-1, order, ordered.masked_fill(beyond, 0))
    shares = torch.cat([kinds[:, :FIRST], kinds[:, FIRST:] * kept / kept.sum(-1, keepdim=True)], -1)
    return torch.multinomial(shares, 1, generator=generator)[:, 0]
