"""Lead sheets: melody, chord symbols, words and form of a score, as MusicXML 4.0.

Every part that sings or leads has a staff; chords, tempo and rehearsal marks stand over the first.
A syllable that ends with "-" goes on in the next one, "-" alone holds the one before. Knows
nothing about sound.
"""

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

from studio import __version__
from studio.errors import SaveError
from studio.score import Chord, Note, Part, Score
from studio.sounds.notation import TICKS, Event, is_swung, metre_of, unswung, write_line
from studio.sounds.signs import Sign, signs_of, words_of
from studio.sounds.spelling import Signature, Spelling, chord_suffix, key_signature, spell

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_KINDS = {
    "maj": "major",
    "min": "minor",
    "dim": "diminished",
    "aug": "augmented",
    "sus2": "suspended-second",
    "sus4": "suspended-fourth",
    "7": "dominant",
    "maj7": "major-seventh",
    "min7": "minor-seventh",
    "m7b5": "half-diminished",
    "dim7": "diminished-seventh",
    "6": "major-sixth",
    "min6": "minor-sixth",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "min9": "minor-ninth",
    "5": "power",
}
# What XML cannot hold; a title may have been typed with it.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_musicxml(score: Score, path: Path) -> None:
    """Write the lead sheet.

    Raises:
        RequestError: a metre that cannot be written.
        SaveError: the file could not be written.
    """
    text = to_musicxml(score)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error


def to_musicxml(score: Score) -> str:
    """The text of the file."""
    root = Element("score-partwise", version="4.0")
    if score.title:
        _add(_add(root, "work"), "work-title", score.title)
    encoding = _add(_add(root, "identification"), "encoding")
    _add(encoding, "software", f"Multimodal Studio {__version__}")
    _add(encoding, "supports", element="accidental", type="yes")
    _add(encoding, "supports", element="beam", type="yes")
    parts = _leading(score)
    listed = _add(root, "part-list")
    for number, part in enumerate(parts, 1):
        entry = _add(listed, "score-part", id=f"P{number}")
        _add(entry, "part-name", part.name)
    for number, part in enumerate(parts, 1):
        staff = _add(root, "part", id=f"P{number}")
        staff.extend(list(_Staff(score, part, has_marks=number == 1).measures()))
    ElementTree.indent(root, " ")
    return _HEAD + ElementTree.tostring(root, encoding="unicode") + "\n"


def _leading(score: Score) -> tuple[Part, ...]:
    """What a lead sheet shows; of a piece without a melody, an empty staff for its chords."""
    order = ("vocals", "melody")
    found = [part for part in score.parts if part.role in order and part.notes]
    found.sort(key=lambda part: order.index(part.role))
    # What is spoken has no tune to read.
    found = [part for part in found if not part.is_spoken]
    return tuple(found) or (Part("Lead", "melody", "", ()),)


class _Staff:
    """One part, bar by bar."""

    def __init__(self, score: Score, part: Part, has_marks: bool) -> None:
        self.score = score
        pitched = (part for part in score.parts if not (part.is_drums or part.is_spoken))
        self.has_swing = is_swung([note for each in pitched for note in each.notes])
        notes = tuple(unswung(note) for note in part.notes) if self.has_swing else part.notes
        self.part = replace(part, notes=notes)
        self.has_marks = has_marks
        self.metre = metre_of(*score.metre)
        self.signature = key_signature(score.key, score.mode)
        # The last bar may be shorter where a length in seconds was asked for; it is written whole.
        self.bars = max(1, math.ceil(score.length_beats * TICKS / self.metre.bar - 0.01))

    def measures(self) -> Iterator[Element]:
        lines = write_line(self.part.notes, self.metre, self.bars)
        words = words_of([note for note in self.part.notes if note.syllable])
        for index, events in enumerate(lines):
            measure = Element("measure", number=str(index + 1))
            self._open(measure, index)
            self._fill(measure, index, signs_of(events, words, self.signature, self.metre))
            if index == self.bars - 1:
                line = _add(measure, "barline", location="right")
                _add(line, "bar-style", "light-heavy")
            yield measure

    def _open(self, measure: Element, index: int) -> None:
        start = index * self.metre.bar
        if index and any(_tick(section.start_beats) == start for section in self.score.sections):
            line = _add(measure, "barline", location="left")
            _add(line, "bar-style", "light-light")
        if index == 0:
            measure.append(self._attributes())
            if self.has_marks:
                measure.append(self._tempo())

    def _attributes(self) -> Element:
        found = Element("attributes")
        _add(found, "divisions", str(TICKS))
        key = _add(found, "key")
        _add(key, "fifths", str(self.signature.fifths))
        _add(key, "mode", self.score.mode)
        time = _add(found, "time")
        _add(time, "beats", str(self.score.metre[0]))
        _add(time, "beat-type", str(self.score.metre[1]))
        sign, line, octave = _clef(self.part.notes)
        clef = _add(found, "clef")
        _add(clef, "sign", sign)
        _add(clef, "line", line)
        if octave:
            _add(clef, "clef-octave-change", octave)
        return found

    def _tempo(self) -> Element:
        is_dotted = self.metre.beat == TICKS * 3 // 2
        found = Element("direction", placement="above")
        if self.has_swing:
            _add(_add(found, "direction-type"), "words", "Swing")
        mark = _add(_add(found, "direction-type"), "metronome")
        _add(mark, "beat-unit", "quarter")
        if is_dotted:
            _add(mark, "beat-unit-dot")
        tempo = self.score.tempo_bpm / (1.5 if is_dotted else 1)
        _add(mark, "per-minute", f"{tempo:.5g}")
        sound = _add(found, "sound", tempo=f"{self.score.tempo_bpm:.6g}")
        if self.has_swing:
            swing = _add(sound, "swing")
            _add(swing, "first", "2")
            _add(swing, "second", "1")
            _add(swing, "swing-type", "eighth")
        return found

    def _fill(self, measure: Element, index: int, signs: Sequence[Sign]) -> None:
        events = [sign.event for sign in signs]
        if all(event.note is None for event in events):
            # A whole bar's rest is one sign in every metre.
            start = index * self.metre.bar
            self._marks(measure, Event(start, self.metre.bar, None))
            note = _add(measure, "note")
            _add(note, "rest", measure="yes")
            _add(note, "duration", str(self.metre.bar))
            _add(note, "voice", "1")
            return
        for sign in signs:
            self._marks(measure, sign.event)
            measure.append(_note(sign, self.signature))

    def _marks(self, measure: Element, event: Event) -> None:
        """What stands over an event; what begins within it has an offset."""
        if not self.has_marks:
            return
        for section in self.score.sections:
            offset = _tick(section.start_beats) - event.start
            if 0 <= offset < event.length:
                mark = _add(measure, "direction", placement="above")
                _add(_add(mark, "direction-type"), "rehearsal", section.name.capitalize())
                _offset(mark, offset)
        for chord in self.score.chords:
            offset = _tick(chord.start_beats) - event.start
            if 0 <= offset < event.length:
                measure.append(_harmony(chord, offset, self.signature))


def _harmony(chord: Chord, offset: int, signature: Signature) -> Element:
    found = Element("harmony")
    _step(_add(found, "root"), "root", spell(chord.root, signature))
    _add(found, "kind", _KINDS[chord.quality]).set("text", chord_suffix(chord))
    if chord.bass not in (None, chord.root):
        _step(_add(found, "bass"), "bass", spell(chord.bass, signature))
    _offset(found, offset)
    return found


def _step(parent: Element, name: str, spelling: Spelling) -> None:
    _add(parent, f"{name}-step", spelling.step)
    if spelling.alter:
        _add(parent, f"{name}-alter", str(spelling.alter))


def _offset(parent: Element, ticks: int) -> None:
    if ticks:
        _add(parent, "offset", str(ticks))


def _note(sign: Sign, signature: Signature) -> Element:
    event, found = sign.event, Element("note")
    if event.note is None:
        _add(found, "rest")
    else:
        spelling = spell(event.note.pitch, signature)
        pitch = _add(found, "pitch")
        _add(pitch, "step", spelling.step)
        if spelling.alter:
            _add(pitch, "alter", str(spelling.alter))
        _add(pitch, "octave", str(spelling.octave))
    _add(found, "duration", str(event.length))
    ties = _ties(event)
    for kind in ties:
        _add(found, "tie", type=kind)
    _add(found, "voice", "1")
    name, dots = event.value
    _add(found, "type", name)
    for _ in range(dots):
        _add(found, "dot")
    if sign.accidental:
        _add(found, "accidental", sign.accidental)
    if event.in_triplet:
        modification = _add(found, "time-modification")
        _add(modification, "actual-notes", "3")
        _add(modification, "normal-notes", "2")
    for number, kind in enumerate(sign.beams, 1):
        _add(found, "beam", kind, number=str(number))
    _notations(found, sign, ties)
    _lyric(found, sign)
    return found


def _ties(event: Event) -> list[str]:
    if event.note is None:
        return []
    return ["stop"] * (not event.is_first) + ["start"] * (not event.is_last)


def _notations(found: Element, sign: Sign, ties: list[str]) -> None:
    event, word = sign.event, sign.word
    marks = [Element("tied", type=kind) for kind in ties]
    if word.holds and event.is_first:
        marks.append(Element("slur", type="start", number="1"))
    if word.ends_hold and event.is_last:
        marks.append(Element("slur", type="stop", number="1"))
    if event.in_triplet and event.start % TICKS == 0:
        marks.append(Element("tuplet", type="start", number="1", bracket="yes"))
    if event.in_triplet and (event.start + event.length) % TICKS == 0:
        marks.append(Element("tuplet", type="stop", number="1"))
    if marks:
        _add(found, "notations").extend(marks)


def _lyric(found: Element, sign: Sign) -> None:
    word = sign.word
    if not sign.event.is_first or not (word.text or word.is_held):
        return
    ends_word = word.syllabic in ("single", "end")
    if word.text:
        lyric = _add(found, "lyric", number="1")
        _add(lyric, "syllabic", word.syllabic)
        _add(lyric, "text", word.text)
        if word.holds and ends_word:
            _add(lyric, "extend", type="start")
    elif ends_word:
        lyric = _add(found, "lyric", number="1")
        _add(lyric, "extend", type="stop" if word.ends_hold else "continue")


def _clef(notes: Sequence[Note]) -> tuple[str, str, str]:
    """Sign, line and octave change that keep most notes on the staff."""
    if not notes:
        return "G", "2", ""
    middle = sorted(note.pitch for note in notes)[len(notes) // 2]
    if middle < 50:
        return "F", "4", ""
    return "G", "2", "-1" if middle < 60 else ""


def _tick(beats: float) -> int:
    return round(beats * TICKS)


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    found = ElementTree.SubElement(parent, name, attributes)
    if text:
        found.text = _NOT_XML.sub("", text)
    return found
