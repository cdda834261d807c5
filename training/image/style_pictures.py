"""Endless pictures for the style judge: one drawing each, as a picture model might have made it.

Size, place, background and colours vary a little; many pictures are then softened, compressed,
sharpened or made noisy. The spoiling is of no particular autoencoder, so the judge favours none.
Knows nothing about the judge's networks.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training.image.scenes import COLOURS

SIDE = 128
# Pictures of one group share their size and the way they are spoiled.
GROUP = 16
BLOCK = 8
WHITE_SHARE = 0.8
LUMA = torch.tensor([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])


Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Stock:
    """The drawings that may be shown, with the number of the style of each."""

    table: np.ndarray
    """uint8 (N, 128, 128, 4), straight alpha."""

    rows: Numbers
    labels: Numbers
    """One per row of the table."""

    weights: np.ndarray
    """How often each style is shown."""


def sprites(drawings: np.ndarray) -> Tensor:
    """uint8 (B, H, W, 4) → (B, 4, H, W) in [0, 1], colour multiplied by alpha."""
    x = torch.from_numpy(drawings).permute(0, 3, 1, 2).contiguous().float().mul_(1 / 255)
    x[:, :3] *= x[:, 3:]
    return x


def over_white(drawings: np.ndarray) -> Tensor:
    """uint8 (B, H, W, 4) → (B, 3, H, W) in [0, 1]."""
    x = sprites(drawings)
    return x[:, :3] + 1 - x[:, 3:]


def _cosines() -> Tensor:
    """The orthonormal 8 × 8 matrix of the discrete cosine transform."""
    k, n = torch.arange(BLOCK)[:, None], torch.arange(BLOCK)[None]
    rows = torch.cos(math.pi * (n + 0.5) * k / BLOCK) * math.sqrt(2 / BLOCK)
    rows[0] /= math.sqrt(2)
    return rows


COSINES = _cosines()
FREQUENCY = torch.arange(BLOCK)[:, None] + torch.arange(BLOCK)[None]


def compressed(x: Tensor, keep: int, chroma: int) -> Tensor:
    """Keeps the lowest frequencies of 8 px blocks: `keep` of brightness, `chroma` of colour."""
    ycc = torch.einsum("oc,bchw->bohw", LUMA, x)
    blocks = ycc.unfold(2, BLOCK, BLOCK).unfold(3, BLOCK, BLOCK)
    limits = torch.tensor([keep, chroma, chroma])[:, None, None]
    mask = (FREQUENCY < limits).float()[:, None, None]
    waves = COSINES @ blocks @ COSINES.T * mask
    back = (COSINES.T @ waves @ COSINES).transpose(3, 4).reshape(ycc.shape)
    return torch.einsum("oc,bchw->bohw", torch.linalg.inv(LUMA), back)


def softened(x: Tensor, scale: float, mode: str = "bilinear") -> Tensor:
    """Reduced to `scale` and enlarged again."""
    low = round(x.shape[-1] * scale)
    small = F.interpolate(x, size=low, mode=mode, antialias=True)
    return F.interpolate(small, size=x.shape[-1], mode=mode)


def sharpened(x: Tensor, amount: float) -> Tensor:
    """Edges overshoot, as after an upscaler."""
    return x + amount * (x - F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1))


class Pictures:
    """Draws batches from a stock, forever the same for one seed."""

    def __init__(self, stock: Stock, seed: int) -> None:
        self.stock = stock
        self.rng = np.random.default_rng(seed)
        own = stock.labels[stock.rows]
        self.by_style = {int(s): stock.rows[own == s] for s in np.unique(own)}
        self.numbers = np.array(sorted(self.by_style))
        odds = stock.weights[self.numbers]
        self.odds = odds / odds.sum()
        self.plains = torch.tensor([COLOURS[name] for name in COLOURS]) / 255

    def batch(self, count: int) -> tuple[Tensor, Numbers, Numbers]:
        """Pictures (B, 3, 128, 128) in [0, 1], the style of each and the row of its drawing."""
        styles = self.rng.choice(self.numbers, count, p=self.odds)
        rows = np.array([self.rng.choice(self.by_style[int(style)]) for style in styles])
        drawn = [self._group(rows[i : i + GROUP]) for i in range(0, count, GROUP)]
        return torch.cat(drawn), styles, rows

    def _group(self, rows: Numbers) -> Tensor:
        x = self._placed(sprites(self.stock.table[rows]))
        if self.rng.random() < 0.5:
            x = x.flip(-1)
        shown = x[:, :3] + self._backgrounds(len(rows)) * (1 - x[:, 3:])
        return self._spoiled(self._shifted(shown)).clamp(0, 1)

    def _placed(self, x: Tensor) -> Tensor:
        """The drawing at another size, somewhere in the picture."""
        size = 1 if self.rng.random() < 0.15 else self.rng.uniform(0.7, 1.0)
        room = round(SIDE / size) - SIDE
        top, left = self.rng.integers(0, room + 1, 2)
        x = F.pad(x, (left, room - left, top, room - top))
        if room == 0:
            return x
        mode = str(self.rng.choice(["bicubic", "bilinear"]))
        return F.interpolate(x, size=SIDE, mode=mode, antialias=True).clamp(0, 1)

    def _backgrounds(self, count: int) -> Tensor:
        """White or a plain colour (B, 3, 1, 1)."""
        out = self.plains[torch.from_numpy(self.rng.integers(len(self.plains), size=count))]
        out = out + torch.from_numpy(self.rng.uniform(-0.12, 0.12, (count, 3))).float()
        out[torch.from_numpy(self.rng.random(count) < WHITE_SHARE)] = 1
        return out.clamp(0, 1)[:, :, None, None]

    def _shifted(self, x: Tensor) -> Tensor:
        """Contrast, saturation and tone a little off: only a little, a palette marks a style."""
        reach = torch.from_numpy(self.rng.uniform(-1, 1, (5, len(x), 1, 1, 1))).float()
        x = (x - 1) * (1 + 0.02 * reach[0]) + 1
        grey = x.mean(1, keepdim=True)
        x = (x - grey) * (1 + 0.03 * reach[1]) + grey
        return x + 0.008 * reach[2:].reshape(3, len(x), 1, 1).transpose(0, 1)

    def _spoiled(self, x: Tensor) -> Tensor:
        rng = self.rng
        kind = rng.choice(["none", "soft", "compressed", "sharp"], p=[0.35, 0.25, 0.25, 0.15])
        if kind == "soft":
            x = softened(x, rng.uniform(0.5, 0.95), str(rng.choice(["bilinear", "bicubic"])))
        elif kind == "compressed":
            keep = int(rng.integers(4, 10))
            x = compressed(x, keep, max(2, keep - int(rng.integers(0, 4))))
        elif kind == "sharp":
            x = sharpened(softened(x, rng.uniform(0.6, 0.95)), rng.uniform(0.2, 0.8))
        if rng.random() < 0.5:
            noise = torch.from_numpy(rng.standard_normal(tuple(x.shape), np.float32))
            x = x + noise * rng.uniform(0, 0.012)
        return x
