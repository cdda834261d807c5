"""What is being made: gives every known word of a prompt its role in the sentence.

"A poster of a song festival" is a poster: the song stands behind "of". English puts the thing made
first and Chinese puts it last, so each clause is read by the grammar of its script. Knows words and
their places, not what they weigh.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from studio.backbone import acts, clauses, english, han, words
from studio.backbone.clauses import Clause, Mark
from studio.backbone.words import Hit

# What follows is written on the thing: "a sign that says LIVE MUSIC", "写着现场音乐".
SHOWN = re.compile(
    r"\b(?:says|that reads|reading|lettered|titled|entitled|called|named|captioned|inscribed)\b"
    r"|写着|印着|刻着|标着|题为|名叫|名为|名字叫|叫做",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """A known word in its role."""

    hit: Hit
    role: str


@dataclass(frozen=True)
class Reading:
    """A prompt in clauses, with its known words in their roles and the kind of its first head."""

    text: str
    clauses: tuple[Clause, ...]
    mentions: tuple[Mention, ...]
    marks: tuple[Mark, ...]


Span = tuple[int, int]


def read(text: str, refused: Sequence[Span] = (), quoted: Sequence[Span] = ()) -> Reading:
    """Give every known word its role; those within `refused` and `quoted` spans make nothing."""
    found = words.tokens(text)
    hits = words.find(text, found)
    starts = [hit.start for hit in hits]
    parts = clauses.split(text, found)
    mentions: list[Mention] = []
    marks: list[Mark] = []
    for clause in parts:
        inside = hits[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        rule = han.read if clause.is_han and not clause.is_english_led else english.read
        roles, mark = rule(text, clause, inside)
        roles = _watched(text, clause, inside, roles)
        shown = SHOWN.search(text, clause.start, clause.end)
        if shown is not None:
            roles = [
                "quoted" if hit.start >= shown.end() else role
                for hit, role in zip(inside, roles, strict=True)
            ]
        if clause.is_quoted or _within(clause.start, quoted):
            # Words to be shown, sung or said, not words about what to make.
            roles, mark = ["quoted"] * len(inside), ("quoted", clause.start, clause.end)
        if mark[0] == "thing":
            # "a soft light" is soft, not music; "soft piano" is.
            roles = ["trait" if role == "mod" else role for role in roles]
        mentions += [Mention(hit, role) for hit, role in zip(inside, roles, strict=True)]
        marks.append(mark)
    if any(mark == "medium" for mark, _, _ in marks):
        # Next to a named medium, things are what it shows or is about.
        marks = [("topic" if mark == "thing" else mark, start, end) for mark, start, end in marks]
    kept = [Mention(m.hit, "no") if _within(m.hit.start, refused) else m for m in mentions]
    kept = _set_aside(kept)
    return Reading(text, tuple(parts), tuple(kept), tuple(marks))


def _watched(text: str, clause: Clause, hits: list[Hit], roles: list[str]) -> list[str]:
    """What the camera moves to, what shall come alive, "I shot a video": these are there."""
    is_filmed = acts.PATTERNS["act.camera"].search(text[clause.start : clause.end]) is not None
    stirred = acts.STIRRED.search(text, clause.start)
    until = clause.end if is_filmed else stirred.start() if stirred is not None else clause.start
    had = acts.PATTERNS["act.had"].search(text, clause.start, clause.end)
    own = range(had.end(), had.end() + HAD_REACH) if had is not None else range(0)

    def is_there(hit: Hit) -> bool:
        return (hit.start < until and hit.is_any(PICTURED)) or (
            hit.start in own and hit.is_any(MEDIA)
        )

    return [
        "source" if role in MADE and is_there(hit) else role
        for hit, role in zip(hits, roles, strict=True)
    ]


HAD_REACH = 24
MEDIA = ("image.noun", "song.noun", "video.noun")


PICTURED = ("image.noun", "image.verb")
MADE = {"head", "bare", "as", "verb", "later"}
DECIDED = ("image.noun", "song.noun", "video.noun", "genre")


def _set_aside(mentions: list[Mention]) -> list[Mention]:
    """Once a medium is named, media named in later clauses are about it: "弹唱,关于他的画"."""
    first = next(
        (m.hit.end for m in mentions if m.role in {"head", "bare", "as"} and m.hit.is_any(DECIDED)),
        None,
    )
    if first is None:
        return mentions
    # In the same clause: "a stamp that commemorates the first animated film".
    outside = {"later": "aside", "rest": "under"}
    return [
        Mention(m.hit, outside.get(m.role, m.role)) if m.hit.start > first else m for m in mentions
    ]


def _within(place: int, spans: Sequence[Span]) -> bool:
    return any(start <= place < end for start, end in spans)
