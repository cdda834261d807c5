"""What a prompt refuses: "without text", "no people", "不要文字", "not a video but a picture".

Finds the refused stretches; whether they matter is for others to say.
"""

# ruff: noqa: E501 - the patterns and sentences below are tables, one entry a line.

import re
from dataclasses import dataclass

from studio.backbone.words import lexicon

_END = r"(?=[,，.。;；:!！?？()（）\n]|$)"
_REFUSE = (
    r"\b(?:without|avoid(?:ing)?|excluding|exclude|minus|free of|leave out|leaving out|skip the"
    r"|(?:don't|do not|dont|doesn't|does not|must not|should not|shouldn't) "
    r"(?:want|include|add|show|use|put|have|contain|draw)|--no|no)\s+"
)
ENGLISH = re.compile(
    _REFUSE + r"(?:any (?:kind of )?|an? |the )?"
    r"(?P<what>(?!(?:one|longer|matter|doubt|idea|problem|need|way|more than|less than|wonder|"
    r"question|end|man's)\b)[^,，.。;；:!！?？()（）\n]{1,60}?)"
    r"(?=\s+(?:and (?:no |a |an |the |with )|but|with|in|on|at|under|for|please|that|which|just|only"
    r"|--)\b|\s+--|[,，.。;；:!！?？()（）\n]|$)",
    re.IGNORECASE,
)
HAN = re.compile(
    r"(?:不要|不可以有|不能有|请勿|别(?=有|加|放|带|出现|画|太))(?:再)?(?:出现|加上|加|带|有|放|画|含)?"
    r"(?:任何|什么)?(?P<a>[^,，。;；!！?？的\n\s]{1,16})"
    r"|(?:不带|不含|不包含|不需要|不想要|不出现|不加|去掉|去除|避免出现|避免|禁止出现|禁止|勿)"
    r"(?:任何)?(?P<b>[^,，。;；!！?？的\n\s]{1,16})"
    r"|(?:^|(?<=[,，。;；\s]))没有(?:任何)?(?P<c>[^,，。;；!！?？的\n\s]{1,6})"
    r"|没有(?:任何)?(?P<d>[^,，。;；!！?？的\n\s]{1,4})(?=的)"
    r"|无(?P<e>文字|水印|字幕|字|人物|人声|背景|边框|鼓|标题|签名|logo)"
)
# A refusal of the medium itself, or a comparison that is not meant.
NOT_THIS = re.compile(
    r"\b(?:not|instead of|rather than|isn't)\s+(?:(?:a|an|the|another)\s+)?"
    r"(?P<what>[^,，.。;；:!！?？\n]{1,40}?)(?=\s+(?:but|just)\b|[,，.。;；:!！?？\n]|$)"
    r"|(?:而不是|不是|并非)(?P<han>[^,，。;；!！?？\n]{1,12})",
    re.IGNORECASE,
)
SPLIT = re.compile(r"\s*(?:\bor\b|\bnor\b|\band\b|、|和|或者|或|及|以及|跟|/)\s*")
MEDIA = ("image.noun", "song.noun", "video.noun")


@dataclass(frozen=True)
class Refusal:
    """The stretch [start, end) says what is not wanted: `items`, or a medium when empty."""

    start: int
    end: int
    items: tuple[str, ...]


def _items(what: str) -> tuple[str, ...]:
    parts = (
        re.sub(r"^(?:any|a|an|the|no|太|有|任何|多余)\s*", "", p.strip()) for p in SPLIT.split(what)
    )
    return tuple(part for part in parts if part)


def _is_medium(item: str) -> bool:
    known = lexicon()
    senses = known.english.get(item.lower(), ()) or known.han.get(item.lower(), ())
    return any(sense.group in MEDIA for sense in senses) and item.lower() not in KEPT


# Words that name a medium and also a part of one, which people do refuse.
KEPT = {
    "vocals",
    "lyrics",
    "chorus",
    "harmony",
    "pattern",
    "texture",
    "sign",
    "logo",
    "人声",
    "和声",
}
KEPT |= {"logos", "signs", "歌词", "标志", "背景音乐", "beat", "chords", "sound effects", "sounds"}


def refusals(text: str) -> list[Refusal]:
    """Every refusal in the text, in order."""
    found: list[Refusal] = []
    for match in (*ENGLISH.finditer(text), *HAN.finditer(text)):
        group = match.lastgroup
        if group is not None:
            items = tuple(item for item in _items(match.group(group)) if not _is_medium(item))
            found.append(Refusal(match.start(), match.end(), items))
    found += [Refusal(match.start(), match.end(), ()) for match in NOT_THIS.finditer(text)]
    return sorted(found, key=lambda refusal: refusal.start)
