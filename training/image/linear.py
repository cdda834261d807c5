"""The latent space of pocket-image: a linear map of 8 × 8 px patches, coarse before fine.

    python -m training.image.linear

Principal components of RGBA patches of training scenes, scaled so that strong components stay
stronger than weak ones: noise then buries detail first and outlines last, as it does in pictures,
and a small denoiser learns far faster than in a latent whose channels are all alike (compare
Skorokhodov et al. 2025, "Improving the Diffusability of Autoencoders"). The autoencoder learns to
draw from these latents (`train_vae`), so drawing sharply is its work, not the latent's.
Knows nothing about the denoiser.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.rough import CELL, Basis, over_white
from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import draw
from training.image.split import manifest, seen

CHANNELS = 24
SCENES = 3000
FLATTEN = 0.5
"""Components keep this power of their deviation: 1 as in pictures, 0 all alike."""

BASIS = OUT / "basis.npz"


def fit(pictures: Tensor) -> Basis:
    """Principal components of the patches of (N, 4, H, W), of mean square 1 together."""
    n, c, h, w = pictures.shape
    patches = pictures.view(n, c, h // CELL, CELL, w // CELL, CELL).permute(0, 2, 4, 1, 3, 5)
    patches = patches.reshape(-1, c * CELL * CELL)
    mean = patches.mean(0)
    spread = (patches - mean).T @ (patches - mean) / len(patches)
    variance, axes = torch.linalg.eigh(spread)
    variance, axes = variance.flip(0)[:CHANNELS], axes.flip(1)[:, :CHANNELS].T
    scale = variance.sqrt() ** (FLATTEN - 1)
    return Basis(axes * (scale / (variance**FLATTEN).mean().sqrt())[:, None], mean)


def build(path: Path = BASIS) -> None:
    """Fits on random training scenes and saves."""
    table, rows = np.load(OUT / "rgba128.npy", mmap_mode="r"), manifest()
    usable, rng = seen(rows), np.random.default_rng(5)
    catalogue = Catalogue.of(rows, usable)
    scenes = [random_scene(int(rng.choice(usable)), catalogue, rng) for _ in range(SCENES)]
    x = torch.from_numpy(np.stack([over_white(draw(s, table, 128)) for s in scenes]))
    basis = fit(x.permute(0, 3, 1, 2).contiguous())
    np.savez(path, project=basis.project.numpy(), mean=basis.mean.numpy())


@cache
def load(path: Path = BASIS) -> Basis:
    """The fitted basis."""
    if not path.is_file():
        raise SystemExit(f"no basis at {path}; run training.image.linear first")
    kept = np.load(path)
    return Basis(torch.from_numpy(kept["project"]), torch.from_numpy(kept["mean"]))


if __name__ == "__main__":
    build()
