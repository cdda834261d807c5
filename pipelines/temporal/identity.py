"""Is it still the same subject? Colours and shape of what a frame shows, compared without a model.

What differs from the frame's border is the subject. It is told by the histogram of its colours in
CIE Lab, compared as Bhattacharyya 1943 has it, and by the directions of its edges (Dalal & Triggs
2005, "Histograms of Oriented Gradients"). A stand-in for a network's features, and no measure of
faces. Knows nothing about clips.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.flow import Mask, Pixels, grey, lab, small

SIDE = 96
"""Pixels of the shorter side that a frame is looked at with."""

BINS = (6, 10, 10)
"""Of lightness and of the two colour axes."""

RANGES = [0.0, 100.01, -100.0, 100.0, -100.0, 100.0]

NEAR, FAR = 7.0, 18.0
"""Differences from the border, in Lab, that make a pixel background or subject for certain."""

LEAST = 0.015
"""Share of the frame; less is no subject, and the middle of the frame is taken for it."""

SAME = 0.86
"""Likeness from which on two frames count as showing the same subject. Of drawings moved, turned
and mirrored 96 % lie above it, of other drawings before the same landscape 9 %
(docs/consistency.md)."""

COLOUR_SHARE = 0.85
"""Of the likeness: colours tell subjects apart better than edges do (docs/consistency.md)."""

Features = NDArray[np.float32]
"""(N,), of length 1 and never below 0: the product of two is their likeness, 0 … 1."""


@dataclass(frozen=True)
class Likeness:
    """How alike two subjects are, each in [0, 1]: by colour, by shape, and by both."""

    colour: float
    shape: float

    @property
    def score(self) -> float:
        return COLOUR_SHARE * self.colour + (1 - COLOUR_SHARE) * self.shape

    @property
    def is_same(self) -> bool:
        return self.score >= SAME


@dataclass(frozen=True)
class Look:
    """What a subject looks like."""

    colour: Features
    shape: Features

    def likeness(self, other: "Look") -> Likeness:
        return Likeness(float(self.colour @ other.colour), float(self.shape @ other.shape))


def likeness(reference: Pixels, frame: Pixels) -> Likeness:
    """Compares the subjects of two frames, uint8 (H, W, 3), of any sizes."""
    return subject_look(reference).likeness(subject_look(frame))


def subject_look(frame: Pixels) -> Look:
    """The look of a frame's subject, uint8 (H, W, 3)."""
    seen = small(frame, SIDE)
    mask = subject_mask(seen)
    return Look(colour_features(seen, mask), _shape(_cut_out(seen, mask)))


def background_look(frame: Pixels) -> Features:
    """The colours of what is not the subject."""
    seen = small(frame, SIDE)
    return colour_features(seen, 1 - subject_mask(seen))


def subject_mask(frame: Pixels) -> Mask:
    """How much each pixel belongs to the subject: what is unlike all of the border.

    Where nothing is, the middle of the frame.
    """
    values = lab(frame)
    height, width = frame.shape[:2]
    edge = max(1, min(height, width) // 24)
    inner = np.zeros((height, width), bool)
    inner[edge:-edge, edge:-edge] = True
    border = values[~inner]
    # A few hundred points of the border stand for it.
    border = border[:: max(1, len(border) // 256)]
    flat = values.reshape(-1, 3)
    squares = np.square(flat).sum(1)[:, None] + np.square(border).sum(1) - 2 * flat @ border.T
    nearest = np.sqrt(squares.min(1).clip(0)).reshape(height, width)
    mask = ((nearest - NEAR) / (FAR - NEAR)).clip(0, 1).astype(np.float32)
    return mask if mask.mean() >= LEAST else _middle(height, width)


def _middle(height: int, width: int) -> Mask:
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    return np.exp(-2 * (np.square(x) + np.square(y))).astype(np.float32)


def colour_features(frame: Pixels, mask: Mask) -> Features:
    """Histogram of a frame's colours within a mask, softened so that small shifts stay small."""
    chosen = (mask > 0.5).astype(np.uint8)
    if not chosen.any():
        chosen[:] = 1
    counts = cv2.calcHist([lab(frame)], [0, 1, 2], chosen, list(BINS), RANGES)
    for axis in range(3):
        counts = _blurred(np.asarray(counts, np.float32), axis)
    roots = np.sqrt(counts.ravel() / counts.sum())
    return (roots / np.linalg.norm(roots)).astype(np.float32)


def _blurred(counts: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Shares a quarter of each bin with each neighbour along an axis."""
    padded = np.pad(counts, [(1, 1) if i == axis else (0, 0) for i in range(3)], "edge")
    parts = [np.take(padded, np.arange(k, k + counts.shape[axis]), axis) for k in range(3)]
    return parts[0] / 4 + parts[1] / 2 + parts[2] / 4


def _cut_out(frame: Pixels, mask: Mask) -> Pixels:
    """The square around the subject, (64, 64, 3); without what is behind it."""
    rows, columns = np.nonzero(mask > 0.5)
    if not len(rows):
        rows, columns = (np.arange(each) for each in frame.shape[:2])
    # Single pixels far away do not count.
    top, bottom = np.percentile(rows, (2, 98))
    left, right = np.percentile(columns, (2, 98))
    side = max(bottom - top, right - left) * 1.15 + 4
    corner = np.array([(left + right - side) / 2, (top + bottom - side) / 2])
    gain = 64 / side
    place = np.array([[gain, 0, -corner[0] * gain], [0, gain, -corner[1] * gain]])
    alone = 255 - (255 - frame) * mask[..., None]
    cut = cv2.warpAffine(alone.astype(np.uint8), place, (64, 64), borderValue=(255, 255, 255))
    return np.asarray(cut, np.uint8)


def _shape(cut: Pixels) -> Features:
    """Directions of edges: nine of them in each of 4 × 4 cells."""
    luma = grey(cut).astype(np.float32)
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    # Light on dark counts as dark on light.
    direction = (np.arctan2(down, across) % np.pi * (9 / np.pi)).astype(int) % 9
    cell = np.arange(64) // 16
    places = (cell[:, None] * 4 + cell) * 9 + direction
    found = np.sqrt(np.bincount(places.ravel(), strength.ravel(), 16 * 9)).astype(np.float32)
    return found / max(float(np.linalg.norm(found)), 1e-6)
