"""Turns random scenes into latents once, so that the denoiser trains on numbers instead of pixels.

    python -m training.image.encode --shards 6

Each shard holds scenes of one shape: latents float16 (N, C, h, w) and the scene plans, from which
captions are worded anew every time they are read. Shards are made with the drawings that models
may learn from, in proportions set by `WEIGHTS`.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import Placed, Scene, draw, over_white
from training.image.split import manifest, seen
from training.slices import CACHE

SHARDS = OUT / "latents"
SCENES_A_SHARD = 4096
SIDE = 128
SHAPES = ((128, 128), (128, 128), (128, 128), (160, 96), (128, 128), (128, 128), (96, 160))
"""(width, height) px of the shards in turn; each about 64 tokens."""

WEIGHTS = {"icon": 0.25, "weather icon": 0.2, "flat icon": 0.6, "gradient icon": 0.6, "bold": 0.8}
SYMBOL_WEIGHT = 0.5


def row_weights(rows: list[dict], usable: np.ndarray) -> np.ndarray:
    """How often each usable drawing is drawn; sums to 1."""
    weight = np.array([WEIGHTS.get(rows[i]["style"], 1.0) for i in usable])
    weight *= [SYMBOL_WEIGHT if rows[i].get("group") == 8 else 1.0 for i in usable]
    return weight / weight.sum()


def to_json(scene: Scene) -> str:
    return json.dumps(asdict(scene))


def from_json(line: str) -> Scene:
    plan = json.loads(line)
    return Scene(**{**plan, "sprites": tuple(Placed(**p) for p in plan["sprites"])})


def load_vae(device: str) -> AutoencoderKL:
    """The trained autoencoder of the last training slice."""
    return AutoencoderKL.from_pretrained(CACHE / "runs" / "vae" / "normalised").to(device).eval()


@torch.no_grad()
def encode(vae: AutoencoderKL, pictures: np.ndarray, device: str) -> np.ndarray:
    """float32 (N, H, W, 4) in [-1, 1] → float16 (N, C, H/8, W/8)."""
    latents = []
    for part in np.array_split(pictures, max(1, len(pictures) // 64)):
        x = torch.from_numpy(part).permute(0, 3, 1, 2).to(device)
        with torch.autocast(device, torch.bfloat16):
            latents.append(vae.encode(x).latent_dist.mode().float().cpu())
    return torch.cat(latents).numpy().astype(np.float16)


def write_shard(number: int, vae: AutoencoderKL, device: str) -> Path:
    """Draws, encodes and writes shard `number`; the same number makes the same scenes."""
    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    rows = manifest()
    usable = seen(rows)
    catalogue, weights = Catalogue.of(rows, usable), row_weights(rows, usable)
    rng = np.random.default_rng([20, number])
    chosen = rng.choice(usable, SCENES_A_SHARD, p=weights)
    scenes = [random_scene(int(row), catalogue, rng) for row in chosen]
    width, height = SHAPES[number % len(SHAPES)]
    pictures = np.stack([over_white(draw(s, table, width, height)) for s in scenes])
    SHARDS.mkdir(parents=True, exist_ok=True)
    (SHARDS / f"{number:04}.jsonl").write_text("\n".join(map(to_json, scenes)), "utf-8")
    path = SHARDS / f"{number:04}.npy"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, encode(vae, pictures, device))
    part.rename(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    model = load_vae(args.device)
    for n in range(args.first, args.first + args.shards):
        print(write_shard(n, model, args.device), flush=True)
