"""Writes rights tags into finished sound files and reads them back, whatever the container.

| field | ID3v2.4 | Vorbis (FLAC, Opus) | MP4 | WAV |
|---|---|---|---|---|
| title, genre | TIT2, TCON | TITLE, GENRE | ©nam, ©gen | INFO INAM, IGNR |
| lyrics | USLT | LYRICS | ©lyr | iXML USER |
| credit, SPDX | TXXX, XMP | CREDIT, SPDX | free-form, XMP | XMP |
| terms URL | WCOP, XMP | LICENSE | free-form LICENSE, XMP | XMP WebStatement |
| source type | TXXX, XMP | DIGITALSOURCETYPE | free-form, XMP | XMP |
| China's label | TXXX AIGC | AIGC | key AIGC | chunk AIGC |
| records, score, id | TXXX | same names | free-form | iXML USER, bext |
| software | TSSE, TENC | ENCODED-BY | ©too | INFO ISFT, bext |

Knows no keys and no signatures; a signature covers the tags, so it comes after them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from studio.errors import RequestError, SaveError
from studio.rights.tags import RightsTags
from studio.sounds import id3, mp4, riff, vorbis
from studio.sounds.containers import check_file, format_of, open_file

_FIELDS = {
    "title": "TITLE",
    "genre": "GENRE",
    "lyrics": "LYRICS",
    "credit_text": "CREDIT",
    "licence": "SPDX",
    "terms_url": "LICENSE",
    "source_type": "DIGITALSOURCETYPE",
    "record_json": "RIGHTSRECORD",
    "rights_id": "RIGHTSID",
    "studio_record_json": "STUDIORECORD",
    "score": "STUDIOSCORE",
    "software": "ENCODED-BY",
}
_LABEL = "AIGC"
_ADDRESSES = ("terms_url", "source_type")
_FREE_TEXTS = ("title", "genre", "lyrics", "credit_text")
# What XML, C strings or UTF-8 cannot hold; text pasted from a slide has vertical tabs in it.
_UNTELLABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Container:
    write: Callable[[bytes, Mapping[str, str], bytes], bytes]
    read: Callable[[bytes], dict[str, str]]
    cover: Callable[[bytes], bytes]


_CONTAINERS = {
    "mp3": _Container(id3.write, id3.read, id3.read_cover),
    "flac": _Container(vorbis.write_flac, vorbis.read_flac, vorbis.read_flac_cover),
    "opus": _Container(vorbis.write_opus, vorbis.read_opus, vorbis.read_opus_cover),
    "m4a": _Container(mp4.write, mp4.read, mp4.read_cover),
    "wav": _Container(lambda data, fields, _: riff.write(data, fields), riff.read, lambda _: b""),
}


def write_tags(path: Path, tags: RightsTags, cover: bytes = b"") -> None:
    """Give a file these tags instead of any it had, and read them back; its sound is untouched.

    In what people typed, a control character becomes a space: no container holds one.
    `cover`: a PNG or JPEG; a WAV has no place for one. An earlier signature is taken off.

    Raises:
        RequestError: not a sound file of a known format, or a text no container can hold.
        SaveError: it could not be written, or did not read back the same.
    """
    container = _CONTAINERS[format_of(path).name]
    tags = tellable(tags)
    if cover and container is _CONTAINERS["wav"]:
        raise RequestError("a WAV has no place for a cover; use flac, or leave the cover out")
    fields = to_fields(tags)
    data = container.write(_bytes(path), fields, cover)
    label = fields.get(_LABEL, "")
    if label and data.count(label.encode()) != 1:
        raise SaveError(f"the AI label must stand once in {path.name}; keep it out of the record")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error
    if read_tags(path) != tags or read_cover(path) != cover:
        raise SaveError(f"the tags of {path.name} did not read back the same")


def read_tags(path: Path) -> RightsTags:
    """The tags of a file; a field that it does not have is empty.

    Raises:
        RequestError: missing, not a sound file of a known format, or damaged tags.
    """
    return from_fields(_CONTAINERS[format_of(path).name].read(_bytes(path)))


def read_cover(path: Path) -> bytes:
    """The cover of a file as a PNG or JPEG; empty where it has none."""
    return _CONTAINERS[format_of(path).name].cover(_bytes(path))


def to_fields(tags: RightsTags) -> dict[str, str]:
    """The texts of the tags by their names in files; an empty one is left out.

    Raises:
        RequestError: a text that no container can hold.
    """
    fields = {field: getattr(tags, name) for name, field in _FIELDS.items()}
    for name, field in _FIELDS.items():
        _check_text(name, fields[field])
    if tags.aigc:
        # No spaces: the label may have none.
        fields[_LABEL] = json.dumps(dict(tags.aigc), separators=(",", ":"))
    return {field: text for field, text in fields.items() if text}


def from_fields(fields: Mapping[str, str]) -> RightsTags:
    """The tags of texts by their names in files.

    Raises:
        RequestError: China's label is damaged.
    """
    texts = {name: fields.get(field, "") for name, field in _FIELDS.items()}
    return RightsTags(**texts, aigc=_read_label(fields.get(_LABEL, "")))


def tellable(tags: RightsTags) -> RightsTags:
    """The tags with a space for each character in free texts that no container holds."""
    texts = {name: _UNTELLABLE.sub(" ", getattr(tags, name)) for name in _FREE_TEXTS}
    return replace(tags, **texts)


def _check_text(name: str, text: str) -> None:
    """Refuse what a container cannot hold, rather than change a record or an address."""
    if name in _ADDRESSES and not text.isascii():
        raise RequestError(
            f"tag {name} must be an address in ASCII, got {text!r}; percent-encode it"
        )
    found = _UNTELLABLE.search(text)
    if found:
        raise RequestError(f"tag {name} has a character U+{ord(found[0]):04X}; remove it")


def _read_label(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        label = json.loads(text)
    except ValueError as error:
        raise RequestError(f"the AI label is not JSON ({error}); give a whole file") from error
    if not isinstance(label, dict) or not all(isinstance(each, str) for each in label.values()):
        raise RequestError(f"the AI label must be an object of texts, got {text[:80]!r}")
    return label


def _bytes(path: Path) -> bytes:
    check_file(path)
    with open_file(path) as file:
        return file.read()
