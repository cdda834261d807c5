"""The hand of a taught style: enlarges a small picture four times, with strokes, grain and lines.

The transformer decides on what is where and on colours, at a size where a brush stroke is hardly a
pixel. The rest of a style is finer than that; it is drawn here, by the network that enlarges
pictures anyway, its weights changed. It also sees what was looked up, in grey, and noise: grain
has to come from somewhere. Changes of several styles add up, by weight, as those of a LoRA do.
Knows nothing about prompts, files or how the changes were learned.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.pocket.upscale import PASS, UpscaleNet
from studio.adapt import seeded_generator

PREFIX = "hand."
"""Of the names of its tensors in the file of an adapter."""

FINE, BROAD = 3, 1
"""Channels of noise: from pixel to pixel, and over the width of a brush."""

BRUSH = 8
"""Small pixels from one value of the broad noise to the next."""

MARGIN = 8
"""Small pixels that it sees beyond the picture on each side."""

OWN, SHOWN = 4, 2
"""Channels of the picture, and of the rough: grey and alpha."""

GREY = torch.tensor([0.299, 0.587, 0.114])


class HandNet(nn.Module):
    """(B, 4, H, W) picture, its rough and noise → (B, 4, 4H, 4W), all in [-1, 1] but the noise."""

    def __init__(self, base: UpscaleNet) -> None:
        super().__init__()
        old = base.enter
        self.enter = nn.Conv2d(OWN + SHOWN + FINE + BROAD, old.out_channels, 3, padding=1)
        with torch.no_grad():
            # At first what is new changes nothing.
            self.enter.weight.zero_()
            self.enter.weight[:, :OWN] = old.weight
            assert self.enter.bias is not None and old.bias is not None
            self.enter.bias.copy_(old.bias)
        self.body, self.leave = base.body, base.leave

    def forward(self, picture: Tensor, rough: Tensor, noise: Tensor) -> Tensor:
        grey = (rough[:, :3] * GREY.to(rough)[:, None, None]).sum(1, keepdim=True)
        entered = self.enter(torch.cat([picture, grey, rough[:, 3:], noise], 1))
        detail = F.pixel_shuffle(self.leave(entered + self.body(entered)), PASS)
        base = F.interpolate(picture, scale_factor=float(PASS), mode="bicubic", align_corners=False)
        return base + detail


def grain(height: int, width: int, seed: int) -> Tensor:
    """(1, 4, H, W) noise of unit deviation, fine and broad; the same for the same seed."""
    generator = seeded_generator(seed)
    fine = torch.randn(1, FINE, height, width, generator=generator)
    few = torch.randn(1, BROAD, height // BRUSH + 2, width // BRUSH + 2, generator=generator)
    large = F.interpolate(few, scale_factor=float(BRUSH), mode="bicubic", align_corners=False)
    margin = BRUSH // 2
    return torch.cat([fine, large[..., margin : margin + height, margin : margin + width]], 1)


class Hand:
    """The network with the changes of styles. The same in, the same out."""

    def __init__(self, net: HandNet) -> None:
        self.net = net.eval().to(memory_format=torch.channels_last)  # pyright: ignore

    @torch.inference_mode()
    def __call__(self, pixels: NDArray[np.uint8], rough: Tensor, seed: int) -> NDArray[np.uint8]:
        """uint8 (H, W, 4), colour over white, and its rough (1, 4, H, W) → uint8 (4H, 4W, 4)."""
        parameter = next(self.net.parameters())
        picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
        # What it draws near an edge was not judged in learning, so it sees on beyond.
        wide = [
            F.pad(part.to(parameter), (MARGIN,) * 4, mode="replicate") for part in (picture, rough)
        ]
        height, width = wide[0].shape[-2:]
        noise = grain(height, width, seed).to(parameter)
        cut = slice(MARGIN * PASS, -MARGIN * PASS)
        large = self.net(*wide, noise)[0, :, cut, cut]
        levels = ((large.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return levels.permute(1, 2, 0).cpu().numpy()


def changes(net: HandNet, base: HandNet) -> dict[str, Tensor]:
    """What was learned: the weights less those of before, by name."""
    before = dict(base.named_parameters())
    return {
        PREFIX + name: (now.detach() - before[name].detach()).cpu().contiguous()
        for name, now in net.named_parameters()
    }


@torch.no_grad()
def add(net: HandNet, learned: Sequence[tuple[Mapping[str, Any], float]]) -> None:
    """Adds changes, each by its weight. Tensors of other names are not for it."""
    parameters = dict(net.named_parameters())
    for tensors, weight in learned:
        for key, change in tensors.items():
            if key.startswith(PREFIX):
                parameters[key.removeprefix(PREFIX)].add_(change, alpha=weight)
