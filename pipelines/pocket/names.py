"""Finds which things a prompt mentions: "a cat beside a red car" → the cat, the automobile.

Holds the names of the things that the drawings show. `names_en`, `names_zh` and `names_emoji` read
the prompts; nothing here knows drawings, models or pixels.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.pocket import names_emoji, names_en, names_zh
from pipelines.pocket.plain_background import without_gradient
from studio.errors import WeightsError
from studio.scripts import is_chinese


@dataclass(frozen=True)
class Mention:
    """A thing named in a prompt, at the characters [start, end)."""

    concept: str
    start: int
    end: int


class Names:
    """Names of the things that the drawings show, English and Chinese."""

    def __init__(self, names: dict[str, list[str]], alone: Collection[str] = ()) -> None:
        """Index the names.

        Args:
            names: concept id → names and synonyms, best first. A name that several concepts have
                goes to the one that lists it earliest, then to the first concept.
            alone: names that often say something else ("plus", "生气"); such a name counts only
                where nothing else in its clause is named.
        """
        longest = max((len(listed) for listed in names.values()), default=0)
        owner: dict[str, str] = {}
        for rank in range(longest):
            for concept, listed in names.items():
                if rank < len(listed):
                    owner.setdefault(listed[rank].lower(), concept)
        weak = frozenset(name.lower() for name in alone)
        self._concepts = frozenset(names)
        self._english = names_en.index(
            {name: concept for name, concept in owner.items() if not is_chinese(name)}, weak
        )
        self._chinese = names_zh.index(
            {name: concept for name, concept in owner.items() if is_chinese(name)}, weak
        )

    @classmethod
    @cache
    def load(cls, path: Path) -> "Names":
        """Read a JSON file, once: concept → lists of names "en", "zh", "tags" and "alone"."""
        try:
            rows: dict[str, dict[str, list[str]]] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise WeightsError(f"no names of things at {path}; reinstall the package") from error
        except json.JSONDecodeError as error:
            raise WeightsError(f"{path} is not JSON ({error}); reinstall the package") from error
        lists = ("en", "zh", "tags", "alone")
        names = {
            c: [name for each in lists for name in row.get(each, ())] for c, row in rows.items()
        }
        return cls(names, {name for row in rows.values() for name in row.get("alone", ())})

    def find(self, prompt: str, limit: int = 3) -> list[Mention]:
        """The things that the prompt mentions, each once, in order of mention, at most `limit`."""
        prompt = without_gradient(prompt)
        spans = [
            *names_zh.find(prompt, self._chinese),
            *names_en.find(prompt, self._english),
            *names_emoji.find(prompt, self._concepts),
        ]
        found: dict[str, Mention] = {}
        reached = 0
        for start, end, concept in sorted(spans):
            if start >= reached:
                found.setdefault(concept, Mention(concept, start, end))
                reached = end
        return list(found.values())[:limit]
