"""ID3v2 tags at the beginning of an MP3 file: bytes to fields and back.

Fields are named as in `tags`; the place of each in ID3v2.4 stands in the tables here. The
copyright frame stays out: players show it as "Copyright © …", which nobody has claimed.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.errors import RequestError
from studio.sounds import xmp
from studio.sounds.containers import id3_size

_FRAMES = {"TITLE": b"TIT2", "GENRE": b"TCON", "ENCODED-BY": b"TSSE"}
_URL = {"LICENSE": b"WCOP"}
_LYRICS = b"USLT"
_NAMED = (
    "CREDIT",
    "SPDX",
    "DIGITALSOURCETYPE",
    "AIGC",
    "RIGHTSRECORD",
    "RIGHTSID",
    "STUDIORECORD",
    "STUDIOSCORE",
)
"""TXXX frames, described by the field's name."""

_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_UTF8 = b"\x03"
_FRONT_COVER = b"\x03"
_V1_BYTES = 128


def write(data: bytes, fields: Mapping[str, str], cover: bytes) -> bytes:
    """The file with these tags instead of any earlier ones."""
    frames = [*_text_frames(fields), *_named_frames(fields)]
    packet = xmp.write(fields)
    frames += [_frame(b"PRIV", b"XMP\0" + packet)] if packet else []
    if cover:
        mime = xmp.picture_mime(cover).encode()
        frames.append(_frame(b"APIC", _UTF8 + mime + b"\0" + _FRONT_COVER + b"\0" + cover))
    body = b"".join(frames)
    return b"ID3\x04\x00\x00" + _syncsafe(len(body)) + body + _sound(data)


def read(data: bytes) -> dict[str, str]:
    """The fields of a file; none where it has no tag.

    Raises:
        RequestError: the tag is damaged.
    """
    by_frame = {frame: name for name, frame in (_FRAMES | _URL).items()}
    found: dict[str, str] = {}
    for frame in frames(data):
        if frame.name in (b"TIT2", b"TCON", b"TSSE"):
            found[by_frame[frame.name]] = _texts(frame.body)[0]
        elif frame.name == b"WCOP":
            found["LICENSE"] = frame.body.rstrip(b"\0").decode("latin-1")
        elif frame.name == _LYRICS:
            # Behind the encoding stand three letters of language.
            found["LYRICS"] = _texts(frame.body[:1] + frame.body[4:])[-1]
        elif frame.name == b"TXXX":
            name, *values = _texts(frame.body)
            if name in _NAMED:
                found[name] = values[0] if values else ""
    return found


def read_cover(data: bytes) -> bytes:
    """The front cover, or nothing."""
    for frame in frames(data):
        if frame.name == b"APIC":
            after_mime = frame.body.index(b"\0", 1) + 2
            wide = frame.body[0] in (1, 2)
            return _after_text(frame.body[after_mime:], 2 if wide else 1)
    return b""


@dataclass(frozen=True)
class Frame:
    name: bytes
    body: bytes


def frames(data: bytes) -> Iterator[Frame]:
    """The frames of an ID3v2.3 or 2.4 tag, without unsynchronisation."""
    if data[:3] != b"ID3" or len(data) < 10:
        return
    version, flags = data[3], data[5]
    if version not in (3, 4):
        raise RequestError(f"ID3 version 2.{version} is not known; there is 2.3 and 2.4")
    body = data[10 : 10 + id3_size(data)]
    if len(body) < id3_size(data):
        raise RequestError("the ID3 tag is cut short; give a whole file")
    if flags & 0x80 and version == 3:
        body = body.replace(b"\xff\x00", b"\xff")
    at = _behind_extended(body, version) if flags & 0x40 else 0
    while at + 10 <= len(body) and body[at] != 0:
        raw = body[at + 4 : at + 8]
        size = _plain(raw) if version == 4 else int.from_bytes(raw, "big")
        content = body[at + 10 : at + 10 + size]
        if len(content) < size:
            raise RequestError("an ID3 frame is cut short; give a whole file")
        yield Frame(body[at : at + 4], _unpacked(content, body[at + 9], version))
        at += 10 + size


def _text_frames(fields: Mapping[str, str]) -> Iterator[bytes]:
    for name, frame in _FRAMES.items():
        if fields.get(name):
            yield _frame(frame, _UTF8 + fields[name].encode())
    if fields.get("ENCODED-BY"):
        yield _frame(b"TENC", _UTF8 + fields["ENCODED-BY"].encode())
    if fields.get("LICENSE"):
        yield _frame(b"WCOP", fields["LICENSE"].encode("latin-1"))
    if fields.get("LYRICS"):
        yield _frame(_LYRICS, _UTF8 + b"und\0" + fields["LYRICS"].encode())


def _named_frames(fields: Mapping[str, str]) -> Iterator[bytes]:
    for name in _NAMED:
        if fields.get(name):
            yield _frame(b"TXXX", _UTF8 + name.encode() + b"\0" + fields[name].encode())


def _frame(name: bytes, body: bytes) -> bytes:
    return name + _syncsafe(len(body)) + b"\0\0" + body


def _sound(data: bytes) -> bytes:
    """The file without its tags at either end."""
    start = 10 + id3_size(data) if data[:3] == b"ID3" else 0
    end = len(data) - _V1_BYTES if data[-_V1_BYTES:][:3] == b"TAG" else len(data)
    return data[start:end]


def _behind_extended(body: bytes, version: int) -> int:
    # The size counts itself in 2.4 only.
    return _plain(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")


def _unpacked(content: bytes, flags: int, version: int) -> bytes:
    if version == 4 and flags & 0x01:
        content = content[4:]
    if version == 4 and flags & 0x02:
        content = content.replace(b"\xff\x00", b"\xff")
    return content


def _texts(body: bytes) -> list[str]:
    """The strings of a text frame: its first byte says how they are encoded."""
    if not body or body[0] >= len(_ENCODINGS):
        raise RequestError("an ID3 text has no known encoding; give a whole file")
    encoding = _ENCODINGS[body[0]]
    try:
        if encoding == "utf-16":
            parts = _split_wide(body[1:])
            return [part.decode("utf-16") for part in parts]
        return body[1:].decode(encoding).rstrip("\0").split("\0")
    except UnicodeDecodeError as error:
        raise RequestError(f"an ID3 text is damaged ({error.reason}); give a whole file") from error


def _split_wide(data: bytes) -> list[bytes]:
    # Each string has its own byte-order mark, so they are split before they are decoded.
    pairs = [data[at : at + 2] for at in range(0, len(data) - len(data) % 2, 2)]
    parts = [b""]
    for pair in pairs:
        if pair == b"\0\0":
            parts.append(b"")
        else:
            parts[-1] += pair
    return parts if parts[-1] or len(parts) == 1 else parts[:-1]


def _after_text(data: bytes, width: int) -> bytes:
    at = 0
    while at < len(data) and data[at : at + width] != b"\0" * width:
        at += width
    return data[at + width :]


def _syncsafe(number: int) -> bytes:
    if number >= 1 << 28:
        raise RequestError(f"tags of {number} bytes do not fit in an MP3; leave something out")
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def _plain(size: bytes) -> int:
    return struct.unpack(">I", size)[0] if max(size) > 0x7F else id3_size(b"\0" * 6 + size)
