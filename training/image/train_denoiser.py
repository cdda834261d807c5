"""Trains pocket-image's denoiser on cached latents, freshly worded captions and roughs.

    python -m training.image.train_denoiser --minutes 20

Works in slices and resumes; picks up new latent shards as they appear; the same command runs on
CUDA.
Muon moves the matrices inside the blocks, AdamW everything else. Rectified flow with
logit-normal times (Esser et al. 2024, §3.1).
"""

import argparse
import copy
import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipelines.pocket.references import References
from pipelines.pocket.rough import CELL, RoughTransformer, Sprite, compose, over_white
from pipelines.pocket.text import PocketText, TextStates
from training.image import linear
from training.image.assist import Shared, start
from training.image.captions import caption
from training.image.denoisers import Shown, build, velocity
from training.image.encode import SHARDS, from_json
from training.image.references import FOLDER
from training.image.render import OUT
from training.image.scenes import Scene
from training.image.split import manifest
from training.slices import CACHE, Rate, Slice, follow, muon_and_adamw

RUN = CACHE / "runs" / "transformer24"
DROP_TEXT = 0.1
"""Share of pictures trained without words, for classifier-free guidance."""

DROP_ROUGH = 0.1
"""Share trained without a rough: what no drawing shows is drawn from the words alone."""

OWN_ROUGH = 0.75
"""Share whose rough is the drawing itself, without its colour and background changes; the rest see
the same thing by another artist, and learn to change the style."""

BLURRED_SHARE, SMALLEST = 0.3, 40
"""Share of roughs drawn from fewer pixels, and the fewest: what people hand in may be blurred."""

ROUGH_NOISE = 0.05
TIME_MEAN = 0.4
"""Strong components are larger than the noise's 1, so more noise is needed to bury them."""

EMA = 0.999
TOKEN_STEP = 4
REFRESH_EVERY = 20


@dataclass(frozen=True)
class Shard:
    """Latents (N, C, h, w) float16 and their scenes."""

    latents: Tensor
    scenes: list[Scene]


class Latents:
    """All shards on disk; draws batches of one shape each, never mixing shapes."""

    def __init__(self) -> None:
        self.shards: dict[str, Shard] = {}

    def refresh(self) -> None:
        """Reads shards that appeared since the last call."""
        for path in sorted(SHARDS.glob("*.npy")):
            if path.name in self.shards:
                continue
            lines = path.with_suffix(".jsonl").read_text("utf-8").splitlines()
            scenes = [from_json(line) for line in lines]
            self.shards[path.name] = Shard(torch.from_numpy(np.load(path)), scenes)
        if not self.shards:
            raise SystemExit("no latent shards; run training.image.encode first")

    def batch(self, size: int, rng: np.random.Generator) -> tuple[Tensor, list[Scene]]:
        """(size, C, h, w) float32 latents of one shape, and their scenes."""
        shards = list(self.shards.values())
        first = shards[int(rng.integers(len(shards)))]
        alike = [s for s in shards if s.latents.shape[1:] == first.latents.shape[1:]]
        chosen = [alike[int(n)] for n in rng.integers(len(alike), size=size)]
        picks = [(s, int(rng.integers(len(s.scenes)))) for s in chosen]
        return torch.stack([s.latents[i] for s, i in picks]).float(), [
            s.scenes[i] for s, i in picks
        ]


def trim(text: TextStates) -> TextStates:
    """Cuts padding beyond the longest caption, in steps that keep shapes few."""
    longest = int(text.mask.sum(dim=1).max())
    length = math.ceil(longest / TOKEN_STEP) * TOKEN_STEP
    return TextStates(text.tokens[:, :length], text.mask[:, :length], text.pooled)


def is_inner(name: str) -> bool:
    """Whether a parameter is a matrix inside a block, but none that only modulates."""
    return "blocks" in name and "norm" not in name


def worded(scenes: list[Scene], rows: list[dict], rng: np.random.Generator) -> list[str]:
    """A caption for each scene, some left empty."""
    return ["" if rng.random() < DROP_TEXT else caption(s, rows, rng) for s in scenes]


class Roughs:
    """Roughs for scenes: their layout, by the same artist or by another."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows = rows
        self.memory = References.load(FOLDER)
        self.table = np.load(OUT / "rgba128.npy", mmap_mode="r")
        row_of = {row["key"]: row["index"] for row in rows}
        self.row_of = [row_of[drawing.key] for drawing in self.memory.drawings]
        self.known = set(self.row_of)

    def latent(self, scene: Scene, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
        """(C, h, w) of a rough of `size` (width, height) px; zeros now and then, for none."""
        is_own = rng.random() < OWN_ROUGH
        shown = {row: self.shown(row, is_own, rng) for row in {p.row for p in scene.sprites}}
        if None in shown.values() or rng.random() < DROP_ROUGH:
            return torch.zeros(linear.CHANNELS, size[1] // CELL, size[0] // CELL)
        side = int(rng.integers(SMALLEST, 128)) if rng.random() < BLURRED_SHARE else 128
        drawn = {row: self._drawn(of, side) for row, of in shown.items() if of is not None}
        sprites = [Sprite(drawn[p.row], p.x, p.y, p.size) for p in scene.sprites]
        pixels = torch.from_numpy(over_white(compose(sprites, *size)))
        latent = self.memory.basis.encode(pixels.permute(2, 0, 1)[None])[0]
        noise = torch.from_numpy(rng.standard_normal(latent.shape, np.float32))
        return latent + ROUGH_NOISE * noise

    def shown(self, row: int, is_own: bool, rng: np.random.Generator) -> int | None:
        """The drawing to see for `row`: itself or another artist's; None if the memory has none."""
        about = self.rows[row]
        if is_own:
            return row if row in self.known else None
        known = self.memory.by_concept.get(about["concept"], [])
        others = [i for i in known if self.memory.drawings[i].style != about["style"]]
        return self.row_of[others[int(rng.integers(len(others)))]] if others else None

    def _drawn(self, row: int, side: int) -> np.ndarray:
        pixels = np.array(self.table[row])
        if side == pixels.shape[0]:
            return pixels
        small = Image.fromarray(pixels).convert("RGBa").resize((side, side), Image.Resampling.BOX)
        return np.asarray(small.convert("RGBA"))


def batches(size: int, device: str, seed: int) -> Iterator[tuple[Tensor, Shown]]:
    """Endless batches of latents and what is shown for them; new shards join within minutes."""
    rows, rng = manifest(), np.random.default_rng(seed)
    latents, roughs, text = Latents(), Roughs(rows), PocketText.load(device=device)
    latents.refresh()
    for number in itertools.count(1):
        if number % REFRESH_EVERY == 0:
            latents.refresh()
        x, scenes = latents.batch(size, rng)
        words = worded(scenes, rows, rng)
        shape = (x.shape[3] * CELL, x.shape[2] * CELL)
        rough = torch.stack([roughs.latent(scene, shape, rng) for scene in scenes])
        # Half of the pictures without words have no rough either: guidance needs both kinds.
        alone = torch.tensor([not w and rng.random() < 0.5 for w in words])
        rough[alone] = 0
        with torch.no_grad():
            states = trim(text.encode(words, is_exact=False))
        yield x.to(device), Shown(states, rough.to(device))


def flow_loss(model: RoughTransformer, x: Tensor, shown: Shown) -> Tensor:
    """Mean squared error of the predicted velocity at random times."""
    t = torch.sigmoid(torch.randn(len(x), device=x.device) + TIME_MEAN)
    noise = torch.randn_like(x)
    mix = t[:, None, None, None]
    predicted = velocity(model, (1 - mix) * x + mix * noise, t, shown)
    return (predicted.float() - (noise - x)).square().mean()


def _restore(run: Slice, parts: dict[str, Any], device: str) -> tuple[int, float]:
    kept = run.restore(device)
    if kept is None:
        return 0, 0.0
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return kept["step"], kept["seen"]


def train(run: Slice, device: str, options: argparse.Namespace) -> None:
    """Runs one slice."""
    batch, rate = options.batch, Rate(options.peak, 50, 0.4, 0.03)
    model = build().to(device)
    shared = Shared(model)
    average = copy.deepcopy(model).eval()
    steppers = muon_and_adamw(model, options.peak, is_inner)
    parts = {"model": model, "average": average, "muon": steppers[0], "adamw": steppers[1]}
    step, pictures = _restore(run, parts, device)
    for number in range(options.assistants):
        more = functools.partial(batches, batch, device, 1000 + step + number)
        start(shared, build, more, flow_loss)
    losses: list[float] = []

    def state() -> dict[str, Any]:
        return {**{n: p.state_dict() for n, p in parts.items()}, "step": step, "seen": pictures}

    for x, shown in batches(batch, device, step):
        if not run.has_time():
            break
        for group in (g for s in steppers for g in s.param_groups):
            group["lr"] = rate.at(step, run.progress(), options.last)
        with torch.autocast(device, torch.bfloat16):
            loss = flow_loss(model, x, shown)
        loss.backward()
        helped = shared.take()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        step, pictures = step + 1, pictures + batch * (1 + helped)
        follow(average, model, min(EMA, step / (step + 10)))
        losses = [*losses[-99:], loss.item()]
        if step % 20 == 0:
            run.log(step=step, seen=pictures, loss=round(float(np.mean(losses)), 4))
        if run.is_due():
            run.keep(state)
            average.save_pretrained(run.folder / "weights")
    shared.is_over.value = 1
    run.keep(state)
    average.save_pretrained(run.folder / "weights")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--last", action="store_true", help="cool the learning rate down")
    parser.add_argument("--assistants", type=int, default=0, help="more processes, on a CPU")
    args = parser.parse_args()
    train(Slice(RUN, args.minutes), args.device, args)
