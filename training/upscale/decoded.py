"""Passes scenes through pocket-image's autoencoder: pairs with exactly the faults of made pictures.

    python -m training.upscale.decoded --count 400

Writes `decoded-sharp.npy` (N, 512, 512, 4), straight RGBA, and `decoded-small.npy` (N, 128, 128,
4), colour over white and alpha as decoded, both uint8, into `training/cache/upscale`. A little
noise goes onto the latents, as a denoiser never ends exactly on one. Knows nothing about the
network that learns from this.
"""

import argparse

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from training.image.train_vae import RUN, build
from training.upscale.pack import WHOLE
from training.upscale.pairs import DECODED, DECODED_SHARP, SCALE, over_white, pictures, reduced

MOST_NOISE = 0.15
"""In standard deviations of the latents."""


def autoencoder() -> AutoencoderKL:
    """The averaged weights of the last checkpoint."""
    model = build()
    model.load_state_dict(torch.load(RUN / "checkpoint.pt", weights_only=True)["average"])
    return model.eval()


@torch.no_grad()
def decoded(model: AutoencoderKL, small: Tensor, rng: np.random.Generator) -> np.ndarray:
    """(1, 4, H, W) in [-1, 1] → uint8 of what comes back from a slightly noisy latent."""
    latent = model.encode(small).latent_dist.mode()
    noise = torch.from_numpy(rng.normal(size=tuple(latent.shape)).astype(np.float32))
    latent = latent + noise * latent.std() * float(rng.uniform(0, MOST_NOISE))
    y = model.decode(latent).sample[0].clamp(-1, 1)
    return ((y + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()


def write(count: int, seed: int) -> None:
    """Draws and decodes `count` scenes."""
    model = autoencoder()
    rng = np.random.default_rng([seed, 4])
    side = WHOLE // SCALE
    part = DECODED_SHARP.with_suffix(".part")
    sharp = np.lib.format.open_memmap(part, "w+", np.uint8, (count, WHOLE, WHOLE, 4))
    small = np.zeros((count, side, side, 4), np.uint8)
    whole = (picture for picture in pictures(seed) if picture.shape[0] == WHOLE)
    for i, picture in zip(range(count), whole, strict=False):
        sharp[i] = picture
        small[i] = decoded(model, reduced(over_white([picture])), rng)
    sharp.flush()
    part.replace(DECODED_SHARP)
    # The trainer takes this name as the sign that the pairs are whole.
    with DECODED.with_suffix(".part").open("wb") as file:
        np.save(file, small)
    DECODED.with_suffix(".part").replace(DECODED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    torch.set_num_threads(1)
    write(args.count, args.seed)
