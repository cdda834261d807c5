"""Recognises what a camera does, from the frames alone: a global motion is fitted to optical flow.

The motion model is that of a plane seen by a moving camera, eight parameters (Bergen et al. 1992,
"Hierarchical model-based motion estimation", section 4.2), fitted robustly where the frames show
something; the flow is dense inverse search. Knows no family, no prompt and no camera of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 192
"""Height that frames are looked at in."""

PAIRS_A_SECOND = 8
MOST_POINTS, LEAST_POINTS = 400, 10
TIMES, ENOUGH = 12, 2.0
"""Rounds of the robust fit, and how many pixels beside it count as far."""

LEAN = 2e-3
"""Holds the two parameters of leaning back where few points would let them run wild."""

TYPICAL = {"pan": 0.5, "tilt": 0.5, "zoom": 0.26, "orbit": 0.2}
"""What makes a move plain in a clip: half frame heights along, growth as a logarithm, leaning."""

STILL = 0.3
"""Shares of the typical below which the camera stands still."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """How the picture moved in all, as shares of what is typical; positive: the picture moves
    right, down, or grows."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    orbit: float = 0.0

    @property
    def camera(self) -> str:
        """The name of the move that stands out."""
        found = {name: getattr(self, name) for name in TYPICAL}
        best = max(found, key=lambda name: abs(found[name]))
        value = found[best]
        if abs(value) < STILL:
            return "static"
        # Where the camera goes left, the picture goes right.
        names = {
            "pan": ("pan left", "pan right"),
            "tilt": ("tilt up", "tilt down"),
            "zoom": ("zoom in", "zoom out"),
            "orbit": ("orbit", "orbit"),
        }
        return names[best][int(value < 0)]


def seen(frames: Iterable[NDArray[np.uint8]], fps: float) -> Seen:
    """Follow the picture through a clip of uint8 (H, W, 3) frames, one at a time."""
    step = max(1, round(fps / PAIRS_A_SECOND))
    total = np.zeros(8)
    before: NDArray[np.uint8] | None = None
    for index, frame in enumerate(frames):
        if index % step:
            continue
        now = _small(frame)
        if before is not None:
            total += _motion(before, now)
        before = now
    moved = [float(each) for each in total]
    return Seen(
        pan=moved[0] / TYPICAL["pan"],
        tilt=moved[3] / TYPICAL["tilt"],
        zoom=(moved[1] + moved[5]) / 2 / TYPICAL["zoom"],
        orbit=moved[6] / TYPICAL["orbit"],
    )


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey: Any = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    width = max(16, round(frame.shape[1] * SIDE_PX / frame.shape[0]))
    return np.asarray(cv2.resize(grey, (width, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _motion(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(8,): the global motion between two grey pictures in half frame heights; 0 where unknown."""
    corners: Any = cv2.goodFeaturesToTrack(first, MOST_POINTS, 0.02, 4)
    if corners is None or len(corners) < LEAST_POINTS:
        return np.zeros(8)
    places = np.asarray(corners, np.float64).reshape(-1, 2)
    cv2.setNumThreads(1)
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = np.asarray(search.calc(first, second, np.zeros((*first.shape, 2), np.float32)))
    columns, rows = places.round().astype(int).T
    half = first.shape[0] / 2
    middle = np.array([first.shape[1] / 2, half])
    return _fitted((places - middle) / half, flow[rows, columns] / half, ENOUGH / half)


def _fitted(places: Points, moved: Points, far: float) -> NDArray[np.float64]:
    """Least squares, again and again with less weight for what moves by itself (Tukey)."""
    x, y = places.T
    one, none = np.ones_like(x), np.zeros_like(x)
    along = np.stack([one, x, y, none, none, none, x * x, x * y], 1)
    down = np.stack([none, none, none, one, x, y, x * y, y * y], 1)
    weight, found = np.ones(len(x)), np.zeros(8)
    held = np.diag([0, 0, 0, 0, 0, 0, LEAN, LEAN]) * len(x) + np.eye(8) * 1e-9
    for _ in range(TIMES):
        left = (along.T * weight) @ along + (down.T * weight) @ down + held
        right = (along.T * weight) @ moved[:, 0] + (down.T * weight) @ moved[:, 1]
        found = np.linalg.solve(left, right)
        beside = np.hypot(along @ found - moved[:, 0], down @ found - moved[:, 1])
        scale = max(far / 4, 1.5 * float(np.median(beside)))
        weight = np.clip(1 - (beside / (3 * scale)) ** 2, 0, None) ** 2
    return found
