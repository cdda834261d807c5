"""Puts back the detail that a compact latent cannot hold, out of the rough that was looked at.

An autoencoder of 24 numbers for a patch of 8 × 8 px loses fine texture, and its decoder has to
guess. What the guess was drawn after is at hand, so a small network sees both and takes from the
rough what agrees with the picture (after the conditional decoder of Zhu et al. 2023, "Designing a
Better Asymmetric VQGAN for StableDiffusion"). Where they differ, the picture is right: words have
changed a colour, or another artist drew the rough.
Knows nothing about prompts, latents or where a rough comes from.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

FOLD = 2
"""Squares of so many pixels a side become channels: four times as quick, no pixel is lost."""

PARTS = 6
"""What the network says of each pixel: four changes, and how far to follow the rough in colour and
in alpha."""

DOUBT = -2.0
"""A fresh network follows the rough a little, so that it learns soon where it may."""


class Block(nn.Module):
    """Two convolutions around the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(x)))


class DetailNet(ModelMixin, ConfigMixin):
    """(B, 4, H, W) picture and rough → (B, 4, H, W), sides multiples of 8.

    All are colour over white and alpha in [-1, 1]; a rough with nothing on it is white and empty.
    """

    @register_to_config
    def __init__(self, widths: tuple[int, ...] = (40, 48, 64), blocks: int = 2) -> None:
        super().__init__()
        self.enter = nn.Conv2d(12 * FOLD**2, widths[0], 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(wide, wider, 2, stride=2)
            for wide, wider in zip(widths, widths[1:], strict=False)
        )
        self.up = nn.ModuleList(
            nn.Conv2d(wider, wide, 1) for wide, wider in zip(widths, widths[1:], strict=False)
        )
        self.on_way_down = nn.ModuleList(_blocks(wide, blocks) for wide in widths)
        self.on_way_up = nn.ModuleList(_blocks(wide, blocks) for wide in widths[:-1])
        self.leave = nn.Conv2d(widths[0], PARTS * FOLD**2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        assert self.leave.bias is not None
        nn.init.zeros_(self.leave.bias)

    def forward(self, picture: Tensor, rough: Tensor) -> Tensor:
        laid = laid_over(picture, rough)
        seen = torch.cat([picture, rough, laid - picture], 1)
        said = F.pixel_shuffle(self.leave(self._look(F.pixel_unshuffle(seen, FOLD))), FOLD)
        said = said.to(picture.dtype)
        colour, alpha = torch.sigmoid(said[:, 4:] + DOUBT).split(1, 1)
        follow = torch.cat([colour.expand(-1, 3, -1, -1), alpha], 1)
        return torch.lerp(picture, laid, follow) + said[:, :4]

    def _look(self, folded: Tensor) -> Tensor:
        """At three scales: agreement shows in areas, detail in pixels."""
        x = self.enter(folded)
        kept: list[Tensor] = []
        for level, down in enumerate(self.down):
            x = self.on_way_down[level](x)
            kept.append(x)
            x = down(x)
        x = self.on_way_down[-1](x)
        for level in reversed(range(len(kept))):
            wider = F.interpolate(self.up[level](x), scale_factor=2.0, mode="nearest")
            x = self.on_way_up[level](kept[level] + wider)
        return x


def _blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels) for _ in range(count)))


def laid_over(picture: Tensor, rough: Tensor) -> Tensor:
    """The rough laid over a picture, both (B, 4, H, W): colour over white and alpha."""
    empty = (1 - rough[:, 3:]) / 2
    # Over white, what is not covered adds white; over a picture, it adds the picture.
    colour = rough[:, :3] + empty * (picture[:, :3] - 1)
    alpha = 1 - empty * (1 - picture[:, 3:])
    return torch.cat([colour, alpha], 1)


class Detail:
    """The loaded network. The same pixels in give the same pixels out."""

    def __init__(self, net: DetailNet) -> None:
        self.net = net.eval().to(memory_format=torch.channels_last)  # pyright: ignore

    @classmethod
    def load(cls, folder: Path, device: str, dtype: torch.dtype) -> "Detail":
        """Loads a `save_pretrained` folder."""
        net: Any = DetailNet.from_pretrained(folder, local_files_only=True, torch_dtype=dtype)
        return cls(net.to(device))

    @torch.inference_mode()
    def __call__(self, picture: Tensor, rough: Tensor) -> Tensor:
        """`picture` (B, 4, H, W) with the detail of `rough` (1, 4, H, W), in [-1, 1]."""
        picture = picture.clamp(-1, 1)
        rough = rough.to(picture).expand_as(picture)
        return self.net(picture, rough).clamp(-1, 1)
