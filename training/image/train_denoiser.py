"""Trains pocket-image's denoiser on cached latents and freshly worded captions.

    python -m training.image.train_denoiser --name transformer --minutes 20

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
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipelines.pocket.text import PocketText, TextStates
from training.image.assist import Shared, start
from training.image.captions import caption
from training.image.denoisers import build, velocity
from training.image.encode import SHARDS, from_json
from training.image.scenes import PLACES, Scene
from training.image.split import manifest
from training.slices import CACHE, Slice, muon_and_adamw

DROP_TEXT = 0.1
"""Share of pictures trained without words, for classifier-free guidance."""

TIME_MEAN = 0.2
EMA = 0.999
TOKEN_STEP = 4
FOCUS_STYLES = ("3d", "glossy", "flat")
FOCUS_REST = 0.12
FOCUS_GROUPS = (3, 4)
"""Animals and plants, food and drink: what people ask for first."""

FOCUS_THINGS = frozenset(
    "grinning face;smiling face with hearts;smiling face with sunglasses;face with tears of joy;"
    "winking face;crying face;angry face;thinking face;sleeping face;star-struck;red heart;star;"
    "ghost;robot;alien;skull;clown face;pile of poo;cat with tears of joy;rocket;automobile;taxi;"
    "bus;fire engine;bicycle;motorcycle;locomotive;airplane;helicopter;sailboat;ship;house;castle;"
    "tent;sun;crescent moon;cloud;rainbow;snowflake;snowman;fire;droplet;umbrella;high voltage;"
    "globe showing Europe-Africa;mountain;volcano;"
    "balloon;wrapped gift;party popper;trophy;"
    "soccer ball;basketball;guitar;drum;trumpet;violin;musical note;headphone;camera;television;"
    "mobile phone;laptop;light bulb;open book;pencil;scissors;key;hammer;dagger;crown;ring;"
    "backpack;"
    "top hat;t-shirt;high-heeled shoe;glasses;alarm clock;bomb;anchor;magnet;telescope;teddy bear;"
    "Christmas tree;jack-o-lantern;artist palette;video game;game die;gem stone;envelope".split(";")
)
FOCUS_LATER = 0.1

REFRESH_EVERY = 20


@dataclass(frozen=True)
class Shard:
    """Latents (N, C, h, w) float16, their scenes, and how often each is drawn (sums to 1)."""

    latents: Tensor
    scenes: list[Scene]
    share: np.ndarray


def focus(scene: Scene, rows: list[dict]) -> float:
    """How much a scene counts when time is short: one design drawn three ways is learned first."""
    about = rows[scene.sprites[0].row]
    weight = 1.0 if about["style"] in FOCUS_STYLES else FOCUS_REST
    if about.get("group") not in FOCUS_GROUPS and about["en"] not in FOCUS_THINGS:
        weight *= FOCUS_LATER
    return weight * (1.0 if scene.kind == "single" and scene.background not in PLACES else 0.6)


class Latents:
    """All shards on disk; draws batches of one shape each, never mixing shapes."""

    def __init__(self, rows: list[dict], is_focused: bool) -> None:
        self.rows = rows
        self.is_focused = is_focused
        self.shards: dict[str, Shard] = {}

    def refresh(self) -> None:
        """Reads shards that appeared since the last call."""
        for path in sorted(SHARDS.glob("*.npy")):
            if path.name in self.shards:
                continue
            lines = path.with_suffix(".jsonl").read_text("utf-8").splitlines()
            scenes = [from_json(line) for line in lines]
            weights = [focus(s, self.rows) if self.is_focused else 1.0 for s in scenes]
            share = np.array(weights) / np.sum(weights)
            self.shards[path.name] = Shard(torch.from_numpy(np.load(path)), scenes, share)
        if not self.shards:
            raise SystemExit("no latent shards; run training.image.encode first")

    def batch(self, size: int, rng: np.random.Generator) -> tuple[Tensor, list[Scene]]:
        """(size, C, h, w) float32 latents of one shape, and their scenes."""
        shards = list(self.shards.values())
        first = shards[int(rng.integers(len(shards)))]
        alike = [s for s in shards if s.latents.shape[1:] == first.latents.shape[1:]]
        chosen = [alike[int(n)] for n in rng.integers(len(alike), size=size)]
        picks = [(s, int(rng.choice(len(s.scenes), p=s.share))) for s in chosen]
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


def learning_rate(step: int, progress: float, peak: float, is_last: bool) -> float:
    """Warm-up, then flat; the last slice cools down over its final 40 %."""
    warm = min(1.0, (step + 1) / 50)
    cool = min(1.0, max(0.03, (1 - progress) / 0.4)) if is_last else 1.0
    return peak * warm * cool


def worded(scenes: list[Scene], rows: list[dict], rng: np.random.Generator) -> list[str]:
    """A caption for each scene, some left empty."""
    return ["" if rng.random() < DROP_TEXT else caption(s, rows, rng) for s in scenes]


def batches(
    size: int, device: str, seed: int, is_focused: bool = False
) -> Iterator[tuple[Tensor, TextStates]]:
    """Endless (latents, text) pairs; new shards join within minutes."""
    rows, rng = manifest(), np.random.default_rng(seed)
    latents, text = Latents(rows, is_focused), PocketText.load(device=device)
    latents.refresh()
    for number in itertools.count(1):
        if number % REFRESH_EVERY == 0:
            latents.refresh()
        x, scenes = latents.batch(size, rng)
        with torch.no_grad():
            states = trim(text.encode(worded(scenes, rows, rng), is_exact=False))
        yield x.to(device), states


def flow_loss(model: nn.Module, x: Tensor, text: TextStates) -> Tensor:
    """Mean squared error of the predicted velocity at random times."""
    t = torch.sigmoid(torch.randn(len(x), device=x.device) + TIME_MEAN)
    noise = torch.randn_like(x)
    mix = t[:, None, None, None]
    predicted = velocity(model, (1 - mix) * x + mix * noise, t, text)
    return (predicted.float() - (noise - x)).square().mean()


def _average(average: nn.Module, model: nn.Module, step: int) -> None:
    decay = min(EMA, step / (step + 10))
    with torch.no_grad():
        for a, p in zip(average.parameters(), model.parameters(), strict=True):
            a.lerp_(p, 1 - decay)


def _restore(run: Slice, parts: dict[str, Any], device: str) -> tuple[int, float]:
    kept = run.restore(device)
    if kept is None:
        return 0, 0.0
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return kept["step"], kept["seen"]


def _save(run: Slice, average: nn.Module) -> None:
    """Writes the averaged weights beside the autoencoder that they belong to."""
    average.save_pretrained(run.folder / "weights")
    shutil.copytree(CACHE / "runs" / "vae" / "normalised", run.folder / "vae", dirs_exist_ok=True)


def train(name: str, run: Slice, device: str, options: argparse.Namespace) -> None:
    """Runs one slice of `name` ("transformer" or "unet")."""
    batch, peak = options.batch, options.peak
    model = build(name).to(device)
    shared = Shared(model)
    average = copy.deepcopy(model).eval()
    steppers = muon_and_adamw(model, peak, is_inner)
    parts = {"model": model, "average": average, "muon": steppers[0], "adamw": steppers[1]}
    step, pictures = _restore(run, parts, device)
    for number in range(options.assistants):
        more = functools.partial(batches, batch, device, 1000 + step + number, options.focus)
        start(shared, functools.partial(build, name), more, flow_loss)
    losses: list[float] = []

    def state() -> dict[str, Any]:
        return {**{n: p.state_dict() for n, p in parts.items()}, "step": step, "seen": pictures}

    for x, states in batches(batch, device, step, options.focus):
        if not run.has_time():
            break
        for group in (g for s in steppers for g in s.param_groups):
            group["lr"] = learning_rate(step, run.progress(), peak, options.last)
        with torch.autocast(device, torch.bfloat16):
            loss = flow_loss(model, x, states)
        loss.backward()
        helped = shared.take()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        step, pictures = step + 1, pictures + batch * (1 + helped)
        _average(average, model, step)
        losses = [*losses[-99:], loss.item()]
        if step % 20 == 0:
            run.log(step=step, seen=pictures, loss=round(float(np.mean(losses)), 4))
        if run.is_due():
            run.keep(state)
            _save(run, average)
    shared.is_over.value = 1
    run.keep(state)
    _save(run, average)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", choices=("transformer", "unet"), required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--last", action="store_true", help="cool the learning rate down")
    parser.add_argument(
        "--focus", action="store_true", help="learn three styles of common things first"
    )
    parser.add_argument("--assistants", type=int, default=0, help="more processes, on a CPU")
    args = parser.parse_args()
    train(args.name, Slice(CACHE / "runs" / args.name, args.minutes), args.device, args)
