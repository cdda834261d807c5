"""Switches each tool of `pipelines/temporal` off and on: what does its own measure say?

    python -m training.video.ablate [--clips 12] [--only flicker,colour]

Real clips are held-out animations at 8 frames a second, 192 px. Where pocket-video by itself does
not need a tool, they are spoilt in a known way first; where it does, its own networks make both
clips. Prints a table in Markdown. Knows nothing about training.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from pipelines.pocket.upscale import Upscaler
from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.paths import Wish
from pipelines.pocket.video.run import PocketVideo
from pipelines.pocket.video.scene import Scene
from pipelines.pocket.video.steady import steadied
from pipelines.pocket.video.things import things_on_nothing
from pipelines.pocket_video import ASSETS
from pipelines.temporal.colour import anchored
from pipelines.temporal.flicker import deflickered
from pipelines.temporal.flow import both_ways, difference, is_in_both, warped
from pipelines.temporal.identity import likeness
from pipelines.temporal.interpolate import interpolated
from pipelines.temporal.measure import measured
from pipelines.temporal.upscale import upscaled
from pipelines.temporal.windows import Joiner, windows
from training.video import ablate_attention, ablate_noise
from training.video.report import on_white
from training.video.sources import FPS, animations
from training.video.tracks import decode

SIDE, RATE, FRAMES = 192, 8, 16
EVERY = FPS // RATE
SHARED = 4
"""Frames that neighbouring windows share."""

CHAINED = 8
"""Windows of the clips whose last window is looked at."""

Clip = NDArray[np.uint8]
"""(T, H, W, 3)."""


@dataclass(frozen=True)
class Row:
    """One tool: its measure without it and with it, means over clips."""

    tool: str
    measure: str
    clip: str
    without: float
    with_it: float
    is_higher_better: bool = False

    @property
    def helps(self) -> bool:
        better = self.with_it - self.without
        return better > 0 if self.is_higher_better else better < 0

    def __str__(self) -> str:
        mark = "yes" if self.helps else "**no**"
        told = f"{self.measure}, {'higher' if self.is_higher_better else 'lower'} is better"
        values = f"{self.without:.3f} | {self.with_it:.3f}"
        return f"| {self.tool} | {self.clip} | {told} | {values} | {mark} |"


@cache
def real(count: int, every: int = EVERY, frames: int = FRAMES) -> tuple[Clip, ...]:
    """Held-out animations, spread over all of them."""
    known = [each for each in animations() if each.is_held_out]
    chosen = [known[i * len(known) // count] for i in range(count)]
    return tuple(_small(on_white(decode(each.path)[::every][:frames])) for each in chosen)


def _small(frames: Clip) -> Clip:
    size = (SIDE, SIDE)
    return np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames]).astype(
        np.uint8
    )


def flicker(clips: Sequence[Clip]) -> list[Row]:
    """Light that changes from frame to frame."""
    spoilt = [_lit(clip, seed) for seed, clip in enumerate(clips)]
    pairs = [(measured(each, RATE), measured(list(deflickered(each)), RATE)) for each in spoilt]
    what = "light that changes by 20 %"
    return [
        _row(
            "flicker removal", name, what, [(getattr(a, name), getattr(b, name)) for a, b in pairs]
        )
        for name in ("temporal_flickering", "warp_error")
    ]


def colour(clips: Sequence[Clip]) -> list[Row]:
    """Colours that drift away, as in long chains of windows."""
    last = np.array([-45.0, -10.0, -30.0])
    pairs = []
    for clip in clips:
        share = np.linspace(0, 1, len(clip))[:, None, None, None]
        spoilt = np.rint(clip + share * last).clip(0, 255).astype(np.uint8)
        held = list(anchored(spoilt, spoilt[0]))
        pairs.append((measured(spoilt, RATE).colour_drift, measured(held, RATE).colour_drift))
    return [_row("colour anchor", "colour_drift", "colours that drift", pairs)]


def interpolation(clips: Sequence[Clip]) -> list[Row]:
    """Every third frame of clips at 24 a second: shown three times, or with frames between."""
    smooth, true = [], []
    for clip in clips:
        count = (len(clip) - 1) // EVERY * EVERY + 1
        keys = clip[:count:EVERY]
        shown = keys[np.arange(count) // EVERY]
        made = np.stack(list(interpolated(keys, len(keys), count)))
        smooth.append(tuple(measured(each, FPS).motion_smoothness for each in (shown, made)))
        true.append(tuple(_psnr(each, clip[:count]) for each in (shown, made)))
    what = "8 frames a second shown at 24"
    return [
        _row("interpolation", "motion_smoothness", what, smooth),
        _row("interpolation", "PSNR against the real frames, dB", what, true),
    ]


def upscaling(clips: Sequence[Clip]) -> list[Row]:
    """128 px enlarged to 512 by pocket-upscale, frame by frame or in agreement."""
    upscaler = Upscaler.load(ASSETS / "pocket-upscale")

    def enlarged(frame: Clip) -> Clip:
        return upscaler.to_size(frame, 512, 512)

    pairs = []
    for clip in clips:
        small = np.stack([np.asarray(Image.fromarray(f).resize((128, 128))) for f in clip[:8]])
        apart = [enlarged(frame) for frame in small]
        pairs.append((_shimmer(apart), _shimmer(list(upscaled(small, enlarged)))))
    what = "128 px enlarged to 512"
    return [_row("stable up-scaling", "warp error at 512 px, levels", what, pairs)]


def joined(clips: Sequence[Clip]) -> list[Row]:
    """Windows that do not quite agree, put one after the other or faded into each other."""
    pairs = []
    for clip in clips:
        plan = windows(len(clip), len(clip) * 5 // 8, SHARED)
        made = [
            np.rint(clip[w.start : w.stop] * (1 - 0.09 * i)).astype(np.uint8)
            for i, w in enumerate(plan)
        ]
        joiner = Joiner(plan)
        faded = [frame for part in made for frame in joiner.add(list(part))]
        hard = [*made[0], *(f for w, m in zip(plan[1:], made[1:], strict=True)
                            for f in m[w.overlap :])]  # fmt: skip
        pairs.append((_worst_jump(hard), _worst_jump(faded)))
    return [_row("windows that fade", "largest jump of the light, levels", "two windows", pairs)]


def identity(clips: Sequence[Clip]) -> list[Row]:
    """Another subject in the last third: frames that are not the same are made again."""
    pairs, seen = [], []
    for index, clip in enumerate(clips):
        other = clips[(index + len(clips) // 2) % len(clips)]
        length = min(len(clip), len(other))
        cut, clip = length * 2 // 3, clip[:length]
        spoilt = np.concatenate([clip[:cut], other[cut:length]])
        # The second try of a frame is the real one.
        mended = [
            made if likeness(spoilt[0], made).is_same else again
            for made, again in zip(spoilt, clip, strict=True)
        ]
        seen.append([not likeness(spoilt[0], made).is_same for made in spoilt[cut:]])
        pairs.append(tuple(measured(each, RATE).subject_consistency for each in (spoilt, mended)))
    found = _row("identity check", "subject_consistency", "another subject at the end", pairs)
    share = _row("identity check", "share of wrong frames found", found.clip,
                 [(0.0, float(np.mean(each))) for each in seen])  # fmt: skip
    return [found, share]


def chain(clips: Sequence[Clip]) -> list[Row]:
    """pocket-video's windows, each from the last frame of the one before, or from the first."""
    model = PocketVideo.load(ASSETS)
    pairs = []
    for seed, clip in enumerate(clips):
        first = np.asarray(Image.fromarray(clip[0]).resize((128, 128), Image.Resampling.BOX))
        last = _window(model, first, seed * 100)
        for number in range(1, CHAINED):
            last = _window(model, last[-1], seed * 100 + number)
        alone = _window(model, first, seed * 100 + CHAINED - 1)
        pairs.append(tuple(
            float(np.mean([likeness(first, frame).score for frame in window]))
            for window in (last, alone)
        ))  # fmt: skip
    what = f"window {CHAINED} of pocket-video, from the last frame or from the first"
    return [_row("windows anchored to the first", "likeness to the first frame", what, pairs)]


def _window(model: PocketVideo, picture: Clip, seed: int) -> list[Clip]:
    small = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]).astype(np.float32)
    wish = Wish("", is_loop=False, seed=seed, strength=0.62, steps=8)
    made = model.paths(wish, torch.from_numpy(small).permute(2, 0, 1)[None] / 127.5 - 1)
    paths = steadied(made, things_on_nothing(picture))
    scene = Scene.of(picture, picture, paths, (128, 128))
    rest = Camera("static", 0, 1, 1).matrix(0)
    return [scene.shown(key, rest) for key in paths]


def noise(clips: Sequence[Clip]) -> list[Row]:
    """Frames painted one by one by pocket-image, from noise of several kinds."""
    free, again = ablate_noise.free_noise(len(clips)), ablate_noise.free_init(len(clips))
    return [
        _row("FreeNoise", "likeness of the last window to the first", "frames painted one by one",
             free, True),
        _row("FreeInit", "temporal_flickering", "frames painted one by one", again, True),
    ]  # fmt: skip


def attention(clips: Sequence[Clip]) -> list[Row]:
    """A small denoiser of clips that is trained with attention over time, and without."""
    what = "noisy clips through a denoiser trained for this"
    found = ablate_attention.flickers(clips)
    return [_row("temporal attention", "flicker left, levels", what, found, is_higher=False)]


def _lit(clip: Clip, seed: int) -> Clip:
    gains = 1 - 0.2 * np.random.default_rng(seed).random(len(clip))
    return np.rint(clip * gains[:, None, None, None]).astype(np.uint8)


def _psnr(made: Clip, truth: Clip) -> float:
    error = np.square(made.astype(np.float64) - truth).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _worst_jump(frames: Sequence[Clip]) -> float:
    return float(np.abs(np.diff([float(each.mean()) for each in frames])).max())


def _shimmer(frames: Sequence[Clip]) -> float:
    """Mean difference from the frame before, brought along the flow, where both are seen."""
    found = []
    for before, frame in zip(frames, frames[1:], strict=False):
        back, there = both_ways(frame, before)
        seen = is_in_both(back, there)
        differ = difference(warped(before, back), frame)
        found.append(float((differ * seen).sum() / max(float(seen.sum()), 1)))
    return float(np.mean(found))


LOWER = ("warp", "drift", "jump")


def _row(
    tool: str,
    measure: str,
    clip: str,
    pairs: Sequence[tuple[float, ...]],
    is_higher: bool | None = None,
) -> Row:
    without, with_it = np.mean(np.asarray(pairs, float), axis=0)
    higher = not any(word in measure for word in LOWER) if is_higher is None else is_higher
    return Row(tool, measure, clip, float(without), float(with_it), higher)


TOOLS: dict[str, Callable[[Sequence[Clip]], list[Row]]] = {
    "flicker": flicker,
    "colour": colour,
    "interpolation": interpolation,
    "upscaling": upscaling,
    "joined": joined,
    "identity": identity,
    "chain": chain,
    "noise": noise,
    "attention": attention,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--only", default=",".join(TOOLS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| tool | clip | measure | without | with | helps |\n|---|---|---|---|---|---|")
    for name in args.only.split(","):
        count = min(args.clips, 6) if name in ("upscaling", "noise") else args.clips
        clips = real(count, 1, 25) if name == "interpolation" else real(count)
        for row in TOOLS[name](clips):
            print(row, flush=True)


if __name__ == "__main__":
    main()
