"""pocket-video at run time: a key picture, paths for everything in it, then frame after frame.

The key picture comes from pocket-image, wide enough for what the camera will see. The motion
network makes up where everything in it goes, window by window. A frame is the key picture, enlarged
once, looked up where the paths of that moment say and from where the camera is: sharp, and as
steady as the paths are. Each frame needs the picture and the paths alone, so a clip that was
stopped goes on with the same pixels. Knows nothing about presets, sound or what people type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor

from pipelines.pocket.image import PocketImage, Sketch, native_size
from pipelines.pocket.rough import CELL
from pipelines.pocket.upscale import MAX_SIDE, Upscaler
from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.paths import MotionPaths, Wish
from pipelines.pocket.video.plan import KEYS, Place, Plan
from pipelines.pocket.video.scene import Scene, covering, fit, is_on_nothing, wanted_size
from studio.frames import FrameWriter, StoredFrames
from studio.media import Image
from studio.spec import OnStep, Step

Pixels = NDArray[np.uint8]

SHOWN = 8
"""How often progress is told while the frames of a window are made."""


@dataclass(frozen=True)
class Shot:
    """A clip to make. `sketch` is its key picture; the camera decides how wide it is drawn."""

    sketch: Sketch
    camera: Camera
    plan: Plan
    wish: Wish
    size: tuple[int, int]
    """Width and height of the frames in px."""

    first: Pillow.Image | None = None
    """A picture to animate, RGB, instead of one that is drawn."""


class Progress:
    """Counts steps over the whole clip, so that each is told once."""

    def __init__(self, on_step: OnStep, total: int) -> None:
        self._on_step = on_step
        self._total = total
        self._done = 0

    def tick(self, step: Step | None = None) -> None:
        """One more step is done; `step` hands over its preview."""
        self._done += 1
        self._on_step(Step(self._done, self._total, step.picture if step else None))

    def show(self, frame: Pixels) -> None:
        """One more step is done, and this is what it made."""
        self._done += 1
        self._on_step(Step(self._done, self._total, Image(frame)))


class PocketVideo:
    """The loaded parts. Same shot, same frames."""

    def __init__(self, image: PocketImage, upscaler: Upscaler, paths: MotionPaths | None) -> None:
        self.image = image
        self.upscaler = upscaler
        self.paths = paths

    @classmethod
    def load(cls, assets: Path, device: str = "cpu") -> PocketVideo:
        """Loads what is needed from the folder of shipped weights."""
        image = PocketImage.load(assets / "pocket-image", device)
        folder = assets / "pocket-video"
        basis = image.look_up.references.basis
        paths = MotionPaths.load(folder, basis, image.text) if folder.is_dir() else None
        return cls(image, Upscaler.load(assets / "pocket-upscale", device), paths)

    def __call__(self, shot: Shot, on_step: OnStep) -> StoredFrames:
        """All frames, in a file."""
        drawing = shot.sketch.steps if shot.first is None else 1
        progress = Progress(on_step, drawing + shot.plan.windows * (1 + SHOWN))
        small, large = self._key(shot, progress)
        windows = _Windows(self, shot, small)
        scene = self._scene(shot, small, large, windows.paths(0))
        with FrameWriter.temporary(*shot.size) as writer:
            for window in range(shot.plan.windows):
                windows.paths(window)
                progress.tick()
                self._write(shot, scene, windows, window, writer, progress)
            return writer.close()

    def _write(
        self, shot: Shot, scene: Scene, windows: _Windows, window: int, writer: FrameWriter,
        progress: Progress,
    ) -> None:  # fmt: skip
        """The frames of one window."""
        frames = shot.plan.frames_of(window)
        told = [round(len(frames) * (i + 1) / SHOWN) for i in range(SHOWN)]
        for number, frame in enumerate(frames, 1):
            paths = windows.at(shot.plan.place(frame))
            time_s = shot.camera.duration_s * frame / shot.plan.frame_count
            pixels = scene.shown(paths, shot.camera.matrix(time_s))
            writer.append(pixels)
            for _ in range(told.count(number)):
                progress.show(pixels)
        for _ in range(told.count(0)):
            progress.tick()

    def _key(self, shot: Shot, progress: Progress) -> tuple[Pixels, Pillow.Image | None]:
        """The key picture at the network's size, (H, W, 4) over white, and what was handed in."""
        wanted = wanted_size(shot.camera, shot.size)
        width, height = native_size(*wanted)
        if shot.first is None:
            sketch = replace(shot.sketch, width=width, height=height)
            return self.image(sketch, progress.tick), None
        large = ImageOps.fit(
            shot.first, covering((width, height), wanted), Pillow.Resampling.LANCZOS
        )
        small = np.asarray(large.resize((width, height), Pillow.Resampling.BOX))
        solid = np.full((height, width, 1), 255, np.uint8)
        progress.tick()
        return np.concatenate([small, solid], -1), large

    def _scene(self, shot: Shot, small: Pixels, large: Pillow.Image | None, paths: Tensor) -> Scene:
        """The key picture at the size at which it is shown."""
        height, width = small.shape[:2]
        size = covering((width, height), wanted_size(shot.camera, shot.size))
        is_empty = is_on_nothing(small[..., :3])
        if is_empty:
            half = (size[0] / shot.size[1], size[1] / shot.size[1])
            share = fit(small[..., :3], paths, shot.camera, half)
            size = (round(size[0] * share), round(size[1] * share))
        if large is None:
            size = (min(size[0], MAX_SIDE), min(size[1], MAX_SIDE))
            picture = self.upscaler.to_size(np.ascontiguousarray(small[..., :3]), *size)
        else:
            picture = np.asarray(large.resize(size, Pillow.Resampling.LANCZOS))
        return Scene(picture, (width, height), shot.size, is_empty)


class _Windows:
    """The paths of each window, made up when they are first asked for."""

    def __init__(self, model: PocketVideo, shot: Shot, small: Pixels) -> None:
        self.model = model
        self.shot = shot
        values = torch.from_numpy(small.astype(np.float32)).permute(2, 0, 1)[None]
        self.picture = values / 127.5 - 1
        self._made: dict[int, Tensor] = {}

    def paths(self, window: int) -> Tensor:
        """(16, 2, h, w) in cells."""
        if window not in self._made:
            # A window and the one before it: long clips need no more memory.
            self._made = {i: p for i, p in self._made.items() if i in (0, window - 1)}
            self._made[window] = self._made_up(window)
        return self._made[window]

    def _made_up(self, window: int) -> Tensor:
        wish, model = self.shot.wish, self.model.paths
        if wish.strength == 0 or model is None:
            height, width = self.picture.shape[-2:]
            return torch.zeros(KEYS, 2, height // CELL, width // CELL)
        seed = _seed(wish.seed, window)
        return model(replace(wish, seed=seed, is_loop=self.shot.plan.is_round), self.picture)

    def at(self, place: Place) -> Tensor:
        """(2, h, w): where everything has gone at a moment."""
        is_round = self.shot.plan.is_round
        here = between(self.paths(place.window), place.key, is_round)
        if place.share == 0:
            return here
        there = self.paths(self.shot.plan.following(place.window))
        return torch.lerp(here, between(there, place.key, is_round), place.share)


def _seed(seed: int, window: int) -> int:
    """Each window's own seed; the first has the clip's."""
    if window == 0:
        return seed
    return int(np.random.SeedSequence([seed, window]).generate_state(1)[0])


def between(paths: Tensor, key: float, is_round: bool) -> Tensor:
    """Paths (16, 2, h, w) at a moment between key places, (2, h, w): a smooth curve through them.

    Catmull & Rom 1974, "A class of local interpolating splines".
    """
    low = int(key)
    t = key - low

    def at(index: int) -> Tensor:
        return paths[index % KEYS] if is_round else paths[min(max(index, 0), KEYS - 1)]

    before, here, there, after = (at(low + offset) for offset in (-1, 0, 1, 2))
    bend = 2 * before - 5 * here + 4 * there - after
    turn = 3 * (here - there) + after - before
    return here + 0.5 * t * (there - before + t * (bend + t * turn))
