"""Tells drawing styles apart by what every artist leaves in the pixels: palette, shading, outlines.

Two kinds of evidence about a 128 px picture go into a small network: statistics (which colours, how
steep the changes at three scales, how dark the edge), and how much each of many traits speaks for
each style, from a table. Nothing here looks at shapes. Knows nothing about prompts or the models it
judges.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from studio.evaluate import _colours, _traits

SIDE = 128
WEIGHTS = "styles.safetensors"
LEVELS = 7
SCALES = (1, 2, 4)
STEEPNESS = (0.004, 0.008, 0.015, 0.03, 0.06, 0.1, 0.16, 0.25, 0.4, 0.6)
COARSE_STEEPNESS = (0.008, 0.03, 0.1, 0.25)
LUMA_LEVELS = 6
EDGE_LEVELS = 10
# An outline is this wide at 128 px.
EDGE_WIDTH = 3
# A pixel this far from the colour of the border belongs to the thing.
THING_DISTANCE = 0.06
HIDDEN = 256
# The table holds logarithms of odds in steps this fine.
ODDS_SCALE = 30

ALIKE = {"3d", "glossy"}
"""A person cannot tell these apart: one is traced from the other."""

Pixels = NDArray[np.uint8]


class Styles(nn.Module):
    """(B, 3, 128, 128) in [0, 1] → one score for each style."""

    def __init__(self, styles: int) -> None:
        super().__init__()
        evidence = evidence_count(styles)
        self.odds = nn.Buffer(torch.zeros(styles, _traits.TOTAL, dtype=torch.int8))
        self.network = nn.Sequential(
            # Holds the mean and spread of the evidence.
            nn.BatchNorm1d(evidence, affine=False),
            nn.Dropout(0.1),
            nn.Linear(evidence, HIDDEN),
            nn.GELU(),
            nn.Dropout(0.4),
            nn.Linear(HIDDEN, styles),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.network(torch.cat([spoken(self.odds.numpy(), x), features(x)], 1))


def spoken(odds: NDArray[np.int8], x: Tensor) -> Tensor:
    """How much the traits of each picture speak for each style, by kind and weighing.

    Args:
        odds: (styles, traits), logarithms in steps of 1 / ODDS_SCALE.
        x: (B, 3, H, W) in [0, 1].
    """
    pictures = (x * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return torch.from_numpy(np.stack([speech(odds, *_traits.counted(each)) for each in pictures]))


def speech(
    odds: NDArray[np.int8], which: NDArray[np.int32], how_often: NDArray[np.uint16]
) -> NDArray[np.float32]:
    """The sums of one picture: kind by kind, weighing by weighing, style by style."""
    share = _traits.weighed(which, how_often)
    bounds = np.searchsorted(which, _traits.OFFSETS)
    sums = [
        share[:, start:stop] @ odds[:, which[start:stop]].T.astype(np.float32)
        for start, stop in pairwise(bounds)
    ]
    said = np.concatenate([part.ravel() for part in sums]) / ODDS_SCALE
    return said.astype(np.float32)


def load(folder: Path, styles: int) -> Styles:
    """Reads table and network, the latter kept in half precision; the caller checked the hash."""
    from safetensors.torch import load_file

    model = Styles(styles)
    model.load_state_dict(load_file(folder / WEIGHTS))
    return model.eval()


def prepared(picture: Pixels) -> Tensor:
    """(3, 128, 128) in [0, 1], laid over white."""
    rgb = Image.fromarray(np.rint(_colours.over_white(picture)).astype(np.uint8))
    small = rgb.resize((SIDE, SIDE), Image.Resampling.BOX)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255


def evidence_count(styles: int) -> int:
    """How many numbers the network reads."""
    return feature_count() + _traits.WEIGHINGS * len(_traits.KINDS) * styles


def feature_count() -> int:
    """How many statistics there are."""
    by_scale = len(STEEPNESS) + 1 + LUMA_LEVELS * (len(COARSE_STEEPNESS) + 1)
    return LEVELS**3 + len(SCALES) * by_scale + EDGE_LEVELS + 3


def features(x: Tensor) -> Tensor:
    """Statistics (B, feature_count) of pictures (B, 3, 128, 128) in [0, 1]."""
    mask = thing(x)
    parts = [_histogram(_colour_code(x), LEVELS**3, mask)]
    for scale in SCALES:
        parts += _shading(F.avg_pool2d(x, scale), F.avg_pool2d(mask, scale))
    inner = -F.max_pool2d(-mask, 2 * EDGE_WIDTH + 1, 1, EDGE_WIDTH)
    parts.append(_histogram(_levels(_luma(x), EDGE_LEVELS), EDGE_LEVELS, mask - inner))
    box = [mask.amax((1, 2)).mean(1), mask.amax((1, 3)).mean(1), mask.mean((1, 2, 3))]
    return torch.cat([*parts, torch.stack(box, 1)], 1)


def thing(x: Tensor) -> Tensor:
    """(B, 1, H, W): 1 where the picture differs from the colour of its border."""
    frame = torch.cat([x[:, :, 0], x[:, :, -1], x[:, :, :, 0], x[:, :, :, -1]], 2)
    behind = frame.median(2).values[:, :, None, None]
    return ((x - behind).abs().amax(1, keepdim=True) > THING_DISTANCE).float()


def _shading(x: Tensor, mask: Tensor) -> list[Tensor]:
    """How steeply colours change, and how steeply at which brightness."""
    across = F.pad((x[..., 1:] - x[..., :-1]).abs().amax(1, keepdim=True), (0, 1))
    down = F.pad((x[..., 1:, :] - x[..., :-1, :]).abs().amax(1, keepdim=True), (0, 0, 0, 1))
    steep = torch.maximum(across, down)
    fine = torch.bucketize(steep, torch.tensor(STEEPNESS))
    coarse = torch.bucketize(steep, torch.tensor(COARSE_STEEPNESS))
    kinds = len(COARSE_STEEPNESS) + 1
    joint = _levels(_luma(x), LUMA_LEVELS) * kinds + coarse
    return [
        _histogram(fine, len(STEEPNESS) + 1, mask),
        _histogram(joint, LUMA_LEVELS * kinds, mask),
    ]


def _histogram(codes: Tensor, count: int, mask: Tensor) -> Tensor:
    """Square roots of the shares of each code within the mask, (B, count)."""
    weight = mask.flatten(1)
    sums = torch.zeros(len(codes), count).scatter_add_(1, codes.flatten(1), weight)
    return (sums / weight.sum(1, keepdim=True).clamp_min(1)).sqrt()


def _levels(x: Tensor, count: int) -> Tensor:
    return (x * count).long().clamp(0, count - 1)


def _colour_code(x: Tensor) -> Tensor:
    r, g, b = _levels(x, LEVELS).unbind(1)
    return (r * LEVELS + g) * LEVELS + b


def _luma(x: Tensor) -> Tensor:
    return (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
