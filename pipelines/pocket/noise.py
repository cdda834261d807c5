"""The noise that a picture begins with. Knows no model."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.rough import CELL, pack
from studio.adapt import seeded_generator

FIRST = 0.75
"""The share of noise in what a picture begins with whose rough tells all; the rest is its rough
(SDEdit, Meng et al. 2022). Out of noise alone, the words leave little of a backdrop, make colours
glare and now and then put things on ground that nobody asked for."""

FIRST_OF_WALL = 0.65
"""The same before a plain background: out of more noise, light ones became uneven."""

HINT = 0.1
"""Share of the rough in the noise that another picture begins with, where something is drawn. Out
of noise alone the first, large steps now and then take to colours that later ones cannot mend. What
is behind things is left to the words."""

STYLED_HINT = 0.03
"""The same of a model with a taught style: the drawings that are looked at are in other styles, and
are to be followed in what they show, not in how."""


@dataclass(frozen=True)
class Variation:
    """Noise turned by `amount` (0 to 1) from the seed's own towards that of another seed."""

    seed: int
    amount: float


def packed_noise(
    shape: tuple[int, int, int], seed: int, variation: Variation | None = None
) -> Tensor:
    """The noise (1, N, 4C) of a seed, on any machine the same."""
    noise = torch.randn(shape, generator=seeded_generator(seed))
    if variation is None or variation.amount == 0:
        return noise
    other = torch.randn(shape, generator=seeded_generator(variation.seed))
    return slerp(noise, other, variation.amount)


def slerp(a: Tensor, b: Tensor, amount: float) -> Tensor:
    """Turns noise `a` towards noise `b` on the sphere, so that it stays as loud as noise is."""
    cosine = torch.clamp((a * b).sum() / (a.norm() * b.norm()), -1, 1)
    angle = torch.arccos(cosine)
    if angle < 1e-4:
        return a
    return (torch.sin((1 - amount) * angle) * a + torch.sin(amount * angle) * b) / torch.sin(angle)


def begun(noise: Tensor, latent: Tensor, share: float) -> Tensor:
    """A `share` of packed noise in a rough's latent (1, C, h, w), all over."""
    return torch.lerp(pack(latent), noise, share)


def sigmas_from(share: float, steps: int, shift: float) -> list[float]:
    """Noise levels from `share` down, for a scheduler that shifts what it is given."""
    first = share / (shift - (shift - 1) * share)
    return np.linspace(first, first / steps, steps).tolist()


def hinted(noise: Tensor, latent: Tensor, rough: Tensor, *, is_styled: bool = False) -> Tensor:
    """Packed noise with a trace of a rough's latent (1, C, h, w) where the rough has something."""
    hint = STYLED_HINT if is_styled else HINT
    covered = torch.nn.functional.avg_pool2d(rough[:, 3:] / 2 + 0.5, CELL)
    return torch.lerp(noise, pack(latent), pack(hint * covered.expand_as(latent)))
