"""A family without a model: small moving pictures by formula, for tests of everything around clips.

Needs numpy only. It behaves like a real one: a seed decides where a ball flies, windows of frames
are made one step after the other, and they lie in a file.
"""

import hashlib
import itertools
import time
from collections.abc import Iterator

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from pydantic import Field

from studio.clips import ClipParams
from studio.frames import Frame, FrameWriter
from studio.media import Image, Video
from studio.pictures import read_picture
from studio.spec import Family, InputImage, InputVideo, OnStep, Params, Step
from studio.videos.decode import open_clip

_WINDOW = 8
"""Frames that are made in one step."""

_RADIUS = 0.16
"""Of the ball, as a share of the shorter side."""


class ToyClipParams(ClipParams):
    width: int = Field(default=64, ge=16, le=512, description="Width")
    height: int = Field(default=64, ge=16, le=512, description="Height")
    image: InputImage | None = Field(default=None, description="Picture behind the ball")
    video: InputVideo | None = Field(default=None, description="Clip behind the ball")
    step_seconds: float = Field(
        default=0.0, ge=0, le=10, description="Time each window takes at least"
    )


class ToyClip:
    """A ball that flies in a loop over a ground in colours of the seed's choice."""

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, ToyClipParams)
        count = params.frame_count
        total = -(-count // _WINDOW)
        frames = _frames(params)
        with FrameWriter.temporary(params.width, params.height) as writer:
            for index in range(1, total + 1):
                time.sleep(params.step_seconds)
                frame: Frame | None = None
                for frame in itertools.islice(frames, min(_WINDOW, count - len(writer))):
                    writer.append(frame)
                on_step(Step(index, total, Image(frame) if frame is not None else None))
            return Video(writer.close(), float(params.fps))


def _frames(params: ToyClipParams) -> Iterator[Frame]:
    """The ball on its way, frame after frame, without end."""
    generator = _generator(params)
    ball = generator.integers(0, 256, 3)
    phase, turns = generator.uniform(0, 2 * np.pi), generator.uniform(0.2, 0.6)
    for number, ground in enumerate(_grounds(params, generator)):
        angle = phase + 2 * np.pi * turns * number / params.fps
        frame = ground.copy()
        frame[_disc(params, 0.5 + 0.3 * np.cos(angle), 0.5 + 0.3 * np.sin(2 * angle))] = ball
        yield frame


def _grounds(params: ToyClipParams, generator: np.random.Generator) -> Iterator[Frame]:
    """What is behind the ball: a given clip again and again, a given picture, or two colours."""
    size = (params.width, params.height)
    while params.video is not None:
        for frame in open_clip(params.video):
            yield np.asarray(PIL.Image.fromarray(frame).resize(size))
    if params.image is not None:
        picture = read_picture(params.image).convert("RGB").resize(size)
        yield from itertools.repeat(np.asarray(picture))
    top, bottom = generator.integers(0, 256, (2, 3))
    share = np.linspace(0, 1, params.height)[:, None, None]
    rows = (top * (1 - share) + bottom * share).round().astype(np.uint8)
    yield from itertools.repeat(np.broadcast_to(rows, (params.height, params.width, 3)))


def _disc(params: ToyClipParams, x: float, y: float) -> NDArray[np.bool_]:
    """The pixels of the ball with its middle at these shares of width and height, (H, W)."""
    rows, columns = np.mgrid[0 : params.height, 0 : params.width]
    radius = _RADIUS * min(params.width, params.height)
    away = (columns - x * params.width) ** 2 + (rows - y * params.height) ** 2
    return away < radius**2


def _generator(params: ToyClipParams) -> np.random.Generator:
    text = f"{params.prompt}\0{params.seed}"
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))


def load(device: str) -> ToyClip:
    return ToyClip()


FAMILY = Family(
    name="toy-clip",
    kind="video",
    about="A ball that flies, by formula, for tests",
    params=ToyClipParams,
    load=load,
    licence="Apache-2.0",
    memory_bytes=40_000_000,
    hidden=True,
)
