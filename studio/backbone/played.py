"""Music asked for by what plays it: "something with bongos", "the alphabet as death metal", "用吉他".

Looks at what stands before the instruments and genres of a text. Knows words by their hits, no weights.
"""

# ruff: noqa: E501 - the patterns below are tables, one kind a line.

import re
from collections.abc import Iterable, Iterator

from studio.backbone.orders import Order
from studio.backbone.words import Hit

REACH = 36
MUSIC = ("instrument", "genre")
VAGUE = re.compile(
    r"\b(?:something|anything|smth|sth|stuff|a (?:little |slow |quick )?(?:thing|number|piece|bit)|some|gimme|lay down"
    r"|play|do|got|more)\b|来(?:点|个|段)|整点|想听|那种",
    re.IGNORECASE,
)
BEFORE = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "played.as",
            r"\b(?:as|but|but make it|in the style of)\s+(?:an?\s+)?(?:\w+\s+)?$|(?:改成|变成|换成)[^,，。]{0,4}$",
        ),
        ("played.on", r"\b(?:on|over)\s+(?:an?\s+|the\s+|just\s+|only\s+|some\s+)?(?:\w+\s+)?$"),
        (
            "played.do",
            r"\b(?:do|play|gimme|give me|lay down|want|need|hear)\s+(?:(?:some|me|us|a|an|more|\d\ds)\s+)*(?:\w+\s+)?$",
        ),
        ("played.by", r"用(?:一[把架支只])?[^,，。画]{0,3}$"),
    )
)
LYING = re.compile(
    r"\b(?:lying|laid|leaning|left|resting|standing|propped|abandoned|forgotten|hanging|asleep|sunk|buried|overgrown|wrapped|covered|hidden)\b"
    r"|\bmade (?:out )?of\b|\bin the shape of\b"
    r"|\bon (?:velvet|an? (?:\w+ )?(?:sofa|cushion|chair|shelf|wall|table|windowsill|bench|beach|rock|stool))\b"
    r"|做的|躺在|靠在|倒在|放在|摆在|挂在|搁在|斜靠|立在|睡着|破旧|生锈|散落",
    re.IGNORECASE,
)
# "A passacaglia for organ", "for six pianos": no article, and nothing follows that it plays in.
FOR = re.compile(
    r"\bfor\s+(?:solo |unaccompanied |massed |prepared |muted |a (?:small |large |full )?(?=choir|orchestra)"
    r"|(?:two|three|four|five|six|seven|eight|twelve|\d+) )?$",
    re.IGNORECASE,
)
PLAIN_AFTER = re.compile(r"\s*(?:$|[,.;!?]|(?:and|or|with|in|on|about|that|to)\b)", re.IGNORECASE)


def find(text: str, hits: Iterable[Hit]) -> Iterator[Order]:
    """How the first instrument or genre is asked for, or that it lies there as a thing."""
    music = [hit for hit in hits if hit.is_any(MUSIC)]
    for hit in music[:2]:
        before = text[max(0, hit.start - REACH) : hit.start]
        yield from (
            (name, hit.start, hit.end) for name, pattern in BEFORE if pattern.search(before)
        )
        if FOR.search(before) and PLAIN_AFTER.match(text, hit.end):
            yield "played.for", hit.start, hit.end
        if VAGUE.search(before):
            yield "played.some", hit.start, hit.end
    lying = LYING.search(text) if music else None
    if lying is not None:
        yield "played.lying", lying.start(), lying.end()
