"""The roles of known words in an English clause: the thing made comes first.

Knows words and their places, not what they weigh.
"""

import re
from dataclasses import dataclass

from studio.backbone.clauses import MEDIA, Clause, Mark
from studio.backbone.words import Hit, Token, lexicon

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
    "remember help "
    "just hi u ya pls plz yo lemme somebody someone thx smth hello hey wanna try turn "
    "bring put it out kindly write record transform convert use "
    "should um uh er okay ok so right well yeah yes hmm basically actually maybe we'd you'd "
    "i've fancy search got now really gonna sort".split()
)
# "I'd be most grateful for", "is there any chance of": what is asked for comes after it.
COURTESY = re.compile(
    r"\s*(?:hello[, ]+|hi[, ]+|dear \w+[, ]+|please[, ]+)?(?:"
    r"(?:i|we)(?:'d| would| should|'ll)? be (?:so |most |very |ever so )?"
    r"(?:grateful|glad|thankful|obliged|delighted|pleased|happy)"
    r"|(?:i|we) (?:wonder(?:ed)?|was wondering|were wondering|was hoping|were hoping"
    r"|am looking|are looking|am after|are after)"
    r"|(?:i'm|we're) (?:looking|after|hoping|wondering)"
    r"|(?:could|can|may|might) (?:i|we) "
    r"(?:trouble you|ask(?: you)?|request|bother you|beg|have|get|see|hear)"
    r"|(?:would|could) you (?:be so kind|be able|mind|possibly|kindly|please)"
    r"|(?:is|would|might) (?:it be|it) (?:at all )?(?:possible|feasible|ok|okay|alright)"
    r"|(?:is there )?any (?:chance|hope|possibility)|(?:have you )?(?:got )?any ideas?"
    r"|(?:what|so what|all) (?:i|we)(?:'m| am|'re| are)? "
    r"(?:after|need|want|looking for|would like|'d like) is"
    r")(?:\s+(?:(?:if|whether) (?:you|i|we) (?:could|might|would|can|may)"
    r"|for|of|to|as|that|at|with|about|have|get|see))*\b",
    re.IGNORECASE,
)
OWNERS = set("our my your his her their we i they you he she the a an".split())
BEFORE_OWNERS = OWNERS | set("all both half and & plus or such what another 's".split())
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
# "A music video set in a laundromat": what follows tells of the thing before.
PARTICIPLES = set(
    "set filmed seen painted taken drawn written sung played performed recorded rendered framed "
    "viewed directed starring printed carved shown told found lit".split()
)
AFTER_PARTICIPLE = set("in on by from with at for as through like to".split())
OTHERS = ("song.verb", "video.verb")


def _is_stop(token: Token, place: int, begin: int) -> bool:
    if token.text in PREPOSITIONS:
        return True
    is_participle = token.text.endswith("ing") and len(token.text) > 4
    return is_participle and token.text not in ING_NOUNS and place > begin + 1


def _is_medium(token: Token) -> bool:
    senses = lexicon().english.get(token.text, ())
    return any(sense.group in {"image.noun", "song.noun", "video.noun"} for sense in senses)


def _is_told_by(tokens: tuple[Token, ...], place: int, begin: int) -> bool:
    """ "set in", "painted on", and after a bare medium "poster advertising"."""
    if place <= begin or place + 1 >= len(tokens):
        return False
    if place == begin + 1 and tokens[place].text.endswith("ing") and _is_medium(tokens[begin]):
        return tokens[place].text not in ING_NOUNS
    return tokens[place].text in PARTICIPLES and tokens[place + 1].text in AFTER_PARTICIPLE


def _lead_end(text: str, tokens: tuple[Token, ...], hit_at: dict[int, Hit]) -> int:
    """Index of the first token after "please make me …", verbs of making included."""
    courtesy = COURTESY.match(text, tokens[0].start, tokens[-1].end) if tokens else None
    until = courtesy.end() if courtesy is not None else 0
    place = sum(token.end <= until for token in tokens)
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
        if _is_told_by(tokens, place, begin) or _is_new_noun(tokens, place, begin):
            break
        place += 1
    return place


def _is_new_noun(tokens: tuple[Token, ...], place: int, begin: int) -> bool:
    """ "An anthem our fans can shout": another noun phrase begins within the first."""
    return (
        place > begin
        and tokens[place].text in OWNERS
        and tokens[place - 1].text not in BEFORE_OWNERS
    )


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


def read(text: str, clause: Clause, hits: list[Hit]) -> tuple[list[str], Mark]:
    """A role for every word, and what the clause is about."""
    hit_at = {hit.start: hit for hit in hits}
    begin = _lead_end(text, clause.tokens, hit_at)
    begin = _skip_transparent(clause.tokens, begin)
    is_order = any(token.text in MAKING for token in clause.tokens[:begin])
    lead = clause.tokens[begin].start if begin < len(clause.tokens) else clause.end
    phrase = _phrase(clause.tokens, begin) if begin < len(clause.tokens) else None
    recast = _recast(clause.tokens, begin)
    is_first = clause.index == 0 or is_order or clause.is_label
    roles = [_english_role(hit, lead, phrase, recast, is_first) for hit in hits]
    roles = [_purpose(text, hit, role) for hit, role in zip(hits, roles, strict=True)]
    if any(role == "verb" and hit.is_any(OTHERS) for hit, role in zip(hits, roles, strict=True)):
        # "Animate my drawing", "sing this photo": the picture is there already.
        roles = [
            "source" if role in {"head", "bare"} and hit.is_any(("image.noun",)) else role
            for hit, role in zip(hits, roles, strict=True)
        ]
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


def _mark(clause: Clause, hits: list[Hit], roles: list[str], phrase: _Phrase | None) -> Mark:
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
