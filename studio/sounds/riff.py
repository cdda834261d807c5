"""Tags in WAV files: RIFF chunks to fields and back.

Fields are named as in `tags`. Players read the INFO list, workstations `bext` and iXML, rights
tools the XMP packet; China's label has a chunk of its own. The copyright entry of INFO stays out:
nobody has claimed any. A WAV has no usual place for a cover.
"""

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.errors import RequestError, SaveError
from studio.sounds import xmp

_INFO = {"TITLE": b"INAM", "GENRE": b"IGNR", "ENCODED-BY": b"ISFT"}
_USER = ("RIGHTSRECORD", "RIGHTSID", "STUDIORECORD", "STUDIOSCORE", "LYRICS")
"""Elements under iXML's <USER>."""

_LABEL = "AIGC"
_OURS = (b"LIST", b"bext", b"iXML", b"_PMX", b"AIGC", b"C2PA")
_BEXT = "<256s32s32s10s8sQH64s10s180s"


@dataclass(frozen=True)
class Chunk:
    name: bytes
    body: bytes | memoryview

    def packed(self) -> bytes:
        # A chunk of odd length ends with a byte that does not count.
        tail = b"\0" * (len(self.body) % 2)
        return b"".join((struct.pack("<4sI", self.name, len(self.body)), self.body, tail))


def write(data: bytes, fields: Mapping[str, str]) -> bytes:
    """The file with these tags instead of any earlier ones."""
    kept = [chunk for chunk in chunks(data) if not _is_ours(chunk)]
    at = next((i for i, chunk in enumerate(kept) if chunk.name == b"data"), len(kept))
    # Workstations look for `bext` in front of the sound; the rest comes behind it.
    written = [*kept[:at], *_bext(fields), *kept[at:], *_behind(fields)]
    body = b"".join(chunk.packed() for chunk in written)
    if len(body) + 4 >= 1 << 32:
        raise SaveError(f"a WAV of {len(body) / 1e9:.1f} GB does not fit; use flac")
    return b"".join((b"RIFF", struct.pack("<I", len(body) + 4), b"WAVE", body))


def read(data: bytes) -> dict[str, str]:
    """The fields of a file; none where it has no tags."""
    found: dict[str, str] = {}
    for chunk in chunks(data):
        body = bytes(chunk.body) if chunk.name in _OURS else b""
        if chunk.name == b"LIST" and body[:4] == b"INFO":
            found |= _read_info(body)
        elif chunk.name == b"iXML":
            found |= _read_user(body)
        elif chunk.name == b"_PMX":
            from_packet = xmp.read(body)
            found |= {name: text for name, text in from_packet.items() if name not in found}
        elif chunk.name == b"AIGC":
            found[_LABEL] = _decode(body)
    return found


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a WAV file.

    Raises:
        RequestError: one is cut short.
    """
    view, at = memoryview(data), 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > len(data):
            raise RequestError("the WAV file is damaged or cut short; give a whole file")
        yield Chunk(name, view[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def _is_ours(chunk: Chunk) -> bool:
    return chunk.name in _OURS and (chunk.name != b"LIST" or bytes(chunk.body[:4]) == b"INFO")


def _behind(fields: Mapping[str, str]) -> Iterator[Chunk]:
    entries = [
        Chunk(name, fields[field].encode() + b"\0").packed()
        for field, name in _INFO.items()
        if fields.get(field)
    ]
    if entries:
        yield Chunk(b"LIST", b"INFO" + b"".join(entries))
    if any(fields.get(name) for name in _USER):
        yield Chunk(b"iXML", _user(fields))
    packet = xmp.write(fields)
    if packet:
        yield Chunk(b"_PMX", packet)
    if fields.get(_LABEL):
        yield Chunk(_LABEL.encode(), fields[_LABEL].encode())


def _bext(fields: Mapping[str, str]) -> Iterator[Chunk]:
    """Broadcast WAV, version 1: ASCII, of fixed lengths; what is cut stands whole elsewhere."""
    software, id = fields.get("ENCODED-BY", ""), fields.get("RIGHTSID", "")
    if not software and not id:
        return
    # 32 letters have room for a UUID without its dashes.
    reference = id.rpartition(":")[2].replace("-", "")
    title = fields.get("TITLE", "")
    texts = [_ascii(title if title.isascii() else "", 256)]
    texts += [_ascii(software, 32), _ascii(reference, 32)]
    yield Chunk(b"bext", struct.pack(_BEXT, *texts, b"", b"", 0, 1, b"", b"", b""))


def _ascii(text: str, length: int) -> bytes:
    return text.encode("ascii", "replace")[:length]


def _user(fields: Mapping[str, str]) -> bytes:
    root = ElementTree.Element("BWFXML")
    ElementTree.SubElement(root, "IXML_VERSION").text = "1.52"
    if fields.get("TITLE"):
        ElementTree.SubElement(root, "PROJECT").text = fields["TITLE"]
    user = ElementTree.SubElement(root, "USER")
    for name in _USER:
        if fields.get(name):
            ElementTree.SubElement(user, name).text = fields[name]
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    # XML readers turn a bare carriage return into a line feed.
    return text.replace(b"\r", b"&#13;")


def _read_user(body: bytes) -> dict[str, str]:
    user = xmp.parse(body, "iXML chunk").find("USER")
    if user is None:
        return {}
    return {each.tag: each.text or "" for each in user if each.tag in _USER}


def _read_info(body: bytes) -> dict[str, str]:
    names = {entry: field for field, entry in _INFO.items()}
    # `chunks` skips the twelve bytes that a file begins with.
    entries = chunks(bytes(12) + body[4:])
    return {
        names[entry.name]: _decode(bytes(entry.body).rstrip(b"\0"))
        for entry in entries
        if entry.name in names
    }


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        # Older programs wrote INFO in the code page of their machine.
        return text.decode("latin-1")
