"""Gives every latent channel mean 0 and deviation 1, inside the autoencoder's own weights.

    python -m training.image.normalise

Channels differ fourfold in size; noise of one size would bury the small ones first. The 1 × 1
convolutions on either side of the latent absorb the change, so the stock pipelines, which know one
scale only, see latents of unit variance and pictures stay the same.
"""

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import draw, over_white
from training.image.split import manifest, seen
from training.slices import CACHE

SCENES = 512
SOURCE = CACHE / "runs" / "vae" / "weights"
TARGET = CACHE / "runs" / "vae" / "normalised"


@torch.no_grad()
def fold(vae: AutoencoderKL, mean: Tensor, deviation: Tensor) -> None:
    """Changes latents z to (z - mean) / deviation, and what reads them, in place."""
    before, after = vae.quant_conv, vae.post_quant_conv
    assert before is not None and before.bias is not None
    assert after is not None and after.bias is not None
    channels = len(mean)
    before.weight[:channels] /= deviation[:, None, None, None]
    before.bias[:channels] = (before.bias[:channels] - mean) / deviation
    before.bias[channels:] -= 2 * deviation.log()
    after.bias += after.weight[:, :, 0, 0] @ mean
    after.weight *= deviation[None, :, None, None]


def normalise() -> None:
    """Measures on random scenes, folds, checks that pictures did not change, saves."""
    vae = AutoencoderKL.from_pretrained(SOURCE).eval()
    table, rows = np.load(OUT / "rgba128.npy", mmap_mode="r"), manifest()
    usable, rng = seen(rows), np.random.default_rng(5)
    catalogue = Catalogue.of(rows, usable)
    scenes = [random_scene(int(rng.choice(usable)), catalogue, rng) for _ in range(SCENES)]
    x = torch.from_numpy(np.stack([over_white(draw(s, table, 128)) for s in scenes]))
    x = x.permute(0, 3, 1, 2)
    with torch.no_grad():
        z = torch.cat([vae.encode(part).latent_dist.mode() for part in x.split(64)])
        before = vae.decode(z[:8]).sample
        fold(vae, z.mean(dim=(0, 2, 3)), z.std(dim=(0, 2, 3)))
        after = vae.decode(vae.encode(x[:8]).latent_dist.mode()).sample
    assert torch.allclose(before, after, atol=1e-2), "folding changed the pictures"
    vae.register_to_config(shift_factor=0.0, scaling_factor=1.0)
    vae.save_pretrained(TARGET)
    print("deviations were", [round(v, 2) for v in z.std(dim=(0, 2, 3)).tolist()])


if __name__ == "__main__":
    normalise()
