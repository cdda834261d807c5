"""Frames between frames: any number of frames a second, by following what moves.

Flow is looked for both ways, carried to the moment in between as in depth-aware interpolation (Bao
et al. 2019, DAIN; here the pixel that matches better wins, not the nearer one), and joined by the
motions of the camera and of whole things. Each pixel takes the explanation whose two samples agree
best: seen in both frames, or hidden in one of them (Herbst, Seitz & Baker 2009, "Occlusion
Reasoning for Temporal Interpolation using Optical Flow"). Where nothing agrees one frame is shown,
not a mixture: drawn edges would show twice. Knows nothing about files; holds two frames at a time.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.flow import (
    Flow,
    Mask,
    Pixels,
    both_ways,
    difference,
    is_in_both,
    led_to,
    length,
    looked_up,
    motions,
    softened,
    warped,
)

Levels = NDArray[np.float32]
"""(H, W), in levels of 255."""

Ends = Literal["stretch", "hold", "loop"]
"""What is after the last frame: the frames are spread so that the last one stays last; it is held;
or the first one comes again."""

HIDDEN_COST = 16.0
"""What it costs to say that a pixel is hidden in one frame, in levels of 255."""

MOST_ASTRAY = 8.0
"""Levels that a motion costs, at most, for being another than the one that was found: it keeps
pixels that are alike by chance from being taken for each other. A pixel apart costs a level."""

NEVER = np.float32(1e4)

ALIKE = 24.0
"""Levels; samples that differ by more are not mixed."""

CUT_SEEN, CUT_LEVELS = 0.45, 28.0
"""Below this share of pixels seen in both frames, and above this difference of those of the frame
after following the flow, two frames are of different scenes."""


def frame_count(count: int, from_fps: float, to_fps: float) -> int:
    """How many frames last as long at another rate; at least one."""
    return max(1, math.floor(count * to_fps / from_fps + 0.5))


def places(count: int, wanted: int, ends: Ends = "stretch") -> NDArray[np.float64]:
    """Where each of the `wanted` frames lies among `count` frames: (wanted,), 0 … count."""
    if ends == "stretch":
        return np.linspace(0, count - 1, wanted, dtype=np.float64)
    found = np.arange(wanted, dtype=np.float64) * (count / wanted)
    return found if ends == "loop" else np.minimum(found, float(count - 1))


def interpolated(
    frames: Iterable[Pixels], count: int, wanted: int, ends: Ends = "stretch"
) -> Iterator[Pixels]:
    """Yields exactly `wanted` frames for the `count` that are given, one at a time.

    Args:
        frames: uint8 (H, W, 3) each, all of one size; read once, in order.
        count: how many there are.
        wanted: see `frame_count`.
        ends: what lies after the last frame.

    Raises:
        ValueError: there are fewer frames than `count`, or none are asked for.
    """
    if count < 1 or wanted < 1:
        raise ValueError(f"{count} frames cannot become {wanted}; both must be at least 1")
    pairs = _pairs(iter(frames), count, ends)
    start, pair = 0, next(pairs)
    for place in places(count, wanted, ends):
        # The last frame ends the last pair; it does not begin another one.
        while place > start + 1:
            start, pair = start + 1, next(pairs)
        yield pair.at(float(place - start))


def _pairs(frames: Iterator[Pixels], count: int, ends: Ends) -> "Iterator[Between]":
    first = previous = _read(frames, 0, count)
    for index in range(1, count):
        following = _read(frames, index, count)
        yield Between(previous, following)
        previous = following
    yield Between(previous, first if ends == "loop" else previous)


def _read(frames: Iterator[Pixels], index: int, count: int) -> Pixels:
    frame = next(frames, None)
    if frame is None:
        raise ValueError(f"{count} frames were announced, there are {index}")
    return frame


class Between:
    """Two frames, and everything between them."""

    def __init__(self, first: Pixels, second: Pixels) -> None:
        """Both uint8 (H, W, 3), at least 16 px a side."""
        self.first = first
        self.second = second

    @cached_property
    def is_still(self) -> bool:
        return np.array_equal(self.first, self.second)

    @cached_property
    def flows(self) -> tuple[Flow, Flow]:
        """There, and back."""
        return both_ways(self.first, self.second)

    @cached_property
    def seen(self) -> tuple[Mask, Mask]:
        """What of the first is in the second too, and the other way round."""
        there, back = self.flows
        return is_in_both(there, back), is_in_both(back, there)

    @cached_property
    def layers(self) -> list[Flow]:
        """How the camera and the largest things move, as if each were the whole frame."""
        return motions(self.flows[0], self.seen[0]) or [np.zeros_like(self.flows[0])]

    @cached_property
    def differences(self) -> tuple[Levels, Levels]:
        """How much a pixel of each frame differs from what its flow leads to: (H, W), levels."""
        there, back = self.flows
        return (
            difference(self.first, warped(self.second, there)),
            difference(self.second, warped(self.first, back)),
        )

    @cached_property
    def is_cut(self) -> bool:
        """Whether the two are of different scenes."""
        is_lost = self.seen[0].mean() < CUT_SEEN
        return bool(is_lost and self.differences[0].mean() > CUT_LEVELS)

    def at(self, t: float) -> Pixels:
        """The frame at `t`, from 0 (the first) to 1 (the second): uint8 (H, W, 3)."""
        is_near_first = t < 0.5
        if min(t, 1 - t) < 1e-6 or self.is_still or self.is_cut:
            return self.first if is_near_first else self.second
        radius = max(1, min(self.first.shape[:2]) // 160)
        least = np.full(self.first.shape[:2], np.inf, np.float32)
        best = np.empty_like(self.first)
        for flow in self._motions(t):
            for colours, cost in self._explanations(flow, t):
                cost = softened(cost, radius)
                is_better = np.asarray(cv2.compare(cost, least, cv2.CMP_LT), np.uint8)
                cv2.copyTo(colours, is_better, best)
                least = np.asarray(cv2.min(cost, least), np.float32)
        return best

    def _motions(self, t: float) -> list[Flow]:
        """Flows from the first to the second, as seen at `t`: several guesses for each pixel."""
        there, back = self.flows
        trust = [
            (seen + 0.01) * np.exp(-differ / ALIKE)
            for seen, differ in zip(self.seen, self.differences, strict=True)
        ]
        layers = [warped(layer, layer, -t) for layer in self.layers]
        return [
            _carried(there, there * np.float32(t), trust[0], layers[0]),
            _carried(-back, back * np.float32(1 - t), trust[1], layers[0]),
            *layers,
        ]

    def _explanations(self, flow: Flow, t: float) -> Iterator[tuple[Pixels, Levels]]:
        """What a motion shows at `t` if a pixel is in both frames, only in the first, or second.

        Yields:
            Colours, and how much speaks against them: (H, W), levels.
        """
        places = led_to(flow, -t), led_to(flow, 1 - t)
        before, after = looked_up(self.first, places[0]), looked_up(self.second, places[1])
        known = [looked_up(each, at) for each, at in zip(self.known, places, strict=True)]
        astray = [
            np.minimum(length(np.ascontiguousarray(each[..., :2]) - flow), np.float32(MOST_ASTRAY))
            for each in known
        ]
        differ = difference(before, after)
        yield _mixed(before, after, t, differ), differ + (astray[0] + astray[1]) * np.float32(0.5)
        for colours, each, away in zip((before, after), known, astray, strict=True):
            is_in_both_here = np.asarray(each[..., 2] > 0.5, np.float32)
            yield colours, away + NEVER * is_in_both_here + np.float32(HIDDEN_COST)

    @cached_property
    def known(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of each frame: its flow towards the second frame, and what is in both: (H, W, 3)."""
        there, back = self.flows
        return np.dstack([there, self.seen[0]]), np.dstack([-back, self.seen[1]])


def _mixed(before: Pixels, after: Pixels, t: float, differ: Levels) -> Pixels:
    """Fades from one to the other where they are alike, and shows the nearer one elsewhere."""
    mixed = np.asarray(cv2.addWeighted(before, 1 - t, after, t, 0), np.uint8)
    is_other = (differ > ALIKE).astype(np.uint8)
    cv2.copyTo(before if t < 0.5 else after, is_other, mixed)
    return mixed


def _carried(flow: Flow, way: Flow, trust: Mask, otherwise: Flow) -> Flow:
    """Takes each pixel's flow along its way; where several arrive the trusted ones win.

    Places where none arrives get the flow of their neighbours, or `otherwise`.
    """
    height, width = trust.shape
    x = np.rint(way[..., 0]).astype(np.int32) + np.arange(width, dtype=np.int32)
    y = np.rint(way[..., 1]).astype(np.int32) + np.arange(height, dtype=np.int32)[:, None]
    is_inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    target = (y * width + x)[is_inside]
    # A tenth of the trust is a thousandth of the weight: the better match is taken, not a mean.
    weight = np.power(trust[is_inside], 3)
    sums = [
        np.bincount(target, each, height * width).reshape(height, width).astype(np.float32)
        for each in (weight, weight * flow[..., 0][is_inside], weight * flow[..., 1][is_inside])
    ]
    around = [softened(each, 1) for each in sums]
    total = np.where(sums[0] > 0, sums[0], around[0])
    found = [np.where(sums[0] > 0, sums[i], around[i]) / np.maximum(total, 1e-12) for i in (1, 2)]
    is_found = total > 1e-9
    return np.dstack(
        [
            cv2.medianBlur(np.where(is_found, each, otherwise[..., i]).astype(np.float32), 3)
            for i, each in enumerate(found)
        ]
    ).astype(np.float32)
