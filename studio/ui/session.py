"""Where a visitor is, and their draft: changed by one event at a time, and remembered.

Knows no component.
"""

import threading
from dataclasses import dataclass, replace
from typing import Any

from studio import registry
from studio.presets import presets
from studio.ui.desk import Draft
from studio.ui.words import Language


class Slot:
    """Holds a visitor's draft. Take its lock to read the draft, change it and put it back.

    Events of one visitor run side by side; without a lock the later of two that read the same
    draft would undo the other's change.
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self.draft = draft or Draft()
        self.lock = threading.RLock()

    def __deepcopy__(self, memo: dict[int, Any]) -> "Slot":
        # The framework copies the first value for each visitor; a lock cannot be copied.
        return Slot(self.draft)


@dataclass(frozen=True)
class Session:
    """Where a visitor is: the values every handler gets."""

    draft: Draft
    language: Language
    shelf: str
    job: str

    @classmethod
    def of(
        cls,
        prompt: str,
        count: float | None,
        draft: Draft,
        language: Language,
        shelf: str,
        job: str,
    ) -> "Session":
        whole = int(count) if count else None
        return cls(replace(draft, prompt=prompt or "", count=whole), language, shelf, job)


def memory_of(session: Session) -> dict[str, Any]:
    """What the browser keeps, so that a reload finds the page as it was."""
    draft = session.draft
    return {
        "prompt": draft.prompt,
        "kind": draft.kind,
        "family": draft.family,
        "preset": draft.preset,
        "given": dict(draft.given),
        "count": draft.count,
        "start": draft.start,
        "shelf": session.shelf,
        "job": session.job,
    }


def remembered(memory: dict[str, Any]) -> Draft:
    """The reverse; names that are gone by now are dropped."""
    family, preset = memory.get("family"), memory.get("preset")
    return Draft(
        prompt=str(memory.get("prompt") or ""),
        kind=str(memory.get("kind") or "auto"),
        family=family if family in registry.families() else None,
        preset=preset if preset in presets() else None,
        given=tuple((memory.get("given") or {}).items()),
        count=memory.get("count"),
        start=str(memory.get("start") or ""),
    )
