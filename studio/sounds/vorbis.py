"""Vorbis comments in FLAC and Opus files: bytes to fields and back.

Fields are named as in `tags`, and so are the comments. Sound is moved, never changed.
"""

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.errors import RequestError
from studio.sounds import xmp
from studio.sounds.containers import id3_size

_COMMENT, _PADDING, _PICTURE = 4, 1, 6
_COVER = "METADATA_BLOCK_PICTURE"
_FRONT_COVER = 3
_PAGE_BYTES = 255 * 255
_CONTINUED = 1
_LAST = 4
_NOTHING_ENDS = 0xFFFFFFFFFFFFFFFF
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def write_flac(data: bytes, fields: Mapping[str, str], cover: bytes) -> bytes:
    """The file with these comments instead of any earlier ones."""
    kept, sound = [], b""
    vendor = b""
    for block in _blocks(data):
        if block.kind == _COMMENT:
            vendor = _split(block.body)[0]
        elif block.kind not in (_PADDING, _PICTURE):
            kept.append(block)
        sound = data[block.end :]
    kept.append(_Block(_COMMENT, _join(vendor, fields), 0))
    if cover:
        kept.append(_Block(_PICTURE, _picture(cover), 0))
    if any(len(block.body) >= 1 << 24 for block in kept):
        raise RequestError("tags of 16 MB do not fit in a FLAC; leave something out")
    heads = [block.kind | (0x80 if block is kept[-1] else 0) for block in kept]
    sized = zip(heads, kept, strict=True)
    return (
        b"fLaC"
        + b"".join(struct.pack(">I", head << 24 | len(b.body)) + b.body for head, b in sized)
        + sound
    )


def read_flac(data: bytes) -> dict[str, str]:
    """The comments of a file."""
    for block in _blocks(data):
        if block.kind == _COMMENT:
            return _split(block.body)[1]
    return {}


def read_flac_cover(data: bytes) -> bytes:
    """The first picture, or nothing."""
    return next((_picture_data(b.body) for b in _blocks(data) if b.kind == _PICTURE), b"")


def write_opus(data: bytes, fields: Mapping[str, str], cover: bytes) -> bytes:
    """The file with these comments instead of any earlier ones."""
    head, *rest = list(_pages(data))
    if not head.body.startswith(b"OpusHead"):
        raise RequestError("the Ogg file has no Opus in it; give an Opus file")
    packet, behind = _second_packet(rest)
    covers = {_COVER: base64.b64encode(_picture(cover)).decode()} if cover else {}
    vendor, _ = _split(packet[8:])
    new = b"OpusTags" + _join(vendor, {**fields, **covers})
    written = [head, *_paginate(new, head.serial)]
    shift = len(written) - 1 - (len(rest) - len(behind))
    if shift == 0:
        tail = data[behind[0].start :] if behind else b""
    else:
        tail = b"".join(page.packed(page.number + shift) for page in behind)
    return b"".join(page.packed(page.number) for page in written) + tail


def read_opus(data: bytes) -> dict[str, str]:
    """The comments of a file."""
    fields = _split(_opus_tags(data)[8:])[1]
    fields.pop(_COVER, None)
    return fields


def read_opus_cover(data: bytes) -> bytes:
    """The first picture, or nothing."""
    packed = _split(_opus_tags(data)[8:])[1].get(_COVER, "")
    try:
        body = base64.b64decode(packed)
    except ValueError as error:
        raise _damaged_cover(error) from error
    return _picture_data(body) if body else b""


@dataclass(frozen=True)
class _Block:
    kind: int
    body: bytes
    end: int


def _blocks(data: bytes) -> Iterator[_Block]:
    at = 10 + id3_size(data) if data[:3] == b"ID3" else 0
    at += 4
    is_last = False
    while not is_last:
        if at + 4 > len(data):
            raise RequestError("the FLAC header is cut short; give a whole file")
        head = int.from_bytes(data[at : at + 4], "big")
        size = head & 0xFFFFFF
        is_last = bool(head >> 31)
        yield _Block(head >> 24 & 0x7F, data[at + 4 : at + 4 + size], at + 4 + size)
        at += 4 + size


def _split(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Vendor and comments; of several of one name the first, names in capitals."""
    try:
        (size,) = struct.unpack_from("<I", body)
        vendor, at = body[4 : 4 + size], 4 + size
        (count,) = struct.unpack_from("<I", body, at)
        found: dict[str, str] = {}
        at += 4
        for _ in range(count):
            (size,) = struct.unpack_from("<I", body, at)
            name, _, text = body[at + 4 : at + 4 + size].decode("utf-8").partition("=")
            found.setdefault(name.upper(), text)
            at += 4 + size
    except (struct.error, UnicodeDecodeError) as error:
        raise RequestError(f"the comments are damaged ({error}); give a whole file") from error
    return vendor, found


def _join(vendor: bytes, fields: Mapping[str, str]) -> bytes:
    comments = [f"{name}={text}".encode() for name, text in fields.items() if text]
    parts = [struct.pack("<I", len(each)) + each for each in comments]
    head = struct.pack("<I", len(vendor)) + vendor
    return head + struct.pack("<I", len(parts)) + b"".join(parts)


def _picture(cover: bytes) -> bytes:
    mime = xmp.picture_mime(cover).encode()
    head = struct.pack(">II", _FRONT_COVER, len(mime)) + mime
    # No description; sizes of 0 mean "look into the picture".
    return head + struct.pack(">6I", 0, 0, 0, 0, 0, len(cover)) + cover


def _picture_data(body: bytes) -> bytes:
    try:
        (mime,) = struct.unpack_from(">I", body, 4)
        (about,) = struct.unpack_from(">I", body, 8 + mime)
        at = 12 + mime + about + 16
        (size,) = struct.unpack_from(">I", body, at)
    except struct.error as error:
        raise _damaged_cover(error) from error
    return body[at + 4 : at + 4 + size]


def _damaged_cover(error: Exception) -> RequestError:
    return RequestError(f"the cover is damaged ({error}); give a whole file")


@dataclass(frozen=True)
class _Page:
    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    body: bytes
    start: int = 0

    def packed(self, number: int) -> bytes:
        head = struct.pack(
            "<4sBBQIII", b"OggS", 0, self.flags, self.granule, self.serial, number, 0
        )
        page = head + bytes([len(self.lacing)]) + self.lacing + self.body
        return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _pages(data: bytes) -> Iterator[_Page]:
    at = 0
    while at < len(data):
        if data[at : at + 4] != b"OggS" or at + 27 > len(data):
            raise RequestError("the Ogg file is damaged or cut short; give a whole file")
        _, _, flags, granule, serial, number, _ = struct.unpack_from("<4sBBQIII", data, at)
        body = at + 27 + data[at + 26]
        lacing = data[at + 27 : body]
        end = body + sum(lacing)
        yield _Page(flags, granule, serial, number, lacing, data[body:end], at)
        at = end


def _opus_tags(data: bytes) -> bytes:
    pages = _pages(data)
    next(pages, None)
    packet = b""
    for page in pages:
        packet += page.body
        if any(size < 255 for size in page.lacing):
            break
    if not packet.startswith(b"OpusTags"):
        raise RequestError("the Ogg file has no Opus comments; give an Opus file")
    return packet


def _second_packet(pages: list[_Page]) -> tuple[bytes, list[_Page]]:
    """The comments, which fill whole pages, and the pages behind them."""
    packet = b""
    for index, page in enumerate(pages):
        packet += page.body
        if any(size < 255 for size in page.lacing):
            return packet, pages[index + 1 :]
    raise RequestError("the Opus comments are cut short; give a whole file")


def _paginate(packet: bytes, serial: int) -> Iterator[_Page]:
    lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    for index, at in enumerate(range(0, len(lacing), 255)):
        part = lacing[at : at + 255]
        body = packet[at * 255 : at * 255 + _PAGE_BYTES]
        ends = at + 255 >= len(lacing)
        flags = _CONTINUED if index else 0
        yield _Page(flags, 0 if ends else _NOTHING_ENDS, serial, index + 1, part, body)


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with the bits of bytes and result in the other order."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
