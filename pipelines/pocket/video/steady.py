"""Keeps things in shape while they move: a thing moves as a whole, and bends only smoothly.

The motion network says for every cell by itself where it goes, and neighbours that do not quite
agree make a drawing tremble. What an affine map of a whole thing explains is kept as it is; the
rest, its bending, is evened out over neighbouring cells (as rigid as possible: Igarashi et al.
2005, here without handles). Knows nothing of models, words or time beyond the key places.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.video.things import Floats, Thing

LEAST_CELLS = 6
"""A thing of fewer cells has too few to tell how it turns: it only shifts."""

SOFT_CELLS = 1.2
"""How far bending is evened out (standard deviation)."""

REACH = 2
"""Cells around a thing that go along, so that its border is not torn."""

MOST_SQUEEZED = 1.25
"""A thing as a whole never gets so many times longer one way than the other."""

LEAST_SIZE, MOST_SIZE = 0.3, 1.9
"""Nor does it become so many times smaller or larger than it was."""

MOST_BENT = 0.35
"""Neighbouring cells of a thing never come so much nearer to each other or get so much further
apart, in cells, than the thing as a whole makes them."""

FAINT = 1e-3
"""How much a thing's word counts around it."""


def steadied(paths: Tensor, things: Sequence[Thing]) -> Tensor:
    """Paths (16, 2, h, w) in cells, steadier; the first key stays 0.

    What belongs to no thing keeps its paths, evened out; without things, so does everything.
    """
    given = paths.numpy().astype(float)
    everything = np.ones(paths.shape[-2:])
    found, taken = np.zeros(given.shape), np.zeros(everything.shape)
    for thing in things:
        counts = np.maximum(along(thing.share) * FAINT, thing.share)
        found += _whole(given, thing.share) * counts
        taken += counts
    rest = np.clip(1 - taken / FAINT, 0, 1) if things else everything
    found += _bent(given, np.clip(1 - taken, 0.01, 1)) * rest * FAINT
    taken += rest * FAINT
    return torch.from_numpy(found / np.maximum(taken, 1e-9)).to(paths.dtype)


def along(share: Floats) -> Floats:
    """1 in a thing's cells and in those around it that go along, 0 elsewhere."""
    square = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    return cv2.dilate((share > 0).astype(np.uint8), square).astype(float)


def _whole(paths: Floats, share: Floats) -> Floats:
    """One thing's paths (16, 2, h, w): its affine motion, and what is left of it, evened out."""
    h, w = share.shape
    y, x = np.mgrid[0:h, 0:w].astype(float)
    total = max(float(share.sum()), 1e-9)
    x, y = x - (x * share).sum() / total, y - (y * share).sum() / total
    at = np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3)
    if (share > 0.5).sum() < LEAST_CELLS:
        at = at[:, 2:]
    root = share.reshape(-1, 1) ** 0.5
    ways = paths.transpose(2, 3, 0, 1).reshape(h * w, -1)
    fit, *_ = np.linalg.lstsq(at * root, ways * root, rcond=None)

    def moved(how: Floats) -> Floats:
        return (at @ how).reshape(h, w, *paths.shape[:2]).transpose(2, 3, 0, 1)

    held = _in_shape(fit) if len(fit) > 2 else fit
    return moved(held) + _within(_bent(paths - moved(fit), share), share)


def _within(bent: Floats, share: Floats) -> Floats:
    """Bending (16, 2, h, w), less of it at the keys where it would tear or fold the thing."""
    inside = share > 0.5
    steps = [np.abs(np.diff(bent, axis=axis)).max(axis=1) for axis in (2, 3)]
    both = [inside[1:] & inside[:-1], inside[:, 1:] & inside[:, :-1]]
    most = np.zeros(len(bent))
    for step, pairs in zip(steps, both, strict=True):
        if pairs.any():
            most = np.maximum(most, step[:, pairs].max(axis=1))
    return bent * np.minimum(1, MOST_BENT / np.maximum(most, 1e-9))[:, None, None, None]


def _in_shape(fit: Floats) -> Floats:
    """Affine ways (3, T · 2) → the same with no key squeezed or slanted beyond `MOST_SQUEEZED`.

    Each map is turned and stretched along two axes (its singular values); where these differ too
    much they come nearer to each other, and the area stays, within `LEAST_SIZE` and `MOST_SIZE`.
    """
    held = fit.reshape(3, -1, 2).copy()
    for key in range(held.shape[1]):
        left, (long, short), right = np.linalg.svd(held[:2, key] + np.eye(2))
        excess = max(1.0, long / max(short, 1e-6) / MOST_SQUEEZED)
        size = max((long * short) ** 0.5, 1e-6)
        gain = min(max(size, LEAST_SIZE), MOST_SIZE) / size
        if excess > 1 or gain != 1:
            kept = np.diag([gain * long / excess**0.5, gain * short * excess**0.5])
            held[:2, key] = left @ kept @ right - np.eye(2)
    return held.reshape(fit.shape)


def _bent(paths: Floats, share: Floats) -> Floats:
    """Paths (16, 2, h, w) evened out over the cells of a thing."""
    h, w = share.shape
    shown = (paths * share).transpose(2, 3, 0, 1).reshape(h, w, -1)
    soft = cv2.GaussianBlur(shown, (0, 0), SOFT_CELLS, borderType=cv2.BORDER_CONSTANT)
    total = cv2.GaussianBlur(share, (0, 0), SOFT_CELLS, borderType=cv2.BORDER_CONSTANT)
    bent = soft / np.maximum(total, 0.05)[..., None]
    return bent.reshape(h, w, *paths.shape[:2]).transpose(2, 3, 0, 1)
