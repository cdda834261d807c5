"""Measures which named colour a background or a thing has: pixels alone, no network.

A picture is uint8 (H, W, 3 or 4). Knows nothing about prompts or models.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

# How people use the words, not any model's palette: several typical shades for each name (sRGB).
SHADES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((215, 40, 50), (180, 20, 35), (235, 75, 75)),
    "orange": ((245, 135, 35), (235, 110, 20), (250, 160, 75)),
    "yellow": ((250, 208, 50), (255, 225, 90), (235, 190, 30)),
    "green": ((60, 165, 80), (35, 125, 55), (120, 200, 120)),
    "teal": ((30, 160, 155), (20, 125, 125), (90, 195, 190)),
    "blue": ((50, 110, 220), (30, 75, 180), (100, 155, 240)),
    "purple": ((135, 80, 200), (100, 50, 160), (170, 125, 220)),
    "pink": ((245, 130, 180), (255, 170, 205), (230, 95, 160)),
    "brown": ((135, 85, 55), (100, 62, 40), (165, 115, 82)),
    "black": ((35, 35, 40), (5, 5, 8), (58, 58, 62)),
    "grey": ((142, 146, 152), (110, 112, 118), (180, 184, 188)),
    "white": ((248, 248, 246), (255, 255, 255), (236, 238, 240)),
}
NAMES = tuple(SHADES)
TRANSPARENT = "transparent"
# Alpha below this on the border means that nothing was drawn there.
CLEAR_ALPHA = 26
BORDER_SHARE = 0.06
# Lab distance from the border's colour at which a pixel belongs to the thing.
THING_DISTANCE = 14.0
# Pixels less colourful than this say nothing about a thing's hue (outlines, highlights, eyes).
LEAST_CHROMA = 18.0


def to_lab(rgb: NDArray[np.generic]) -> Floats:
    """sRGB 0–255 (..., 3) to CIE Lab under D65."""
    c = np.asarray(rgb, np.float64) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


_ANCHORS = to_lab(np.array([shade for shades in SHADES.values() for shade in shades], np.float64))
_ANCHOR_NAMES = np.array([i for i, shades in enumerate(SHADES.values()) for _ in shades])


def over_white(picture: Pixels) -> Floats:
    """(H, W, 3 or 4) → RGB 0–255 laid over white."""
    rgb = picture[..., :3].astype(np.float64)
    if picture.shape[-1] == 3:
        return rgb
    alpha = picture[..., 3:].astype(np.float64) / 255
    return rgb * alpha + 255 * (1 - alpha)


def nearest(lab: Floats) -> NDArray[np.intp]:
    """The number in NAMES of the nearest shade, for Lab colours (N, 3)."""
    distance = np.linalg.norm(lab[:, None] - _ANCHORS[None], axis=-1)
    return _ANCHOR_NAMES[distance.argmin(1)]


def border(picture: Pixels) -> Pixels:
    """The pixels of a thin frame around the picture, (N, channels)."""
    height, width, channels = picture.shape
    edge = max(1, round(min(height, width) * BORDER_SHARE))
    inside = np.zeros((height, width), bool)
    inside[edge : height - edge, edge : width - edge] = True
    return picture[~inside].reshape(-1, channels)


def background(picture: Pixels) -> str:
    """The colour name of what is behind, or "transparent"."""
    frame = border(picture)
    if frame.shape[1] == 4 and np.median(frame[:, 3]) < CLEAR_ALPHA:
        return TRANSPARENT
    lab = np.median(to_lab(over_white(frame[:, None])[:, 0]), axis=0)
    return NAMES[nearest(lab[None])[0]]


def thing_mask(picture: Pixels) -> NDArray[np.bool_]:
    """Where the thing is: what was drawn, or what differs from the colour of the border."""
    frame = border(picture)
    if frame.shape[1] == 4 and np.median(frame[:, 3]) < CLEAR_ALPHA:
        return picture[..., 3] >= 128
    behind = np.median(to_lab(over_white(frame[:, None])[:, 0]), axis=0)
    return np.linalg.norm(to_lab(over_white(picture)) - behind, axis=-1) > THING_DISTANCE


def thing_colour(picture: Pixels) -> str | None:
    """The colour name that most of the thing's colourful pixels have; None without a thing."""
    mask = thing_mask(picture)
    if not mask.any():
        return None
    lab = to_lab(over_white(picture))[mask]
    colourful = lab[np.hypot(lab[:, 1], lab[:, 2]) > LEAST_CHROMA]
    if len(colourful) < 0.1 * len(lab):
        colourful = lab
    return NAMES[np.bincount(nearest(colourful), minlength=len(NAMES)).argmax()]
