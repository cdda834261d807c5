"""Finds the things that a Chinese prompt names.

Chinese has no spaces: the longest name wins, and a name of one character must not be part of a
longer word ("熊猫" has no cat). What is refused, where it is and what only describes is set aside
first. Knows no English, no drawings.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from studio.scripts import is_chinese

Span = tuple[int, int, str]
"""Start and end in the prompt, concept."""

REACH, NEAR = 30, 8
"""How many characters and names around a doubtful name are looked at: long prompts stay fast."""
ENDS = ',，.。;；:：!！?？、|/()（）[]【】“”"《》\n'
JOINTS = ENDS + "和与跟及"
STOP = re.escape(ENDS)
PLACE = (
    "草地|草原|草坪|草丛|沙滩|海滩|海边|海面|大海|海洋|海底|海|水下|水面|水|夜晚|夜空|晚上|夜里|夜|星空|"
    "日落|日出|夕阳|黄昏|雪地|冬天|雪|沙漠|沙丘|群山|山顶|山|森林|树林|丛林|太空|宇宙|外太空|雨天|雨|"
    "房间|室内|屋|城市|天际线|天空|天|空|花园|公园|街道|街|湖|河|田野|田|农场|厨房|教室|风|阳光|月光|公路|马路|道路|院子"
)
LOCATIVE = "上面?|里面?|中间?|下面?|边上?|间|前面?|旁边?|时候?|底|之[上下中间]"
SCENERY = re.compile(
    rf"在(?P<which>[^{STOP}在和与跟]{{0,6}}?)(?P<where>{PLACE})(?:{LOCATIVE})?"
    rf"|(?:{PLACE})(?:{LOCATIVE})(?=的|$|[{STOP}])"
)
RELATION = re.compile(rf"(?P<at>在)[^{STOP}在]{{1,14}}?(?P<side>的?[左右上下](?:边|面|侧|方))")
REFUSED = re.compile(
    r"(?:不要|不想要|不需要|没有|没(?=[戴穿带])|不带|不含|不戴|不穿|去掉|而?不是|"
    r"别(?=[画加有带放要]|出现))"
    rf"(?:再|出现|加上|加|带|有|放|画|任何|什么)*[^{STOP}\s的但]{{1,16}}"
)
BACKGROUND = re.compile(
    rf"背景[是为用][^{STOP}]*|(?<=[{STOP}])[^{STOP}]{{0,10}}背景|(?:{PLACE})(?:的)?背景"
    rf"|背景(?=里|中)[^{STOP}]*"
)
# Words that say how to draw, how many, or ask nicely: beside a name they leave it alone.
FILLER = re.compile(
    "3d|卡通|漫画|表情包?|图标|界面|应用|彩色|天气|气象|描边|线稿|勾线|蓝色线条|线条|光泽|亮面|渐变|扁平化?|"
    "矢量|立体|三维|渲染|简约|极简|简洁|经典|复古|传统|醒目|粗犷|大胆|柔和|圆润|柔软|可爱|贴纸|插画|"
    "图片|图画|抠图|背景|透明|平面|风格|设计|请|帮我|给我|我想要?|想要|来|画|生成|制作|一下|"
    "[一两二三四五六七八九十几0-9]+[个只头条匹朵棵张幅把辆座颗片支枝本杯碗盘块艘架台位名群双对串瓶]?|"
    "[红橙黄绿青蓝紫粉棕黑灰白金银]色?|的|个|[左右上下](?:边|面|侧)是?|符号|图案|标志"
)
NOT_NAMES = frozenset(
    "可爱 喜爱 漫画 马上 棉花 眼花 花费 花样 花纹 花园 花边 老公 老婆 书法 门口 天花板 星球 心情 "
    "心爱 开心 中心 小心 点心 用心 蛋白 马路 马赛克 鱼缸 羊毛 龙卷 手绘 手工 "
    "路线 光线 曲线 虚线 视线 水彩 水墨 星空 海报 雪白 雪地 火红 金黄 天蓝 草绿 草地 树林 "
    "票价 笔触 笔画 糖果色 奶油色 豆沙 派对 派出 蟹黄 表情 表情包".split()
)
BEFORE = frozenset(
    "的只头条匹朵棵个张幅把辆座颗片支枝本杯碗盘块艘架台位名群双对串瓶扇盏顶件根团轮小大老胖瘦黑白红黄蓝"
    "绿紫粉灰棕橙金彩新旧好美萌爱圆长短高矮和与跟及或是在有画看抱骑养着了边要来给像加配弯橘花"
)
AFTER = frozenset(
    "的在和与跟及或有是坐站跑睡吃喝戴穿拿骑飞游跳看玩躺趴走爬拉推背抱举打踢唱弹咬追上下里外左右旁前后边"
    "正被把给对面向从了着很也都儿子们一两二三四五"
)
# "一碗面" is noodles: after a number these only measure.
MEASURES = re.compile(r"(?<=[一两二三四五六七八九十几半0-9])[碗盘瓶罐杯桶]")
# Kinds of flower, tree, fish and bird that have no drawing of their own end in these.
HEADS = frozenset("花树鱼鸟")
DESCRIBES = re.compile("[红黄绿蓝紫粉黑灰棕]色?的|色|形|型|状|味|风格|纹|图案|主题|似的|一样")


@dataclass(frozen=True)
class Index:
    """Chinese names; `sizes` gives the lengths, longest first, of names by first character."""

    names: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()


def index(names: dict[str, str], weak: Collection[str]) -> Index:
    """Names (lower case) → concept, ready to be looked up by character."""
    sizes: dict[str, set[int]] = {}
    for name in (*names, *NOT_NAMES):
        sizes.setdefault(name[0], set()).add(len(name))
    ordered = {first: tuple(sorted(each, reverse=True)) for first, each in sizes.items()}
    return Index(dict(names), ordered, frozenset(weak))


def find(text: str, names: Index) -> list[Span]:
    """Every thing named, in order, as spans of the text."""
    if not is_chinese(text):
        return []
    # Character by character, for a few letters grow when they are lowered.
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    words = _segment(low, names)
    hidden = _hidden(low, words)
    spans = [span for span in words if not hidden[span[0]] and not _is_described(low, span)]
    edges = {span[0] for span in spans}, {span[1] for span in spans}
    spans = [span for span in spans if span[1] - span[0] > 1 or _is_whole(low, span, edges)]
    near = (spans[max(place - 1, 0) : place + NEAR] for place in range(len(spans)))
    shown = hidden, _joints(low)
    weak = [_is_weak(low, each, names, shown) for each in zip(spans, near, strict=True)]
    return _heads([span for span, is_weak in zip(spans, weak, strict=True) if not is_weak])


def _segment(text: str, names: Index) -> list[Span]:
    spans: list[Span] = []
    place = 0
    while place < len(text):
        size = _longest(text, place, names)
        concept = names.names.get(text[place : place + size])
        if concept is not None and text[place : place + size] not in NOT_NAMES:
            spans.append((place, place + size, concept))
        place += max(size, 1)
    return spans


def _longest(text: str, place: int, names: Index) -> int:
    """Length of the longest name or other known word that begins here; 0 if none."""
    for size in names.sizes.get(text[place], ()):
        word = text[place : place + size]
        is_cut = word[0].isascii() and place > 0 and text[place - 1].isascii()
        if len(word) == size and not is_cut and (word in names.names or word in NOT_NAMES):
            return size
    return 0


def _hidden(text: str, words: list[Span]) -> list[bool]:
    """Which characters name nothing to draw: refusals, places, backgrounds."""
    hidden = [False] * len(text)
    ends = {start: end for start, end, _ in words}
    for match in SCENERY.finditer(text):
        begin, where = (
            match.start(),
            match.start("where") if match.group("where") else match.start(),
        )
        if match.group("which") and any(p in ends for p in range(*match.span("which"))):
            begin = where
        # "水牛", "城市黄昏": a thing whose name begins like a place.
        if ends.get(where, 0) <= match.end():
            _hide(hidden, begin, match.end())
    for pattern in (REFUSED, BACKGROUND):
        for match in pattern.finditer(text):
            _hide(hidden, match.start(), match.end())
    for start, end, _ in words:
        # A name that begins in the open is not cut short: "桥在夜晚" no, "夜幕下的桥" yes.
        if start > 0 and not hidden[start - 1] and end - start > 2 and not hidden[end - 1]:
            hidden[start:end] = [False] * (end - start)
    return hidden


def _hide(hidden: list[bool], begin: int, end: int) -> None:
    hidden[begin:end] = [True] * (end - begin)


def _is_described(text: str, span: Span) -> bool:
    """ "玫瑰色", "心形", "一碗": a name that only says how another thing looks, or how much."""
    measure = MEASURES.match(text, span[0])
    return DESCRIBES.match(text, span[1]) is not None or (
        measure is not None and measure.end() == span[1]
    )


def _is_whole(text: str, span: Span, edges: tuple[set[int], set[int]]) -> bool:
    """Whether a name of one character is a word of its own; `edges`: where names start and end."""
    start, end, _ = span
    before, after = text[start - 1 : start], text[end : end + 1]
    starts_here = (
        not is_chinese(before)
        or before in BEFORE
        or text[start] in HEADS
        or start in edges[1]
        or _ends_filler(text, start)
    )
    ends_here = (
        not is_chinese(after)
        or after in AFTER
        or end in edges[0]
        or FILLER.match(text, end) is not None
    )
    return starts_here and ends_here


def _ends_filler(text: str, place: int) -> bool:
    return any(FILLER.fullmatch(text, place - size, place) for size in range(1, min(place, 4) + 1))


def _joints(text: str) -> list[bool]:
    """Where a clause about one thing ends: at marks, "和", and at a relation's "在", "的左边"."""
    joints = [c in JOINTS for c in text]
    for match in RELATION.finditer(text):
        for part in ("at", "side"):
            for place in range(*match.span(part)):
                joints[place] = True
    return joints


def _is_weak(
    text: str, placed: tuple[Span, list[Span]], names: Index, shown: tuple[list[bool], list[bool]]
) -> bool:
    """A doubtful name that is not the only thing in its clause.

    Args:
        placed: the name and its neighbours.
        shown: which characters are hidden, and which end a clause.
    """
    (start, end, _), near = placed
    if text[start:end] not in names.weak:
        return False
    hidden, joints = shown
    first, last = start, end
    while first > max(start - REACH, 0) and not joints[first - 1]:
        first -= 1
    while last < min(end + REACH, len(text)) and not joints[last]:
        last += 1
    for other in near:
        is_rival = text[other[0] : other[1]] not in names.weak or other[0] < start
        if first <= other[0] < last and other[0] != start and is_rival:
            return True
    if end - start > 2:
        return False
    rest = (p for p in range(first, last) if not start <= p < end and not hidden[p])
    return FILLER.sub("", "".join(text[p] for p in rest)).strip() != ""


def _heads(spans: list[Span]) -> list[Span]:
    """Of two names side by side ("草莓蛋糕") the last is the thing; three are a list."""
    runs: list[list[Span]] = []
    for span in spans:
        if runs and runs[-1][-1][1] == span[0]:
            runs[-1].append(span)
        else:
            runs.append([span])
    return [span for run in runs for span in (run[1:] if len(run) == 2 else run)]
