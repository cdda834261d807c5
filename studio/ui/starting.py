"""Starting from a song, a tune or a clip: what can be done with it, and where its file is.

A draft names the file by what a browser may send back: an entry of the library, or the hash of a
file that was handed in; never a path. Knows no component.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import forms
from studio.record import Record
from studio.request import media_of
from studio.spec import Family, InputFile

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
    """A song, tune or clip that a draft starts from. `what` is "entry" or "input"."""

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


def media(family: Family | None) -> frozenset[str]:
    """What can go into it beside pictures: "song", "melody", "video"."""
    if family is None:
        return frozenset()
    inputs = forms.input_fields(family.params).values()
    return frozenset(each.media for each in inputs) - {"image"}


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
    kind = media_of(path)
    # Of a clip the sound may be meant, where no clip can go in.
    fitting = ("video", "song") if kind == "video" else (kind,)
    fields = forms.input_fields(family.params).items()
    found = [name for each in fitting for name, field in fields if field.media == each]
    if not found and media(family) == {"video"}:
        # Those who read it say what is wrong with it.
        found = [name for name, field in fields if field.media == "video"]
    return dict([(name, path) for name in found][:1])


def started_from(record: Record, family: Family) -> str:
    """The song, tune or clip that something was made from, as a draft keeps it."""
    fields = forms.input_fields(family.params)
    for each in record.inputs:
        field = fields.get(each.field)
        if field is not None and field.media != "image":
            return Start("input", each.sha256, each.name or record.family).to_text()
    return ""


def is_picture(field: InputFile | None) -> bool:
    """Whether a picture fills it."""
    # Of an option that is gone by now nothing is known; such records are of pictures.
    return field is None or field.media == "image"


def needs_file(family: Family) -> bool:
    """Whether nothing can be made without a file."""
    return any(each.kind == "file" and each.is_required for each in forms.controls(family.params))
