"""Takes flicker out of a clip: of the light as a whole, and of the texture of single places.

The light: each frame's gain over its neighbours is smoothed over a few frames to both sides, as
Delon & Desolneux 2010 ("Stabilization of Flicker-like Effects in Image Sequences") do with whole
tone curves. The texture: what the flow brings from the last finished frame replaces slow
variations of the picture and calms fine ones, where it still holds (after Bonneel et al. 2015,
"Blind Video Temporal Consistency", whose gradients stay those of the frame). Frames stream; a
handful are held. Knows nothing about how they were made.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.flow import (
    Flow,
    Pixels,
    both_ways,
    difference,
    is_in_both,
    led_to,
    looked_up,
    softened,
    warped,
)

REACH = 4
"""Frames to each side over which the light is evened out."""

WIDTH = 2.0
"""Frames; standard deviation of the weights."""

AREAS = 24
"""Areas a side whose light is compared."""

NOTHING = 0.004
"""A smaller change of the light is left alone: a level of 255."""

ALIKE = 40.0
"""Levels; a place that changes by more has changed, it does not flicker."""

CALM = 1.2
"""Levels; where the frame follows from the one before as well as this, half of its pixels at least,
nothing flickers."""

SLOW, FINE = 0.85, 0.7
"""Shares of the finished frame before in the slow and the fine variations, where it holds."""

SMOOTH_SIDES = 1 / 64
"""Where slow variations end: standard deviation, in shorter sides."""

Gains = NDArray[np.float64]
"""(3,): one a channel."""


def deflickered(frames: Iterable[Pixels]) -> Iterator[Pixels]:
    """Yields each frame, uint8 (H, W, 3), without the flicker; the light first, then textures."""
    yield from steady_texture(steady_light(frames))


def steady_light(frames: Iterable[Pixels]) -> Iterator[Pixels]:
    """Evens the light of frames out over `REACH` frames to each side; holds as many.

    Slow changes, such as a sunset or fading out, come through.
    """
    held: deque[tuple[Pixels, Gains]] = deque()
    done = 0
    for frame in frames:
        light = held[-1][1] + gain(held[-1][0], frame) if held else np.zeros(3)
        held.append((frame, light))
        if len(held) > done + REACH:
            yield _lit(held, done)
            done += 1
        if done > REACH:
            held.popleft()
            done -= 1
    for index in range(done, len(held)):
        yield _lit(held, index)


def gain(before: Pixels, frame: Pixels) -> Gains:
    """How much lighter a frame is than the one before: (3,), logarithms, one a channel.

    The median over areas, so that things that move do not count.
    """
    areas = [
        cv2.resize(each, (AREAS, AREAS), interpolation=cv2.INTER_AREA).astype(np.float64) + 4
        for each in (before, frame)
    ]
    return np.median(np.log(areas[1] / areas[0]), axis=(0, 1))


def _lit(held: "deque[tuple[Pixels, Gains]]", index: int) -> Pixels:
    """A frame in the light that its neighbours have on average."""
    frame, light = held[index]
    away = np.arange(max(0, index - REACH), min(len(held), index + REACH + 1)) - index
    weights = np.exp(-np.square(away / WIDTH) / 2)
    lights = np.stack([held[index + i][1] for i in away])
    # A line through the neighbours, so that a steady change stays one up to the clip's ends.
    slope_free = weights * ((weights * away**2).sum() - (weights * away).sum() * away)
    even = (slope_free[:, None] * lights).sum(0) / slope_free.sum() if len(away) > 1 else light
    change = even - light
    if np.abs(change).max() < NOTHING:
        return frame
    return np.rint(frame * np.exp(change)).clip(0, 255).astype(np.uint8)


def steady_texture(frames: Iterable[Pixels]) -> Iterator[Pixels]:
    """Calms textures that change from frame to frame; holds two frames."""
    before: Pixels | None = None
    finished: Pixels | None = None
    for frame in frames:
        if before is None or finished is None:
            finished = frame
        elif not np.array_equal(frame, before):
            finished = _calmed(frame, before, finished)
        before = frame
        yield finished.copy()


def _calmed(frame: Pixels, before: Pixels, finished: Pixels) -> Pixels:
    """A frame with as much of the finished one before it as still holds."""
    back, there = both_ways(frame, before)
    seen = is_in_both(back, there)
    rests = _rests(frame, before, back)
    places = led_to(np.where(rests[..., None], np.float32(0), back))
    seen = np.maximum(seen, rests.astype(np.float32))
    differ = softened(difference(looked_up(before, places), frame), 1)
    restless = np.median(differ[seen > 0]) if seen.any() else 0
    share = min(1.0, max(0.0, (float(restless) - CALM) / CALM))
    if not share:
        return frame
    # Full weight while the difference is small, none where it is a change.
    alike = (2 - 2 * differ / ALIKE).clip(0, 1)
    holds = (share * softened(seen, 1) * alike)[..., None]
    # The light is even by now: what is left of its change is meant, and not held back.
    lighter = np.exp(gain(before, frame)).astype(np.float32)
    brought = looked_up(finished * lighter, places, cv2.INTER_CUBIC)
    change = brought - frame
    slow = np.asarray(cv2.GaussianBlur(change * holds, (0, 0), SMOOTH_SIDES * min(frame.shape[:2])))
    mixed = frame + (SLOW - FINE) * slow * holds + FINE * change * holds
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def _rests(frame: Pixels, before: Pixels, back: Flow) -> NDArray[np.bool_]:
    """Where a place is explained by resting nearly as well as by its flow: (H, W).

    In plain places the flow follows the very texture that shimmers, and calms nothing.
    """
    radius = max(1, min(frame.shape[:2]) // 32)
    resting = softened(difference(before, frame), radius)
    followed = softened(difference(warped(before, back), frame), radius)
    return resting < 2 * followed + 1
