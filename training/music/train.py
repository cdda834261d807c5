"""Trains pocket-music on the packs of windows.

    python -m training.music.train --minutes 20

Works in slices and resumes; the same command runs on CUDA. Muon moves the matrices inside the
transformer, AdamW everything else. The loss is the cross-entropy of what the masks hide.
"""

import argparse
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.pocket.music import conditions
from pipelines.pocket.music.network import Batch, MusicConfig, MusicDenoiser
from pipelines.pocket.music.tokens import BARS, STREAMS, Stream
from training.music.build import FOLDER, held_out_pieces
from training.music.captions import Captions, quadrant
from training.music.masking import Masked, Streams, crop, mask
from training.slices import CACHE, Rate, Slice, follow, muon_and_adamw

RUN = CACHE / "runs" / "music"
EMA = 0.998
SHORT = 0.2
"""Share of batches of fewer bars than a whole window."""

WEIGHTS: dict[Stream, float] = {
    "melody": 1.0, "chord": 1.0, "bass": 0.5, "texture": 0.5, "drums": 0.4,
}  # fmt: skip
DROP_ALL, DROP_ONE, DROP_PHRASES, DROP_TEXT = 0.12, 0.15, 0.3, 0.4
"""How often conditions are not told, for guidance and for requests that leave them open."""

GENRE_SHARE = 0.35
"""Share of batches from windows whose accompaniment the genre engine wrote."""

COLOUR_WEIGHTS = (1.0, 2.0, 1.2, 0.6)
SUNG_WEIGHT, RARE_WEIGHT = 1.5, 4.0
COMMON = ("art song", "chamber")
"""Genres of most pieces; all others are drawn more often than they are there."""

LOG_EVERY = 50
NAMES = tuple(conditions.SIZES)


@dataclass(frozen=True)
class Rows:
    """Windows of one length: streams (N, …) and what is told of them."""

    a_bar: int
    streams: Streams
    phrases: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    metre: NDArray[np.int64]
    piece: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Rows":
        return Rows(
            self.a_bar,
            {n: t[rows] for n, t in self.streams.items()},
            self.phrases[rows],
            self.numbers[rows],
            self.metre[rows],
            self.piece[rows],
        )


def load(pattern: str, *, is_held_out: bool) -> list[Rows]:
    """The packs whose name begins with `pattern`, without or with only the held-out pieces."""
    held, found = held_out_pieces(), []
    for path in sorted(FOLDER.glob(f"{pattern}-*.npz")):
        with np.load(path) as pack:
            arrays = dict(pack)
        rows = np.flatnonzero(np.isin(arrays["piece"], held) == is_held_out)
        streams = {n: arrays[n] for n in STREAMS}
        told = [arrays[n].astype(np.int64) for n in ("conditions", "metre", "piece")]
        a_bar = int(path.stem.rsplit("-", 1)[1])
        found.append(Rows(a_bar, streams, arrays["phrases"], *told).take(rows))
    return [rows for rows in found if len(rows.piece)]


def tell(rows: Rows, captions: Captions, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Phrases, numbers and text of a batch, some of each left out."""
    count = len(rows.piece)
    numbers, phrases = rows.numbers.copy(), rows.phrases.copy()
    silent = rng.random(count) < DROP_ALL
    text = np.zeros((count, conditions.TEXT_WIDTH), np.float32)
    for row in np.flatnonzero(~silent & (rng.random(count) > DROP_TEXT)):
        told = dict(zip(NAMES, numbers[row].tolist(), strict=True))
        mood = quadrant(told["mode"], told["tempo"], told["energy"])
        text[row] = captions.draw((mood, int(rows.metre[row]), told["genre"]), rng)
    numbers[rng.random(numbers.shape) < DROP_ONE] = 0
    numbers[silent] = 0
    phrases[silent | (rng.random(count) < DROP_PHRASES)] = 0
    return phrases, numbers, text


def to_batch(rows: Rows, masked: Masked, told: tuple[Any, Any, Any]) -> Batch:
    """Tensors of what the network reads."""
    phrases, numbers, text = told
    places = phrases.shape[1]
    starts = 8 * rows.metre[:, None]
    place = starts + np.arange(places)[None] % (rows.a_bar // 2)
    seen = {n: torch.from_numpy(t.astype(np.int64)) for n, t in masked.seen.items()}
    rest = [torch.from_numpy(a.astype(np.int64)) for a in (place, phrases, numbers)]
    return Batch(seen, *rest, torch.from_numpy(text))


def shortened(rows: Rows, rng: np.random.Generator) -> Rows:
    """Now and then a few bars out of the middle."""
    if rng.random() > SHORT:
        return rows
    bars = int(rng.integers(2, BARS))
    first = int(rng.integers(0, BARS - bars + 1)) * rows.a_bar
    last = first + bars * rows.a_bar
    cut, phrases = crop(rows.streams, first, last), rows.phrases[:, first // 2 : last // 2]
    return Rows(rows.a_bar, cut, phrases, rows.numbers, rows.metre, rows.piece)


def shares(rows: Rows) -> NDArray[np.float64]:
    """How often each window is drawn: songs in plain harmony, which most requests are, more."""
    told = dict(zip(NAMES, rows.numbers.T, strict=True))
    weights = np.array(COLOUR_WEIGHTS)[told["colour"]]
    weights *= np.where(told["section"] > 0, SUNG_WEIGHT, 1.0)
    is_rare = ~np.isin(told["genre"], [conditions.GENRES.index(n) for n in COMMON])
    return weights * np.where(is_rare, RARE_WEIGHT, 1.0)


Item = tuple[Batch, Masked, Streams]


def batches(size: int, seed: int) -> Iterator[Item]:
    """Endless batches, each of one length."""
    rng, captions = np.random.default_rng(seed), Captions()
    real = load("windows", is_held_out=False)
    genres = load("genres", is_held_out=False)
    shelves = [
        [(rows, np.cumsum(shares(rows))) for rows in packs] for packs in (real, genres) if packs
    ]
    while True:
        shelf = shelves[-1 if rng.random() < GENRE_SHARE else 0]
        totals = np.array([heap[-1] for _, heap in shelf])
        pack, heap = shelf[int(rng.choice(len(shelf), p=totals / totals.sum()))]
        drawn = np.searchsorted(heap, rng.random(size) * heap[-1], side="right")
        rows = shortened(pack.take(np.minimum(drawn, len(heap) - 1)), rng)
        masked = mask(rows.streams, rows.a_bar, rng)
        yield to_batch(rows, masked, tell(rows, captions, rng)), masked, rows.streams


def to_device(batch: Batch, device: str) -> Batch:
    streams = {n: t.to(device) for n, t in batch.streams.items()}
    rest = (batch.place, batch.phrases, batch.numbers, batch.text)
    return Batch(streams, *(t.to(device) for t in rest))


def losses(model: nn.Module, item: Item, device: str) -> dict[Stream, Tensor]:
    """Mean cross-entropy of the hidden tokens of each stream that has any."""
    batch, masked, truth = item
    logits = model(to_device(batch, device))
    found: dict[Stream, Tensor] = {}
    for name in STREAMS:
        asked = torch.from_numpy(masked.asked[name]).to(device)
        if asked.any():
            target = torch.from_numpy(truth[name].astype(np.int64)).to(device)[asked]
            found[name] = F.cross_entropy(logits[name][asked].float(), target)
    return found


def validate(model: nn.Module, items: list[Item], device: str) -> dict[str, float]:
    """Losses over fixed masks of held-out pieces."""
    sums: dict[str, list[float]] = {}
    with torch.no_grad():
        for item in items:
            for name, loss in losses(model, item, device).items():
                sums.setdefault(name, []).append(loss.item())
    return {name: round(float(np.mean(each)), 4) for name, each in sums.items()}


def held_out_items(count: int = 6, size: int = 64) -> list[Item]:
    """Fixed batches of held-out windows."""
    rng, captions = np.random.default_rng(0), Captions()
    packs = load("windows", is_held_out=True) + load("genres", is_held_out=True)
    items = []
    for number in range(count):
        pack = packs[number % len(packs)]
        rows = pack.take(rng.integers(0, len(pack.piece), size))
        masked = mask(rows.streams, rows.a_bar, rng)
        items.append((to_batch(rows, masked, tell(rows, captions, rng)), masked, rows.streams))
    return items


def is_inner(name: str) -> bool:
    """Whether a parameter is a matrix inside the transformer."""
    return name.startswith("trunk.layers") and "norm" not in name


class Trainer:
    """Network, running average and optimizers, with the clock of a slice."""

    def __init__(self, run: Slice, options: argparse.Namespace) -> None:
        self.run, self.options, self.step = run, options, 0
        self.model = MusicDenoiser(MusicConfig()).to(options.device)
        self.average = copy.deepcopy(self.model).eval()
        self.steppers = muon_and_adamw(self.model, options.peak, is_inner)
        self.parts: dict[str, Any] = {"model": self.model, "average": self.average}
        self.parts |= dict(zip(("muon", "adamw"), self.steppers, strict=True))
        kept = run.restore(options.device)
        if kept is not None:
            self.step = kept["step"]
            for name, part in self.parts.items():
                part.load_state_dict(kept[name])
        self.held = held_out_items()
        self.recent: dict[str, list[float]] = {name: [] for name in STREAMS}

    def keep(self) -> None:
        """Checkpoint, averaged weights, and the losses on held-out pieces."""
        states = {n: p.state_dict() for n, p in self.parts.items()}
        self.run.keep(lambda: {**states, "step": self.step})
        self.average.save_pretrained(self.run.folder / "weights")
        held = validate(self.average, self.held, self.options.device)
        self.run.log(step=self.step, seen=self.step * self.options.batch, held_out=held)

    def learn(self, item: Item) -> None:
        """One step."""
        options = self.options
        rate = Rate(options.peak, 80, 0.45, 0.02).at(self.step, self.run.progress(), options.last)
        for group in (g for s in self.steppers for g in s.param_groups):
            group["lr"] = rate
        with torch.autocast(options.device, torch.bfloat16):
            each = losses(self.model, item, options.device)
        torch.stack([WEIGHTS[n] * v for n, v in each.items()]).sum().backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for stepper in self.steppers:
            stepper.step()
            stepper.zero_grad()
        self.step += 1
        follow(self.average, self.model, min(EMA, self.step / (self.step + 10)))
        for name, value in each.items():
            self.recent[name] = [*self.recent[name][-199:], value.item()]

    def log(self) -> None:
        means = {n: round(float(np.mean(v)), 3) for n, v in self.recent.items() if v}
        self.run.log(step=self.step, **means)


def train(run: Slice, options: argparse.Namespace) -> None:
    """Runs one slice."""
    trainer = Trainer(run, options)
    for item in batches(options.batch, 1000 + trainer.step):
        if not run.has_time():
            break
        trainer.learn(item)
        if trainer.step % LOG_EVERY == 0:
            trainer.log()
        if run.is_due():
            trainer.keep()
    trainer.keep()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--peak", type=float, default=2e-3)
    parser.add_argument("--last", action="store_true", help="cool the learning rate down")
    args = parser.parse_args()
    train(Slice(RUN, args.minutes), args)
