"""Moves a picture along paths: for every pixel of every frame, where in the first picture to look.

Paths say where things go; a frame needs to know where each of its pixels came from. Points of the
picture are laid out at the ends of their paths, those that went further in front of those that
stayed, and say there where they came from (forward splatting: Niklaus & Liu 2020, "Softmax
Splatting for Video Frame Interpolation", with importance by distance). The result is smooth, so it
can be enlarged and used to look up a sharp picture of any size.
Knows nothing about models, camera or time.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pipelines.pocket.rough import CELL

FINER = 2
"""Points a pixel and side, so that a part that grows has no gaps."""

IN_FRONT = 12.0
"""By so many powers of e the furthest goer outweighs what stayed."""

TORN = 6.0
"""Where neighbours end so many times further from each other than they were, they do not belong
together: what lies between them is torn, and shows nothing."""

SHARE_SEEN = 0.3
"""Of the points that a pixel of a still picture holds; fewer, and nothing is seen there."""


@dataclass(frozen=True)
class Source:
    """Where to look, for every pixel of T frames.

    `grid`: (T, H, W, 2), x and y in [-1, 1] over the first picture as `grid_sample` takes them with
    `align_corners=False`. `seen`: (T, H, W), 1 where something of the first picture is, 0 where
    motion has laid bare what it does not show.
    """

    grid: Tensor
    seen: Tensor

    def enlarged(self, height: int, width: int) -> "Source":
        """The same for frames of another size."""
        grid = F.interpolate(self.grid.permute(0, 3, 1, 2), (height, width), mode="bilinear")
        seen = F.interpolate(self.seen[:, None], (height, width), mode="bilinear")[:, 0]
        return Source(grid.permute(0, 2, 3, 1), seen)

    def look(self, picture: Tensor, frame: int) -> Tensor:
        """Frame number `frame`, (1, C, H, W), of a picture (1, C, ..., ...) of any size."""
        grid = self.grid[frame : frame + 1].to(picture)
        return F.grid_sample(
            picture, grid, mode="bicubic", padding_mode="border", align_corners=False
        )


def sources(paths: Tensor, shows: Tensor | None = None) -> Source:
    """Turns paths round.

    Args:
        paths: (T, 2, h, w) displacements x, y in cells of 8 px.
        shows: (8 h, 8 w), where the picture shows something; the rest goes nowhere.

    Returns:
        For frames of 8 h × 8 w px.
    """
    height, width = paths.shape[2] * CELL, paths.shape[3] * CELL
    fine = (height * FINER, width * FINER)
    ways = F.interpolate(paths * CELL, fine, mode="bilinear")
    moved, whole = ways.flatten(2), _is_whole(ways).flatten(1)
    if shows is not None:
        whole = whole & _finer(shows).flatten()
    y, x = torch.meshgrid(_centres(fine[0]), _centres(fine[1]), indexing="ij")
    far = torch.hypot(moved[:, 0], moved[:, 1])
    weight = torch.exp(IN_FRONT * far / far.max().clamp(min=1.0))
    grids, seen = [], []
    for (dx, dy), front, kept in zip(moved, weight, whole, strict=True):
        at, dx, dy = torch.stack([x.flatten(), y.flatten()])[:, kept], dx[kept], dy[kept]
        came, points = _splat(at[0] + dx, at[1] + dy, dx, dy, front[kept], height, width)
        grids.append(came)
        seen.append((points / (FINER**2 * SHARE_SEEN)).clamp(max=1))
    came = torch.stack(grids)
    at = torch.stack(torch.meshgrid(torch.arange(width), torch.arange(height), indexing="xy"), -1)
    place = (at - came + 0.5) * 2 / torch.tensor([width, height]) - 1
    return Source(place, torch.stack(seen))


def _finer(mask: Tensor) -> Tensor:
    """A mask (H, W) of pixels, for their points."""
    return mask.repeat_interleave(FINER, 0).repeat_interleave(FINER, 1)


def _is_whole(ways: Tensor) -> Tensor:
    """Whether each fine point (T, H, W) ends near its neighbours; ways are (T, 2, H, W) in px."""
    step = 1 / FINER
    across, down = ways.diff(dim=3), ways.diff(dim=2)
    across[:, 0] += step
    down[:, 1] += step
    # A norm over a dimension of two takes a hundred times as long.
    sideways, downwards = (torch.hypot(each[:, 0], each[:, 1]) for each in (across, down))
    far = F.pad(sideways, (0, 1)), F.pad(downwards, (0, 0, 0, 1))
    return torch.maximum(*far) <= TORN * step


def _centres(count: int) -> Tensor:
    """Pixel coordinates of `count` fine points."""
    return (torch.arange(count) + 0.5) / FINER - 0.5


def _splat(
    x: Tensor, y: Tensor, dx: Tensor, dy: Tensor, front: Tensor, height: int, width: int
) -> tuple[Tensor, Tensor]:
    """The mean way (H, W, 2) of the points that ended at each pixel, and their number (H, W)."""
    left, top = x.floor(), y.floor()
    total = torch.zeros(4, height * width)
    for right in (0, 1):
        for down in (0, 1):
            column, row = left + right, top + down
            near = (1 - (x - column).abs()) * (1 - (y - row).abs())
            near = near * ((column >= 0) & (column < width) & (row >= 0) & (row < height))
            index = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long()
            weight = near * front
            for part, values in enumerate((weight * dx, weight * dy, weight, near)):
                total[part] += torch.bincount(index, values, height * width)
    way = total[:2] / total[2].clamp(min=1e-6)
    return way.T.reshape(height, width, 2), total[3].view(height, width)
