"""How the bars of a section come again: as they were, in the same rhythm, or not at all.

A scheme has a letter for each of eight bars: a capital that was there before is the same bar again,
a small letter a bar with its rhythm and other pitches. Half of all eight bars of real songs and
quartets repeat no bar, so some sections here repeat none either. Knows nothing of notes.
"""

import random
from dataclasses import dataclass

WINDOW = 8
FREE = "ABCDEFGH"
SCHEMES = (
    ("ABCDABEF", 0.30), ("ABCDabEF", 0.16), ("ABabCDEF", 0.16), ("ABCDAbEF", 0.08),
    ("ABACDBEF", 0.08), ("ABCDEBFG", 0.06), (FREE, 0.16),
)  # fmt: skip
"""Periods, sentences and freer forms, and how often each is taken."""

HOOKS = (("ABCDABEF", 0.5), ("ABACABDE", 0.25), ("ABabCDEF", 0.25))
"""Of what has to be remembered."""

HOOK_SECTIONS = ("chorus", "drop")


@dataclass(frozen=True)
class Source:
    """The earlier bar that one follows, and whether only in its rhythm."""

    bar: int
    is_rhythm_only: bool


def scheme_of(section: str, phrase_bars: int, rng: random.Random) -> str:
    """A scheme for a section; music of short phrases turns on the spot."""
    if phrase_bars != WINDOW // 2:
        last = "Z" if phrase_bars < WINDOW else ""
        turning = "".join(FREE[bar % phrase_bars] for bar in range(WINDOW))
        return turning[: WINDOW - len(last)] + last
    choices = HOOKS if section in HOOK_SECTIONS else SCHEMES
    return rng.choices([each for each, _ in choices], [share for _, share in choices])[0]


def head(scheme: str) -> int:
    """How many bars there are before the first that comes again."""
    return next((bar for bar in range(WINDOW) if source_of(scheme, bar)), WINDOW)


def source_of(scheme: str, bar: int) -> Source | None:
    """What a bar of a section follows; None for new ones.

    Longer sections begin each further eight bars like the first.
    """
    window, place = divmod(bar, WINDOW)
    first = scheme.upper().index(scheme[place].upper())
    if first < place:
        return Source(first, scheme[place].islower())
    return Source(place, is_rhythm_only=False) if window and place < WINDOW // 2 else None
