"""Redraws a looked-up drawing in another style, by rule: for a rough of what no one drew so.

What tells the drawing styles apart can mostly be said: the inks that an artist uses again and
again, even areas or shading, lines around them, how much of the square a thing fills. The inks are
counted in the memory (`training/image/manners.py`); the rest is written here. The network draws
after the result as after any rough. Pure functions of pixels; knows nothing about prompts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

Pixels = NDArray[np.uint8]
"""(H, W, 4), straight alpha, or colours (N, 3)."""

Floats = NDArray[np.float32]

FILE = "manners.json"

FINE = 2
"""Areas are found at so many times the drawing's own size, for edges that are smooth again."""

SOLID = 200
"""Alpha from which on a pixel's own colour can be trusted."""

MOST_AREAS, NEAREST_AREAS, LEAST_AREA = 14, 0.045, 0.0015
"""Colours of a drawing: how many at most, how far apart at least (OKLab), and the least share."""

SHADED_AREAS, SHADED_NEAREST, SHADED_BLUR = 9, 0.07, 5
"""The same for drawings with shading, of which only the large steps are to stay, after a median
over so many pixels."""

SHADED = ("3d", "glossy")
HUE_WEIGHT = 2.5
"""A wrong hue is worse than a wrong lightness: leaves may be darker, but not brown."""

RARE, TAKEN = 0.001, 0.006
"""What an ink costs for being rare, and for being that of another area already."""

STRANGE = 0.08
"""An ink so far from a colour (weighted OKLab distance, squared) is no ink for it."""

DARK, WHITE, HUELESS, LIKENESS = 0.6, 0.97, 0.03, 0.5
"""Lightness to which an ink is dark and from which it is white; chroma below which one has no hue;
the cosine between hues that are still one."""

STEEP = 8
"""Levels of brightness between neighbours that make an edge."""

BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Manner:
    """How a style is drawn: inks (N, 3), how often each is used, and the side that a thing fills.

    `side`: px of the longer side of what is drawn, of 128.
    """

    inks: Pixels
    shares: Floats
    side: int


def load(path: Path) -> dict[str, Manner]:
    """The manners by the name of their style."""
    found = json.loads(path.read_text("utf-8"))
    return {
        style: Manner(
            np.array([list(bytes.fromhex(ink)) for ink in own["inks"]], np.uint8).reshape(-1, 3),
            np.array(own["shares"], np.float32),
            own["side"],
        )
        for style, own in found.items()
    }


def restyled(drawing: Pixels, own: str, asked: str, manners: dict[str, Manner]) -> Pixels:
    """A drawing (S, S, 4) in its `own` style, redrawn in the one asked for.

    Unchanged if that is no style of which the manner is known, or if nothing is drawn.
    """
    manner = manners.get(asked)
    if manner is None or own == asked or not drawing[..., 3].any():
        return drawing
    if asked in SHADED:
        # These two are one design, drawn twice.
        return drawing if own in SHADED else _lit(drawing)
    return FINISHES.get(asked, _plain)(_areas(drawing, own in SHADED), manner)


@dataclass(frozen=True)
class Areas:
    """A drawing taken apart, `FINE` times as large: which colour each pixel has, and where it is.

    `colours`: (K, 3) OKLab. `shares`: (K,) of what is drawn.
    """

    labels: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    colours: Floats
    shares: Floats


def _areas(drawing: Pixels, is_shaded: bool) -> Areas:
    """Even areas of few colours."""
    large = _scaled(drawing, drawing.shape[1] * FINE, drawing.shape[0] * FINE)
    alpha = large[..., 3]
    is_solid = alpha >= min(SOLID, int(alpha.max()))
    # Beyond the edge the colour of the edge goes on, so that none is mixed with nothing.
    nearest_solid: Any = ndimage.distance_transform_edt(~is_solid, return_indices=True)
    colours = large[..., :3][tuple(nearest_solid[1])]
    if is_shaded:
        smooth = Image.fromarray(colours).filter(ImageFilter.MedianFilter(SHADED_BLUR))
        colours = np.asarray(smooth)
    colours = _crisp(_crisp(colours))
    lab = oklab(colours)
    most, nearest = (SHADED_AREAS, SHADED_NEAREST) if is_shaded else (MOST_AREAS, NEAREST_AREAS)
    means, shares = _main_colours(colours[is_solid], most, nearest)
    # The nearest mean: |x|² is the same for all of them.
    labels = (lab @ (-2 * means.T) + (means**2).sum(1)).argmin(-1).astype(np.uint8)
    labels = np.asarray(Image.fromarray(labels).filter(ImageFilter.ModeFilter(5)))
    return Areas(labels, alpha, means, shares)


def _scaled(drawing: Pixels, width: int, height: int) -> Pixels:
    """Enlarged smoothly or averaged down, without the colour of what is transparent."""
    way = Image.Resampling.BICUBIC if width > drawing.shape[1] else Image.Resampling.BOX
    picture = Image.fromarray(drawing).convert("RGBa").resize((width, height), way)
    return np.asarray(picture.convert("RGBA"))


def _crisp(colours: Pixels) -> Pixels:
    """On a steep slope each pixel becomes its darkest or brightest neighbour, the nearer one.

    The toggle mapping of Kramer and Bruckner (1975): mixed colours along edges go, lines stay.
    """
    height, width = colours.shape[:2]
    light = (colours @ BRIGHTNESS).astype(np.int16)
    padded = np.pad(light, 1, mode="edge")
    shifted = np.stack([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)])
    lowest, highest = shifted.argmin(0), shifted.argmax(0)
    low, high = shifted.min(0), shifted.max(0)
    which = np.where(light - low < high - light, lowest, highest)
    which = np.where(high - low > STEEP, which, 4)
    rows, columns = np.ogrid[:height, :width]
    rows = np.clip(rows + which // 3 - 1, 0, height - 1)
    return colours[rows, np.clip(columns + which % 3 - 1, 0, width - 1)]


def _main_colours(pixels: Pixels, most: int, nearest: float) -> tuple[Floats, Floats]:
    """Colours (K, 3) in OKLab that a drawing is made of, and their shares of it."""
    quantised = Image.fromarray(pixels[None]).quantize(32, Image.Quantize.MEDIANCUT, kmeans=1)
    which = np.asarray(quantised)[0]
    counts = np.bincount(which, minlength=32).astype(np.float32)
    sums = np.stack([np.bincount(which, pixels[:, i], 32) for i in range(3)], 1)
    is_there = counts > 0
    means, counts = _merged(
        oklab(sums[is_there] / counts[is_there, None]), counts[is_there], most, nearest
    )
    shares = counts / counts.sum()
    is_enough = shares >= min(LEAST_AREA, shares.max())
    return means[is_enough], shares[is_enough]


def _merged(means: Floats, counts: Floats, most: int, nearest: float) -> tuple[Floats, Floats]:
    """The nearest two made one, until no two are near and there are no more than `most`."""
    while len(counts) > 1:
        far = np.linalg.norm(means[:, None] - means, axis=2) + 9 * np.eye(len(means))
        one, other = np.unravel_index(far.argmin(), far.shape)
        if far[one, other] > nearest and len(counts) <= most:
            break
        both = counts[one] + counts[other]
        means[one] = (means[one] * counts[one] + means[other] * counts[other]) / both
        counts[one] = both
        means, counts = np.delete(means, other, 0), np.delete(counts, other)
    return means, counts


def inked(colours: Floats, shares: Floats, manner: Manner) -> Pixels:
    """The ink (K, 3) of each colour (K, 3) in OKLab: near and usual; the largest chooses first.

    Where the nearest ink is that of another area already, and no other is near, the area gets a
    shade of that ink, as far from it as the two were: what differed goes on differing. A colour
    that no ink is near stays itself.
    """
    inks = oklab(manner.inks)
    far = colours[:, None] - inks
    weight = np.array([1, HUE_WEIGHT, HUE_WEIGHT], np.float32)
    strange = ((far * weight) ** 2).sum(2) + STRANGE * _is_wrong(colours, inks)
    cost = strange - RARE * np.log(manner.shares / manner.shares.max())
    first: dict[int, int] = {}
    found = np.zeros((len(colours), 3), np.float32)
    for place in map(int, np.argsort(-shares)):
        ink = int(cost[place].argmin())
        if strange[place, ink] > STRANGE:
            found[place] = colours[place]
            continue
        cost[:, ink] += TAKEN
        twin = first.setdefault(ink, place)
        found[place] = inks[ink] + colours[place] - colours[twin]
    return rgb(found)


def _is_wrong(colours: Floats, inks: Floats) -> NDArray[np.bool_]:
    """(K, N): whether an ink would give a colour another hue, fade it to grey or blot it out.

    Dark inks may do for all that is dark; white is gone on a white background.
    """
    is_white = (inks[:, 0] > WHITE) & (np.linalg.norm(colours[:, None] - inks, axis=2) > 1 - WHITE)
    own, other = (np.linalg.norm(lab[:, 1:], axis=1) for lab in (colours, inks))
    likeness = colours[:, 1:] @ inks[:, 1:].T
    is_astray = likeness < LIKENESS * own[:, None] * np.maximum(other, HUELESS)
    return is_white | (is_astray & (own > HUELESS)[:, None] & (inks[:, 0] > DARK))


def _inked(areas: Areas, manner: Manner) -> Pixels:
    """Every area in its ink, (H, W, 3)."""
    return inked(areas.colours, areas.shares, manner)[areas.labels]


def _plain(areas: Areas, manner: Manner) -> Pixels:
    """Even areas, nothing else."""
    return _fitted(np.dstack([_inked(areas, manner), areas.alpha]), manner.side)


SHADE, SHADE_DEPTH, LIGHT, LIGHT_DEPTH = 6, 0.2, 4, 0.45
"""Of a cartoon: width in px of the dark rim at the lower right and of the streak of light at the
upper left, and how dark and light they are."""


def _cartoon(areas: Areas, manner: Manner) -> Pixels:
    """Even areas, a darker rim away from the light, a streak of light along the other side."""
    inked = _inked(areas, manner).astype(np.float32)
    solid = areas.alpha > 127
    rim = solid & ~_moved(solid, -SHADE // 2, -SHADE)
    within = np.asarray(ndimage.distance_transform_edt(solid)) > 2 * LIGHT
    streak = within & ~_moved(within, LIGHT // 2, LIGHT)
    dark, light = (
        np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), FINE / 2))[..., None]
        for mask in (rim, streak)
    )
    inked *= 1 - SHADE_DEPTH * dark
    inked += (255 - inked) * LIGHT_DEPTH * light
    return _fitted(np.dstack([inked.astype(np.uint8), areas.alpha]), manner.side)


def _moved(mask: NDArray[np.bool_], right: int, down: int) -> NDArray[np.bool_]:
    return np.asarray(ndimage.shift(mask.astype(np.uint8), (down, right), order=0)) > 0


LINE = 2
"""Half the width of an outline, in pixels at `FINE` times the size."""

LINE_INK, GROUND_INK = (70, 66, 62), (226, 226, 224, 255)
LEAST_STEP = 0.12
"""Colours (OKLab) nearer than this have no line between them."""

GROUND_HEIGHT, GROUND_WIDTH = 8, 0.6
"""The pale patch that an outlined thing stands on: px of 128, and share of the thing's width."""


def _outline(areas: Areas, manner: Manner) -> Pixels:
    """Even areas with dark lines around all of them, on a pale patch of ground."""
    inked = _inked(areas, manner)
    solid = areas.alpha > 127
    lines = _dilated(_borders(oklab(inked), solid), LINE)
    inked[lines] = LINE_INK
    alpha = np.where(lines, 255, areas.alpha)
    return _fitted(np.dstack([inked, alpha]).astype(np.uint8), manner.side, GROUND_HEIGHT)


def _borders(lab: Floats, solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W): where colours far apart meet, or something meets nothing."""
    found = np.zeros(solid.shape, bool)
    for axis in (0, 1):
        step = np.linalg.norm(np.diff(lab, axis=axis), axis=2) > LEAST_STEP
        both = np.minimum(*(np.delete(solid, end, axis) for end in (0, -1)))
        edge = (step & both) | np.diff(solid, axis=axis)
        found |= np.pad(edge, [(0, int(each == axis)) for each in (0, 1)])
    return found


def _dilated(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Everything nearer than `reach` pixels."""
    far = np.asarray(ndimage.distance_transform_edt(~mask), np.float32)
    return far <= reach


def _fitted(large: Pixels, side: int, ground: int = 0) -> Pixels:
    """What is drawn, so large that it fills `side` of 128 px, in the middle of the square.

    Args:
        large: (S · FINE, S · FINE, 4).
        ground: height of a pale patch beneath it, of 128 px.
    """
    size = large.shape[0] // FINE
    rows, columns = (np.flatnonzero((large[..., 3] > 100).any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((size, size, 4), np.uint8)
    cut = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    patch = round(ground * size / 128)
    scale = (round(side * size / 128) - patch) / max(cut.shape[:2])
    height, width = (max(1, round(length * scale)) for length in cut.shape[:2])
    small = Image.fromarray(cut).convert("RGBa").resize((width, height), Image.Resampling.BOX)
    canvas = Image.new("RGBA", (size, size), (255, 255, 255, 0))
    left, top = (size - width) // 2, (size - patch - height) // 2
    if patch:
        half, foot = width * GROUND_WIDTH / 2, top + height
        box = (size / 2 - half, foot - patch / 2, size / 2 + half, foot + patch / 2)
        ImageDraw.Draw(canvas).ellipse(box, GROUND_INK)
    canvas.alpha_composite(small.convert("RGBA"), (max(left, 0), max(top, 0)))
    return np.asarray(canvas)


BULGE = 0.22
"""How far a flat thing bulges when it is given a body: share of its longer side to the top."""

LAMP = np.array([-0.35, -0.6, 0.72], np.float32)
DIFFUSE, SHINE, HARDNESS = 0.45, 0.5, 24


def _lit(drawing: Pixels) -> Pixels:
    """A flat drawing blown up like a cushion and lit from the upper left.

    Its height follows the distance to its edge (as in shape from silhouette, Johnston 2002), its
    light is that of Phong (1975): diffuse, with a highlight.
    """
    solid = np.pad(drawing[..., 3] > 127, 1)
    far = np.asarray(ndimage.distance_transform_edt(solid), np.float32)[1:-1, 1:-1]
    reach = max(BULGE * max(drawing.shape[:2]), 1)
    depth = 1 - np.clip(far / reach, 0, 1)
    height = reach * np.sqrt(np.maximum(1 - depth**2, 0))
    down, right = np.gradient(np.asarray(ndimage.gaussian_filter(height, 2)))
    normal = np.stack([-right, -down, np.ones_like(down)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    lamp = LAMP / np.linalg.norm(LAMP)
    facing = (normal @ lamp)[..., None]
    mirrored = np.clip(2 * facing * normal - lamp, 0, 1)[..., 2:]
    colours = drawing[..., :3] * (1 + DIFFUSE * (facing - lamp[2]))
    colours += (255 - np.clip(colours, 0, 255)) * SHINE * mirrored**HARDNESS
    return np.dstack([np.clip(colours, 0, 255), drawing[..., 3]]).astype(np.uint8)


FINISHES: dict[str, Callable[[Areas, Manner], Pixels]] = {
    "cartoon": _cartoon,
    "outline": _outline,
}
"""Styles that are more than even areas in their own inks."""


def oklab(rgb: NDArray[Any]) -> Floats:
    """Colours (..., 3) of 0 to 255 in OKLab (Ottosson 2020): distances are as the eye sees them."""
    levels = np.asarray(rgb, np.float32) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return (np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T).astype(np.float32)


def rgb(lab: Floats) -> Pixels:
    """Colours (..., 3) of 0 to 255 of OKLab ones; the nearest where there is none."""
    linear = np.clip((lab @ np.linalg.inv(TO_LAB).T) ** 3 @ np.linalg.inv(TO_CONES).T, 0, 1)
    levels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(levels * 255).astype(np.uint8)


TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
