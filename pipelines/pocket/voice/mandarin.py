"""Mandarin characters to phones and tones, by pinyin; tones as they change beside each other.

Knows nothing about notes or sound.
"""

from collections.abc import Sequence
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
    read_alone = [_phones(*each) for each in zip(initials, finals, strict=True)]
    tones = in_context(text, [tone for _, tone in read_alone])
    return tuple((phones, tone) for (phones, _), tone in zip(read_alone, tones, strict=True))


_LIGHT_AGAIN = frozenset("妈爸爷奶哥姐弟妹叔伯舅姑婶嫂娃宝公婆太星猩看想试听走说谢聊等尝问坐歇")
"""Said twice, the second is neutral: 妈妈, 看看."""

_COUNTING = frozenset("零一二三四五六七八九十百千万第初")
_DATES = frozenset("月号日")


def in_context(text: str, tones: Sequence[int]) -> list[int]:
    """Tones as they are spoken: 不 and 一 yield to the next, of two third tones the first rises."""
    found = list(tones)
    for at, character in enumerate(text):
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if character == before and character in _LIGHT_AGAIN:
            found[at] = 5
        elif character in "不一" and before and before == after and before not in _COUNTING:
            # 看一看, 好不好
            found[at] = 5
        elif character == "不":
            found[at] = 2 if after and tones[at + 1] == 4 else 4
        elif character == "一":
            falls = after and _yields(before, after)
            found[at] = (2 if tones[at + 1] in (4, 5) else 4) if falls else 1
    return _third(found)


def _yields(before: str, after: str) -> bool:
    """Whether 一 is an amount; as a figure, in a row or a date, it keeps its tone."""
    return not (before in _COUNTING and before) and after not in _COUNTING | _DATES


def _third(tones: list[int]) -> list[int]:
    """In a row of third tones all but the last rise; a long row is said in pairs."""
    found = list(tones)
    at = 0
    while at < len(tones):
        end = at
        while end < len(tones) and tones[end] == 3:
            end += 1
        step = 2 if end - at > 3 else 1
        for place in range(end - 2, at - 1, -step):
            found[place] = 2
        at = max(end, at + 1)
    return found


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
