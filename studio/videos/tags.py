"""Writes the tags of a clip into its file and reads them back, whatever the container.

| container | where |
|---|---|
| MP4 | the atoms of M4A (`studio.sounds.mp4`), the poster as its cover |
| WebM | Matroska SimpleTags |
| GIF, WebP | one XMP packet |
| zip of PNG | record.json and tags.json; the record in the first picture too |

Knows no keys and no signatures; a signature covers the tags, so it comes after them.
"""

import json
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import RequestError, SaveError
from studio.rights.tags import RightsTags
from studio.sounds.tags import from_fields, tellable, to_fields
from studio.videos import mp4, packets, sequence, webm
from studio.videos.formats import ClipFormat, format_of

_RECORD_NAME, _TAGS_NAME = "record.json", "tags.json"
_RECORD = "STUDIORECORD"


@dataclass(frozen=True)
class Extras:
    """What goes in beside the tags, as far as a container has a place for it."""

    poster: bytes = b""
    """A JPEG of the picture that stands for the clip, for MP4."""

    disclosure: Mapping[str, str] = field(default_factory=dict)
    """XMP attributes by their qualified names, for GIF and WebP."""

    first: bytes = b""
    """The first frame as a PNG that has the record, for a zip."""


def write_tags(path: Path, tags: RightsTags, extras: Extras = Extras()) -> None:
    """Give a clip these tags instead of any it had, and read them back; what is seen is untouched.

    In what people typed, a control character becomes a space: no container holds one.

    Raises:
        RequestError: no clip of a known format, or a text no container can hold.
        SaveError: it could not be written, or did not read back the same.
    """
    format = _format(path)
    tags = tellable(tags)
    fields = to_fields(tags)
    aside = path.with_name(f".{secrets.token_hex(6)}.tags.{format.name}")
    try:
        _write(path, aside, format, fields, extras)
        aside.replace(path)
    except OSError as error:
        raise SaveError(
            f"cannot write {path}: {error.strerror or error}; free some space"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    if read_tags(path) != tags:
        raise SaveError(f"the tags of {path.name} did not read back the same")


def read_tags(path: Path) -> RightsTags:
    """What a clip says about itself; empty where it has no tags.

    Raises:
        RequestError: missing, no clip of a known format, or damaged tags.
    """
    name = _format(path).name
    if name == "mp4":
        return from_fields(mp4.read(path))
    if name == "webm":
        return from_fields(webm.read(path))
    if name == "zip":
        return from_fields(_read_zip(path))
    text = packets.read_gif(path) if name == "gif" else packets.read_webp(path)
    return from_fields(packets.fields_of(text) if text else {})


def read_poster(path: Path) -> bytes:
    """The picture that stands for a clip as a JPEG or PNG; empty where its file has none in it.

    Raises:
        RequestError: as `read_tags`.
    """
    return mp4.read_poster(path) if _format(path).name == "mp4" else b""


def _format(path: Path) -> ClipFormat:
    format = format_of(path)
    if format is None:
        what = "is not a clip" if path.is_file() else "does not exist"
        raise RequestError(f"{path.name!r} {what}; give an MP4, WebM, GIF, WebP or zip made here")
    return format


def _write(
    path: Path, target: Path, format: ClipFormat, fields: Mapping[str, str], extras: Extras
) -> None:
    if format.name == "mp4":
        mp4.write(path, target, fields, extras.poster)
    elif format.name == "webm":
        webm.write(path, target, fields)
    elif format.name == "zip":
        _write_zip(path, target, fields, extras.first)
    else:
        put = packets.write_gif if format.name == "gif" else packets.write_webp
        put(path, target, packets.packet(fields, extras.disclosure))


def _write_zip(path: Path, target: Path, fields: Mapping[str, str], first: bytes) -> None:
    """Copy a sequence with its tags beside the pictures."""
    first_name = sequence.picture_name(1)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for about in source.infolist():
            if about.filename not in (_RECORD_NAME, _TAGS_NAME):
                is_first = first and about.filename == first_name
                out.writestr(about, first if is_first else source.read(about))
        told = {name: text for name, text in fields.items() if name != _RECORD}
        if _RECORD in fields:
            sequence.add(out, _RECORD_NAME, fields[_RECORD].encode())
        sequence.add(out, _TAGS_NAME, json.dumps(told, ensure_ascii=False).encode())


def _read_zip(path: Path) -> dict[str, str]:
    told = sequence.read_member(path, _TAGS_NAME)
    try:
        found = json.loads(told) if told else {}
    except ValueError as error:
        raise RequestError(f"the tags of {path.name!r} are damaged ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise RequestError(f"the tags of {path.name!r} are damaged; give a whole file")
    record = sequence.read_member(path, _RECORD_NAME)
    return {**found, **({_RECORD: record} if record else {})}
