"""What every trainer shares: slices of minutes, checkpoints that survive a kill, logs.

    run = Slice(folder, minutes)
    state = run.restore() or fresh()
    while run.has_time(): …; run.keep(state) every few minutes

Knows nothing about any model.
"""

import copy
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

CACHE = Path(__file__).parent / "cache"


class Slice:
    """One stretch of training: a clock, a log and an atomic checkpoint in `folder`."""

    def __init__(self, folder: Path, minutes: float, keep_every_s: float = 180) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.start = time.monotonic()
        self.ends = self.start + minutes * 60
        self.keep_every_s = keep_every_s
        self.kept = self.start

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def restore(self, device: str) -> dict[str, Any] | None:
        """The last checkpoint, or None on a fresh start."""
        if not self.checkpoint.exists():
            return None
        return torch.load(self.checkpoint, map_location=device, weights_only=True)

    def has_time(self) -> bool:
        return time.monotonic() < self.ends

    def progress(self) -> float:
        """0 at the start of the slice, 1 at its end."""
        return min(1.0, (time.monotonic() - self.start) / (self.ends - self.start))

    def is_due(self) -> bool:
        return time.monotonic() - self.kept > self.keep_every_s

    def keep(self, state: Callable[[], dict[str, Any]]) -> None:
        """Writes a checkpoint whole or not at all."""
        part = self.checkpoint.with_suffix(".part")
        torch.save(state(), part)
        os.replace(part, self.checkpoint)
        self.kept = time.monotonic()

    def log(self, **facts: Any) -> None:
        """Appends a line to log.jsonl and prints it."""
        facts = {"t": round(time.monotonic() - self.start, 1), **facts}
        line = json.dumps(facts)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(line + "\n")
        print(line, flush=True)


@dataclass(frozen=True)
class Rate:
    """A learning rate: warm-up, then flat at `peak`, down to `floor` of it over the last share."""

    peak: float
    warm_steps: int
    cool_share: float
    floor: float

    def at(self, step: int, progress: float, is_cooling: bool = True) -> float:
        """`progress` of the slice is 0 to 1; only a slice `is_cooling` ends low."""
        warm = min(1.0, (step + 1) / self.warm_steps)
        cool = min(1.0, max(self.floor, (1 - progress) / self.cool_share)) if is_cooling else 1.0
        return self.peak * warm * cool


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Moves a running average of the weights towards the model's."""
    for mine, theirs in zip(average.parameters(), model.parameters(), strict=True):
        mine.lerp_(theirs, 1 - decay)


class FlatMuon:
    """Muon (Jordan et al. 2024) for matrices, and for kernels seen as matrices (out, in · k · k).

    torch's Muon takes matrices only; a flat view shares its memory with the kernel it moves.
    """

    def __init__(self, kernels: list[nn.Parameter], rate: float) -> None:
        self.kernels = kernels
        self.flat = [nn.Parameter(k.data.view(len(k), -1)) for k in kernels]
        self.muon = torch.optim.Muon(
            self.flat, rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        )
        self.param_groups = self.muon.param_groups

    def step(self) -> None:
        for flat, kernel in zip(self.flat, self.kernels, strict=True):
            flat.grad = None if kernel.grad is None else kernel.grad.view(len(kernel), -1)
        self.muon.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        for kernel in self.kernels:
            kernel.grad = None

    def state_dict(self) -> dict[str, Any]:
        return self.muon.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.muon.load_state_dict(state)


def muon_and_adamw(
    model: nn.Module, rate: float, is_inner: Callable[[str], bool]
) -> tuple[FlatMuon, torch.optim.AdamW]:
    """Muon for the inner kernels and matrices, AdamW for the rest."""
    inner, rest = [], []
    for name, parameter in model.named_parameters():
        is_kernel = parameter.ndim in (2, 4) and is_inner(name)
        (inner if is_kernel else rest).append(parameter)
    return FlatMuon(inner, rate), torch.optim.AdamW(
        rest, rate, betas=(0.9, 0.98), weight_decay=0.01
    )


@dataclass
class Descent:
    """Plain training of one model: resumes, steps, averages the weights, logs, keeps.

    `steppers`: optimisers of all parameters that learn. `loss_of`: from model and batch.
    """

    run: Slice
    model: Any
    steppers: Sequence[Any]
    loss_of: Callable[[Any, Any], Tensor]
    rate: Rate
    ema: float = 0.99

    def __post_init__(self) -> None:
        self.average = copy.deepcopy(self.model).eval()
        self.step, self.seen = 0, 0

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "steppers": [stepper.state_dict() for stepper in self.steppers],
            "step": self.step,
            "seen": self.seen,
        }

    def restore(self, device: str) -> None:
        """Goes on from the last checkpoint, if there is one."""
        kept = self.run.restore(device)
        if kept is None:
            return
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        for stepper, state in zip(self.steppers, kept["steppers"], strict=True):
            stepper.load_state_dict(state)
        self.step, self.seen = kept["step"], kept["seen"]

    def keep(self) -> None:
        """Writes a checkpoint, and the averaged weights with `save_pretrained`."""
        self.run.keep(self._state)
        self.average.save_pretrained(self.run.folder / "weights")

    def go(self, batches: Iterable[Any], size: int, device: str, is_last: bool) -> None:
        """Steps until the slice's time is over."""
        losses: list[float] = []
        for batch in batches:
            if not self.run.has_time():
                break
            losses = [*losses[-99:], self._one(batch, device, is_last)]
            self.step, self.seen = self.step + 1, self.seen + size
            follow(self.average, self.model, min(self.ema, self.step / (self.step + 10)))
            if self.step % 20 == 0:
                mean = round(sum(losses) / len(losses), 4)
                self.run.log(step=self.step, seen=self.seen, loss=mean)
            if self.run.is_due():
                self.keep()
        self.keep()

    def _one(self, batch: Any, device: str, is_last: bool) -> float:
        for group in (g for s in self.steppers for g in s.param_groups):
            group["lr"] = self.rate.at(self.step, self.run.progress(), is_last)
        with torch.autocast(device, torch.bfloat16):
            loss = self.loss_of(self.model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for stepper in self.steppers:
            stepper.step()
            stepper.zero_grad()
        return loss.item()
