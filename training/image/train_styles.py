"""Trains the part of the judge that tells styles apart, on drawings that no one held out.

    python -m training.image.train_styles

Takes two minutes on one core. Every drawing is measured as drawn and twice as a picture model
might return it: at another size, softer, with a little noise.
"""

import argparse

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from studio.evaluate import _styles
from training.image.render import OUT
from training.image.split import held_out, manifest, seen
from training.image.train_judge import RUN

EPOCHS = 25
BATCH = 256
PEAK = 2e-3
# (size of the drawing, softness in px, noise)
VERSIONS = ((1.0, 128, 0.0), (0.9, 112, 0.006), (0.84, 96, 0.012))


def spoiled(x: Tensor, version: tuple[float, int, float], rng: torch.Generator) -> Tensor:
    """Pictures (B, 3, H, W) on white as a picture model might return them."""
    size, soft, noise = version
    side = x.shape[-1]
    if size < 1:
        inner = F.interpolate(x, size=round(side * size), mode="bilinear", antialias=True)
        before = (side - inner.shape[-1]) // 2
        after = side - inner.shape[-1] - before
        x = F.pad(inner, (before, after, before, after), value=1.0)
    if soft < side:
        x = F.interpolate(x, size=soft, mode="bilinear", antialias=True)
        x = F.interpolate(x, size=side, mode="bilinear")
    return (x + noise * torch.randn(x.shape, generator=rng)).clamp(0, 1) if noise else x


def over_white(table: np.ndarray, rows: np.ndarray) -> Tensor:
    """Drawings as (B, 3, 128, 128) in [0, 1]."""
    x = torch.from_numpy(np.array(table[rows])).permute(0, 3, 1, 2).float() / 255
    return x[:, :3] * x[:, 3:] + 1 - x[:, 3:]


def measured(rows: np.ndarray, version: tuple[float, int, float]) -> Tensor:
    """The statistics of all drawings in these rows."""
    table = np.load(OUT / "rgba128.npy", mmap_mode="r")
    rng = torch.Generator().manual_seed(0)
    return torch.cat(
        [
            _styles.features(spoiled(over_white(table, rows[i : i + 128]), version, rng))
            for i in range(0, len(rows), 128)
        ]
    )


def fit(x: Tensor, y: Tensor, styles: int) -> torch.nn.Sequential:
    """Trains the network; rare styles count as much as common ones."""
    torch.manual_seed(0)
    model = _styles.build(styles)
    weight = 1 / torch.bincount(y, minlength=styles).clamp_min(1)
    weight = weight / weight[y].mean()
    optimizer = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=0.05)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            loss = F.cross_entropy(model(x[part]), y[part], weight, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def train() -> None:
    """Measures, fits, tests on the held-out drawings and writes the weights."""
    rows = manifest()
    styles = sorted({row["style"] for row in rows})
    labels = torch.tensor([styles.index(row["style"]) for row in rows])
    known, test = seen(rows), held_out(rows)
    x = torch.cat([measured(known, version) for version in VERSIONS])
    model = fit(x, labels[known].repeat(len(VERSIONS)), len(styles))
    for version in VERSIONS:
        with torch.inference_mode():
            guess = model(measured(test, version)).argmax(1)
        print(version, f"{(guess == labels[test]).float().mean():.4f}")  # noqa: T201
    (RUN / "styles").mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), RUN / "styles" / _styles.WEIGHTS)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    train()
