"""A cover for a song: its loudness round a disc, in colours of its key.

Drawn from the music alone, so the same song has the same cover. Knows no font and no text.
"""

import colorsys
import math

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
from numpy.typing import NDArray

from studio.media import Audio
from studio.score import Score, pitch_class
from studio.sounds.player import peaks

SIZE_PX = 640
_FINER = 2
"""Drawn larger, for smooth edges."""

_BARS = 96
_DARK_MODES = ("minor", "dorian", "phrygian")
_NO_KEY_HUE = 0.44

Colour = tuple[int, int, int]


def cover(audio: Audio, seed: int) -> PIL.Image.Image:
    """A square RGB picture."""
    hue, is_dark = _mood(audio.score)
    generator = np.random.default_rng(seed)
    size = SIZE_PX * _FINER
    picture = _ground(size, hue, is_dark, generator)
    turn = float(generator.uniform(0, math.tau))
    _disc(picture, _bars(audio), _tints(hue, is_dark), turn)
    return picture.resize((SIZE_PX, SIZE_PX), PIL.Image.Resampling.LANCZOS)


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


def _disc(
    picture: PIL.Image.Image, bars: NDArray[np.float64], tints: list[Colour], turn: float
) -> None:
    draw = PIL.ImageDraw.Draw(picture)
    size = picture.width
    middle, inner, reach = size / 2, size * 0.2, size * 0.2
    width = round(math.tau * inner / _BARS * 0.5)
    for index, (bar, tint) in enumerate(zip(bars, tints, strict=True)):
        angle = turn + index / _BARS * math.tau
        x, y = math.cos(angle), math.sin(angle)
        far = inner + reach * float(bar)
        ends = [(middle + x * r, middle + y * r) for r in (inner, far)]
        draw.line(ends, fill=tint, width=width)
        for at_x, at_y in ends:
            r = width / 2
            draw.ellipse((at_x - r, at_y - r, at_x + r, at_y + r), fill=tint)
    for share, tint in ((0.13, tints[0]), (0.035, picture.getpixel((2, 2)))):
        r = size * share
        draw.ellipse((middle - r, middle - r, middle + r, middle + r), fill=tint)
