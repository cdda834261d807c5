"""Draws a contact sheet: pictures that move along made-up paths, held-out animations beside theirs.

    python -m training.video.sheet --out sheet.png [--weights FOLDER]

Knows nothing about training.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipelines.pocket.rough import RoughTransformer, over_white
from pipelines.pocket.text import PocketText
from pipelines.pocket.video.moved import sources
from pipelines.pocket.video.paths import FRAMES, MotionBasis, MotionPaths, Wish
from training.image import linear
from training.image.render import OUT
from training.image.split import held_out, manifest
from training.video.moving import Real, library
from training.video.tracks import path_of
from training.video.train_paths import RUN

SHOWN = 12
SIDE = 96
STILL_PROMPTS = (
    ("rocket", "glossy", "a rocket flies up"),
    ("penguin", "flat", "a penguin surfing a big wave"),
    ("dog", "cartoon", "a dog jumps for joy"),
    ("cat", "glossy", "一只猫在跳舞"),
    ("red heart", "flat", "a beating heart"),
    ("hot air balloon", "cartoon", "a hot air balloon floats"),
    ("ghost", "glossy", "ghost sways from side to side"),
    ("butterfly", "soft", "a butterfly flaps its wings"),
    ("robot", "flat", "a robot walks to the left"),
    ("cherry blossom", "glossy", "cherry blossom spins"),
    ("fish", "cartoon", "a fish swims"),
    ("person raising hand", "flat", "person raising hand"),
)


@dataclass(frozen=True)
class Row:
    """A strip of the sheet: pictures (T, 3, H, W) in [-1, 1]."""

    about: str
    pictures: Tensor


def moved(picture: Tensor, paths: Tensor) -> Tensor:
    """(1, 4, H, W) along (T, 2, h, w) → (T, 3, H, W); white where nothing is."""
    source = sources(paths)
    frames = torch.cat([source.look(picture, t) for t in range(len(paths))])[:, :3]
    return torch.lerp(torch.ones_like(frames), frames, source.seen[:, None])


def load(weights: Path) -> MotionPaths:
    """The network in training."""
    net = RoughTransformer.from_pretrained(weights, torch_dtype=torch.float32)
    basis = MotionBasis.load(RUN / "basis.safetensors")
    return MotionPaths(net, basis, linear.load(), PocketText.load())


def as_picture(pixels: np.ndarray) -> Tensor:
    """uint8 (H, W, 4) → (1, 4, H, W) over white."""
    return torch.from_numpy(over_white(pixels)).permute(2, 0, 1)[None]


def held_out_pair(model: MotionPaths, one: Real, seed: int) -> tuple[Row, Row]:
    """A held-out animation, and the same first frame moved by the model."""
    keys = np.load(path_of(one.animation))["keys"]
    at = np.round(np.arange(FRAMES) * len(keys) / FRAMES).astype(int)
    name = one.animation.concept.en
    picture = as_picture(keys[0])
    paths = model(Wish(name, is_loop=True, seed=seed), picture)
    real = torch.cat([as_picture(keys[i])[:, :3] for i in at])
    return Row(name, real), Row(f"{name} (made up)", moved(picture, paths))


def prompted(model: MotionPaths, label: str, style: str, prompt: str, seed: int) -> Row:
    """A held-out drawing of a thing, if there is one, moved as a prompt says."""
    rows = manifest()
    unseen = set(held_out(rows).tolist())
    found = [r for r in rows if r["en"] == label]
    best = min(found, key=lambda r: (r["style"] != style, r["index"] not in unseen))
    table = np.load(OUT / "rgba128.npy", mmap_mode="r")
    picture = as_picture(np.asarray(table[best["index"]]))
    paths = model(Wish(prompt, is_loop=seed % 2 == 0, seed=seed), picture)
    return Row(prompt, moved(picture, paths))


def sheet(rows: list[Row]) -> Image.Image:
    """All strips, one below the other."""
    page = Image.new("RGB", (SHOWN * SIDE, len(rows) * SIDE), "white")
    for down, row in enumerate(rows):
        at = np.linspace(0, len(row.pictures) - 1, SHOWN).round().astype(int)
        for across, frame in enumerate(at):
            pixels = (row.pictures[frame].clamp(-1, 1) + 1) * 127.5
            drawn = Image.fromarray(pixels.permute(1, 2, 0).byte().numpy()).resize((SIDE, SIDE))
            page.paste(drawn, (across * SIDE, down * SIDE))
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=RUN / "weights")
    parser.add_argument("--count", type=int, default=8, help="held-out animations")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load(args.weights)
    known = library(is_held_out=True)
    rows: list[Row] = []
    for number in range(args.count):
        rows += held_out_pair(model, known[number * len(known) // args.count], number)
    rows += [prompted(model, *asked, seed) for seed, asked in enumerate(STILL_PROMPTS)]
    sheet(rows).save(args.out)
    for row in rows:
        print(row.about)


if __name__ == "__main__":
    main()
