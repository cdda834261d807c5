"""Clips for the tests of `pipelines/temporal`: real drawings, moved and spoiled by code."""

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open

Pixels = NDArray[np.uint8]
Clip = NDArray[np.uint8]
"""uint8 (T, H, W, 3)."""

FOLDER = Path(__file__).parents[1] / "assets" / "pocket-image" / "references"
SIDE = 192


@cache
def drawing(name: str, pack: str = "@iconify-json/fluent-emoji-flat") -> Pixels:
    """A drawing of pocket-image's memory: uint8 (128, 128, 4)."""
    index = json.loads((FOLDER / "references.json").read_text("utf-8"))
    names = [(each[0], each[1]) for each in index["drawings"]]
    number = names.index((pack, name))
    with safe_open(FOLDER / "references.safetensors", framework="numpy") as file:
        ends = file.get_slice("ends")[:]
        start = int(ends[number - 1]) if number else 0
        data = file.get_slice("drawings")[start : int(ends[number])]
    return np.asarray(Image.open(io.BytesIO(data.tobytes())).convert("RGBA"))


@cache
def landscape(width: int, height: int) -> Pixels:
    """A sky, hills, trees and a path, with edges and soft parts: uint8 (H, W, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    sky = np.stack([0.45 + 0.4 * y, 0.7 + 0.2 * y, 0.95 - 0.1 * y], -1)
    hills = 0.55 + 0.1 * np.sin(5 * x + 1) + 0.04 * np.sin(17 * x)
    meadow = np.stack([0.3 + 0.2 * x % 1, 0.65 - 0.2 * y, 0.3 + 0 * x], -1)
    picture = np.where((y > hills)[..., None], meadow, sky)
    canvas = Image.fromarray((picture * 255).clip(0, 255).astype(np.uint8))
    size = height // 3
    for place, thing in enumerate(("deciduous-tree", "house", "evergreen-tree", "sunflower")):
        if place * size * 1.4 < width:
            sprite = Image.fromarray(drawing(thing)).resize((size, size), Image.Resampling.LANCZOS)
            canvas.paste(sprite, (int(place * size * 1.4), int(height * 0.42)), sprite)
    return np.asarray(canvas)


def moving(
    path: Callable[[float], tuple[float, float]],
    frames: int,
    name: str = "fox",
    side: int = SIDE,
    pan: float = 0.0,
) -> Clip:
    """A drawing before a landscape: `path` gives its centre (shares of the side) at each frame.

    `pan`: how far the camera goes to the right each frame, in pixels.
    """
    behind = landscape(2 * side, side).astype(np.float32)
    size = side // 2
    sprite = np.asarray(Image.fromarray(drawing(name)).resize((size, size)), np.float32)
    return np.stack([_drawn(behind, sprite, path(i), i * pan) for i in range(frames)])


def _drawn(
    behind: NDArray[np.float32], sprite: NDArray[np.float32], at: tuple[float, float], left: float
) -> Pixels:
    """One frame; places between pixels are drawn between them."""
    side = len(behind)
    shift = np.array([[1, 0, -left], [0, 1, 0]], np.float32)
    frame = cv2.warpAffine(behind, shift, (side, side), borderMode=cv2.BORDER_REPLICATE)
    half = len(sprite) / 2
    place = np.array([[1, 0, at[0] * side - half], [0, 1, at[1] * side - half]], np.float32)
    solid = sprite.copy()
    solid[..., :3] *= sprite[..., 3:] / 255
    laid = cv2.warpAffine(solid, place, (side, side))
    return np.rint(frame * (1 - laid[..., 3:] / 255) + laid[..., :3]).clip(0, 255).astype(np.uint8)


def walk(frames: int, speed: float = 0.01) -> Callable[[float], tuple[float, float]]:
    """Across the frame from left to right with a little hop; `speed` in sides a frame."""
    return lambda i: (0.5 + speed * (i - frames / 2), 0.58 - 0.03 * abs(np.sin(0.4 * i)))


def still(_: float) -> tuple[float, float]:
    return 0.5, 0.58


def flickering(clip: Clip, strength: float = 0.12, seed: int = 0) -> Clip:
    """The light of each frame goes up and down."""
    gains = 1 + strength * np.random.default_rng(seed).uniform(-1, 1, len(clip))
    return np.rint(clip * gains[:, None, None, None]).clip(0, 255).astype(np.uint8)


def shimmering(clip: Clip, strength: float = 12, seed: int = 0) -> Clip:
    """Fine texture that is another in each frame, as frames painted one by one have."""
    noise = np.random.default_rng(seed).normal(0, strength, clip.shape[:3])
    noise = np.stack([cv2.GaussianBlur(each, (0, 0), 1.0) for each in noise])[..., None] * 2.5
    return np.rint(clip + noise).clip(0, 255).astype(np.uint8)


def drifting(clip: Clip, last: tuple[float, float, float] = (30, -10, -25)) -> Clip:
    """Colours that go away from those of the first frame, little by little."""
    share = np.linspace(0, 1, len(clip))[:, None, None, None]
    return np.rint(clip + share * np.array(last)).clip(0, 255).astype(np.uint8)


def jittering(clip: Clip, px: int = 4, seed: int = 0) -> Clip:
    """The camera shakes by whole pixels."""
    moves = np.random.default_rng(seed).integers(-px, px + 1, (len(clip), 2))
    return np.stack([np.roll(f, tuple(m), (0, 1)) for f, m in zip(clip, moves, strict=True)])


def shuffled(clip: Clip, seed: int = 0) -> Clip:
    return clip[np.random.default_rng(seed).permutation(len(clip))]


def psnr(left: NDArray, right: NDArray) -> float:
    """Peak signal-to-noise ratio, dB."""
    error = np.square(left.astype(np.float64) - right).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
