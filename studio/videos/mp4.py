"""Tags in MP4 clips, written and read without the film passing through memory.

The header is put in front of the film, so that players can start before all of it is there.
Fields are named as in `studio.sounds.tags`; the atoms are those of `studio.sounds.mp4`.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.errors import RequestError
from studio.sounds import mp4
from studio.sounds.mp4 import Atom

# No honest header is near this.
_MAX_HEADER_BYTES = 256_000_000


@dataclass(frozen=True)
class _Place:
    """An atom where it lies in a file: `start` of its head, of `head` bytes, `size` in all."""

    name: bytes
    start: int
    head: int
    size: int


def write(path: Path, target: Path, fields: Mapping[str, str], poster: bytes) -> None:
    """Copy a clip with these tags instead of any earlier ones, the header in front.

    Raises:
        RequestError: no MP4, or damaged.
        OSError: it could not be written.
    """
    with path.open("rb") as source, target.open("wb") as out:
        kept = [each for each in _places(source) if not _is_left_out(source, each)]
        moov = mp4.with_tags(_header(source, kept), fields, poster)
        film = next((each for each in kept if each.name == b"mdat"), None)
        if film is None:
            raise RequestError(f"{path.name!r} has no film in it; give a whole file")
        first = [each for each in kept if each.name == b"ftyp"]
        rest = [each for each in kept if each.name not in (b"ftyp", b"moov")]
        before = [each for each in rest if each.start < film.start]
        at = sum(each.size for each in (*first, *before)) + len(moov.packed())
        out_atoms = mp4.moved(moov, at - film.start).packed()
        for each in first:
            _copy(source, each, out)
        out.write(out_atoms)
        for each in rest:
            _copy(source, each, out)
        out.writelines(each.packed() for each in mp4.packet_of(fields))


def read(path: Path) -> dict[str, str]:
    """The fields of a clip; none where it has no tags.

    Raises:
        RequestError: damaged.
    """
    return mp4.read(_packed_header(path))


def read_poster(path: Path) -> bytes:
    """The picture that stands for the clip, as a PNG or JPEG; empty where there is none.

    Raises:
        RequestError: damaged.
    """
    return mp4.read_cover(_packed_header(path))


def _packed_header(path: Path) -> bytes:
    with path.open("rb") as file:
        return _header(file, list(_places(file))).packed()


def _header(file: BinaryIO, places: list[_Place]) -> Atom:
    found = next((each for each in places if each.name == b"moov"), None)
    if found is None or found.size > _MAX_HEADER_BYTES:
        raise RequestError("the MP4 file has no header; give a whole file")
    file.seek(found.start + found.head)
    return Atom(b"moov", file.read(found.size - found.head))


def _places(file: BinaryIO) -> Iterator[_Place]:
    """The atoms of a file, from their heads alone."""
    end = file.seek(0, 2)
    at = 0
    while at + 8 <= end:
        file.seek(at)
        start = file.read(16)
        size, name = struct.unpack_from(">I4s", start)
        head = 8
        if size == 1 and len(start) == 16:
            head, size = 16, struct.unpack_from(">Q", start, 8)[0]
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise RequestError("the MP4 file is damaged or cut short; give a whole file")
        yield _Place(name, at, head, size)
        at += size


def _is_left_out(file: BinaryIO, place: _Place) -> bool:
    """Earlier packets and signatures, and room that was kept for a header."""
    file.seek(place.start + place.head)
    return place.name == b"free" or mp4.is_packet(place.name, file.read(16))


def _copy(file: BinaryIO, place: _Place, out: BinaryIO) -> None:
    file.seek(place.start)
    left = place.size
    while left and (piece := file.read(min(left, 1 << 20))):
        out.write(piece)
        left -= len(piece)
