"""pocket-music at run time: fills what is free in grids by masked diffusion.

    model = MusicModel.load()
    grid = model.fill(Task(empty((4, 4), 8), Conditions(genre="folk")), Settings(seed=7))

How one batch is drawn is in sampling.py; here melodies that repeat a training piece are drawn anew.
Knows nothing about keys, form or sound. Importing this module imports neither torch nor
transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.pocket.music.novelty import FILE as KNOWN_FILE
from pipelines.pocket.music.novelty import RUN_NOTES, Known
from pipelines.pocket.music.sampling import (
    Rule,
    Sampler,
    Settings,
    Task,
    chord_rule,
    pitch_rule,
)
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    MASK,
    ONSET,
    Grid,
    melody_notes,
)
from studio.errors import PipelineError
from studio.spec import OnStep, Step
from studio.weights import shipped, shipped_file, verify

if TYPE_CHECKING:
    from pipelines.pocket.music.network import MusicDenoiser

ASSETS = Path(__file__).parents[3] / "assets" / "pocket-music"
WEIGHTS = "model.safetensors"
__all__ = ["ASSETS", "MusicModel", "Rule", "Settings", "Task", "chord_rule", "pitch_rule"]
RENEWALS, RENEWAL_STEPS = 5, 4
"""How often, and in how many steps, a melody that repeats a training piece is drawn anew."""


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
    again = grid.with_stream("melody", melody)
    return replace(task, grid=again, streams=("melody",), alike=())


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
        sampler = Sampler(self.network, tasks, settings)
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
