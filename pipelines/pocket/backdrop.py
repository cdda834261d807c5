"""Paints what lies behind the things of a picture: sky, ground, water, walls.

A backdrop is a part of the rough (`rough.py`): the network draws over it. Knows no drawings and no
prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipelines.pocket.painter import (
    FINER,
    GROUNDS,
    HORIZON,
    SKIES,
    SNOW,
    WATERS,
    Colour,
    Painter,
    Pixels,
    darker,
)
from pipelines.pocket.rough import Sprite, foot
from pipelines.pocket.setting import Setting

SHADOW, SHADOW_FLATNESS = 0.34, 0.26
"""How dark a drawing's shadow is, and its height in its width."""


@dataclass(frozen=True)
class Backdrop:
    """`behind`: uint8 (H, W, 3). `before`: uint8 (H, W, 4), what stands before the things."""

    behind: Pixels
    before: Pixels | None


def shadowed(pixels: Pixels, sprites: Sequence[Sprite]) -> Pixels:
    """uint8 (H, W, 3), darker where drawings stand on it; those in the sky throw no shadow."""
    height, width = pixels.shape[:2]
    unit = min(width, height)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.ones((height, width), np.float32)
    for sprite in sprites:
        low, wide = foot(sprite)
        side = sprite.size * unit
        stands_at = sprite.y * height + (low - 0.5) * side
        if stands_at < HORIZON * height:
            continue
        across = max(wide, 0.3) * side * 0.6
        down = (stands_at - rows) / (across * SHADOW_FLATNESS)
        light *= 1 - SHADOW * np.exp(-(((columns - sprite.x * width) / across) ** 2) - down**2)
    return (pixels * light[..., None]).astype(np.uint8)


def backdrop(setting: Setting, size: tuple[int, int], seed: int) -> Backdrop:
    """The same for the same seed.

    Args:
        size: (width, height) px.
    """
    paint = Painter(setting, size, seed)
    if setting.wall is not None:
        paint.gradient((setting.wall.top, setting.wall.bottom), 0, 1, is_lit=False)
        return Backdrop(paint.finished(), None)
    _LANDS[setting.land](paint)
    if setting.land not in ("underwater", "space", "room"):
        _weather(paint)
    return Backdrop(paint.finished(), _before(paint))


def _sky(paint: Painter) -> None:
    stops = SKIES[paint.setting.hour, paint.setting.weather]
    paint.gradient(stops, 0, HORIZON + 0.02, is_lit=False)
    if paint.setting.weather == "clear":
        _lights(paint)


def _lights(paint: Painter) -> None:
    """The stars, and the sun or the moon."""
    side = paint.rng.choice([0.18, 0.82]) + paint.rng.uniform(-0.07, 0.07)
    if paint.setting.hour == "night":
        _stars(paint, 26, 0.5)
    if not paint.setting.has_light:
        return
    if paint.setting.hour == "night":
        _moon(paint, side, 0.2)
    elif paint.setting.hour == "sunset":
        paint.glow(side, HORIZON - 0.1, 0.26, (255, 226, 150))
        paint.disc(side, HORIZON - 0.1, 0.11, (255, 240, 190))
    else:
        paint.glow(side, 0.17, 0.16, (255, 248, 206))
        paint.disc(side, 0.17, 0.075, (255, 222, 96))


def _stars(paint: Painter, number: int, lowest: float) -> None:
    for _ in range(number):
        bright = int(paint.rng.uniform(170, 255))
        spot = paint.rng.uniform(0.02, 0.98), paint.rng.uniform(0.02, lowest)
        paint.disc(*spot, paint.rng.uniform(0.004, 0.011), (bright, bright, 226))


def _moon(paint: Painter, x: float, y: float) -> None:
    paint.glow(x, y, 0.15, (200, 206, 240))
    paint.disc(x, y, 0.08, (250, 244, 214))
    paint.disc(x + 0.02, y - 0.012, 0.016, (226, 218, 186))
    paint.disc(x - 0.03, y + 0.024, 0.012, (226, 218, 186))


def _ground(paint: Painter, land: str, below: float = 0) -> None:
    """Ground from a little `below` the horizon on; snow lies on it where it snows."""
    is_white = paint.setting.weather == "snow" and land != "city"
    paint.gradient(SNOW if is_white else GROUNDS[land], HORIZON + below, 1, is_lit=True)


def _hills(paint: Painter, far: Colour, near: Colour) -> None:
    is_white = paint.setting.weather == "snow"
    paint.ridge((214, 228, 244) if is_white else far, 0.1, 0.08, 3)
    paint.ridge((228, 238, 250) if is_white else near, 0.04, 0.05, 2)


def _meadow(paint: Painter) -> None:
    _sky(paint)
    _hills(paint, (150, 196, 176), (142, 202, 122))
    _ground(paint, "meadow")


def _plain(paint: Painter) -> None:
    _sky(paint)
    _hills(paint, (154, 194, 186), (140, 194, 130))
    _ground(paint, "plain")


def _forest(paint: Painter) -> None:
    _sky(paint)
    is_white = paint.setting.weather == "snow"
    shade, lighter = ((190, 210, 224), 0.14) if is_white else ((128, 178, 142), 0)
    for row, (tone, height) in enumerate(((0.86, 0.3), (0.66, 0.2))):
        colour = darker(shade, tone + lighter)
        for x in np.arange(-0.02, 1.05, 0.075 + 0.02 * row):
            tall = height * paint.rng.uniform(0.75, 1.25)
            _fir(paint, x + paint.rng.normal() * 0.015, tall, colour)
    _ground(paint, "forest")


def _fir(paint: Painter, x: float, height: float, colour: Colour) -> None:
    cx, foot, tall = x * paint.width, HORIZON * paint.height + 2, height * paint.height
    for part, wide in ((1.0, 0.16), (0.72, 0.22), (0.44, 0.28)):
        half, top = wide * tall, foot - tall * part
        low = foot - tall * max(0, part - 0.48)
        paint.pen.polygon(
            [(cx, top), (cx - half, low), (cx + half, low)], fill=paint.colour(colour)
        )


def _mountains(paint: Painter) -> None:
    _sky(paint)
    for x in (0.1, 0.46, 0.88):
        paint.peak(
            x + paint.rng.normal() * 0.05,
            paint.rng.uniform(0.3, 0.46),
            (138, 152, 182),
            is_capped=True,
        )
    _hills(paint, (132, 176, 150), (126, 184, 112))
    _ground(paint, "mountains")


def _beach(paint: Painter) -> None:
    _sky(paint)
    sea = WATERS[paint.setting.hour]
    paint.gradient(sea, HORIZON - 0.1, HORIZON + 0.06, is_lit=False)
    paint.gradient(GROUNDS["beach"], HORIZON + 0.04, 1, is_lit=True)
    wave = [(x, HORIZON + 0.045 + 0.008 * np.sin(x * 14 + 1)) for x in np.linspace(0, 1, 60)]
    for lift, colour in ((0.012, (214, 188, 140)), (0, (252, 253, 255))):
        line = [(a * paint.width, (b + lift) * paint.height) for a, b in wave]
        paint.pen.line(line, fill=paint.colour(colour), width=round(0.014 * paint.unit))


def _sea(paint: Painter) -> None:
    _sky(paint)
    near = {"day": (20, 96, 170), "sunset": (70, 50, 112), "night": (12, 22, 60)}
    far, middle = WATERS[paint.setting.hour]
    paint.gradient((far, middle, near[paint.setting.hour]), HORIZON - 0.06, 1, is_lit=False)
    for _ in range(9):
        x, y = paint.rng.uniform(0.02, 0.9), paint.rng.uniform(HORIZON, 0.96)
        long = 0.04 + 0.1 * (y - HORIZON)
        line = [(x * paint.width, y * paint.height), ((x + long) * paint.width, y * paint.height)]
        light = tuple(min(255, c + 44) for c in middle)
        paint.pen.line(line, fill=light, width=max(1, round(0.009 * paint.unit)))


def _desert(paint: Painter) -> None:
    _sky(paint)
    paint.ridge((248, 214, 150), 0.09, 0.1, 2)
    paint.ridge((240, 192, 118), 0.02, 0.07, 2)
    _ground(paint, "desert", 0.04)


def _city(paint: Painter) -> None:
    _sky(paint)
    for row, shade in enumerate(((166, 180, 204), (124, 138, 166))):
        x = -0.03
        while x < 1:
            wide = paint.rng.uniform(0.1, 0.17)
            tall = paint.rng.uniform(0.2, 0.5) * (1 - 0.3 * row)
            _house(paint, x, wide, tall, shade)
            x += wide + paint.rng.uniform(-0.01, 0.05 + 0.06 * row)
    paint.band(HORIZON, HORIZON + 0.05, (190, 192, 198))
    _ground(paint, "city", 0.05)
    for x in np.arange(0.02, 1, 0.2):
        box = (x * paint.width, 0.93 * paint.height, (x + 0.1) * paint.width, 0.945 * paint.height)
        paint.pen.rectangle(box, fill=paint.colour((240, 240, 236)))


def _house(paint: Painter, x: float, wide: float, tall: float, shade: Colour) -> None:
    left, right = x * paint.width, (x + wide) * paint.width
    top, foot = (HORIZON - tall) * paint.height, HORIZON * paint.height + 2
    paint.pen.rectangle((left, top, right, foot), fill=paint.colour(shade))
    is_dark = paint.setting.hour != "day"
    pane = wide * paint.width / 7
    for row in np.arange(top + pane, foot - pane, pane * 2.2):
        for column in range(3):
            a = left + pane * (1 + 2 * column)
            is_on = is_dark and paint.rng.uniform() < 0.6
            glass = (255, 222, 130) if is_on else paint.colour((206, 222, 240))
            paint.pen.rectangle((a, row, a + pane, row + pane * 1.2), fill=glass)


WALLS = ((250, 232, 208), (214, 236, 222), (212, 228, 246), (250, 220, 214), (230, 222, 244))


def _room(paint: Painter) -> None:
    floor = 0.74
    wall = WALLS[int(paint.rng.integers(len(WALLS)))]
    paint.gradient((wall, darker(wall, 0.94)), 0, floor, is_lit=True)
    paint.gradient(((206, 152, 104), (178, 122, 80)), floor, 1, is_lit=True)
    paint.band(floor - 0.025, floor, (255, 250, 240))
    for x in np.linspace(-0.5, 1.5, 13):
        line = [
            ((0.5 + (x - 0.5) * 0.7) * paint.width, floor * paint.height),
            (x * paint.width, paint.height),
        ]
        paint.pen.line(
            line, fill=paint.colour((164, 110, 70)), width=max(1, round(0.006 * paint.unit))
        )
    _window(paint, 0.22, 0.3)


def _window(paint: Painter, x: float, y: float) -> None:
    """A window, through which the sky of the hour is seen."""
    half, tall = 0.13 * paint.unit, 0.17 * paint.unit
    cx, cy = x * paint.width, y * paint.height
    frame = 0.022 * paint.unit
    white = paint.colour((255, 253, 248))
    paint.pen.rectangle(
        (cx - half - frame, cy - tall - frame, cx + half + frame, cy + tall + frame), fill=white
    )
    top, middle, _ = SKIES[paint.setting.hour, paint.setting.weather]
    paint.pen.rectangle((cx - half, cy - tall, cx + half, cy), fill=top)
    paint.pen.rectangle((cx - half, cy, cx + half, cy + tall), fill=middle)
    paint.pen.rectangle((cx - frame / 2, cy - tall, cx + frame / 2, cy + tall), fill=white)
    paint.pen.rectangle((cx - half, cy - frame / 2, cx + half, cy + frame / 2), fill=white)


def _air(paint: Painter) -> None:
    """The sky alone, down to the lower edge."""
    paint.gradient(SKIES[paint.setting.hour, paint.setting.weather], 0, 1, is_lit=False)
    if paint.setting.weather == "clear":
        _lights(paint)


def _underwater(paint: Painter) -> None:
    paint.gradient(((104, 206, 232), (32, 132, 196), (10, 66, 132)), 0, 1, is_lit=True)
    rays = Image.new("L", paint.canvas.size)
    pen = ImageDraw.Draw(rays)
    for x in (0.12, 0.4, 0.72):
        a, wide = x + paint.rng.normal() * 0.04, paint.rng.uniform(0.06, 0.11)
        slant = 0.18
        points = [(a, 0), (a + wide, 0), (a + wide * 1.8 + slant, 0.9), (a + slant - 0.04, 0.9)]
        pen.polygon([(b * paint.width, c * paint.height) for b, c in points], fill=46)
    rays = rays.filter(ImageFilter.GaussianBlur(0.02 * paint.unit))
    paint.canvas.paste(Image.new("RGB", rays.size, (214, 246, 255)), (0, 0), rays)
    x = np.linspace(0, 1, 60)
    floor = [(a * paint.width, (0.88 + 0.02 * np.sin(a * 9 + 1)) * paint.height) for a in x]
    corners = [(paint.width, paint.height), (0, paint.height)]
    paint.pen.polygon([*floor, *corners], fill=paint.colour((232, 208, 150)))
    for _ in range(9):
        spot = paint.rng.uniform(0.03, 0.97), paint.rng.uniform(0.08, 0.8)
        paint.disc(*spot, paint.rng.uniform(0.006, 0.014), (198, 236, 248))


def _space(paint: Painter) -> None:
    paint.gradient(((10, 10, 34), (28, 18, 66), (16, 22, 64)), 0, 1, is_lit=False)
    for colour in ((84, 46, 130), (36, 70, 140), (120, 50, 110)):
        paint.glow(paint.rng.uniform(), paint.rng.uniform(), paint.rng.uniform(0.2, 0.34), colour)
    _stars(paint, 60, 0.98)


_LANDS = {
    "plain": _plain, "meadow": _meadow, "forest": _forest, "mountains": _mountains, "beach": _beach,
    "sea": _sea, "desert": _desert, "city": _city, "room": _room, "underwater": _underwater,
    "space": _space, "sky": _air,
}  # fmt: skip


def _weather(paint: Painter) -> None:
    if paint.setting.weather == "rain":
        for _ in range(46):
            x, y = paint.rng.uniform(0, 1.05), paint.rng.uniform(-0.05, 1)
            ends = (
                x * paint.width,
                y * paint.height,
                (x - 0.02) * paint.width,
                (y + 0.07) * paint.height,
            )
            paint.pen.line(
                ends, fill=paint.colour((206, 218, 234)), width=round(0.008 * paint.unit)
            )
    elif paint.setting.weather == "snow":
        for _ in range(44):
            spot = paint.rng.uniform(0, 1), paint.rng.uniform(0, 0.95)
            paint.disc(*spot, paint.rng.uniform(0.006, 0.014), paint.colour((255, 255, 255)))


def _before(paint: Painter) -> Pixels | None:
    """Water before what swims or floats in it."""
    if paint.setting.land != "sea":
        return None
    _, middle = WATERS[paint.setting.hour]
    layer = Image.new("RGBA", paint.canvas.size, (*middle, 0))
    x = np.linspace(0, 1, 80)
    y = 0.84 + 0.012 * np.sin(x * 22)
    line = [(a * paint.width, b * paint.height) for a, b in zip(x, y, strict=True)]
    corners = [(paint.width, paint.height), (0, paint.height)]
    ImageDraw.Draw(layer).polygon([*line, *corners], fill=(*middle, 190))
    light = tuple(min(255, c + 70) for c in middle)
    ImageDraw.Draw(layer).line(line, fill=(*light, 255), width=round(0.014 * paint.unit))
    return np.asarray(layer.reduce(FINER))
