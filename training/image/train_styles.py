"""Trains the part of the judge that tells styles apart, on drawings that no one held out.

    python -m training.image.train_styles

Makes pictures of the drawings, counts which traits go with which style, then fits a network on what
the traits of each picture say. What a drawing's traits say is always looked up in a table that was
counted on others, as it will be for a picture never seen. Takes three minutes of one core. A
twentieth of the drawings is kept aside to compare settings on; those held out from all models are
looked at once, at the end.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from studio.evaluate import _styles, _traits
from training.image.evaluation_prompts import STYLE_WORDS
from training.image.render import OUT
from training.image.split import held_out, manifest, seen
from training.image.style_pictures import (
    SIDE,
    Pictures,
    Stock,
    compressed,
    over_white,
    softened,
    sprites,
)
from training.image.train_judge import RUN

# seed: how many pictures; each slice is kept, so a run that was stopped goes on with the next.
SLICES = {21: 4800, 22: 8000, 23: 8000}
CHUNK = 64
FOLDS = 4
# Styles that no prompt asks for are shown less often.
UNASKED_WEIGHT = 0.4
ASIDE_PER_MILLE = 50
EPOCHS, BATCH, PEAK, WEIGHT_DECAY, SMOOTHING = 25, 128, 2e-3, 0.1, 0.05
# A trait must be met in this many pictures before it says much.
DOUBT = 20
LARGEST_ODDS = 4
# Neighbouring colours share some of their counts: a picture model mixes them less exactly.
BLUR = (0.25, 0.5, 0.25)
# A drawing in a picture, as the evaluation's scenes have it.
SHOWN_SIZE = 115

View = Callable[[np.ndarray], Tensor]


def shown(drawings: np.ndarray) -> Tensor:
    """Drawings with a little room around them, over white."""
    x = F.interpolate(sprites(drawings), size=SHOWN_SIZE, mode="bicubic", antialias=True)
    before = (SIDE - SHOWN_SIZE) // 2
    after = SIDE - SHOWN_SIZE - before
    x = F.pad(x.clamp(0, 1), (before, after, before, after))
    return x[:, :3] + 1 - x[:, 3:]


VIEWS: dict[str, View] = {
    "as drawn": over_white,
    "smaller and softened": lambda drawings: softened(shown(drawings), 0.7),
    "smaller and compressed": lambda drawings: compressed(shown(drawings), 6, 4).clamp(0, 1),
}


@dataclass(frozen=True)
class Look:
    """What was found in one picture: its traits, how often each occurs, and its statistics."""

    which: NDArray[np.int32]
    how_often: NDArray[np.uint16]
    statistics: NDArray[np.float32]


@dataclass(frozen=True)
class Collection:
    """Looks at many pictures, with the style and the row of the drawing of each."""

    looks: list[Look]
    styles: NDArray[np.int64]
    rows: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> "Collection":
        """Some of the pictures."""
        looks = [self.looks[i] for i in np.flatnonzero(chosen)]
        return Collection(looks, self.styles[chosen], self.rows[chosen])

    def __add__(self, other: "Collection") -> "Collection":
        styles = np.concatenate([self.styles, other.styles])
        return Collection(self.looks + other.looks, styles, np.concatenate([self.rows, other.rows]))

    def save(self, path: Path) -> None:
        """Writes one array of everything found, and how many traits each picture has."""
        np.savez(
            path,
            idx=np.concatenate([each.which for each in self.looks]),
            val=np.concatenate([each.how_often for each in self.looks]),
            num=np.array([len(each.which) for each in self.looks]),
            st=np.stack([each.statistics for each in self.looks]),
            y=self.styles,
            rows=self.rows,
        )

    @classmethod
    def load(cls, path: Path) -> "Collection":
        """Reads what `save` wrote."""
        found = np.load(path)
        ends = np.cumsum(found["num"])[:-1]
        parts = zip(np.split(found["idx"], ends), np.split(found["val"], ends), found["st"],
                    strict=True)  # fmt: skip
        return cls([Look(*part) for part in parts], found["y"], found["rows"])


def look(x: Tensor) -> list[Look]:
    """Looks at pictures (B, 3, 128, 128) in [0, 1], rounded as they will be when stored."""
    pixels = (x * 255).round().byte()
    statistics = _styles.features(pixels.float() / 255).numpy()
    pictures = pixels.permute(0, 2, 3, 1).numpy()
    return [
        Look(*_traits.counted(each), own) for each, own in zip(pictures, statistics, strict=True)
    ]


def collected(stock: Stock, seed: int, count: int) -> Collection:
    """Looks at new pictures, or at those that a run before this one has looked at."""
    path = RUN / "styles" / f"looks-{seed}.npz"
    if path.exists():
        return Collection.load(path)
    pictures = Pictures(stock, seed)
    looks, styles, rows = [], [], []
    for _ in range(0, count, CHUNK):
        x, style, row = pictures.batch(CHUNK)
        looks += look(x)
        styles.append(style)
        rows.append(row)
    found = Collection(looks, np.concatenate(styles), np.concatenate(rows))
    found.save(path)
    return found


def viewed(stock: Stock, view: View) -> Collection:
    """Looks at each drawing once, in one way of showing it."""
    parts = [stock.rows[i : i + CHUNK] for i in range(0, len(stock.rows), CHUNK)]
    looks = [each for part in parts for each in look(view(np.array(stock.table[part])))]
    return Collection(looks, stock.labels[stock.rows], stock.rows)


def counts(collection: Collection, styles: int) -> NDArray[np.float64]:
    """How much of each trait the pictures of each style have, (styles, traits)."""
    found = np.zeros((styles, _traits.TOTAL))
    for each, style in zip(collection.looks, collection.styles, strict=True):
        found[style, each.which] += _traits.weighed(each.which, each.how_often)[0]
    return found


def blurred(counts: NDArray[np.float64]) -> Tensor:
    """Counts of colours (styles, levels³) shared with their neighbours."""
    levels = round(counts.shape[1] ** (1 / 3))
    x = torch.from_numpy(counts).float().reshape(len(counts), 1, levels, levels, levels)
    for axis in range(3):
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = len(BLUR)
        padding = [int(each == axis) for each in range(3)]
        x = F.conv3d(x, torch.tensor(BLUR).reshape(shape), padding=padding)
    return x.reshape(len(counts), -1)


def odds(counts: NDArray[np.float64]) -> NDArray[np.int8]:
    """The table: how much likelier each trait is in a style than anywhere, as a logarithm."""
    found = np.empty(counts.shape, np.float32)
    for offset, (name, size) in zip(_traits.OFFSETS, _traits.KINDS.items(), strict=False):
        own = counts[:, offset : offset + size]
        if name in _traits.COLOURS:
            own = blurred(own).numpy().astype(np.float64)
        sums = own.sum(1, keepdims=True)
        anywhere = (own / sums.clip(1e-9)).mean(0) + 1e-7
        anywhere /= anywhere.sum()
        here = (own + DOUBT * anywhere) / (sums + DOUBT)
        found[:, offset : offset + size] = np.log(here / anywhere)
    steps = found.clip(-LARGEST_ODDS, LARGEST_ODDS) * _styles.ODDS_SCALE
    return np.rint(steps).astype(np.int8)


def evidence(collection: Collection, table: NDArray[np.int8]) -> Tensor:
    """What the network reads, (pictures, evidence)."""
    rows = [
        np.concatenate([_styles.speech(table, each.which, each.how_often), each.statistics])
        for each in collection.looks
    ]
    return torch.from_numpy(np.stack(rows))


def cross_evidence(collection: Collection, styles: int) -> Tensor:
    """Evidence of each picture by a table that was counted without its drawing."""
    fold = collection.rows * 2654435761 % 2**32 // 7 % FOLDS
    own = [counts(collection.take(fold == f), styles) for f in range(FOLDS)]
    total = np.sum(own, 0)
    found = torch.empty(len(collection.looks), _styles.evidence_count(styles))
    for f in range(FOLDS):
        chosen = fold == f
        found[torch.from_numpy(chosen)] = evidence(collection.take(chosen), odds(total - own[f]))
    return found


def fit(model: nn.Sequential, x: Tensor, y: Tensor) -> None:
    """Trains the network."""
    optimizer = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            loss = F.cross_entropy(model(x[part]), y[part], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()


def set_aside(rows: list[dict]) -> NDArray[np.bool_]:
    """Some of the drawings in styles that prompts ask for, by a hash of their names."""
    ranks = [int(hashlib.sha256(f"dev{row['key']}".encode()).hexdigest(), 16) for row in rows]
    asked = [row["style"] in STYLE_WORDS for row in rows]
    return (np.array([rank % 1000 for rank in ranks]) < ASIDE_PER_MILLE) & np.array(asked)


def shares(guess: NDArray[np.int64], truth: NDArray[np.int64], styles: list[str]) -> dict:
    """How often the judge is right: in all, with styles that look alike as one, by style."""
    alike = [styles.index(name) for name in sorted(_styles.ALIKE)]
    one, other = (np.where(np.isin(each, alike), alike[0], each) for each in (guess, truth))
    by = {styles[s]: float((guess[truth == s] == s).mean()) for s in np.unique(truth)}
    return {
        "all": round(float((guess == truth).mean()), 4),
        "mean of the styles": round(float(np.mean(list(by.values()))), 4),
        "with " + " and ".join(sorted(_styles.ALIKE)) + " as one": round(
            float((one == other).mean()), 4
        ),
        "drawings": {name: int((truth == styles.index(name)).sum()) for name in by},
        "each": {name: round(share, 3) for name, share in by.items()},
    }


def checked(model: _styles.Styles, stock: Stock, styles: list[str]) -> dict:
    """The shares on each drawing of a stock, in each way of showing it."""
    found = {}
    for name, view in VIEWS.items():
        own = viewed(stock, view)
        with torch.inference_mode():
            guess = model.network(evidence(own, model.odds.numpy())).argmax(1).numpy()
        found[name] = shares(guess, own.styles, styles)
        print(name, found[name], flush=True)
    return found


def fitted(slices: list[Collection], styles: int) -> _styles.Styles:
    """Counts the table and trains the network on what it says."""
    torch.manual_seed(0)
    everything = sum(slices[1:], slices[0])
    model = _styles.Styles(styles)
    fit(model.network, cross_evidence(everything, styles), torch.from_numpy(everything.styles))
    model.odds = torch.from_numpy(odds(counts(everything, styles)))
    return model


def keep(model: _styles.Styles, folder: Path) -> None:
    """Writes the weights, the network in half precision."""
    state = model.state_dict()
    halved = {name: x if x.dtype == torch.int8 else x.half() for name, x in state.items()}
    save_file(halved, folder / _styles.WEIGHTS)


def train(is_comparing: bool) -> None:
    """Fits, and tests either on the drawings kept aside or, to publish, on those held out."""
    folder = RUN / "styles"
    folder.mkdir(parents=True, exist_ok=True)
    rows = manifest()
    styles = sorted({row["style"] for row in rows})
    labels = np.array([styles.index(row["style"]) for row in rows])
    often = np.array([1 if name in STYLE_WORDS else UNASKED_WEIGHT for name in styles])
    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    known, aside = seen(rows), set_aside(rows)
    learned = Stock(table, known[~aside[known]], labels, often)
    model = fitted([collected(learned, *each) for each in SLICES.items()], len(styles))
    if is_comparing:
        checked(model, Stock(table, known[aside[known]], labels, often), styles)
        return
    keep(model, folder)
    found = checked(model, Stock(table, held_out(rows), labels, often), styles)
    (folder / "shares.json").write_text(json.dumps(found) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", action="store_true", help="test on the drawings kept aside")
    torch.set_num_threads(1)
    train(parser.parse_args().compare)
