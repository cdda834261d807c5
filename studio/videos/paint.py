"""Paints captions and the visible AI label onto frames as they stream.

The letters are those of the pictures of a song (`studio.sounds.ink`): Pillow brings the Latin ones,
the machine the Chinese ones. Knows no container.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageDraw
from numpy.typing import NDArray

from studio.errors import ResourceError
from studio.frames import ChangedFrames, Frame, Frames
from studio.scripts import is_chinese
from studio.sounds.ink import Font, broken, font_for
from studio.videos.subtitles import Caption

LABEL, LABEL_ZH = "AI-generated", "AI 生成"
LABEL_SHARE = 0.05
"""Height of the label's letters, of the shorter side: what China's rule for pictures asks for."""

_CAPTION_SHARE = 0.042
_CAPTION_WIDTH = 0.9
_MARGIN = 0.03
_LEAST_PX = 9
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Painting:
    """What is painted. `captions` are shown at their times, `label` all the time."""

    captions: Sequence[Caption] = ()
    label: str = ""


def label_for(prompt: str) -> str:
    """The visible label in the language of a prompt, where this machine has letters for it."""
    return LABEL_ZH if is_chinese(prompt) and font_for(LABEL_ZH, _LEAST_PX) else LABEL


def painted(frames: Frames, fps: float, painting: Painting) -> Frames:
    """The frames with the words on them; themselves where there are none.

    Raises:
        ResourceError: this machine has no letters for what is to be painted.
    """
    if not painting.captions and not painting.label:
        return frames
    height, width = frames.shape[1:3]
    layers = functools.lru_cache(maxsize=4)(functools.partial(_layer, width, height))
    _check_letters((*(each.text for each in painting.captions), painting.label))

    def change(number: int, frame: Frame) -> Frame:
        return _over(frame, layers(_line_at(painting.captions, number / fps), painting.label))

    return ChangedFrames(frames, change)


@dataclass(frozen=True)
class _Layer:
    """What is laid over some rows of a frame: `share` (h, W, 1) within [0, 1] of `colour`."""

    top: int
    colour: NDArray[np.float32]
    share: NDArray[np.float32]


def _over(frame: Frame, layer: _Layer | None) -> Frame:
    if layer is None:
        return frame
    rows = slice(layer.top, layer.top + layer.share.shape[0])
    mixed = frame[rows] * (1 - layer.share) + layer.colour * layer.share
    changed = frame.copy()
    changed[rows] = np.rint(mixed).astype(np.uint8)
    return changed


def _line_at(captions: Sequence[Caption], second: float) -> str:
    return next((each.text for each in captions if each.start_s <= second < each.end_s), "")


def _layer(width: int, height: int, caption: str, label: str) -> _Layer | None:
    """The words of one moment; None where there are none."""
    if not caption and not label:
        return None
    picture = PIL.Image.new("RGBA", (width, height), (*_BLACK, 0))
    if caption:
        _write_caption(picture, caption)
    if label:
        _write_label(picture, label)
    values = np.asarray(picture, dtype=np.float32)
    rows = np.flatnonzero(values[..., 3].any(axis=1))
    if rows.size == 0:
        return None
    kept = values[rows[0] : rows[-1] + 1]
    share = (kept[..., 3:] / 255).astype(np.float32)
    return _Layer(int(rows[0]), kept[..., :3], share)


def _write_caption(picture: PIL.Image.Image, text: str) -> None:
    """White letters with a black rim, in as many lines as it takes, above the lower edge."""
    size = _size(picture, _CAPTION_SHARE)
    letters = _letters(text, size)
    lines = broken(text, letters, picture.width * _CAPTION_WIDTH)
    draw = PIL.ImageDraw.Draw(picture)
    bottom = picture.height * (1 - _MARGIN)
    draw.multiline_text(
        (picture.width / 2, bottom),
        "\n".join(lines),
        (*_WHITE, 255),
        letters,
        anchor="md",
        align="center",
        stroke_width=max(1, size // 12),
        stroke_fill=(*_BLACK, 230),
    )


def _write_label(picture: PIL.Image.Image, text: str) -> None:
    """On a dark plate in the upper left corner."""
    size = _size(picture, LABEL_SHARE)
    letters = _letters(text, size)
    draw = PIL.ImageDraw.Draw(picture)
    margin = round(min(picture.size) * _MARGIN)
    at = (margin + size // 2, margin + size // 3)
    left, top, right, bottom = draw.textbbox(at, text, letters, anchor="la")
    box = (left - size // 2, top - size // 3, right + size // 2, bottom + size // 3)
    draw.rounded_rectangle(box, radius=size // 3, fill=(*_BLACK, 150))
    draw.text(at, text, (*_WHITE, 255), letters, anchor="la")


def _size(picture: PIL.Image.Image, share: float) -> int:
    """Height of letters in pixels; a Latin letter fills about seven tenths of it."""
    return max(_LEAST_PX, math.ceil(min(picture.size) * share / 0.7))


def _letters(text: str, size: int) -> Font:
    letters = font_for(text, size)
    if letters is None:
        raise ResourceError(
            f"no font on this machine has the letters of {text[:20]!r}; install Noto Sans CJK, or "
            "use captions=soft"
        )
    return letters


def _check_letters(texts: Sequence[str]) -> None:
    for text in texts:
        _letters(text, _LEAST_PX)
