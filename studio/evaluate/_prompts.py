"""The fixed prompts of the picture evaluation, and what a picture got. Knows no model or judge."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from studio.errors import RequestError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
SUITES = ("concept", "style", "tint", "background", "count", "position")


@dataclass(frozen=True)
class Prompt:
    """One line of the prompt set: two wordings, and what must be seen."""

    id: int
    suite: str
    en: str
    zh: str
    want: dict[str, Any]
    is_quick: bool

    def text(self, language: Language) -> str:
        return self.en if language == "en" else self.zh

    @property
    def aspect(self) -> str:
        """What the details are listed by: the style, colour, count or relation asked for."""
        return next((str(v) for k, v in self.want.items() if k not in ("concepts", "others")), "")


@dataclass(frozen=True)
class Score:
    """What one picture got: `marks["right"]` is the mark that counts."""

    prompt: Prompt
    language: Language
    marks: dict[str, bool]
    seconds: float = 0.0


@cache
def prompts() -> tuple[Prompt, ...]:
    """The whole prompt set, in its fixed order."""
    text = resources.files("studio.evaluate").joinpath("data/image_prompts.jsonl")
    return tuple(Prompt(**json.loads(line)) for line in text.read_text("utf-8").splitlines())


def chosen(limit: int | None = None, is_full: bool = False) -> list[Prompt]:
    """The prompts of a run: the default ones, all, or about `limit` spread over the suites."""
    usable = [prompt for prompt in prompts() if is_full or prompt.is_quick]
    if limit is None or limit >= len(usable):
        return usable
    if limit < len(SUITES):
        raise RequestError(f"limit {limit} leaves a suite empty; give {len(SUITES)} or more")
    picked: list[Prompt] = []
    for suite in SUITES:
        own = [prompt for prompt in usable if prompt.suite == suite]
        count = max(1, round(limit * len(own) / len(usable)))
        picked += [own[i * len(own) // count] for i in range(count)]
    return picked
