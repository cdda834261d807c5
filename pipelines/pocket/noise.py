"""The noise that a picture begins with. Knows no model."""

import torch
from torch import Tensor

from pipelines.pocket.rough import CELL, pack

HINT = 0.1
"""Share of the rough in the noise that a picture begins with, where something is drawn (as SDEdit
does, Meng et al. 2022). Out of noise alone the first, large steps now and then take to colours that
later ones cannot mend. What is behind things is left to the words."""


def slerp(a: Tensor, b: Tensor, amount: float) -> Tensor:
    """Turns noise `a` towards noise `b` on the sphere, so that it stays as loud as noise is."""
    cosine = torch.clamp((a * b).sum() / (a.norm() * b.norm()), -1, 1)
    angle = torch.arccos(cosine)
    if angle < 1e-4:
        return a
    return (torch.sin((1 - amount) * angle) * a + torch.sin(amount * angle) * b) / torch.sin(angle)


def hinted(noise: Tensor, latent: Tensor, rough: Tensor, hint: float = HINT) -> Tensor:
    """Packed noise with a trace of a rough's latent (1, C, h, w) where the rough has something."""
    covered = torch.nn.functional.avg_pool2d(rough[:, 3:] / 2 + 0.5, CELL)
    return torch.lerp(noise, pack(latent), pack(hint * covered.expand_as(latent)))
