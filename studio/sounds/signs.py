"""What hangs on written notes: the word under them, accidentals, beams.

Knows no file format.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.score import Note
from studio.sounds.notation import Event, Metre
from studio.sounds.spelling import Signature, spell

_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_SYLLABICS = {
    (False, False): "single",
    (False, True): "begin",
    (True, True): "middle",
    (True, False): "end",
}
"""By whether a word is going on before and after."""

_BEAMS = {"eighth": 1, "16th": 2}


@dataclass(frozen=True)
class Word:
    """What stands under a note."""

    text: str = ""
    syllabic: str = "single"
    holds: bool = False
    """Notes after it are sung on it too."""

    is_held: bool = False
    ends_hold: bool = False


@dataclass(frozen=True)
class Sign:
    """One event with all that hangs on it."""

    event: Event
    word: Word = Word()
    accidental: str = ""
    beams: tuple[str, ...] = ()


def words_of(notes: Sequence[Note]) -> dict[float, Word]:
    """By the beat of each sung note: its text, its place in the word, and what it holds."""
    found: dict[float, Word] = {}
    is_inside, syllabic, is_sung = False, "single", False
    for index, note in enumerate(notes):
        following = notes[index + 1].syllable if index + 1 < len(notes) else ""
        if note.syllable == "-":
            # Without a word before it there is nothing to hold.
            ends = is_sung and following != "-"
            found[note.start_beats] = Word("", syllabic, is_held=is_sung, ends_hold=ends)
            continue
        goes_on = note.syllable.endswith("-")
        syllabic = _SYLLABICS[is_inside, goes_on]
        found[note.start_beats] = Word(
            note.syllable.removesuffix("-"), syllabic, holds=following == "-"
        )
        is_inside, is_sung = goes_on, True
    return found


def signs_of(
    events: Sequence[Event], words: dict[float, Word], signature: Signature, metre: Metre
) -> list[Sign]:
    accidentals = _accidentals(events, signature)
    beams = _beams(events, metre)
    return [
        Sign(
            event,
            words.get(event.note.start_beats, Word()) if event.note else Word(),
            accidental,
            beam,
        )
        for event, accidental, beam in zip(events, accidentals, beams, strict=True)
    ]


def _accidentals(events: Sequence[Event], signature: Signature) -> Iterator[str]:
    """The sign in front of each note of a bar, where key and bar do not say it already."""
    heard: dict[tuple[str, int], int] = {}
    for event in events:
        if event.note is None or not event.is_first:
            yield ""
            continue
        spelling = spell(event.note.pitch, signature)
        place = (spelling.step, spelling.octave)
        before = heard.get(place, signature.alter(spelling.step))
        heard[place] = spelling.alter
        yield "" if before == spelling.alter else _ACCIDENTALS[spelling.alter]


def _beams(events: Sequence[Event], metre: Metre) -> list[tuple[str, ...]]:
    """Of each event, its beams; short notes of one beat are joined."""
    found: list[tuple[str, ...]] = [()] * len(events)
    for group in _groups(events, metre):
        depths = [_BEAMS[events[index].value[0]] for index in group]
        for place, index in enumerate(group):
            before = depths[place - 1] if place else 0
            after = depths[place + 1] if place + 1 < len(group) else 0
            levels = range(1, depths[place] + 1)
            found[index] = tuple(_beam(level, before, after, place) for level in levels)
    return found


def _groups(events: Sequence[Event], metre: Metre) -> Iterator[list[int]]:
    group: list[int] = []
    for index, event in enumerate(events):
        is_short = event.note is not None and event.value[0] in _BEAMS
        if group and (
            not is_short or event.start // metre.beat != events[group[0]].start // metre.beat
        ):
            if len(group) > 1:
                yield group
            group = []
        if is_short:
            group.append(index)
    if len(group) > 1:
        yield group


def _beam(level: int, before: int, after: int, place: int) -> str:
    if before >= level and after >= level:
        return "continue"
    if after >= level:
        return "begin"
    if before >= level:
        return "end"
    return "backward hook" if place else "forward hook"
