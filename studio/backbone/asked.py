"""The medium that a verb asks for, wherever in the text: "…, and now I want music", "想配一首歌".

Knows the verbs of asking and making, and the nouns of media by their hits. Knows no weights.
"""

import re
from collections.abc import Iterable, Iterator

from studio.backbone.orders import Order
from studio.backbone.words import Hit

# ruff: noqa: E501 - the verbs of asking, one kind a line.
REACH = 44
_LINK = r"(?:of|for|about|from|to|with|in|on|by|that|which|where|who|and|inspired|like)\b"
ENGLISH = re.compile(
    r"\b(?:want|wants|need|needs|i'd like|we'd like|would like|would love|make|create|write|compose|record"
    r"|draw|paint|design|sketch|produce|generate|film|shoot|animate|give me|gimme|get me|send me|looking for"
    r"|look for|how about|what about|missing|lacks|missing is|turn (?:it|this|that|them) into|into|as|do|need is|want is)"
    rf"\s+(?:(?!{_LINK})[\w'’-]+,?\s+){{0,5}}$",
    re.IGNORECASE,
)
HAN = re.compile(
    r"(?<![在着人])(?:想要?|要|来|写|做|画|拍|谱|配|编|录|作|弄|整|剪|求|需要|生成|设计|制作|创作|给我|换成|变成|搞|出|有没有)"
    r"(?:一|个|点|些|几|两|三|四)?(?:首|支|曲|段|张|幅|条|部|个|份|套|点|些|枚|款|种|组)?"
    r"(?:[^给把,，。]{0,10}的)?[^给为用在把的,，。写做画拍]{0,4}$"
)
KINDS = {"image.noun": "image", "song.noun": "song", "video.noun": "video", "genre": "song"}


def find(text: str, hits: Iterable[Hit]) -> Iterator[Order]:
    """The kinds asked for, each at its noun; a word of two media asks for neither."""
    for hit in hits:
        kinds = {KINDS[sense.group] for sense in hit.senses if sense.group in KINDS}
        before = text[max(0, hit.start - REACH) : hit.start]
        if len(kinds) == 1 and (ENGLISH.search(before) or HAN.search(before)):
            yield f"asked.{kinds.pop()}", hit.start, hit.end
