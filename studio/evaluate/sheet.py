"""Makes the sample sheet: 64 prompts in two languages and many styles on one page, to judge by eye.

    python -m studio.evaluate.sheet --out sheet.png

Knows no family; every option is read from the prompt. Needs a font with Chinese characters.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from studio.core import Request, default_engine, resolve
from studio.errors import ResourceError
from studio.media import Image
from studio.spec import unwatched
from studio.store import home_folder

COLUMNS = 8
CELL = 256
GAP = 8
CAPTION_HEIGHT = 40
FONT_SIZE = 15
INK, PAPER = (32, 32, 36), (250, 250, 248)
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
# File name patterns of fonts that have Chinese and Latin, the nicer ones first.
FONT_NAMES = (
    "NotoSansCJK*Regular*",
    "NotoSansSC*Regular*",
    "SourceHanSans*Regular*",
    "PingFang*",
    "msyh*",
    "wqy-*",
    "WenQuanYi*",
    "DroidSansFallback*",
)
FONT_VARIABLE = "STUDIO_FONT"
# A font has Chinese if it draws these two differently: one missing glyph looks like another.
PROBE = ("猫", "龙")


def prompts() -> list[str]:
    """The prompts of the sheet, in reading order."""
    text = resources.files("studio.evaluate").joinpath("data/sheet_prompts.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def chinese_font(size: int = FONT_SIZE) -> ImageFont.FreeTypeFont:
    """A font of this machine that has Chinese characters.

    Raises:
        ResourceError: there is none.
    """
    named = os.environ.get(FONT_VARIABLE)
    for path in [Path(named)] if named else _fonts():
        font = _read_font(path, size)
        if font is not None:
            return font
    where = f"{FONT_VARIABLE}={named!r} has none" if named else "none is installed"
    raise ResourceError(
        f"captions need a font with Chinese characters, {where}; install fonts-noto-cjk, "
        f"or set {FONT_VARIABLE} to a font file"
    )


def _fonts() -> list[Path]:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return [
        path
        for name in FONT_NAMES
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.rglob(name))
        if path.suffix.lower() in (".ttf", ".ttc", ".otf")
    ]


def _read_font(path: Path, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        font = ImageFont.truetype(str(path), size)
    except OSError:
        return None
    drawn = [bytes(font.getmask(character)) for character in PROBE]
    return font if drawn[0] != drawn[1] else None


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int, lines: int = 2) -> list[str]:
    """The text in lines of at most `width` px; what does not fit ends in an ellipsis.

    Breaks at spaces where there are any, and anywhere between Chinese characters.
    """
    rest, found = text, []
    while rest and len(found) < lines:
        end = len(rest)
        while font.getlength(rest[:end]) > width:
            end -= 1
        if end < len(rest) and (space := rest.rfind(" ", 0, end + 1)) > 0:
            end = space
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    if rest:
        last = found[-1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        found[-1] = last + "…"
    return found


def _checker() -> Pictures.Image:
    """What shows through where a picture is transparent."""
    y, x = np.mgrid[0:CELL, 0:CELL] // 16
    grey = np.where((y + x) % 2 == 0, 255, 232).astype(np.uint8)
    return Pictures.fromarray(np.repeat(grey[..., None], 3, axis=2)).convert("RGBA")


def cell(picture: Image) -> Pictures.Image:
    """A picture at the size of the sheet's cells, on a checkerboard where it is transparent."""
    shown = Pictures.fromarray(picture.pixels).convert("RGBA")
    shown.thumbnail((CELL, CELL), Pictures.Resampling.LANCZOS)
    canvas = _checker()
    corner = ((CELL - shown.width) // 2, (CELL - shown.height) // 2)
    canvas.alpha_composite(shown, corner)
    return canvas.convert("RGB")


def compose(pictures: Sequence[Image], captions: Sequence[str]) -> Pictures.Image:
    """All pictures in rows, each over its caption."""
    font = chinese_font()
    rows = -(-len(pictures) // COLUMNS)
    step_x, step_y = CELL + GAP, CELL + CAPTION_HEIGHT + GAP
    sheet = Pictures.new("RGB", (COLUMNS * step_x + GAP, rows * step_y + GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = GAP + place % COLUMNS * step_x, GAP + place // COLUMNS * step_y
        sheet.paste(cell(picture), (x, y))
        for number, line in enumerate(wrap(caption, font, CELL)):
            pen.text((x, y + CELL + 1 + number * (FONT_SIZE + 3)), line, INK, font)
    return sheet


def make(family: str | None = None, seed: int = 0, limit: int | None = None) -> Pictures.Image:
    """Renders the prompts at the family's usual size."""
    chinese_font()  # refuse before minutes of work, not after
    asked, engine = prompts()[:limit], default_engine()
    made: list[Image] = []
    for number, prompt in enumerate(asked, 1):
        request = Request(prompt, kind="image", family=family, seed=seed + number, count=1)
        media = engine.run(resolve(request)[0], unwatched)
        assert isinstance(media, Image)
        made.append(media)
        if number % COLUMNS == 0:
            sys.stderr.write(f"{number} of {len(asked)} pictures\n")
    return compose(made, asked)


def evaluate(
    family: str | None = None, seed: int = 0, out: Path | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Writes the sheet as one PNG, into the home's evaluation folder unless `out` is given."""
    started = time.perf_counter()
    path = out or home_folder() / "evaluation" / "sheet.png"
    sheet = make(family, seed, limit)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
    return {
        "sheet": str(path),
        "pictures": len(prompts()[:limit]),
        "seconds": round(time.perf_counter() - started, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    sys.stdout.write(evaluate(args.family, args.seed, args.out)["sheet"] + "\n")
