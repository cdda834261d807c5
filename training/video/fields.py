"""Path fields with gaps: laid elsewhere, scaled, and carried on to where nothing was followed.

Fields are (T, 2, h, w) with weights (h, w), 0 where nothing is known. Knows nothing about where
paths come from.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST = 0.05
"""Weight below which a cell is taken for empty."""


def known(tracks: Tensor) -> tuple[Tensor, Tensor]:
    """Tracks (T, h, w, 2) with NaN in gaps → (T, 2, h, w) with 0 there, and weights (h, w)."""
    weight = (~tracks[0, ..., 0].isnan()).float()
    return tracks.nan_to_num(0.0).permute(0, 3, 1, 2).contiguous(), weight


def smoothed(field: Tensor, weight: Tensor) -> Tensor:
    """Evens out single cells that were followed badly: a median of three by three known cells."""
    t, _, h, w = field.shape
    lone = torch.where(weight[None, None] > 0, field, torch.nan)
    around = F.unfold(F.pad(lone, (1, 1, 1, 1), value=torch.nan), 3).view(t, 2, 9, h, w)
    return around.nanmedian(dim=2).values.nan_to_num(0.0)


def laid(
    field: Tensor, weight: Tensor, place: tuple[float, float, float], cells: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """A thing's field laid into a picture.

    Args:
        place: the thing's centre (x, y) as fractions of the picture and its side in fractions of
            the picture's shorter side.
        cells: (h, w) of the picture.
    """
    x, y, size = place
    h, w = cells
    shorter = min(h, w)
    v, u = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    grid = torch.stack([(u - x * w) / (size * shorter), (v - y * h) / (size * shorter)], -1) * 2
    together = torch.cat([(field * weight).flatten(0, 1), weight[None]])[None]
    found = F.grid_sample(together, grid[None], align_corners=False)[0]
    seen = found[-1]
    moved = found[:-1] / seen.clamp(min=LEAST) * size * shorter / field.shape[-1]
    return moved.view(len(field), 2, h, w) * (seen > LEAST), seen * (seen > LEAST)


def carried_on(field: Tensor, weight: Tensor) -> Tensor:
    """Fills gaps from what is near, ever coarser (the pull-push of Gortler et al. 1996)."""
    flat, w = (field * weight).flatten(0, 1)[None], weight[None, None]
    if min(weight.shape) <= 1 or bool((weight > LEAST).all()):
        mean = flat.sum((2, 3), keepdim=True) / w.sum().clamp(min=1e-6)
        filled = torch.where(w > LEAST, flat / w.clamp(min=LEAST), mean)
        return filled[0].view_as(field)
    half_weight = F.avg_pool2d(w, 2)
    half = F.avg_pool2d(flat, 2) / half_weight.clamp(min=1e-6)
    coarse = carried_on(
        half[0].view(len(field), 2, *half.shape[-2:]), half_weight[0, 0].clamp(max=1)
    )
    wide = F.interpolate(
        coarse.flatten(0, 1)[None], weight.shape, mode="bilinear", align_corners=False
    )[0].view_as(field)
    own = (weight / 0.5).clamp(max=1)
    return torch.lerp(wide, field, own)
