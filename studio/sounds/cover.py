"""A cover for a song: its loudness round a disc in colours of its key, a picture in it, its title.

The same song with the same picture has the same cover. Knows nothing of where the picture comes
from.
"""

import colorsys
import math

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
from numpy.typing import NDArray

from studio.media import Audio, Image
from studio.score import Score, pitch_class
from studio.sounds.ink import broken, font_for
from studio.sounds.player import peaks

SIZE_PX = 640
EMBLEM_PX = 256
"""How large the picture stands in the cover: more of it cannot be seen."""

_FINER = 2
"""Drawn larger, for smooth edges."""

_BARS = 96
_DARK_MODES = ("minor", "dorian", "phrygian")
_NO_KEY_HUE = 0.44
_PAPER = (251, 248, 242)
"""Behind the picture: drawings are made for light grounds."""

_LABEL = 0.235
"""Radius of the paper, as a share of the cover; the picture's corners lie just inside."""

_TITLE_SIZES = (46, 40, 34, 29, 25)
_TWO_LINES = 34
"""Letters of at most this size may stand in two lines."""

_TITLE_WIDTH = 0.88
_TITLE_AT = 0.885
_LINE = 1.18
"""Distance of two lines, as a share of the letters' height."""

_FAINT = 64
"""Alpha up to this, of 255, is a shadow or a speck: it does not count where the picture is put."""

_FEW = 0.01
"""Rows and columns with a smaller share of solid pixels do not count either."""

Colour = tuple[int, int, int]


def cover(audio: Audio, seed: int, title: str = "", emblem: Image | None = None) -> PIL.Image.Image:
    """A square RGB picture.

    Args:
        title: stands below the disc, where this machine has letters for it; may be empty.
        emblem: a picture of what the song is about, for the middle of the disc.
    """
    hue, is_dark = _mood(audio.score)
    generator = np.random.default_rng(seed)
    size = SIZE_PX * _FINER
    picture = _ground(size, hue, is_dark, generator)
    turn = float(generator.uniform(0, math.tau))
    middle = (size * 0.5, size * (0.43 if title else 0.5))
    tints = _tints(hue, is_dark)
    _ring(picture, _bars(audio), tints, (*middle, turn))
    _label(picture, tints, middle, has_emblem=emblem is not None)
    small = picture.resize((SIZE_PX, SIZE_PX), PIL.Image.Resampling.LANCZOS)
    if emblem is not None:
        _paste(small, emblem, (middle[0] / _FINER, middle[1] / _FINER))
    _write(small, title, _colour(hue, 0.95 if is_dark else 0.18, 0.35))
    return small


def _mood(score: Score | None) -> tuple[float, bool]:
    """Keys a fifth apart have neighbouring hues; minor keys are dark."""
    if score is None:
        return _NO_KEY_HUE, True
    fifths = pitch_class(score.key) * 7 % 12
    return (0.08 + fifths / 12) % 1, score.mode in _DARK_MODES


def _colour(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _ground(
    size: int, hue: float, is_dark: bool, generator: np.random.Generator
) -> PIL.Image.Image:
    """A plain colour with three large soft lights in neighbouring hues."""
    base = 0.16 if is_dark else 0.82
    small = size // 8
    picture = PIL.Image.new("RGB", (small, small), _colour(hue, base, 0.42))
    draw = PIL.ImageDraw.Draw(picture)
    for shift, lift in ((0.07, 0.16), (-0.08, 0.08), (0.5, 0.05)):
        x, y = generator.uniform(0, small, 2)
        radius = small * float(generator.uniform(0.22, 0.42))
        lightness = base + lift if is_dark else base - lift / 2
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=_colour(hue + shift, lightness, 0.5))
    soft = picture.filter(PIL.ImageFilter.GaussianBlur(small / 7))
    return soft.resize((size, size), PIL.Image.Resampling.BICUBIC)


def _tints(hue: float, is_dark: bool) -> list[Colour]:
    """The colours of the bars, once round and back again."""
    lightness, saturation = (0.68, 0.72) if is_dark else (0.38, 0.6)
    swing = 0.13 * np.sin(np.arange(_BARS) / _BARS * math.tau)
    return [_colour(hue + float(step), lightness, saturation) for step in swing]


def _bars(audio: Audio) -> NDArray[np.float64]:
    """Loudness round the disc, (_BARS,) within [0.06, 1]."""
    found = np.array(peaks(audio.samples, _BARS) or (0.0,))
    found = np.interp(np.linspace(0, 1, _BARS), np.linspace(0, 1, found.size), found)
    return 0.06 + 0.94 * (found / max(float(found.max()), 1e-6)) ** 1.6


def _ring(
    picture: PIL.Image.Image,
    bars: NDArray[np.float64],
    tints: list[Colour],
    place: tuple[float, float, float],
) -> None:
    """The bars. `place`: x and y of the middle, and the angle of the first bar."""
    draw = PIL.ImageDraw.Draw(picture)
    size, (x0, y0, turn) = picture.width, place
    inner, reach = size * (_LABEL + 0.02), size * 0.13
    width = round(math.tau * inner / _BARS * 0.5)
    for index, (bar, tint) in enumerate(zip(bars, tints, strict=True)):
        angle = turn + index / _BARS * math.tau
        x, y = math.cos(angle), math.sin(angle)
        ends = [(x0 + x * r, y0 + y * r) for r in (inner, inner + reach * float(bar))]
        draw.line(ends, fill=tint, width=width)
        for end in ends:
            draw.circle(end, width / 2, fill=tint)


def _label(
    picture: PIL.Image.Image, tints: list[Colour], middle: tuple[float, float], has_emblem: bool
) -> None:
    """The paper that a picture stands on; without one, the label of a record with its hole."""
    draw, size = PIL.ImageDraw.Draw(picture), picture.width
    if has_emblem:
        draw.circle(middle, size * _LABEL, fill=_PAPER)
        return
    draw.circle(middle, size * 0.15, fill=tints[0])
    draw.circle(middle, size * 0.04, fill=picture.getpixel((2, 2)))


def _paste(picture: PIL.Image.Image, emblem: Image, middle: tuple[float, float]) -> None:
    """A picture with alpha within the paper's circle, any other cut to the circle."""
    found = PIL.Image.fromarray(emblem.pixels).convert("RGBA")
    solid = np.asarray(found)[..., 3] > _FAINT
    is_cut_out = bool(solid.any() and not solid.all())
    radius = SIZE_PX * _LABEL
    if is_cut_out:
        rows, columns = (_taken(solid.mean(axis=axis)) for axis in (1, 0))
        found = found.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
        # So far that the corners of the box touch the circle.
        scale = 1.9 * radius / math.hypot(*found.size)
    else:
        scale = 2 * radius / min(found.size)
    side = (max(1, round(found.width * scale)), max(1, round(found.height * scale)))
    found = found.resize(side, PIL.Image.Resampling.LANCZOS)
    if not is_cut_out:
        found.putalpha(_circle(found.size, radius))
    at = (round(middle[0] - side[0] / 2), round(middle[1] - side[1] / 2))
    picture.paste(found, at, found)


def _taken(shares: NDArray[np.float64]) -> NDArray[np.intp]:
    """The lines of a picture that something stands in."""
    return np.flatnonzero(shares > min(_FEW, float(shares.max()) / 2))


def _circle(size: tuple[int, int], radius: float) -> PIL.Image.Image:
    finer = PIL.Image.new("L", (size[0] * 4, size[1] * 4), 0)
    middle = (finer.width / 2, finer.height / 2)
    PIL.ImageDraw.Draw(finer).circle(middle, radius * 4, fill=255)
    return finer.resize(size, PIL.Image.Resampling.LANCZOS)


def _write(picture: PIL.Image.Image, title: str, colour: Colour) -> None:
    """The title in one line, or in two smaller ones, or cut off with an ellipsis."""
    text, draw = " ".join(title.split()), PIL.ImageDraw.Draw(picture)
    lines: list[str] = []
    size, letters = 0, None
    for size in _TITLE_SIZES if text else ():
        letters = font_for(text, size)
        if letters is None:
            return
        lines = broken(text, letters, picture.width * _TITLE_WIDTH)
        if len(lines) <= (2 if size <= _TWO_LINES else 1):
            break
    if len(lines) > 2:
        lines = [lines[0], lines[1][:-1].rstrip() + "…"]
    top = picture.height * _TITLE_AT - (len(lines) - 1) * size * _LINE / 2
    for index, line in enumerate(lines):
        at = (picture.width / 2, top + index * size * _LINE)
        draw.text(at, line, colour, letters, anchor="mm")
