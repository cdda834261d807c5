"""Reads lexicon.tsv and names everything the grammar can talk about, in both languages.

Knows nothing about sentences, tokens or models.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.text.sources import Concept, Item, concepts

LEXICON = Path(__file__).with_name("lexicon.tsv")
SUBJECTS = ("animal", "fantasy", "person", "food", "plant", "object", "vehicle", "place", "nature")
# emojibase groups: 3 animals and nature, 1 people, 4 food, 5 places, 7 objects …
ANIMAL_GROUP, PEOPLE_GROUP = 3, 1


@dataclass(frozen=True)
class Word:
    """One entry: an English name, its Chinese variants, the measure word that counts it."""

    category: str
    en: str
    zh: tuple[str, ...]
    measure: str = "个"
    is_emoji: bool = False


@cache
def lexicon() -> dict[str, tuple[Word, ...]]:
    found: dict[str, list[Word]] = {}
    category = ""
    for number, line in enumerate(LEXICON.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            category = line.strip("[]")
            continue
        fields = line.split("\t")
        if len(fields) not in (2, 3):
            raise ValueError(f"{LEXICON.name} line {number}: want 2 or 3 columns, got {line!r}")
        measure = fields[2] if len(fields) == 3 else "个"
        word = Word(category, fields[0], tuple(fields[1].split("|")), measure)
        found.setdefault(category, []).append(word)
    return {name: tuple(words) for name, words in found.items()}


def lexicon_chinese() -> frozenset[str]:
    return frozenset(zh for words in lexicon().values() for w in words for zh in w.zh)


def is_kept_out(concept: Concept) -> bool:
    """Held out for the Chinese test: by hash, unless our own lexicon teaches the same string."""
    return concept.is_held_out and concept.zh not in lexicon_chinese()


def _emoji_measure(concept: Concept) -> str:
    return {ANIMAL_GROUP: "只", PEOPLE_GROUP: "位"}.get(concept.group, "个")


@cache
def subjects() -> tuple[Word, ...]:
    """What a picture can show: lexicon subjects first, then emoji concepts with a usable name."""
    found = {w.en: w for name in (*SUBJECTS, "instrument") for w in lexicon()[name]}
    for c in concepts():
        is_plain = c.group in (1, 3, 4, 5, 6, 7) and ":" not in c.en and "(" not in c.en
        if is_plain and not c.is_held_out and c.en not in found:
            found[c.en] = Word("emoji", c.en, (c.zh,), _emoji_measure(c), True)
    return tuple(found.values())


def lexicon_items() -> list[Item]:
    return [
        item
        for words in lexicon().values()
        for w in words
        for item in (
            Item(w.en, "en", (w.en,), "lexicon"),
            *(Item(zh, "zh", (w.en,), "lexicon") for zh in w.zh),
        )
    ]
