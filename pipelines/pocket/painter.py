"""Simple shapes with which backdrops are painted, and their colours by hour and weather.

Knows no lands: what is painted where, `backdrop.py` says.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pipelines.pocket.colours import Colour
from pipelines.pocket.setting import Setting

Pixels = NDArray[np.uint8]

FINER = 4
"""A backdrop is painted this many times as large as it is needed, so that its edges are soft."""

HORIZON = 0.62
"""Where the ground begins, as a fraction of the height."""

SKIES: dict[tuple[str, str], tuple[Colour, Colour, Colour]] = {
    ("day", "clear"): ((92, 172, 240), (150, 208, 248), (222, 242, 252)),
    ("day", "rain"): ((96, 112, 136), (128, 144, 166), (172, 184, 198)),
    ("day", "snow"): ((152, 194, 228), (190, 216, 238), (232, 242, 250)),
    ("sunset", "clear"): ((84, 62, 140), (232, 112, 110), (255, 204, 122)),
    ("sunset", "rain"): ((84, 78, 112), (150, 112, 124), (214, 168, 140)),
    ("sunset", "snow"): ((112, 104, 168), (216, 150, 168), (250, 214, 190)),
    ("night", "clear"): ((12, 18, 52), (26, 36, 86), (62, 76, 140)),
    ("night", "rain"): ((18, 24, 40), (34, 44, 66), (62, 74, 98)),
    ("night", "snow"): ((20, 28, 66), (40, 54, 104), (86, 104, 156)),
}
"""Top, middle and horizon, by hour and weather."""

GROUNDS: dict[str, tuple[Colour, Colour]] = {
    "plain": ((146, 200, 112), (104, 172, 84)),
    "meadow": ((150, 206, 108), (92, 170, 72)),
    "forest": ((110, 168, 88), (62, 122, 62)),
    "mountains": ((140, 192, 110), (90, 152, 80)),
    "beach": ((250, 232, 182), (236, 204, 140)),
    "desert": ((246, 206, 132), (222, 162, 88)),
    "city": ((150, 154, 162), (106, 110, 120)),
    "sea": ((86, 176, 222), (24, 98, 172)),
}
"""At the horizon and at the lower edge."""

SNOW: tuple[Colour, Colour] = ((236, 244, 252), (204, 222, 242))
LIGHT: dict[str, Colour] = {
    "day": (255, 255, 255),
    "sunset": (232, 178, 172),
    "night": (112, 126, 186),
}
"""What the hour leaves of colours, of 255: grounds and what stands on them far away."""


WATERS: dict[str, tuple[Colour, Colour]] = {
    "day": ((92, 190, 226), (52, 150, 208)),
    "sunset": ((236, 140, 116), (122, 82, 140)),
    "night": ((52, 70, 134), (24, 38, 92)),
}
"""Far water and near water, by hour."""


def lit(pixels: Pixels, hour: str) -> Pixels:
    """uint8 (..., 3 or 4) in the light of the hour."""
    values = pixels.astype(np.float32)
    values[..., :3] *= np.array(LIGHT[hour], np.float32) / 255
    return values.astype(np.uint8)


def darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (int(part * share) for part in colour)
    return red, green, blue


class Painter:
    """Shapes on a canvas. x counts in its width, y in its height, lengths in its shorter side."""

    def __init__(self, setting: Setting, size: tuple[int, int], seed: int) -> None:
        self.setting = setting
        self.width, self.height = size[0] * FINER, size[1] * FINER
        self.unit = min(self.width, self.height)
        self.rng = np.random.default_rng(seed)
        self.canvas = Image.new("RGB", (self.width, self.height))
        self.pen = ImageDraw.Draw(self.canvas)

    def colour(self, colour: Colour, *, is_lit: bool = True) -> Colour:
        light = LIGHT[self.setting.hour] if is_lit else (255, 255, 255)
        red, green, blue = (int(c * part / 255) for c, part in zip(colour, light, strict=True))
        return red, green, blue

    def gradient(
        self, stops: tuple[Colour, ...], top: float, bottom: float, *, is_lit: bool
    ) -> None:
        first, last = round(top * self.height), round(bottom * self.height)
        at = np.linspace(0, len(stops) - 1, max(1, last - first))
        shades = np.array([self.colour(stop, is_lit=is_lit) for stop in stops], np.float32)
        rows = np.stack([np.interp(at, range(len(stops)), shades[:, i]) for i in range(3)], -1)
        block = np.broadcast_to(rows[:, None], (len(rows), self.width, 3)).astype(np.uint8)
        self.canvas.paste(Image.fromarray(block), (0, first))

    def ridge(self, colour: Colour, height: float, rough: float, bumps: int) -> None:
        """A line of hills whose tops are about `height` above the horizon, down to the edge."""
        x = np.linspace(0, 1, 160)
        y = np.zeros_like(x)
        for wave in range(1, bumps + 1):
            y += np.sin(2 * np.pi * (wave * x * 0.8 + self.rng.uniform())) / wave
        y = HORIZON - height - rough * y / 2
        points = [(a * self.width, b * self.height) for a, b in zip(x, y, strict=True)]
        self.pen.polygon(
            [(0, self.height), *points, (self.width, self.height)], fill=self.colour(colour)
        )

    def disc(self, x: float, y: float, r: float, colour: Colour) -> None:
        cx, cy, radius = x * self.width, y * self.height, r * self.unit
        self.pen.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=colour)

    def glow(self, x: float, y: float, r: float, colour: Colour) -> None:
        """A soft light."""
        spot = Image.new("L", self.canvas.size)
        cx, cy, radius = x * self.width, y * self.height, r * self.unit
        ImageDraw.Draw(spot).ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=150)
        spot = spot.filter(ImageFilter.GaussianBlur(radius / 2))
        self.canvas.paste(Image.new("RGB", spot.size, colour), (0, 0), spot)

    def peak(self, x: float, r: float, colour: Colour, *, is_capped: bool) -> None:
        """A mountain, its right side in the shade."""
        foot, top = HORIZON * self.height + 2, (HORIZON - r * 0.95) * self.height
        cx, half = x * self.width, r * self.unit * 0.8
        self.pen.polygon(
            [(cx, top), (cx - half, foot), (cx + half, foot)], fill=self.colour(colour)
        )
        ridge = (cx - half * 0.14, top + (foot - top) * 0.5)
        lower = (cx + half * 0.1, foot)
        shade = [(cx, top), ridge, lower, (cx + half, foot)]
        self.pen.polygon(shade, fill=self.colour(darker(colour, 0.84)))
        if is_capped:
            part = 0.32
            edge = top + (foot - top) * part
            jags = [(-1, 0), (-0.5, -0.08), (-0.2, 0.1), (0.2, -0.06), (0.55, 0.1), (1, 0)]
            line = [(cx + half * part * a, edge + (foot - top) * b) for a, b in jags]
            self.pen.polygon([(cx, top), *line], fill=self.colour((250, 252, 255)))

    def band(self, top: float, bottom: float, colour: Colour) -> None:
        box = (0, top * self.height, self.width, bottom * self.height)
        self.pen.rectangle(box, fill=self.colour(colour))

    def finished(self) -> Pixels:
        return np.asarray(self.canvas.reduce(FINER))
