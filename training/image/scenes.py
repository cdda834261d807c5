"""Composes training pictures whose content is known exactly: things, counts, places, colours.

A `Scene` is a plan; `draw` paints it from the rendered drawings. The caption writer and the
evaluation read the same plan, so words and picture cannot disagree. Knows nothing about models.
"""

import colorsys
import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from pipelines.pocket.colours import COLOURS, tinted

TINTS = tuple(name for name in COLOURS if name not in ("black", "white", "grey"))
PLACES = (
    "meadow", "beach", "sea", "night", "sunset", "snow", "desert", "mountains", "forest", "space",
    "underwater", "rain", "room", "city",
)  # fmt: skip
RELATIONS = ("left of", "right of", "above", "below")


@dataclass(frozen=True)
class Placed:
    """One drawing (row of the table) at a centre and size, all as fractions of the side."""

    row: int
    x: float
    y: float
    size: float
    tint: str | None = None
    is_mirrored: bool = False


@dataclass(frozen=True)
class Scene:
    """A plan for a picture. `background` is "transparent", "white", a colour, or a place."""

    kind: str
    sprites: tuple[Placed, ...]
    background: str
    relation: str | None = None
    shade: int = 0
    """Varies painted backgrounds and plain colours a little; the same shade paints the same."""


def _gradient(side: int, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image.Image:
    ramp = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
    rows = np.array(top, np.float32) * (1 - ramp) + np.array(bottom, np.float32) * ramp
    return Image.fromarray(np.broadcast_to(rows, (side, side, 3)).astype(np.uint8), "RGB")


SKIES = {
    "meadow": ((120, 190, 245), (214, 238, 250)),
    "beach": ((98, 190, 240), (208, 240, 250)),
    "sea": ((130, 200, 245), (215, 240, 250)),
    "night": ((16, 22, 58), (52, 60, 120)),
    "sunset": ((92, 62, 130), (252, 158, 84)),
    "snow": ((170, 206, 232), (232, 242, 250)),
    "desert": ((130, 196, 236), (250, 230, 190)),
    "mountains": ((120, 184, 236), (220, 236, 246)),
    "forest": ((150, 206, 220), (214, 236, 214)),
    "space": ((8, 8, 26), (36, 20, 66)),
    "underwater": ((40, 150, 200), (8, 60, 120)),
    "rain": ((112, 126, 146), (170, 182, 194)),
    "room": ((244, 226, 200), (238, 214, 184)),
    "city": ((150, 200, 236), (236, 226, 220)),
}
GROUNDS = {
    "meadow": (112, 184, 84),
    "beach": (244, 220, 160),
    "snow": (246, 250, 255),
    "desert": (230, 184, 110),
    "mountains": (120, 176, 96),
    "forest": (86, 140, 74),
    "rain": (104, 128, 104),
    "night": (30, 44, 64),
    "sunset": (96, 62, 84),
    "sea": (40, 128, 196),
    "room": (190, 136, 92),
    "city": (128, 132, 140),
    "underwater": (214, 190, 130),
}
HORIZON = 0.66


def _hills(pen: ImageDraw.ImageDraw, side: int, colour: tuple[int, ...], rng) -> None:
    for _ in range(3):
        x, r = rng.uniform(-0.1, 1.1), rng.uniform(0.25, 0.5)
        box = [side * (x - r), side * (HORIZON - r * 0.35), side * (x + r), side * (HORIZON + r)]
        pen.ellipse(box, fill=tuple(int(c * rng.uniform(0.86, 1.0)) for c in colour))


def _peaks(pen: ImageDraw.ImageDraw, side: int, rng) -> None:
    for _ in range(3):
        x, r = rng.uniform(0, 1), rng.uniform(0.2, 0.36)
        top = (x * side, (HORIZON - r) * side)
        pen.polygon(
            [top, ((x - r) * side, HORIZON * side), ((x + r) * side, HORIZON * side)],
            fill=(118, 130, 150),
        )
        cap = r * 0.3
        tip = [((x - cap) * side, (HORIZON - r + cap) * side)]
        pen.polygon([top, *tip, ((x + cap) * side, tip[0][1])], fill=(244, 248, 252))


def _dots(pen: ImageDraw.ImageDraw, side: int, rng, count: int) -> None:
    for _ in range(count):
        x, y, r = (
            rng.uniform(0, side),
            rng.uniform(0, side * 0.8),
            rng.uniform(0.3, 1.1) * side / 128,
        )
        pen.ellipse([x - r, y - r, x + r, y + r], fill=(255, 250, 214))


def _trunks(pen: ImageDraw.ImageDraw, side: int, rng) -> None:
    for _ in range(6):
        x, h = rng.uniform(0, side), rng.uniform(0.3, 0.5) * side
        base, w = HORIZON * side + 2, side * 0.09
        pen.rectangle([x - w / 6, base - h * 0.3, x + w / 6, base], fill=(110, 80, 56))
        leaf = (44, int(rng.uniform(96, 140)), 62)
        pen.polygon([(x, base - h), (x - w, base - h * 0.2), (x + w, base - h * 0.2)], fill=leaf)


def _houses(pen: ImageDraw.ImageDraw, side: int, rng) -> None:
    x = 0.0
    while x < side:
        w, h = rng.uniform(0.12, 0.2) * side, rng.uniform(0.2, 0.5) * side
        grey = int(rng.uniform(110, 190))
        pen.rectangle([x, HORIZON * side - h, x + w, HORIZON * side], fill=(grey, grey, grey + 24))
        x += w + side * 0.01


def _streaks(pen: ImageDraw.ImageDraw, side: int, rng) -> None:
    for _ in range(36):
        x, y = rng.uniform(0, side), rng.uniform(0, side)
        pen.line([x, y, x - side * 0.02, y + side * 0.06], fill=(206, 222, 240), width=side // 96)


def _bubbles(pen: ImageDraw.ImageDraw, side: int, rng) -> None:
    for _ in range(10):
        x, y, r = rng.uniform(0, side), rng.uniform(0, side), rng.uniform(1, 3) * side / 128
        pen.ellipse(
            [x - r, y - r, x + r, y + r], outline=(190, 232, 246), width=max(1, side // 128)
        )


def _sun(pen: ImageDraw.ImageDraw, side: int, rng, colour: tuple[int, int, int]) -> None:
    x, y, r = rng.uniform(0.12, 0.88) * side, rng.uniform(0.1, 0.25) * side, side * 0.07
    pen.ellipse([x - r, y - r, x + r, y + r], fill=colour)


@functools.lru_cache(maxsize=512)
def place(name: str, shade: int, side: int) -> Image.Image:
    """Paints a place at `side` px, drawn at twice the size and reduced."""
    rng = np.random.default_rng([PLACES.index(name), shade])
    big = side * 2
    picture = _gradient(big, *SKIES[name])
    pen = ImageDraw.Draw(picture)
    if name in ("meadow", "beach", "sea", "desert", "mountains"):
        _sun(pen, big, rng, (255, 226, 110))
    if name in ("night", "space"):
        _dots(pen, big, rng, 40)
        _sun(pen, big, rng, (246, 240, 208))
    before_ground = {"mountains": _peaks, "city": _houses, "sunset": None}
    if (paint := before_ground.get(name)) is not None:
        paint(pen, big, rng)
    if name == "sunset":
        r = big * 0.14
        pen.ellipse([big / 2 - r, big * 0.6 - r, big / 2 + r, big * 0.6 + r], fill=(255, 214, 120))
    if name in GROUNDS:
        start = 0.84 if name == "underwater" else HORIZON
        pen.rectangle([0, big * start, big, big], fill=GROUNDS[name])
    if name in ("meadow", "snow", "desert", "forest", "sunset"):
        _hills(pen, big, GROUNDS[name], rng)
    after_ground = {"forest": _trunks, "rain": _streaks, "underwater": _bubbles}
    if (paint := after_ground.get(name)) is not None:
        paint(pen, big, rng)
    return picture.resize((side, side), Image.Resampling.BOX).filter(ImageFilter.SMOOTH)


def plain(colour: str, shade: int) -> tuple[int, int, int]:
    """A named colour, moved a little in lightness and saturation by `shade`."""
    rng = np.random.default_rng([shade, 7])
    h, light, s = colorsys.rgb_to_hls(*(c / 255 for c in COLOURS[colour]))
    light = float(np.clip(light + rng.uniform(-0.06, 0.12), 0, 1))
    r, g, b = colorsys.hls_to_rgb(h, light, s * float(rng.uniform(0.8, 1.0)))
    return round(r * 255), round(g * 255), round(b * 255)


def _background(scene: Scene, width: int, height: int) -> Image.Image:
    if scene.background == "transparent":
        return Image.new("RGBA", (width, height), (255, 255, 255, 0))
    if scene.background == "white":
        return Image.new("RGBA", (width, height), (255, 255, 255, 255))
    if scene.background in PLACES:
        painted = place(scene.background, scene.shade % 24, max(width, height))
        return ImageOps.fit(painted, (width, height)).convert("RGBA")
    return Image.new("RGBA", (width, height), (*plain(scene.background, scene.shade), 255))


def _sprite(placed: Placed, table: np.ndarray, size: int) -> Image.Image:
    sprite = Image.fromarray(np.asarray(table[placed.row]), "RGBA")
    if placed.tint is not None:
        sprite = Image.fromarray(tinted(np.asarray(sprite), placed.tint))
    if placed.is_mirrored:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return sprite.resize((size, size), Image.Resampling.LANCZOS)


def draw(scene: Scene, table: np.ndarray, width: int, height: int | None = None) -> np.ndarray:
    """Paints a scene: uint8 (height, width, 4), straight alpha, white under transparent pixels.

    Args:
        table: rendered drawings, uint8 (N, S, S, 4).
        height: the same as the width if not given; sizes count in the shorter side.
    """
    height = height or width
    canvas = _background(scene, width, height)
    for placed in scene.sprites:
        size = max(8, round(placed.size * min(width, height)))
        corner = (round(placed.x * width - size / 2), round(placed.y * height - size / 2))
        layer = Image.new("RGBA", (width, height), (255, 255, 255, 0))
        layer.paste(_sprite(placed, table, size), corner)
        canvas = Image.alpha_composite(canvas, layer)
    return np.asarray(canvas)
