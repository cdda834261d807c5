"""Counts what a drawing is made of, as numbers that can be looked up in a table.

A trait is a colour of an even area, two colours that meet, a run of brightness along a row or
column, or a slope of brightness. Artists repeat themselves in these. Knows nothing about styles.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# How many traits of each kind there are; the kinds lie one after another in a table.
KINDS = {
    "fine colour": 32**3,
    "colour": 16**3,
    "colours that meet": 6**6,
    "run": 7**4,
    "broad run": 7**4,
    "slope": 9 * 9 * 6 * 3,
}
# Kinds that are cubes of red, green and blue.
COLOURS = ("fine colour", "colour")
OFFSETS = np.cumsum([0, *KINDS.values()])
TOTAL = int(OFFSETS[-1])
# Two ways to weigh a trait within its kind: by the root of how often it occurs, or by how often.
WEIGHINGS = 2
# Steps between pixels are told apart at these, of 255.
RUN_STEPS = np.array([-30, -8, -2, 2, 8, 30])
SLOPE_STEPS = np.array([-40, -16, -6, -2, 2, 6, 16, 40])
EVEN_RUN = 7**4 // 2
EVEN_STEP = 8
COLOURFUL = (40, 120)
# Colours meet across this many px: a soft edge is narrower.
REACH = 4
# A pixel this far from the colour of the border belongs to the thing, of 255.
THING_DISTANCE = 15.3
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Pixels = NDArray[np.uint8]
Codes = NDArray[np.int64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def counted(picture: Pixels) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
    """The traits of an opaque picture (H, W, 3), even sides, and how often each occurs."""
    which, how_often = [], []
    for offset, size, codes in zip(OFFSETS, KINDS.values(), _codes(picture), strict=False):
        counts = np.bincount(codes, minlength=size)
        present = np.flatnonzero(counts)
        which.append((present + offset).astype(np.int32))
        how_often.append(counts[present].astype(np.uint16))
    return np.concatenate(which), np.concatenate(how_often)


def kinds(which: NDArray[np.int32]) -> NDArray[np.intp]:
    """The number of the kind of each trait."""
    return np.searchsorted(OFFSETS, which, side="right") - 1


def weighed(which: NDArray[np.int32], how_often: NDArray[np.uint16]) -> Floats:
    """Weights (2, N) of the traits of one picture; those of one kind sum to 1."""
    kind = kinds(which)
    ways = np.stack([np.sqrt(how_often), how_often]).astype(np.float32)
    sums = np.stack([np.bincount(kind, way, minlength=len(KINDS)) for way in ways])
    return (ways / sums[:, kind]).astype(np.float32)


def _codes(picture: Pixels) -> Iterator[Codes]:
    """The codes of each kind, in the order of `KINDS`, wherever the thing is."""
    luma = picture.astype(np.float32) @ LUMA
    thing = _thing(picture)
    right, down = _steps(luma)
    even = np.maximum(np.abs(right), np.abs(down)) < EVEN_STEP
    even[:, 1:] &= even[:, :-1].copy()
    even[1:] &= even[:-1].copy()
    yield _colours(picture, 32)[thing & even]
    yield _colours(picture, 16)[thing & even]
    yield _meeting(_colours(picture, 6), thing)
    yield _runs(luma, thing)
    yield _runs(_halved(luma).mean((1, 3)), _halved(thing).max((1, 3)))
    spread = np.ptp(picture.astype(np.float32), axis=2)
    slopes = _bins(right, SLOPE_STEPS) * 9 + _bins(down, SLOPE_STEPS)
    bright = np.minimum(luma * 6 / 256, 5).astype(np.int64)
    yield ((slopes * 6 + bright) * 3 + _bins(spread, COLOURFUL, side="left"))[thing]


def _thing(picture: Pixels) -> Mask:
    frame = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.abs(picture - np.median(frame, axis=0)).max(2) > THING_DISTANCE


def _steps(luma: Floats) -> tuple[Floats, Floats]:
    """How brightness changes to the right and downwards; nothing beyond the border."""
    right, down = np.zeros_like(luma), np.zeros_like(luma)
    right[:, :-1] = np.diff(luma, axis=1)
    down[:-1] = np.diff(luma, axis=0)
    return right, down


def _bins(
    values: Floats, steps: NDArray | tuple[int, ...], side: Literal["left", "right"] = "right"
) -> Codes:
    return np.searchsorted(steps, values.ravel(), side=side).reshape(values.shape)


def _colours(picture: Pixels, levels: int) -> Codes:
    r, g, b = np.moveaxis(picture.astype(np.int64) * levels // 256, 2, 0)
    return (r * levels + g) * levels + b


def _meeting(colours: Codes, thing: Mask) -> Codes:
    """Pairs of different colours across an edge, whichever side each is on."""
    found = []
    for a, where in ((colours, thing), (colours.T, thing.T)):
        one, other = a[:, :-REACH], a[:, REACH:]
        usable = (where[:, :-REACH] | where[:, REACH:]) & (one != other)
        low, high = np.minimum(one, other)[usable], np.maximum(one, other)[usable]
        found.append(low * 6**3 + high)
    return np.concatenate(found)


def _runs(luma: Floats, thing: Mask) -> Codes:
    """Four steps of brightness in a row, along rows and columns, unless nothing changes."""
    found = []
    for a, where in ((luma, thing), (luma.T, thing.T)):
        q = _bins(np.ascontiguousarray(np.diff(a, axis=1)), RUN_STEPS)
        codes = ((q[:, :-3] * 7 + q[:, 1:-2]) * 7 + q[:, 2:-1]) * 7 + q[:, 3:]
        found.append(codes[(where[:, :-4] | where[:, 4:]) & (codes != EVEN_RUN)])
    return np.concatenate(found)


def _halved(values: NDArray) -> NDArray:
    """(H, W) → (H / 2, 2, W / 2, 2)."""
    height, width = values.shape
    return values.reshape(height // 2, 2, width // 2, 2)
