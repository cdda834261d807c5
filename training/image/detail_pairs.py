"""Pairs for the detail network: what pocket-image makes of a scene, its rough, and the scene.

    python -m training.image.detail_pairs --chunks 8

The transformer sees the scene's rough and words and finds the latent out of noise, in one to three
steps, so that its errors look like those of a made picture. The rough often disagrees: another
artist's, another colour, moved or blurred. Chunks hold latents; `decoded` draws them, once for each
state of the autoencoder. Knows nothing about the network that learns from this.
"""

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipelines.pocket.colours import tinted
from pipelines.pocket.image import ASSETS
from pipelines.pocket.rough import RoughTransformer, Sprite, compose, over_white
from pipelines.pocket.text import PocketText
from training.image import linear
from training.image.denoisers import Shown, velocity
from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import TINTS, Placed, Scene, draw
from training.image.split import manifest, seen
from training.image.train_denoiser import Roughs, trim, worded

FOLDER = OUT / "detail"
SIDE = 128
CHUNK = 256
BATCH = 32

NO_ROUGH, OTHER_ARTIST = 0.08, 0.24
"""Shares of pictures with no rough, and with another artist's; the rest see the drawing itself."""

OWN_COLOUR = 0.6
"""Share of recoloured drawings whose rough is recoloured as well, as it is when words say so."""

WRONG_COLOUR, MOVED, BLURRED = 0.08, 0.1, 0.12
"""Shares of roughs in another colour, moved a little, drawn from fewer pixels."""

EXACT = 0.15
"""Share of latents that are the scene's own, with `EXACT_NOISE` at most."""

EXACT_NOISE = 0.1
MOST_NOISE = 0.75
MOST_STEPS = 3

Pixels = NDArray[np.uint8]


class Beside:
    """The roughs of scenes in pixels."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.roughs = Roughs(rows)
        self.place_of = {row: place for place, row in enumerate(self.roughs.row_of)}

    def of(self, scene: Scene, rng: np.random.Generator) -> Pixels:
        """uint8 (SIDE, SIDE, 4), straight alpha; empty where there is no rough."""
        kind = rng.random()
        is_own = kind >= NO_ROUGH + OTHER_ARTIST
        rows = {placed.row for placed in scene.sprites}
        shown = {row: self.roughs.shown(row, is_own, rng) for row in rows}
        if kind < NO_ROUGH or None in shown.values():
            return compose([], SIDE, SIDE)
        keeps_colour = rng.random() < OWN_COLOUR
        wrong = str(rng.choice(TINTS)) if rng.random() < WRONG_COLOUR else None
        move = rng.normal(0, 0.02, 2) if rng.random() < MOVED else np.zeros(2)
        side = int(rng.integers(40, SIDE)) if rng.random() < BLURRED else SIDE

        def sprite(placed: Placed) -> Sprite:
            pixels = self._pixels(shown[placed.row], side)
            tint = wrong or (placed.tint if keeps_colour else None)
            pixels = tinted(pixels, tint) if tint else pixels
            return Sprite(pixels, placed.x + move[0], placed.y + move[1], placed.size)

        return compose([sprite(placed) for placed in scene.sprites], SIDE, SIDE)

    def _pixels(self, row: int | None, side: int) -> Pixels:
        assert row is not None
        pixels = self.roughs.memory.pixels(self.place_of[row])
        if side == pixels.shape[0]:
            return pixels
        small = Image.fromarray(pixels).convert("RGBa").resize((side, side), Image.Resampling.BOX)
        return np.asarray(small.convert("RGBA"))


def scenes(rng: np.random.Generator) -> Iterator[Scene]:
    """Endless training scenes, single things before all: there, detail shows most."""
    rows = manifest()
    usable = seen(rows)
    catalogue = Catalogue.of(rows, usable)
    named = np.array([i for i in usable if rows[i]["concept"]])
    while True:
        scene = random_scene(int(rng.choice(named)), catalogue, rng)
        # A looked-up drawing fills the picture as these do, or a little less.
        if scene.kind == "single" and scene.background in ("transparent", "white"):
            [placed] = scene.sprites
            scene = replace(scene, sprites=(replace(placed, size=rng.uniform(0.7, 0.98)),))
        yield scene


def tensor(pictures: list[Pixels]) -> Tensor:
    """uint8 (H, W, 4) each, straight alpha → (N, 4, H, W) over white in [-1, 1]."""
    return torch.from_numpy(over_white(np.stack(pictures))).permute(0, 3, 1, 2).contiguous()


def levels(x: Tensor) -> Pixels:
    """(N, 4, H, W) in [-1, 1] → uint8 (N, H, W, 4)."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()


@torch.no_grad()
def predicted(model: RoughTransformer, x: Tensor, shown: Shown, steps: int) -> Tensor:
    """Latents (N, C, h, w), buried in noise and found again in `steps` steps."""
    start = MOST_NOISE * torch.rand(len(x))
    noisy = torch.lerp(x, torch.randn_like(x), start[:, None, None, None])
    for step in range(steps):
        t = start * (1 - step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            v = velocity(model, noisy, t, shown).float()
        noisy = noisy - (start / steps)[:, None, None, None] * v
    is_exact = torch.rand(len(x)) < EXACT
    exact = x + EXACT_NOISE * torch.rand(len(x), 1, 1, 1) * torch.randn_like(x)
    return torch.where(is_exact[:, None, None, None], exact, noisy)


def write(numbers: range) -> None:
    """Writes chunks: targets and roughs over white as uint8, latents as float16."""
    model = RoughTransformer.from_pretrained(ASSETS / "transformer", torch_dtype=torch.float32)
    rows, text, basis = manifest(), PocketText.load(), linear.load()
    beside = Beside(rows)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        torch.manual_seed(number)
        rng = np.random.default_rng([31, number])
        endless, parts = scenes(rng), []
        table = np.load(OUT / "rgba128.npy", mmap_mode="r")
        for _ in range(CHUNK // BATCH):
            plans = [next(endless) for _ in range(BATCH)]
            target = tensor([draw(plan, table, SIDE) for plan in plans])
            rough = tensor([beside.of(plan, rng) for plan in plans])
            has_one = (rough[:, 3] > -1).flatten(1).any(1)[:, None, None, None]
            states = trim(text.encode(worded(plans, rows, rng), is_exact=False))
            shown = Shown(states, basis.encode(rough) * has_one)
            steps = int(rng.integers(1, MOST_STEPS + 1))
            latents = predicted(model, basis.encode(target), shown, steps)
            parts.append((levels(target), levels(rough), latents.half().numpy()))
        target, rough, latents = (np.concatenate(each) for each in zip(*parts, strict=True))
        part = FOLDER / f"{number:04}.part"
        with part.open("wb") as file:
            np.savez(file, target=target, rough=rough, latents=latents)
        print(part.rename(FOLDER / f"{number:04}.npz"), flush=True)


@torch.no_grad()
def decoded(chunk: Path, folder: Path) -> Pixels:
    """The latents of a chunk as an autoencoder draws them, uint8 (N, SIDE, SIDE, 4) over white."""
    state = hashlib.sha256((folder / "diffusion_pytorch_model.safetensors").read_bytes())
    kept = chunk.with_name(f"{chunk.stem}-{state.hexdigest()[:8]}.npy")
    if not kept.exists():
        vae = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32).eval()
        vae = vae.to(memory_format=torch.channels_last)  # pyright: ignore
        latents = torch.from_numpy(np.load(chunk)["latents"]).float()
        with torch.autocast("cpu", torch.bfloat16):
            pictures = [levels(vae.decode(part).sample.float()) for part in latents.split(8)]
        np.save(kept, np.concatenate(pictures))
    return np.load(kept, mmap_mode="r")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    write(range(args.first, args.first + args.chunks))
