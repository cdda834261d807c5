"""How many of a thing a prompt asks for: "two black cats" → 2, "三朵花" → 3, "the number 3" → none.

Reads the words around one name. Knows no drawings and no positions.
"""

import re

from studio.scripts import is_chinese

MANY, SEVERAL = 5, 3
BARE_PLURAL = 2
"""For "cats": the smallest number that is true, and the largest drawings."""

WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a single": 1, "single": 1,
    "a pair of": 2, "pair of": 2, "a couple of": 2, "couple of": 2, "a couple": 2, "both": 2,
    "a trio of": SEVERAL, "trio of": SEVERAL, "half a dozen": 6, "half dozen": 6,
    "a dozen": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "a hundred": 100,
    "several": SEVERAL, "a few": SEVERAL, "few": SEVERAL, "many": MANY, "multiple": SEVERAL,
    "numerous": MANY, "lots of": MANY, "a lot of": MANY, "plenty of": MANY, "dozens of": 12,
    "hundreds of": 100, "countless": 100,
}  # fmt: skip
HEAPS = (
    "group bunch flock herd swarm crowd pack pile heap school shoal pride row line lot family "
    "bouquet"
)
NUMBER_EN = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)) + "|[0-9]{1,4}"
CONTAINERS = "cups?|glass(?:es)?|mugs?|bowls?|slices?|pieces?|bottles?|plates?|cans?|boxes|pairs?"
# Between a number and its thing stand words that describe, none that begins something new.
NEW = (
    "and|or|with|without|of|in|on|at|by|to|from|for|near|beside|next|over|above|under|below|is|are|"
    "has|have|a|an|the|its|his|her|their|that|which|who|plus|left|right|top|bottom|middle|between|"
    "inside|atop|beneath|around|behind"
)
# "A 3 year old dog", "a two-headed dragon", "4 pm": the number is about something else.
MEASURES_EN = (
    "years?|months?|days?|hours?|minutes?|seconds?|o'clock|pm|am|percent|inch|inches|cm|mm|feet|"
    "meters?|metres?|miles?|px|pixels?|d|k|headed|eyed|legged|winged|wheeled|tailed|sided|story|"
    "storey|layer|tier|leaf|dimensional|color|colour|tone|star|door|seater|player"
)
PICTURES_EN = (
    "stickers|emojis|pictures|images|photos|icons|drawings|illustrations|paintings|posters|"
    "logos|portraits|sketches|versions|variants|variations|views"
)
PICTURE_EN = (
    "sticker|stickers|picture|pictures|image|images|photo|photos|icon|icons|drawing|drawings|"
    "illustration|illustrations|painting|paintings|poster|posters|emojis|emoji|logo|logos"
)
BEFORE_EN = re.compile(
    rf"(?<![\w.:#-])(?P<number>{NUMBER_EN})(?![\w.:-])"
    rf"(?:(?:\s+[\w'’-]+){{0,2}}?\s+(?:{CONTAINERS})\s+of)?"
    rf"(?:\s+(?!(?:{NEW}|{MEASURES_EN}|{PICTURE_EN})(?![\w'’]))[\w'’-]+,?){{0,5}}\s*$"
)
QUANTITY = re.compile(rf"(?:couple|pair|dozen|trio|{HEAPS.replace(' ', '|')})s?")
HEAP_EN = re.compile(
    rf"(?<![\w-])(?:{HEAPS.replace(' ', '|')})s?\s+of(?:\s+(?!(?:{NEW})\b)[\w'’-]+){{0,4}}\s*$"
)
# "Four of a happy fox", "two of 一只猫": as many of what stands there as one.
OF_ONE = re.compile(
    rf"(?<![\w.:#-])(?P<number>two|three|four|five|six|seven|eight|nine|[2-9])\s+of\s+"
    rf"(?:(?:(?:an?|the)\s+)?(?:(?!(?:{NEW})\b)[a-z'’-]+,?\s+){{0,4}}|[^\x00-\x7f]{{0,8}})$"
)
# "Number 3", "level 2", "a four door car".
NO_COUNT_EN = re.compile(
    r"(?:number|numbers|no\.?|level|size|age|aged|chapter|version|type|part|figure|route|year|a|an)"
    r"\s*$"
)
TIMES_BEFORE = re.compile(r"(?<![\w.])([0-9]{1,2})\s?[x×]\s*$")
TIMES_AFTER = re.compile(r"^\s*[x×]\s?([0-9]{1,2})(?![\w.])")
ONE_EN = re.compile(
    rf"(?<!\w)(?:a|an|this|that|each|every)(?:\s+(?!(?:{NEW})\b)[\w'’-]+){{0,4}}\s*$"
)
PICTURES_AFTER_EN = re.compile(rf"^\s+(?:{PICTURES_EN})\b")

PLURALS = frozenset(
    "mice geese people men women children teeth feet wolves leaves knives oxen loaves elves "
    "scarves shelves cacti snowmen mermen dice kiwis taxis".split()
)
# Their plural is how one of them is called, or what one drawing shows.
ONE_THING = frozenset(
    "glasses eyeglasses spectacles sunglasses shades goggles binoculars headphones earphones "
    "scissors jeans pants trousers shorts briefs underpants clothes pajamas chopsticks skis socks "
    "gloves tabs eyes lips lungs biceps beads hands fingers weights dice americas footprints "
    "fireworks sparkles fries chips noodles beans peas grapes cherries bubbles droplets drops "
    "notes books dominoes stairs rails swords hearts masks people lovers twins houses mountains "
    "woods stars leaves bagpipes keys dolls slippers trainers heels tickets christmas claus "
    "tennis lens gas atlas canvas texas news series species aries pisces frames prints "
    "blueberries dividers knobs".split()
)
SAME_PLURAL = frozenset(("fish", "sheep", "deer", "squid", "shrimp", "bison", "salmon"))
NOT_PLURAL = ("ss", "us", "is")

DIGITS_ZH = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "兩": 2}
WORDS_ZH = {
    "好几": SEVERAL, "几": SEVERAL, "幾": SEVERAL, "数": SEVERAL, "若干": SEVERAL, "一些": SEVERAL,
    "些": SEVERAL, "半打": 6, "一打": 12, "许多": MANY, "很多": MANY, "好多": MANY, "大量": MANY,
    "无数": 100, "众多": MANY, "成群的": MANY, "俩": 2, "仨": 3,
}  # fmt: skip
MEASURE_ZH = (
    "个|個|只|隻|头|條|条|匹|朵|棵|颗|顆|张|張|幅|把|辆|座|片|支|枝|本|杯|碗|盘|块|艘|架|台|位|名|双|雙|"
    "对|對|串|瓶|扇|盏|顶|件|根|轮|株|束|粒|滴|封|份|间|栋|幢|部|面|枚|袋|盒|罐|桶|壶|篮|副|尊|口|"
    "群|堆|排|窝|队|種|种"
)
HEAPS_ZH = frozenset("群堆排窝队")
# A sheet counts pictures, unless the thing itself is flat.
SHEETS = frozenset("张張幅")
FLAT_ZH = re.compile("[桌床椅脸纸票卡嘴弓网牌凳毯席]|沙发|地图|面具|唱片|相片|照片|邮件|画框")
PICTURE_ZH = "图|圖|画|照片|贴纸|表情|海报|头像|图标"
NUMBER_ZH = (
    "|".join(sorted(map(re.escape, WORDS_ZH), key=len, reverse=True))
    + r"|(?<![0-9.:])[0-9０-９]{1,4}|[一二三四五六七八九十两兩]{1,3}"
)
BEFORE_ZH = re.compile(
    rf"(?<![第.:])(?P<number>{NUMBER_ZH})[大小整]?(?P<measure>{MEASURE_ZH})?"
    rf"(?P<between>(?!腿|眼|尾|翅|耳|手|脚)(?:(?!{PICTURE_ZH}|号|岁|年|月)[^，。；、！？,.;!?\n和与跟及在有是上下左右里骑戴抱拿]){{0,10}})$",
    re.ASCII,
)
AFTER_ZH = re.compile(rf"^(?P<number>{NUMBER_ZH})(?P<measure>{MEASURE_ZH})(?=$|[，。、；,.;!！\s])")
PLURAL_ZH = re.compile("^们")


def is_quantity(text: str, start: int, end: int) -> bool:
    """ "A couple of ducks", "a school of fish": a name that says how many the next are."""
    return QUANTITY.fullmatch(text, start, end) is not None and text.startswith(" of ", end)


def count(before: str, name: str, after: str) -> int | None:
    """How many of the thing; None where nothing says so.

    Args:
        before: the text between the name before (or the beginning) and this name, lower case.
        name: the name as it is written.
        after: the text up to the next name (or the end).
    """
    of_one = OF_ONE.search(before)
    if of_one is not None:
        return WORDS.get(of_one["number"]) or int(of_one["number"])
    if is_chinese(name):
        return _count_zh(before, name, after)
    if is_chinese(before[-2:]):
        return _count_zh(before, name, after)
    return _count_en(before, name, after)


def _count_en(before: str, name: str, after: str) -> int | None:
    times = TIMES_BEFORE.search(before) or TIMES_AFTER.match(after)
    if times is not None:
        return int(times.group(1)) or None
    is_plural = _is_plural(name)
    if not is_plural and PICTURES_AFTER_EN.match(after):
        return None
    said = _said_en(before)
    # "Apollo 11 rocket"
    is_title = said is not None and said > 4 and not is_plural and str(said) in before
    if said is not None and (not is_title or name in SAME_PLURAL):
        return said
    if HEAP_EN.search(before):
        return None if name.split()[-1] in ONE_THING else MANY
    is_bare = is_plural and name.split()[-1] not in ONE_THING and not ONE_EN.search(before)
    return BARE_PLURAL if is_bare else None


def _said_en(before: str) -> int | None:
    """The last number that is about what follows."""
    start, said = 0, None
    while (match := BEFORE_EN.search(before, start)) is not None:
        word = match.group("number")
        number = int(word) if word.isdigit() else WORDS[word]
        is_count = number and number < 1000 and not NO_COUNT_EN.search(before[: match.start()])
        if is_count:
            said = number
        start = match.end("number")
    return said


def _is_plural(name: str) -> bool:
    words = name.lower().split()
    if len(words) > 3 or {"with", "of", "in", "holding"} & set(words):
        return False
    last = words[-1]
    return last in PLURALS or (last.endswith("s") and not last.endswith(NOT_PLURAL))


def _count_zh(before: str, name: str, after: str) -> int | None:
    trailing = AFTER_ZH.match(after)
    if trailing is not None:
        return _number_zh(trailing.group("number"), trailing.group("measure"))
    start, said = 0, None
    while (match := BEFORE_ZH.search(before, start)) is not None:
        measure = match.group("measure") or ""
        start = match.end("number")
        # "七彩的鱼", "五角星": without a measure word a number must touch the thing.
        if not measure and match.group("between").strip() and match["number"] not in WORDS_ZH:
            continue
        if measure in SHEETS and measure and not FLAT_ZH.search(name):
            return None
        said = _number_zh(match.group("number"), measure) or said
    if said is None and PLURAL_ZH.match(after):
        return BARE_PLURAL
    return said


def _number_zh(word: str, measure: str) -> int | None:
    number = WORDS_ZH.get(word)
    if number is None:
        number = int(word) if word.isdigit() else _spoken(word)
    if measure in HEAPS_ZH:
        return MANY
    if measure in ("对", "對"):
        return number * 2
    return number if 0 < number < 1000 else None


def _spoken(word: str) -> int:
    """ "十二" → 12, "三十" → 30; words of one character name themselves."""
    tens, ten, ones = word.rpartition("十")
    if not ten:
        return DIGITS_ZH[word[0]]
    return (DIGITS_ZH[tens[0]] if tens else 1) * 10 + (DIGITS_ZH[ones[0]] if ones else 0)
