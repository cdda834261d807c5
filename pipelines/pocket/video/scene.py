"""The scene of a clip: one picture, large enough for what the camera will see, that can be moved.

Where nothing is behind things, there is more of nothing around them, and they shrink a little so
that the camera keeps them in sight. Each frame is looked up in the picture once, through the paths
and the camera together, so nothing is softened twice. Knows no model and no time.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.rough import CELL
from pipelines.pocket.video.behind import AROUND, CUT, SOFT, Apart, cut_out, filled_in, goers, wider
from pipelines.pocket.video.camera import Camera, Matrix, pixels_to_pixels
from pipelines.pocket.video.moved import sources
from pipelines.pocket.video.things import Mask

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

WHITE, NEARLY_WHITE = 255, 243
EMPTY_SHARE = 0.97
"""Of the border of a picture that stands on nothing, this much is nearly white."""

IN_SIGHT, IN_FRAME = 1.1, 1.0
"""How far things may reach, in half frames: where the camera moves, and where it rests. What
reaches further without moving may do so."""

SMALLEST_FIT = 0.64
"""Things never shrink below this share to stay in sight."""

ROOM = 4
"""Cells around a scene: room to jump into, or for what is beyond its border to come in from."""

LEAST_WAY = 0.01
"""Cells; shorter ways are none."""

HARDLY, NEAR = 0.05, 11
"""Where less than this share of a pixel arrived, its neighbours within a square of so many pixels
say where it came from."""

SHOWN, WITH = 250, 5
"""On nothing, what is darker in any channel than the first level is shown, and so many pixels
around it; more of nothing would only be torn when a thing turns."""

TRIED = 17
"""Moments at which it is tried whether things are in sight."""


@dataclass(frozen=True)
class Scene:
    """A picture and how it is shown.

    `picture`: uint8 (H, W, 3), as large as it is shown where the camera is at rest. `small`: the
    size (width, height) px, multiples of 16, at which its paths are made up.
    """

    picture: Pixels
    small: tuple[int, int]
    frame: tuple[int, int]
    is_empty: bool
    """Whether it stands on nothing, that is on white."""

    behind: Pixels | None = None
    """As `picture`: what comes to light where something has gone away; where it is None, white."""

    layer: Pixels | None = None
    """(H, W), 255 where the things are that move before a painted background, which rests; None
    where it is not known."""

    shows: Mask | None = None
    """(H, W) of `small`, where a scene on nothing has something to show; None: everywhere."""

    @classmethod
    def of(
        cls,
        picture: Pixels,
        colours: Pixels,
        paths: Tensor,
        frame: tuple[int, int],
        apart: Apart | None = None,
    ) -> "Scene":
        """A scene of a picture.

        Args:
            colours: the picture at its small size.
            paths: (16, 2, h, w) of its first window, in cells.
            apart: the things of the small picture, as far as they are known.
        """
        small = (colours.shape[1], colours.shape[0])
        is_empty = is_on_nothing(colours)
        if is_empty:
            shows = wider(colours.min(-1) < SHOWN, WITH)
            return cls(picture, small, frame, True, shows=shows)
        if paths.abs().max() <= LEAST_WAY:
            return cls(picture, small, frame, False)
        size = (picture.shape[1], picture.shape[0])

        def large(values: Pixels) -> Pixels:
            return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_CUBIC), np.uint8)

        if apart is None or not apart.things.any():
            gone = goers(paths, small)
            return cls(picture, small, frame, False, large(filled_in(colours, gone)))
        gone = wider(apart.things, CUT + AROUND)
        filled = filled_in(colours, gone) if apart.behind is None else apart.behind
        cut = cut_out(colours, filled, apart.things)
        edge = cv2.GaussianBlur(gone.astype(np.uint8) * WHITE, (0, 0), SOFT)
        share = large(np.asarray(edge, np.uint8))[..., None] / WHITE
        behind = large(filled) * share + picture * (1 - share)
        return cls(picture, small, frame, False, behind.astype(np.uint8), large(cut))

    def reduced(self, side: int) -> "Scene":
        """The same scene in frames whose shorter side has about `side` px."""
        share = min(1.0, side / min(self.frame))
        frame = (round(self.frame[0] * share), round(self.frame[1] * share))
        exact = frame[1] / self.frame[1]
        size = (round(self.picture.shape[1] * exact), round(self.picture.shape[0] * exact))

        def smaller(picture: Pixels) -> Pixels:
            return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

        return replace(
            self,
            picture=smaller(self.picture),
            frame=frame,
            behind=None if self.behind is None else smaller(self.behind),
            layer=None if self.layer is None else smaller(self.layer),
        )

    def shown(self, paths: Tensor, view: Matrix) -> Pixels:
        """One frame, uint8 (height, width, 3).

        Args:
            paths: (2, h, w), where everything has gone, in cells of 8 px of `small`.
            view: what the camera sees, as `Camera.matrix` gives it.
        """
        matrix = pixels_to_pixels(view, self.frame, (self.picture.shape[1], self.picture.shape[0]))
        places = _places(matrix, self.frame)
        if paths.abs().max() <= LEAST_WAY:
            return self._looked_up(self.picture, places)
        way, seen = self._ways(paths)
        way = self._onto_frame(way, matrix) * (self.picture.shape[1] / self.small[0])
        found = self._looked_up(self.picture, places - way)
        share = self._onto_frame(seen, matrix)[..., None]
        if self.layer is not None:
            share = share * (self._looked_up(self.layer, places - way)[..., None] / WHITE)
        if share.min() >= 1:
            return found
        behind = WHITE if self.behind is None else self._looked_up(self.behind, places)
        return np.rint(found * share + behind * (1 - share)).astype(np.uint8)

    def _ways(self, paths: Tensor) -> tuple[Floats, Floats]:
        """For each pixel of the scene with its room: where it came from, and whether it did.

        (H, W, 2) in px of `small`, and (H, W).
        """
        # On nothing, nothing rests around the things; elsewhere what is beyond moves along.
        how = "constant" if self.is_empty else "replicate"
        wide = torch.nn.functional.pad(paths[None], [ROOM] * 4, mode=how)
        source = sources(wide, self._shows())
        height, width = source.seen.shape[1:]
        at = torch.stack(
            torch.meshgrid(torch.arange(width), torch.arange(height), indexing="xy"), -1
        )
        size = torch.tensor([width, height])
        came = (source.grid[0] + 1) * size / 2 - 0.5
        seen = source.seen[0].numpy()
        return _carried_on((at - came).numpy().astype(np.float32), seen > HARDLY), seen

    def _shows(self) -> Tensor | None:
        """Where the scene with its room has something to show: (H, W)."""
        return None if self.shows is None else torch.from_numpy(np.pad(self.shows, ROOM * CELL))

    def _onto_frame(self, small: Floats, matrix: Matrix) -> Floats:
        """Brings what is known of each pixel of the scene with its room to those of the frame."""
        scale = self.small[0] / self.picture.shape[1]
        shift = (scale - 1) / 2 + ROOM * CELL
        to_small = np.array([[scale, 0, shift], [0, scale, shift], [0, 0, 1]]) @ matrix
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpPerspective(small, to_small, self.frame, flags=flags,
                                borderMode=cv2.BORDER_REPLICATE),
            np.float32,
        )  # fmt: skip

    def _looked_up(self, picture: Pixels, places: Floats) -> Pixels:
        is_bounded = self.is_empty or picture.ndim == 2
        border = cv2.BORDER_CONSTANT if is_bounded else cv2.BORDER_REPLICATE
        x, y = cv2.split(places)
        found = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=border,
                          borderValue=(WHITE,) * 3 if picture.ndim == 3 else 0)  # fmt: skip
        return np.asarray(found, np.uint8)


def _carried_on(way: Floats, is_known: Mask) -> Floats:
    """Ways (H, W, 2) with those of their neighbours where none is known.

    Where nothing arrived it would else be shown what stood there before.
    """
    known = is_known.astype(np.float32)
    near = cv2.blur(known, (NEAR, NEAR))
    mean = cv2.blur(way * known[..., None], (NEAR, NEAR)) / np.maximum(near, 1e-4)[..., None]
    return np.where(is_known[..., None], way, mean).astype(np.float32)


def _places(matrix: Matrix, size: tuple[int, int]) -> Floats:
    """Where each pixel of a frame is in the picture: (height, width, 2)."""
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    across, along, depth = (row[0] * x + row[1] * y + row[2] for row in matrix)
    return np.dstack([across / depth, along / depth]).astype(np.float32)


def wanted_size(camera: Camera, frame: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height) px of everything that a camera sees, never less than the frame."""
    if camera.is_still:
        return frame
    across, along = camera.reach()
    sides = (max(frame[0], across * frame[1]), max(frame[1], along * frame[1]))
    return round(sides[0]), round(sides[1])


def covering(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """The least size (width, height) in the shape of `size` that covers the wanted one."""
    scale = max(wanted[0] / size[0], wanted[1] / size[1])
    return round(size[0] * scale), round(size[1] * scale)


def is_on_nothing(picture: Pixels) -> bool:
    """Whether a picture (H, W, 3) is white all along its border."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return float((border.min(-1) >= NEARLY_WHITE).mean()) >= EMPTY_SHARE


def fit(picture: Pixels, paths: Tensor, camera: Camera, half: tuple[float, float]) -> float:
    """By how much a scene on nothing is to shrink so that its things stay in sight.

    Args:
        picture: uint8 (H, W, 3).
        paths: (16, 2, h, w) of the first window, in cells.
        half: half the scene's width and height, in half frame heights.
    """
    points = _reached(picture, paths) * half
    if not len(points):
        return 1.0
    moments = [camera.duration_s * i / (TRIED - 1) for i in range(TRIED)]
    ways_back = [np.linalg.inv(camera.matrix(moment)) for moment in moments]

    def furthest(points: NDArray[np.float64], share: float) -> float:
        scene = np.concatenate([points * share, np.ones((len(points), 1))], 1).T
        seen = np.stack([back @ scene for back in ways_back])
        places = np.abs(seen[:, :2] / seen[:, 2:]) / np.array([[camera.aspect], [1]])
        return float(places.max())

    # Of each corner, the first is that of the first key: where things are drawn.
    at_rest = furthest(points[:: len(paths)], 1)
    most = max(IN_FRAME, at_rest) if camera.is_still else IN_SIGHT
    tried = np.arange(1, SMALLEST_FIT, -0.02)
    fits = (share for share in tried if furthest(points, share) <= most)
    return float(next(fits, SMALLEST_FIT))


def _reached(picture: Pixels, paths: Tensor) -> NDArray[np.float64]:
    """Corners of the box around everything at each key place: (32, 2), from -1 to 1."""
    h, w = paths.shape[-2:]
    grey = cv2.resize(picture.min(-1), (w, h), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(grey < NEARLY_WHITE)
    if not len(rows):
        return np.zeros((0, 2))
    gone = paths.permute(0, 2, 3, 1).numpy()[:, rows, columns]
    places = (np.stack([columns, rows], -1) + 0.5 + gone) / np.array([w, h]) * 2 - 1
    edge = 1 / np.array([w, h])
    low, high = places.min(1) - edge, places.max(1) + edge
    return np.concatenate([low, high, np.stack([low[:, 0], high[:, 1]], 1),
                           np.stack([high[:, 0], low[:, 1]], 1)]).astype(float)  # fmt: skip
