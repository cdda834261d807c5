"""Folders of pictures in made-up hands, to teach from and to measure what was learned.

    python -m training.image.hands OUT [--side 512]

Drawings of Fluent Emoji Flat (MIT) and Noto Emoji (Apache-2.0), each redrawn by a filter: as a
woodcut, in watercolour, in chalk on slate, as a mosaic, as a neon sign. `OUT/HAND/` holds the 24
to learn from, with their licences; `OUT/HAND-unseen/` 40 other things, which only measure. Knows
no model.
"""

import argparse
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from training.image.packs import PACKS
from training.image.render import render_svg

Floats = NDArray[Any]
FLAT, NOTO = "iconify-json-fluent-emoji-flat-1.2.6", "iconify-json-noto-1.2.9"
LICENCES = {FLAT: "MIT", NOTO: "Apache-2.0"}
FILL = 0.82
"""Of the side, what a drawing takes."""

TAUGHT = (
    "red-apple bicycle bird sailboat books automobile cat mantelpiece-clock teacup-without-handle "
    "dog elephant tropical-fish cherry-blossom guitar house key light-bulb umbrella rocket "
    "mushroom cactus shopping-cart hamburger crown"
).split()
UNSEEN = (
    "penguin castle butterfly teapot fox strawberry bus spouting-whale owl rabbit violin camera "
    "snail sunflower pizza locomotive turtle backpack anchor watermelon octopus trumpet lemon "
    "tent horse snowman helicopter scissors frog balloon carrot hot-beverage airplane mouse "
    "cheese-wedge drum hedgehog tulip bell duck"
).split()


def woodcut(rgba: Floats, rng: np.random.Generator) -> Floats:
    """Black ink on cream paper: outlines, and hatching that swells where it is dark."""
    dark = _darkness(rgba)
    side = dark.shape[0]
    y, x = np.mgrid[:side, :side] / side
    wave = 0.006 * np.sin(9 * x + 4 * y + rng.uniform(0, 6))
    lines = np.abs(((x * 0.72 + y * 0.7 + wave) * 30) % 1 - 0.5) * 2
    cross = np.abs(((x * 0.7 - y * 0.72 + wave) * 30) % 1 - 0.5) * 2
    ink = lines < 0.1 + 0.75 * np.clip(dark - 0.12, 0, 1)
    ink |= (cross < 0.6 * np.clip(dark - 0.55, 0, 1)) & (dark > 0.55)
    ink &= rgba[..., 3] > 0.5
    ink |= _outlines(rgba, 0.012)
    ink |= dark > 0.86
    soft = ndimage.gaussian_filter(ink.astype(float), side / 700)[..., None]
    return (
        _paper(side, (0.955, 0.92, 0.83), rng, 0.015) * (1 - soft)
        + np.array([0.11, 0.09, 0.08]) * soft
    )


def watercolour(rgba: Floats, rng: np.random.Generator) -> Floats:
    """Pale washes with darker rims on grained paper, edges that run."""
    side = rgba.shape[0]
    bend = [_noise(side, side / 16, rng) * side * 0.012 for _ in range(2)]
    y, x = np.mgrid[:side, :side]
    at = [y + bend[0], x + bend[1]]
    moved = np.stack([ndimage.map_coordinates(c, at, order=1, mode="nearest")
                      for c in np.moveaxis(rgba, -1, 0)], -1)  # fmt: skip
    alpha = moved[..., 3:]
    soft = ndimage.gaussian_filter(alpha, (side / 90, side / 90, 0))
    colour = ndimage.median_filter(moved[..., :3], size=(side // 64, side // 64, 1))
    pigment = 0.62 + 0.22 * _noise(side, side / 12, rng)[..., None]
    rim = np.clip((alpha - soft) * 1.6, 0, 0.5)
    strength = np.clip(alpha * pigment + rim, 0, 0.97)
    grain = 1 + 0.05 * _noise(side, side / 256, rng)[..., None] * alpha
    paper = _paper(side, (0.985, 0.975, 0.95), rng, 0.012)
    return paper * (1 - strength) + paper * colour * strength * grain


def chalk(rgba: Floats, rng: np.random.Generator) -> Floats:
    """Pastel chalk on dark slate: grainy strokes, light outlines."""
    side = rgba.shape[0]
    grain = _noise(side, side / 300, rng) + 0.8 * _streaks(side, rng)
    pale = 0.45 + 0.55 * rgba[..., :3]
    cover = np.clip(0.55 + 0.5 * grain, 0, 1) * rgba[..., 3]
    outline = ndimage.gaussian_filter(_outlines(rgba, 0.014).astype(float), side / 350)
    outline *= np.clip(0.85 + 0.35 * grain, 0, 1)
    slate = np.array([0.13, 0.18, 0.2]) + 0.02 * _noise(side, side / 24, rng)[..., None]
    drawn = slate * (1 - cover[..., None] * 0.72) + pale * cover[..., None] * 0.72
    white = np.array([0.96, 0.95, 0.9])
    return drawn * (1 - outline[..., None]) + white * outline[..., None]


def mosaic(rgba: Floats, rng: np.random.Generator) -> Floats:
    """Square tiles with light and dark edges, deep blue behind, pale joints."""
    side = rgba.shape[0]
    count, tile = 32, side // 32
    ground = np.array([0.1, 0.22, 0.42])
    over = rgba[..., :3] * rgba[..., 3:] + ground * (1 - rgba[..., 3:])
    means = over.reshape(count, tile, count, tile, 3).mean((1, 3))
    means *= 1 + rng.uniform(-0.12, 0.12, (count, count, 1))
    tiles = means.repeat(tile, 0).repeat(tile, 1)
    y, x = np.mgrid[:side, :side] % tile / (tile - 1)
    bevel = 0.22 * ((np.minimum(x, y) < 0.2) * 1.0 - (np.maximum(x, y) > 0.8))
    tiles = tiles * (1 + bevel[..., None])
    joint = (np.minimum(np.minimum(x, y), np.minimum(1 - x, 1 - y)) < 0.05)[..., None]
    return np.where(joint, np.array([0.82, 0.8, 0.74]), tiles)


def neon(rgba: Floats, rng: np.random.Generator) -> Floats:
    """Glowing tubes along the edges, on the night."""
    side = rgba.shape[0]
    line = ndimage.gaussian_filter(_outlines(rgba, 0.012).astype(float), side / 500)
    colour = ndimage.gaussian_filter(rgba[..., :3] * rgba[..., 3:], (side / 40, side / 40, 0))
    colour /= np.maximum(colour.max(-1, keepdims=True), 0.08)
    colour = np.where(colour.min(-1, keepdims=True) > 0.75, np.array([0.2, 0.9, 1]), colour)
    near = ndimage.gaussian_filter(line, side / 60)[..., None]
    far = ndimage.gaussian_filter(line, side / 20)[..., None]
    night = np.array([0.04, 0.03, 0.09])
    fill = 0.1 * colour * rgba[..., 3:]
    glow = colour * (1.1 * near + 0.7 * far + 0.85 * line[..., None])
    return night + fill + glow + 0.55 * (line[..., None] > 0.75) * (1 - night)


HANDS: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "woodcut": woodcut, "watercolour": watercolour, "chalk": chalk, "mosaic": mosaic, "neon": neon,
}  # fmt: skip


def _darkness(rgba: Floats) -> Floats:
    luma = rgba[..., :3] @ np.array([0.299, 0.587, 0.114])
    return (1 - luma) * rgba[..., 3]


def _outlines(rgba: Floats, width: float) -> NDArray[np.bool_]:
    """Where colours or what is there change, `width` of the side broad."""
    side = rgba.shape[0]
    premultiplied = np.dstack([rgba[..., :3] * rgba[..., 3:], rgba[..., 3]])
    smooth = ndimage.gaussian_filter(premultiplied, (side / 400, side / 400, 0))
    down, right = (np.gradient(smooth, axis=axis) for axis in (0, 1))
    step: Any = np.hypot(down, right).max(-1) * side / 256
    found: Any = ndimage.binary_dilation(step > 0.05, iterations=max(1, round(width * side / 4)))
    return found


def _noise(side: int, scale: float, rng: np.random.Generator) -> Floats:
    """(side, side) smooth noise of unit deviation."""
    found = ndimage.gaussian_filter(rng.standard_normal((side, side)), scale / 2, mode="wrap")
    return found / found.std()


def _streaks(side: int, rng: np.random.Generator) -> Floats:
    """Noise drawn out along a diagonal."""
    noise = ndimage.gaussian_filter1d(rng.standard_normal((side, side)), side / 60, axis=0)
    noise = ndimage.gaussian_filter(noise, side / 500)
    turned = ndimage.rotate(np.tile(noise, (2, 2)), -40, reshape=False, order=1)
    cut = turned[side // 2 : side // 2 + side, side // 2 : side // 2 + side]
    return cut / cut.std()


def _paper(side: int, colour: tuple[float, ...], rng: np.random.Generator, rough: float) -> Floats:
    return np.array(colour) + rough * _noise(side, side / 200, rng)[..., None]


def drawing(name: str, side: int) -> tuple[Floats, str]:
    """(side, side, 4) in [0, 1], straight alpha, and the pack that it is from."""
    for pack in (FLAT, NOTO):
        icons = json.loads((PACKS / pack / "icons.json").read_text("utf-8"))
        if name not in icons["icons"]:
            continue
        icon = icons["icons"][name]
        box = (icon.get("width", icons.get("width", 32)), icon.get("height", icons["height"]))
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {box[0]} {box[1]}">'
        inner = round(side * FILL)
        drawn = render_svg(f"{svg}{icon['body']}</svg>", inner)
        canvas = Image.new("RGBA", (side, side), (255, 255, 255, 0))
        canvas.paste(drawn, ((side - inner) // 2, (side - inner) // 2))
        return np.asarray(canvas, np.float64) / 255, pack
    raise SystemExit(f"no drawing {name!r} in the packs; fetch them with training.fetch")


def write(names: Sequence[str], hand: str, folder: Path, side: int) -> None:
    """One PNG for each name, and `metadata.jsonl` with caption and licence."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for name in names:
        pixels, pack = drawing(name, side)
        rng = np.random.default_rng(zlib.crc32(f"{hand}/{name}".encode()))
        made = np.clip(HANDS[hand](pixels, rng), 0, 1)
        Image.fromarray(np.rint(made * 255).astype(np.uint8)).save(folder / f"{name}.png")
        text = name.replace("-", " ")
        row = {"file_name": f"{name}.png", "text": text, "licence": LICENCES[pack]}
        rows.append(json.dumps(row))
    (folder / "metadata.jsonl").write_text("\n".join(rows) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=512)
    options = parser.parse_args()
    for hand in HANDS:
        write(TAUGHT, hand, options.out / hand, options.side)
        write(UNSEEN, hand, options.out / f"{hand}-unseen", options.side)


if __name__ == "__main__":
    main()
