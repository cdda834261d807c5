"""The lexicon: which words speak for a picture, a song or a clip, and where a prompt says them.

Reads `data/words.txt` once and finds its words in a text, longest first. Knows nothing about
sentences, weights or kinds: a hit is a place, a class and a value.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

# A hyphen inside a word is a space: "hip-hop" and "hip hop" are one entry.
TOKEN = re.compile(r"[a-z0-9]+(?:[&'’][a-z0-9]+)*|(?<![a-z0-9])-|-(?![a-z0-9])|[^\sa-z0-9-]", re.I)
HAN = re.compile(r"[㐀-鿿豈-﫿]")
MAX_ENGLISH_WORDS = 4
MAX_HAN_CHARACTERS = 8
# Shorter words have too many real neighbours ("beat" and "beta") to be taken for a slip, but for a
# doubled letter ("songg").
MIN_DOUBLED_LETTERS = 4
MIN_SWAPPED_LETTERS = 5
MIN_DROPPED_LETTERS = 7
# A genre that names its own medium ("country song", "爵士乐") is a song as well.
SONG_WORD = re.compile(r"(?:song|music|ballad|track|beats?|carol|aria|chant|[曲歌乐调])$")


@dataclass(frozen=True)
class Sense:
    """One meaning of a word: its class, and the value it stands for where it has one."""

    group: str
    value: str


@dataclass(frozen=True)
class Hit:
    """A word of the lexicon found at [start, end) of the text."""

    start: int
    end: int
    word: str
    senses: tuple[Sense, ...]

    def value(self, group: str) -> str | None:
        """The value of the sense of this class, or None."""
        return next((sense.value for sense in self.senses if sense.group == group), None)

    def is_any(self, groups: Iterable[str]) -> bool:
        """Whether any sense is of one of these classes."""
        return any(sense.group in groups for sense in self.senses)


@dataclass(frozen=True)
class Lexicon:
    """Lower-case phrases with their senses; English keys have single spaces between words."""

    english: dict[str, tuple[Sense, ...]]
    han: dict[str, tuple[Sense, ...]]
    typos: dict[str, str]
    reach: dict[str, int]
    """First character of a Han phrase → length of the longest that begins so."""


def is_han(text: str) -> bool:
    return HAN.search(text) is not None


def _lines() -> Iterator[tuple[Sense, list[str]]]:
    text = resources.files("studio.backbone").joinpath("data/words.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            group, value, words = (part.strip() for part in line.split("|", 2))
            yield (
                Sense(group, value),
                [word.strip().lower().replace("-", " ") for word in words.split(",")],
            )


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _slips(word: str) -> Iterator[str]:
    """Ways a hurried hand misspells a word: two letters swapped, one doubled, one left out."""
    for place in range(len(word) - 1 if len(word) >= MIN_SWAPPED_LETTERS else 0):
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for place in range(len(word)):
        yield word[:place] + word[place] + word[place:]
        if len(word) >= MIN_DROPPED_LETTERS:
            yield word[:place] + word[place + 1 :]


def _typos(english: dict[str, tuple[Sense, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word, senses in english.items():
        is_noun = any(sense.group.endswith(".noun") for sense in senses)
        if is_noun and word.isalpha() and len(word) >= MIN_DOUBLED_LETTERS:
            found.update((slip, word) for slip in _slips(word) if slip not in english)
    return found


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    english: dict[str, tuple[Sense, ...]] = {}
    han: dict[str, tuple[Sense, ...]] = {}
    for sense, words in _lines():
        for word in words:
            table = han if is_han(word) else english
            if sense.group == "genre" and SONG_WORD.search(word):
                table.setdefault(word, (Sense("song.noun", ""),))
            if sense not in table.get(word, ()):
                table[word] = (*table.get(word, ()), sense)
    for word in list(english):
        english.setdefault(_plural(word), english[word])
    reach: dict[str, int] = {}
    for word in han:
        reach[word[0]] = max(reach.get(word[0], 0), len(word))
    return Lexicon(english, han, _typos(english), reach)


@dataclass(frozen=True)
class Token:
    """A word, a Han character or a mark at [start, end), lower case."""

    start: int
    end: int
    text: str


def tokens(text: str) -> list[Token]:
    return [Token(m.start(), m.end(), m.group().lower()) for m in TOKEN.finditer(text)]


def find(text: str, found: list[Token] | None = None) -> list[Hit]:
    """Every word of the lexicon in the text, leftmost and longest first, none overlapping."""
    words = tokens(text) if found is None else found
    hits: list[Hit] = []
    place = 0
    while place < len(words):
        hit, used = _match(text, words, place)
        if hit is not None:
            hits.append(hit)
        place += used
    return hits


def within(hit: Hit) -> list[Hit]:
    """The words that a longer one is made of: "folk" in "folk song", "钢琴" in "钢琴小品"."""
    parts = tokens(hit.word)
    found = [*find(hit.word, parts[:-1]), *find(hit.word, parts[1:])]
    return list(dict.fromkeys(found))


def _match(text: str, words: list[Token], place: int) -> tuple[Hit | None, int]:
    if HAN.match(words[place].text):
        return _match_han(words, place)
    return _match_english(text, words, place)


def _match_han(words: list[Token], place: int) -> tuple[Hit | None, int]:
    table = lexicon().han
    stretch = words[
        place : place + min(MAX_HAN_CHARACTERS, lexicon().reach.get(words[place].text, 0))
    ]
    for count in range(len(stretch), 0, -1):
        if stretch[count - 1].end - stretch[0].start > MAX_HAN_CHARACTERS + 4:
            continue
        key = "".join(token.text for token in stretch[:count])
        if key in table:
            return Hit(stretch[0].start, stretch[count - 1].end, key, table[key]), count
    return None, 1


def _match_english(text: str, words: list[Token], place: int) -> tuple[Hit | None, int]:
    known = lexicon()
    stretch = words[place : place + MAX_ENGLISH_WORDS]
    for count in range(len(stretch), 0, -1):
        key = " ".join(token.text for token in stretch[:count])
        # "3D风格" starts with Latin letters and lives in the Han table.
        glued = key.replace(" ", "")
        senses = known.english.get(key) or (known.han.get(glued) if glued != key else None)
        if senses:
            word = glued if is_han(glued) else key
            return Hit(stretch[0].start, stretch[count - 1].end, word, senses), count
    slip = known.typos.get(stretch[0].text)
    if slip is not None:
        return Hit(stretch[0].start, stretch[0].end, slip, known.english[slip]), 1
    return None, 1
