"""Larger frames that do not shimmer, around anything that enlarges single pictures.

An up-scaler invents detail for each frame anew. Here the large frame before is brought along the
flow and kept wherever the small frames say that nothing but the place has changed: recurrent as in
"Frame-Recurrent Video Super-Resolution" (Sajjadi, Vemulapalli & Brown 2018), without training.
What rests keeps its very bytes. Holds two frames; knows nothing about how a picture is enlarged.
"""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from pipelines.temporal.flow import (
    Flow,
    Mask,
    Pixels,
    both_ways,
    difference,
    is_in_both,
    led_to,
    looked_up,
    softened,
)

Enlarge = Callable[[Pixels], Pixels]
"""Makes one frame larger: uint8 (h, w, 3) → (H, W, 3), every time the same size."""

KEPT = 0.6
"""Share of the frame before where things move: more would soften them, as sampling between pixels
does a little each time."""

ALIKE = 10.0
"""Levels that a small pixel may differ from the one that it was."""

AROUND = 2
"""Small pixels around one that must rest as well for its bytes to be kept."""


def upscaled(frames: Iterable[Pixels], enlarge: Enlarge, kept: float = KEPT) -> Iterator[Pixels]:
    """Yields each frame enlarged, one at a time, in agreement with the one before.

    Args:
        frames: uint8 (h, w, 3), all of one size.
        enlarge: called once a frame; frames that are the same as the one before are not enlarged.
        kept: share of the frame before where it still holds, in [0, 1].
    """
    small: Pixels | None = None
    large: Pixels | None = None
    for frame in frames:
        if small is None or large is None:
            large = enlarge(frame)
        elif not np.array_equal(frame, small):
            large = agreeing(enlarge(frame), frame, small, large, kept)
        small = frame
        yield large.copy()


def agreeing(
    large: Pixels, small: Pixels, small_before: Pixels, before: Pixels, kept: float
) -> Pixels:
    """A large frame with as much of the one before as still holds: uint8 (H, W, 3)."""
    height, width = large.shape[:2]
    back, there = both_ways(small, small_before)
    brought = looked_up(small_before, led_to(back))
    holds = is_in_both(back, there) * (difference(brought, small) < ALIKE)
    share = cv2.resize(softened(holds, 1) * holds, (width, height)) * kept
    moved = looked_up(before, led_to(_enlarged(back, width, height)), cv2.INTER_CUBIC)
    mixed = large + (moved.astype(np.float32) - large) * share[..., None]
    rests = cv2.resize(_resting(small, small_before), (width, height), interpolation=0)
    return np.where(rests[..., None] > 0, before, np.rint(mixed).clip(0, 255).astype(np.uint8))


def _enlarged(flow: Flow, width: int, height: int) -> Flow:
    gain = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height)), np.float32) * gain


def _resting(small: Pixels, before: Pixels) -> Mask:
    """1 where a pixel and those around it are what they were, to the last bit."""
    changed = (difference(small, before) > 0).astype(np.float32)
    side = 2 * AROUND + 1
    return 1 - np.asarray(cv2.dilate(changed, np.ones((side, side), np.uint8)), np.float32)
