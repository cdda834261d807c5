"""Finds the things that an English prompt names.

Reads words and their neighbours, nothing deeper: what is refused ("without a hat"), where it is
("in the rain") and what only describes ("cherry red") is set aside, then the longest names win.
Knows no Chinese, no drawings.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from pipelines.pocket.words_en import ENDS, Token, name_words, singular, tokens, word_set

Span = tuple[int, int, str]
"""Start and end in the prompt, concept."""

REACH, NEAR = 20, 8
"""How many words and names around a doubtful name are looked at: long prompts stay fast."""


COLOURS = word_set(
    "red orange yellow green teal blue purple pink brown black grey gray white gold golden silver "
    "violet turquoise cyan magenta beige navy crimson scarlet lilac"
)
# Where another thing begins: what stands alone stands between two of these.
JOINTS = ENDS | word_set(
    "and or next beside near left right above below over under on in at behind between to of from"
)
REFUSALS = word_set("without no not never dont don't excluding except avoid avoiding doesnt")
REFUSAL_ENDS = ENDS | word_set("but just only with on in at please instead")
PLACE_PREPOSITIONS = word_set(
    "in on at among amid by before against across inside within around through along"
)
PLACES = word_set(
    "meadow grass beach seaside sea ocean night nighttime stars sunset glow evening snow winter "
    "desert dunes mountain mountains peaks forest woods space underwater rain rainstorm day room "
    "indoors city skyline sky field fields garden park street road lake river jungle kitchen water "
    "farm shore coast air clouds moonlight sunlight sunshine sunrise dawn dusk morning afternoon "
    "summer spring autumn fall storm fog mist wind dark darkness hill hills valley cave savanna "
    "swamp pond countryside village town galaxy universe background backdrop sand ice lawn puddle"
)
# "Over a mountain" is where one thing is to another; "over the sea" is a place.
WIDE_PLACES = word_set(
    "stars sky sea ocean water moonlight sunset rain snow waves beach city lake river field meadow "
    "desert village town"
)
# "A red car": what may stand between a preposition and its place.
FUNCTION = word_set(
    "and or with of is are was that which who to for from as by in on at under over into through "
    "next left right above below beside near while"
)
VERB_LEADS = word_set(
    "can to will that who which i you we they it lets let's could should would does do did cannot"
)
VERBS = word_set(
    "fly bat swing ring wave watch park play cook drink fish bear duck rock match pick hook saw "
    "hammer judge guard kiss hug sleep dress light fire check point camp bow tie seal plant shower "
    "train ship box drum camp picture note key link rose swallow"
)
DOES = word_set("flies waves rings leaves rolls swings sails drops rocks shakes races")
"""What a thing may be said to do that also names things, more than one of them."""

HAS = word_set(
    "ocean sea water lake river wind fruit house horse fire palm maple oak tree autumn tea mint "
    "bay gold silver diamond wedding napkin key egg spring bread sushi rain dew"
)
"""Words before such a name that say what kind of them: "palm leaves", "gold rings"."""

DESCRIBES = word_set(
    "shaped coloured colored colour color themed styled like flavored flavoured print printed "
    "patterned tinted scented inspired size sized station supplies fruit food player"
)
# "A cup of hot coffee" is the coffee.
CONTAINERS = word_set("cup glass mug bowl slice piece bottle can plate pint pot box drop")
PLACE_ADVERBS = word_set("indoors outdoors underwater outside inside")
PART_LEADS = word_set("with has have having wearing")
# Words that say how to draw, how many, or ask nicely: beside a name they leave it alone.
FILLERS = COLOURS | word_set(
    "flat design vector glossy shiny gradient 3d rendered render three dimensional cartoon style "
    "comic soft rounded cute simple minimal clean classic retro old school bold graphic strong "
    "outlined line art outline drawing icon interface colour color colourful colorful app weather "
    "forecast sticker emoji emoticon illustration picture image photo logo symbol sign please draw "
    "paint make create generate show me i want need would like you can could give us one two three "
    "four five six 2 3 4 single pair big small large little tiny huge giant round pretty nice very "
    "background transparent plain cut out of drawn painted flatly lovely funny beautiful"
)


@dataclass(frozen=True)
class Index:
    """English names by their words; `longest` says how many words may follow a first word."""

    exact: dict[str, str] = field(default_factory=dict)
    singular: dict[str, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Hit:
    """A name over the tokens [first, last)."""

    first: int
    last: int
    concept: str
    is_weak: bool


def index(names: dict[str, str], weak: Collection[str]) -> Index:
    """Names (lower case) → concept, ready to be looked up by words."""
    exact: dict[str, str] = {}
    stems: dict[str, str] = {}
    longest: dict[str, int] = {}
    alone: set[str] = set()
    for name, concept in names.items():
        words = name_words(name)
        if not words:
            continue
        stemmed = [singular(word) for word in words]
        key, stem = " ".join(words), " ".join(stemmed)
        exact.setdefault(key, concept)
        stems.setdefault(stem, concept)
        longest[stemmed[0]] = max(longest.get(stemmed[0], 0), len(words))
        if name in weak:
            alone |= {key, stem}
    return Index(exact, stems, longest, frozenset(alone))


def find(text: str, names: Index) -> list[Span]:
    """Every thing named, in order, as spans of the text."""
    found = tokens(text)
    hidden = _hidden(found, names)
    hits = _longest(found, names, hidden)
    hits = [hit for hit in hits if not _is_described(found, hit, hits)]
    hits = [hit for hit in hits if not _is_verb(found, hit, hits)]
    near = (hits[max(place - 1, 0) : place + NEAR] for place in range(len(hits)))
    hits = [
        hit
        for hit, around in zip(hits, near, strict=True)
        if not hit.is_weak or _is_alone(found, hit, around, hidden)
    ]
    return [
        (found[hit.first].start, found[hit.last - 1].end, hit.concept)
        for hit in _heads(found, hits)
    ]


def _lookup(found: list[Token], first: int, names: Index) -> Hit | None:
    """The longest name that begins at a token."""
    size = min(names.longest.get(found[first].stem, 0), len(found) - first)
    for last in range(first + size, first, -1):
        span = found[first:last]
        if any(b.has_article and a.word == "and" for a, b in zip(span, span[1:], strict=False)):
            continue
        key = " ".join(token.word for token in span)
        stem = " ".join(token.stem for token in span)
        concept = names.exact.get(key) or names.singular.get(stem)
        if concept is not None:
            is_weak = (key if key in names.exact else stem) in names.weak
            return Hit(first, last, concept, is_weak)
    return None


def _longest(found: list[Token], names: Index, hidden: list[bool]) -> list[Hit]:
    hits: list[Hit] = []
    place = 0
    while place < len(found):
        hit = None if hidden[place] else _lookup(found, place, names)
        if hit is not None:
            hit = _longer(found, hit, names)
            hits.append(hit)
        place = hit.last if hit is not None else place + 1
    return hits


def _longer(found: list[Token], hit: Hit, names: Index) -> Hit:
    """ "Shiny heart on fire" is a "heart on fire", though "shiny heart" comes first."""
    for first in range(hit.first + 1, hit.last):
        other = _lookup(found, first, names)
        gain = other.last - other.first - (hit.last - hit.first) if other is not None else -1
        # "Brown heart suit": a colour goes before a longer name.
        is_coloured = found[hit.first].word in COLOURS and gain == 0
        if other is not None and other.last > hit.last and (gain > 0 or is_coloured):
            return other
    return hit


def _hidden(found: list[Token], names: Index) -> list[bool]:
    """Which tokens name nothing to draw: refusals, places, backgrounds, "old-school"."""
    hidden = [False] * len(found)
    for place, token in enumerate(found):
        stretch = range(place, place + 1) if token.word in PLACE_ADVERBS else range(0)
        if token.word in REFUSALS or _is_instead(found, place):
            stretch = _refused(found, place, names)
        elif token.word in PLACE_PREPOSITIONS or token.word in ("under", "over", "front"):
            stretch = _place(found, place, names)
        elif token.word in ("background", "backdrop"):
            stretch = _background(found, place)
        elif token.word == "old" and _word(found, place + 1) == "school":
            stretch = range(place, place + 2)
        for each in stretch:
            hidden[each] = True
    return hidden


def _is_instead(found: list[Token], place: int) -> bool:
    pair = tuple(token.word for token in found[place : place + 2])
    return pair in (("instead", "of"), ("rather", "than"))


def _refused(found: list[Token], place: int, names: Index) -> range:
    named = _lookup(found, place, names)
    if (named is not None and not named.is_weak) or _word(found, place + 1) == "only":
        return range(0)  # "No smoking" is a sign.
    for first in range(max(place - 3, 0), place):
        around = _lookup(found, first, names)
        if around is not None and around.last > place:
            return range(0)  # "Face without mouth"
    end = place + (2 if _is_instead(found, place) else 1)
    while end < len(found) and found[end].word not in REFUSAL_ENDS:
        if found[end].word == "and" and end + 1 < len(found) and found[end + 1].has_article:
            break
        end += 1
    return range(place, end)


def _place(found: list[Token], place: int, names: Index) -> range:
    """ "In the rain", "on a sunny beach": a preposition, at most two plain words, a place."""
    lead = found[place].word
    begin = place + 2 if lead == "front" else place + 1
    nouns = WIDE_PLACES if lead in ("under", "over") else PLACES
    for end in range(begin, min(begin + 3, len(found))):
        word = found[end].word
        if word in nouns:
            while end + 1 < len(found) and found[end + 1].word in PLACES:
                end += 1
            return range(0) if _goes_on(found, end, names) else range(place, end + 1)
        if word in FUNCTION or word in ENDS or _lookup(found, end, names) is not None:
            break
    if [token.word for token in found[place : place + 2]] == ["in", "sun"]:
        return range(place, place + 2)
    return range(0)


def _goes_on(found: list[Token], end: int, names: Index) -> bool:
    """ "On a beach ball": the place only says which ball."""
    return end + 1 < len(found) and _lookup(found, end + 1, names) is not None


def _background(found: list[Token], place: int) -> range:
    """Back from "background" to the preposition or mark before it."""
    is_after = place > 0 and found[place - 1].word in ("in", "as")
    begin = place - 1 if is_after else place
    while begin > 0 and place - begin < 6 and not _opens(found[begin - 1].word):
        begin -= 1
    if begin > 0 and _opens(found[begin - 1].word):
        return range(begin, place + 1)
    if place == 1 and (_word(found, 2) in ENDS or len(found) == 2):
        return range(2)
    begin = place
    while begin > 0 and (found[begin - 1].word in COLOURS or found[begin - 1].word in PLACES):
        begin -= 1
    return range(begin, place + 1)


def _opens(word: str) -> bool:
    return word in ENDS or word in ("on", "in", "with", "against", "and", "at", "over")


def _word(found: list[Token], place: int) -> str:
    return found[place].word if 0 <= place < len(found) else ""


def _is_noun_next(found: list[Token], place: int) -> bool:
    """Whether a word follows that may be what is described."""
    word = _word(found, place)
    return bool(word) and not (
        word in JOINTS or word in FUNCTION or word in FILLERS or word in PLACE_PREPOSITIONS
    )


def _is_described(found: list[Token], hit: Hit, hits: list[Hit]) -> bool:
    """ "Cherry red", "heart-shaped", "orange cat": a name that only says how a thing looks."""
    first, before, after = found[hit.first], _word(found, hit.first - 1), _word(found, hit.last)
    if first.word == "orange" and hit.last == hit.first + 1:
        is_predicate = before in ("in", "on", "is", "are", "all") and not first.has_article
        if is_predicate or after in COLOURS or _is_noun_next(found, hit.last):
            return True
    if first.word == "orange" and after in ("and", "or") and _word(found, hit.last + 1) in COLOURS:
        return not found[hit.last + 1].has_article
    if hit.last < len(found) and found[hit.last].is_joined and after.endswith(("ing", "ed")):
        return True
    if first.word == "letter" and len(after) == 1 and after.isalnum():
        return True
    if first.word in CONTAINERS and hit.last == hit.first + 1 and after == "of":
        return any(hit.last < other.first < hit.last + 3 for other in hits)
    if after in COLOURS and after != "orange":
        return _is_noun_next(found, hit.last + 1)
    return after in DESCRIBES


def _is_verb(found: list[Token], hit: Hit, hits: list[Hit]) -> bool:
    """ "Birds fly", "a cat cooking": a word that says what the thing before it does."""
    token = found[hit.first]
    if hit.last - hit.first > 1 or token.has_article:
        return False
    if hit.first == 0:  # "Watch the sunrise"
        return token.word in VERBS and hit.last < len(found) and found[hit.last].has_article
    follows = any(other.last == hit.first for other in hits)
    before = found[hit.first - 1].word
    if token.word in DOES:
        is_one = any(each.has_article for each in found[max(hit.first - 3, 0) : hit.first])
        return follows and is_one and not before.endswith("s") and before not in HAS
    if token.word in VERBS:
        is_next_to = before == "to" and hit.first > 1 and found[hit.first - 2].word == "next"
        return (before in VERB_LEADS and not is_next_to) or (
            follows and found[hit.first - 1].word.endswith("s")
        )
    return follows and token.word.endswith("ing")


def _is_alone(found: list[Token], hit: Hit, near: list[Hit], hidden: list[bool]) -> bool:
    """True where a doubtful name is the only thing in its clause.

    One word ("plus") must have nothing beside it but fillers; a longer name ("happy face") no other
    name.
    """
    first, last = hit.first, hit.last
    while first > max(hit.first - REACH, 0) and found[first - 1].word not in JOINTS:
        first -= 1
    while last < min(hit.last + REACH, len(found)) and found[last].word not in JOINTS:
        last += 1
    rest = [p for p in range(first, last) if not hit.first <= p < hit.last]
    rivals = [other for other in near if not other.is_weak or other.first < hit.first]
    if any(other is not hit and first <= other.first < last for other in rivals):
        return False
    if hit.first > 0 and found[hit.first - 1].word in PART_LEADS:
        return False
    if hit.last - hit.first > 1:
        return True
    return all(hidden[p] or found[p].word in FILLERS for p in rest)


def _heads(found: list[Token], hits: list[Hit]) -> list[Hit]:
    """Of two names side by side ("chocolate cake") the last is the thing; three are a list."""
    runs: list[list[Hit]] = []
    for hit in hits:
        is_next = bool(runs) and runs[-1][-1].last == hit.first and not found[hit.first].has_article
        if is_next:
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return [hit for run in runs for hit in (run[1:] if len(run) == 2 else run)]
