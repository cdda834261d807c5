"""Says a drawing style and a background in words, as pocket-image's captions said them in training.

Knows no model, no size and no family.
"""

from typing import Literal

from pipelines.pocket.colours import colour_behind
from pipelines.pocket.places import painted
from studio.scripts import is_chinese

StyleName = Literal[
    "any", "3d", "glossy", "flat", "cartoon", "soft", "simple", "classic", "bold", "outline",
    "icon", "flat-icon", "gradient-icon", "weather-icon",
]  # fmt: skip
STYLE_WORDS: dict[str, tuple[str, str]] = {
    "3d": ("3D rendered", "3D"),
    "glossy": ("glossy", "光泽"),
    "flat": ("flat design", "扁平"),
    "cartoon": ("cartoon", "卡通"),
    "soft": ("soft rounded", "柔和"),
    "simple": ("simple", "简约"),
    "classic": ("classic", "经典"),
    "bold": ("bold graphic", "醒目"),
    "outline": ("line art", "描边"),
    "icon": ("blue line icon", "蓝色线条图标"),
    "flat-icon": ("flat colour icon", "扁平图标"),
    "gradient-icon": ("gradient icon", "渐变图标"),
    "weather-icon": ("weather icon", "天气图标"),
}
BACKGROUND_WORDS = {
    "white": (" on a white background", "，白色背景"),
    "transparent": (" on a transparent background", "，透明背景"),
}


STYLE_NAMES_ZH = {"any": "不限", **{name: words[1] for name, words in STYLE_WORDS.items()}}
BACKGROUND_NAMES_ZH = {"any": "不限", "white": "白色", "transparent": "透明"}


def worded(prompt: str, style: str, background: str) -> str:
    """The prompt with its style and background in words, in the prompt's own language.

    Where it is Chinese, its place is said in English too; a coloured background, which people say
    in many ways, is said in the one that the model knows best.
    """
    language = 1 if is_chinese(prompt) else 0
    behind = BACKGROUND_WORDS.get(background, ("", ""))[language]
    if not behind and (colour := colour_behind(prompt)):
        behind = f", {colour} background"
    if place := painted(prompt):
        behind = f" {place}{behind}"
    if style == "any":
        return prompt + behind
    between = ("", "风格的")[language] or " "
    return STYLE_WORDS[style][language] + between + prompt + behind
