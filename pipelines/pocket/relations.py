"""Where the things of a prompt are to each other: "a cat on a box" → the cat above the box.

Reads the texts between the names. Knows no drawings, no names and no fractions of a picture.
"""

import re
from dataclasses import dataclass, replace

from studio.scripts import is_chinese


@dataclass(frozen=True)
class Link:
    """Thing `first` is `side` ("left", "right", "above", "below") of thing `second`."""

    first: int
    side: str
    second: int
    is_touching: bool = False
    """Whether the first stands or lies on the second, and does not float above it."""


@dataclass(frozen=True)
class Between:
    """Thing `middle` is between the things `one` and `other`, which may be the same kind."""

    middle: int
    one: int
    other: int


# ---- English ----
SIDE_OF = (
    r"(?:to|on|at|towards?)\s+(?:the\s+)?(?:far\s+|immediate\s+)?{0}(?:[- ]hand)?(?:\s+side)?\s+of|"
    r"{0}\s+(?:side\s+)?of"
)
PHRASES_EN = {
    "left": SIDE_OF.format("left"),
    "right": SIDE_OF.format("right"),
    "below": r"below|beneath|under|underneath|lower\s+than|at\s+the\s+(?:bottom|foot)\s+of",
    "above": (
        r"on\s+(?:the\s+)?(?:head|back|shoulders?|roof)\s+of|"
        r"(?:on|at)\s+(?:the\s+)?top\s+of|atop|above|over|upon|onto|on|rid(?:ing|es?)|surf(?:ing|s)?|climb(?:ing|s)?|inside|into|in|"
        r"higher\s+than"
    ),
}
APART_EN = re.compile(r"(?:above|over|higher|in|into|inside)\b")
NEW = (
    "and|or|with|without|of|in|on|at|by|to|from|for|near|beside|next|over|above|under|below|is|are|"
    "has|have|a|an|the|that|which|who|left|right|top|bottom|middle|center|centre|between|wearing|"
    "while|but|then|style|background"
)
DETERMINER = r"(?:\s+(?:a|an|the|its|his|her|their|this|that|another|some))?"
NOUN_PHRASE = rf"{DETERMINER}(?:\s+(?!(?:{NEW})(?![\w'’]))[\w'’-]+){{0,5}}"
TAILS_EN = {
    side: re.compile(rf"(?<![\w-])(?:{phrase}){NOUN_PHRASE}\s*$")
    for side, phrase in PHRASES_EN.items()
}
AGAIN = re.compile(r"\bit(\d)\b")
# "A table and a cat. The cat is on the table."
BOTH_AGAIN = {
    side: re.compile(rf"\bit(\d)(?:\s+(?!and\b)[\w'’-]+){{0,4}}?\s+(?:{phrase})\s+it(\d)\b")
    for side, phrase in PHRASES_EN.items()
}
PARTS = re.compile(
    r"(?:heads?|hands?|paws?|mouths?|back|backs|arms?|feet|foot|ears?|nose|eyes|tail)"
)
ADVERB = r"(?:right|directly|just|high|floating|flying|sitting|standing)\s+"
# A thing that is named again is written "it0", "it1", …
PRONOUN = r"(?:it(?P<which>\d)?|him|her|them|that|this)\b"
AFTER_EN = {
    side: re.compile(rf"^[\s,]*(?:{ADVERB})*(?:(?:{phrase})\s+{PRONOUN}|{more})")
    for side, phrase, more in (
        ("left", PHRASES_EN["left"], r"(?:on|to|at)\s+(?:its|his|her|their)\s+left"),
        ("right", PHRASES_EN["right"], r"(?:on|to|at)\s+(?:its|his|her|their)\s+right"),
        ("below", PHRASES_EN["below"], r"(?:under|at)\s+(?:its|his|her|their)\s+feet"),
        (
            "above",
            PHRASES_EN["above"],
            r"(?:on|over|above)\s+(?:its|his|her|their|the)\s+(?:head|back|shoulder)|overhead",
        ),
    )
}
HEADGEAR = re.compile(
    r"\b(?:hat|cap|crown|helmet|halo|tiara|beanie|bonnet|ribbon)s?$|帽|冠|头盔|蝴蝶结"
)
OWN = re.compile(r"\b(?:its|his|her|their)\s+(?:\w+\s+)?$")
WEARING_EN = re.compile(rf"(?<!\w)(?:wearing|wears|with|in){NOUN_PHRASE}\s*$")
BETWEEN_EN = re.compile(rf"(?<!\w)(?:in\s+)?between{NOUN_PHRASE}\s*$")
AND_EN = re.compile(rf"^\s*(?:and|&){NOUN_PHRASE}\s*$")
EACH_SIDE_EN = re.compile(r"^[\s,]*(?:on|at)\s+(?:each|both|either)\s+sides?")
OPENS_AFTER = re.compile(
    r"^[\s,]*(?:(?:there\s+)?(?:is|are|sits?|stands?|lies|lie|floats?|flies|sleeps?|hangs?|grows?)\b|"
    r"(?:a|an|the|one|two|three|four|five|several)\s)"
)

# ---- Chinese ----
SIDES_ZH = {"左": "left", "右": "right", "上": "above", "顶": "above", "里": "above", "裡": "above",
            "下": "below", "底": "below"}  # fmt: skip
SIDE_ZH = re.compile(
    r"^\s*的?(?:正|头|之|背|身|肩)?(?:(?P<across>左|右)(?:手?[边邊侧側面方]|半边)?|"
    r"(?P<along>上|下|顶|底)(?:[面方边邊部头端下上])?|(?P<inside>里|裡)[面边邊]?)"
)
CONTINUES_ZH = re.compile(r"^[，,；;、]\s*(?:它的?)?(左|右|上|下)[边邊面方侧側]")
AT_ZH = re.compile(r"(?:在|位于|处于|到)[^，。；,;]*$")
MIDDLE_ZH = re.compile(r"^\s*的?(?:之间|正?中间|之中|当中|间)")
EACH_SIDE_ZH = re.compile(r"^\s*的?(?:两|左右两?)[边侧旁](?:各|都)?有")
AND_ZH = re.compile(r"^\s*[和与跟及][^，。；在]*$")
ON_ZH = re.compile(
    r"(?:骑着?|骑在|坐着|乘着?|踩着?|踏着|飞过|飞越|跳过|越过|驾驶?着?|开着|站在|坐在|趴在|躺在|停在|"
    r"落在)[^，。；]{0,8}$"
)
CARRIES_ZH = re.compile(r"(?:头上|头顶|顶着|顶|举着)[^，。；]{0,10}$")
WEARS_ZH = re.compile(r"(?:戴着?|带着|穿着?)[^，。；]{0,8}$")


def links(gaps: list[str], names: list[str]) -> list[Link | Between]:
    """What the prompt says of the things' places to each other, at most one word per thing.

    Args:
        gaps: the texts before, between and after the names, lower case, one more than names.
        names: the names as written.
    """
    gaps = _pronouns(gaps, names)
    found: list[Link | Between] = [
        Link(int(first), side, int(second))
        for side, pattern in BOTH_AGAIN.items()
        for first, second in pattern.findall(" . ".join(gaps))
        if first != second
    ]
    if found and len(names) == 2:
        return found
    for place in range(len(names)):
        link = _chinese(gaps, names, place) if _is_chinese(gaps, place) else None
        link = link or _english(gaps, names, place)
        if link is not None:
            found.append(link)
    return _shared(_continued(found, gaps), gaps)


def is_part(text: str, start: int, end: int) -> bool:
    """ "In its hand": a part of what was named before."""
    return PARTS.fullmatch(text, start, end) is not None and OWN.search(text[:start]) is not None


def _pronouns(gaps: list[str], names: list[str]) -> list[str]:
    """The texts with "it0" for the first thing where it is named again, "it1" for the second."""
    changed = list(gaps)
    for number, name in enumerate(names):
        if name.isascii():
            again = re.compile(rf"(?:\b(?:the|a|an|this|that)\s+)?(?<!\w){re.escape(name)}\b")
            changed = [again.sub(f"it{number}", gap) if name in gap else gap for gap in changed]
    return changed


def _continued(found: list[Link | Between], gaps: list[str]) -> list[Link | Between]:
    """ "狗的上面是猫，下面是鱼": the fish is below the dog as well."""
    inverse = {e.first: e.second for e in found if isinstance(e, Link) and e.second < e.first}
    linked = {each.first for each in found if isinstance(each, Link)}
    more: list[Link | Between] = []
    for place in range(2, len(gaps) - 1):
        side = CONTINUES_ZH.match(gaps[place])
        if side is not None and place - 1 in inverse and place not in linked:
            inverse[place] = inverse[place - 1]
            more.append(Link(place, SIDES_ZH[side.group(1)], inverse[place]))
    return found + more


def _is_chinese(gaps: list[str], place: int) -> bool:
    return is_chinese(gaps[place] + gaps[place + 1])


def _english(gaps: list[str], names: list[str], place: int) -> Link | Between | None:
    before, after = gaps[place], gaps[place + 1]
    is_first = place == 0
    if BETWEEN_EN.search(before):
        return _between_en(gaps, place)
    if not is_first and EACH_SIDE_EN.match(after):
        return Between(place - 1, place, place)
    if not is_first and WEARING_EN.search(before) and HEADGEAR.search(names[place]):
        return Link(place, "above", place - 1, is_touching=True)
    for side, pattern in AFTER_EN.items():
        match = None if is_first else pattern.match(after)
        if match is not None:
            other = int(match["which"] or place - 1)
            return Link(place, side, other, side == "above" and not APART_EN.search(match.group()))
    for side, pattern in TAILS_EN.items():
        match = pattern.search(before)
        if match is not None:
            if not is_first:
                again = AGAIN.findall(before[: match.start()])
                touches = side == "above" and not APART_EN.match(match.group())
                return Link(int(again[-1]) if again else place - 1, side, place, touches)
            # "Under the tree is a dog"
            is_inverse = len(names) > 1 and OPENS_AFTER.match(after)
            return Link(1, side, 0) if is_inverse else None
    return None


def _between_en(gaps: list[str], place: int) -> Between | None:
    last = len(gaps) - 2
    has_two = place < last and AND_EN.match(gaps[place + 1])
    other = place + 1 if has_two else place
    if place > 0:
        return Between(place - 1, place, other)
    return Between(other + 1, place, other) if other < last else None


def _chinese(gaps: list[str], names: list[str], place: int) -> Link | Between | None:
    before, after = gaps[place], gaps[place + 1]
    if MIDDLE_ZH.match(after):
        return _between_zh(gaps, place)
    if EACH_SIDE_ZH.match(after) and place + 1 < len(names):
        return Between(place, place + 1, place + 1)
    side = SIDE_ZH.match(after)
    if side is not None and sides_zh(gaps[0]) is None:
        key = side.group("across") or side.group("along") or side.group("inside")
        touches = key == "上" and "方" not in side.group()
        if place > 0 and AT_ZH.search(before):
            return Link(place - 1, SIDES_ZH[key], place, touches)
        rest = after[side.end() :]
        if place + 1 < len(names) and not re.match(r"\s*[和与跟及。；]", rest):
            return Link(place + 1, SIDES_ZH[key], place, touches)
    if place == 0:
        return _attribute_zh(before, after, names)
    if CARRIES_ZH.search(before) or (WEARS_ZH.search(before) and HEADGEAR.search(names[place])):
        return Link(place, "above", place - 1, is_touching=True)
    if ON_ZH.search(before):
        return Link(place - 1, "above", place, is_touching=True)
    return None


def _attribute_zh(before: str, after: str, names: list[str]) -> Link | None:
    """ "戴着帽子的猫", "骑着马的人": what is worn or ridden is named first."""
    if len(names) < 2 or not after.lstrip().startswith("的"):
        return None
    if CARRIES_ZH.search(before) or (WEARS_ZH.search(before) and HEADGEAR.search(names[0])):
        return Link(0, "above", 1, is_touching=True)
    return Link(1, "above", 0, is_touching=True) if ON_ZH.search(before) else None


def _between_zh(gaps: list[str], place: int) -> Between | None:
    one = place - 1 if place > 0 and AND_ZH.match(gaps[place]) else place
    if one > 0 and AT_ZH.search(gaps[one]):
        return Between(one - 1, one, place)
    return Between(place + 1, one, place) if place + 2 < len(gaps) else None


def _shared(found: list[Link | Between], gaps: list[str]) -> list[Link | Between]:
    """ "A cat and a dog on a box": both are on it."""
    shared = list(found)
    for link in found:
        if not isinstance(link, Link) or link.second != link.first + 1:
            continue
        first = link.first
        if first > 0 and (AND_EN.match(gaps[first]) or AND_ZH.match(gaps[first])):
            linked = {each.first for each in found if isinstance(each, Link)}
            if first - 1 not in linked and link.side in ("above", "below"):
                shared.append(replace(link, first=first - 1))
    return shared


# ---- places in the picture ----
OF_PICTURE = r"\b(?!\s+(?:the|this)\s+(?:picture|image|frame|canvas|screen|scene|photo))"
SPOT_EN = re.compile(
    r"\b(?:(?P<left>left)|(?P<right>right)(?!\s+(?:next|above|below|beside|under|on|in|over|behind|"
    r"beneath|at|by|near|here|there|now))|(?P<top>top|upper)(?![- ](?:view|down|quality|hat))|"
    r"(?P<bottom>bottom|lower)|(?P<above>above|overhead)(?=\s*(?:$|[,.;]|and\b))|"
    r"(?P<below>below|underneath|beneath)(?=\s*(?:$|[,.;]|and\b))|(?P<middle>middle|center|centre))\b"
    rf"(?!(?:[- ]hand)?(?:\s+(?:side|part|half|corner))?\s+(?:of|from|to){OF_PICTURE})"
    r"(?!\s+(?:ear|hand|paw|eye|arm|leg|foot|wing|half-))"
)
TURNED = re.compile(
    r"(?:facing|looking|looks|pointing|turn(?:s|ed|ing)?|heading|moving|walking|running|flying|its|"
    r"his|her)\s+(?:(?:to|towards?)\s+)?(?:the\s+)?$"
)
SPOT_ZH = re.compile(
    r"(?P<left>左(?:上|下)?[边邊侧側面方角]|左半边)|(?P<right>右(?:上|下)?[边邊侧側面方角]|右半边)|"
    r"(?P<top>上[面方边邊部]|顶部|顶端)|(?P<bottom>下[面方边邊部]|底部|底端)|"
    r"(?P<middle>正?中间|中央|正中)|"
    r"(?:(?<=^)|(?<=[，、；。在 ,]))(?:(?P<left1>左)|(?P<right1>右)|(?P<top1>上)|(?P<bottom1>下)|"
    r"(?P<middle1>中))(?=$|[，、；。,; 是为一两:：])"
)
SPOTS = {
    "left": (-1, 0), "right": (1, 0), "top": (0, -1), "above": (0, -1), "bottom": (0, 1),
    "below": (0, 1), "middle": (0, 0),
}  # fmt: skip
DIVIDES = re.compile(r"[,.;|\n，。；、]|\b(?:and|while|but|with)\b|[和与]|而")
Spot = tuple[int, int]


def sides_zh(text: str) -> Spot | None:
    """The part of the picture that Chinese text names."""
    return _spot(list(SPOT_ZH.finditer(text)), text)


def _spot(matches: list[re.Match[str]], text: str) -> Spot | None:
    x = y = 0
    is_said = False
    for match in matches:
        if TURNED.search(text[: match.start()]):
            continue
        across, along = SPOTS[(match.lastgroup or "").rstrip("1")]
        # "左上角"
        along += {"上": -1, "下": 1}.get(match.group()[1:2], 0) if across else 0
        x, y, is_said = x + across, y + along, True
    return (max(-1, min(x, 1)), max(-1, min(y, 1))) if is_said else None


def _part(text: str) -> Spot | None:
    pattern = SPOT_ZH if is_chinese(text) else SPOT_EN
    return _spot(list(pattern.finditer(text)), text)


def _divide(gap: str, is_said_before: bool) -> re.Match[str] | None:
    """Where the words about the name before end: in ", on the left, and a" at the second mark."""
    marks = list(DIVIDES.finditer(gap))
    if not marks:
        return None
    is_enclosed = marks[0].start() == 0 and _part(gap[: marks[-1].start()]) is not None
    return marks[-1] if is_enclosed and not is_said_before else marks[0]


def spots(gaps: list[str]) -> dict[int, Spot]:
    """Thing → the part of the picture it is in: across and along, each -1, 0 or 1.

    "On the left a cat" says it before the name, "a cat on the left" after it; between two names
    the nearest mark or "and" decides.
    """
    last = len(gaps) - 2
    found: dict[int, Spot] = {}
    first = _part(gaps[0])
    for place, gap in enumerate(gaps):
        divide = _divide(gap, first is not None)
        belongs_before, belongs_after = gap, gap
        if 0 < place <= last and divide is not None:
            belongs_before, belongs_after = gap[: divide.start()], gap[divide.end() :]
        elif 0 < place <= last:
            belongs_before, belongs_after = ("", gap) if first is not None else (gap, "")
        before, after = _part(belongs_before), _part(belongs_after)
        if place > 0 and before is not None:
            found.setdefault(place - 1, before)
        if place <= last and after is not None:
            found.setdefault(place, after)
    return found
