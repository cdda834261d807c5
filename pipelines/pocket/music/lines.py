"""The stock of written lines: by theme and mood, with what each rhymes on.

Reads lyrics/*.txt, whose first lines say how they are written. Knows nothing about prompts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from studio.errors import PipelineError

Language = Literal["en", "zh"]
Tone = Literal["+", "-", "="]
"""Bright, sombre, either."""

AGAIN = "~"


@dataclass(frozen=True)
class Half:
    """Half a stanza: two lines, the second with a rhyme."""

    first: str
    second: str
    rhyme: str
    tone: Tone


@dataclass(frozen=True)
class Refrain:
    """Lines 2 to 4 of a chorus; without a third line the hook comes again."""

    second: str
    third: str | None
    fourth: str


@dataclass(frozen=True)
class Theme:
    """A theme or a mood. `words` tell that a prompt is about it; `hooks` do when it has none."""

    name: str
    words: tuple[str, ...]
    hooks: tuple[str, ...]
    halves: tuple[Half, ...]
    refrains: tuple[Refrain, ...]

    @property
    def leans(self) -> Tone:
        """Which way most of its lines go."""
        tones = [half.tone for half in self.halves]
        return "-" if tones.count("-") > tones.count("+") else "+"


@dataclass(frozen=True)
class Book:
    """Everything written in one language."""

    themes: tuple[Theme, ...]
    moods: dict[str, Theme]
    rhymes: dict[str, str]
    """From an ending (a word, in Chinese a character) to its rhyme family."""


def ending(line: str) -> str:
    """What a line rhymes with: the last word, in Chinese the last character."""
    words = re.findall(r"[a-zé]+(?:['-][a-zé]+)*|[\u4e00-\u9fff]", line.lower())
    return words[-1] if words else ""


@cache
def book(language: Language) -> Book:
    """The lines of a language.

    Raises:
        PipelineError: a line of the stock does not rhyme, or is not written as the others.
    """
    text = (files("pipelines.pocket.music") / "lyrics" / f"{language}.txt").read_text("utf-8")
    rhymes = _rhymes(text)
    themes = dict(_themes(text, rhymes))
    named = {name: theme for name, theme in themes.items() if name.startswith("theme")}
    moods = {name.split()[1]: theme for name, theme in themes.items() if name not in named}
    return Book(tuple(named.values()), moods, rhymes)


def _rhymes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for family, words in re.findall(r"^rhyme (\w+): (.+)$", text, re.MULTILINE):
        for word in words.lower().split():
            if found.setdefault(word, family) != family:
                raise PipelineError(f"{word!r} rhymes on {found[word]} and {family}; choose one")
    return found


def _themes(text: str, rhymes: dict[str, str]) -> Iterator[tuple[str, Theme]]:
    for block in re.split(r"\n(?=(?:theme|mood) )", text)[1:]:
        head, *lines = block.strip().splitlines()
        yield (
            head,
            Theme(
                name=head.split()[1],
                words=_listed(lines, "words: ", ", "),
                hooks=_listed(lines, "hooks: ", " | "),
                halves=tuple(_half(each, rhymes) for each in lines if each[:2] in _TONES),
                refrains=tuple(_refrain(each, rhymes) for each in lines if each[:1] == "*"),
            ),
        )


_TONES = ("+ ", "- ", "= ")


def _listed(lines: list[str], label: str, between: str) -> tuple[str, ...]:
    return tuple(
        each
        for line in lines
        if line.startswith(label)
        for each in line[len(label) :].split(between)
    )


def _half(line: str, rhymes: dict[str, str]) -> Half:
    first, second = line[2:].split(" / ")
    if ending(second) not in rhymes:
        raise PipelineError(f"no rhyme family for {second!r}; add {ending(second)!r} to one")
    tone: Tone = "+" if line[0] == "+" else "-" if line[0] == "-" else "="
    return Half(_capital(first), _capital(second), rhymes[ending(second)], tone)


def _refrain(line: str, rhymes: dict[str, str]) -> Refrain:
    second, third, fourth = (_capital(each) for each in line[2:].split(" | "))
    families = {rhymes.get(ending(second), "?"), rhymes.get(ending(fourth), "!")}
    if len(families) > 1:
        raise PipelineError(f"{second!r} does not rhyme with {fourth!r}")
    return Refrain(second, None if third == AGAIN else third, fourth)


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]
