"""Parameters that pictures and clips share: how many, what shape, which style and colours.

Reads them from the text and from the parsed sentence; knows no family and no kind.
"""

# ruff: noqa: E501 - the patterns and sentences below are tables, one entry a line.

import re
from collections.abc import Iterator
from itertools import islice

from studio.backbone import numerals, styles
from studio.backbone.found import Found
from studio.backbone.parse import Mention, Reading

RATIOS = {
    (1, 1),
    (16, 9),
    (9, 16),
    (4, 3),
    (3, 4),
    (3, 2),
    (2, 3),
    (21, 9),
    (9, 21),
    (4, 5),
    (5, 4),
}
RATIOS |= {(2, 1), (1, 2), (3, 1), (1, 3), (16, 10), (10, 16), (18, 9), (9, 18)}
RATIO = re.compile(
    r"(?<![\d:.])(\d{1,2})\s?[:：]\s?(\d{1,2})(?![\d:])|(?<!\d)(16|9)\s?[/x×]\s?(9|16)(?!\d)"
)
SIZE = re.compile(
    r"(?<![\dx×.])(\d{3,5})\s*(?:px|像素)?\s*(?:x|×|\*|by|乘以?)\s*(\d{3,5})(?!\d)"
    r"|宽(?:度)?(?:为)?\s*(\d{3,5})(?:像素|px)?[,，、\s]*高(?:度)?(?:为)?\s*(\d{3,5})",
    re.IGNORECASE,
)
SQUARE_SIZE = re.compile(
    r"(?<!\d)(\d{3,4})\s?(?:px|pixels?|像素)(?:\s+square|的?(?:正)?方形)?", re.IGNORECASE
)
SHAPES = (
    (
        "9:16",
        r"(?:phone|iphone|android|mobile|smartphone)\s+(?:\w+\s+)?(?:wallpaper|background|screen)|lock ?screen"
        r"|(?:wallpaper|background)\s+for\s+(?:(?:my|your|her|his|the|a)\s+)?(?:\w+\s+)?(?:phone|iphone|android|mobile|smartphone)",
    ),
    (
        "9:16",
        r"\b(?:instagram|ig|facebook)\s+stor(?:y|ies)\b|\btik ?tok\b|\byoutube shorts?\b|\b(?:insta(?:gram)?|ig) reel",
    ),
    (
        "9:16",
        r"\bvertical(?:ly)?\b(?!\s+(?:line|stripe|garden|farm))|\bupright format|\bportrait (?:mode|orientation|format|layout)|\bin portrait\b",
    ),
    (
        "16:9",
        r"\b(?:desktop|computer|laptop|pc|monitor|4k)\s+(?:\w+\s+)?(?:wallpaper|background)|\bwide ?screen\b",
    ),
    (
        "16:9",
        r"\bhorizontal(?:ly)?\b(?!\s+(?:line|stripe|bar))|\blandscape (?:mode|orientation|format|layout)|\byoutube thumbnail",
    ),
    (
        "1:1",
        r"\bsquare\s+(?:\w+\s+){0,2}(?:picture|image|photo|poster|icon|avatar|logo|sticker|illustration|drawing|painting|format|video|clip|cover|crop|canvas|portrait|tile|print|artwork)s?\b",
    ),
    (
        "1:1",
        r"\b(?:make it|in a|is|be|as a)\s+square\b(?!\s+\w)|[,，]\s*square\s*(?=[,，.]|$)|\bsquare (?:aspect|ratio|shape)",
    ),
    (
        "9:16",
        r"手机(?:壁纸|锁屏|屏保|背景|桌面)|锁屏|竖版|竖屏|竖幅|竖图|竖向|纵向|抖音|快手视频|小红书封面",
    ),
    ("16:9", r"(?:电脑|桌面|笔记本|显示器)(?:桌面)?(?:壁纸|背景)|横版|横屏|横幅图|横图|横向|宽屏"),
    (
        "1:1",
        r"正方形(?=.{0,8}(?:图|画|照|头像|海报|封面|贴纸|壁纸|视频|格式|构图|尺寸|$))|方形(?=.{0,6}(?:图|头像|封面|构图))|方图",
    ),
)
SHAPE = tuple((aspect, re.compile(pattern, re.IGNORECASE)) for aspect, pattern in SHAPES)

BACKGROUND = re.compile(
    r"\b(?:transparent|no|without(?: an?| any)?)\s+background\b|\bcut[- ]?out\b(?!\s+of)"
    r"|\bbackground\s+(?:removed|transparent)\b|透明(?:的)?(?:背景|底)|背景透明|无背景|去背景|抠图",
    re.IGNORECASE,
)

COUNTED = ("image.noun", "song.noun", "video.noun", "genre", "av.noun")
UNITS = set(
    "second seconds sec secs minute minutes min mins hour hours bar bars beat bpm frame frames fps "
    "part piece string chord voice note person color colour d panel bit year month day week".split()
)
COPIES = re.compile(
    rf"(?<![\w-])({numerals.ENGLISH_PATTERN})\s+(?:\w+\s+)?(?:variations?|versions?|options|takes|copies|variants|alternatives)\b"
    rf"|\b(?:set|pack|series|batch|collection|bunch)\s+of\s+({numerals.ENGLISH_PATTERN})\s+(?=\w)"
    r"|(?:^|[\s,，])[x×](\d{1,2})(?=\s*$)|(?<=\s)(\d{1,2})[x×](?=\s*$)",
    re.IGNORECASE,
)
HAN_COUNT = re.compile(
    rf"({numerals.HAN_PATTERN})\s*(?P<unit>张|幅|副|枚|首|段|支|条|部|份|款|种|版|个|套)"
    r"(?!桌|椅|床|纸|嘴|脸|票|弓|网|沙发|饼|人|小时|月|孩|女|男|老|朋|星|字|音)"
)
# Counting with these says nothing about media unless the medium stands right behind.
VAGUE_UNITS = {"个", "条", "支", "套"}
MAX_COUNT = 64


def count(reading: Reading) -> Iterator[Found]:
    """How many pieces are wanted; a number of things inside the picture is not meant."""
    match = COPIES.search(reading.text)
    if match is not None:
        number = numerals.value(next(group for group in match.groups() if group))
        if number is not None and 1 <= number <= MAX_COUNT and not _is_of_content(reading, match):
            yield Found("count", int(number), match.start(), match.end())
            return
    for mention in reading.mentions:
        if mention.role in {"head", "bare", "later", "as"} and mention.hit.is_any(COUNTED):
            found = _counted(reading, mention)
            if found is not None:
                yield found
                return


def _is_of_content(reading: Reading, match: re.Match[str]) -> bool:
    """ "a picture of a set of four cups": the set stands inside the picture."""
    before = reading.text[: match.start()]
    return any(
        m.hit.is_any(COUNTED) and m.role in {"head", "bare"} and m.hit.end <= len(before)
        for m in reading.mentions
    )


def _counted(reading: Reading, head: Mention) -> Found | None:
    clause = next(c for c in reading.clauses if c.start <= head.hit.start < c.end)
    before = reading.text[clause.start : head.hit.start]
    if clause.is_han:
        return _counted_han(reading, clause.start, before)
    if not reading.text[head.hit.start : head.hit.end].lower().endswith(("s", "music")):
        return None
    pattern = (
        rf"(?<![\w.:-])({numerals.ENGLISH_PATTERN})\s+(?P<next>[\w-]+\s+)?(?:[\w-]+\s+){{0,2}}$"
    )
    match = re.search(pattern, before, re.IGNORECASE)
    if match is None or (match.group("next") or "").strip().lower().split("-")[0] in UNITS:
        return None
    number = numerals.value(match.group(1))
    if number is None or number != int(number) or not 1 <= number <= MAX_COUNT:
        return None
    start = clause.start + match.start()
    return Found("count", int(number), start, start + len(match.group(1)))


def _counted_han(reading: Reading, offset: int, before: str) -> Found | None:
    for match in HAN_COUNT.finditer(before):
        number = numerals.value(match.group(1))
        rest = before[match.end() :]
        if match.group("unit") in VAGUE_UNITS and not re.fullmatch(
            r"(?:不同|各异|不一样|风格|可爱|好看|\s)*的?(?:版本)?|[^的在和与,，]{0,8}", rest
        ):
            continue
        # "一张" is the article, not a wish for exactly one.
        if number is None or number < 2 or number > MAX_COUNT or number != int(number):
            continue
        return Found("count", int(number), offset + match.start(), offset + match.end())
    return None


def shape(text: str) -> Iterator[Found]:
    """Width and height, or an aspect ratio."""
    match = SIZE.search(text)
    if match is not None:
        width, height = (int(group) for group in match.groups() if group)
        yield Found("width", width, match.start(), match.end())
        yield Found("height", height, match.start(), match.end())
        return
    square = SQUARE_SIZE.search(text)
    if square is not None:
        yield Found("width", int(square.group(1)), square.start(), square.end())
        yield Found("height", int(square.group(1)), square.start(), square.end())
        return
    for match in RATIO.finditer(text):
        pair = tuple(int(group) for group in match.groups() if group)
        if pair in RATIOS:
            yield Found("aspect", f"{pair[0]}:{pair[1]}", match.start(), match.end())
            return
    hits = [(m.start(), aspect, m) for aspect, pattern in SHAPE if (m := pattern.search(text))]
    if hits:
        _, aspect, match = min(hits, key=lambda hit: hit[0])
        yield Found("aspect", aspect, match.start(), match.end())


def background(text: str) -> Iterator[Found]:
    """Whether the thing is wanted alone, with nothing behind it."""
    match = BACKGROUND.search(text)
    if match is not None:
        yield Found("background", "transparent", match.start(), match.end())


def style(reading: Reading) -> Iterator[Found]:
    """The style that is spoken of as a look, or the first one named; a refused one does not count.

    A word that is also a mere quality ("cute") is the style only where no other is named.
    """
    spared = styles.ordinary(reading.text)
    named = [
        Found("style", m.hit.value("image.style"), m.hit.start, m.hit.end)
        for m in reading.mentions
        if m.role != "no" and m.hit.value("image.style") and not m.hit.is_any(("image.term",))
    ]
    firm = next((f for f in named if not _overlaps(f, spared)), None)
    yield from islice(filter(None, _styles_by_rank(reading, firm)), 1)


def _styles_by_rank(reading: Reading, firm: Found | None) -> Iterator[Found | None]:
    yield styles.said(reading.text)
    yield firm
    yield styles.before_thing(reading.text)
    for mention in reading.mentions:
        value = mention.hit.value("image.style")
        if value is not None and mention.role != "no" and mention.hit.is_any(("image.term",)):
            yield Found("style", value, mention.hit.start, mention.hit.end)


def _overlaps(found: Found, spans: list[tuple[int, int]]) -> bool:
    return any(start < found.end and found.start < end for start, end in spans)


def colours(reading: Reading) -> Iterator[Found]:
    """Every colour named, in order, each once."""
    seen: list[str] = []
    first = last = None
    for mention in reading.mentions:
        value = mention.hit.value("colour")
        if value is None or mention.role == "no" or _is_fruit(reading.text, mention):
            continue
        if value not in seen:
            seen.append(value)
        first, last = first or mention.hit, mention.hit
    if first is not None and last is not None:
        yield Found("colours", seen, first.start, last.end)


def _is_fruit(text: str, mention: Mention) -> bool:
    """ "an orange on a table" is no colour: nothing follows that it could colour."""
    if mention.hit.word not in {
        "orange",
        "violet",
        "lavender",
        "lilac",
        "gold",
        "silver",
        "ivory",
        "olive",
    }:
        return False
    after = text[mention.hit.end :]
    return (
        re.match(
            r"\s+(?:and\s+\w+\s+)?(?!on\b|in\b|of\b|with\b|and\b|at\b|is\b|fields?\b|trees?\b|juice\b|coins?\b)[a-z]",
            after,
            re.I,
        )
        is None
    )
