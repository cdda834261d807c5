"""Endless labelled batches for the judge: drawings it may see, composed anew each time.

Each picture is 64 px RGB with three labels: the concept, the style and how many copies there are
(-1 where a label does not apply). Scale, place, background, tint, blur and noise vary as they do in
generated pictures. Knows nothing about the judge's network.
"""

import re
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.image.judge_concepts import judged
from training.image.render import OUT
from training.image.sample import COUNT_LAYOUTS
from training.image.scenes import COLOURS, PLACES, TINTS, place
from training.image.split import held_out, manifest, seen

SIDE = 64
MAX_COUNT = 4
NO_LABEL = -1
OTHER_SHARE = 0.08
SEVERAL_SHARE = 0.2
TINT_SHARE = 0.12
FLIP_SHARE = 0.2
# Drawings that a colour, a side or a letter tells apart keep both.
COLOUR_WORDS = re.compile(
    r"\b(red|orange|yellow|green|blue|purple|pink|brown|black|white|grey|heart|medal|bank|book|"
    r"snow|cloud|drop|suit|apple|square|circle)", re.IGNORECASE
)  # fmt: skip
SIDED_WORDS = re.compile(r"\b(left|right|leftwards|rightwards|tilted|waxing|waning|quarter|suit)")


@dataclass(frozen=True)
class Shelf:
    """The rendered drawings at 64 px (premultiplied) with their labels, row by row."""

    sprites: Tensor
    """uint8 (N, 4, 64, 64), colour multiplied by alpha."""

    concept: Tensor
    style: Tensor
    may_tint: Tensor
    may_flip: Tensor
    concepts: tuple[str, ...]
    styles: tuple[str, ...]


def _small(table: np.ndarray) -> Tensor:
    out = torch.empty((len(table), 4, SIDE, SIDE), dtype=torch.uint8)
    for start in range(0, len(table), 512):
        part = torch.from_numpy(np.array(table[start : start + 512])).permute(0, 3, 1, 2).float()
        part[:, :3] *= part[:, 3:] / 255
        out[start : start + 512] = F.avg_pool2d(part, table.shape[1] // SIDE).round().byte()
    return out


def shelf() -> Shelf:
    """Reads the whole rendered table, held-out drawings included: the caller picks rows."""
    rows = manifest()
    concepts = tuple(c["id"] for c in judged(rows))
    styles = tuple(sorted({r["style"] for r in rows}))
    number = {c: i for i, c in enumerate(concepts)}
    names = [r["en"] or "" for r in rows]
    return Shelf(
        sprites=_small(np.load(OUT / "rgba128.npy", mmap_mode="r")),
        concept=torch.tensor([number.get(r["concept"], NO_LABEL) for r in rows]),
        style=torch.tensor([styles.index(r["style"]) for r in rows]),
        may_tint=torch.tensor([COLOUR_WORDS.search(n) is None for n in names]),
        may_flip=torch.tensor([SIDED_WORDS.search(n) is None for n in names]),
        concepts=concepts,
        styles=styles,
    )


def _backdrops() -> Tensor:
    """Painted places, float (N, 3, 64, 64) in [0, 1]."""
    painted = [np.asarray(place(n, s, SIDE).convert("RGB")) for n in PLACES for s in range(12)]
    return torch.from_numpy(np.stack(painted)).permute(0, 3, 1, 2).float() / 255


def tint(sprites: Tensor, colours: Tensor) -> Tensor:
    """Recolours premultiplied sprites (B, 4, H, W) as the scene painter does; colours (B, 3)."""
    alpha = sprites[:, 3:].clamp_min(1e-3)
    colour = sprites[:, :3] / alpha
    luma = (colour * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    solid = torch.where(sprites[:, 3:] > 0.5, luma, torch.nan).flatten(1)
    middle = solid.nanmedian(dim=1).values.nan_to_num(0.5).clamp_min(0.15).view(-1, 1, 1, 1)
    lift = (luma / middle).clamp(0, 2)
    target = colours.view(-1, 3, 1, 1)
    painted = torch.where(lift < 1, target * lift, target + (1 - target) * (lift - 1) * 0.8)
    return torch.cat(
        [(0.88 * painted + 0.12 * colour).clamp(0, 1) * sprites[:, 3:], sprites[:, 3:]], 1
    )


class Composer:
    """Draws batches from the rows it was given, forever the same for one seed."""

    def __init__(self, shelf: Shelf, usable: np.ndarray, seed: int) -> None:
        self.shelf = shelf
        chosen = torch.as_tensor(usable)
        has_concept = shelf.concept[chosen] >= 0
        self.known, self.other = chosen[has_concept], chosen[~has_concept]
        self.rng = torch.Generator().manual_seed(seed)
        self.painted = _backdrops()
        self.side = SIDE
        self.tints = torch.tensor([COLOURS[name] for name in TINTS]) / 255
        self.plains = torch.tensor([COLOURS[name] for name in COLOURS]) / 255
        self.queue = torch.empty(0, dtype=torch.long)

    @property
    def side(self) -> int:
        """Pictures are this many px wide; smaller ones train faster."""
        return self._side

    @side.setter
    def side(self, side: int) -> None:
        self._side = side
        self.backdrops = F.interpolate(self.painted, size=side, mode="bilinear", antialias=True)

    def _rand(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(shape, generator=self.rng) * (high - low) + low

    def _pick(self, pool: Tensor, count: int) -> Tensor:
        return pool[torch.randint(len(pool), (count,), generator=self.rng)]

    def _rows(self, count: int) -> Tensor:
        """Known drawings in shuffled passes, with a few of unknown concept for the style head."""
        other = int(count * OTHER_SHARE) if len(self.other) else 0
        while len(self.queue) < count:
            order = torch.randperm(len(self.known), generator=self.rng)
            self.queue = torch.cat([self.queue, self.known[order]])
        rows, self.queue = self.queue[: count - other], self.queue[count - other :]
        return torch.cat([rows, self._pick(self.other, other)]) if other else rows

    def _background(self, count: int) -> tuple[Tensor, Tensor]:
        """(B, 3, side, side) backgrounds, and which of them are painted places."""
        draw = self._rand(count)
        out = torch.ones(count, 3, self.side, self.side)
        plain = (draw > 0.5) & (draw < 0.86)
        shades = self._pick(self.plains, count) + self._rand(count, 3, low=-0.12, high=0.12)
        out[plain] = (
            shades[plain].clamp(0, 1)[:, :, None, None].expand(-1, -1, self.side, self.side)
        )
        is_place = draw >= 0.86
        out[is_place] = self._pick(self.backdrops, int(is_place.sum()))
        return out, is_place

    def _paste(
        self, canvas: Tensor, sprites: Tensor, at: Tensor, size: Tensor, turn: Tensor
    ) -> Tensor:
        """Lays sprites over the canvas; `at` (B, 2) and `size` (B,) as fractions of the side."""
        cos, sin = turn.cos() / size, turn.sin() / size
        centre = at * 2 - 1
        theta = torch.stack([torch.stack([cos, sin], 1), torch.stack([-sin, cos], 1)], 1)
        theta = torch.cat([theta, -(theta @ centre[:, :, None])], 2)
        grid = F.affine_grid(theta, [len(canvas), 4, self.side, self.side], align_corners=False)
        layer = F.grid_sample(sprites, grid, padding_mode="zeros", align_corners=False)
        return canvas * (1 - layer[:, 3:]) + layer[:, :3]

    def _layout(self, counts: Tensor, is_place: Tensor) -> tuple[Tensor, Tensor]:
        """Where each copy goes: (B, 4, 2) centres and (B,) sizes."""
        total = len(counts)
        at = torch.full((total, MAX_COUNT, 2), 0.5)
        size = self._rand(total, low=0.8, high=1.02)
        size = torch.where(self._rand(total) < 0.25, self._rand(total, low=0.5, high=0.8), size)
        size = torch.where(is_place, self._rand(total, low=0.42, high=0.7), size)
        free = (1 - size).clamp_min(0)[:, None] * 0.5 + 0.02
        at[:, 0] += self._rand(total, 2, low=-1, high=1) * free
        for n in range(2, MAX_COUNT + 1):
            where = torch.tensor(COUNT_LAYOUTS[n])
            line = torch.tensor([[(i + 0.5) / n, 0.5] for i in range(n)])
            for i in (counts == n).nonzero()[:, 0].tolist():
                in_line = float(self._rand(1)) < 0.25
                spots = line if in_line else where
                spots = spots.flip(1) if float(self._rand(1)) < 0.3 else spots
                at[i, :n] = spots + self._rand(n, 2, low=-0.04, high=0.04)
                most = 0.98 / n if in_line else (0.48 if n == 2 else 0.45)
                size[i] = most * float(self._rand(1, low=0.75, high=1.0))
        return at, size

    def _spoil(self, x: Tensor) -> Tensor:
        """What an autoencoder does to a picture: softer, a little noisy, colours a little off.

        Only a little: flat styles differ by their palettes.
        """
        total = len(x)
        middle = x.mean((1, 2, 3), keepdim=True)
        x = (x - middle) * self._rand(total, 1, 1, 1, low=0.95, high=1.05) + middle
        grey = x.mean(1, keepdim=True)
        x = (x - grey) * self._rand(total, 1, 1, 1, low=0.93, high=1.07) + grey
        soft = total // 4
        low = round(self.side * float(self._rand(1, low=0.5, high=0.95)))
        small = F.interpolate(x[:soft], size=low, mode="bilinear", antialias=True)
        x[:soft] = F.interpolate(small, size=self.side, mode="bilinear")
        noise = torch.randn(x.shape, generator=self.rng) * self._rand(total, 1, 1, 1, high=0.015)
        return (x + noise).clamp(0, 1)

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures (B, 3, side, side) in [0, 1], with concept, style and copies - 1."""
        rows = self._rows(count)
        rows = rows[torch.randperm(len(rows), generator=self.rng)]
        sprites = self.shelf.sprites[rows].float() / 255
        tinted = (self._rand(count) < TINT_SHARE) & self.shelf.may_tint[rows]
        if tinted.any():
            sprites[tinted] = tint(sprites[tinted], self._pick(self.tints, int(tinted.sum())))
        flipped = (self._rand(count) < FLIP_SHARE) & self.shelf.may_flip[rows]
        sprites[flipped] = sprites[flipped].flip(-1)
        counts = torch.ones(count, dtype=torch.long)
        several = self._rand(count) < SEVERAL_SHARE
        counts[several] = torch.randint(2, MAX_COUNT + 1, (int(several.sum()),), generator=self.rng)
        x, is_place = self._background(count)
        at, size = self._layout(counts, is_place)
        for k in range(MAX_COUNT):
            here = counts > k
            turn = self._rand(int(here.sum()), low=-0.14, high=0.14)
            x[here] = self._paste(x[here], sprites[here], at[here, k], size[here], turn)
        style = torch.where(tinted, NO_LABEL, self.shelf.style[rows])
        return self._spoil(x), self.shelf.concept[rows], style, counts - 1


def seen_rows() -> np.ndarray:
    """Rows the judge may learn from."""
    return seen(manifest())


def test_rows() -> np.ndarray:
    """The held-out drawings."""
    return held_out(manifest())
