"""How far a tune reaches: the pitches between its lowest and its highest note, and where those are.

Left to itself the model stays in the middle, more so where bars come again, and few songs of its
own are narrow. Real tunes of eight bars span anything from six tones to two octaves. Knows no grid
and no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.pocket.music.plan import Piece, Scene
from pipelines.pocket.music.words import weight

SPANS_ST = (9, 10, 12, 12, 14, 16, 18, 21, 24)
"""Semitones of a tune, one as often as the other; no more than there is room for."""

SLACK_ST = 2
"""The highest note may lie as much below the top, the lowest above the bottom."""

STRONG = 0.55
"""How strong the beats are on which they come (`words.weight`)."""


@dataclass(frozen=True)
class Mark:
    """Of a step of a section: what begins there lies within these pitches."""

    step: int
    low: int
    high: int


def narrowed(piece: Piece, low: int, high: int) -> tuple[int, int]:
    """The part of a range that a piece's tunes use, in the same place of each range."""
    rng = piece.rng("reach")
    span = min(rng.choice(SPANS_ST), high - low)
    bottom = low + round(rng.random() * (high - low - span))
    return bottom, bottom + span


def marks(
    piece: Piece, scene: Scene, onsets: Sequence[int], within: tuple[int, int]
) -> tuple[Mark, ...]:
    """The highest and the lowest place of a section.

    Args:
        onsets: steps of the section on which a note may begin.
        within: the lowest and highest pitch of the section.
    """
    strong = [step for step in onsets if weight(step, piece.metre) >= STRONG]
    if len(strong) < 2:
        return ()
    low, high = within
    top, bottom = piece.rng(f"reach {scene.name}").sample(strong, 2)
    return Mark(top, high - SLACK_ST, high), Mark(bottom, low, low + SLACK_ST)
