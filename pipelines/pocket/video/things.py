"""Which parts of a key picture are things, and which of them does what the words say.

On nothing, things are what stands apart; before a painted background they are where the drawings
that the picture was made after lie. Knows no model and no motion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

CELL = 8
"""Pixels per cell and side."""

PAPER = 243
"""Levels of white; what is darker in any channel belongs to a thing."""

GAP = 9
"""Pixels: parts that are nearer to each other belong together."""

SPECK = 24
"""Pixels; what is smaller belongs to nothing."""


@dataclass(frozen=True)
class Thing:
    """A part of a picture that moves as a whole.

    `share`: (h, w), how much of each cell belongs to it, from 0 to 1.
    """

    share: Floats
    is_subject: bool
    """Whether the words speak of it first."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its middle and its half width and height in cells: x, y, half width, half height."""
        rows, columns = (np.flatnonzero((self.share > 0.2).any(axis)) for axis in (1, 0))
        if not len(rows):
            height, width = self.share.shape
            return (width - 1) / 2, (height - 1) / 2, width / 2, height / 2
        middle = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
        return *middle, (columns[-1] - columns[0] + 1) / 2, (rows[-1] - rows[0] + 1) / 2


def things_on_nothing(
    colours: Pixels, meant: Sequence[Mask] = (), others: Sequence[Mask] = ()
) -> list[Thing]:
    """What stands before white in a picture (H, W, 3), parted as the drawings lie.

    Args:
        meant: where the drawings of what the words speak of first lie, (H, W) each.
        others: where the other drawings lie. Without any, what is apart is a thing, and all of them
            are meant.
    """
    is_dark = colours.min(-1) < PAPER
    drawings = [*meant, *others]
    if drawings:
        far = [cv2.distanceTransform(1 - d.astype(np.uint8), cv2.DIST_L2, 3) for d in drawings]
        labels = np.where(is_dark, np.argmin(far, axis=0) + 1, 0)
        count = len(drawings) + 1
    else:
        square = np.ones((GAP, GAP), np.uint8)
        closed = cv2.morphologyEx(is_dark.astype(np.uint8), cv2.MORPH_CLOSE, square)
        count, labels = cv2.connectedComponents(closed)
    masks = [(labels == label, label <= len(meant) or not drawings) for label in range(1, count)]
    return [Thing(_cells(mask), is_subject) for mask, is_subject in masks if mask.sum() >= SPECK]


def things_painted(meant: Sequence[Mask], others: Sequence[Mask]) -> list[Thing]:
    """Things where their drawings lie, (H, W) each: as `things_on_nothing`."""
    return [
        Thing(_cells(mask), is_subject)
        for masks, is_subject in ((meant, True), (others, False))
        for mask in masks
        if mask.sum() >= SPECK
    ]


def _cells(mask: Mask) -> Floats:
    """How much of each cell a mask (H, W) covers."""
    height, width = mask.shape
    size = (width // CELL, height // CELL)
    found = cv2.resize(mask.astype(float), size, interpolation=cv2.INTER_AREA)
    return np.asarray(found, float)
