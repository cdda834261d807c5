"""What every trainer shares: slices of minutes, checkpoints that survive a kill, logs.

    run = Slice(folder, minutes)
    state = run.restore() or fresh()
    while run.has_time(): …; run.keep(state) every few minutes

Knows nothing about any model.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

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
