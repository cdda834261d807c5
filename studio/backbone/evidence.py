"""Everything a prompt says, as named evidence and as parameters: the one reading of the text.

The linear model weighs the evidence; the route shows it. Knows no weights.
"""

import re
from collections import Counter
from dataclasses import dataclass

from studio.backbone import avoid, clip_params, parse, picture_params, song_params
from studio.backbone.found import Found
from studio.backbone.parse import Reading

# Roles that say what is made, not what it shows or is about.
MAKING = {"head", "bare", "as", "later", "verb", "start"}
# A word said ten times is not ten times the evidence.
MAX_REPEATS = 3.0


@dataclass(frozen=True)
class Evidence:
    """One feature of the linear model, seen at [start, end)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Understood:
    """A prompt with its evidence and with every parameter that any kind could take."""

    text: str
    evidence: tuple[Evidence, ...]
    found: tuple[Found, ...]


def understand(text: str) -> Understood:
    """Read the whole text once."""
    refusals = avoid.refusals(text)
    reading = parse.read(
        text,
        refused=[(refusal.start, refusal.end) for refusal in refusals],
        quoted=song_params.sung_spans(text),
    )
    found = (*_parameters(reading), *_refused(refusals))
    seen = (
        *_of_words(reading),
        *_of_clauses(reading),
        *_of_found(found),
        *_of_orders(text),
        *_of_sketch(reading),
    )
    return Understood(text, seen, found)


def _parameters(reading: Reading) -> list[Found]:
    text = reading.text
    return [
        *picture_params.count(reading),
        *picture_params.shape(text),
        *picture_params.background(text),
        *picture_params.style(reading),
        *picture_params.colours(reading),
        *song_params.duration(text),
        *song_params.tempo(reading),
        *song_params.key(text),
        *song_params.character(reading),
        *song_params.lyrics(text),
        *song_params.sung_language(text),
        *clip_params.timing(text),
        *clip_params.movement(reading),
    ]


def _refused(refusals: list[avoid.Refusal]) -> list[Found]:
    said = [refusal for refusal in refusals if refusal.items]
    items = list(dict.fromkeys(item for refusal in said for item in refusal.items))
    if not items:
        return []
    return [Found("negative_prompt", ", ".join(items), said[0].start, said[-1].end)]


def _of_words(reading: Reading) -> list[Evidence]:
    made: list[Evidence] = []
    for mention in reading.mentions:
        hit = mention.hit
        for group in dict.fromkeys(sense.group for sense in hit.senses):
            made.append(Evidence(f"{group}@{mention.role}", hit.start, hit.end))
            if mention.role in MAKING:
                made.append(Evidence(group, hit.start, hit.end))
    return made


def _of_clauses(reading: Reading) -> list[Evidence]:
    made = []
    for place, (mark, start, end) in enumerate(reading.marks):
        made.append(Evidence(f"clause.{'first' if place == 0 else 'later'}.{mark}", start, end))
    return made


# Parameters that tell kinds apart by being there at all. Words of genre, mood, style and motion
# already speak through the lexicon.
TELLING = {"width", "aspect", "duration_s", "tempo_bpm", "key", "lyrics", "frames", "fps", "camera"}
TELLING |= {"language", "count"}
# Clips are counted in seconds and songs in minutes.
SHORT_S = 15
# "Make her smile", "让星星落下来": to have something done is to see it move.
CAUSE = re.compile(
    r"\b(?:make|let|have)\s+(?:it|him|her|them|the|this|these|my)\b|(?:^|[,，。\s])让(?!我|人|你|大家)"
    r"|使得?.{1,12}动",
    re.IGNORECASE,
)


# "Something to fall asleep to", "适合睡前听的": what is to be heard, without a word for it.
HEARD = re.compile(
    r"\bto (?:\w+ ){1,4}to\b(?=\s*(?:$|[,，.!]|at\b|in\b|on\b|with\b|while\b))"
    r"|\b(?:I|we|you|they|people|everyone) (?:can|could|will) (?:all )?(?:sing|hum|dance|clap)\b"
    r"|\bsounds? like\b|\b(?:they|you|we) play\b|^play (?:me|us|something|some)\b"
    r"|听的|听听|边.{1,6}边听|时候(?:听|放)|里放的|放的那种|响起|哄睡|(?:助眠|提神|上头|炸场|带感)的",
    re.IGNORECASE,
)
# Where things stand in a scene: a description of a place is long on these.
PLACED = re.compile(
    r"\b(?:in|on|under|beneath|beside|behind|above|below|between|against|across|around|along|over"
    r"|inside|near)\s+(?:the|a|an|its|his|her|their|my)\b"
    r"|[里上下旁边前后中间外](?=的|[,，。]|有|是|挂|坐|站|放|摆|停|$)|(?:坐|站|挂|摆|放|躺|停|穿|戴|铺|爬)[着满]",
    re.IGNORECASE,
)
MIN_PLACES = 3


def _of_orders(text: str) -> list[Evidence]:
    found: list[Evidence] = []
    for name, pattern in (("order.cause", CAUSE), ("order.heard", HEARD)):
        match = pattern.search(text)
        if match is not None:
            found.append(Evidence(name, match.start(), match.end()))
    places = list(PLACED.finditer(text))
    found += [Evidence("placed", match.start(), match.end()) for match in places]
    if len(places) >= MIN_PLACES:
        found.append(Evidence("placed.often", places[0].start(), places[-1].end()))
    return found


def _of_sketch(reading: Reading) -> list[Evidence]:
    """ "Cello, rainy evening": an instrument alone before the comma, and then its mood."""
    if len(reading.clauses) < 2:
        return []
    first = reading.clauses[0]
    hits = [m for m in reading.mentions if m.hit.start < first.end and m.role in MAKING]
    played = [m.hit for m in hits if m.hit.is_any(("instrument",))]
    if not played or any(m.hit.is_any(("image.noun", "video.noun", "content")) for m in hits):
        return []
    return [Evidence("sketch.instrument", played[0].start, played[0].end)]


def _of_found(found: tuple[Found, ...]) -> list[Evidence]:
    return [
        Evidence(_telling(item), item.start, item.end) for item in found if item.name in TELLING
    ]


def _telling(item: Found) -> str:
    if item.name == "duration_s":
        return "said.seconds" if item.value <= SHORT_S else "said.minutes"
    return f"said.{item.name}"


def values(evidence: tuple[Evidence, ...]) -> dict[str, float]:
    """Feature values: how often each name was seen, damped."""
    counts = Counter(item.name for item in evidence)
    return {name: min(MAX_REPEATS, count**0.5) for name, count in counts.items()}
