"""What happens in a terse sentence, told without a word for a clip: "toast jumps out, dog catches it".

A wider table of verbs than `orders` has, with the shapes that such sentences take, and questions
that are answered by showing or by playing. Patterns over the raw text. Knows no weights and no
lexicon.
"""

import re
from collections.abc import Iterator

from studio.backbone import acts
from studio.backbone.orders import ACTS, DOUBLE, PLURALS, Order, third

# ruff: noqa: E501 - the tables of verbs below are patterns, one kind a line.

# Verbs whose third person is seldom a plural noun.
VERBS = (
    "abandon adjust advance answer approach argue ascend assemble attack balance bail bang beckon begin bite bloom"
    " bob bounce bow break bring bubble bulldoze burst carry catch charge chew chirp circle clamber clap clatter climb"
    " close collapse collide come crackle crawl creep crumble cut dance dangle dart dash deflate dig dip disappear discover"
    " dissolve dive dodge drag drift drip drop ease eat empty enter erase erupt escape evaporate explode fade fall"
    " fetch fight fill find flap flee fling flip float flood flutter follow freeze gallop gather glide go grab"
    " gulp hatch hide hop hover howl hug hurl hurry hurtle ignite inch inflate jerk jog jump keep knock land laugh launch"
    " lean leap leave lick lift light lose lower lunge march meet melt merge mix move nibble nod nudge open"
    " overflow pass pause paw peek peel perform pluck plop plummet plunge pop pounce pour press pull punch push race reach"
    " refuse raise reappear retreat return reveal reverse ride rip rise roar roll rotate run rush sail scamper scatter scoop scramble"
    " scurry seize shake shatter shed shiver shoot shove shrink shuffle sink skid skip slam slide slip slither slow smash"
    " snap snatch sneak sneeze sniff snore soar speed spill spin spit splash split sprint sprout squeeze stagger start stir"
    " stop storm stretch stroll struggle stuff stumble surface surge swallow sway swerve swim swipe swivel swoop take tap tear"
    " throw tiptoe tip topple toss tow tremble trot trudge tug tumble turn twist unfold unfurl unravel unroll unwrap"
    " vanish vibrate waddle wag wake walk wander whirl whizz whoosh wiggle wink wipe wobble wrap wriggle yawn zip zoom"
    " bulge chase chop clear cling cool cover crash crouch cruise crush curl devour disintegrate drain ferment flash flicker"
    " fold forget glow grow guzzle hand jostle juggle jumble knead light miss nod offer part pile plant point pump rain"
    " repair rock rub scratch scream scroll settle shed shift shout sizzle skim slump spiral spread sprinkle steal stomp"
    " uncurl lengthen soak propagate billow boil double rattle shudder slosh gush ooze seep trickle thaw wilt droop sag"
    " buckle bend shrivel swell peck gnaw munch slurp nuzzle pedal paddle brake overtake honk bolt pour capsize ricochet"
    " unzip unlock unlatch untie uncoil regrow refill rewind reassemble glide hurtle rumble sputter fizz fizzle crinkle"
    " strike swap switch throb thump tick touch transform trip wade wash weave weld whip win wring zap"
).split()
# "Rock falls", "paper cuts", "light passes": these plurals are things too often to tell without more.
_NOUNS = PLURALS | set(
    "cut light cover plant part point pump hand tap tear zip snap clap dip start stop cool rock swap switch"
    " spiral scream glow shift shed wash bite fight mix tow tug tick touch strike paw snore rain press tip storm"
    " pile plant speed light dash hop launch rush offer scratch howl charge whip surface balance advance return march"
    " approach answer attack circle dodge dance dig drain flash freeze hug iron lift lean match perform pour punch"
    " reveal ride rip roar run rub scroll shoot split stir stuff stretch strain strike stroll swipe trip wave zap curl"
    " clear fold forge grab race shout walk win boil double bend swell brake bolt rumble pedal paddle slurp".split()
)
_DOES = "|".join(sorted({third(v) for v in VERBS if v not in _NOUNS}))
_DOES_TOO = "|".join(sorted({third(v) for v in VERBS if v in _NOUNS}))
_BASE = "|".join(sorted(set(VERBS)))
_ACTS = "|".join(v for v in ACTS if v not in DOUBLE)
_NO_SUBJECT = r"(?<!\bthe)(?<!\ba)(?<!\ban)(?<!\bof)(?<!\bin)(?<!\bwith)(?<!\bfor)(?<!\band)(?<!\bor)(?<!\bto)(?<!\bby)(?<!\bmy)(?<!\bsome)(?<!\btwo)(?<!\bthree)(?<!\bon)(?<!\bno)"
_ON = r"(?:the|a|an|its|his|her|their|it|him|them|us|me|at|in|out|over|up|off|into|onto|to|from|across|away|down|through|past|next|around|round|towards?|back|forward|open|shut|under|along|behind|between|against|by|free|loose|apart|together|all|one|every|everyone|everything|again|and|with)"
# "The fog rolls back", "an egg drops".
THIRD = (
    rf"(?<=[a-z]){_NO_SUBJECT}\s+(?:\w+ly\s+)?(?:{_DOES})\b(?!\s+(?:of|is|are|with)\b)"
    rf"|(?<=[a-z]){_NO_SUBJECT}\s+(?:{_DOES_TOO})\s+(?:the|a|an|its|his|her|their|it|him|them|us|me|up|off|out|away|back|into|onto|open|shut|apart|past|towards?)\b"
)
# "Two puppets argue", "people hurry past".
PLURAL = (
    rf"\b(?:people|children|men|women|kids|everyone|we|they|crowds?|sheep|geese|mice|fish|cattle|deer|police|\w{{3,}}[^su\W]s)\s+(?:all\s+)?(?:{_BASE})"
    rf"(?:\s*,|\s+{_ON}\b)"
)
# "One storms off": the second step of a tale, behind a comma or "and".
NEXT = (
    rf"(?:,|;|\band|\bthen|\bbut|\buntil)\s+(?:then\s+)?(?:(?:it|he|she|they|we|one|everyone|(?:the|a|an|its|his|her|their|another) (?:\w+ )?\w+)\s+)"
    rf"(?:\w+ly\s+)?(?:{_DOES}|{_DOES_TOO}|{_BASE})\b"
    rf"|(?:,|\band|\bthen|\bbut)\s+(?:then\s+)?(?:{_DOES}|{_DOES_TOO})\b(?=\s*(?:$|[,.!]|{_ON}\b))"
    r"|(?:,|\band)\s+(?:then|suddenly|finally)\b"
)
# "The grin gets wider", "the hall goes dark", "keeps changing".
CHANGES = (
    r"\b(?:gets|goes|grows|turns|getting|going|growing|turning|become|becomes|becoming|keeps?)\s+(?:slowly |even |all |more (?:and more )?)?"
    r"(?:\w{2,}er\b(?! (?:of|for|and the))|dark|light|silent|quiet|out|white|black|red|blue|green|gold|grey|gray|purple|pink|yellow|bright|\w{2,}ing\b|from|into|to\b)"
    r"|\b(?:starts|begins|stops)\s+(?:slowly\s+)?(?!with\b|in\b|the\b)\w{2,}ing\b|\bby (?:itself|themselves)$"
    r"|\b(?:more and more|\w+er and \w+er|until (?:it|the|only|there|they|we|nothing|all|everything|she|he))\b"
)
_CHANGING = (
    "rising|melting|spreading|creeping|fading|shrinking|dissolving|cracking|crumbling|filling|emptying|unspooling"
    "|sprouting|hatching|spilling|sliding|slipping|toppling|collapsing|bursting|splitting|forming|freezing|boiling|burning down"
    "|rolling|tumbling|swinging|swaying|rocking|spinning|wobbling|bobbing|turning into|becoming|morphing|zooming|zipping|hovering"
    "|going (?:down|up|off|out|round|past|by)|coming (?:out|down|up|in|back|apart|together|loose)|taking off|opening up|lighting up|waking up|blowing across|drifting across"
    "|racing|chasing|knocking|pouring|popping|running out|draining|dripping|unfolding|unrolling|assembling|vanishing|disappearing|appearing"
)
# "Bread dough rising in a bowl": a change that a picture does not show.
CHANGING = rf"^(?:\w+\W+){{1,5}}(?:{_CHANGING})\b|\b(?:{_CHANGING}|takin off|slippin|runnin|fallin|flyin|movin)\b"
_TIMES = "day|night|dawn|dusk|noon|midnight|morning|evening|sunrise|sunset|summer|winter|spring|autumn|fall|seed|sapling|bud|bloom|tree|flower|egg|chick|tadpole|frog|caterpillar|cocoon|butterfly|ice|water|steam|baby|child|old|empty|full|sketch|rough|raw|grape|wine|bread|dough|ruin|before|after|start|finish|first|last"
SPAN = (
    rf"\b(?:{_TIMES})\s+(?:in)?to\s+(?:an?\s+|the\s+)?(?:\w+\s+)?(?:{_TIMES})\b"
    r"|\b(?:over|across|through|in) (?:a|one|a hundred|a thousand|many|\d+) (?:day|night|year|week|season|centur)\w*"
    r"|\bthe seasons (?:pass|change|turn)|\byears? (?:pass|go by)|\btime passes"
)
# "Show me how", "what happens when": answered by showing what goes on.
SHOWS = (
    r"\bwhat (?:happens|would happen|it'?s like) (?:when|if|to|inside)\b|\bhow (?:to|do (?:you|i|we)|does|it'?s made)\b(?! .{0,30}(?:sound|look)\b)"
    r"|\b(?:show|see|watch)\b.{0,40}\b\w{2,}ing\b|\bstep by step\b|\bdoing it\b"
    r"|\bif .{1,30} (?:slowly|suddenly|came|fell|started|began|stopped|flew|exploded|melted)\b"
    r"|怎么[^,，。]{1,8}[,，]?(?:做给|示范|演示|教|给我看|一步)|教(?:我|你|大家)?怎么"
)
# "Something with bongos", "do it in 3/4", "I want to hear it": answered by playing.
PLAYS = (
    r"\b(?:hear|heard|listen|sung|singable|singing|sings?|hum|rap|whistl\w+|dance to|sleep to|sound like|sounds like|sound as|no sound|silent|needs? sound)\b"
    r"|(?-i:\bin [A-G](?: ?(?:flat|sharp|#|♭|♯))?)(?=\s*(?:$|[,.]|(?:for|with|on|at)\b))"
    r"|\b(?:[2-7]/[48]|bars? of|\d+ bars?|verses?|chords?|bass ?line|groove|sub bass|kick|major|minor|in the key of|riff|solo)\b"
    r"|\b(?:sing|clap|dance|hum|stomp|chant|shout|joins?|sway)(?:s|ing)? (?:along|in)\b|\bno sound\b"
    r"|\b(?:no|without) (?:words|voices?|vocals?|singing|lyrics|talking)\b|\bnobody sings\b"
    r"|(?:能|可以|好|想|要|再)唱|听见它|没有?声音|没有?人声|不要人声|来段|一起唱|喊的|跳的"
)
# "Get the fish in my photo swimming": what is there shall move.
MAKES = (
    rf"(?:^|\b(?:please|you|to|and|just)\s+)(?:make|let|have|get)\s+(?!me\b|an?\b|some\b|us\b|it\b).{{3,50}}?\s"
    rf"(?:{_BASE}|{_ACTS}|smile|laugh|drive|flickering|waving|walking|blowing|rolling|spinning|swimming|moving|dancing|flying|running|snowing|going)"
    r"(?:\s+(?:a bit|a little|slowly|again|around|away|up|down|out|off|please|pls|for me|across|in the \w+|at me|\w+ly))*\s*[.!?]?$"
)
# "The boat in the picture should rock a bit".
SHOULD = (
    r"\b(?:should|could|would|gotta|needs to|has to|to)\b(?: \w+ly)?\s+(?:rock|fall|swim|fly|move|turn|sway|wave|spin|flow|drift|blink|smile|dance|run|jump|walk|nod|grow|melt|rise|open|close)"
    r"\b(?! (?:of|poster|song|to)\b)"
)
HAN_DONE = (
    r"[一-鿿](?:了|上)?[一两二三四五六七八九十几半](?:圈|下|步|次|个圈|个跟头)|(?:趴|坐|躺|蹲|跪|站|停|倒|沉|落|飘|跳|滑|掉|流|滚)(?:下|倒|起)[来去]?$"
    r"|[擦抹拂洗冲吹推掀揭撕剥咬拆](?:掉|去|开|走|下|破|碎)|一路[一-鿿]+到|一(?:朵|个|级|步|片|盏|块|颗|字|层)[^,，。]{0,3}一(?:朵|个|级|步|片|盏|块|颗|字|层)"
    r"|(?:让|[片画图][里中上]的)[^,，。]{1,10}?(?:微笑|笑一?[下笑]|笑起来|眨|甩|摇|挥|点点?头|转一?转|动一动|游|飘|飞|跑|跳|走)(?!的|廊|道|鞋|机|船)"
    r"|全(?:场|屋|城|都)?[^,，。]{0,2}(?:灯灭|熄|黑了|亮了|静了|站起|鼓掌)|[化散漏亮灭黑醒开关合碎断干空满](?:开|了|下来|起来)(?=$|[,，。])"
    r"|[爬铺落挤涌堆]满(?!的)|先.{1,10}[,，]?(?:再|然后|接着)|冒出来|扑出去|飞了|发(?:抖音|快手|短视频|朋友圈)|竖着的"
)
PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for name, pattern in (
        ("deed.third", THIRD),
        ("deed.plural", PLURAL),
        ("deed.next", NEXT),
        ("deed.changes", CHANGES),
        ("deed.changing", CHANGING),
        ("deed.span", SPAN),
        ("deed.shows", SHOWS),
        ("deed.plays", PLAYS),
        ("deed.makes", MAKES),
        ("deed.should", SHOULD),
        ("deed.done", HAN_DONE),
    )
)
MOST = 3
ENGLISH_DOES = (
    "deed.third",
    "deed.plural",
    "deed.next",
    "deed.changes",
    "deed.makes",
    "deed.should",
)
MANNERS = (
    (".does", ENGLISH_DOES),
    (".done", ("deed.done",)),
    (".changing", ("deed.changing",)),
    (".heard", ("deed.plays",)),
)


def manner(text: str, start: int, end: int) -> str:
    """How a clause about a thing goes on: done, changing or heard; "" where it only names it."""
    by_name = dict(PATTERNS)
    for said, names in MANNERS:
        if any(by_name[name].search(text, start, end) is not None for name in names):
            return said
    becomes = acts.PATTERNS["act.becomes"].search(text, start, end)
    return ".done" if becomes is not None else ""


def find(text: str) -> Iterator[Order]:
    """Every kind of deed that the text shows, each place of the first few."""
    for name, pattern in PATTERNS:
        for match, _ in zip(pattern.finditer(text), range(MOST), strict=False):
            yield name, match.start(), match.end()
