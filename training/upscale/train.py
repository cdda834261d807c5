"""Trains pocket-upscale: four times larger, crisp edges, exact alpha.

    python -m training.upscale.pack
    python -m training.upscale.train --minutes 25

Resumes from its checkpoint; the same command runs on CUDA. It works in bfloat16, which is
twice as fast on a CPU that has it.
"""

import argparse
import copy
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pipelines.pocket.upscale import UpscaleNet
from training.image.packs import drawings
from training.image.render import render
from training.image.scenes import over_white
from training.image.split import held_out, manifest
from training.image.train_vae import reconstruction_loss
from training.slices import CACHE, Slice
from training.upscale.pack import OUT, WHOLE
from training.upscale.pairs import batches, reduced, spoilt

TESTED = 12
EMA = 0.998


def held_out_sharp() -> np.ndarray:
    """Drawings that no model has seen, (N, 512, 512, 4) in [-1, 1], rendered once."""
    kept = OUT / "held_out.npy"
    if not kept.exists():
        rows = manifest()
        chosen = held_out(rows)
        wanted = {rows[i]["key"] for i in chosen[:: len(chosen) // TESTED]}
        found = [d for d in drawings() if d.key in wanted and d.source.startswith("<svg")]
        np.save(kept, np.stack([np.asarray(render(d, WHOLE)) for d in found]))
    return over_white(np.load(kept))


def _tensor(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures).astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def test_pairs() -> tuple[Tensor, Tensor, Tensor]:
    """Held-out drawings: reduced, reduced and spoilt, sharp."""
    sharp = list(held_out_sharp())
    small = [reduced(s) for s in sharp]
    rng = np.random.default_rng(7)
    return _tensor(small), _tensor([spoilt(s, rng) for s in small]), _tensor(sharp)


def psnr(x: Tensor, y: Tensor) -> float:
    """Mean PSNR in dB of colour over white."""
    error = ((x - y)[:, :3] / 2).square().mean(dim=(1, 2, 3))
    return float((-10 * error.log10()).mean())


def enlarged(model: UpscaleNet, small: Tensor, device: str) -> Tensor:
    """The network's answer, one picture at a time."""
    with torch.no_grad():
        return torch.cat([model(x[None].to(device)).clamp(-1, 1).cpu() for x in small])


def _over_both(x: Tensor) -> Tensor:
    """Adds the colour over black, so that a soft border is right on any background."""
    return torch.cat([x, x[:, :3] + x[:, 3:] - 1], 1)


def _learning_rate(step: int, progress: float, peak: float) -> float:
    """Warms up once, holds, and goes down along a cosine in the second half of a slice."""
    warm = min(1.0, (step + 1) / 100)
    falling = max(0.0, progress - 0.5) / 0.5
    return peak * warm * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * falling)))


class Trainer:
    """A network, its running average and its optimiser, in and out of a checkpoint."""

    def __init__(self, device: str, peak: float) -> None:
        self.device, self.peak = device, peak
        self.model = UpscaleNet().to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval()
        parameters = self.model.parameters()
        self.optimizer = torch.optim.AdamW(parameters, peak, betas=(0.9, 0.98), weight_decay=1e-4)
        self.step = 0

    def state(self) -> dict:
        return {"model": self.model.state_dict(), "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(), "step": self.step}  # fmt: skip

    def restore(self, kept: dict) -> None:
        self.model.load_state_dict(kept["model"])
        self.average.load_state_dict(kept["average"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.step = kept["step"]

    def learn(self, small: Tensor, sharp: Tensor, progress: float) -> Tensor:
        """One step; the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = _learning_rate(self.step, progress, self.peak)
        small = small.to(self.device, memory_format=torch.channels_last)
        sharp = sharp.to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            found = self.model(small)
        loss = reconstruction_loss(_over_both(sharp), _over_both(found.float()))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self._follow()
        return loss.detach()

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(EMA, self.step / (self.step + 50))
        pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
        for average, now in pairs:
            average.lerp_(now, 1 - decay)


def train(minutes: float, device: str, batch: int, side: int, peak: float) -> None:
    """Runs one slice and saves the averaged weights next to the checkpoint."""
    run = Slice(CACHE / "runs" / "upscale", minutes)
    trainer = Trainer(device, peak)
    if (kept := run.restore(device)) is not None:
        trainer.restore(kept)
    clean, spoilt_, sharp = test_pairs()
    bicubic = [F.interpolate(x, scale_factor=4.0, mode="bicubic") for x in (clean, spoilt_)]
    run.log(bicubic=[round(psnr(sharp, b.clamp(-1, 1)), 2) for b in bicubic])
    for small, large in batches(batch, side, seed=trainer.step):
        if not run.has_time():
            break
        loss = trainer.learn(small, large, run.progress())
        if trainer.step % 400 == 0:
            found = [enlarged(trainer.average, x, device) for x in (clean, spoilt_)]
            run.log(step=trainer.step, loss=round(loss.item(), 4),
                    psnr=[round(psnr(sharp, f), 2) for f in found])  # fmt: skip
        if run.is_due():
            run.keep(trainer.state)
    run.keep(trainer.state)
    trainer.average.save_pretrained(run.folder / "weights")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(args.minutes, args.device, args.batch, args.side, args.peak)
