"""The words of English text: marks, articles, one form for singular and plural.

Knows no names and no grammar.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

WORD = re.compile(r"[a-z0-9\u00c0-\u024f]+(?:['’][a-z]+)*|[^\s\w\-'’\u2010-\u2013]", re.IGNORECASE)
PLAIN = re.compile(r"[a-z0-9 ]+[a-z0-9]")
IRREGULAR = {
    "mice": "mouse", "geese": "goose", "people": "person", "men": "man", "women": "woman",
    "children": "child", "teeth": "tooth", "feet": "foot", "knives": "knife", "leaves": "leaf",
    "wolves": "wolf", "oxen": "ox", "loaves": "loaf", "dice": "die", "elves": "elf",
    "scarves": "scarf", "shelves": "shelf", "cacti": "cactus", "firemen": "fireman",
    "policemen": "policeman", "snowmen": "snowman", "mermen": "merman", "octopi": "octopus",
}  # fmt: skip
SIBILANT = ("s", "x", "z", "ch", "sh", "o")


def word_set(text: str) -> frozenset[str]:
    """The words of a table, one line as another."""
    return frozenset(text.split())


DETERMINERS = word_set("a an the this that these those my your his her its our their some any")
ENDS = word_set('. , ; : ! ? ( ) [ ] “ ” " | / ， 。 ； ： ！ ？ 、')


@dataclass(frozen=True)
class Token:
    """A word or mark; `word` is lower case without apostrophes; joined: a hyphen stands before."""

    word: str
    stem: str
    start: int
    end: int
    has_article: bool
    is_joined: bool = False


@lru_cache(maxsize=16384)
def singular(word: str) -> str:
    """One form for a noun's singular and plural; not always a word ("house", "houses" → "hous")."""
    if word in IRREGULAR:
        return singular(IRREGULAR[word])
    if len(word) > 4 and word.endswith(("ies", "ie")):
        return re.sub(r"ies?$", "y", word)
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 3 and word.endswith("e") and word[:-1].endswith(SIBILANT):
        word = word[:-1]
    return word


def tokens(text: str) -> list[Token]:
    """Words and marks without articles; hyphens divide words."""
    found: list[Token] = []
    matches = list(WORD.finditer(text))
    has_article = False
    for match, after in zip_longest(matches, matches[1:]):
        word = match.group().lower().replace("'", "").replace("’", "")
        # The last word of a clause is no article: "the letter A".
        if word in DETERMINERS and after is not None and after.group() not in ENDS:
            has_article = True
            continue
        word = "and" if word == "&" else word
        start, end = match.span()
        is_joined = start > 0 and text[start - 1] == "-"
        found.append(Token(word, singular(word), start, end, has_article, is_joined))
        has_article = False
    return found


def name_words(name: str) -> list[str]:
    """The words of a name, as `tokens` reads them."""
    if PLAIN.fullmatch(name):  # most names; ten times faster
        return [word for word in name.split(" ") if word not in DETERMINERS]
    return [token.word for token in tokens(name)]
