"""Clips that are made to hold together: who does it, and what a clip was before.

Knows no family by name: one that needs a finished clip and nothing else evens it out.
"""

from pathlib import Path

from studio import core, registry
from studio.errors import RequestError
from studio.forms import controls
from studio.record import InputUsed, Record
from studio.spec import Family
from studio.ui.desk import Desk

_PLAYED = (".mp4", ".webm")


def mender() -> Family | None:
    """The family that evens clips out; None where there is none."""
    return next((each for each in registry.families().values() if _mends(each)), None)


def mend(desk: Desk, id: str, shelf: str) -> str:
    """Queue a finished clip to be evened out; returns the job's id.

    Raises:
        StudioError: it cannot be.
    """
    family = mender()
    if family is None:
        raise RequestError("nothing here evens clips out; choose another clip or model")
    artifact = desk.entry(id, shelf)
    words = artifact.record.prompt or family.name
    asked = core.Request(
        words, family=family.name, inputs=[artifact.path], private=artifact.record.is_private
    )
    return desk.queue(core.resolve(asked), shelf)


def came_as(record: Record) -> InputUsed | None:
    """The clip that an evened one was before, if a browser plays it."""
    family = registry.families().get(record.family)
    if family is None or not _mends(family) or not record.inputs:
        return None
    given = record.inputs[0]
    return given if not given.name or given.name.lower().endswith(_PLAYED) else None


def before(desk: Desk, id: str, shelf: str) -> Path:
    """The file of a clip as it was before.

    Raises:
        RequestError: there is none, or it is gone.
    """
    given = came_as(desk.entry(id, shelf).record)
    if given is None:
        raise RequestError("this clip was not made from another one")
    return desk.kept_input(given.sha256, shelf)


def _mends(family: Family) -> bool:
    needed = [each.input for each in controls(family.params) if each.is_required and each.input]
    is_clip_alone = [each.media for each in needed] == ["video"]
    return family.kind == "video" and is_clip_alone and not (family.hidden or family.is_seeded)
