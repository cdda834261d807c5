"""What each English word leans to by itself: a picture, a song or a clip.

The lexicon knows the words that somebody thought of; this table has scores for 27,622 words and
pieces of words, worked out from what they mean (`training/leanings.py`), whether a prompt ever had
them or not. A word has one score for the opening of a text, which often names the thing to be made,
and another for what follows. Knows no sentence and no threshold.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from studio.backbone.linear import Vector
from studio.errors import WeightsError

NAME = "lean"
FILE = "data/leanings.npz"
MAX_CHARACTERS = 2_000
"""Beyond this a text has said what it is about."""

WORD = re.compile(r"[a-z0-9]+|[^\sa-z0-9]", re.IGNORECASE | re.ASCII)
LINKS = frozenset(
    "of for about with in on to from that which where who as by at under over inside into like and"
    " while".split()
)
"""Behind these a text tells of the thing and names it no more; so it does behind any mark."""


@dataclass(frozen=True)
class Leaning:
    """A word or a piece of one at [start, end); `is_opening`: nothing links to it from before."""

    piece: str
    is_opening: bool
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Table:
    """`pieces` maps a piece to its row in `scores` (2, N, 3): later on, and in the opening."""

    pieces: dict[str, int]
    scores: Vector
    bias: Vector


@lru_cache(maxsize=1)
def table() -> Table:
    """The shipped table, read once.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    path = resources.files("studio.backbone").joinpath(FILE)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            names = str(data["pieces"]).split("\n")
            scores, bias = data["scores"].astype(np.float64), data["bias"].astype(np.float64)
    except (OSError, KeyError, ValueError) as error:
        raise WeightsError(
            f"table of words {path} cannot be read ({error}); run `python -m training.leanings`"
        ) from error
    return Table({name: row for row, name in enumerate(names)}, scores, bias)


def find(text: str, silent: Sequence[tuple[int, int]] = ()) -> Iterator[Leaning]:
    """Every known word of the beginning of the text, but for the `silent` stretches."""
    is_opening = True
    for match in WORD.finditer(text[:MAX_CHARACTERS]):
        word = match.group().lower()
        if word in LINKS or not word.isalnum() or not word.isascii():
            is_opening = False
        if not any(begin < match.end() and match.start() < stop for begin, stop in silent):
            for piece in pieces(word):
                yield Leaning(piece, is_opening, match.start(), match.end())


@lru_cache(maxsize=10_000)
def pieces(word: str) -> tuple[str, ...]:
    """The longest known pieces that make up the word; () where some of it is not known."""
    known = table().pieces
    found: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        ends = (end for end in range(len(word), start, -1) if mark + word[start:end] in known)
        end = next(ends, None)
        if end is None:
            return ()
        found.append(mark + word[start:end])
        start = end
    return tuple(found)


def weighed(found: Sequence[Leaning], share: float) -> list[tuple[str, int, int, Vector]]:
    """What each place adds to the score of each kind (3,); nothing where no word is known."""
    if not found:
        return []
    known = table()
    opening = sum(each.is_opening for each in found)
    counts = (max(1, len(found) - opening) ** 0.5, max(1, opening) ** 0.5)
    parts = [
        (
            NAME,
            each.start,
            each.end,
            share
            * known.scores[int(each.is_opening), known.pieces[each.piece]]
            / counts[each.is_opening],
        )
        for each in found
    ]
    return [*parts, ("", 0, 0, share * known.bias)]
