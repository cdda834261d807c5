"""What is behind things that move before a painted background, and where exactly they end.

Knows no model and no time.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.video.things import Mask

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

GONE = 0.15
"""Cells; what goes further leaves its place to what is behind it."""

AROUND = 3
"""Pixels around what moves that are taken for a part of it."""

CUT, SOFT = 2, 1.0
"""So many pixels around a drawing a thing is cut out, so softly: it is not drawn quite like it."""

CORE = 3
"""Pixels from the edge of a drawing inwards that may turn out to be background."""

LIKE, UNLIKE = 10.0, 34.0
"""Levels by which a pixel at the edge of a thing differs from what is behind it: at most the first,
it is background; from the second on, it is the thing."""

ROWS, SOFTLY = 9, 5
"""Pixels: what is filled in from its sides is evened out over so many rows, and so many columns."""


@dataclass(frozen=True)
class Apart:
    """The things of a small picture, apart from what they stand before.

    `things`: (H, W), where their drawings lie, nearly. `behind`: uint8 (H, W, 3), the same picture
    without them, where that is known.
    """

    things: Mask
    behind: Pixels | None = None


def goers(paths: Tensor, size: tuple[int, int]) -> Mask:
    """What moves along paths (16, 2, h, w), and a little around it: (H, W) of a picture of `size`
    (width, height) px."""
    far = paths.norm(dim=1).amax(0).numpy()
    return wider(np.asarray(cv2.resize(far, size, interpolation=cv2.INTER_LINEAR)) > GONE, AROUND)


def wider(mask: Mask, by_px: int) -> Mask:
    """A mask and what is around it."""
    return cv2.dilate(mask.astype(np.uint8), _disc(by_px)) > 0


def _disc(radius: int) -> Pixels:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def filled_in(colours: Pixels, gone: Mask) -> Pixels:
    """A picture (H, W, 3) without a part of it: each row goes on from both its sides.

    Sky stays above and ground below, whatever stood before the horizon. Rows that are gone whole
    are filled from around (Telea 2004, "An Image Inpainting Technique Based on the Fast Marching
    Method").
    """
    if gone.all() or not gone.any():
        return colours
    found = colours.astype(np.float32)
    even = _evened(found, ~gone)
    is_whole = np.asarray(gone.all(axis=1), bool)
    for row in np.flatnonzero(gone.any(axis=1) & ~is_whole):
        known = np.flatnonzero(~gone[row])
        missing = np.flatnonzero(gone[row])
        for channel in range(3):
            found[row, missing, channel] = np.interp(missing, known, even[row, known, channel])
    soft = cv2.blur(found, (SOFTLY, ROWS))
    found = np.where(gone[..., None], soft, found).round().astype(np.uint8)
    if not is_whole.any():
        return found
    rest = np.repeat(is_whole[:, None], gone.shape[1], axis=1).astype(np.uint8)
    return np.asarray(cv2.inpaint(found, rest, 4, cv2.INPAINT_TELEA), np.uint8)


def _evened(colours: Floats, known: Mask) -> Floats:
    """Colours (H, W, 3) as the known ones around a pixel have them, so that one of them does not
    make a streak."""
    weight = cv2.blur(known.astype(np.float32), (SOFTLY, SOFTLY))[..., None]
    mean = cv2.blur(colours * known[..., None], (SOFTLY, SOFTLY)) / np.maximum(weight, 1e-3)
    return np.asarray(mean, np.float32)


def cut_out(colours: Pixels, behind: Pixels, things: Mask) -> Pixels:
    """How much of each pixel belongs to the things: (H, W), 0 to 255.

    Within, all of it; at the edges, what differs from the background behind, so that a thing takes
    no rim of it along (difference matting).

    Args:
        colours: the picture, (H, W, 3).
        behind: the same without the things.
        things: where their drawings lie, nearly.
    """
    core = cv2.erode(things.astype(np.uint8), _disc(CORE)) > 0
    differ = np.abs(colours.astype(np.int16) - behind).max(-1).astype(np.float32)
    share = np.clip((differ - LIKE) / (UNLIKE - LIKE), 0, 1)
    share = np.where(core, 1, share * wider(things, CUT)).astype(np.float32)
    # Single pixels that happen to be alike are no holes.
    share = cv2.morphologyEx(share, cv2.MORPH_CLOSE, _disc(1))
    return np.rint(cv2.GaussianBlur(share, (0, 0), SOFT) * 255).astype(np.uint8)
