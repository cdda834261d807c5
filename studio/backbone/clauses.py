"""The clauses of a prompt, and the classes of words that name a medium.

Splits at punctuation; knows no grammar.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from studio.backbone import words
from studio.backbone.words import Token

CLAUSE_END = set(',，。.!！?？;；:：、—–()（）"“”「」『』《》[]【】|')
LABEL_END = set(":：")
OPEN_QUOTES = set("“「『《")
CLOSE_QUOTES = set("”」』》")
MEDIA = (
    "image.noun",
    "song.noun",
    "video.noun",
    "av.noun",
    "genre",
    "instrument",
    "image.style",
    "camera",
    "motion",
    "narrative",
    "song.term",
    "video.term",
    "image.term",
    "song.verb",
    "video.verb",
    "sound",
)
NOUNS = (*MEDIA, "content", "abstract")
LED_BY = 3
# "For my grandson's christening, a little hymn": what is asked for comes in the next clause.
DEDICATION = re.compile(
    r"\s*(?:for|since|because|when|as we)\b|\s*[给为](?!我[^的]*$)[^写做画拍配谱编唱设来]*$",
    re.IGNORECASE,
)
Mark = tuple[str, int, int]
"""What a clause as a whole is about, and where."""


@dataclass(frozen=True)
class Clause:
    """A stretch of the text between marks."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    is_label: bool
    is_quoted: bool
    index: int
    """Its place among the clauses, a dedication before it not counted."""

    @cached_property
    def is_han(self) -> bool:
        return any(words.is_han(token.text) for token in self.tokens)

    @cached_property
    def is_english_led(self) -> bool:
        """ "Make a video of 舞龙": the grammar is that of the words it begins with."""
        lead = self.tokens[:LED_BY]
        return len(lead) == LED_BY and all(token.text.isascii() for token in lead)


def split(text: str, found: list[Token]) -> list[Clause]:
    """Split at punctuation and line ends."""
    parts: list[Clause] = []
    passed = 0
    current: list[Token] = []
    is_quoted = False

    def close(is_label: bool) -> None:
        nonlocal passed
        if current:
            start, end = current[0].start, current[-1].end
            parts.append(
                Clause(start, end, tuple(current), is_label, is_quoted, len(parts) - passed)
            )
            passed += not passed and DEDICATION.match(text[start:end]) is not None
            current.clear()

    for token in found:
        if current and "\n" in text[current[-1].end : token.start]:
            close(False)
        if token.text in CLAUSE_END:
            close(token.text in LABEL_END)
            is_quoted = _quote_state(token.text, is_quoted)
        else:
            current.append(token)
    close(False)
    return parts


def _quote_state(mark: str, is_quoted: bool) -> bool:
    if mark == '"':
        return not is_quoted
    return mark in OPEN_QUOTES or (is_quoted and mark not in CLOSE_QUOTES)
