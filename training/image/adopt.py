"""Begins where the shipped pocket-image left off, on a machine that has no checkpoint.

    python -m training.image.adopt

Copies the weights in assets/pocket-image to where the trainers look, as checkpoints with fresh
optimizers.
"""

from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import nn

from pipelines.pocket.detail import DetailNet
from pipelines.pocket.rough import RoughTransformer
from training.image import train_denoiser, train_detail, train_vae
from training.slices import Slice, muon_and_adamw

SHIPPED = Path(__file__).parents[2] / "assets" / "pocket-image"


def _keep(run: Slice, model: nn.Module, is_inner) -> None:
    """Refuses to overwrite a checkpoint."""
    if run.checkpoint.exists():
        raise SystemExit(f"{run.checkpoint} is there already; move it away first")
    muon, adamw = muon_and_adamw(model, 1e-3, is_inner)
    parts = {"model": model, "average": model, "muon": muon, "adamw": adamw}
    run.keep(lambda: {**{n: p.state_dict() for n, p in parts.items()}, "step": 0, "seen": 0})


def adopt() -> None:
    """Makes the checkpoints."""
    transformer = RoughTransformer.from_pretrained(
        SHIPPED / "transformer", torch_dtype=torch.float32
    )
    vae = AutoencoderKL.from_pretrained(SHIPPED / "vae", torch_dtype=torch.float32)
    _keep(Slice(train_denoiser.RUN, minutes=0), transformer, train_denoiser.is_inner)
    _keep(Slice(train_vae.RUN, minutes=0), vae, train_vae.is_inner)
    vae.save_pretrained(train_vae.RUN / "weights")
    detail = DetailNet.from_pretrained(SHIPPED / "detail", torch_dtype=torch.float32)
    _keep(Slice(train_detail.RUN, minutes=0), detail, train_detail.is_inner)
    detail.save_pretrained(train_detail.RUN / "weights")


if __name__ == "__main__":
    adopt()
