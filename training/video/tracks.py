"""Decodes every animation once and follows what it shows from frame to frame.

    python -m training.video.tracks

Writes for every animation its key frames, uint8 (keys, 128, 128, 4) with straight alpha, and its
tracks: where the thing seen at each cell of a starting frame is, key by key, over one whole loop.
Dense flow between neighbouring frames (DIS, Kroeger et al. 2016) is chained along points, eight
cells' worth of pixels apart, and what a loop does not close is taken off evenly. A file already
written is left alone. Knows nothing about models.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.slices import CACHE
from training.video.sources import FPS, Animation, animations

FOLDER = CACHE / "video" / "clips"
SIDE, KEY_SIDE = 256, 128
STRIDE = 3
"""Every third frame is a key frame: 8 a second."""

STARTS = 6
CELLS = 16
POINTS = 32
"""Points followed a side; four of them speak for one cell."""

LOST_PX = 24.0
"""A point that a loop does not bring back to within this distance was lost."""

Frames = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """What is known of one animation.

    `keys`: uint8 (K, 128, 128, 4). `tracks`: (STARTS, K + 1, 16, 16, 2) displacements (x, y) in
    cells of 8 px since the starting key; NaN where the start shows nothing. `starts`: their keys.
    """

    keys: Frames
    tracks: Floats
    starts: NDArray[np.int64]


def decode(path: Path) -> Frames:
    """All frames, uint8 (T, 256, 256, 4)."""
    with Image.open(path) as picture:
        frames = []
        for index in range(getattr(picture, "n_frames", 1)):
            picture.seek(index)
            frames.append(np.asarray(picture.convert("RGBA")))
    return np.stack(frames)


def _grey(frames: Frames) -> Frames:
    """Brightness (T, H, W) over a ground that the thing stands out from."""
    alpha = frames[..., 3:].astype(np.float32) / 255
    colour = frames[..., :3] @ np.array([0.3, 0.4, 0.3], np.float32)
    mean = (colour * alpha[..., 0]).sum() / max(1.0, alpha.sum())
    ground = 0.0 if mean > 128 else 255.0
    return (colour * alpha[..., 0] + ground * (1 - alpha[..., 0])).astype(np.uint8)


def flows(frames: Frames) -> Floats:
    """Flow (T, H, W, 2) px from every frame to the next, from the last one to the first."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    grey = _grey(frames)
    none = np.zeros((*grey.shape[1:], 2), np.float32)
    return np.stack(
        [
            finder.calc(one, other, none.copy())
            for one, other in zip(grey, np.roll(grey, -1, 0), strict=True)
        ]
    )


def follow(flow: Floats, start: int) -> Floats:
    """Positions (T + 1, POINTS, POINTS, 2) px of points of frame `start` over one loop."""
    step = SIDE / POINTS
    axis = (np.arange(POINTS, dtype=np.float32) + 0.5) * step - 0.5
    at = np.stack(np.meshgrid(axis, axis), -1)
    found = [at]
    for index in range(len(flow)):
        moved = cv2.remap(
            flow[(start + index) % len(flow)],
            at[..., 0],
            at[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        at = at + moved
        found.append(at)
    path = np.stack(found)
    drift = path[-1] - path[0]
    is_lost = np.linalg.norm(drift, axis=-1) > LOST_PX
    path = path - np.linspace(0, 1, len(path), dtype=np.float32)[:, None, None, None] * drift
    path[:, is_lost] = np.nan
    return path.astype(np.float32)


def _by_cell(path: Floats, alpha: Floats) -> Floats:
    """Mean displacement (T, CELLS, CELLS, 2) in cells, of the points that show something."""
    per = POINTS // CELLS
    moved = (path - path[:1]) / (SIDE / CELLS)
    weight = np.where(np.isnan(moved[0, ..., 0]), 0, alpha)
    blocks = np.nan_to_num(moved) * weight[None, ..., None]
    shape = (len(moved), CELLS, per, CELLS, per, 2)
    total = weight.reshape(CELLS, per, CELLS, per).sum((1, 3))
    mean = blocks.reshape(shape).sum((2, 4)) / np.maximum(total, 1e-6)[None, ..., None]
    return np.where(total[None, ..., None] > 0.5, mean, np.nan).astype(np.float32)


def _alpha_at_points(frame: Frames) -> Floats:
    small = cv2.resize(frame[..., 3], (POINTS, POINTS), interpolation=cv2.INTER_AREA)
    return (small / np.float32(255)).astype(np.float32)


def track(animation: Animation) -> Clip:
    """Decodes and follows one animation."""
    frames = decode(animation.path)
    count = len(frames) // STRIDE
    at = np.round(np.arange(count) * len(frames) / count).astype(int)
    flow = flows(frames)
    starts = np.arange(STARTS) * count // STARTS
    tracks = []
    for start in starts:
        path = follow(flow, at[start])
        cells = _by_cell(path, _alpha_at_points(frames[at[start]]))
        since = (np.append(np.roll(at, -start), at[start]) - at[start]) % len(frames)
        since[-1] = len(frames)
        tracks.append(cells[since])
    keys = [
        np.asarray(Image.fromarray(frames[i]).resize((KEY_SIDE, KEY_SIDE), Image.Resampling.BOX))
        for i in at
    ]
    return Clip(np.stack(keys), np.stack(tracks), starts)


def path_of(animation: Animation) -> Path:
    return FOLDER / f"{animation.concept.id}.npz"


def build() -> None:
    """Writes what is missing, and `index.json`: seconds and keys of every clip."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    index = {}
    for number, animation in enumerate(animations()):
        path = path_of(animation)
        if not path.exists():
            clip = track(animation)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, keys=clip.keys, tracks=clip.tracks, starts=clip.starts)
            part.rename(path)
        index[animation.concept.id] = {"seconds": animation.frames / FPS}
        if number % 50 == 0:
            print(number, flush=True)
    (FOLDER / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    build()
