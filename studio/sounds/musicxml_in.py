"""The melody of a lead sheet or score in MusicXML, plain or compressed, to accompany it.

Any program's files: MuseScore, Finale, Sibelius, Dorico, and what `musicxml` writes. Repeats are
read once as written. Knows nothing about sound.
"""

import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.errors import RequestError
from studio.score import NOTE_NAMES, Mode, Note, Part, Score
from studio.sounds.melody import Melody, melody_of
from studio.sounds.sheet import MAX_BYTES, Sheet, Sounded, read

MAX_NOTES = 100_000
SUFFIXES = (".musicxml", ".mxl", ".xml")
_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    ElementTree.ParseError,
    zipfile.BadZipFile,
    zlib.error,
)
_DEFAULT_TEMPO_BPM = 120.0
_FIFTH = 7
"""Semitones."""


def is_musicxml(path: Path, head: bytes) -> bool:
    """Whether a file with these first bytes says that it is MusicXML."""
    if head.startswith(b"PK"):
        return path.suffix.lower() == ".mxl"
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and path.suffix.lower() in SUFFIXES


def read_musicxml(path: Path) -> Melody:
    """The melody to accompany: the part called so, else the highest line; chords by their top.

    Raises:
        RequestError: missing, not a partwise score, damaged, too large, or no notes in it.
    """
    if not path.is_file():
        raise RequestError(f"score {str(path)!r} does not exist; give the path of a .musicxml file")
    if path.stat().st_size > MAX_BYTES:
        raise RequestError(f"score {path.name!r} is over {MAX_BYTES >> 20} MB; cut it")
    try:
        sheet = read(path)
    except _DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RequestError(
            f"score {path.name!r} cannot be read ({reason}); export it as partwise MusicXML again"
        ) from error
    count = sum(map(len, sheet.staves.values()))
    if not 0 < count <= MAX_NOTES:
        raise RequestError(f"score {path.name!r} has {count} notes; give one of 1 to {MAX_NOTES}")
    melody = melody_of(_score(sheet))
    assert melody is not None, "no staff is taken for drums"
    return melody


def _score(sheet: Sheet) -> Score:
    end = max(note.end for notes in sheet.staves.values() for note in notes)
    bars_end = sheet.bars[-1].start + sheet.bars[-1].length if sheet.bars else end
    key, mode = _key(sheet)
    return Score(
        tempo_bpm=_tempo(sheet, end),
        metre=next((bar.metre for bar in sheet.bars if bar.metre[0]), (4, 4)),
        key=key,
        mode=mode,
        parts=tuple(_parts(sheet)),
        chords=(),
        sections=(),
        length_beats=max(end, bars_end),
    )


def _key(sheet: Sheet) -> tuple[str, Mode]:
    is_minor = sheet.mode == "minor"
    fifths = sheet.bars[0].fifths if sheet.bars else 0
    tonic = (fifths * _FIFTH + (9 if is_minor else 0)) % 12
    return NOTE_NAMES[tonic], "minor" if is_minor else "major"


def _tempo(sheet: Sheet, end: float) -> float:
    """The one that lasts longest; `sheet` counts quarter notes."""
    starts = sorted(sheet.tempi)
    lasting: dict[float, float] = defaultdict(float)
    for (start, bpm), (until, _) in zip(starts, [*starts[1:], (end, 0.0)], strict=True):
        lasting[bpm] += max(0.0, until - start)
    return max(lasting, key=lambda bpm: lasting[bpm], default=_DEFAULT_TEMPO_BPM)


def _parts(sheet: Sheet) -> Iterator[Part]:
    for (number, staff), notes in sheet.staves.items():
        named = sheet.names[number] if number < len(sheet.names) else ""
        is_sung = any(note.is_sung for note in notes)
        name = f"{named or 'part'} {number + 1}.{staff}"
        yield Part(name, "vocals" if is_sung else "texture", named, tuple(_notes(notes)))


def _notes(sounded: Sequence[Sounded]) -> Iterator[Note]:
    """A note without a word of its own holds the one before it."""
    is_singing = False
    for each in sounded:
        pitch = min(max(each.pitch, 0), 127)
        syllable = each.syllable or ("-" if is_singing else "")
        is_singing = bool(syllable)
        yield Note(each.start, each.end - each.start, pitch, syllable=syllable)
