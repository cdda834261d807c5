"""Tags in M4A files: atoms to fields and back.

Fields are named as in `tags`. Two lists of tags stand side by side: the one that players read
(iTunes), and for China's label the one with named keys, the carrier its guide asks for.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.errors import RequestError
from studio.sounds import xmp

_ITEMS = {
    "TITLE": b"\xa9nam",
    "GENRE": b"\xa9gen",
    "LYRICS": b"\xa9lyr",
    "ENCODED-BY": b"\xa9too",
}
_NAMED = (
    "CREDIT",
    "SPDX",
    "LICENSE",
    "DIGITALSOURCETYPE",
    "RIGHTSRECORD",
    "RIGHTSID",
    "STUDIORECORD",
    "STUDIOSCORE",
)
"""Free-form items, called by the field's name."""

_KEYED = "AIGC"
_MEAN = b"com.apple.iTunes"
_UTF8, _JPEG, _PNG = 1, 13, 14
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_CHUNKS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


@dataclass(frozen=True)
class Atom:
    name: bytes
    body: bytes
    start: int = 0
    """Where it begins in what it was read from."""

    def packed(self) -> bytes:
        size = 8 + len(self.body)
        if size >= 1 << 32:
            return struct.pack(">I4sQ", 1, self.name, size + 8) + self.body
        return struct.pack(">I4s", size, self.name) + self.body

    @property
    def body_at(self) -> int:
        """Where its body begins, once it is packed."""
        return 16 if 8 + len(self.body) >= 1 << 32 else 8


def write(data: bytes, fields: Mapping[str, str], cover: bytes) -> bytes:
    """The file with these tags instead of any earlier ones."""
    top = [atom for atom in atoms(data) if not is_packet(atom.name, atom.body)]
    moov = next((atom for atom in top if atom.name == b"moov"), None)
    if moov is None:
        raise RequestError("the M4A file has no header; give a whole file")
    tagged = with_tags(moov, fields, cover)
    written = [tagged if atom is moov else atom for atom in top]
    shift = _sound_at(written) - _sound_at_before(data, top)
    written = [moved(atom, shift) if atom is tagged else atom for atom in written]
    written += packet_of(fields)
    return b"".join(atom.packed() for atom in written)


def with_tags(moov: Atom, fields: Mapping[str, str], cover: bytes) -> Atom:
    """The header of a file with these tags instead of any earlier ones."""
    tracks = [atom for atom in atoms(moov.body) if atom.name not in (b"udta", b"meta")]
    return Atom(b"moov", b"".join(each.packed() for each in (*tracks, _udta(fields, cover))))


def packet_of(fields: Mapping[str, str]) -> list[Atom]:
    """The XMP packet that stands last in a file; none where there is nothing to say."""
    packet = xmp.write(fields)
    return [Atom(b"uuid", _XMP + packet)] if packet else []


def read(data: bytes) -> dict[str, str]:
    """The fields of a file; none where it has no tags."""
    names = {item: name for name, item in _ITEMS.items()}
    found: dict[str, str] = {}
    for item in _items(data):
        if item.name in names:
            found[names[item.name]] = _text(item)
        elif item.name == b"----":
            name = b"".join(a.body[4:] for a in atoms(item.body) if a.name == b"name")
            if name.decode("utf-8", "replace") in _NAMED:
                found[name.decode()] = _text(item)
    keyed = dict(_keyed(data))
    return found | ({_KEYED: keyed[_KEYED]} if _KEYED in keyed else {})


def read_cover(data: bytes) -> bytes:
    """The cover, or nothing."""
    covers = (_value(item) for item in _items(data) if item.name == b"covr")
    return next(covers, b"")


def atoms(data: bytes) -> Iterator[Atom]:
    """The atoms in a body.

    Raises:
        RequestError: one is cut short.
    """
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            head, size = 16, struct.unpack_from(">Q", data, at + 8)[0]
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise RequestError("the M4A file is damaged or cut short; give a whole file")
        yield Atom(name, data[at + head : at + size], at)
        at += size


def _udta(fields: Mapping[str, str], cover: bytes) -> Atom:
    items = [Atom(item, _data(fields[name])) for name, item in _ITEMS.items() if fields.get(name)]
    items += [Atom(b"----", _free(name, fields[name])) for name in _NAMED if fields.get(name)]
    if cover:
        kind = _PNG if xmp.picture_mime(cover) == "image/png" else _JPEG
        items.append(Atom(b"covr", Atom(b"data", struct.pack(">II", kind, 0) + cover).packed()))
    listed = Atom(b"ilst", b"".join(item.packed() for item in items))
    # Players take the first list; the one with keys comes second.
    metas = [_meta(b"mdir", b"appl", listed)]
    if fields.get(_KEYED):
        key = Atom(b"mdta", _KEYED.encode())
        keys = Atom(b"keys", struct.pack(">II", 0, 1) + key.packed())
        value = Atom(struct.pack(">I", 1), _data(fields[_KEYED]))
        metas.append(_meta(b"mdta", b"\0" * 4, keys, Atom(b"ilst", value.packed())))
    return Atom(b"udta", b"".join(meta.packed() for meta in metas))


def _meta(handler: bytes, maker: bytes, *parts: Atom) -> Atom:
    about = Atom(b"hdlr", bytes(8) + handler + maker + bytes(9))
    return Atom(b"meta", bytes(4) + about.packed() + b"".join(part.packed() for part in parts))


def _data(text: str) -> bytes:
    return Atom(b"data", struct.pack(">II", _UTF8, 0) + text.encode()).packed()


def _free(name: str, text: str) -> bytes:
    mean = Atom(b"mean", bytes(4) + _MEAN).packed()
    return mean + Atom(b"name", bytes(4) + name.encode()).packed() + _data(text)


def _metas(data: bytes) -> Iterator[tuple[bytes, list[Atom]]]:
    """Every list of tags: what kind it is, and its atoms."""
    for moov in _named(atoms(data), b"moov"):
        for udta in _named(atoms(moov.body), b"udta"):
            for meta in _named(atoms(udta.body), b"meta"):
                parts = list(atoms(meta.body[4:]))
                kinds = [part.body[8:12] for part in parts if part.name == b"hdlr"]
                yield (kinds[0] if kinds else b""), parts


def _items(data: bytes) -> Iterator[Atom]:
    for kind, parts in _metas(data):
        for listed in _named(parts, b"ilst"):
            if kind == b"mdir":
                yield from atoms(listed.body)


def _keyed(data: bytes) -> Iterator[tuple[str, str]]:
    for kind, parts in _metas(data):
        if kind != b"mdta":
            continue
        keys = [
            a.body.decode("utf-8", "replace")
            for k in _named(parts, b"keys")
            for a in atoms(k.body[8:])
        ]
        for listed in _named(parts, b"ilst"):
            for item in atoms(listed.body):
                index = int.from_bytes(item.name, "big") - 1
                if 0 <= index < len(keys):
                    yield keys[index], _text(item)


def _named(found: Iterator[Atom] | list[Atom], name: bytes) -> Iterator[Atom]:
    return (atom for atom in found if atom.name == name)


def _value(item: Atom) -> bytes:
    return next((atom.body[8:] for atom in atoms(item.body) if atom.name == b"data"), b"")


def _text(item: Atom) -> str:
    try:
        return _value(item).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"an M4A tag is damaged ({error.reason}); give a whole file") from error


def is_packet(name: bytes, head: bytes) -> bool:
    """Whether an atom that begins so is an XMP packet or a signature."""
    return name == b"uuid" and head[:16] in (_XMP, _C2PA)


def _sound_at(written: list[Atom]) -> int:
    """Where the sound will begin in the file."""
    at = 0
    for atom in written:
        if atom.name == b"mdat":
            return at + atom.body_at
        at += atom.body_at + len(atom.body)
    raise RequestError("the M4A file has no sound in it; give a whole file")


def _sound_at_before(data: bytes, top: list[Atom]) -> int:
    mdat = next(atom for atom in top if atom.name == b"mdat")
    is_long = data[mdat.start : mdat.start + 4] == b"\0\0\0\1"
    return mdat.start + (16 if is_long else 8)


def moved(atom: Atom, shift: int) -> Atom:
    """A header whose chunk offsets, however deep, say that what they point at has moved."""
    if atom.name in _CHUNKS:
        parts = [moved(part, shift) for part in atoms(atom.body)]
        return Atom(atom.name, b"".join(part.packed() for part in parts), atom.start)
    if atom.name not in (b"stco", b"co64"):
        return atom
    letter = "I" if atom.name == b"stco" else "Q"
    (count,) = struct.unpack_from(">I", atom.body, 4)
    offsets = struct.unpack_from(f">{count}{letter}", atom.body, 8)
    packed = struct.pack(f">{count}{letter}", *(offset + shift for offset in offsets))
    return Atom(atom.name, atom.body[:8] + packed, atom.start)
