"""What a sentence orders beyond its nouns: that something be moved, heard, shown or told.

Patterns over the raw text, in English and Chinese. Knows no weights and no lexicon.
"""

import re
from collections.abc import Iterator

Order = tuple[str, int, int]
"""A name of evidence and its place [start, end)."""

# What can be seen to happen, without the verbs that a still picture shows as well ("sit", "hold").
ACTS = (
    "blink wink wave nod smile laugh dance spin twirl rotate turn roll bounce jump hop leap run "
    "walk crawl climb fly soar glide flap drift float sink swim dive splash ripple flow pour "
    "drip fall tumble slide slip melt freeze burn explode burst crack shatter break crumble "
    "collapse grow shrink bloom sprout open close rise flicker flash twinkle pulse shake "
    "tremble sway swing swirl whirl flutter rustle blow breathe move enter leave arrive pass "
    "cross chase race catch throw kick hit grab reach pull push lift drop pick knock stumble "
    "trip crash land unfold fold assemble transform morph change dissolve fade appear disappear "
    "vanish emerge wake bow kneel glance peek stretch yawn stir flip toss juggle peel slice "
    "erase talk hug kiss steal escape hide creep sneak sprint gallop trot creak miss step sail "
    "go come march speak plunge breach tilt peer spread scatter evaporate hatch ignite spill "
    "evolve dart swoop pop"
).split()
# As nouns these stand behind "the" and before "of" too often: "make the summer dance poster".
DOUBLE = {"pop", "march", "pass", "land", "race", "trip", "pick", "change", "drop", "hit"}


def third(verb: str) -> str:
    """ "He turns", "he flies"."""
    if verb.endswith(("s", "x", "ch", "sh")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"


# Their third person is a plural noun as often: "eucalyptus leaves", "ocean waves".
PLURALS = set(
    "leave wave fall drop swing slide roll flip race pass land hit trip pick pop peel smile "
    "kiss hug walk run step break crack flash tilt march ripple spread dance turn rise drip "
    "blow nod wink spill toss stretch cross splash burst jump leap dive bow glance throw kick "
    "catch".split()
)
_BASE = "|".join(verb for verb in ACTS if verb not in DOUBLE)
_THIRD = "|".join(third(verb) for verb in ACTS)
_PLAIN_THIRD = "|".join(third(verb) for verb in ACTS if verb not in PLURALS)
_GIVEN = r"(?:this|that|these|those|my|our|his|her|their|your|the)"
_STEP = r"(?!(?:of|for|with|in|on|about|from|by|into|as|that|which|and|to)\b)[\w'’-]+\s+"
# "Make the flowers open", "I'd like to see the leaves blow away".
ALIVE = (
    rf"\b(?:make|let|have|get)\s+(?:(?:it|him|her|them)|{_GIVEN}\s+(?:{_STEP}){{1,4}}?)\s*"
    rf"(?:\w+ly\s+)?(?:(?:start|begin)s?\s+(?:to\s+)?)?(?:{_BASE})\b(?!\s+(?:of|poster|song|track))"
    rf"|\b(?:see|watch|show)\s+(?:me\s+)?(?:{_GIVEN}|an?|how)\s+(?:{_STEP}){{1,4}}?"
    rf"(?:\w+ly\s+)?(?:{_BASE})\b(?!\s+of)"
    rf"|\b(?:can|could|should|want|like|get|need)\s+{_GIVEN}\s+(?:{_STEP}){{1,3}}?(?:(?:in|on|from|of)\s+{_GIVEN}"
    rf"\s+(?:{_STEP}){{1,2}}?)?(?:to\s+|should\s+)?(?:\w+ly\s+)?(?:{_BASE})\b(?!\s+of)"
    rf"|\b\w+\s+should\s+(?:\w+ly\s+)?(?:{_BASE})\b"
    r"|\b(?:come|comes|coming|came|spring|springs)\s+(?:alive|to\s+life)\b"
    r"|\b(?:transform|chang|turn|shift|morph|fad)(?:e|es|s|ing)?\b.{1,50}?\bfrom\b.{1,40}?\bto\b"
    r"|\b(?:bring|brings|bringing)\b.{1,60}?\bto\s+life\b"
)
# What is there already and shall become something else.
CHANGE = (
    rf"\b(?:take|use|turn|transform|convert|bring|spin|rotate|morph|move|animate|give|get)\s+"
    rf"(?:all\s+)?{_GIVEN}\b"
)
# "Make her smile", "让星星落下来": to have something done is to see it move.
CAUSE = (
    r"\b(?:make|let|have)\s+(?:it|him|her|them|the|this|these|my|our|that|those|your)\b"
    r"|(?:^|[,，。\s])让(?!我(?!的|画的|拍的|家|们的)|人|你|大家)|使得?.{1,12}动"
)
# "Something to fall asleep to", "适合睡前听的": what is to be heard, without a word for it.
HEARD = (
    r"\bto (?:\w+ ){1,4}to\b(?=\s*(?:$|[,，.!]|at\b|in\b|on\b|with\b|while\b))"
    r"|\b(?:I|we|you|they|people|everyone|everybody|kids|we all)"
    r" (?:can|could|will) (?:all )?(?:sing|hum|dance|clap|march|chant)\b"
    r"|\bsounds? like\b|\b(?:they|you|we) play\b|^play (?:me|us|something|some)\b"
    r"|\b(?:put|have|play|need) (?:something |\w+ )?on (?:in the background|while)\b"
    r"|\b(?:playing|to play|plays) (?:in the background|when|while|underneath|under|behind|at)\b"
    r"|听的|听听|边.{1,6}边听|时候(?:听|放)|里放的|放的那种|响起|哄.{0,6}睡|播放的|(?:睡|瑜伽|冥想|跑|健身|学习|放松|入场|开场|走秀).{0,4}(?:用|听|放|那种)|(?:助眠|提神|上头|炸场|带感)的"
    r"|(?:能|可以|好|要|想)(?:一起|跟着)?(?:唱|哼|听)|(?:配|放)(?:点|些|个)"
)
# The thing goes on paper, on a wall, on a shirt.
SEEN = (
    r"\b(?:print|hang|frame|stick|pin|tape|put)\b.{0,30}\b(?:on|up|in|over|above)\b"
    r"|\bto (?:print|hang|frame|put up|colou?r in)\b"
    r"|(?:贴在|挂在|印在|打印|裱起来|做封面|当封面|当头像|当壁纸|做头像|做壁纸)"
)
# "从画框里走出来", "滚来滚去": Chinese verbs say where a movement goes.
DIRECTED = (
    r"从.{1,10}?[走飞跳跑钻掉滑爬滚冒流升浮射长冲落游驶穿探](?:到|出|下|上|过|进|起|向|入)"
    r"|([㐀-鿿])来\1去|([㐀-鿿])啊\2"
    r"|(?![画写唱录记谱存印拍剪拼看听说做弄想来])"
    r"[㐀-鿿](?:起来|下来|上来|出来|过来|过去|下去|出去|进去|进来|开来|起身)"
    r"|[走飞跳跑钻掉滑爬滚流游驶冲飘漂撞推拉落][过下进出向上到入倒回开破落满](?!的)"
    r"|而[出去过来下起上]|[得地][转跑飞跳走动流飘摇](?!的)|跟着.{1,6}[飞跑走游转动]$"
    r"|越来越[㐀-鿿]|一[^\s一]{1,2}一[^\s一]{1,2}地|[^\s][着][^\s]着"
)
TOLD = (
    rf"(?<=[a-z])(?<!\bthe)(?<!\ba)(?<!\bof)(?<!\bin)(?<!\bwith)(?<!\bfor)\s+(?:{_PLAIN_THIRD})\b"
    rf"|,\s+(?:{_THIRD})\b"
)
# "A whale breaches next to the boat": one thing, and what it does. Not what a picture holds still.
_STILL = (
    "sits|stands|holds|wears|lies|looks|shows|says|reads|hangs|lives|loves|hates|likes|needs|plays|has"
    "|was|is|its|this|his|as|canvas|lens|christmas|atlas|iris|tennis|paris|series|species|always|days"
    "|makes|feels|sounds|sings|goes|means|wants|gives|leans|rests|sleeps|dreams|shines|contains"
)
DOES = (
    rf"\b(?:an?|one|he|she|it|my|his|her|our)\s+(?:{_STEP}){{0,3}}?(?!(?:{_STILL})\b)[a-z]{{3,}}[^su\W]s"
    r"(?:\s+\w+ly)?\s+(?:the|an?|its|his|her|their|my|in|out|over|up|off|into|onto|to|from|across|away"
    r"|down|through|past|next|around|towards?|back|forward|open|shut)\b"
    rf"|\b(?:people|children|men|women|kids|everyone|\w{{2,}}[^s\W]s)\s+(?:{_BASE})(?:\s*,|\s+(?:the|a|an|their|in|on"
    r"|out|over|up|down|off|into|to|from|across|away|through|past|around|towards?|beside|along|behind|and|for|back)\b)"
    rf"|\b(?:slowly|suddenly|gently|gradually|finally|quickly)\s+(?:{_THIRD})\b"
)
TOLD_HAN = r"[㐀-鿿]了(?=[,，。;；!！]|$)|(?<=[,，。])(?:突然|忽然|接着|然后|最后|随后|又|再)"
# Where things stand in a scene: a description of a place is long on these.
PLACED = re.compile(
    r"\b(?:in|on|under|beneath|beside|behind|above|below|between|against|across|around|along|over"
    r"|inside|near)\s+(?:the|a|an|its|his|her|their|my)\b"
    r"|[里上下旁边前后中间外](?=的|[,，。]|有|是|挂|坐|站|放|摆|停|$)|(?:坐|站|挂|摆|放|躺|停|穿|戴|铺|爬)[着满]",
    re.IGNORECASE,
)
OFTEN_PLACED = 3
OFTEN_TOLD = 2
ONCE = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        ("order.alive", ALIVE),
        ("order.change", CHANGE),
        ("order.cause", CAUSE),
        ("order.heard", HEARD),
        ("order.seen", SEEN),
        ("order.directed", DIRECTED),
    )
}
TELLING = re.compile(rf"{TOLD}|{DOES}|{TOLD_HAN}", re.IGNORECASE)


def is_told(text: str, start: int, end: int) -> bool:
    """Whether something happens in [start, end): "a whale breaches", "小车滑下去"."""
    return any(
        pattern.search(text, start, end) is not None
        for pattern in (TELLING, ONCE["order.directed"])
    )


def find(text: str) -> Iterator[Order]:
    """Every order, and how often the text places or tells something."""
    for name, pattern in ONCE.items():
        match = pattern.search(text)
        if match is not None:
            yield name, match.start(), match.end()
    yield from _counted(PLACED, text, "placed", OFTEN_PLACED)
    yield from _counted(TELLING, text, "told", OFTEN_TOLD)


def _counted(pattern: re.Pattern[str], text: str, name: str, often: int) -> Iterator[Order]:
    found = list(pattern.finditer(text))
    yield from ((name, match.start(), match.end()) for match in found)
    if len(found) >= often:
        yield f"{name}.often", found[0].start(), found[-1].end()
