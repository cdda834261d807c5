"""Does the model make the motion that is asked for? Asks for written motions of held-out drawings.

    python -m training.video.obeyed [--drawings 2] [--guidance 2.5]

Made-up paths are compared with every written motion; right is the one asked for, or one as good as
it. Knows nothing about training.
"""

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.video.motions import BY_NAME, MOTIONS, Draw, Motion, paths, wording
from pipelines.pocket.video.paths import FRAMES, MotionPaths, Wish
from training.image.render import OUT
from training.image.split import held_out, manifest
from training.video.sheet import as_picture, load
from training.video.tracks import CELLS
from training.video.train_paths import RUN

CLOSE = 0.8
"""What is asked for is as good as the best if it agrees so nearly as well."""

ASKED = tuple(m for m in MOTIONS if m.name not in ("still", "breathe", "twist"))
"""Of these, the look tells them apart."""


@cache
def forms(name: str) -> tuple[Tensor, ...]:
    """All ways in which a motion may look: (16, 2, 16, 16) each, of length 1."""
    axis = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS * 2 - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    phases = np.arange(FRAMES, dtype=np.float32) / FRAMES
    found = []
    for often in BY_NAME[name].often:
        for side in (1, -1):
            for share in (1.0, 0.87, 0.75):
                draw = Draw(1.0, often, side)
                way = torch.from_numpy(paths(BY_NAME[name], draw, x, y, phases * share))
                found.append(way / way.norm().clamp(min=1e-6))
    return tuple(found)


def likeness(made: Tensor, name: str, seen: Tensor) -> float:
    """How well made-up paths agree with a motion where there is a thing: at most 1."""
    made = made * seen
    made = made / made.norm().clamp(min=1e-6)
    return max(float((made * form * seen).sum() / (form * seen).norm()) for form in forms(name))


def is_obeyed(model: MotionPaths, motion: Motion, row: dict, seed: int, guidance: float) -> bool:
    """Asks once, in English or Chinese by turns."""
    rng = np.random.default_rng(seed)
    language = "zh" if seed % 2 else "en"
    draw = Draw(1.0, 1, int(rng.choice((-1, 1))))
    does = wording(motion, draw, language, rng)
    words = f"{row['zh']}{does}" if language == "zh" else f"{row['en']} {does}"
    pixels = np.asarray(np.load(OUT / "rgba128.npy", mmap_mode="r")[row["index"]])
    wish = Wish(words, is_loop=motion.closes, seed=seed, guidance=guidance)
    made = model(wish, as_picture(pixels))
    seen = torch.nn.functional.avg_pool2d(torch.from_numpy(pixels[None, ..., 3] / 255.0), 8)[0]
    found = {each.name: likeness(made, each.name, seen) for each in ASKED}
    return found[motion.name] >= CLOSE * max(found.values()) and found[motion.name] > 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=int, default=2)
    parser.add_argument("--guidance", type=float, default=2.5)
    parser.add_argument("--weights", type=Path, default=RUN / "weights")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, rows = load(args.weights), manifest()
    chosen = [rows[i] for i in np.random.default_rng(1).permutation(held_out(rows))]
    right: dict[str, int] = {}
    for number, motion in enumerate(ASKED):
        for turn in range(args.drawings):
            seed = number * args.drawings + turn
            row = chosen[seed]
            got = is_obeyed(model, motion, row, seed, args.guidance)
            right[motion.name] = right.get(motion.name, 0) + got
    share = sum(right.values()) / (len(ASKED) * args.drawings)
    print(json.dumps({"share": round(share, 3), **right}))


if __name__ == "__main__":
    main()
