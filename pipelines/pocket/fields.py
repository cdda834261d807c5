"""Options that pocket-image and pocket-video share, so that they read the same for both.

Each function gives a pydantic field for a Params class. Knows no model.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from pipelines.pocket.names import Names
from pipelines.pocket.plain_background import plain_background
from pipelines.pocket.setting import read
from pipelines.pocket.wording import STYLE_NAMES_ZH
from studio.pictures import open_picture, size_like
from studio.spec import in_chinese

NAMES = Path(__file__).parents[2] / "assets" / "pocket-image" / "references" / "names.json"
OTHER_LOOKS = re.compile(
    r"\bwater[- ]?colou?rs?\b|\boil paint(?:ing|ed)?\b|\bpixel[- ]art\b"
    r"|\bink[- ](?:wash|painting)\b|\b(?:pencil|charcoal) (?:sketch|drawing)\b"
    r"|\bphoto[- ]?realis(?:tic|m)\b"
    r"|\bblack and white(?= (?:picture|drawing|sketch|photo|illustration|line|image)s?\b)"
    r"|水彩|油画|像素(?:画|风|艺术)|水墨|素描|照片级|黑白(?=线稿|线条|照片|画|图|插画)",
    re.IGNORECASE,
)
"""Looks that people ask for and none of the drawings here has."""


def negative_prompt() -> Any:
    return Field(
        default="",
        max_length=2000,
        title="What to avoid",
        description="What to keep out of the picture",
        json_schema_extra=in_chinese("不要出现", "画面中不要有的东西"),
    )


def style() -> Any:
    return Field(
        default="any",
        description="Drawing style",
        json_schema_extra=in_chinese("风格", "画法", choices_zh=STYLE_NAMES_ZH),
    )


def scenery() -> Any:
    return Field(
        default=True,
        description="Paint and furnish the place that the prompt names around its things",
        json_schema_extra=in_chinese(
            "布景", "在事物周围画出提示中所说的地方及其景物", advanced=True
        ),
    )


def has_scenery(is_wanted: bool, prompt: str, background: str) -> bool:
    """Whether something is painted around the things: the place that is named, if wanted, or a
    plain background, which leaves no room for places."""
    return background == "any" and (is_wanted or plain_background(prompt) is not None)


def unknown(prompt: str) -> tuple[str, ...]:
    """A line for the person where no drawing shows anything that a prompt names."""
    names = Names.load(NAMES)
    reading = read(prompt, names.find(prompt))
    if reading.things or (reading.setting is not None and reading.is_whole):
        return ()
    return (
        "no drawing here shows what the prompt names: it is drawn from the words alone and may not "
        "be recognised; other words for it may help, or an open model (docs/models.md)",
    )


def other_look(prompt: str) -> tuple[str, ...]:
    """A line for the person where a prompt asks for a look that no style here has."""
    found = OTHER_LOOKS.search(prompt)
    if found is None:
        return ()
    return (
        f"no style here is {found.group()!r}: it is drawn in the looks that the option style has; "
        "studio teach learns others from your pictures, and open models know more (docs/models.md)",
    )


def guidance() -> Any:
    return Field(
        default=3,
        ge=1,
        le=12,
        title="Follow the words",
        description="How closely to follow the words",
        json_schema_extra=in_chinese("遵循文字", "多严格地遵循文字", advanced=True),
    )


def in_shape_of_image(given: Any, side: int, least: int, most: int) -> Any:
    """Raw options; with `image` and without a size, about `side` × `side` px in the image's shape.

    Raises:
        RequestError: the image cannot be read.
    """
    if not isinstance(given, Mapping) or not given.get("image"):
        return given
    if given.get("width") or given.get("height"):
        return given
    with open_picture(Path(given["image"])) as picture:
        width, height = size_like(picture.width, picture.height, side, least, most)
    return {**given, "width": width, "height": height}
