"""A stand-in for the music model in tests of the composer: fills grids by a fixed rule, in no time.

Keeps to what a model must keep to: fixed tokens stay, rules are obeyed, the same seed gives the
same grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.pocket.music.model import Settings, Task
from pipelines.pocket.music.sampling import CHORD_UNIT
from pipelines.pocket.music.tokens import (
    FIRST,
    HOLD,
    MASK,
    ONSET,
    REST,
    SIZES,
    Grid,
    Stream,
    Tokens,
    chord_token,
)
from studio.spec import OnStep, Step


@dataclass
class PlainFiller:
    """Melodies wander through the allowed pitches; a free place begins a note every second 16th."""

    tasks: list[Task] = field(default_factory=list)
    """All that it was asked for."""

    def fill_many(
        self, tasks: Sequence[Task], settings: Settings, on_step: OnStep | None = None
    ) -> list[Grid]:
        self.tasks += tasks
        filled = [_filled(task, settings.seed + at) for at, task in enumerate(tasks)]
        if on_step is not None:
            for step in range(settings.steps):
                on_step(Step(step + 1, settings.steps))
        return filled


def _filled(task: Task, seed: int) -> Grid:
    rng = np.random.default_rng(seed)
    if "melody" not in task.streams:
        return _below(task, rng)
    grid = task.grid
    chord = grid.chord.copy()
    unit = CHORD_UNIT[grid.metre]
    tonic = chord_token(0, "maj") if task.conditions.mode == "major" else chord_token(9, "min")
    options = [tonic, chord_token(5, "maj"), chord_token(7, "maj"), chord_token(2, "min")]
    for at in np.flatnonzero(chord == MASK):
        begins = at == 0 or (at % (2 * unit) == 0)
        chord[at] = options[rng.integers(4)] if begins else HOLD
    return grid.with_stream("chord", chord).with_stream("melody", _melody(task, rng))


def _below(task: Task, rng: np.random.Generator) -> Grid:
    """A bass note each fourth 16th, of any allowed pitch; a texture of any kind each 8th."""
    grid = task.grid
    if "bass" in task.streams:
        size = SIZES["bass"]
        rules = np.broadcast_to(task.rules["bass"], (grid.steps, size))
        tokens = [
            HOLD if at % 4 else rng.choice(np.flatnonzero(rules[at, FIRST:])) + FIRST
            for at in range(grid.steps)
        ]
        grid = _kept(grid, "bass", np.array(tokens, np.uint8))
    if "texture" in task.streams:
        tokens = rng.integers(HOLD, SIZES["texture"], len(grid.texture))
        grid = _kept(grid, "texture", np.where(tokens == ONSET, REST, tokens).astype(np.uint8))
    return grid


def _kept(grid: Grid, name: Stream, tokens: Tokens) -> Grid:
    old = grid.stream(name)
    return grid.with_stream(name, np.where(old == MASK, tokens, old))


def _melody(task: Task, rng: np.random.Generator):
    tokens = task.grid.melody.copy()
    rules = np.broadcast_to(task.rules["melody"], (len(tokens), len(task.rules["melody"].T)))
    pitch = float(np.mean(np.flatnonzero(rules[0, FIRST:]))) + FIRST
    for at in np.flatnonzero((tokens == MASK) | (tokens == ONSET)):
        if tokens[at] == MASK and at % 2:
            tokens[at] = HOLD
            continue
        allowed = np.flatnonzero(rules[at, FIRST:]) + FIRST
        pitch = min(allowed, key=lambda token: abs(token - pitch - rng.integers(-3, 4)))
        tokens[at] = pitch
    return tokens
