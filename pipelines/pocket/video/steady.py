"""Keeps things in shape while they move: a thing moves as a whole, and bends only smoothly.

The motion network says for every cell by itself where it goes, and neighbours that do not quite
agree make a drawing tremble. What an affine map of a whole thing explains is kept as it is; the
rest, its bending, is evened out over neighbouring cells (as rigid as possible: Igarashi et al.
2005, here without handles). Knows nothing of models, words or time beyond the key places.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.rough import CELL

Floats = NDArray[np.float64]

SOLID = 0.12
"""A pixel that differs so much from what is behind everything belongs to a thing."""

LEAST_CELLS = 6
"""A thing of fewer cells has too few to tell how it turns: it only shifts."""

SOFT_CELLS = 1.2
"""How far bending is evened out (standard deviation)."""

REACH = 2
"""Cells around a thing that go along, so that its border is not torn."""


def steadied(paths: Tensor, picture: Tensor) -> Tensor:
    """Paths (16, 2, h, w) in cells, steadier; the first key stays 0.

    Args:
        picture: (1, 4, H, W), colour over white and alpha in [-1, 1].
    """
    found = np.zeros(tuple(paths.shape))
    given = paths.numpy().astype(float)
    taken = np.zeros(paths.shape[-2:])
    for share in _things(picture):
        along = cv2.dilate(share, np.ones((2 * REACH + 1,) * 2)) if share.min() == 0 else share
        around = np.maximum((along > 0).astype(float) * 1e-3, share)
        found += _whole(given, share) * around
        taken += around
    return torch.from_numpy(found / np.maximum(taken, 1e-9)).to(paths.dtype)


def _things(picture: Tensor) -> list[Floats]:
    """How much of each cell belongs to each thing, (h, w) each; all to one where all is painted."""
    alpha = (picture[0, 3] / 2 + 0.5).numpy()
    dark = (1 - picture[0, :3].amin(0)).numpy() / 2
    is_thing = np.minimum(alpha, dark) > SOLID
    height, width = is_thing.shape
    cells = (width // CELL, height // CELL)
    if is_thing.mean() > 0.9:
        return [np.ones(cells[::-1])]
    closed = cv2.morphologyEx(is_thing.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9)))
    count, labels = cv2.connectedComponents(closed)
    shares = [
        cv2.resize((labels == label).astype(float), cells, interpolation=cv2.INTER_AREA)
        for label in range(1, count)
    ]
    return shares or [np.ones(cells[::-1])]


def _whole(paths: Floats, share: Floats) -> Floats:
    """One thing's paths (16, 2, h, w): its affine motion, and what is left of it, evened out."""
    h, w = share.shape
    y, x = np.mgrid[0:h, 0:w].astype(float)
    at = np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3)
    weight = share.reshape(-1)
    ways = paths.transpose(2, 3, 0, 1).reshape(h * w, -1)
    if (share > 0.5).sum() < LEAST_CELLS:
        at = at[:, 2:]
    fit, *_ = np.linalg.lstsq(
        at * weight[:, None] ** 0.5, ways * weight[:, None] ** 0.5, rcond=None
    )
    affine = at @ fit
    left = ((ways - affine) * weight[:, None]).reshape(h, w, -1)
    soft = cv2.GaussianBlur(left, (0, 0), SOFT_CELLS, borderType=cv2.BORDER_CONSTANT)
    total = cv2.GaussianBlur(share, (0, 0), SOFT_CELLS, borderType=cv2.BORDER_CONSTANT)
    bent = soft / np.maximum(total, 0.05)[..., None]
    moved = affine.reshape(h, w, -1) + bent
    return moved.reshape(h, w, *paths.shape[:2]).transpose(2, 3, 0, 1)
