"""Trains pocket-image's autoencoder: its decoder draws from the linear latents, sharply.

    python -m training.image.train_vae --minutes 20

A stock `AutoencoderKL` with four channels in and out, so a sticker's alpha is part of the latent
and comes back as soft as it was drawn. The latent is given (`linear.py`): the decoder learns to
draw from it, the encoder to compute it, so that the denoiser can train at the same time.
Resumes from its checkpoint; the same command runs on CUDA.
"""

import argparse
import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.pocket.rough import CELL, over_white
from training.image import linear
from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import draw
from training.image.split import held_out, manifest, seen
from training.slices import CACHE, Rate, Slice, follow, muon_and_adamw

RUN = CACHE / "runs" / "vae24"
SIDE = 128
CHANNELS = (32, 64, 96, 128)
QUIET_LOGVAR = -12.0
NOISE = 0.06
"""Spread of the noise on latents in training: a denoiser's are never exact."""

ENCODED_SHARE = 4
"""One crop in so many trains the encoder, whose task is easy."""

EMA = 0.998


def build() -> AutoencoderKL:
    """A fresh autoencoder: f8, no attention."""
    model = AutoencoderKL(
        in_channels=4,
        out_channels=4,
        latent_channels=linear.CHANNELS,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        down_block_types=("DownEncoderBlock2D",) * len(CHANNELS),
        up_block_types=("UpDecoderBlock2D",) * len(CHANNELS),
        sample_size=SIDE,
        scaling_factor=1.0,
        shift_factor=0.0,
    )
    # Latents are computed, not drawn: the variance that the class provides for stays nothing.
    assert model.quant_conv is not None and model.quant_conv.bias is not None
    nn.init.zeros_(model.quant_conv.weight[linear.CHANNELS :])
    nn.init.constant_(model.quant_conv.bias[linear.CHANNELS :], QUIET_LOGVAR)
    return model


def begin_from(model: AutoencoderKL, folder: Path) -> None:
    """Takes over every weight of another autoencoder that has the same shape."""
    other = AutoencoderKL.from_pretrained(folder).state_dict()
    own = model.state_dict()
    fitting = {name: w for name, w in other.items() if own[name].shape == w.shape}
    model.load_state_dict({**own, **fitting})
    print(f"took over {len(fitting)} of {len(own)} tensors")


def crops(batch: int, side: int, seed: int) -> Iterator[Tensor]:
    """Endless batches (B, 4, side, side) cut from random scenes, four cuts from each."""
    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    rows = manifest()
    usable = seen(rows)
    catalogue = Catalogue.of(rows, usable)
    rng = np.random.default_rng(seed)
    while True:
        cuts = []
        while len(cuts) < batch:
            picture = over_white(
                draw(random_scene(int(rng.choice(usable)), catalogue, rng), table, SIDE)
            )
            for _ in range(4):
                # On the patch grid, where the latent of a cut is the cut of the latent.
                y, x = rng.integers(0, (SIDE - side) // CELL + 1, 2) * CELL
                cuts.append(picture[y : y + side, x : x + side])
        yield torch.from_numpy(np.stack(cuts[:batch])).permute(0, 3, 1, 2).contiguous()


def _edges(x: Tensor, y: Tensor) -> Tensor:
    across = ((x[..., 1:] - x[..., :-1]) - (y[..., 1:] - y[..., :-1])).abs().mean()
    down = ((x[..., 1:, :] - x[..., :-1, :]) - (y[..., 1:, :] - y[..., :-1, :])).abs().mean()
    return across + down


def _tints(x: Tensor) -> Tensor:
    """Colour without lightness: each channel minus the mean of the three."""
    return x[:, :3] - x[:, :3].mean(dim=1, keepdim=True)


def reconstruction_loss(x: Tensor, y: Tensor) -> Tensor:
    """L1 on pixels, edges, tints, areas and alpha: vector art is flat areas with sharp borders.

    Without the last three, the network learns shapes in grey first, colours and alpha very late.
    """
    half_x, half_y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    areas = (F.avg_pool2d(x, 8) - F.avg_pool2d(y, 8)).abs().mean()
    tints = (_tints(x) - _tints(y)).abs().mean()
    edges = _edges(x, y) + 0.5 * _edges(half_x, half_y)
    alpha = (x[:, 3] - y[:, 3]).abs().mean()
    return (x - y).abs().mean() + edges + 2 * tints + areas + 2 * alpha


def psnr(
    model: AutoencoderKL, table: np.ndarray, rows: np.ndarray, device: str
) -> tuple[float, float]:
    """On drawings never trained on: mean PSNR in dB of colour over white, mean error of alpha."""
    x = torch.from_numpy(over_white(table[rows])).permute(0, 3, 1, 2).to(device)
    with torch.no_grad():
        y = model.decode(linear.load().encode(x.cpu()).to(device)).sample.clamp(-1, 1)
    error = ((x - y) / 2).square()
    colour = float((-10 * error[:, :3].mean(dim=(1, 2, 3)).log10()).mean())
    return round(colour, 2), round(float(error[:, 3].sqrt().mean()), 3)


def is_inner(name: str) -> bool:
    """Whether a kernel is inside a block."""
    return "block" in name


def losses(model: AutoencoderKL, x: Tensor) -> tuple[Tensor, Tensor]:
    """How far the decoder is from the pictures, and the encoder from the latents."""
    z = linear.load().encode(x.cpu()).to(x.device)
    few = x[: len(x) // ENCODED_SHARE]
    with torch.autocast(x.device.type, torch.bfloat16):
        y = model.decode(z + NOISE * torch.randn_like(z)).sample.float()
        encoded = model.encode(few).latent_dist.mode().float()
    return reconstruction_loss(x, y), (encoded - z[: len(few)]).square().mean()


def train(options: argparse.Namespace) -> None:
    """Runs one slice and saves the averaged weights next to the checkpoint."""
    run, device = Slice(RUN, options.minutes), options.device
    rate = Rate(options.peak, 100, 0.4, 0.02)
    model = build()
    if options.begin_from:
        begin_from(model, options.begin_from)
    model = model.to(device)
    average = copy.deepcopy(model).eval()
    steppers = muon_and_adamw(model, options.peak, is_inner)
    parts = {"model": model, "average": average, "muon": steppers[0], "adamw": steppers[1]}
    step = 0
    if (kept := run.restore(device)) is not None:
        for name, part in parts.items():
            part.load_state_dict(kept[name])
        step = kept["step"]

    def state() -> dict:
        return {**{name: part.state_dict() for name, part in parts.items()}, "step": step}

    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    test = held_out(manifest())[::25]
    for x in crops(options.batch, options.side, seed=step):
        if not run.has_time():
            break
        for group in (g for s in steppers for g in s.param_groups):
            group["lr"] = rate.at(step, run.progress())
        drawn, encoded = losses(model, x.to(device))
        (drawn + encoded).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        step += 1
        follow(average, model, min(EMA, step / (step + 50)))
        if step % 100 == 0:
            run.log(step=step, loss=round(drawn.item(), 4), encoder=round(encoded.item(), 4),
                    psnr=psnr(average, table, test, device))  # fmt: skip
        if run.is_due():
            run.keep(state)
            average.save_pretrained(run.folder / "weights")
    run.keep(state)
    average.save_pretrained(run.folder / "weights")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--begin-from", type=Path, help="another autoencoder's folder")
    train(parser.parse_args())
