"""Reads a folder of pictures with captions, checked before any time is spent on them.

A caption comes from `metadata.jsonl` or `metadata.csv` (columns file_name and text or caption, as
Hugging Face's ImageFolder has them, and licence where pictures differ), from a .txt of the same
name, or else from the file's name. Knows nothing about models.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import RequestError
from studio.lesson import Example
from studio.pictures import read_picture
from studio.rights.licences import check_known
from studio.weights import file_sha256

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
FEWEST, MOST = 5, 50
SMALLEST_PX = 64
LONGEST_CAPTION = 500
_SAYS_NOTHING = re.compile(
    r"(?:img|dsc[nf]?|pxl|mvimg|image|photo|pic|picture|file|untitled|scan|screenshot)?"
    r"[\d\W_]*(?:[0-9a-f]{8,})?",
    re.IGNORECASE,
)
"""Names that cameras and programs give."""

_CAPTIONS = ("text", "caption", "prompt")
_LICENCES = ("licence", "license")


@dataclass(frozen=True)
class _About:
    """What metadata says of a file."""

    caption: str
    licence: str


def read_folder(folder: Path, licence: str = "") -> tuple[Example, ...]:
    """The examples of a folder, in the order of their names.

    Args:
        licence: SPDX expression for every picture that has none of its own.

    Raises:
        RequestError: no folder, too few or too many pictures, one that is damaged, too small or
            twice there, metadata that cannot be read, or a licence that nobody knows.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise RequestError(f"{str(folder)!r} {what}; give a folder of {FEWEST} to {MOST} pictures")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not FEWEST <= len(files) <= MOST:
        raise RequestError(
            f"{str(folder)!r} has {len(files)} pictures (PNG, JPEG, WebP); give {FEWEST} to {MOST}"
        )
    about = _metadata(folder)
    if stray := sorted(set(about) - {path.name for path in files}):
        raise RequestError(f"the metadata names {stray[0]!r}, which is no picture in {folder}")
    found = tuple(_example(path, about.get(path.name), licence) for path in files)
    _check_different(found)
    return found


def _example(path: Path, about: _About | None, licence: str) -> Example:
    picture = read_picture(path)
    if min(picture.size) < SMALLEST_PX:
        raise RequestError(
            f"{path.name!r} is {picture.width}x{picture.height}; give pictures of at least "
            f"{SMALLEST_PX}x{SMALLEST_PX}"
        )
    caption = about.caption if about and about.caption else _caption_beside(path)
    if not caption or len(caption) > LONGEST_CAPTION:
        raise RequestError(
            f"the caption of {path.name!r} has {len(caption)} characters; "
            f"write 1 to {LONGEST_CAPTION}"
        )
    licence = about.licence if about and about.licence else licence
    if licence:
        check_known(licence)
    return Example(path, caption, file_sha256(path), licence)


def _caption_beside(path: Path) -> str:
    beside = path.with_suffix(".txt")
    if not beside.is_file():
        caption = caption_of_name(path.stem)
        if _SAYS_NOTHING.fullmatch(caption):
            raise RequestError(
                f"{path.name!r} has no caption, and its name says nothing; "
                f"write what it shows into {beside.name!r}"
            )
        return caption
    try:
        return " ".join(beside.read_text("utf-8-sig").split())
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"the caption {beside.name!r} is not UTF-8 text; convert it") from error


def caption_of_name(stem: str) -> str:
    """ "red_apple-03" → "red apple"."""
    words = re.sub(r"[_\-.]+", " ", stem)
    return " ".join(re.sub(r"\s*\(?\d+\)?\s*$", "", words).split()) or stem


def _metadata(folder: Path) -> dict[str, _About]:
    lines, table = folder / "metadata.jsonl", folder / "metadata.csv"
    try:
        if lines.is_file():
            return dict(_rows(lines.name, _json_rows(lines)))
        if table.is_file():
            with table.open(encoding="utf-8-sig", newline="") as file:
                return dict(_rows(table.name, enumerate(csv.DictReader(file), start=2)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"the metadata in {folder} cannot be read: {error}") from error
    return {}


def _json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise RequestError(f"{path.name} line {number} is no JSON: {error}") from error


def _rows(name: str, rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[str, _About]]:
    for number, row in rows:
        if not isinstance(row, dict) or not row.get("file_name"):
            raise RequestError(f"{name} line {number} has no file_name; name the picture there")
        yield str(row["file_name"]), _About(_first(row, _CAPTIONS), _first(row, _LICENCES))


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = next((str(row[name]) for name in names if row.get(name)), "")
    return " ".join(found.split())


def _check_different(examples: tuple[Example, ...]) -> None:
    """Refuse a picture that is there twice: one held out would be learned all the same."""
    seen: dict[str, str] = {}
    for each in examples:
        if other := seen.get(each.sha256):
            raise RequestError(f"{other!r} and {each.path.name!r} are the same; remove one")
        seen[each.sha256] = each.path.name


def held_out(examples: tuple[Example, ...]) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Those to learn from, and the few that only tell when to stop: about one of ten.

    Chosen by their hashes, so that the same pictures always fall alike.
    """
    count = max(1, round(len(examples) / 10))
    chosen = set(sorted(each.sha256 for each in examples)[:count])
    return (
        tuple(each for each in examples if each.sha256 not in chosen),
        tuple(each for each in examples if each.sha256 in chosen),
    )
