"""Trains pocket-image's autoencoder: RGBA pictures to 8 × 8 px latents and back.

    python -m training.image.train_vae --minutes 20

A stock `AutoencoderKL` with four channels in and out, so a sticker's alpha is part of the latent
and comes back as soft as it was drawn. Resumes from its checkpoint; the same command runs on CUDA.
"""

import argparse
import copy
from collections.abc import Iterator

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as F

from training.image.render import OUT
from training.image.sample import Catalogue, random_scene
from training.image.scenes import draw, over_white
from training.image.split import held_out, manifest, seen
from training.slices import CACHE, Slice, muon_and_adamw

SIDE = 128
CHANNELS = (32, 64, 96, 128)
LATENT_CHANNELS = 8
KL_WEIGHT = 2e-5
START_LOGVAR = -6.0
ALPHA_CHANNEL = 1
ALPHA_SCALE = 2.5
EMA = 0.998


def build() -> AutoencoderKL:
    """A fresh autoencoder: f8, 8 latent channels, no attention."""
    model = AutoencoderKL(
        in_channels=4,
        out_channels=4,
        latent_channels=LATENT_CHANNELS,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        down_block_types=("DownEncoderBlock2D",) * len(CHANNELS),
        up_block_types=("UpDecoderBlock2D",) * len(CHANNELS),
        sample_size=SIDE,
    )
    # At variance 1 the noise drowns every channel that is not yet in use, and colours never start.
    assert model.quant_conv is not None and model.quant_conv.bias is not None
    nn.init.zeros_(model.quant_conv.weight[LATENT_CHANNELS:])
    nn.init.constant_(model.quant_conv.bias[LATENT_CHANNELS:], START_LOGVAR)
    return model


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
                y, x = rng.integers(0, SIDE - side + 1, 2)
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


def alpha_loss(x: Tensor, latent: Tensor) -> Tensor:
    """Holds one latent channel to the picture's alpha.

    Whether white is paper or nothing cannot be seen in the colours; left alone, neither the encoder
    nor the decoder begins to care, because each waits for the other.
    """
    alpha = F.avg_pool2d(x[:, 3], 8)
    return (latent[:, ALPHA_CHANNEL] / ALPHA_SCALE - alpha).square().mean()


def psnr(
    model: AutoencoderKL, table: np.ndarray, rows: np.ndarray, device: str
) -> tuple[float, float]:
    """On drawings never trained on: mean PSNR in dB of colour over white, mean error of alpha."""
    x = torch.from_numpy(over_white(table[rows])).permute(0, 3, 1, 2).to(device)
    with torch.no_grad():
        y = model.decode(model.encode(x).latent_dist.mode()).sample.clamp(-1, 1)
    error = ((x - y) / 2).square()
    colour = float((-10 * error[:, :3].mean(dim=(1, 2, 3)).log10()).mean())
    return round(colour, 2), round(float(error[:, 3].sqrt().mean()), 3)


def _learning_rate(step: int, progress: float, peak: float) -> float:
    warm = min(1.0, (step + 1) / 100)
    return peak * warm * min(1.0, max(0.02, (1 - progress) / 0.4))


def train(minutes: float, device: str, batch: int, side: int, peak: float) -> None:
    """Runs one slice and saves the averaged weights next to the checkpoint."""
    run = Slice(CACHE / "runs" / "vae", minutes)
    model = build().to(device)
    average = copy.deepcopy(model).eval()
    steppers = muon_and_adamw(model, peak, lambda name: "block" in name)
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
    for x in crops(batch, side, seed=step):
        if not run.has_time():
            break
        x = x.to(device)
        for group in (g for s in steppers for g in s.param_groups):
            group["lr"] = _learning_rate(step, run.progress(), peak)
        with torch.autocast(device, torch.bfloat16):
            latent = model.encode(x).latent_dist
            y = model.decode(latent.sample()).sample.float()
        loss = reconstruction_loss(x, y) + alpha_loss(x, latent.mean.float())
        loss = loss + KL_WEIGHT * latent.kl().mean() / (side / 8) ** 2
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        step += 1
        decay = min(EMA, step / (step + 50))
        with torch.no_grad():
            for a, p in zip(average.parameters(), model.parameters(), strict=True):
                a.lerp_(p, 1 - decay)
        if step % 100 == 0:
            run.log(step=step, loss=round(loss.item(), 4), kl=round(latent.kl().mean().item(), 1),
                    psnr=psnr(average, table, test, device))  # fmt: skip
        if run.is_due():
            run.keep(state)
    run.keep(state)
    average.save_pretrained(run.folder / "weights")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    args = parser.parse_args()
    train(args.minutes, args.device, args.batch, args.side, args.peak)
