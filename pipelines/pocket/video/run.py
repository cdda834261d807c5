"""pocket-video at run time: a key picture, paths for everything in it, then frame after frame.

The key picture comes from pocket-image, wide enough for what the camera will see. The motion
network makes up where everything in it goes, window by window. A frame is the key picture, enlarged
once, looked up where the paths of that moment say and from where the camera is: sharp, and as
steady as the paths are. Each frame needs the picture and the paths alone, so a clip that was
stopped goes on with the same pixels. Knows nothing about presets, sound or what people type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps
from torch import Tensor

from pipelines.pocket.image import PocketImage, Sketch, native_size
from pipelines.pocket.upscale import MAX_SIDE, Upscaler
from pipelines.pocket.video.behind import Apart
from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.hints import Asked
from pipelines.pocket.video.kept import Kept, KeptFrames
from pipelines.pocket.video.morph import Morph, way_over
from pipelines.pocket.video.paths import MotionPaths, Wish
from pipelines.pocket.video.plan import Plan
from pipelines.pocket.video.scene import Scene, covering, fit, is_on_nothing, wanted_size
from pipelines.pocket.video.things import Mask, things_on_nothing, things_painted
from pipelines.pocket.video.watched import Watched
from pipelines.pocket.video.windows import Key, Windows
from studio.frames import Frame, FrameWriter, StoredFrames
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

    motion: str = "any"
    """The name of a motion, where one is asked for."""

    heads_right: bool = False
    """Where what walks or drives goes: to the right, else to the left."""

    first: Pillow.Image | None = None
    """A picture to animate, RGB, instead of one that is drawn."""

    last: Pillow.Image | None = None
    """The picture that it becomes by the end, RGB."""


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

    def show(self, frame: Frame) -> None:
        """One more step is done, and this is what it made."""
        self._done += 1
        self._on_step(Step(self._done, self._total, Image(frame)))


class PocketVideo:
    """The loaded parts. Same shot, same frames."""

    def __init__(self, image: PocketImage, upscaler: Upscaler, paths: MotionPaths) -> None:
        self.image = image
        self.upscaler = upscaler
        self.paths = paths

    @classmethod
    def load(cls, assets: Path, device: str = "cpu") -> PocketVideo:
        """Loads what is needed from the folder of shipped weights."""
        image = PocketImage.load(assets / "pocket-image", device)
        basis = image.look_up.references.basis
        paths = MotionPaths.load(assets / "pocket-video", basis, image.text)
        return cls(image, Upscaler.load(assets / "pocket-upscale", device), paths)

    def __call__(
        self, shot: Shot, on_step: OnStep, kept: Kept | None = None
    ) -> tuple[StoredFrames | KeptFrames, dict[str, float]]:
        """All frames, in a file, and how well they hold together.

        Args:
            kept: where finished windows are, and are kept until all are finished.
        """
        drawing = shot.sketch.steps if shot.first is None else 1
        progress = Progress(on_step, drawing + shot.plan.windows * (1 + SHOWN))
        key = self._key(shot, progress)
        shot = replace(shot, camera=replace(shot.camera, focus=_focus(key, shot)))
        has_room = is_on_nothing(np.ascontiguousarray(key.small[..., :3]))
        asked = Asked(shot.motion, heads_right=shot.heads_right, has_room=has_room)
        windows = Windows(self.paths, shot.wish, shot.plan, key, asked)
        scene = self._scene(shot, key, windows.paths(0))
        morph = None if shot.last is None else Morph(scene.picture, _like(shot.last, scene.picture))
        clip = _Clip(shot, scene, windows, progress, morph)
        return clip.frames(kept), clip.watched.scores()

    def _key(self, shot: Shot, progress: Progress) -> Key:
        """The key picture: drawn, or what was handed in."""
        wanted = wanted_size(shot.camera, shot.size)
        width, height = native_size(*wanted)
        if shot.first is None:
            sketch = replace(shot.sketch, width=width, height=height)
            return self._parted(sketch, self.image(sketch, progress.tick))
        size = covering((width, height), wanted)
        large = ImageOps.fit(shot.first, size, Pillow.Resampling.LANCZOS)
        colours = np.asarray(large.resize((width, height), Pillow.Resampling.BOX))
        small = np.dstack([colours, np.full((height, width), 255, np.uint8)])
        progress.tick()
        things = things_on_nothing(colours) if is_on_nothing(colours) else []
        return Key(small, things, large=large)

    def _parted(self, sketch: Sketch, small: Pixels) -> Key:
        """A drawn key picture, with its things where the drawings lie that it was made after."""
        look_up, size = self.image.look_up, (sketch.width, sketch.height)
        meant: list[Mask] = []
        others: list[Mask] = []
        chosen = look_up.chosen(sketch.about, sketch.style, sketch.seed)
        for each, is_there in zip(chosen, look_up.covered(chosen, size), strict=True):
            is_meant = each.box.concept == chosen[0].box.concept
            (meant if is_meant else others).append(is_there)
        colours = small[..., :3]
        if is_on_nothing(colours):
            return Key(small, things_on_nothing(colours, meant, others))
        if not chosen:
            return Key(small, [])
        apart = Apart(np.any([*meant, *others], axis=0), self.image.behind(sketch))
        return Key(small, things_painted(meant, others), apart)

    def _scene(self, shot: Shot, key: Key, paths: Tensor) -> Scene:
        """The key picture at the size at which it is shown."""
        height, width = key.small.shape[:2]
        colours = np.ascontiguousarray(key.small[..., :3])
        size = covering((width, height), wanted_size(shot.camera, shot.size))
        if is_on_nothing(colours):
            half = (size[0] / shot.size[1], size[1] / shot.size[1])
            share = fit(colours, paths, shot.camera, half)
            size = (round(size[0] * share), round(size[1] * share))
        if key.large is None:
            size = (min(size[0], MAX_SIDE), min(size[1], MAX_SIDE))
            picture = self.upscaler.to_size(colours, *size)
        else:
            picture = np.asarray(key.large.resize(size, Pillow.Resampling.LANCZOS))
        return Scene.of(picture, colours, paths, shot.size, key.apart)


FARTHEST = 0.7
"""Of the way to the border: no focus is further out."""


def _focus(key: Key, shot: Shot) -> tuple[float, float]:
    """Where the subject is in the frame, from (-1, -1) to (1, 1); the middle without one."""
    shares = [thing.share for thing in key.things if thing.is_subject]
    if not shares:
        return 0.0, 0.0
    weight = np.sum(shares, axis=0)
    h, w = weight.shape
    size = covering((w, h), wanted_size(shot.camera, shot.size))
    at = [(np.arange(n) + 0.5) / n * 2 - 1 for n in (w, h)]
    x, y = (float((weight.sum(axis) * at[axis]).sum() / weight.sum()) for axis in (0, 1))
    found = x * size[0] / shot.size[0], y * size[1] / shot.size[1]
    return tuple(np.clip(found, -FARTHEST, FARTHEST).tolist())


def _like(picture: Pillow.Image, other: Pixels) -> Pixels:
    """A picture in the size of another one, (H, W, 3)."""
    size = (other.shape[1], other.shape[0])
    return np.asarray(ImageOps.fit(picture, size, Pillow.Resampling.LANCZOS))


class _Clip:
    """One clip in the making."""

    def __init__(
        self, shot: Shot, scene: Scene, windows: Windows, progress: Progress, morph: Morph | None
    ) -> None:
        self.shot = shot
        self.scene = scene
        self.windows = windows
        self.progress = progress
        self.morph = morph
        self.watched = Watched(scene, shot.camera, shot.plan)

    def frames(self, kept: Kept | None) -> StoredFrames | KeptFrames:
        """All frames. Finished windows wait in `kept` for the last one."""
        numbers = range(self.shot.plan.windows)
        if kept is not None:
            for window in numbers:
                self._finish(window, kept)
            return kept.finished([len(self.shot.plan.frames_of(window)) for window in numbers])
        with FrameWriter.temporary(*self.shot.size) as writer:
            for window in numbers:
                writer.extend(self._made(window))
            return writer.close()

    def _finish(self, window: int, kept: Kept) -> None:
        """Makes a window, unless it is there."""
        count = len(self.shot.plan.frames_of(window))
        if kept.read(window, count) is None:
            kept.write(window, self._made(window))
            return
        self._prepare(window)
        for _ in range(SHOWN):
            self.progress.tick()

    def _made(self, window: int) -> Iterator[Frame]:
        """The frames of one window."""
        self._prepare(window)
        frames = self.shot.plan.frames_of(window)
        told = [round(len(frames) * (i + 1) / SHOWN) for i in range(SHOWN)]
        for _ in range(told.count(0)):
            self.progress.tick()
        for number, frame in enumerate(frames, 1):
            pixels = self._frame(frame)
            yield pixels
            for _ in range(told.count(number)):
                self.progress.show(pixels)

    def _prepare(self, window: int) -> None:
        """Settles the motion that a window needs, and looks at it."""
        for each in (window, self.shot.plan.following(window)):
            self.watched.settle(self.windows, each)
        self.watched.add(self.windows, window)
        self.progress.tick()

    def _frame(self, frame: int) -> Frame:
        paths = self.windows.at(self.shot.plan.place(frame))
        time_s = self.shot.camera.duration_s * frame / self.shot.plan.frame_count
        scene = self.scene
        if self.morph is not None:
            share = way_over(frame / max(1, self.shot.plan.frame_count - 1))
            scene = replace(scene, picture=self.morph.at(share), shows=None)
            paths = paths * (1 - share)
        return scene.shown(paths, self.shot.camera.matrix(time_s))
