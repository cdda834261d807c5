"""Trains the network that makes up paths, from pocket-image's transformer onwards.

    python -m training.video.train_paths --minutes 20

Works in slices and resumes; picks up new shards as they appear; the same command runs on CUDA.
Rectified flow over the paths' principal components, as `training.image.train_denoiser` over those
of pictures; the transformer's rough is the picture that moves.
"""

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.image import ASSETS
from pipelines.pocket.rough import RoughTransformer, pack
from pipelines.pocket.text import PocketText, TextStates
from pipelines.pocket.video.paths import (
    LEAST_SIZE,
    NUMBERS,
    UNIT,
    MotionBasis,
    patches,
    places,
    told,
)
from training.image.denoisers import POOLED_SCALE
from training.image.train_denoiser import is_inner, trim
from training.slices import CACHE, Descent, Rate, Slice, muon_and_adamw
from training.video.moving import SHARDS

RUN = CACHE / "runs" / "paths"
COMPONENTS = 48
SINGLE_BLOCKS = 4
FLATTEN = 0.5
DROP_TEXT, DROP_STRENGTH = 0.12, 0.4
TIME_MEAN = 0.6
"""More noise than half: what kind of motion it is, words decide where hardly anything is seen."""

REFRESH_EVERY = 50


@dataclass(frozen=True)
class Batch:
    """What a step learns from: (B, 24, h, w) latents, (B, N, C) paths, and what is told of them."""

    latents: Tensor
    paths: Tensor
    text: TextStates
    strength: Tensor
    is_loop: Tensor


def fit(paths: Tensor, strength: Tensor) -> MotionBasis:
    """Principal components of the paths (B, 16, 2, h, w) of tokens, of mean square 1 together.

    Args:
        strength: (B,); paths are taken as 1 long on average.
    """
    size = (UNIT * strength / (1 - strength)).clamp(min=LEAST_SIZE)
    tokens = patches(paths / size.view(-1, 1, 1, 1, 1)).reshape(-1, NUMBERS)
    variance, axes = torch.linalg.eigh(tokens.T @ tokens / len(tokens))
    variance, axes = variance.flip(0)[:COMPONENTS], axes.flip(1)[:, :COMPONENTS]
    unit = (variance**FLATTEN).mean().sqrt()
    scale = variance.sqrt() ** (FLATTEN - 1) / unit
    return MotionBasis((axes * scale).T.contiguous(), axes / scale)


class Shards:
    """All shards on disk; new ones join on `refresh`."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.latents: list[Tensor] = []
        self.paths: list[Tensor] = []
        self.about: list[list] = []

    def refresh(self) -> None:
        for path in sorted(SHARDS.glob("*.npz")):
            if path.name in self.names:
                continue
            kept = np.load(path)
            lines = path.with_suffix(".jsonl").read_text("utf-8").splitlines()
            self.names.append(path.name)
            self.latents.append(torch.from_numpy(kept["latents"]))
            self.paths.append(torch.from_numpy(kept["paths"]))
            self.about.append([json.loads(line) for line in lines])
        if not self.names:
            raise SystemExit("no shards; run training.video.moving first")

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, list]:
        shards = rng.integers(len(self.names), size=size)
        picks = [(int(s), int(rng.integers(len(self.about[s])))) for s in shards]
        latents = torch.stack([self.latents[s][i] for s, i in picks]).float()
        paths = torch.stack([self.paths[s][i] for s, i in picks]).float()
        return latents, paths, [self.about[s][i] for s, i in picks]


def basis(shards: Shards) -> MotionBasis:
    """The linear latent of this run: fitted once."""
    path = RUN / "basis.safetensors"
    if not path.exists():
        RUN.mkdir(parents=True, exist_ok=True)
        strength = torch.tensor([one[1] for one in shards.about[0]])
        fit(shards.paths[0].float(), strength).save(path)
    return MotionBasis.load(path)


def batches(size: int, device: str, seed: int) -> Iterator[Batch]:
    """Endless batches."""
    rng, shards, text = np.random.default_rng(seed), Shards(), PocketText.load(device=device)
    shards.refresh()
    linear = basis(shards)
    for number in itertools.count(1):
        if number % REFRESH_EVERY == 0:
            shards.refresh()
        latents, paths, about = shards.draw(size, rng)
        words = [
            "" if rng.random() < DROP_TEXT else str(rng.choice(captions)) for captions, *_ in about
        ]
        strength = torch.tensor([one[1] for one in about])
        tokens = linear.encode(paths, strength)
        strength[torch.from_numpy(rng.random(size) < DROP_STRENGTH)] = torch.nan
        is_loop = torch.tensor([float(one[2]) for one in about])
        with torch.no_grad():
            states = trim(text.encode(words, is_exact=False))
        yield Batch(
            latents.to(device),
            tokens.to(device),
            states,
            strength.to(device),
            is_loop.to(device),
        )


def flow_loss(model: RoughTransformer, batch: Batch) -> Tensor:
    """Mean squared error of the predicted velocity at random times."""
    x = batch.paths
    t = torch.sigmoid(torch.randn(len(x), device=x.device) + TIME_MEAN)
    noise = torch.randn_like(x)
    mix = t[:, None, None]
    noisy = told(
        (1 - mix) * x + mix * noise, model.config["out_channels"], batch.strength, batch.is_loop
    )
    tokens = batch.text.tokens * batch.text.mask[..., None]
    h, w = batch.latents.shape[-2:]
    predicted = model(
        hidden_states=noisy,
        timestep=t,
        encoder_hidden_states=tokens,
        pooled_projections=batch.text.pooled * POOLED_SCALE,
        img_ids=places(h, w).to(x.device),
        txt_ids=torch.zeros(tokens.shape[1], 3, device=x.device),
        joint_attention_kwargs={"rough": pack(batch.latents)},
    ).sample[..., : x.shape[-1]]
    return (predicted.float() - (noise - x)).square().mean()


def fresh() -> RoughTransformer:
    """pocket-image's transformer without its last blocks: it knows words and drawings already."""
    whole: Any = RoughTransformer.from_pretrained(ASSETS / "transformer")
    model: Any = RoughTransformer.from_config({**whole.config, "num_single_layers": SINGLE_BLOCKS})
    kept = model.state_dict().keys()
    model.load_state_dict(
        {name: w.float() for name, w in whole.state_dict().items() if name in kept}
    )
    torch.nn.init.zeros_(model.proj_out.weight)
    torch.nn.init.zeros_(model.proj_out.bias)
    return model


def train(options: argparse.Namespace) -> None:
    """Runs one slice."""
    run = Slice(RUN, options.minutes)
    model = fresh().to(options.device)
    steppers = muon_and_adamw(model, options.peak, is_inner)
    descent = Descent(run, model, steppers, flow_loss, Rate(options.peak, 50, 0.4, 0.03))
    descent.restore(options.device)
    source = batches(options.batch, options.device, 7000 + descent.step)
    descent.go(source, options.batch, options.device, options.last)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--peak", type=float, default=1e-3)
    parser.add_argument("--last", action="store_true", help="cool the learning rate down")
    train(parser.parse_args())
