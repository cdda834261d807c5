"""Mandarin characters to phones and tones, by pinyin. Knows nothing about notes or sound."""

from functools import lru_cache

_INITIALS = {
    "b": "b", "p": "P", "m": "M", "f": "F", "d": "d", "t": "T", "n": "N", "l": "L", "g": "g",
    "k": "K", "h": "h", "j": "j", "q": "q", "x": "x", "zh": "zh", "ch": "ch", "sh": "sh",
    "r": "r", "z": "z", "c": "c", "s": "S",
}  # fmt: skip

_FINALS = {
    "a": "a", "o": "o", "e": "e", "ai": "ai", "ei": "ei", "ao": "ao", "ou": "ou",
    "an": "an_a N", "en": "en_e N", "ang": "ang_a NG", "eng": "en_e NG", "ong": "UH NG",
    "er": "er", "i": "i", "ia": "Y a", "ie": "Y eh", "iao": "Y ao", "iu": "Y ou",
    "iou": "Y ou", "ian": "Y ian_a N", "in": "i N", "iang": "Y ang_a NG", "ing": "i NG",
    "iong": "yu UH NG", "io": "Y o", "u": "u", "ua": "W a", "uo": "W o", "uai": "W ai",
    "ui": "W ei", "uei": "W ei", "uan": "W an_a N", "un": "W en_e N", "uen": "W en_e N",
    "uang": "W ang_a NG", "ueng": "W en_e NG", "v": "v", "ve": "yu eh", "van": "yu ian_a N",
    "vn": "v N", "ê": "eh",
}  # fmt: skip


@lru_cache(maxsize=4096)
def pronounce(text: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """(phones, tone 1 to 5) of each character, read in the context of the others."""
    from pypinyin import Style, pinyin

    def read(style: Style) -> list[str]:
        found = pinyin(text, style=style, strict=True, neutral_tone_with_five=True, v_to_u=False)
        return [each[0] for each in found]

    initials, finals = read(Style.INITIALS), read(Style.FINALS_TONE3)
    return tuple(_phones(initial, final) for initial, final in zip(initials, finals, strict=True))


def _phones(initial: str, final: str) -> tuple[tuple[str, ...], int]:
    tone = int(final[-1]) if final[-1:].isdigit() else 5
    body = final.rstrip("12345").replace("ü", "v")
    if body == "i" and initial in ("z", "c", "s"):
        sounds = ["ii"]
    elif body == "i" and initial in ("zh", "ch", "sh", "r"):
        sounds = ["iii"]
    else:
        # A nasal alone ("嗯") is sung on a neutral vowel.
        sounds = _FINALS.get(body, "en_e N").split()
    return (*([_INITIALS[initial]] if initial in _INITIALS else []), *sounds), tone
