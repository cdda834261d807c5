"""Accents of the camera on the beats of the music: a small jump closer that eases off again.

Laid on finished frames as they are read, so that any family's clips can have them and memory does
not grow with length. Knows no family by name and no container.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio import beats
from studio.clips import ClipParams
from studio.frames import ChangedFrames, Frame
from studio.media import Video
from studio.spec import Params
from studio.storyboard import Form

CLOSER = 0.05
"""How much larger things are shown on the first beat of a bar."""

ON_BEATS = 0.5
"""The share of that on the other beats."""

EASED_S = 0.14
"""After so long an accent has 1/e of its strength."""

LEAST_APART_S = 0.4
"""Beats of quick music that come sooner after an accent get none: it would shake."""

_LEAST = 0.01
"""A weaker accent moves no pixel by a tenth of its width, and is left out."""

NO_BEATS = "no beats could be heard in the music; the camera has no accents on them"


def accented(clip: Video, params: Params) -> tuple[Video, tuple[str, ...]]:
    """The clip with accents on the beats of its sound, where they are wanted.

    Music videos have them; other clips where they are asked for. With it, lines for the person.
    """
    if clip.audio is None or not _is_wanted(params):
        return clip, ()
    levels = strengths(beats.form_of(clip.audio.score, clip.audio), len(clip.frames), clip.fps)
    if not levels.any():
        return clip, (NO_BEATS,)

    def change(number: int, frame: Frame) -> Frame:
        level = float(levels[number])
        return frame if level < _LEAST else closer(frame, 1 + CLOSER * level)

    return replace(clip, frames=ChangedFrames(clip.frames, change)), ()


def _is_wanted(params: Params) -> bool:
    if not isinstance(params, ClipParams):
        return False
    return params.accents == "on" or (params.accents == "auto" and params.scenes)


def strengths(form: Form, count: int, fps: float) -> NDArray[np.float64]:
    """How strong the accent is in each frame, (count,) within [0, 1].

    An accent begins with all its strength in the frame that is shown nearest to the beat.
    """
    level, last_s = np.zeros(count), -math.inf
    bars = set(form.bars_s)
    for at_s in sorted({*form.bars_s, *form.beats_s}):
        is_bar = at_s in bars
        first = round(at_s * fps)
        if first >= count or (at_s - last_s < LEAST_APART_S and not is_bar):
            continue
        last_s = at_s
        after_s = np.arange(count - first) / fps
        this = (1.0 if is_bar else ON_BEATS) * np.exp(-after_s / EASED_S)
        level[first:] = np.maximum(level[first:], this)
    return level


def closer(frame: Frame, zoom: float) -> Frame:
    """A frame, uint8 (H, W, 3), shown `zoom` times as large around its middle, in the same size."""
    import cv2

    height, width = frame.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = middle * (1 - 1 / zoom)
    back = np.array([[1 / zoom, 0, shift[0]], [0, 1 / zoom, shift[1]]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(
        np.ascontiguousarray(frame), back, (width, height), flags=flags,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(shown, np.uint8)
