"""Colours and letters of the pictures of a song, for light and dark pages.

Letters come with Pillow; Chinese ones from the fonts of this machine, where it has any. Knows no
score.
"""

import colorsys
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from studio.score import Role

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_HAN = "\u3000\u9fff"
_HAN_FONTS = (
    "NotoSansCJK-Regular",
    "NotoSansSC-Regular",
    "SourceHanSansSC-Regular",
    "SourceHanSans-Regular",
    "PingFang",
    "Hiragino Sans GB",
    "STHeiti Light",
    "msyh",
    "wqy-microhei",
    "wqy-zenhei",
    "DroidSansFallback",
    "simhei",
    "NotoSerifCJK-Regular",
    "simsun",
    "uming",
)
"""The best first."""


@dataclass(frozen=True)
class Palette:
    """The colours of the page, and one for each role and kind of section."""

    paper: Colour
    raised: Colour
    ink: Colour
    soft: Colour
    line: Colour
    roles: dict[Role, Colour]
    section_lightness: float
    section_saturation: float

    def section(self, name: str, names: Iterable[str]) -> Colour:
        """The colour of a section; those of one name share it."""
        order = list(dict.fromkeys(names))
        hue = (0.43 + order.index(name) * 0.381966) % 1
        red, green, blue = colorsys.hls_to_rgb(hue, self.section_lightness, self.section_saturation)
        return round(red * 255), round(green * 255), round(blue * 255)


LIGHT = Palette(
    paper=(255, 255, 255),
    raised=(250, 248, 245),
    ink=(28, 26, 24),
    soft=(109, 104, 95),
    line=(230, 226, 218),
    roles={
        "vocals": (201, 66, 63),
        "melody": (204, 128, 24),
        "chords": (34, 135, 106),
        "bass": (74, 84, 178),
        "texture": (140, 160, 168),
        "drums": (109, 104, 95),
    },
    section_lightness=0.45,
    section_saturation=0.42,
)
DARK = Palette(
    paper=(28, 26, 24),
    raised=(35, 33, 30),
    ink=(241, 238, 233),
    soft=(168, 163, 154),
    line=(58, 54, 48),
    roles={
        "vocals": (255, 128, 116),
        "melody": (247, 188, 92),
        "chords": (92, 190, 155),
        "bass": (140, 150, 245),
        "texture": (112, 132, 142),
        "drums": (168, 163, 154),
    },
    section_lightness=0.62,
    section_saturation=0.45,
)


def palette(is_dark: bool) -> Palette:
    return DARK if is_dark else LIGHT


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of the first, the rest of the second."""
    red, green, blue = (
        round(a * share + b * (1 - share)) for a, b in zip(colour, other, strict=True)
    )
    return red, green, blue


@lru_cache(maxsize=64)
def font(size: int, is_han: bool = False) -> Font | None:
    """Letters of a height in pixels; None for Chinese where this machine has no such font."""
    if not is_han:
        return ImageFont.load_default(size)
    path = _han_font()
    return None if path is None else ImageFont.truetype(str(path), size)


def font_for(text: str, size: int) -> Font | None:
    """Letters that have what a text needs; None where this machine has none."""
    return font(size, any(_HAN[0] <= letter <= _HAN[1] for letter in text))


def broken(text: str, letters: Font, width: float) -> list[str]:
    """Lines that fit, broken between words, or anywhere in scripts without spaces."""
    lines: list[str] = [""]
    pieces = re.findall(r"[\u3000-\u9fff]|[^\s\u3000-\u9fff]+\s*", text)
    for piece in pieces:
        if lines[-1] and letters.getlength((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


@lru_cache(maxsize=1)
def _han_font() -> Path | None:
    found: dict[str, Path] = {}
    for folder in _font_folders():
        for path in sorted(folder.rglob("*.[to]t[cf]")):
            found.setdefault(path.stem.lower(), path)
    return next((found[name.lower()] for name in _HAN_FONTS if name.lower() in found), None)


def _font_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        roots = ["/System/Library/Fonts", "/Library/Fonts", home / "Library/Fonts"]
    elif sys.platform == "win32":
        roots = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    else:
        roots = ["/usr/share/fonts", "/usr/local/share/fonts", home / ".fonts"]
        roots += [home / ".local/share/fonts"]
    return [Path(root) for root in roots if Path(root).is_dir()]
