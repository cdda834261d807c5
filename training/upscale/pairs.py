"""Makes pairs for the up-scaler: a small, slightly spoilt picture, and the sharp one to make of it.

Scenes are composed at high resolution exactly as pocket-image's are, cut, reduced four times, and
then spoilt the way a small autoencoder and a few denoising steps spoil them: soft edges, ringing,
faint noise. Knows nothing about networks.
"""

import functools
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from training.image.sample import Catalogue, random_scene
from training.image.scenes import COLOURS, draw, plain
from training.image.split import manifest
from training.upscale.pack import OUT, WHOLE

SCALE = 4
CUTS_PER_PICTURE = 8
LOOSE_SHARE = 0.3
"""Share of pictures that are single files (details, 3-D renders), not composed scenes."""

KEPT = 4000
FIRST = 192
FRESH = 1
"""New cuts a batch. Composing costs more than learning, so a cut is used again, spoilt anew."""

FLAT_SHARE = 0.12
"""Of the cuts without any edge, this share is kept: flat areas must stay flat, but teach little."""

DECODED_SHARE = 0.4
DECODED = OUT / "decoded-small.npy"
DECODED_SHARP = OUT / "decoded-sharp.npy"


class Drawn:
    """The rendered files, looked up by manifest row like the table that scenes are drawn from."""

    @functools.lru_cache(maxsize=256)  # noqa: B019 (one instance lives as long as the process)
    def __getitem__(self, row: int) -> np.ndarray:
        return np.asarray(Image.open(OUT / f"{row}-whole.png").convert("RGBA"))


def _on_background(rgba: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the cut-outs stay transparent, the others are laid on white or a colour."""
    if rng.random() < 0.5:
        return rgba
    colour = plain(str(rng.choice(list(COLOURS))), int(rng.integers(1 << 16)))
    colour = (255, 255, 255) if rng.random() < 0.5 else colour
    ground = Image.new("RGBA", (rgba.shape[1], rgba.shape[0]), (*colour, 255))
    return np.asarray(Image.alpha_composite(ground, Image.fromarray(rgba)))


def pictures(seed: int) -> Iterator[np.ndarray]:
    """Endless sharp pictures, uint8 (H, W, 4) with straight alpha, 512 or 256 px."""
    index = [json.loads(line) for line in (OUT / "index.jsonl").read_text().splitlines()]
    whole = [line["row"] for line in index if line["part"] == "whole"]
    loose = [line["file"] for line in index if line["part"] != "whole"]
    catalogue = Catalogue.of(manifest(), np.array(whole))
    table = Drawn()
    rng = np.random.default_rng(seed)
    while True:
        if rng.random() < LOOSE_SHARE:
            name = str(rng.choice(loose))
            yield _on_background(np.asarray(Image.open(OUT / name).convert("RGBA")), rng)
        else:
            scene = random_scene(int(rng.choice(whole)), catalogue, rng)
            yield draw(scene, table, WHOLE)  # pyright: ignore[reportArgumentType]


def _is_flat(cut: np.ndarray) -> bool:
    thin = cut[::4, ::4].astype(np.int16)
    return int(np.abs(np.diff(thin, axis=0)).max()) < 8


def cuts(side: int, seed: int) -> Iterator[np.ndarray]:
    """Endless cuts of new pictures, uint8 (side, side, 4), straight alpha."""
    rng = np.random.default_rng([seed, 1])
    for picture in pictures(seed):
        for _ in range(CUTS_PER_PICTURE):
            y, x = rng.integers(0, picture.shape[0] - side + 1, 2)
            cut = picture[y : y + side, x : x + side]
            if not _is_flat(cut) or rng.random() < FLAT_SHARE:
                yield cut.copy()


class Kept:
    """A pool of cuts: grows to its size, then forgets by chance."""

    def __init__(self, side: int, seed: int) -> None:
        self.source = cuts(side, seed)
        self.cuts = [next(self.source) for _ in range(FIRST)]

    def draw(self, count: int, rng: np.random.Generator) -> Tensor:
        """(count, 4, side, side) in [-1, 1], colour over white."""
        for _ in range(FRESH):
            cut = next(self.source)
            if len(self.cuts) < KEPT:
                self.cuts.append(cut)
            else:
                self.cuts[int(rng.integers(KEPT))] = cut
        return over_white([self.cuts[i] for i in rng.integers(0, len(self.cuts), count)])


class Decoded:
    """Cuts of scenes that went through the autoencoder; `decoded.py` made them."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.sharp = np.load(DECODED_SHARP, mmap_mode="r")
        self.small = np.load(DECODED, mmap_mode="r")

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """(count, 4, side/4, side/4) as decoded, and the sharp pictures."""
        part, small, sharp = self.side // SCALE, [], []
        while len(sharp) < count:
            i = int(rng.integers(len(self.small)))
            y, x = (int(v) for v in rng.integers(0, self.small.shape[1] - part + 1, 2))
            top, left = y * SCALE, x * SCALE
            cut = self.sharp[i, top : top + self.side, left : left + self.side]
            if _is_flat(cut) and rng.random() > FLAT_SHARE:
                continue
            sharp.append(cut)
            small.append(self.small[i, y : y + part, x : x + part])
        return _floats(small) / 127.5 - 1, over_white(sharp)


def _floats(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()


def over_white(pictures: list[np.ndarray]) -> Tensor:
    """uint8 (H, W, 4) with straight alpha → (B, 4, H, W) in [-1, 1], colour over white."""
    x = _floats(pictures) / 255
    colour = x[:, :3] * x[:, 3:] + (1 - x[:, 3:])
    return torch.cat([colour, x[:, 3:]], 1) * 2 - 1


def reduced(sharp: Tensor) -> Tensor:
    """Four times smaller, each pixel the mean of what it covers, as a renderer would draw it."""
    return F.avg_pool2d(sharp, SCALE)


def spoilt(small: Tensor, rng: np.random.Generator) -> Tensor:
    """Reduced pictures with the faults of ones that were decoded from a latent; a quarter stay."""
    count = len(small)
    is_worn = rng.random(count) < 0.75

    def some(share: float, low: float, high: float) -> np.ndarray:
        return np.where(is_worn & (rng.random(count) < share), rng.uniform(low, high, count), 0)

    x = _blurred(small, some(0.7, 0.25, 0.85))
    ringing = _tensor(some(0.5, 0.1, 0.6))
    x = x + ringing * (x - _blurred(x, rng.uniform(0.7, 1.4, count)))
    noise = torch.from_numpy(rng.standard_normal(tuple(small.shape), np.float32))
    blotches = 2.5 * _blurred(noise, np.full(count, 1.0))
    noise = torch.where(_tensor(rng.random(count)) < 0.5, noise, blotches)
    return (x + _tensor(some(0.5, 0.004, 0.03)) * noise).clamp(-1, 1)


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))[:, None, None, None]


def _blurred(x: Tensor, sigma: np.ndarray) -> Tensor:
    """A Gaussian blur, of another width for each picture of the batch."""
    radius = 3
    count, channels, height, width = x.shape
    places = torch.arange(-radius, radius + 1, dtype=torch.float32)
    taps = torch.exp(-0.5 * (places / _tensor(sigma.clip(0.05))[..., 0]) ** 2)
    taps = (taps / taps.sum(-1, keepdim=True)).repeat_interleave(channels, 0)
    wide = F.pad(x.reshape(1, count * channels, height, width), (radius,) * 4, mode="replicate")
    wide = F.conv2d(wide, taps[..., None], groups=count * channels)
    wide = F.conv2d(wide, taps[:, :, None], groups=count * channels)
    return wide.reshape(x.shape)


def _turned(x: Tensor, way: int) -> Tensor:
    x = torch.rot90(x, way % 4, (2, 3))
    return x.flip(3) if way >= 4 else x


def batches(batch: int, side: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (small (B, 4, side/4, side/4), sharp (B, 4, side, side)) pairs."""
    rng = np.random.default_rng([seed, 3])
    kept = Kept(side, seed)
    decoded: Decoded | None = None
    while True:
        if decoded is None and Path(DECODED).exists():
            decoded = Decoded(side)
        count = 0 if decoded is None else math.floor(batch * DECODED_SHARE)
        sharp = kept.draw(batch - count, rng)
        small = spoilt(reduced(sharp), rng)
        if decoded is not None:
            more_small, more_sharp = decoded.draw(count, rng)
            small, sharp = torch.cat([small, more_small]), torch.cat([sharp, more_sharp])
        way = int(rng.integers(8))
        yield _turned(small, way).contiguous(), _turned(sharp, way).contiguous()
