"""The fixed prompts of the song evaluation, and what each asks for. Knows no model or judge."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from studio.errors import RequestError

USUAL_S = 14.0
"""The length of songs whose prompt asks for none: long enough for six bars or more."""

KITS = frozenset(("acoustic kit", "electronic kit", "jazz kit", "brush kit", "lo-fi kit"))
MEANT: dict[str, frozenset[str]] = {
    "drums": KITS,
    "electric guitar": frozenset(("clean guitar", "overdriven guitar", "jazz guitar")),
}
"""Instruments that are more than one; all others are named as they are played."""


@dataclass(frozen=True)
class Want:
    """What a prompt asks for; None and () where it asks for nothing."""

    genre: str | None = None
    tempo: int | None = None
    key: str | None = None
    mode: str | None = None
    metre: str | None = None
    duration: float | None = None
    instruments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prompt:
    """One line of the prompt set."""

    id: int
    language: str
    text: str
    want: Want
    usual_s: float = USUAL_S
    """How long the song is where the prompt names no length."""

    @property
    def duration_s(self) -> float:
        return self.want.duration or self.usual_s


def meant(instrument: str) -> frozenset[str]:
    """The players' names that an asked instrument stands for."""
    return MEANT.get(instrument, frozenset((instrument,)))


def _want(text: str) -> Want:
    values: dict[str, Any] = dict(item.split("=", 1) for item in text.split(";"))
    readers = {"tempo": int, "duration": float, "instruments": lambda v: tuple(v.split(","))}
    return Want(**{name: readers.get(name, str)(value) for name, value in values.items()})


@cache
def prompts() -> tuple[Prompt, ...]:
    """The whole prompt set, in its fixed order."""
    text = resources.files("studio.evaluate").joinpath("data/song_prompts.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return tuple(
        Prompt(number, language, prompt, _want(want))
        for number, (language, want, prompt) in enumerate(rows)
    )


def chosen(limit: int | None = None) -> list[Prompt]:
    """All prompts, or `limit` of them spread over genres and languages.

    Raises:
        RequestError: a limit of nothing.
    """
    known = prompts()
    if limit is None or limit >= len(known):
        return list(known)
    if limit < 1:
        raise RequestError(f"limit {limit} leaves no prompt; give 1 or more")
    return [known[place * len(known) // limit] for place in range(limit)]
