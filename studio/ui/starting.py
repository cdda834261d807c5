"""Starting from a song or a tune: what can be done with it, and where its file is.

A draft names the file by what a browser may send back: an entry of the library, or the hash of a
file that was handed in; never a path. Knows no component.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import forms
from studio.sounds.given import kind_of
from studio.spec import Family

TASK = "task"
TASKS: dict[str, tuple[str, ...]] = {
    "continue": ("added_s",),
    "repaint": ("from_s", "to_s"),
    "vary": ("amount",),
}
"""What can be done with a song, where a family has it, with the options that belong to it."""

OPTIONS = frozenset((TASK, *(name for names in TASKS.values() for name in names)))
"""Those that mean something only with a song."""


@dataclass(frozen=True)
class Start:
    """A song or tune that a draft starts from. `what` is "entry" or "input"."""

    what: str
    id: str
    name: str

    def to_text(self) -> str:
        return f"{self.what} {self.id} {self.name}"

    @classmethod
    def from_text(cls, text: str) -> "Start | None":
        what, _, rest = text.partition(" ")
        id, _, name = rest.partition(" ")
        return cls(what, id, name) if what in ("entry", "input") and id else None


def tasks(family: Family) -> tuple[str, ...]:
    """What this family can do with a song."""
    known = {each.name: each for each in forms.controls(family.params)}
    takes_songs = any(each.input and each.input.media == "song" for each in known.values())
    if not takes_songs or TASK not in known:
        return ()
    return tuple(each for each in TASKS if each in known[TASK].choices)


def takes_sounds(family: Family | None) -> bool:
    """Whether a song or a tune can go into it."""
    if family is None:
        return False
    inputs = forms.input_fields(family.params).values()
    return any(each.media in ("song", "melody") for each in inputs)


def takes_pictures(family: Family) -> bool:
    """Whether a picture can go into it."""
    return any(each.media == "image" for each in forms.input_fields(family.params).values())


def options(family: Family, task: str, seconds: float) -> dict[str, Any]:
    """The task and what belongs to it, to begin with: of a stretch the middle third."""
    known = {each.name: each for each in forms.controls(family.params)}
    usual = {name: known[name].default for name in TASKS[task] if name in known}
    stretch = {"from_s": round(seconds / 3, 1), "to_s": round(seconds * 2 / 3, 1)}
    return {TASK: task} | {name: stretch.get(name, value) for name, value in usual.items()}


def files(family: Family, path: Path) -> dict[str, Path]:
    """Which option of the family a file fills; none where it has no place for such a file."""
    kind = kind_of(path)
    found = forms.input_fields(family.params).items()
    return dict([(name, path) for name, field in found if field.media == kind][:1])
