"""Everything a prompt says, as named evidence and as parameters: the one reading of the text.

The linear model weighs the evidence; the route shows it. Knows no weights.
"""

import re
from collections import Counter
from dataclasses import dataclass

from studio.backbone import (
    acts,
    asked,
    avoid,
    clip_params,
    clip_sounds,
    deeds,
    leanings,
    orders,
    parse,
    picture_params,
    plain,
    played,
    song_params,
)
from studio.backbone.found import Found
from studio.backbone.leanings import Leaning
from studio.backbone.parse import Reading
from studio.backbone.words import Hit

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
    leanings: tuple[Leaning, ...]


def understand(text: str) -> Understood:
    """Read the whole text once."""
    refusals = avoid.refusals(text)
    refused = [(refusal.start, refusal.end) for refusal in refusals]
    sung = song_params.sung_spans(text)
    heard = clip_sounds.accompaniment(text)
    reading = parse.read(text, refused=refused, quoted=(*sung, *heard))
    found = (*_parameters(reading), *_refused(refusals))
    named = clip_sounds.named_film(text)
    if named is not None:
        # It says what it is; the rest says what happens in it and how it sounds.
        told = understand(named)
        return Understood(text, told.evidence, found, told.leanings)
    silent = (*refused, *sung, *heard)
    seen = (
        *_of_words(reading),
        *_of_clauses(reading),
        *_of_found(tuple(item for item in found if not _is_within(item, heard))),
        *_of_orders(reading),
        *_of_acts(reading),
        *_of_sketch(reading),
        *(Evidence(*word) for word in plain.find(text, silent)),
    )
    return Understood(text, seen, found, tuple(leanings.find(text, silent)))


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
        *song_params.metre(text),
        *song_params.character(reading),
        *song_params.lyrics(text),
        *song_params.sung_language(text),
        *clip_params.timing(text),
        *clip_params.movement(reading),
        *clip_sounds.sounds(reading),
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
        clause = reading.clauses[place]
        if mark in {"thing", "topic", "abstract", "none"}:
            mark += _manner(reading.text, mark, clause.start, clause.end)
        made.append(Evidence(f"clause.{'first' if place == 0 else 'later'}.{mark}", start, end))
    return made


def _manner(text: str, mark: str, start: int, end: int) -> str:
    if mark in {"thing", "topic"} and orders.is_told(text, start, end):
        return ".told"
    return deeds.manner(text, start, end)


# Parameters that tell kinds apart by being there at all. Words of genre, mood, style and motion
# already speak through the lexicon.
TELLING = {"width", "aspect", "duration_s", "tempo_bpm", "key", "lyrics", "frames", "fps", "camera"}
TELLING |= {"language", "count"}
# Clips are counted in seconds and songs in minutes.
SHORT_S = 15
# Roles in which a picture is made, or is there already.
MADE = {"head", "bare", "source"}
GIVEN = re.compile(
    r"\b(?:this|that|these|those|my|our|his|her|their|your|the)\s+(?:[\w'’-]+\s+){0,2}$"
    r"|(?:这|那|我的|把|给|让)[^,，。]{0,8}$",
    re.IGNORECASE,
)


def _of_orders(reading: Reading) -> list[Evidence]:
    found = [Evidence(*order) for order in orders.find(reading.text)]
    given = [m.hit for m in reading.mentions if m.role in MADE and _is_given(reading.text, m.hit)]
    named = {item.name for item in found}
    for hit in given[:1]:
        # "Make the clouds in my photo drift": the picture is there already.
        found.append(Evidence("given", hit.start, hit.end))
        found += [Evidence(f"given.{n}", hit.start, hit.end) for n in sorted(named & STIRRING)]
    return found


def _of_acts(reading: Reading) -> list[Evidence]:
    """What happens, and whether a picture was named that could hold it still."""
    found = [Evidence(*act) for act in (*acts.find(reading.text), *deeds.find(reading.text))]
    is_pictured = any(m.role in MAKING and m.hit.is_any(("image.noun",)) for m in reading.mentions)
    happens = [item for item in found if item.name in acts.HAPPENS]
    if happens and not is_pictured:
        found.append(Evidence("act.alone", happens[0].start, happens[0].end))
    opened = next((item for item in found if item.name == "act.open"), None)
    if opened is not None and any(m.hit.is_any(PLAYED) for m in reading.mentions):
        found.append(Evidence("act.open.played", opened.start, opened.end))
    held = [m.hit for m in reading.mentions if _is_carried(reading.text, m.hit)]
    found += [Evidence("act.carried", hit.start, hit.end) for hit in held[:1]]
    usable = [m.hit for m in reading.mentions if m.role not in {"no", "quoted", "source"}]
    found += [Evidence(*order) for order in played.find(reading.text, usable)]
    return found + [Evidence(*order) for order in asked.find(reading.text, usable)]


CARRIED = re.compile(
    r"[抱背提拎拿扛捧倚靠举握](?:着|了|起)?(?:一?[把架支只])?$"
    r"|\b(?:holding|carrying|hugging|with|beside|behind)\s+(?:an?|the|his|her|my|their)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)


def _is_carried(text: str, hit: Hit) -> bool:
    before = text[max(0, hit.start - 30) : hit.start]
    return hit.is_any(("instrument",)) and CARRIED.search(before) is not None


PLAYED = ("instrument", "genre", "tempo", "song.term", "song.use")
STIRRING = {"order.alive", "order.change", "order.cause", "order.directed"}


def _is_given(text: str, hit: Hit) -> bool:
    before = text[max(0, hit.start - 40) : hit.start]
    return hit.is_any(("image.noun",)) and GIVEN.search(before) is not None


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


def _is_within(item: Found, spans: list[tuple[int, int]]) -> bool:
    """Whether something heard is said of the music under a clip."""
    is_heard = item.name in {"lyrics", "tempo_bpm", "key", "language"}
    return is_heard and any(start <= item.start < end for start, end in spans)


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
