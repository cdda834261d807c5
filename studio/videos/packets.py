"""The XMP packet of animated GIF and WebP: everything that is told of them is in it.

Fields are named as in `studio.sounds.tags`. `studio:record` is the record as pictures have it.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from studio.errors import RequestError
from studio.sounds import xmp

_PROPERTIES = {
    "TITLE": "studio:title",
    "GENRE": "studio:genre",
    "LYRICS": "studio:lyrics",
    "CREDIT": "photoshop:Credit",
    "SPDX": "studio:spdx",
    "LICENSE": "xmpRights:WebStatement",
    "DIGITALSOURCETYPE": "Iptc4xmpExt:DigitalSourceType",
    "RIGHTSRECORD": "studio:rights",
    "RIGHTSID": "studio:rightsId",
    "STUDIORECORD": "studio:how",
    "ENCODED-BY": "xmp:CreatorTool",
    "AIGC": "TC260:AIGC",
}
_SPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "studio": "urn:studio:record:1.0",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_GIF_NAME = b"\x21\xff\x0bXMP DataXMP"
# Readers that know only sub-blocks fall from any byte of the packet into these, and to the end.
_GIF_END = bytes([1, *range(255, -1, -1), 0])
_WEBP_XMP = 4
"""The bit in the flags of a WebP that says it has a packet."""


def packet(fields: Mapping[str, str], more: Mapping[str, str]) -> bytes:
    """The packet of these fields, and of `more` attributes by their qualified names."""
    said = {_PROPERTIES[name]: text for name, text in fields.items() if name in _PROPERTIES}
    attributes = {**more, **said}
    spaces = "".join(f"\n   xmlns:{short}={quoteattr(url)}" for short, url in _SPACES.items())
    # Line ends would come back as spaces.
    quotes = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    lines = "".join(f"\n   {name}={quoteattr(text, quotes)}" for name, text in attributes.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="{_RDF}">\n'
        f'  <rdf:Description rdf:about=""{spaces}{lines}/>\n </rdf:RDF>\n</x:xmpmeta>\n'
        '<?xpacket end="w"?>'
    ).encode()


def fields_of(text: bytes) -> dict[str, str]:
    """The fields in a packet.

    Raises:
        RequestError: it is damaged.
    """
    root = xmp.parse(text, "XMP packet")
    found: dict[str, str] = {}
    for about in root.iter(f"{{{_RDF}}}Description"):
        for name, qualified in _PROPERTIES.items():
            short, local = qualified.split(":")
            value = about.get(f"{{{_SPACES[short]}}}{local}")
            if value is not None:
                found[name] = value
    return found


def write_gif(path: Path, target: Path, text: bytes) -> None:
    """Copy a GIF with this packet in front of its first picture.

    Raises:
        OSError: it could not be written.
    """
    with path.open("rb") as source, target.open("wb") as out:
        out.write(source.read(_gif_head(source)))
        out.write(_GIF_NAME + text + _GIF_END)
        while piece := source.read(1 << 20):
            out.write(piece)


def read_gif(path: Path) -> bytes:
    """The packet of a GIF; empty where it has none.

    Raises:
        RequestError: damaged.
    """
    with path.open("rb") as file:
        at = _gif_head(file)
        file.seek(at)
        # Ours comes first; other programs may put something in front of it.
        start = file.read(1 << 22)
        place = start.find(_GIF_NAME)
        if place < 0:
            return b""
        end = start.find(_GIF_END, place)
        if end < 0:
            raise RequestError(f"the XMP packet of {path.name!r} is cut short; give a whole file")
        return start[place + len(_GIF_NAME) : end]


def write_webp(path: Path, target: Path, text: bytes) -> None:
    """Copy an animated WebP with this packet at its end.

    Raises:
        RequestError: no animated WebP.
        OSError: it could not be written.
    """
    with path.open("rb") as source, target.open("wb") as out:
        head = bytearray(source.read(21))
        if head[8:16] != b"WEBPVP8X":
            raise RequestError(f"{path.name!r} is no animated WebP; give a whole file")
        chunk = b"XMP " + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
        (size,) = struct.unpack_from("<I", head, 4)
        struct.pack_into("<I", head, 4, size + len(chunk))
        head[20] |= _WEBP_XMP
        out.write(head)
        while piece := source.read(1 << 20):
            out.write(piece)
        out.write(chunk)


def read_webp(path: Path) -> bytes:
    """The packet of a WebP; empty where it has none.

    Raises:
        RequestError: damaged.
    """
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 12
        while at + 8 <= end:
            file.seek(at)
            name, size = struct.unpack("<4sI", file.read(8))
            if at + 8 + size > end:
                raise RequestError(f"{path.name!r} is damaged or cut short; give a whole file")
            if name == b"XMP ":
                return file.read(size)
            at += 8 + size + size % 2
    return b""


def _gif_head(file: BinaryIO) -> int:
    """Length of a GIF's header with its table of colours."""
    file.seek(0)
    head = file.read(13)
    file.seek(0)
    flags = head[10] if len(head) == 13 else 0
    return 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
