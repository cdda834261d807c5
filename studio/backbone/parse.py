"""What is being made: gives every known word of a prompt its role in the sentence.

"A poster of a song festival" is a poster: the song stands behind "of". English puts the thing made
first and Chinese puts it last, so each clause is read by the grammar of its script. Knows words and
their places, not what they weigh.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from studio.backbone import words
from studio.backbone.words import Hit, Token

CLAUSE_END = set(',，。.!！?？;；:：、—–()（）"“”「」『』《》[]【】|')
LABEL_END = set(":：")
OPEN_QUOTES = set("“「『《")
CLOSE_QUOTES = set("”」』》")
PREPOSITIONS = set(
    "of for with in on at from by about to under over into through as like during inspired "
    "featuring showing without no that which who where when while because is are was were "
    "should must has have so using based called named titled around across along between behind "
    "beside inside near against toward towards before after above below where's than but "
    "filled made out describing playing singing be being can will".split()
)
DETERMINERS = set(
    "a an the my our your his her their this that these those some another one two three four "
    "five six seven eight nine ten any new short simple little".split()
)
ARTICLES = set("a an the my our your his her their this that these those one".split())
LEAD = set(
    "please can could you i i'd i'm we want need would like love to see have give gimme me us "
    "show let's let create make generate produce do build craft get cook up looking for "
    "help just hi hello hey wanna try turn bring put it out kindly write record".split()
)
MAKING = set("create make generate produce build craft write turn give do".split())
# Words in -ing that are things or qualities, so that they do not end a noun phrase.
ING_NOUNS = set(
    "painting drawing recording king ring string spring evening morning wedding building ceiling "
    "clothing swing wing engraving etching lighting setting rendering coloring colouring greeting "
    "ending opening meeting reading writing singing bowling something anything nothing everything "
    "packaging backing looping morphing stocking opening".split()
)
# "Four variations of a logo" are logos: these words pass the question on to what follows "of".
TRANSPARENT = set(
    "variation variations version versions option options take takes copy copies set sets series "
    "pack kind kinds type piece pieces bit lot lots second seconds minute minutes secs mins hour "
    "couple pair bar bars collection bunch examples example some feeling sort".split()
)
# Words that add nothing to what stands before them: "an orchestral piece" is orchestral.
NEUTRAL = set(
    "piece style version one thing vibe vibes feel mood number practice please and x".split()
)
# What follows is written on the thing: "a sign that says LIVE MUSIC", "写着现场音乐".
SHOWN = re.compile(
    r"\b(?:says|that reads|reading|lettered|titled|entitled|called|named|captioned|inscribed)\b"
    r"|写着|印着|刻着|标着|题为|名叫|名为|名字叫|叫做",
    re.IGNORECASE,
)
HAN_MEASURE = re.compile(
    r"[一两二三四五六七八九十几半这那某每\d]{0,3}"
    r"(?:首|曲|支|张|幅|副|枚|套|段|部|条|集|个|只|把|款|份|篇|种|点|些|组|系列)$"
)
HAN_MAKING = re.compile(
    r"(?:画|写|做|作|来|唱|拍|生成|制作|创作|设计|弄|整|搞|搞个|要|想要|谱|编|录|帮我|给我|为我|请|想听|听|出|配)"
    r"(?:一下|出|成|个|点|段|首|张|了)?$"
)
HAN_FOR = re.compile(r"(?:给|为|帮|替)[^给为帮替]{0,12}$")
HAN_MAKE_AFTER = re.compile(r"[做写配作画拍来设弄整谱编唱剪生制创]")
HAN_ABOUT = re.compile(
    r"(?:关于|讲|描写|描述|表现|主题是|主题为|有|里有|上面是|写着|根据|把|让|像|在|用)[^的]{0,10}$"
)
HAN_AND = re.compile(r"\s*(?:和|与|加|跟|、)")
# "做一段bgm给vlog": what stands after the giving is not what is made.
HAN_GIVE = re.compile(r"[做写来画唱拍编谱配设生][^给]{1,20}(?:送给|给)[^给做写画唱拍编谱配]{0,6}$")
HAN_TAIL = re.compile(
    r"^(?:吧|呢|啊|吗|呀|哦|了|嘛|吗|就行|就好|谢谢|那种|之类|一样|给我|给你|给他|给她|\s)*$"
)
HAN_OBJECT_NEXT = re.compile(
    r"^\s*(?:给|关于|讲|送|来|让|用|要|适|作|当|在|和|与|加|配|主题|里|中|，|,|风格|、|$)"
)
HAN_INTO = re.compile(
    r"(?:变成|做成|作成|改成|写成|谱成|转成|当作|作为|成为|编成|制成|画成|拍成)[一个首段张幅部]*$"
)


@dataclass(frozen=True)
class Mention:
    """A known word in its role."""

    hit: Hit
    role: str


@dataclass(frozen=True)
class Clause:
    """A stretch of the text between marks."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    is_label: bool
    is_quoted: bool
    index: int

    @cached_property
    def is_han(self) -> bool:
        return any(words.is_han(token.text) for token in self.tokens)


@dataclass(frozen=True)
class Reading:
    """A prompt in clauses, with its known words in their roles and the kind of its first head."""

    text: str
    clauses: tuple[Clause, ...]
    mentions: tuple[Mention, ...]
    marks: tuple[tuple[str, int, int], ...]


def clauses(text: str, found: list[Token]) -> list[Clause]:
    """Split at punctuation and line ends."""
    parts: list[Clause] = []
    current: list[Token] = []
    is_quoted = False

    def close(is_label: bool) -> None:
        if current:
            start, end = current[0].start, current[-1].end
            parts.append(Clause(start, end, tuple(current), is_label, is_quoted, len(parts)))
            current.clear()

    for token in found:
        if current and "\n" in text[current[-1].end : token.start]:
            close(False)
        if token.text in CLAUSE_END:
            close(token.text in LABEL_END)
            is_quoted = _quote_state(token.text, is_quoted)
        else:
            current.append(token)
    close(False)
    return parts


def _quote_state(mark: str, is_quoted: bool) -> bool:
    if mark == '"':
        return not is_quoted
    return mark in OPEN_QUOTES or (is_quoted and mark not in CLOSE_QUOTES)


Span = tuple[int, int]


def read(text: str, refused: Sequence[Span] = (), quoted: Sequence[Span] = ()) -> Reading:
    """Give every known word its role; those within `refused` and `quoted` spans make nothing."""
    found = words.tokens(text)
    hits = words.find(text, found)
    starts = [hit.start for hit in hits]
    parts = clauses(text, found)
    mentions: list[Mention] = []
    marks: list[tuple[str, int, int]] = []
    for clause in parts:
        inside = hits[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        rule = _read_han if clause.is_han else _read_english
        roles, mark = rule(text, clause, inside)
        shown = SHOWN.search(text, clause.start, clause.end)
        if shown is not None:
            roles = [
                "quoted" if hit.start >= shown.end() else role
                for hit, role in zip(inside, roles, strict=True)
            ]
        if clause.is_quoted or _within(clause.start, quoted):
            # Words to be shown, sung or said, not words about what to make.
            roles, mark = ["quoted"] * len(inside), ("quoted", clause.start, clause.end)
        if mark[0] == "thing":
            # "a soft light" is soft, not music; "soft piano" is.
            roles = ["trait" if role == "mod" else role for role in roles]
        mentions += [Mention(hit, role) for hit, role in zip(inside, roles, strict=True)]
        marks.append(mark)
    if any(mark == "medium" for mark, _, _ in marks):
        # Next to a named medium, things are what it shows or is about.
        marks = [("topic" if mark == "thing" else mark, start, end) for mark, start, end in marks]
    kept = [Mention(m.hit, "no") if _within(m.hit.start, refused) else m for m in mentions]
    kept = _set_aside(kept)
    return Reading(text, tuple(parts), tuple(kept), tuple(marks))


DECIDED = ("image.noun", "song.noun", "video.noun", "genre")


def _set_aside(mentions: list[Mention]) -> list[Mention]:
    """Once a medium is named, media named in later clauses are about it: "弹唱,关于他的画"."""
    first = next(
        (m.hit.end for m in mentions if m.role in {"head", "bare", "as"} and m.hit.is_any(DECIDED)),
        None,
    )
    if first is None:
        return mentions
    return [
        Mention(m.hit, "aside") if m.role == "later" and m.hit.start > first else m
        for m in mentions
    ]


def _within(place: int, spans: Sequence[Span]) -> bool:
    return any(start <= place < end for start, end in spans)


def _is_stop(token: Token, place: int, begin: int) -> bool:
    if token.text in PREPOSITIONS:
        return True
    is_participle = token.text.endswith("ing") and len(token.text) > 4
    return is_participle and token.text not in ING_NOUNS and place > begin + 1


def _lead_end(tokens: tuple[Token, ...], hit_at: dict[int, Hit]) -> int:
    """Index of the first token after "please make me …", verbs of making included."""
    place = 0
    while place < len(tokens):
        hit = hit_at.get(tokens[place].start)
        is_verb = hit is not None and hit.is_any(("image.verb", "song.verb", "video.verb"))
        if is_verb and hit is not None and _is_used_as_verb(tokens, place, hit):
            place += sum(1 for token in tokens[place:] if token.start < hit.end)
        elif tokens[place].text in LEAD and (hit is None or hit.end == tokens[place].end):
            place += 1
        else:
            break
    return place


def _is_used_as_verb(tokens: tuple[Token, ...], place: int, hit: Hit) -> bool:
    """ "film a leaf" films; "film poster" does not."""
    after = [token for token in tokens[place:] if token.start >= hit.end]
    if not hit.is_any(("image.noun", "song.noun", "video.noun", "genre")):
        return bool(after)
    return bool(after) and after[0].text in DETERMINERS | {"me", "us", "it"}


def _skip_transparent(tokens: tuple[Token, ...], begin: int) -> int:
    end = _phrase_end(tokens, begin)
    if begin < end < len(tokens) - 1 and tokens[end].text == "of":
        if tokens[end - 1].text in TRANSPARENT:
            return end + 1
    return begin


def _phrase_end(tokens: tuple[Token, ...], begin: int) -> int:
    place = begin
    while place < len(tokens) and not _is_stop(tokens[place], place, begin):
        place += 1
    return place


def _spec(token: Token) -> bool:
    return any(letter.isdigit() for letter in token.text)


def _head_place(tokens: tuple[Token, ...], begin: int, end: int) -> int:
    """Index of the last word of the noun phrase that is not a size or a number."""
    place = end - 1
    while place > begin and (_spec(tokens[place]) or tokens[place].text in NEUTRAL):
        place -= 1
    return place


@dataclass(frozen=True)
class _Phrase:
    """A noun phrase by character positions: its start, its end, and the end of its head word."""

    start: int
    end: int
    head_end: int
    is_bare: bool
    is_change: bool
    """Stands after "into": what stands before it is what there is, not what is made."""

    joints: frozenset[int]
    """Ends of the words before "and": "piano and rain" has two heads."""


def _phrase(tokens: tuple[Token, ...], begin: int, is_change: bool = False) -> _Phrase | None:
    end = _phrase_end(tokens, begin)
    if end <= begin:
        return None
    head = _head_place(tokens, begin, end)
    is_neutral = tokens[end - 1].text in NEUTRAL and head < end - 1
    is_bare = is_neutral or tokens[begin].text not in ARTICLES
    joints = frozenset(
        left.end
        for left, right in zip(tokens[begin:end], tokens[begin + 1 : end], strict=False)
        if right.text in {"and", "&", "plus"}
    )
    return _Phrase(
        tokens[begin].start, tokens[end - 1].end, tokens[head].end, is_bare, is_change, joints
    )


def _recast(tokens: tuple[Token, ...], begin: int) -> _Phrase | None:
    """The noun phrase after "as a", "into a", "in the form of": what it shall become."""
    for place in range(begin, len(tokens) - 1):
        word, after = tokens[place].text, tokens[place + 1].text
        is_as = word == "as" and after in DETERMINERS
        is_into = word == "into" and place + 2 <= len(tokens)
        if is_as or is_into:
            return _phrase(tokens, place + 1, is_change=is_into)
        if word == "form" and after == "of":
            return _phrase(tokens, place + 2) if place + 2 < len(tokens) else None
    return None


def _read_english(
    text: str, clause: Clause, hits: list[Hit]
) -> tuple[list[str], tuple[str, int, int]]:
    hit_at = {hit.start: hit for hit in hits}
    begin = _lead_end(clause.tokens, hit_at)
    begin = _skip_transparent(clause.tokens, begin)
    is_order = any(token.text in MAKING for token in clause.tokens[:begin])
    lead = clause.tokens[begin].start if begin < len(clause.tokens) else clause.end
    phrase = _phrase(clause.tokens, begin) if begin < len(clause.tokens) else None
    recast = _recast(clause.tokens, begin)
    is_first = clause.index == 0 or is_order or clause.is_label
    roles = [_english_role(hit, lead, phrase, recast, is_first) for hit in hits]
    roles = [_purpose(text, hit, role) for hit, role in zip(hits, roles, strict=True)]
    return roles, _mark(clause, hits, roles, phrase)


def _english_role(
    hit: Hit, lead: int, phrase: _Phrase | None, recast: _Phrase | None, is_first: bool
) -> str:
    if hit.start < lead:
        return "verb"
    if recast is not None and recast.start <= hit.start < recast.end:
        return "as" if hit.end >= recast.head_end else "rest"
    if recast is not None and recast.is_change and hit.start < recast.start:
        return "source"
    if phrase is None or hit.start >= phrase.end:
        return "rest"
    if hit.end < phrase.head_end and hit.end not in phrase.joints:
        return "mod"
    if not is_first:
        return "later"
    return "bare" if phrase.is_bare else "head"


def _purpose(text: str, hit: Hit, role: str) -> str:
    before = text[max(0, hit.start - 24) : hit.start].lower()
    is_purpose = re.search(r"\bfor (?:a|an|the|my|our|your|his|her)? ?(?:\w+ )?$", before)
    return "for" if role == "rest" and is_purpose else role


MEDIA = (
    "image.noun",
    "song.noun",
    "video.noun",
    "av.noun",
    "genre",
    "instrument",
    "image.style",
    "camera",
    "motion",
    "narrative",
    "song.term",
    "video.term",
    "image.term",
    "song.verb",
    "video.verb",
)


def _mark(
    clause: Clause, hits: list[Hit], roles: list[str], phrase: _Phrase | None
) -> tuple[str, int, int]:
    """What the clause as a whole is about: a thing nobody listed, an abstract word, or a medium."""
    heads = [
        hit
        for hit, role in zip(hits, roles, strict=True)
        if role in {"head", "bare", "as", "later", "verb"}
    ]
    if any(hit.is_any(MEDIA) for hit in heads) or any(hit.is_any(("camera",)) for hit in hits):
        return "medium", clause.start, clause.end
    heads = [hit for hit, role in zip(hits, roles, strict=True) if role != "verb" and hit in heads]
    if any(hit.is_any(("abstract",)) for hit in heads) and phrase is not None:
        return "abstract", clause.start, clause.end
    if phrase is None:
        return "none", clause.start, clause.end
    return "thing", phrase.start, phrase.head_end


NOUNS = (*MEDIA, "content", "abstract")


def _read_han(text: str, clause: Clause, hits: list[Hit]) -> tuple[list[str], tuple[str, int, int]]:
    roles = [_han_role(text, clause, hit) for hit in hits]
    if "head" not in roles and "as" not in roles:
        _promote(text, clause, hits, roles)
    if not any(hit.is_any(MEASURES) for hit in hits):
        # A lone "吉他" may be the thing; "悲伤的吉他" is heard.
        is_heard = any(hit.is_any(HEARD) for hit in hits)
        roles = [
            "bare" if role == "head" and (is_heard or not hit.is_any(("instrument",))) else role
            for hit, role in zip(hits, roles, strict=True)
        ]
    if clause.index > 0 and not clause.is_label:
        roles = ["later" if role in {"head", "bare"} else role for role in roles]
    heads = [hit for hit, role in zip(hits, roles, strict=True) if role in HAN_HEADS]
    if any(hit.is_any(MEDIA) for hit in heads) or any(hit.is_any(("camera",)) for hit in hits):
        return roles, ("medium", clause.start, clause.end)
    if any(hit.is_any(("abstract",)) for hit in heads):
        return roles, ("abstract", clause.start, clause.end)
    return roles, ("thing", clause.start, clause.end)


HAN_HEADS = {"head", "bare", "as", "later", "verb", "start"}
HEARD = ("mood", "tempo", "song.noun", "song.term", "song.verb", "genre")
MEASURES = ("measure.image", "measure.song", "measure.video", "measure.thing", "measure.span")


def _han_role(text: str, clause: Clause, hit: Hit) -> str:
    before, after = text[clause.start : hit.start], text[hit.end : clause.end]
    if HAN_INTO.search(before):
        return "as"
    if HAN_GIVE.search(before):
        return "for"
    if HAN_FOR.search(before) and HAN_MAKE_AFTER.search(after):
        return "for"
    if HAN_TAIL.match(after):
        return "head"
    is_verb = hit.is_any(("image.verb", "song.verb", "video.verb"))
    if is_verb and _starts(before):
        return "verb"
    if (not before.strip() or before.endswith("的")) and HAN_AND.match(after):
        return "head"
    if not before.strip() and hit.is_any(("camera", "video.term", "video.noun", "motion")):
        return "start"
    if re.match(r"\s*(?:的|之)", after):
        return "mod"
    return "rest" if HAN_ABOUT.search(before) else "mod"


def _is_order(before: str) -> bool:
    """ "写个欢快的…": a clause that begins with making and whose last word is a quality."""
    return re.match(r"\s*[写做来画唱拍编谱]", before) is not None and before.endswith(
        ("的", "风格")
    )


def _starts(before: str) -> bool:
    return (
        re.fullmatch(
            r"\s*(?:请|帮我?|给我?|我?想|我?要|能不能|可以|来|再|你能|麻烦|\s)*(?:个|点)?", before
        )
        is not None
    )


def _promote(text: str, clause: Clause, hits: list[Hit], roles: list[str]) -> None:
    """ "写首歌讲讲…": the thing counted or made is the head where the clause runs on after it."""
    for place, hit in enumerate(hits):
        before, after = text[clause.start : hit.start], text[hit.end : clause.end]
        is_made = HAN_MEASURE.search(before) or HAN_MAKING.search(before) or _is_order(before)
        if roles[place] != "mod" or not is_made or not hit.is_any(NOUNS):
            continue
        if HAN_OBJECT_NEXT.match(after):
            roles[place] = "head"
            return
