"""Which drawings the models never see: one drawing of every concept that has at least five.

Chosen by a hash of the drawing's name, so the split is the same on every machine and for every
model. The judge is tested on these.
"""

import hashlib
import json
from collections import defaultdict

import numpy as np

from training.image.render import OUT

MIN_DRAWINGS = 5


def manifest() -> list[dict]:
    """The rows of the rendered table."""
    return [json.loads(line) for line in (OUT / "manifest.jsonl").read_text("utf-8").splitlines()]


def _rank(row: dict) -> str:
    return hashlib.sha256(row["key"].encode()).hexdigest()


def held_out(rows: list[dict]) -> np.ndarray:
    """Indices of the held-out drawings, sorted."""
    by_concept = defaultdict(list)
    for row in rows:
        if row["concept"]:
            by_concept[row["concept"]].append(row)
    chosen = [min(g, key=_rank)["index"] for g in by_concept.values() if len(g) >= MIN_DRAWINGS]
    return np.array(sorted(chosen))


def seen(rows: list[dict]) -> np.ndarray:
    """Indices of the drawings that models may learn from."""
    return np.setdiff1d(np.arange(len(rows)), held_out(rows))
