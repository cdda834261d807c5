"""Plain versions of a picture: the same thing in the same place, without the picture's style.

A style is learned as the step from an ordinary drawing to the one at hand. The ordinary drawing is
seldom there, so it is made: the thing is cut from its background, blurred, and given other colours,
differently every time. What stays the same is what it is and where; where a style has colours of
things at all, mostly their colours too, but not how pale or dark they are. Knows no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.pocket.restyle import oklab

BLURRED_TO = (20, 96)
"""Fewest and most pixels a side that are left of a picture."""

CUT_SHARE, INVERTED_SHARE, FLAT_SHARE = 0.7, 0.4, 0.6
STEEP, SMOOTHED = (3.0, 12.0), (1.0, 2.5)
"""Least change of colour from pixel to pixel that makes an edge, in levels of 255, and what is
smoothed before, as a deviation in pixels: strokes and grain are no areas."""

COLOURFUL = 0.012
"""Spread of hues and chroma (OKLab) over the pictures of a style, above which it has colours."""

MOST_VIVID, LIGHTER = 2.2, 0.25

LEAST_AREA = 0.002
LEAST_COVER, MOST_COVER = 0.03, 0.9
"""A thing that covers less or more of its picture was not told from the background."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Colours:
    """How colours are made plain: `kept`, the share of areas, and of pictures, that keep theirs."""

    kept: float


PLAIN, TRUE = Colours(0.3), Colours(0.85)
"""For a style without colours of things, where those of what is looked up mean nothing, and for one
with them."""


def colours_of(pictures: Iterable[Pixels]) -> Colours:
    """Whether a style's pictures (H, W, 4) have colours of things: those differ."""
    pixels = np.concatenate([picture[::2, ::2, :3].reshape(-1, 3) for picture in pictures])
    spread = oklab(pixels)[:, 1:].std(0)
    return TRUE if float(np.hypot(*spread)) > COLOURFUL else PLAIN


def plainer(picture: Pixels, rng: np.random.Generator, colours: Colours = PLAIN) -> Pixels:
    """A plain version of a picture, both uint8 (H, W, 4) with straight alpha."""
    if rng.random() < FLAT_SHARE:
        return flat(picture, rng, colours)
    found = picture.copy()
    if rng.random() < CUT_SHARE:
        found[..., 3] = thing_alpha(picture)
    found = blurred(found, int(rng.integers(*BLURRED_TO)))
    change = vivid if rng.random() < colours.kept else recoloured
    found[..., :3] = change(found[..., :3], rng)
    return found


def flat(picture: Pixels, rng: np.random.Generator, colours: Colours = PLAIN) -> Pixels:
    """Every area between edges in one colour, as flat drawings are: lines and shading are gone."""
    from scipy import ndimage

    smooth = rng.uniform(*SMOOTHED)
    colour = ndimage.gaussian_filter(picture[..., :3].astype(np.float32), (smooth, smooth, 0))
    down, right = (np.abs(np.gradient(colour, axis=axis)) for axis in (0, 1))
    found: Any = ndimage.label(np.hypot(down, right).max(-1) < rng.uniform(*STEEP))
    labels, count = found
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    is_area = sizes >= LEAST_AREA * labels.size
    is_area[0] = False
    # Edges and specks go to the area that is nearest.
    nearest: Any = ndimage.distance_transform_edt(
        ~is_area[labels], return_distances=False, return_indices=True
    )
    labels = labels[tuple(nearest)]
    # Of labels that are gone there is no mean, and no pixel asks for it.
    counts = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    sums = [np.bincount(labels.ravel(), c.ravel(), count + 1) for c in np.moveaxis(colour, -1, 0)]
    own = np.stack(sums, -1) / counts[:, None]
    chosen = rng.random((count + 1, 3)) * 255
    is_own = rng.random((count + 1, 1)) < colours.kept
    own = vivid(own.astype(np.uint8), rng)
    plain = picture.copy()
    plain[..., :3] = np.where(is_own, own, chosen)[labels].astype(np.uint8)
    plain[..., 3] = thing_alpha(picture)
    return blurred(plain, picture.shape[0] * 3 // 4)


def thing_alpha(picture: Pixels) -> NDArray[np.uint8]:
    """(H, W): solid where a picture differs from what runs along its border.

    The picture's own alpha where it has any, or where nothing stands out.
    """
    own = picture[..., 3]
    if own.min() < 128:
        return own
    colour = picture[..., :3].astype(np.float32)
    border = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]])
    behind = np.median(border, axis=0)
    far = np.abs(colour - behind).max(-1)
    # Grain and grids of the background are no thing.
    threshold = max(24.0, float(np.percentile(np.abs(border - behind).max(-1), 95)) * 1.5)
    alpha = np.clip((far - threshold) * 8, 0, 255).astype(np.uint8)
    alpha = _closed(alpha)
    cover = float((alpha > 127).mean())
    return alpha if LEAST_COVER < cover < MOST_COVER else own


def _closed(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fills what outlines enclose, and softens the edge."""
    from scipy import ndimage

    solid = ndimage.binary_fill_holes(ndimage.binary_closing(alpha > 127, iterations=2))
    assert solid is not None
    return (ndimage.uniform_filter(solid.astype(np.float32), 3) * 255).astype(np.uint8)


def blurred(picture: Pixels, side: int) -> Pixels:
    """Drawn from so few pixels a side."""
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).convert("RGBa").resize((side, side), Image.Resampling.BOX)
    large = small.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(large.convert("RGBA")).copy()


def vivid(rgb: Pixels, rng: np.random.Generator) -> Pixels:
    """The same hues, (..., 3), more or less of them, lighter or darker."""
    values = rgb.astype(np.float32)
    grey = values.mean(-1, keepdims=True)
    values = grey + (values - grey) * rng.uniform(0.8, MOST_VIVID)
    values = 127.5 + (values - 127.5) * rng.uniform(0.8, 1.5) + 255 * rng.uniform(-LIGHTER, LIGHTER)
    return np.clip(values, 0, 255).astype(np.uint8)


def recoloured(rgb: Pixels, rng: np.random.Generator) -> Pixels:
    """Other colours: the channels mixed at random, some light made dark, the contrast kept."""
    mix = rng.dirichlet((0.6, 0.6, 0.6), size=3)
    values = rgb.astype(np.float32) / 255 @ mix.T
    flip = rng.random(3) < INVERTED_SHARE
    values = np.where(flip, 1 - values, values)
    low, high = values.min((0, 1)), values.max((0, 1))
    to_low, to_high = np.sort(rng.random((2, 3)), axis=0) * (1, 1, 1)
    spread = np.where(high - low < 0.05, 1, high - low)
    values = to_low + (values - low) / spread * np.maximum(to_high - to_low, 0.3)
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)
