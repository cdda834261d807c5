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

from pipelines.pocket.rough import over_white
from training.image import linear
from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import Placed, Scene, draw
from training.image.split import manifest, seen

SHARDS = OUT / "latents"
SCENES_A_SHARD = 4096
SIDE = 128
SHAPES = ((128, 128), (128, 128), (128, 128), (160, 96), (128, 128), (128, 128), (96, 160))
"""(width, height) px of the shards in turn; each about 64 tokens."""

WEIGHTS = {"icon": 0.06, "weather icon": 0.1, "flat icon": 0.15, "gradient icon": 0.2}
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


def write_shard(number: int) -> Path:
    """Draws, encodes and writes shard `number`; the same number makes the same scenes."""
    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    rows = manifest()
    usable = seen(rows)
    catalogue, weights = Catalogue.of(rows, usable), row_weights(rows, usable)
    rng = np.random.default_rng([20, number])
    chosen = rng.choice(usable, SCENES_A_SHARD, p=weights)
    scenes = [random_scene(int(row), catalogue, rng) for row in chosen]
    width, height = SHAPES[number % len(SHAPES)]
    basis = linear.load()
    latents = torch.cat(
        [
            basis.encode(
                torch.from_numpy(over_white(draw(s, table, width, height))[None]).permute(
                    0, 3, 1, 2
                )
            )
            for s in scenes
        ]
    )
    SHARDS.mkdir(parents=True, exist_ok=True)
    (SHARDS / f"{number:04}.jsonl").write_text("\n".join(map(to_json, scenes)), "utf-8")
    path = SHARDS / f"{number:04}.npy"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, latents.numpy().astype(np.float16))
    part.rename(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    for n in range(args.first, args.first + args.shards):
        print(write_shard(n), flush=True)
