"""What every trainer shares: work in slices of minutes, checkpoints that survive a kill, run records.

    run = Slice(folder, minutes)
    state = run.restore() or fresh()
    while run.has_time(): …; run.keep(state) every few minutes

Knows nothing about any model.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

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
        print(line, flush=True)  # noqa: T201
