"""The camera: a word, a strength and a length become a view of the scene for every frame.

The scene is flat, so a view is a homography from the frame onto it: it can slide, scale, turn and
lean. It is known exactly for every frame, so that camera motion is as smooth as the frame rate.
Lengths are in half frame heights, with the frame at rest from (-a, -1) to (a, 1), x to the right
and y down, a = width / height. Knows no model and no file.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CameraName = Literal[
    "static", "pan left", "pan right", "pan", "tilt up", "tilt down", "zoom in", "zoom out",
    "dolly in", "dolly out", "orbit", "tracking", "aerial", "crane", "handheld",
]  # fmt: skip
CAMERA_NAMES_ZH = {
    "static": "固定",
    "pan left": "左移",
    "pan right": "右移",
    "pan": "横摇",
    "tilt up": "上摇",
    "tilt down": "下摇",
    "zoom in": "拉近",
    "zoom out": "拉远",
    "dolly in": "推进",
    "dolly out": "后退",
    "orbit": "环绕",
    "tracking": "跟拍",
    "aerial": "航拍",
    "crane": "升降",
    "handheld": "手持",
}

TRAVEL = 0.36
"""How far a pan goes in two seconds at strength 1, in frame widths (a tilt: heights)."""
ZOOM = 1.4
ARC = math.radians(24)
"""How far an orbit goes to each side of the front."""
FOCAL = 3.0
"""Distance of the eye, in half frame heights: how strongly a leaning scene narrows."""
USUAL_S, MOST_GROWTH = 2.0, 1.5
"""Longer clips go further, as the square root of their length, up to so many times as far."""
EASED = 0.15
"""Share of the time in which the camera gains its speed, and loses it again."""

CLOSER = ("zoom in", "zoom out", "dolly in", "dolly out")
"""Moves that come closer to somebody, wherever in the picture they are."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """Where the camera is: its centre, how large it shows things, how it turns and leans.

    `x` in half frame widths and `y` in half frame heights; angles in radians.
    """

    x: float = 0
    y: float = 0
    zoom: float = 1
    roll: float = 0
    yaw: float = 0
    pitch: float = 0


Move = Callable[[float, float], View]
"""Takes progress from 0 to 1 and strength, gives the view."""


def _between(first: View, last: View) -> Move:
    """From one view to another; at strength s the whole way is s times as long."""

    def view(progress: float, strength: float) -> View:
        def at(one: float, two: float) -> float:
            return strength * (one + (two - one) * progress)

        grown = at(math.log(first.zoom), math.log(last.zoom))
        return View(
            at(first.x, last.x), at(first.y, last.y), math.exp(grown),
            at(first.roll, last.roll), at(first.yaw, last.yaw), at(first.pitch, last.pitch),
        )  # fmt: skip

    return view


def _unsteady(progress: float, strength: float) -> View:
    """A hand's slow sway: a few waves that never meet."""
    turn = 2 * math.pi * progress

    def sway(*waves: tuple[int, float]) -> float:
        return sum(math.sin(often * turn + phase) - math.sin(phase) for often, phase in waves) / 2

    size = 0.05 * strength
    return View(
        x=size * sway((2, 0.4), (5, 1.7)),
        y=size * sway((3, 1.1), (4, 0.2)),
        zoom=1 + 0.06 * strength,
        roll=0.3 * size * sway((2, 2.6), (3, 0.9)),
    )


MOVES: Mapping[CameraName, Move] = {
    "static": _between(View(), View()),
    "pan left": _between(View(x=TRAVEL), View(x=-TRAVEL)),
    "pan right": _between(View(x=-TRAVEL), View(x=TRAVEL)),
    "pan": _between(View(x=-TRAVEL), View(x=TRAVEL)),
    "tilt up": _between(View(y=TRAVEL), View(y=-TRAVEL)),
    "tilt down": _between(View(y=-TRAVEL), View(y=TRAVEL)),
    "zoom in": _between(View(), View(zoom=ZOOM)),
    "zoom out": _between(View(zoom=ZOOM), View()),
    "dolly in": _between(View(y=0.04), View(zoom=ZOOM * 1.15)),
    "dolly out": _between(View(zoom=ZOOM * 1.15), View(y=0.04)),
    "orbit": _between(View(yaw=-ARC, zoom=1.08), View(yaw=ARC, zoom=1.08)),
    "tracking": _between(View(x=-TRAVEL / 2, zoom=1.12), View(x=TRAVEL / 2, zoom=1.12)),
    "aerial": _between(
        View(x=-0.1, y=0.12, zoom=1.35, roll=-0.05, pitch=-0.2), View(x=0.08, y=-0.1, roll=0.05)
    ),
    "crane": _between(View(y=0.3, zoom=1.15), View(y=-0.3, zoom=1.05)),
    "handheld": _unsteady,
}


@dataclass(frozen=True)
class Camera:
    """How the camera moves over a clip of `duration_s`; `aspect` is width / height.

    A loop goes there and back, so that its end meets its start. Where `is_mirrored`, it goes the
    other way across, as what it follows does. `focus`: where the subject is, from (-1, -1) to
    (1, 1); a zoom or dolly comes closer to that place, which stays where it was.
    """

    name: CameraName
    strength: float
    duration_s: float
    aspect: float
    is_loop: bool = False
    is_mirrored: bool = False
    focus: tuple[float, float] = (0, 0)

    @property
    def is_still(self) -> bool:
        """Whether every frame shows the scene as it is."""
        return self.name == "static" or self.strength == 0

    def view(self, time_s: float) -> View:
        """What the camera sees at a time."""
        progress = min(max(time_s / self.duration_s, 0), 1)
        is_wave = self.name == "handheld"
        if self.is_loop and not is_wave:
            progress = (1 - math.cos(2 * math.pi * progress)) / 2
        elif not is_wave:
            progress = eased(progress)
        seen = MOVES[self.name](progress, self.strength * self._growth())
        if self.is_mirrored:
            seen = replace(seen, x=-seen.x, roll=-seen.roll, yaw=-seen.yaw)
        if self.name not in CLOSER:
            return seen
        aside = max(0.0, 1 - 1 / seen.zoom)
        return replace(seen, x=seen.x + aside * self.focus[0], y=seen.y + aside * self.focus[1])

    def matrix(self, time_s: float) -> Matrix:
        """(3, 3): from a place in the frame to the place in the scene that is seen there."""
        return onto_scene(self.view(time_s), self.aspect)

    def reach(self, samples: int = 33) -> tuple[float, float]:
        """How far from its middle the scene is seen: (to the sides, up and down)."""
        a = self.aspect
        corners = np.array([[-a, a, -a, a], [-1, -1, 1, 1], [1, 1, 1, 1]], float)
        seen = [self.matrix(self.duration_s * i / (samples - 1)) @ corners for i in range(samples)]
        flat = np.stack([each[:2] / each[2] for each in seen])
        furthest = np.abs(flat).max(axis=(0, 2))
        return float(furthest[0]), float(furthest[1])

    def _growth(self) -> float:
        if self.name == "handheld":
            return 1.0
        return min(max(math.sqrt(self.duration_s / USUAL_S), 0.6), MOST_GROWTH)


def eased(progress: float) -> float:
    """0 to 1 → 0 to 1 at one speed but for the start and the end, where it speeds up and slows."""
    top = 1 / (1 - EASED)
    if progress < EASED:
        return top * progress**2 / (2 * EASED)
    if progress > 1 - EASED:
        return 1 - top * (1 - progress) ** 2 / (2 * EASED)
    return top * (progress - EASED / 2)


def onto_scene(view: View, aspect: float) -> Matrix:
    """(3, 3) homography from the frame onto the scene, as `Camera.matrix`."""
    return _moved(view.x * aspect, view.y) @ np.linalg.inv(_leaning(view) @ _turned(view))


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def _turned(view: View) -> Matrix:
    cos, sin = math.cos(view.roll) * view.zoom, math.sin(view.roll) * view.zoom
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], float)


def _leaning(view: View) -> Matrix:
    """A plane turned about its upright and its level axis, seen from `FOCAL` away."""
    cy, sy = math.cos(view.yaw), math.sin(view.yaw)
    cp, sp = math.cos(view.pitch), math.sin(view.pitch)
    upright = np.array([[cy, 0], [0, 1], [sy, 0]], float)
    level = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]], float)
    turned = level @ upright
    lean = np.zeros((3, 3))
    lean[:2, :2] = turned[:2]
    lean[2, :2] = turned[2] / FOCAL
    lean[2, 2] = 1
    return lean


def pixels_to_pixels(matrix: Matrix, frame: tuple[int, int], canvas: tuple[int, int]) -> Matrix:
    """A view in pixels: from a pixel of the frame to the place in the canvas shown there.

    The canvas shows the middle of the scene at the frame's own scale. Sizes are (width, height).

    Args:
        matrix: as `Camera.matrix` gives it.
    """
    scale = frame[1] / 2
    # Pixel 0 is half a pixel from the border.
    to_frame = np.array(
        [
            [1 / scale, 0, (0.5 - frame[0] / 2) / scale],
            [0, 1 / scale, (0.5 - frame[1] / 2) / scale],
            [0, 0, 1],
        ]
    )
    to_canvas = np.array(
        [[scale, 0, canvas[0] / 2 - 0.5], [0, scale, canvas[1] / 2 - 0.5], [0, 0, 1]]
    )
    return to_canvas @ matrix @ to_frame
