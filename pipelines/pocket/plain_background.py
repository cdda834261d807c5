"""Reads which plain background a prompt asks for: one colour, or one that fades into another.

Knows no drawings, no places and no layout.
"""

import re
from dataclasses import dataclass

from pipelines.pocket.colours import COLOURS, Colour

SHADES: dict[str, Colour] = {
    **COLOURS,
    "white": (255, 255, 255),
    "black": (14, 14, 18),
    "navy": (28, 44, 92),
    "beige": (236, 222, 196),
    "cream": (252, 244, 220),
    "mint": (176, 228, 202),
    "lavender": (204, 188, 238),
    "peach": (252, 204, 170),
    "gold": (228, 182, 62),
    "silver": (196, 202, 210),
    "magenta": (214, 48, 150),
    "maroon": (122, 32, 44),
    "olive": (124, 130, 60),
    "lime": (166, 210, 60),
    "sky": (126, 196, 244),
    "light": (238, 232, 222),
    "dark": (38, 42, 56),
}
"""Of whole backgrounds: white and black are nearer to their ends than things of that colour are."""

ENGLISH = {
    **{name: name for name in SHADES if name not in ("sky", "light", "dark")},
    "gray": "grey", "violet": "purple", "turquoise": "teal", "cyan": "teal", "golden": "gold",
    "indigo": "navy", "sky[ -]blue": "sky", "navy blue": "navy", "mint green": "mint",
    "baby blue": "sky", "crimson": "red", "tan": "beige", "ivory": "cream",
}  # fmt: skip
CHINESE = {
    "粉红": "pink", "天蓝": "sky", "藏青": "navy", "深蓝": "navy", "海军蓝": "navy",
    "米白": "cream", "奶油": "cream", "米": "beige", "薄荷绿": "mint", "薰衣草": "lavender",
    "金": "gold", "银": "silver", "品红": "magenta", "橄榄绿": "olive", "桃": "peach",
    "红": "red", "橙": "orange", "橘": "orange", "黄": "yellow", "绿": "green", "青": "teal",
    "蓝": "blue", "紫": "purple", "粉": "pink", "棕": "brown", "褐": "brown", "黑": "black",
    "灰": "grey", "白": "white",
}  # fmt: skip

NAMES = {**ENGLISH, **CHINESE}
"""Each a pattern, and the shade that it names."""

LIGHT_WORDS, DARK_WORDS = "light|pale|pastel|soft", "dark|deep"
LIGHT_SIGNS, DARK_SIGNS = "浅|淡|亮", "深|暗"
LIGHTER, DARKER = 0.58, 0.55
"""How far a light shade is on the way to white, and what is left of a dark one."""

_EN = "|".join(sorted(ENGLISH, key=len, reverse=True))
_ZH = "|".join(sorted(CHINESE, key=len, reverse=True))
_SHADE_EN = rf"(?:(?:{LIGHT_WORDS}|{DARK_WORDS})[ -])?(?:{_EN})"
_SHADE_ZH = rf"(?:{LIGHT_SIGNS}|{DARK_SIGNS})?(?:{_ZH})色?"
_HOW = r"(?:(?:plain|solid|flat|simple|uniform|bright|clean|smooth|single|monochrome)[ -])*"
_WHERE = r"(?:background|backdrop|backcloth|wall)\b"


def _patterns(*said: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(each, re.IGNORECASE) for each in said)


_FADING = _patterns(
    rf"\b({_SHADE_EN})(?: and | to |-to-|[ /-])({_SHADE_EN})(?: colou?r)? gradient\b",
    rf"\bgradient(?: {_WHERE})? (?:of |from )?({_SHADE_EN}) (?:and|to|into) ({_SHADE_EN})",
    rf"\b{_WHERE} (?:that )?fad(?:es|ing) from ({_SHADE_EN}) (?:to|into) ({_SHADE_EN})",
    rf"({_SHADE_ZH})(?:到|至|和|与|、)?({_SHADE_ZH})的?渐变",
)
_PLAIN = _patterns(
    rf"\b{_HOW}({_SHADE_EN})(?: colou?r(?:ed)?)? {_HOW}{_WHERE}",
    rf"\bbackground (?:is |in |of )(?:an? )?{_HOW}({_SHADE_EN})\b",
    rf"\b({_SHADE_EN}) behind (?:it|them)\b",
    rf"\b{_HOW}(light|pale|dark)(?: colou?r(?:ed)?)? {_HOW}{_WHERE}",
    rf"({_SHADE_ZH})的?(?:纯色|单色|素色)?的?(?:背景|底色|底(?!部|下|端)|墙(?!角|上|边|下))",
    rf"背景(?:颜色|色)?(?:是|为|用|[:：])?({_SHADE_ZH})",
    rf"((?:{LIGHT_SIGNS}|{DARK_SIGNS})色)(?:调)?的?(?:背景|底色)",
)
_BEHIND = re.compile(rf"\b{_WHERE}|\bbehind (?:it|them)\b|背景|墙", re.IGNORECASE)
_REFUSED = re.compile(
    r"\b(?:no|without|not(?: on| against)?)(?: an?| the| any)? $|(?:不要|没有|别用|无)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PlainBackground:
    """A wall of one colour, or of two: `top` above fades into `bottom`."""

    top: Colour
    bottom: Colour


def plain_background(prompt: str) -> PlainBackground | None:
    """The plain background that a prompt asks for, if any; a place is none."""
    for pattern in (*_FADING, *_PLAIN):
        found = pattern.search(prompt)
        if found and not _REFUSED.search(prompt[: found.start()]):
            colours = [_colour(said) for said in found.groups()]
            return PlainBackground(colours[0], colours[-1])
    return None


def without_gradient(prompt: str) -> str:
    """The prompt with blanks where it names a gradient: an orange is also a fruit."""
    for pattern in _FADING:
        prompt = pattern.sub(lambda found: " " * len(found[0]), prompt)
    return prompt


def is_other_background(prompt: str) -> bool:
    """Whether a prompt asks for a background that is no plain one: only the words know it."""
    return _BEHIND.search(prompt) is not None and plain_background(prompt) is None


def _colour(said: str) -> Colour:
    """The colour of a name with its shade: "pale blue", "浅蓝色"."""
    said = said.lower()
    patterns = (f"(?:{_EN})$", f"(?:{_ZH})(?=色?$)")
    name = next((found[0] for pattern in patterns if (found := re.search(pattern, said))), "")
    shade = said.removesuffix("色").removesuffix(name)
    is_light = re.search(f"{LIGHT_WORDS}|{LIGHT_SIGNS}", shade) is not None
    is_dark = re.search(f"{DARK_WORDS}|{DARK_SIGNS}", shade) is not None
    if not name:
        return SHADES["dark" if is_dark else "light"]
    key = next(own for spelled, own in NAMES.items() if re.fullmatch(spelled, name))
    if is_light:
        return _mixed(SHADES[key], (255, 255, 255), LIGHTER)
    return _mixed((0, 0, 0), SHADES[key], DARKER) if is_dark else SHADES[key]


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
