"""Compares made-up motion with held-out real animations, number by number.

    python -m training.video.report [--clips 24] [--strength 0.62] [--finished]

The same first frame, once as the animation goes on and once moved along made-up paths; both at 12
frames a second. Prints means and shares as JSON and keeps them for the card. With `--finished` it
is pocket-video as it ships: things held in shape, a poor window made up twice; nothing is kept.
Knows nothing about training.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pipelines.pocket.rough import over_white
from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.moved import sources
from pipelines.pocket.video.paths import FRAMES, MotionPaths, Wish
from pipelines.pocket.video.plan import plan
from pipelines.pocket.video.run import PocketVideo
from pipelines.pocket.video.scene import Scene
from pipelines.pocket.video.things import things_on_nothing
from pipelines.pocket.video.watched import Watched
from pipelines.pocket.video.windows import Key, Windows
from pipelines.pocket_video import ASSETS
from pipelines.temporal.measure import ClipScores, measured
from training.video.sheet import as_picture, load
from training.video.sources import FPS, Animation, animations
from training.video.tracks import KEY_SIDE, decode
from training.video.train_paths import RUN

EVERY = 2
USUAL = 0.62
"""The strength that pocket-video asks for if people do not."""

HIGHER = ("temporal_flickering", "subject_consistency", "background_consistency",
          "motion_smoothness", "dynamic_degree", "motion_sides_per_s")  # fmt: skip

Pixels = NDArray[np.uint8]


def on_white(frames: Pixels) -> Pixels:
    """uint8 (T, H, W, 4), straight alpha → (T, H, W, 3)."""
    return np.rint((over_white(frames)[..., :3] + 1) * 127.5).astype(np.uint8)


def made_up(model: MotionPaths, first: Pixels, wish: Wish, frames: int) -> Pixels:
    """The loop that the model makes of a first frame (H, W, 4): (frames, H, W, 3)."""
    step = first.shape[0] // KEY_SIDE
    small = first.reshape(KEY_SIDE, step, KEY_SIDE, step, 4).mean((1, 3)).astype(np.uint8)
    paths = model(wish, as_picture(small))
    at = torch.arange(frames) * FRAMES / frames
    low = at.floor().long()
    part = (at - low).view(-1, 1, 1, 1)
    paths = torch.lerp(paths[low], paths[(low + 1) % FRAMES], part)
    source = sources(paths).enlarged(first.shape[0], first.shape[1])
    picture = as_picture(first)
    found = torch.cat([source.look(picture, t) for t in range(frames)])[:, :3]
    found = torch.lerp(torch.ones_like(found), found, source.seen[:, None])
    pixels = ((found.clamp(-1, 1) + 1) * 127.5).round().byte()
    return np.ascontiguousarray(pixels.permute(0, 2, 3, 1).numpy())


def finished(model: MotionPaths, first: Pixels, wish: Wish, frames: int) -> Pixels:
    """As `made_up`, as pocket-video shows it at its usual strength."""
    picture = on_white(first[None])[0]
    side = (KEY_SIDE, KEY_SIDE)
    small = np.asarray(Image.fromarray(picture).resize(side, Image.Resampling.BOX))
    planned = plan(frames, FPS / EVERY, is_loop=True)
    key = Key(np.dstack([small, np.full(side, 255, np.uint8)]), things_on_nothing(small))
    windows = Windows(model, replace(wish, strength=0.5), planned, key)
    scene = Scene.of(picture, small, windows.paths(0), (picture.shape[1], picture.shape[0]))
    rest = Camera("static", 0, frames * EVERY / FPS, 1)
    watched = Watched(scene, rest, planned)
    for window in range(planned.windows):
        watched.settle(windows, window)
    shown = [
        scene.shown(windows.at(planned.place(frame)), rest.matrix(0)) for frame in range(frames)
    ]
    return np.stack(shown)


Maker = Callable[[MotionPaths, Pixels, Wish, int], Pixels]


def pair(
    model: MotionPaths, one: Animation, wish: Wish, make: Maker = made_up
) -> tuple[ClipScores, ClipScores]:
    """Scores of an animation and of what the model makes of its first frame."""
    real = decode(one.path)[::EVERY]
    ours = make(model, real[0], replace(wish, prompt=one.concept.en), len(real))
    return measured(on_white(real), FPS / EVERY), measured(ours, FPS / EVERY)


def report(
    model: MotionPaths, clips: int, strength: float, make: Maker = made_up
) -> dict[str, dict[str, float]]:
    """Mean scores of real and made-up clips, and the share that these reach."""
    known = [each for each in animations() if each.is_held_out]
    chosen = [known[i * len(known) // clips] for i in range(clips)]
    wishes = [Wish("", is_loop=True, seed=seed, strength=strength) for seed in range(clips)]
    both = [pair(model, one, wish, make) for one, wish in zip(chosen, wishes, strict=True)]
    names = both[0][0].as_dict()
    means = [{n: float(np.mean([p[side].as_dict()[n] for p in both])) for n in names}
             for side in (0, 1)]  # fmt: skip
    shares = {n: means[1][n] / means[0][n] for n in HIGHER if means[0][n]}
    return {"real": means[0], "made up": means[1], "share": shares, "clips": {"count": clips}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--strength", type=float, default=USUAL)
    parser.add_argument("--weights", type=Path, default=RUN / "weights")
    parser.add_argument("--finished", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.finished:
        print(json.dumps(report(PocketVideo.load(ASSETS).paths, args.clips, 0.5, finished)))
        return
    found = json.dumps(report(load(args.weights), args.clips, args.strength), indent=1)
    (RUN / "report.json").write_text(found + "\n")
    print(found)


if __name__ == "__main__":
    main()
