"""Words of style that the lexicon cannot give away alone: "simple look", "cartoon fox", "粗犷的样子".

"Simple", "bold" and "柔和" are qualities of a thing more often than of a drawing; they are read as a
style only where the sentence speaks of how the drawing looks. Patterns over the raw text. Knows no
family and no weights.
"""

import re
from collections.abc import Iterator

from studio.backbone import avoid
from studio.backbone.found import Found

# ruff: noqa: E501 - the tables below are patterns, one style a line.

ENGLISH = {
    "simple": r"simple|simplified|minimal(?:ist(?:ic)?)?|plain",
    "bold": r"bold|chunky",
    "soft": r"soft(?:,? (?:and )?round(?:ed)?)?|cute|cuddly|rounded|kawaii",
    "classic": r"classic(?:al)?|old[ -]school",
    "flat": r"flat",
    "outline": r"outlined?|line[ -]?art|line[ -]drawing|line[ -]drawn|line(?=[ -](?:look|style|version))",
    "3d": r"3[ -]?d(?:imensional)?|three[ -]dimensional",
    "cartoon": r"cartoon(?:y|ish|ed)?|toon|comic(?:[ -]book)?",
    "glossy": r"glossy|shiny",
    "gradient": r"gradient",
    "duotone": r"duotone|two[ -]tone",
    "pixel": r"pixel(?:l?ated|[ -]art)?|8[ -]bit",
    "watercolour": r"watercolou?r",
    "pencil": r"pencil(?=[ -](?:look|style|version|rendering|finish))",
    "papercut": r"paper[ -]?cut|origami",
    "photo": r"photo[ -]?realistic",
}
HAN = {
    "simple": r"简单|简洁|简约|极简",
    "bold": r"粗犷|粗线条|醒目|大胆",
    "soft": r"柔和|柔软|圆润|软萌|可爱",
    "classic": r"经典",
    "flat": r"扁平化?",
    "outline": r"线稿|线条|线描|简笔画?|描边|轮廓线?",
    "3d": r"3D|三维|立体",
    "cartoon": r"卡通|漫画",
    "glossy": r"光泽|亮面|有光泽",
    "gradient": r"渐变色?",
    "duotone": r"双色调?",
    "pixel": r"像素",
    "watercolour": r"水彩",
    "pencil": r"铅笔",
    "papercut": r"剪纸|折纸",
    "photo": r"写实|逼真",
}
_END = r"(?=\s*(?:$|[,，.。;；:!！?？)）\n]|(?:and|but|please|pls|with|not|like|thanks?|if|or|for me)\b))"
_HAN_END = r"(?=\s*(?:$|[,，.。;；!！?？)）、\n]|吧|就行|就好|谢谢))"
_VERY = r"(?:(?:all|more|very|really|quite|kind of|kinda|sort of|a (?:bit|little)(?: more)?|nice and|rather|super) )?"
# "A soft look", "soft-looking", "an outline version", "a flat kind of look".
_LOOKS = (
    r"[ -](?:(?:and|but|yet) \w+[ -])?(?:(?:kind|sort|type) of )?"
    r"(?:look(?:ing)?|styled?|version|rendering|rendition|aesthetic|finish|treatment|feel(?=\s*(?:$|[,.!]))|(?<=-)like)\b(?! (?:at|for|into|out|of the (?:song|tune|track)))"
)
_DRAWN = r"(?:icon|emoji|drawing|illustration|clip[ -]?art|sticker|graphic|vector|pictogram|logo|doodle|sketch)s?\b"
_MADE = (
    r"\b(?:make|made|have|get|render|do|draw|drawn|paint|turn|keep|want|need|should be|must be|should look|must look|to look|style:|look:)"
    r"(?: (?:it|them|this|that|him|her|these|those|everything|(?:the|my|a|an) \w+))?(?: to)?(?: (?:look|be|in|as|into|all))?(?: an?)? "
)
_HAN_LOOKS = r"(?:一?点儿?|一些|些)?的?(?:那种|这种)?(?:样子|样式|感觉|效果|风格|版本?(?![画图式权面])|外观|造型|画风|风(?![景筝格扇车铃雨琴笛暴])|调调|模样)"
_HAN_MADE = r"(?:做成|做得|弄成|弄得|画成|画得|改成|变成|换成|搞成|整成|整得|搞得|处理成|设计成|设计得|看起来|看上去|看着|要)(?:更|很|比较|稍微|尽量|要)?"
# Compounds in which the word of a style is none.
ORDINARY = re.compile(
    r"\bflat[ -]?(?:tyre|tire|white|cap|shoe|heel|bread|iron|roof|screen|fish|stone|rock|land|country|battery|mate|share|bottom|foot|earth|beer|rate|pack|plain|desert|top)"
    r"|\b(?:my|our|his|her|their|small|tiny|old|new|empty|council|student|rented) flat\b(?!\s+(?:style|design|icon|illustration|vector))"
    r"|\b(?:the|a|an) flat(?=\s*(?:$|in\b|on\b|with\b|above\b|near\b|at\b))"
    r"|\b3[ -]?d[ -]?(?:print\w*|glasses|movie|film|cinema|scan\w*|puzzle)"
    r"|\b(?:a|an|the|my|his|her|one|two|three|sharp|broken|yellow|red|blue|giant|coloured|colored) (?:\w+ )?pencils?\b(?!\s+(?:sketch|drawing|illustration|portrait|art|style|study|line))"
    r"|\bpencil (?:case|holder|skirt|sharpener|pot|cup|box|eraser|and|on|next|beside|with)"
    r"|\bpaper cuts? (?:on|from)\b|\bshiny,? happy\b|\bshadow outlines?\b"
    r"|\bcartoon (?:network|channel|museum|artist|festival|studio)|\b(?:watch(?:es|ing)?|read(?:s|ing)?) (?:(?:a|the|some|his|her|old|funny|saturday|morning) ){0,3}cartoons?\b"
    r"|3D(?:打印|眼镜|电影)|立体(?:声|书|主义|停车|交通|几何|音)|轮廓(?:清晰|分明|模糊|鲜明)|铅笔(?:盒|袋|刨|头)|(?<=[\d万k])\s*像素(?!风|画|艺术|点)"
    r"|(?:看|读|听)(?:着|了)?(?:卡通|漫画|动漫)",
    re.IGNORECASE,
)
# "Cartoon fox", "a cartoon of a fox"; not "a child watching cartoons".
CARTOON = (("cartoon", re.compile(r"\bcartoon(?:ish|y)?\b", re.IGNORECASE)),)


def _said(words: str) -> str:
    return (
        rf"\b(?:{words}){_LOOKS}"
        rf"|{_MADE}{_VERY}(?:{words}){_END}"
        rf"|(?<=[,;.:\n]) {_VERY}(?:{words})(?: (?:and|&) \w+)?{_END}"
    )


def _said_han(words: str) -> str:
    return (
        rf"(?:{words}){_HAN_LOOKS}|{_HAN_MADE}(?:{words})(?:一?点儿?|一些|些|的)?{_HAN_END}"
        rf"|(?<=[,，。;；、\s])(?:要|再|更)?(?:{words})(?:一?点儿?|一些|些|的)?{_HAN_END}"
    )


SAID = tuple(
    (style, re.compile(f"{_said(words)}|{_said_han(HAN[style])}", re.IGNORECASE))
    for style, words in ENGLISH.items()
)
# "A simple icon of", "bold drawing of": the quality stands before the name of a drawing.
BEFORE_DRAWING = tuple(
    (style, re.compile(rf"\b(?:{words}),? (?:\w+ )?{_DRAWN}", re.IGNORECASE))
    for style, words in ENGLISH.items()
    if style in {"simple", "bold", "soft", "classic", "cartoon", "flat", "outline"}
)
Patterns = tuple[tuple[str, re.Pattern[str]], ...]


def said(text: str) -> Found | None:
    """The style that the text speaks of as a look."""
    return _first(text, SAID)


def before_thing(text: str) -> Found | None:
    """The style that stands before the drawing or the thing drawn."""
    return _first(text, BEFORE_DRAWING) or _first(text, CARTOON)


def ordinary(text: str) -> list[tuple[int, int]]:
    """Where a word of a style is a mere word: "flat tyre", "立体声"."""
    return [match.span() for match in ORDINARY.finditer(text)]


def _first(text: str, patterns: Patterns) -> Found | None:
    found = sorted(_found(text, patterns), key=lambda item: (item.start, -item.end))
    if not found:
        return None
    spared = [(refusal.start, refusal.end) for refusal in avoid.refusals(text)] + ordinary(text)
    return next(
        (item for item in found if not any(s < item.end and item.start < e for s, e in spared)),
        None,
    )


def _found(text: str, patterns: Patterns) -> Iterator[Found]:
    for style, pattern in patterns:
        match = pattern.search(text)
        if match is not None:
            yield Found("style", style, match.start(), match.end())
