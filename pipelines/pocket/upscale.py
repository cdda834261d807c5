"""Makes a picture larger, four times a pass, and keeps drawn edges crisp and transparency exact.

A plain residual network with a pixel shuffle at the end, over tiles. Knows nothing about families,
files that people hand in, or diffusion.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

PASS = 4
MAX_SIDE = 2048
TILE = 256
MARGIN = 12
"""Small pixels that a tile sees beyond its border on each side."""

MIN_GAIN = 1.5
"""Below this enlargement a plain Lanczos filter shows all there is to see."""

SURE_RADIUS = 2
"""Where everything within this many small pixels is empty (or solid), the result is as well."""

FRINGE = 3
"""Large pixels around a soft border where its true colour is found."""

SOLID_POWER = 3

ASSETS = Path(__file__).parents[2] / "assets" / "pocket-upscale"

Pixels = NDArray[np.uint8]
OnTile = Callable[[int, int], None]
"""Called after each tile with how many are done and how many there are."""


class Block(nn.Module):
    """Two convolutions around the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(x)))


class UpscaleNet(ModelMixin, ConfigMixin):
    """(B, 4, H, W) → (B, 4, 4H, 4W): colour over white and alpha, both in [-1, 1]."""

    @register_to_config
    def __init__(self, channels: int = 32, blocks: int = 8) -> None:
        super().__init__()
        self.enter = nn.Conv2d(4, channels, 3, padding=1)
        self.body = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.leave = nn.Conv2d(channels, 4 * PASS * PASS, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)
        for block in self.body:
            assert isinstance(block, Block)
            with torch.no_grad():
                block.second.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        entered = self.enter(x)
        detail = F.pixel_shuffle(self.leave(entered + self.body(entered)), PASS)
        base = F.interpolate(x, scale_factor=float(PASS), mode="bicubic", align_corners=False)
        return base + detail


@dataclass(frozen=True)
class Box:
    """A tile's own pixels in the small picture."""

    left: int
    top: int
    right: int
    bottom: int


class Upscaler:
    """Enlarges one picture at a time; the same pixels in give the same pixels out."""

    def __init__(self, net: UpscaleNet, tile: int = TILE) -> None:
        self.tile = tile
        self.net = net.float().eval().to(memory_format=torch.channels_last)  # pyright: ignore

    @classmethod
    def load(cls, folder: Path | None = None, device: str = "cpu") -> "Upscaler":
        """Loads a `save_pretrained` folder, by default the one that the studio brings.

        The weights are stored in bfloat16 and used in float32: few processors are fast in bfloat16.
        """
        net: Any = UpscaleNet.from_pretrained(folder or ASSETS, local_files_only=True)
        return cls(net.to(device))

    def to_size(
        self, pixels: Pixels, width: int, height: int, on_tile: OnTile | None = None
    ) -> Pixels:
        """Enlarges (or reduces) a picture to exactly `width` × `height` px, at most 2048 a side.

        Args:
            pixels: uint8 (H, W, 3), or (H, W, 4) with straight alpha; as many channels come back.
            on_tile: whatever it raises passes through and stops the work.
        """
        assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] in (3, 4)
        assert 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE
        sizes = passes((pixels.shape[1], pixels.shape[0]), (width, height))
        total = self.ticks((pixels.shape[1], pixels.shape[0]), (width, height))
        ticks = iter(range(1, total + 1))

        def tick() -> None:
            if on_tile is not None:
                on_tile(next(ticks), total)

        picture = _over_white(pixels)
        for size in sizes:
            picture = self._four_times(_resized(picture, size, Image.Resampling.BOX), tick)
        picture = _resized(picture, (width, height), Image.Resampling.LANCZOS)
        tick()
        return picture[..., :3].copy() if pixels.shape[2] == 3 else _straight(picture)

    def ticks(self, size: tuple[int, int], wanted: tuple[int, int]) -> int:
        """How often `to_size` calls `on_tile`: once a tile, and once for the exact size."""
        return sum(len(_tiles(*each, self.tile)) for each in passes(size, wanted)) + 1

    def _four_times(self, small: Pixels, tick: Callable[[], None]) -> Pixels:
        """One pass of the network over a whole picture."""
        height, width, _ = small.shape
        large = np.empty((height * PASS, width * PASS, 4), np.uint8)
        for box in _tiles(width, height, self.tile):
            self._enlarge(small, box, large)
            tick()
        return large

    @torch.inference_mode()
    def _enlarge(self, small: Pixels, box: Box, large: Pixels) -> None:
        """Writes one tile of the large picture."""
        x = _cut(small, box).to(self.net.device)
        y = self.net(x.contiguous(memory_format=torch.channels_last))
        keep = MARGIN * PASS
        y = y[0, :, keep:-keep, keep:-keep]
        alpha = _sure_alpha(x[:, 3:])[0, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        alpha = alpha.repeat_interleave(PASS, 1).repeat_interleave(PASS, 2)
        y[3:] = torch.where(alpha == 0, y[3:], alpha)
        y[:3] = torch.where(alpha < 0, 1.0, y[:3])
        levels = ((y.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        rows = slice(box.top * PASS, box.bottom * PASS)
        large[rows, box.left * PASS : box.right * PASS] = levels.permute(1, 2, 0).cpu().numpy()


def passes(size: tuple[int, int], wanted: tuple[int, int]) -> list[tuple[int, int]]:
    """The sizes (width, height) that go into the network, one after the other.

    A last pass starts from no more than a quarter of what is wanted: larger would cost four times
    as much for pixels that are averaged away.
    """
    gain = max(wanted[0] / size[0], wanted[1] / size[1])
    if gain < MIN_GAIN:
        return []
    if gain <= PASS:
        return [size]
    quarter = (math.ceil(wanted[0] / PASS), math.ceil(wanted[1] / PASS))
    between = (size[0] * PASS, size[1] * PASS)
    if gain <= PASS * PASS:
        return [size, (min(quarter[0], between[0]), min(quarter[1], between[1]))]
    return [size, *passes(between, wanted)]


def _tiles(width: int, height: int, most: int) -> list[Box]:
    """Even tiles of at most `most` px a side, row by row."""
    columns, rows = math.ceil(width / most), math.ceil(height / most)
    return [
        Box(
            column * width // columns,
            row * height // rows,
            (column + 1) * width // columns,
            (row + 1) * height // rows,
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _cut(small: Pixels, box: Box) -> Tensor:
    """A tile with its margin, float32 (1, 4, H, W) in [-1, 1]; edge pixels go on outside."""
    rows = np.arange(box.top - MARGIN, box.bottom + MARGIN).clip(0, small.shape[0] - 1)
    columns = np.arange(box.left - MARGIN, box.right + MARGIN).clip(0, small.shape[1] - 1)
    cut = torch.from_numpy(small[rows][:, columns])
    return cut.permute(2, 0, 1)[None].float() / 127.5 - 1


def _sure_alpha(alpha: Tensor) -> Tensor:
    """-1 where all around is empty, 1 where all around is solid, 0 where the network decides."""
    side = 2 * SURE_RADIUS + 1
    most = F.max_pool2d(alpha, side, 1, SURE_RADIUS)
    least = -F.max_pool2d(-alpha, side, 1, SURE_RADIUS)
    return (least == 1).float() - (most == -1).float()


def _over_white(pixels: Pixels) -> Pixels:
    """Straight colours → colours laid over white, and alpha (solid where there was none)."""
    height, width, channels = pixels.shape
    if channels == 3:
        return np.dstack([pixels, np.full((height, width), 255, np.uint8)])
    alpha = pixels[..., 3:].astype(np.uint16)
    colour = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return np.dstack([colour.astype(np.uint8), pixels[..., 3]])


def _straight(picture: Pixels) -> Pixels:
    """Colours laid over white → straight colours; white where nothing is drawn."""
    alpha = picture[..., 3:].astype(np.float32)
    over = picture[..., :3].astype(np.float32) - (255 - alpha)
    colour = np.where(alpha > 0, over * 255 / np.maximum(alpha, 1), 255).clip(0, 255)
    is_soft = (alpha > 0) & (alpha < 255)
    colour = np.where(is_soft, _of_the_solid(colour, alpha), colour)
    return np.dstack([np.rint(colour).astype(np.uint8), picture[..., 3]])


def _of_the_solid(colour: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each pixel's surroundings' colour, the most solid counting most.

    At a soft border colour and alpha are never quite as wide as each other, and the white behind
    would show as a bright fringe on a dark page.
    """
    share = (alpha / 255) ** SOLID_POWER
    weighed = torch.from_numpy(np.concatenate([colour * share, share], -1)).permute(2, 0, 1)
    around = F.avg_pool2d(weighed, 2 * FRINGE + 1, 1, FRINGE).permute(1, 2, 0).numpy()
    return (around[..., :3] / np.maximum(around[..., 3:], 1e-6)).astype(np.float32)


def _resized(picture: Pixels, size: tuple[int, int], how: Image.Resampling) -> Pixels:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    # Colours are over white already, so Pillow must not weigh them by alpha as it does in RGBA.
    colour = Image.fromarray(np.ascontiguousarray(picture[..., :3])).resize(size, how)
    alpha = Image.fromarray(np.ascontiguousarray(picture[..., 3])).resize(size, how)
    return np.dstack([np.asarray(colour), np.asarray(alpha)])
