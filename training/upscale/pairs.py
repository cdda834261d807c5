"""Makes pairs for the up-scaler: a small, slightly spoilt picture, and the sharp one to make of it.

Scenes are composed at high resolution exactly as pocket-image's are, cut, reduced four times, and
then spoilt the way a small autoencoder and a few denoising steps spoil them: soft edges, ringing,
faint noise. Knows nothing about networks.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.image.sample import Catalogue, random_scene
from training.image.scenes import COLOURS, draw, over_white, plain
from training.image.split import manifest
from training.upscale.pack import OUT, WHOLE

SCALE = 4
CUTS_PER_PICTURE = 8
BUFFER = 384
FRESH_SHARE = 0.5
"""A cut is used twice on average, turned and spoilt anew: composing costs a quarter of a step."""

FLAT_SHARE = 0.12
"""Of the cuts without any edge, this share is kept: flat areas must stay flat, but teach little."""

DECODED_SHARE = 0.4
DECODED = OUT / "decoded-small.npy"


@dataclass(frozen=True)
class Cut:
    """A square of a sharp picture, float32 (S, S, 4) in [-1, 1], colour over white.

    `small` is its reduced and spoilt counterpart where there is a real one; else it is made.
    """

    sharp: np.ndarray
    small: np.ndarray | None = None


class Drawn:
    """The rendered files, looked up by manifest row like the table that scenes are drawn from."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    @functools.lru_cache(maxsize=256)  # noqa: B019 (one instance lives as long as the process)
    def __getitem__(self, row: int) -> np.ndarray:
        return np.asarray(Image.open(OUT / f"{row}-whole.png").convert("RGBA"))


def _index() -> list[dict]:
    return [json.loads(line) for line in (OUT / "index.jsonl").read_text().splitlines()]


def _on_background(rgba: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the cut-outs stay transparent, the others are laid on white or a colour."""
    if rng.random() < 0.5:
        return rgba
    colour = plain(str(rng.choice(list(COLOURS))), int(rng.integers(1 << 16)))
    colour = (255, 255, 255) if rng.random() < 0.5 else colour
    ground = Image.new("RGBA", (rgba.shape[1], rgba.shape[0]), (*colour, 255))
    return np.asarray(Image.alpha_composite(ground, Image.fromarray(rgba)))


def pictures(seed: int) -> Iterator[np.ndarray]:
    """Endless sharp pictures, uint8 (H, W, 4), 512 or 256 px."""
    index = _index()
    whole = [line["row"] for line in index if line["part"] == "whole"]
    loose = [line["file"] for line in index if line["part"] != "whole"]
    catalogue = Catalogue.of(manifest(), np.array(whole))
    table = Drawn(whole)
    rng = np.random.default_rng(seed)
    while True:
        if rng.random() < 0.3:
            name = str(rng.choice(loose))
            yield _on_background(np.asarray(Image.open(OUT / name).convert("RGBA")), rng)
        else:
            yield draw(random_scene(int(rng.choice(whole)), catalogue, rng), table, WHOLE)


def _is_flat(cut: np.ndarray) -> bool:
    return float(np.abs(np.diff(cut[::4, ::4], axis=0)).max()) < 0.06


def _turned(cut: np.ndarray, turns: int, is_mirrored: bool) -> np.ndarray:
    cut = np.rot90(cut, turns)
    return cut[:, ::-1] if is_mirrored else cut


def cuts(side: int, seed: int) -> Iterator[Cut]:
    """Endless sharp cuts of new scenes."""
    rng = np.random.default_rng([seed, 1])
    for picture in pictures(seed):
        top = picture.shape[0] - side
        for _ in range(CUTS_PER_PICTURE):
            y, x = rng.integers(0, top + 1, 2)
            sharp = over_white(picture[y : y + side, x : x + side])
            if not _is_flat(sharp) or rng.random() < FLAT_SHARE:
                yield Cut(sharp)


def decoded_cuts(side: int, seed: int) -> Iterator[Cut]:
    """Endless cuts of scenes that went through the autoencoder; `decoded.py` made them."""
    rng = np.random.default_rng([seed, 5])
    sharp_table = np.load(OUT / "decoded-sharp.npy", mmap_mode="r")
    small_table = np.load(DECODED, mmap_mode="r")
    part = side // SCALE
    while True:
        i = int(rng.integers(len(small_table)))
        y, x = rng.integers(0, small_table.shape[1] - part + 1, 2)
        large_y, large_x = y * SCALE, x * SCALE
        sharp = over_white(sharp_table[i, large_y : large_y + side, large_x : large_x + side])
        if not _is_flat(sharp) or rng.random() < FLAT_SHARE:
            small = small_table[i, y : y + part, x : x + part].astype(np.float32) / 127.5 - 1
            yield Cut(sharp, small)


def _mixed(side: int, seed: int) -> Iterator[Cut]:
    """The same cuts, out of order, so that neighbours in a batch come from many pictures."""
    rng = np.random.default_rng([seed, 2])
    fresh = cuts(side, seed)
    decoded: Iterator[Cut] | None = None
    buffer = [next(fresh) for _ in range(BUFFER)]
    while True:
        if decoded is None and DECODED.exists():
            decoded = decoded_cuts(side, seed)
        if decoded is not None and rng.random() < DECODED_SHARE:
            yield next(decoded)
            continue
        at = int(rng.integers(BUFFER))
        yield buffer[at]
        if rng.random() < FRESH_SHARE:
            buffer[at] = next(fresh)


def reduced(sharp: np.ndarray) -> np.ndarray:
    """Four times smaller, each pixel the mean of what it covers, as a renderer would draw it."""
    h, w, c = sharp.shape
    return sharp.reshape(h // SCALE, SCALE, w // SCALE, SCALE, c).mean((1, 3))


def spoilt(small: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A reduced picture with the faults of one that was decoded from a latent."""
    if rng.random() < 0.25:
        return small
    picture = small
    if rng.random() < 0.7:
        picture = _blurred(picture, rng.uniform(0.25, 0.85))
    if rng.random() < 0.5:
        soft = _blurred(picture, rng.uniform(0.7, 1.4))
        picture = picture + rng.uniform(0.1, 0.6) * (picture - soft)
    if rng.random() < 0.5:
        picture = picture + _grain(picture.shape, rng)
    return np.clip(picture, -1, 1).astype(np.float32)


def _blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    radius = 3
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2).astype(np.float32)
    taps /= taps.sum()
    for axis in (0, 1):
        pad = [(radius, radius) if a == axis else (0, 0) for a in range(3)]
        wide = np.pad(picture, pad, mode="edge")
        size = picture.shape[axis]
        parts = [t * np.take(wide, range(i, i + size), axis) for i, t in enumerate(taps)]
        picture = np.sum(parts, 0)
    return picture


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Noise that is sometimes fine, sometimes in blotches of a few pixels, as decoders leave it."""
    noise = rng.normal(0, rng.uniform(0.004, 0.03), shape).astype(np.float32)
    return noise if rng.random() < 0.5 else _blurred(noise, 1.0) * 2.5


def _pair(cut: Cut, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    small = spoilt(reduced(cut.sharp), rng) if cut.small is None else cut.small
    turns, is_mirrored = int(rng.integers(4)), bool(rng.random() < 0.5)
    return _turned(small, turns, is_mirrored), _turned(cut.sharp, turns, is_mirrored)


def batches(batch: int, side: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless (small (B, 4, side/4, side/4), sharp (B, 4, side, side)) pairs."""
    rng = np.random.default_rng([seed, 3])
    source = _mixed(side, seed)
    while True:
        pairs = [_pair(next(source), rng) for _ in range(batch)]
        yield _tensor([small for small, _ in pairs]), _tensor([sharp for _, sharp in pairs])


def _tensor(pictures: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2)))
