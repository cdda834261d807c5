"""What a prompt is about, and the line that sings it: the hook.

Grammar only, English and Chinese; knows nothing about themes, rhymes or music.
"""

import random
import re
from dataclasses import dataclass

from pipelines.pocket.music import subject_en, subject_zh
from pipelines.pocket.music.lines import Language

ENOUGH = 800
"""Characters of a prompt that are read for its subject."""


@dataclass(frozen=True)
class Subject:
    """`core` titles the song; `sung` is the same as a line to sing, in one piece or two."""

    core: str
    sung: tuple[str, ...]


def find_subject(prompt: str, language: Language, mood: str, seed: int) -> Subject | None:
    """What the prompt is about, put as something one can sing; None where it names nothing."""
    rng = random.Random(f"hook {seed} {prompt}")
    grammar = subject_en if language == "en" else subject_zh
    literal = quoted(prompt, language)
    phrase = literal or grammar.phrase_of(prompt[:ENOUGH])
    if not phrase:
        return None
    as_given = (grammar.title(literal), literal)
    core, line = as_given if literal else grammar.as_hook(phrase, mood, rng)
    sung = tuple(capital(each) for each in grammar.split(line))
    return Subject(capital(core), sung) if sung else None


_SAYS = re.compile(
    r"\b(?:that says|which says|saying|called|titled|entitled|named)\s+([^,.;:!?\n]{2,60})",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“「『《](.{2,60}?)[\"”」』》]")


def quoted(prompt: str, language: Language) -> str:
    """The words that a prompt gives literally."""
    found = _QUOTED.search(prompt[:ENOUGH])
    if found is None and language == "en":
        found = _SAYS.search(prompt[:ENOUGH])
    words = found.group(1).strip(" ,.，。!！?？") if found else ""
    fits = re.search(r"[\u4e00-\u9fff]" if language == "zh" else r"[A-Za-z]", words)
    return words if fits else ""


def capital(text: str) -> str:
    """The first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]
