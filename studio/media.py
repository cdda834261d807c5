"""Finished media as CPU arrays with their units: what every family returns.

Knows nothing about files, records, models or torch.
"""

import contextlib
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.errors import PipelineError
from studio.frames import Frames, same_frames
from studio.score import Score


def _same(left: NDArray[np.generic], right: NDArray[np.generic]) -> bool:
    return left.shape == right.shape and bool(np.array_equal(left, right))


@dataclass(frozen=True, eq=False)
class Image:
    """A picture. `pixels` is uint8 (H, W, 3), or (H, W, 4) with straight alpha."""

    pixels: NDArray[np.uint8]
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a server that made it said of it, by name; for the record."""

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] not in (3, 4):
            raise PipelineError(
                f"a picture must be uint8 (H, W, 3 or 4), got {self.pixels.dtype} {shape}"
            )

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] == 4

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and _same(self.pixels, other.pixels)


@dataclass(frozen=True, eq=False)
class Stem:
    """What one part of a song adds to it: float32 (channels, time), as long as the song."""

    name: str
    samples: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Audio:
    """A sound. `samples` is float32 (channels, time) within [-1, 1]; `sample_rate` in Hz.

    A family that knows them hands in the stems and the score that the sound was made from. Two
    sounds are equal when they sound equal.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    stems: tuple[Stem, ...] = ()
    score: Score | None = None
    is_written: bool = True
    """Whether the score, where there is one, holds all that sounds: no recording is part of it."""

    told: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a server that made it said of it, by name; for the record."""

    def __post_init__(self) -> None:
        for stem in self.stems:
            if stem.samples.shape != self.samples.shape:
                raise PipelineError(
                    f"stem {stem.name!r} is {stem.samples.shape}, the song {self.samples.shape}"
                )
        if self.samples.dtype != np.float32 or self.samples.ndim != 2:
            raise PipelineError(
                f"a sound must be float32 (C, T), got {self.samples.dtype} {self.samples.shape}"
            )

    @property
    def duration_s(self) -> float:
        return self.samples.shape[1] / self.sample_rate

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Audio)
            and self.sample_rate == other.sample_rate
            and _same(self.samples, other.samples)
        )


def _nothing() -> None:
    """Nothing was set aside."""


@dataclass(frozen=True, eq=False)
class Video:
    """A clip. `frames` is uint8 (T, H, W, 3), in memory or in a file; `fps` in frames a second.

    Take the frames one at a time (`for frame in clip.frames`), so that long clips fit.
    """

    frames: Frames
    fps: float
    audio: Audio | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    """How well it holds together, by name, where the family measured it; for the record."""

    told: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a server that made it said of it, by name; for the record."""

    keep: Callable[[], None] = field(default=_nothing, repr=False)
    """Called where it could not be saved: what it was made of stays for the next try."""

    def __post_init__(self) -> None:
        shape = tuple(self.frames.shape)
        if self.frames.dtype != np.uint8 or len(shape) != 4 or shape[3] != 3:
            raise PipelineError(
                f"a clip must be uint8 (T, H, W, 3), got {self.frames.dtype} {shape}"
            )
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise PipelineError(f"a clip needs a frame rate above 0, got {self.fps}")

    @property
    def width(self) -> int:
        return self.frames.shape[2]

    @property
    def height(self) -> int:
        return self.frames.shape[1]

    @property
    def duration_s(self) -> float:
        return self.frames.shape[0] / self.fps

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Video)
            and self.fps == other.fps
            and same_frames(self.frames, other.frames)
            and self.audio == other.audio
        )


Media = Image | Audio | Video


@contextlib.contextmanager
def kept_on_failure(*media: Media) -> Generator[None]:
    """Whatever ends the block before its end: what these were made of stays for the next try."""
    try:
        yield
    except BaseException:
        for each in media:
            if isinstance(each, Video):
                each.keep()
        raise
