"""Frames of a clip out of its file, one at a time, and the picture that stands for it.

Reads what somebody hands in with every check that makes it safe to use. Knows no record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.errors import RequestError
from studio.frames import Frame, Frames, StoredFrames, stored
from studio.media import Audio, Image, Video
from studio.sounds import containers
from studio.videos import ffmpeg, sequence
from studio.videos.probe import Facts, probe

_LOOKS = 9
"""How many frames are looked at to find the one that stands for a clip."""


@dataclass(frozen=True)
class ClipFile:
    """A clip that was probed; its frames are read from the file when asked for."""

    path: Path
    facts: Facts

    def __iter__(self) -> Iterator[Frame]:
        if self.facts.format == "zip":
            return sequence.read_frames(self.path)
        return ffmpeg.read_frames(self.path, self.facts.width, self.facts.height)


def open_clip(path: Path) -> ClipFile:
    """A clip that somebody hands in, seen to be whole.

    Raises:
        RequestError: missing, no clip, damaged, cut short, or too large.
    """
    return ClipFile(path, probe(path))


def read_clip(path: Path, with_sound: bool = True) -> Video:
    """A whole clip, its frames in a temporary file.

    Raises:
        RequestError: as `open_clip`, or its sound is too long.
        ResourceError: there is no room for the frames.
    """
    opened = open_clip(path)
    frames: StoredFrames = stored(opened)
    if len(frames) != opened.facts.frames:
        raise RequestError(
            f"clip {path.name!r} is damaged ({len(frames)} of {opened.facts.frames} frames); "
            "give a whole file"
        )
    audio: Audio | None = None
    if with_sound and opened.facts.has_sound:
        audio = containers.decode(path)
    return Video(frames, opened.facts.fps, audio)


def poster(frames: Frames) -> Image:
    """The frame with the most to see: the sharpest of a few, the first where they are alike."""
    count = len(frames)
    places = sorted({round(index * (count - 1) / (_LOOKS - 1)) for index in range(_LOOKS)})
    best = max(places, key=lambda place: (round(_detail(frames[place]), 1), -place))
    return Image(np.array(frames[best]))


def poster_of(path: Path) -> Image:
    """The poster of a clip in a file.

    Raises:
        RequestError: as `open_clip`.
    """
    opened = open_clip(path)
    count = opened.facts.frames
    wanted = {round(index * (count - 1) / (_LOOKS - 1)) for index in range(_LOOKS)}
    kept = [frame for place, frame in enumerate(opened) if place in wanted]
    if not kept:
        raise RequestError(f"clip {path.name!r} has no frame that can be read; give a whole file")
    return poster(np.stack(kept))


def _detail(frame: Frame) -> float:
    """How much neighbouring pixels differ, on average, in levels."""
    grey = frame[::2, ::2].astype(np.float32).mean(axis=2)
    across = np.abs(np.diff(grey, axis=1)).mean() if grey.shape[1] > 1 else 0.0
    down = np.abs(np.diff(grey, axis=0)).mean() if grey.shape[0] > 1 else 0.0
    return float(across + down)
