"""Trains the part of the judge that tells styles apart, on drawings that no one held out.

    python -m training.image.train_styles

Takes ten minutes on one core. Every drawing is measured as drawn, and some of each style also after
the picture model's autoencoder, which softens edges and shifts colours a little.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from studio.evaluate import _styles
from training.image.render import OUT
from training.image.split import held_out, manifest, seen
from training.image.train_judge import RUN

EPOCHS = 30
BATCH = 256
VAE = Path(__file__).parent.parent.parent / "assets" / "pocket-image" / "vae"
PEAK = 2e-3
# Drawings of each style that are also measured after the autoencoder, and how they weigh.
PER_STYLE = 300
REPEATS = 3
SPOILED_SIZE = 0.92


def over_white(table: np.ndarray, rows: np.ndarray) -> Tensor:
    """Drawings as (B, 3, 128, 128) in [0, 1]."""
    x = torch.from_numpy(np.array(table[rows])).permute(0, 3, 1, 2).float() / 255
    return x[:, :3] * x[:, 3:] + 1 - x[:, 3:]


def measured(rows: np.ndarray) -> Tensor:
    """The statistics of drawings as they were drawn."""
    table = np.load(OUT / "rgba128.npy", mmap_mode="r")
    parts = [rows[i : i + 128] for i in range(0, len(rows), 128)]
    return torch.cat([_styles.features(over_white(table, part)) for part in parts])


def shrunk(x: Tensor) -> Tensor:
    """Pictures with a little room around the drawing, as most generated ones have."""
    side = x.shape[-1]
    inner = F.interpolate(x, size=round(side * SPOILED_SIZE), mode="bilinear", antialias=True)
    before = (side - inner.shape[-1]) // 2
    after = side - inner.shape[-1] - before
    return F.pad(inner, (before, after, before, after), value=1.0)


@torch.no_grad()
def measured_after(vae: AutoencoderKL, rows: np.ndarray) -> Tensor:
    """The statistics of drawings that went through the picture model's autoencoder."""
    table = np.load(OUT / "rgba128.npy", mmap_mode="r")
    found = []
    for i in range(0, len(rows), 32):
        x = shrunk(over_white(table, rows[i : i + 32]))
        x = torch.cat([x, torch.ones_like(x[:, :1])], 1) * 2 - 1
        with torch.autocast("cpu", torch.bfloat16):
            y = vae.decode(vae.encode(x).latent_dist.mode()).sample.float()
        found.append(_styles.features((y[:, :3] / 2 + 0.5).clamp(0, 1)))
    return torch.cat(found)


def some_of_each(rows: np.ndarray, labels: Tensor, count: int) -> np.ndarray:
    """At most `count` rows of each style, drawn with a fixed seed."""
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(rows)
    by_style = [shuffled[labels[shuffled].numpy() == style] for style in labels.unique().tolist()]
    return np.concatenate([own[:count] for own in by_style])


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
    vae = AutoencoderKL.from_pretrained(VAE).eval()
    again = some_of_each(known, labels, PER_STYLE)
    x = torch.cat([measured(known), measured_after(vae, again).repeat(REPEATS, 1)])
    y = torch.cat([labels[known], labels[again].repeat(REPEATS)])
    model = fit(x, y, len(styles))
    shares: dict[str, float] = {}
    for name, statistics in (
        ("as drawn", measured(test)),
        ("after the autoencoder", measured_after(vae, test)),
    ):
        with torch.inference_mode():
            guess = model(statistics).argmax(1)
        shares[name] = round(float((guess == labels[test]).float().mean()), 4)
        print(name, shares[name], flush=True)
    (RUN / "styles").mkdir(parents=True, exist_ok=True)
    (RUN / "styles" / "shares.json").write_text(json.dumps(shares) + "\n", "utf-8")
    save_file(model.state_dict(), RUN / "styles" / _styles.WEIGHTS)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    train()
