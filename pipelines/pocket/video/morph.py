"""One picture becomes another: on nothing one outline grows into the other, elsewhere what both
show moves over, and the rest fades over.

Knows nothing of time, camera or paths.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.video.scene import is_on_nothing
from pipelines.pocket.video.things import PAPER, SPECK, Mask
from pipelines.temporal.interpolate import Between

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

HELD = 0.15
"""Share of a clip at its start and at its end in which its first or last picture is as it was."""

RIM = 2
"""Pixels at the border of a drawing whose colours are half paper."""


class Morph:
    """Everything between two pictures, uint8 (H, W, 3) of one size."""

    def __init__(self, first: Pixels, last: Pixels) -> None:
        self.first = first
        self.last = last
        self._between = Between(first, last)
        self._outlines = _outlines(first, last)

    def at(self, share: float) -> Pixels:
        """The picture that is `share` of the way: the first at 0, the last at 1."""
        if share <= 0 or share >= 1:
            return self.first if share <= 0 else self.last
        if self._outlines is not None:
            return _blended(*self._outlines, share)
        if not self._between.is_cut:
            return self._between.at(share)
        return np.asarray(cv2.addWeighted(self.first, 1 - share, self.last, share, 0), np.uint8)


@dataclass(frozen=True)
class _Outline:
    """What stands on white in a picture.

    `colours`: (H, W, 3), carried on beyond the outline. `inside`: (H, W), px from the outline,
    less than 0 outside. `box`: (4,), its left, top, width and height in px.
    """

    colours: Pixels
    inside: Floats
    box: Floats

    def within(self, box: Floats) -> "_Outline":
        """The same, moved and stretched into another box."""
        gain = box[2:] / self.box[2:]
        shift = box[:2] - gain * self.box[:2]
        matrix = np.array([[gain[0], 0, shift[0]], [0, gain[1], shift[1]]], np.float32)
        size = (self.inside.shape[1], self.inside.shape[0])

        def moved(values: Pixels | Floats) -> NDArray:
            return np.asarray(cv2.warpAffine(values, matrix, size, borderMode=cv2.BORDER_REPLICATE))

        inside = moved(self.inside).astype(np.float32) * float(gain.mean())
        return _Outline(moved(self.colours), inside, box)


def _outlines(first: Pixels, last: Pixels) -> tuple[_Outline, _Outline] | None:
    """Those of two pictures on nothing; None where one of them is not, or is empty."""
    pair = [_outline(each) if is_on_nothing(each) else None for each in (first, last)]
    return (pair[0], pair[1]) if pair[0] is not None and pair[1] is not None else None


def _outline(picture: Pixels) -> _Outline | None:
    mask = _filled((picture.min(-1) < PAPER).astype(np.uint8))
    if mask.sum() < SPECK:
        return None
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    box = np.array(cv2.boundingRect(mask), np.float32)
    signed = np.where(mask > 0, inside - 0.5, 0.5 - outside).astype(np.float32)
    return _Outline(_carried_on(picture, signed > RIM), signed, box)


def _filled(mask: Pixels) -> Pixels:
    """A mask with its holes, so that eyes and bellies of white belong to it."""
    found = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    whole = np.zeros_like(mask)
    cv2.drawContours(whole, found, -1, 1, cv2.FILLED)
    return whole


def _carried_on(picture: Pixels, known: Mask) -> Pixels:
    """A picture whose unknown pixels have the colour of the nearest known one."""
    if not known.any():
        return picture
    kind = cv2.DIST_LABEL_PIXEL
    missing = (~known).astype(np.uint8)
    _, found = cv2.distanceTransformWithLabels(missing, cv2.DIST_L2, 5, labelType=kind)
    labels = np.asarray(found, np.int64)
    nearest = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    nearest[labels[known]] = picture[known]
    return np.where(known[..., None], picture, nearest[labels])


def _blended(first: _Outline, last: _Outline, share: float) -> Pixels:
    """Outlines between two (signed distances, Payne & Toga 1992), colours faded within them."""
    box = first.box + np.float32(share) * (last.box - first.box)
    one, two = first.within(box), last.within(box)
    inside = one.inside + np.float32(share) * (two.inside - one.inside)
    solid = np.clip(inside + 0.5, 0, 1)[..., None]
    colours = cv2.addWeighted(one.colours, 1 - share, two.colours, share, 0)
    return np.rint(colours * solid + 255 * (1 - solid)).astype(np.uint8)


def way_over(progress: float) -> float:
    """How far one picture has become the other at a moment of a clip; both from 0 to 1."""
    share = min(max((progress - HELD) / (1 - 2 * HELD), 0), 1)
    return share * share * (3 - 2 * share)
