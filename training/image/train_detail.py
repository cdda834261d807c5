"""Trains the detail network: which of the rough's pixels belong into the picture.

    python -m training.image.detail_pairs --chunks 16
    python -m training.image.train_detail --minutes 30 --last

Resumes from its checkpoint; the same command runs on CUDA. Learns on cuts of 64 px; Muon moves the
kernels of the blocks, AdamW the rest.
"""

import argparse
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.detail import DetailNet
from pipelines.pocket.image import ASSETS
from training.image import detail_pairs
from training.image.detail_pairs import FOLDER, Pixels, decoded
from training.image.train_vae import reconstruction_loss
from training.slices import CACHE, Rate, Slice, follow, muon_and_adamw

RUN = CACHE / "runs" / "detail"
TESTED = 96
"""The last pictures of the last chunk; no step ever sees them."""

EMA = 0.998
EDGE = 3.0
"""How much more a pixel counts where the scene has an edge or a texture: there, detail is."""

Triple = tuple[Pixels, Pixels, Pixels]


def load(vae: Path) -> list[Triple]:
    """Decoded picture, rough and target of every chunk, uint8 (N, S, S, 4) each."""
    chunks = sorted(FOLDER.glob("????.npz"))
    if not chunks:
        raise SystemExit("no pairs; run training.image.detail_pairs first")
    kept = [(np.load(chunk), decoded(chunk, vae)) for chunk in chunks]
    return [(made, data["rough"], data["target"]) for data, made in kept]


def to_tensor(pixels: Pixels) -> Tensor:
    """uint8 (N, H, W, 4) → (N, 4, H, W) in [-1, 1]."""
    return torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)


def cuts(triples: list[Triple], batch: int, side: int, seed: int) -> Iterator[list[Tensor]]:
    """Endless batches of cuts at the same place of picture, rough and target, often mirrored."""
    rng = np.random.default_rng(seed)
    known = [(c, i) for c, (made, _, _) in enumerate(triples) for i in range(len(made))]
    known = known[:-TESTED]
    whole = detail_pairs.SIDE
    while True:
        places = [known[n] for n in rng.integers(len(known), size=batch)]
        corners = rng.integers(0, (whole - side) // 8 + 1, (batch, 2)) * 8
        is_mirrored = rng.random(batch) < 0.5
        found: list[Tensor] = []
        for part in range(3):
            cut = [
                triples[c][part][i, y : y + side, x : x + side][:, :: -1 if mirror else 1]
                for (c, i), (y, x), mirror in zip(places, corners, is_mirrored, strict=True)
            ]
            found.append(to_tensor(np.stack(cut)))
        yield found


def edge_weight(target: Tensor) -> Tensor:
    """(B, 1, H, W), mean 1: more where neighbours differ."""
    across = torch.nn.functional.pad(target[..., 1:] - target[..., :-1], (0, 1))
    down = torch.nn.functional.pad(target[..., 1:, :] - target[..., :-1, :], (0, 0, 0, 1))
    steep = (across.abs() + down.abs()).amax(1, keepdim=True).clamp(max=1)
    weight = 1 + EDGE * steep
    return weight / weight.mean()


def loss_of(found: Tensor, target: Tensor) -> Tensor:
    """The autoencoder's loss, and every pixel once more by how much there is to see."""
    weighed = (edge_weight(target) * (found - target).abs()).mean()
    return reconstruction_loss(target, found) + weighed


def psnr(found: Tensor, target: Tensor) -> Tensor:
    """(N,) dB of colour over white."""
    error = ((found - target)[:, :3] / 2).square().mean(dim=(1, 2, 3))
    return -10 * error.clamp_min(1e-6).log10()


@torch.no_grad()
def tested(model: DetailNet, last: Triple, device: str) -> dict[str, float]:
    """Mean dB on pictures never learned from, before and after; and the worst change for one."""
    made, rough, target = (to_tensor(np.asarray(each[-TESTED:])) for each in last)
    parts = zip(made.split(8), rough.split(8), strict=True)
    found = torch.cat([model(m.to(device), r.to(device)).cpu() for m, r in parts])
    before, after = psnr(made, target), psnr(found.clamp(-1, 1), target)
    gain = after - before
    return {
        "before": round(float(before.mean()), 2),
        "after": round(float(after.mean()), 2),
        "worst": round(float(gain.min()), 2),
    }


def is_inner(name: str) -> bool:
    """Whether a kernel is inside a block."""
    return name.startswith("on_way") and name.endswith("weight")


def train(options: argparse.Namespace) -> None:
    """Runs one slice and saves the averaged weights next to the checkpoint."""
    run, device = Slice(RUN, options.minutes), options.device
    rate = Rate(options.peak, 50, 0.4, 0.02)
    model = DetailNet().to(device)
    average = copy.deepcopy(model).eval()
    steppers = muon_and_adamw(model, options.peak, is_inner)
    parts: dict[str, Any] = {"model": model, "average": average}
    parts |= {"muon": steppers[0], "adamw": steppers[1]}
    step = 0
    if (kept := run.restore(device)) is not None:
        for name, part in parts.items():
            part.load_state_dict(kept[name])
        step = kept["step"]

    def state() -> dict[str, Any]:
        return {**{name: part.state_dict() for name, part in parts.items()}, "step": step}

    def keep() -> None:
        run.keep(state)
        average.save_pretrained(run.folder / "weights")

    triples = load(options.vae)
    for made, rough, target in cuts(triples, options.batch, options.side, seed=step):
        if not run.has_time():
            break
        for group in (g for s in steppers for g in s.param_groups):
            group["lr"] = rate.at(step, run.progress(), options.last)
        with torch.autocast(device, torch.bfloat16):
            found = model(made.to(device), rough.to(device))
        loss = loss_of(found, target.to(device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        step += 1
        follow(average, model, min(EMA, step / (step + 50)))
        if step % 100 == 0:
            now = tested(average, triples[-1], device)
            run.log(step=step, loss=round(loss.item(), 4), **now)
        if run.is_due():
            keep()
    keep()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--last", action="store_true", help="cool the learning rate down")
    parser.add_argument("--vae", type=Path, default=ASSETS / "vae", help="an autoencoder's folder")
    train(parser.parse_args())
