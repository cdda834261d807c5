"""Colours by name: which one a prompt gives to a thing, and how a drawing takes it on.

Knows nothing about where drawings come from.
"""

import re

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
COLOURS: dict[str, Colour] = {
    "red": (222, 45, 52),
    "orange": (245, 134, 32),
    "yellow": (250, 206, 50),
    "green": (58, 166, 78),
    "teal": (32, 160, 156),
    "blue": (48, 112, 222),
    "purple": (136, 78, 200),
    "pink": (246, 128, 178),
    "brown": (134, 86, 56),
    "black": (38, 38, 42),
    "grey": (142, 146, 152),
    "white": (246, 246, 244),
}
_ENGLISH = {**{name: name for name in COLOURS}, "gray": "grey", "violet": "purple",
            "turquoise": "teal", "cyan": "teal"}  # fmt: skip
_CHINESE = {"红": "red", "橙": "orange", "橘": "orange", "黄": "yellow", "绿": "green",
            "青": "teal", "蓝": "blue", "紫": "purple", "粉": "pink", "棕": "brown",
            "褐": "brown", "黑": "black", "灰": "grey", "白": "white"}  # fmt: skip
_WORD = "|".join(_ENGLISH)
_SIGN = "".join(_CHINESE)
_BEFORE = re.compile(rf"\b(?:light |dark |bright |pale )?({_WORD})[ -]+$", re.IGNORECASE)
_AFTER = re.compile(
    rf"^,? (?:that |which |who )?(?:is|are) (?:all |completely |entirely |fully )?({_WORD})\b",
    re.IGNORECASE,
)
_BEFORE_ZH = re.compile(rf"(?<![雪火天草海肤])([{_SIGN}])(?:红|绿|蓝|黄)?(?:色的?|的)?$")
_AFTER_ZH = re.compile(rf"^(?:全身|全|都|整个)?(?:是|为)(?:全)?([{_SIGN}])色")
_PLAIN = r"(?:plain |solid |flat |simple |uniform |bright |light |dark |pale )*"
_BEHIND = re.compile(
    rf"\b(?:against|over|before|in front of|on|with) (?:an? |the )?{_PLAIN}({_WORD})"
    rf"(?: colou?red)? (?:background|backdrop|backcloth|wall)\b|\b({_WORD}) behind (?:it|them)\b",
    re.IGNORECASE,
)


def colour_behind(prompt: str) -> str | None:
    """The colour that an English prompt gives to a plain background, if any."""
    found = _BEHIND.search(prompt)
    return _ENGLISH[(found[1] or found[2]).lower()] if found else None


def colour_of(prompt: str, start: int, end: int) -> str | None:
    """The colour that a prompt gives to the thing named at [start, end), if any."""
    before, after = prompt[:start], prompt[end:]
    if found := _BEFORE.search(before) or _AFTER.search(after):
        return _ENGLISH[found[1].lower()]
    if found := _BEFORE_ZH.search(before) or _AFTER_ZH.search(after):
        return _CHINESE[found[1]]
    return None


def tinted(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """Recolours uint8 (H, W, 4): lights and darks stay, the hue becomes the named one."""
    values = pixels.astype(np.float32)
    luma = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    solid = values[..., 3] > 128
    middle = float(np.median(luma[solid])) if solid.any() else 0.5
    lift = np.clip(luma / max(middle, 0.15), 0, 2)[..., None]
    target = np.array(COLOURS[colour], np.float32)
    painted = np.where(lift < 1, target * lift, target + (255 - target) * (lift - 1) * 0.8)
    values[..., :3] = 0.88 * painted + 0.12 * values[..., :3]
    return np.clip(values, 0, 255).astype(np.uint8)
