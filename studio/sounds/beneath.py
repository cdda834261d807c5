"""Where the syllables under a row of notes stand: under their notes, apart, and inside the row.

Knows no score and no picture.
"""

from collections.abc import Sequence
from functools import lru_cache

from studio.sounds.ink import font_for

SIZES = (19, 17, 15, 13)
"""Heights of letters in pixels, the most readable first."""

Text = tuple[float, str]
"""Pixels from the left, and what stands there."""

_MAX_DRIFT = 36
"""Pixels that a syllable may stand away from its note before all are written smaller."""


def fits(line: Sequence[Text], width: float) -> bool:
    """Whether the smallest letters of a line need no more than so many pixels."""
    size = SIZES[-1]
    return sum(_width(text, size) + _gap(size) for _, text in line) - _gap(size) <= width


def stays(line: Sequence[Text], left: float, right: float) -> bool:
    """Whether the smallest letters of a line stand near their notes and inside the row."""
    return _is_near(line, SIZES[-1], (left, right))


def size_of(lines: Sequence[Sequence[Text]], left: float, right: float) -> int:
    """The largest letters with which every syllable stays near its note and inside the row."""
    for size in SIZES:
        if all(_is_near(line, size, (left, right)) for line in lines):
            return size
    return SIZES[-1]


def placed(line: Sequence[Text], size: int, right: float) -> list[Text]:
    """The texts moved right until none touches another, then left until all end before `right`.

    Args:
        line: each text where it is wanted, from left to right.
    """
    widths = [_width(text, size) for _, text in line]
    found: list[float] = []
    free = float("-inf")
    for (wanted, _), width in zip(line, widths, strict=True):
        found.append(max(wanted, free))
        free = found[-1] + width + _gap(size)
    for index in reversed(range(len(found))):
        found[index] = min(found[index], right - widths[index])
        right = found[index] - _gap(size)
    return [(x, text) for x, (_, text) in zip(found, line, strict=True)]


def _is_near(line: Sequence[Text], size: int, edges: tuple[float, float]) -> bool:
    found = placed(line, size, edges[1])
    moved = zip(found, line, strict=True)
    is_inside = not found or found[0][0] >= min(edges[0], line[0][0])
    return is_inside and all(abs(x - wanted) <= _MAX_DRIFT for (x, _), (wanted, _) in moved)


def _gap(size: int) -> float:
    return size / 4


@lru_cache(maxsize=4096)
def _width(text: str, size: int) -> float:
    letters = font_for(text, size)
    return letters.getlength(text) if letters else 0.0
