"""Reads what sounds from MusicXML: notes of every staff, words, bars, keys, tempi, chord symbols.

    sheet = read(Path("song.mxl"))

Some twenty times quicker than a full parser: no layout, no ornaments, grace and cue notes left out,
repeats read once as written. Times are in quarter notes. Knows nothing about what it is read for.
"""

import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MAX_BYTES = 64 << 20
"""Of one unpacked score; the largest of the corpora has a third of it."""


@dataclass(frozen=True)
class Sounded:
    """A note with its ties joined."""

    start: float
    end: float
    pitch: int
    syllable: str | None = None
    """What is sung on it, with "-" at its end where the word goes on; "" only holds the one before;
    None where nothing is written."""

    @property
    def is_sung(self) -> bool:
        return self.syllable is not None


@dataclass(frozen=True)
class Bar:
    """One measure: where it is, its metre (0, 0 where none is written) and key signature."""

    start: float
    length: float
    metre: tuple[int, int]
    fifths: int


@dataclass(frozen=True)
class Symbol:
    """A written chord symbol: root pitch class, MusicXML kind ("minor-seventh"; "none")."""

    start: float
    root: int
    kind: str


@dataclass
class Sheet:
    """What a file says. `staves`: notes by (part, staff) in the order of the file."""

    bars: list[Bar] = field(default_factory=list)
    staves: dict[tuple[int, int], list[Sounded]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    mode: str = ""


class _Part:
    """Walks one part; keeps its clock."""

    def __init__(self, sheet: Sheet, number: int) -> None:
        self.sheet, self.number = sheet, number
        self.divisions, self.transpose, self.fifths = 1.0, 0, 0
        self.metre = (0, 0)
        self.now = self.reach = self.last = 0.0
        self.open: dict[tuple[int, int], tuple[float, str | None]] = {}
        self.notes: dict[int, list[Sounded]] = defaultdict(list)

    def walk(self, part: ET.Element) -> None:
        for measure in part.iterfind("measure"):
            start = self.now = self.reach
            for item in measure:
                self._item(item)
            if self.number == 0:
                length = self.reach - start
                self.sheet.bars.append(Bar(start, length, self.metre, self.fifths))
        for staff, notes in sorted(self.notes.items()):
            self.sheet.staves[self.number, staff] = sorted(notes, key=lambda n: (n.start, n.pitch))

    def _item(self, item: ET.Element) -> None:
        if item.tag == "note":
            self._note(item)
        elif item.tag in ("backup", "forward"):
            sign = -1 if item.tag == "backup" else 1
            self.now += sign * float(item.findtext("duration", "0")) / self.divisions
            self.reach = max(self.reach, self.now)
        elif item.tag == "attributes":
            self._attributes(item)
        elif item.tag == "harmony":
            self._harmony(item)
        elif item.tag in ("direction", "sound") and self.number == 0:
            self._tempo(item)

    def _note(self, note: ET.Element) -> None:
        if note.find("grace") is not None or note.find("cue") is not None:
            return
        length = float(note.findtext("duration", "0")) / self.divisions
        if note.find("chord") is None:
            self.last = self.now
            self.now += length
            self.reach = max(self.reach, self.now)
        step = note.findtext("pitch/step")
        if step is None:
            return
        octave = int(note.findtext("pitch/octave", "4"))
        alter = round(float(note.findtext("pitch/alter", "0")))
        pitch = 12 * (octave + 1) + STEPS[step] + alter + self.transpose
        staff = int(note.findtext("staff", "1"))
        self._sound(note, staff, pitch, self.last + length)

    def _sound(self, note: ET.Element, staff: int, pitch: int, end: float) -> None:
        ties = {tie.get("type") for tie in note.iterfind("tie")}
        key = (staff, pitch)
        syllable = _syllable(note)
        start = self.last
        if "stop" in ties and key in self.open:
            start, syllable = self.open.pop(key)
        if "start" in ties:
            self.open[key] = (start, syllable)
        elif end > start:
            self.notes[staff].append(Sounded(start, end, pitch, syllable))

    def _attributes(self, item: ET.Element) -> None:
        self.divisions = float(item.findtext("divisions", str(self.divisions)))
        key = item.findtext("key/fifths")
        if key is not None:
            self.fifths = int(key)
            self.sheet.mode = self.sheet.mode or item.findtext("key/mode", "")
        if item.find("time/beats") is not None:
            beats, unit = item.findtext("time/beats", "0"), item.findtext("time/beat-type", "0")
            plain = beats.isdigit() and unit.isdigit() and len(item.findall("time/beats")) == 1
            self.metre = (int(beats), int(unit)) if plain else (0, 0)
        chromatic = item.findtext("transpose/chromatic")
        if chromatic is not None:
            octaves = int(item.findtext("transpose/octave-change", "0"))
            self.transpose = round(float(chromatic)) + 12 * octaves

    def _harmony(self, item: ET.Element) -> None:
        step = item.findtext("root/root-step")
        if step is None:
            return
        root = (STEPS[step] + round(float(item.findtext("root/root-alter", "0")))) % 12
        offset = float(item.findtext("offset", "0")) / self.divisions
        kind = item.findtext("kind", "none")
        self.sheet.symbols.append(Symbol(self.now + offset, root, kind))

    def _tempo(self, item: ET.Element) -> None:
        sound = item if item.tag == "sound" else item.find("sound")
        tempo = None if sound is None else sound.get("tempo")
        if tempo is not None and float(tempo) > 0:
            self.sheet.tempi.append((self.now, float(tempo)))


def _syllable(note: ET.Element) -> str | None:
    """Of the first verse."""
    lyric = note.find("lyric")
    if lyric is None:
        return None
    text = "".join(each.text or "" for each in lyric.iterfind("text")).strip()
    goes_on = lyric.findtext("syllabic") in ("begin", "middle")
    return text + "-" if text and goes_on else text


def _content(path: Path) -> bytes:
    """The score inside an .mxl archive, or a plain .musicxml file."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if not n.startswith("META-INF") and "xml" in n]
        if not names:
            raise ValueError(f"{path}: an archive without a score")
        info = archive.getinfo(names[0])
        if info.file_size > MAX_BYTES:
            raise ValueError(f"{path}: {info.file_size} bytes unpacked")
        return archive.read(info)


def read(path: Path) -> Sheet:
    """Reads a partwise score.

    Raises:
        ValueError: it is not one.
    """
    root = ET.fromstring(_content(path))
    if root.tag != "score-partwise":
        raise ValueError(f"{path} is no partwise score: {root.tag}")
    sheet = Sheet(names=[(p.findtext("part-name") or "") for p in root.iter("score-part")])
    for number, part in enumerate(root.iterfind("part")):
        _Part(sheet, number).walk(part)
    sheet.symbols.sort(key=lambda s: s.start)
    return sheet
