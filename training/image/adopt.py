"""Begins where the shipped pocket-image left off, on a machine that has no checkpoint.

    python -m training.image.adopt

Copies the weights in assets/pocket-image to where the trainers look: the autoencoder as it is, the
transformer as a checkpoint with fresh optimizers.
"""

import shutil
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel

from training.image.train_denoiser import is_inner
from training.slices import CACHE, Slice, muon_and_adamw

SHIPPED = Path(__file__).parents[2] / "assets" / "pocket-image"


def adopt() -> None:
    """Refuses to overwrite a checkpoint."""
    run = Slice(CACHE / "runs" / "transformer", minutes=0)
    if run.checkpoint.exists():
        raise SystemExit(f"{run.checkpoint} is there already; move it away first")
    shutil.copytree(SHIPPED / "vae", CACHE / "runs" / "vae" / "normalised", dirs_exist_ok=True)
    model = FluxTransformer2DModel.from_pretrained(
        SHIPPED / "transformer", torch_dtype=torch.float32
    )
    muon, adamw = muon_and_adamw(model, 1e-3, is_inner)
    parts = {"model": model, "average": model, "muon": muon, "adamw": adamw}
    run.keep(lambda: {**{n: p.state_dict() for n, p in parts.items()}, "step": 0, "seen": 0})


if __name__ == "__main__":
    adopt()
