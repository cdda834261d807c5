"""Where each pixel of a picture is in another one: optical flow, and what is done with it.

Dense inverse search (Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search"), as
OpenCV has it. Knows nothing about clips.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A frame: uint8 (H, W, 3), RGB."""

Flow = NDArray[np.float32]
"""(H, W, 2), in pixels: what is at (x, y) in the first is at (x, y) + flow[y, x] in the second."""

Mask = NDArray[np.float32]
"""(H, W) in [0, 1]."""

SAMPLES = 32
"""Points a side at which the camera's motion is fitted."""

MIN_POINTS = 12
"""Points of the grid, of 1024, that make a motion."""

STILL = 0.1
"""Pixels: a shorter flow is none, so that what rests is not blurred by sampling between pixels."""


def optical_flow(first: Pixels, second: Pixels) -> Flow:
    """The flow from the first frame to the second. Both uint8 (H, W, 3), at least 16 px a side."""
    # Threads share out the patches, and each begins its own search: the flow would differ with
    # their number, and the same seed would not make the same clip on another machine.
    cv2.setNumThreads(1)
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    nothing = np.zeros((*first.shape[:2], 2), np.float32)
    flow = np.asarray(search.calc(grey(first), grey(second), nothing), np.float32)
    flow[length(flow) < STILL] = 0
    return flow


def grey(frame: Pixels) -> Pixels:
    """(H, W): luma."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def warped(picture: NDArray, flow: Flow, share: float = 1.0) -> NDArray:
    """Looks up, for each pixel, where `share` of its flow leads: the second brought to the first.

    Args:
        picture: (H, W) or (H, W, C), uint8 or float32; edge pixels go on outside.
        flow: from the picture that is wanted to `picture`.
    """
    return looked_up(picture, led_to(flow, share))


def led_to(flow: Flow, share: float = 1.0) -> Flow:
    """Where `share` of its flow leads each pixel: (H, W, 2), x and y in pixels."""
    height, width = flow.shape[:2]
    places = flow * np.float32(share)
    places[..., 0] += np.arange(width, dtype=np.float32)
    places[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return places


def looked_up(picture: NDArray, places: Flow, how: int = cv2.INTER_LINEAR) -> NDArray:
    """What a picture shows at places: (H, W) or (H, W, C), as the picture's channels are."""
    return cv2.remap(picture, places, None, how, borderMode=cv2.BORDER_REPLICATE)  # pyright: ignore


def difference(left: Pixels, right: Pixels) -> NDArray[np.float32]:
    """How much two frames differ at each pixel: (H, W), levels of the most different channel."""
    red, green, blue = cv2.split(cv2.absdiff(left, right))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)


def length(flow: Flow) -> NDArray[np.float32]:
    """How far each pixel goes: (H, W), pixels."""
    return np.asarray(cv2.magnitude(flow[..., 0], flow[..., 1]), np.float32)


def both_ways(first: Pixels, second: Pixels) -> tuple[Flow, Flow]:
    """The flows from the first to the second and back."""
    return optical_flow(first, second), optical_flow(second, first)


def is_in_both(there: Flow, back: Flow) -> Mask:
    """1 where a pixel is seen in both frames: there and back leads home. Otherwise 0.

    Sundaram et al. 2010 ("Dense point trajectories"). Outside the frame nothing is.
    """
    places = led_to(there)
    returned = looked_up(back, places)
    both = np.square(length(there)) + np.square(length(returned))
    is_home = np.square(length(there + returned)) < 0.01 * both + 0.5
    height, width = there.shape[:2]
    x, y = places[..., 0], places[..., 1]
    is_inside = (x > -1) & (x < width) & (y > -1) & (y < height)
    return (is_home & is_inside).astype(np.float32)


def camera_flow(flow: Flow, seen: Mask | None = None) -> Flow:
    """The part of a flow that is the camera's: the shift, zoom and turn that most of it follows.

    No flow where too few points agree. `seen` leaves out pixels that are not in both frames.
    """
    return (motions(flow, seen, most=1) or [np.zeros_like(flow)])[0]


def motions(flow: Flow, seen: Mask | None = None, most: int = 3) -> list[Flow]:
    """The motions that a flow is made of, as if each went for the whole frame; the widest first.

    Each is a similarity (shift, zoom and turn) found by random sample consensus (Fischler & Bolles
    1981) among the points that follow none before it: layers as Wang & Adelson 1994 have them. The
    first is the camera's as long as things cover less than half of the frame.
    """
    height, width = flow.shape[:2]
    return [moved(matrix, width, height) for matrix in similarities(flow, seen, most)]


def similarities(flow: Flow, seen: Mask | None, most: int) -> list[NDArray[np.float64]]:
    """The matrices (2, 3), in pixels, of `motions`; none where no points agree."""
    height, width = flow.shape[:2]
    rows = np.linspace(0, height - 1, SAMPLES).astype(int)
    columns = np.linspace(0, width - 1, SAMPLES).astype(int)
    x, y = (each.ravel() for each in np.meshgrid(columns, rows))
    is_left = np.ones(len(x), bool) if seen is None else seen[y, x] > 0
    start = np.stack([x, y], 1).astype(np.float32)
    end = start + flow[y, x]
    found: list[NDArray[np.float64]] = []
    cv2.setRNGSeed(0)
    while len(found) < most and is_left.sum() >= MIN_POINTS:
        matrix, follows = cv2.estimateAffinePartial2D(
            start[is_left], end[is_left], ransacReprojThreshold=1.0
        )
        if matrix is None or follows.sum() < MIN_POINTS:
            break
        found.append(np.asarray(matrix, np.float64))
        is_left[np.flatnonzero(is_left)[follows[:, 0] > 0]] = False
    return found


def moved(matrix: NDArray[np.float64], width: int, height: int) -> Flow:
    """The flow (H, W, 2) of a matrix (2, 3) that moves every pixel of a frame."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    by_place = (matrix[:, :2] - np.eye(2)).astype(np.float32)
    return np.dstack([x, y]) @ by_place.T + matrix[:, 2].astype(np.float32)


def softened(mask: NDArray, radius: int) -> Mask:
    """A mask, or any (H, W) or (H, W, C), averaged over a square of 2 · radius + 1 px a side."""
    side = 2 * radius + 1
    return np.asarray(cv2.blur(np.asarray(mask, np.float32), (side, side)), np.float32)


def small(frame: Pixels, side: int) -> Pixels:
    """A frame averaged down until its shorter side is `side` px; smaller ones stay as they are."""
    height, width = frame.shape[:2]
    share = side / min(height, width)
    if share >= 1:
        return frame
    size = (round(width * share), round(height * share))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def lab(frame: Pixels) -> NDArray[np.float32]:
    """CIE Lab, float32 (H, W, 3): L in 0 … 100; equal distances look about equally far."""
    return np.asarray(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def rgb(values: NDArray[np.float32]) -> Pixels:
    """CIE Lab, float32 (H, W, 3) → uint8 (H, W, 3)."""
    colours = np.asarray(cv2.cvtColor(values, cv2.COLOR_LAB2RGB), np.float32)
    return np.rint(colours * 255).clip(0, 255).astype(np.uint8)
