"""Reads the zips of scores and writes the training pack: tokens of all windows, all pieces named.

    pip download --no-deps -d packages music21==10.5.1
    python -m training.music.build ../shared/data packages

`cache/music/windows-16.npz` (4/4) and `windows-12.npz` (3/4, 6/8) hold (N, steps) arrays of every
stream, conditions, piece numbers; `pieces.json` names every piece with its licence, its split, and
why it was left out if it was. 8 % of the pieces are held out by the hash of their id.
"""

import argparse
import hashlib
import json
import tempfile
import time
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.conditions import METRES, SIZES
from pipelines.pocket.music.tokens import STEPS_A_BAR, STREAMS
from studio.errors import RequestError
from studio.sounds.sheet import Sheet, read
from training.music.features import Run, runs
from training.music.windows import Piece, Window, windows
from training.slices import CACHE

FOLDER = CACHE / "music"
HELD_OUT = 0.08
DAMAGED = (ET.ParseError, zipfile.BadZipFile, ValueError, KeyError)


@dataclass(frozen=True)
class Chosen:
    """One score of an archive whose scores differ in their terms."""

    path: str
    title: str
    licence: str
    genre: str


@dataclass(frozen=True)
class Source:
    """One archive: where its scores are and on which terms."""

    archive: str
    """Its name, or a pattern."""

    prefix: str
    licence: str = ""
    genre: str = "any"
    chosen: tuple[Chosen, ...] = ()
    """The only scores to take, where not all may be."""


# Each of these says in its own <rights> that it may be used. Of music21's other folders Essen's
# songs are non-commercial, Josquin's GPL, the encodings by M. S. Cuthbert of Beach, Ciconia, Luca
# and Webern share-alike, two Bach suites, Palestrina and an edition of Monteverdi reserved; all
# others (Bach's chorales, quartets, Airds, O'Neill, Ryan, Trecento …) name no licence at all.
MUSIC21 = (
    Chosen("johnson_j_r/lift_every_voice.mxl", "Lift Every Voice and Sing", "CC0-1.0", "art song"),
    Chosen("liliuokalani/aloha_oe.mxl", "Aloha Oe", "CC0-1.0", "art song"),
    Chosen("lusitano/allor_che_ignuda.mxl", "Allor che ignuda", "CC0-1.0", "chamber"),
    Chosen("leadSheet/fosterBrownHair.mxl", "Jeanie With The Light Brown Hair", "public domain",
           "folk"),
    Chosen("weber/concertino_clarinet.mxl", "Concertino for clarinet", "public domain", "chamber"),
    Chosen("corelli/opus3no1/1grave.xml", "Sonata da chiesa, op. 3 no. 1 (edition: Michael Scott "
           "Cuthbert, 2014)", "CC-BY", "chamber"),
)  # fmt: skip

SOURCES = (
    Source("openscore-lieder.zip", "lieder", "CC0-1.0", "art song"),
    Source("openscore-string-quartets.zip", "quartets", "CC0-1.0", "chamber"),
    Source("openewld-public-domain.zip", "openewld", "public domain", "folk"),
    Source("music21-10.5.1-*.whl", "music21", chosen=MUSIC21),
)

STYLES = {
    "Swing": "jazz swing", "Big Band": "jazz swing", "Dixieland": "jazz swing",
    "Ragtime": "ragtime", "Ballad": "pop ballad", "Easy Listening": "pop ballad", "Folk": "folk",
    "Bluegrass": "country", "Country": "country", "Country Rock": "country",
    "Honky Tonk": "country", "Blues Rock": "blues", "Rhythm & Blues": "blues",
    "Marches": "march", "Reggae": "reggae", "Ska": "reggae", "Romantic": "art song",
    "Neo-Romantic": "art song", "Classical": "chamber", "Celtic": "folk",
}  # fmt: skip
GENRE_OF = {"Pop": "pop", "Rock": "rock", "Jazz": "jazz swing", "Classical": "art song"}


@dataclass
class Entry:
    """A piece in the index."""

    id: str
    source: str
    path: str
    title: str
    licence: str
    genre: str
    is_held_out: bool
    windows: int = 0
    left_out: str = ""


def is_held_out(piece_id: str) -> bool:
    """Decided by the id alone, so that it never changes."""
    digest = hashlib.sha256(f"music {piece_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT


def pieces(folder: Path = FOLDER) -> list[Entry]:
    """The index, in the order of the packs' piece numbers."""
    return [Entry(**e) for e in json.loads((folder / "pieces.json").read_text("utf-8"))]


def held_out_pieces(folder: Path = FOLDER) -> NDArray[np.int64]:
    """Numbers of the pieces that are never trained on."""
    return np.array([n for n, e in enumerate(pieces(folder)) if e.is_held_out], np.int64)


def _ewld_genre(entry: dict) -> str:
    for style in entry["styles"]:
        if style in STYLES:
            return STYLES[style]
    found = [GENRE_OF[g] for g in entry["genres"] if g in GENRE_OF]
    return found[0] if found else "folk"


def _sheets(source: Source, folder: Path) -> list[tuple[Entry, Path, tuple[int, int]]]:
    """Every score of an archive with its entry and the metre to assume where none is written."""
    if source.chosen:
        return [_chosen_sheet(source, each, folder) for each in source.chosen]
    index: dict[str, dict] = {}
    if (folder / "index.json").exists():
        index = {e["path"]: e for e in json.loads((folder / "index.json").read_text("utf-8"))}
    found = []
    for path in sorted((folder / "scores").rglob("*.mxl")):
        relative = path.relative_to(folder).as_posix()
        about = index.get(relative)
        name = f"{source.prefix}/{path.stem}"
        title = about["title"] if about else "/".join(path.relative_to(folder).parts[1:-1])
        genre = _ewld_genre(about) if about else source.genre
        metre = (0, 0)
        if about:
            beats, unit = about["meter"].split("/")
            metre = (int(beats), int(unit))
        entry = Entry(
            name, source.prefix, relative, title, source.licence, genre, is_held_out(name)
        )
        found.append((entry, path, metre))
    return found


def _chosen_sheet(
    source: Source, each: Chosen, folder: Path
) -> tuple[Entry, Path, tuple[int, int]]:
    name = f"{source.prefix}/{Path(each.path).with_suffix('').as_posix()}"
    path = f"music21/corpus/{each.path}"
    entry = Entry(
        name, source.prefix, path, each.title, each.licence, each.genre, is_held_out(name)
    )
    return entry, folder / path, (0, 0)


def _archive(source: Source, folders: Sequence[Path]) -> Path:
    """The archive of a source in one of some folders.

    Raises:
        RequestError: none of them has it.
    """
    found = [path for folder in folders for path in sorted(folder.glob(source.archive))]
    if not found:
        where = ", ".join(map(str, folders))
        raise RequestError(f"no {source.archive} in {where}; see the commands in build.py")
    return found[0]


def _tempo(sheet: Sheet, run: Run) -> float | None:
    before = [bpm for at, bpm in sheet.tempi if at <= run.start + 1e-6]
    return before[-1] if before else None


def _piece_windows(entry: Entry, sheet: Sheet, metre: tuple[int, int]) -> list[Window]:
    found: list[Window] = []
    end = max((b.start + b.length for b in sheet.bars), default=0.0)
    for run in runs(sheet, metre):
        piece = Piece(entry.id, entry.genre, _tempo(sheet, run), end)
        found += windows(run, piece)
    return found


class Pack:
    """Collects windows by their number of steps and writes them."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, list]] = defaultdict(lambda: defaultdict(list))

    def add(self, window: Window, piece: int) -> None:
        rows = self.rows[STEPS_A_BAR[window.grid.metre]]
        for name in STREAMS:
            rows[name].append(window.grid.stream(name))
        rows["phrases"].append(window.phrases)
        rows["conditions"].append([window.numbers[k] for k in SIZES])
        rows["metre"].append(METRES.index(window.grid.metre))
        rows["piece"].append(piece)
        rows["bar"].append(window.bar)
        rows["sung"].append(window.is_sung)

    def write(self, folder: Path) -> None:
        for a_bar, rows in self.rows.items():
            arrays = {name: np.array(values) for name, values in rows.items()}
            np.savez_compressed(folder / f"windows-{a_bar}.npz", **arrays)


def build(data: Sequence[Path], folder: Path = FOLDER) -> None:
    """Reads every archive of SOURCES in some folders."""
    folder.mkdir(parents=True, exist_ok=True)
    pack, entries, start = Pack(), [], time.monotonic()
    for source in SOURCES:
        with tempfile.TemporaryDirectory() as work:
            with zipfile.ZipFile(_archive(source, data)) as archive:
                archive.extractall(work)
            for entry, path, metre in _sheets(source, Path(work)):
                _one(entry, path, metre, pack, len(entries))
                entries.append(entry)
        print(f"{source.prefix}: {time.monotonic() - start:.0f} s", flush=True)
    pack.write(folder)
    lines = json.dumps([asdict(e) for e in entries], indent=1, ensure_ascii=False)
    (folder / "pieces.json").write_text(lines + "\n", "utf-8")


def _one(entry: Entry, path: Path, metre: tuple[int, int], pack: Pack, number: int) -> None:
    try:
        found = _piece_windows(entry, read(path), metre)
    except DAMAGED as error:
        entry.left_out = f"cannot be read: {error}"
        return
    entry.windows = len(found)
    if not found:
        entry.left_out = "no eight regular bars in 4/4, 3/4 or 6/8 on the grid"
    for window in found:
        pack.add(window, number)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+", help="folders with the archives")
    build(parser.parse_args().data)
