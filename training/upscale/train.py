"""Trains pocket-upscale: four times larger, crisp edges, exact alpha.

    python -m training.upscale.pack
    python -m training.upscale.train --minutes 25 --steps 6000

Resumes from its checkpoint; the same command runs on CUDA. It works in bfloat16, which is twice as
fast on a CPU that has it. Muon moves the convolutions between blocks, AdamW the rest.
"""

import argparse
import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.pocket.upscale import UpscaleNet
from training.image.packs import drawings
from training.image.render import render
from training.image.split import held_out, manifest
from training.slices import CACHE, Slice, follow
from training.upscale.pack import OUT, WHOLE
from training.upscale.pairs import batches, over_white, reduced, spoilt

SIDE = 128
TESTED = 12
EMA = 0.998
SQUARES = 5


def held_out_sharp() -> Tensor:
    """Drawings that no model has seen, (N, 4, 512, 512) in [-1, 1], rendered once."""
    kept = OUT / "held_out.npy"
    if not kept.exists():
        rows = manifest()
        chosen = held_out(rows)
        wanted = {rows[i]["key"] for i in chosen[:: len(chosen) // TESTED]}
        found = [d for d in drawings() if d.key in wanted and d.source.startswith("<svg")]
        np.save(kept, np.stack([np.asarray(render(d, WHOLE)) for d in found]))
    return over_white(list(np.load(kept)))


def psnr(x: Tensor, y: Tensor) -> float:
    """Mean PSNR in dB of colour over white."""
    error = ((x - y)[:, :3] / 2).square().mean(dim=(1, 2, 3))
    return float((-10 * error.log10()).mean())


def enlarged(model: UpscaleNet, small: Tensor, device: str) -> Tensor:
    """The network's answer, one picture at a time."""
    with torch.no_grad():
        return torch.cat([model(x[None].to(device)).clamp(-1, 1).cpu() for x in small])


def _steps(x: Tensor) -> Tensor:
    """Mean size of the differences between neighbours."""
    return (x[..., 1:] - x[..., :-1]).abs().mean() + (x[..., 1:, :] - x[..., :-1, :]).abs().mean()


def loss_of(found: Tensor, sharp: Tensor) -> Tensor:
    """L1 on pixels and on edges at two scales, over white; and over black; and squares.

    Over black, a soft border is right on any background. Without the squares, flat areas, where
    doing nothing is right, hold a fresh network back at doing nothing for hundreds of steps.
    """
    gap = found - sharp
    black = gap[:, :3] + gap[:, 3:]
    edges = _steps(gap) + 0.5 * _steps(F.avg_pool2d(gap, 2))
    edges = edges + 0.5 * _steps(black)
    return gap.abs().mean() + edges + 0.5 * black.abs().mean() + SQUARES * gap.square().mean()


def _rate(step: int, steps: int, peak: float) -> float:
    """Warms up, holds, and goes down along a cosine over the second half of all steps."""
    warm = min(1.0, (step + 1) / 50)
    falling = max(0.0, step / steps - 0.5) / 0.5
    return peak * warm * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * falling)))


class Matrices:
    """The convolutions of the blocks, shown to Muon as matrices that share their memory."""

    def __init__(self, model: UpscaleNet) -> None:
        inner = [m for m in model.body.modules() if isinstance(m, nn.Conv2d)]
        self.kernels = [m.weight for m in inner]
        self.flat = [nn.Parameter(self._flat(k.detach())) for k in self.kernels]
        assert self.flat[0].data_ptr() == self.kernels[0].data_ptr()

    @staticmethod
    def _flat(kernel: Tensor) -> Tensor:
        # Kernels lie in memory channels last.
        return kernel.permute(0, 2, 3, 1).reshape(kernel.shape[0], -1)

    def hand_over(self) -> None:
        """Gives the matrices their kernels' gradients."""
        for flat, kernel in zip(self.flat, self.kernels, strict=True):
            assert kernel.grad is not None
            flat.grad = self._flat(kernel.grad)
            kernel.grad = None


class Trainer:
    """A network, its running average and its optimisers, in and out of a checkpoint."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.model = UpscaleNet().to(device, memory_format=torch.channels_last)  # pyright: ignore
        self.average = copy.deepcopy(self.model).eval()
        self.matrices = Matrices(self.model)
        inner = {id(k) for k in self.matrices.kernels}
        rest = [p for p in self.model.parameters() if id(p) not in inner]
        self.muon = torch.optim.Muon(
            self.matrices.flat, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=1e-4)
        self.step = 0

    def _parts(self) -> dict:
        return {n: getattr(self, n) for n in ("model", "average", "muon", "adamw")}

    def state(self) -> dict:
        return {**{n: p.state_dict() for n, p in self._parts().items()}, "step": self.step}

    def restore(self, kept: dict) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(kept[name])
        self.step = kept["step"]

    def learn(self, small: Tensor, sharp: Tensor, rate: float) -> float:
        """One step; the loss."""
        for group in (*self.muon.param_groups, *self.adamw.param_groups):
            group["lr"] = rate
        small = small.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16):
            found = self.model(small)
        loss = loss_of(found.float(), sharp.to(self.device))
        loss.backward()
        self.matrices.hand_over()
        self.muon.step()
        self.adamw.step()
        self.adamw.zero_grad(set_to_none=True)
        self.step += 1
        follow(self.average, self.model, min(EMA, self.step / (self.step + 50)))
        return loss.item()


def train(minutes: float, steps: int, device: str, batch: int, peak: float) -> None:
    """Runs one slice, to the end of its minutes or of all steps, and keeps a checkpoint."""
    run = Slice(CACHE / "runs" / "upscale", minutes)
    trainer = Trainer(device)
    if (kept := run.restore(device)) is not None:
        trainer.restore(kept)
    sharp = held_out_sharp()
    small = reduced(sharp)
    tests = [small, spoilt(small, np.random.default_rng(7))]
    bicubic = [F.interpolate(x, scale_factor=4.0, mode="bicubic").clamp(-1, 1) for x in tests]
    run.log(step=trainer.step, bicubic=[round(psnr(sharp, b), 2) for b in bicubic])
    losses: list[float] = []
    for x, y in batches(batch, SIDE, seed=trainer.step):
        if not run.has_time() or trainer.step >= steps:
            break
        losses.append(trainer.learn(x, y, _rate(trainer.step, steps, peak)))
        if trainer.step % 50 == 0:
            run.log(step=trainer.step, loss=round(float(np.mean(losses[-50:])), 4))
        if run.is_due():
            run.keep(trainer.state)
    run.keep(trainer.state)
    found = [enlarged(trainer.average, x, device) for x in tests]
    run.log(step=trainer.step, psnr=[round(psnr(sharp, f), 2) for f in found])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--steps", type=int, required=True, help="of all slices together")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--peak", type=float, default=2e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(args.minutes, args.steps, args.device, args.batch, args.peak)
