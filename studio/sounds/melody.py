"""The tune of a piece: which part leads it, and one line of notes out of that part.

Knows no file format.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from studio.score import Note, Part, Score

_LEADING = re.compile(r"melod|vocal|voice|lead|sing|tune|旋律|人声|主唱", re.IGNORECASE)


@dataclass(frozen=True)
class Melody:
    """One line of notes, one at a time, with what the file says about its time."""

    notes: tuple[Note, ...]
    tempo_bpm: float
    metre: tuple[int, int]
    length_beats: float
    name: str = ""
    """Of the track it comes from."""


def melody_of(score: Score) -> Melody | None:
    """The line to accompany: the part called so, else the highest; chords by their top.

    None where there are only drums.
    """
    pitched = [part for part in score.parts if not part.is_drums]
    if not pitched:
        return None
    part = min(pitched, key=_melody_rank)
    return Melody(
        notes=tuple(_top_line(part.notes)),
        tempo_bpm=score.tempo_bpm,
        metre=score.metre,
        length_beats=score.length_beats,
        name=part.name,
    )


def leads(name: str) -> bool:
    """Whether a part is called the tune."""
    return bool(_LEADING.search(name))


def _melody_rank(part: Part) -> tuple[int, float]:
    """Less is more of a melody."""
    signs = (part.role == "vocals", leads(part.name), part.role == "melody", True)
    named = signs.index(True)
    height = sum(note.pitch for note in part.notes) / len(part.notes)
    # An octave lower weighs as much as having half of the notes in chords.
    return named, -height - 24 * share_alone(part.notes) + (60 if part.role == "bass" else 0)


def share_alone(notes: Iterable[Note]) -> float:
    """How many of the onsets have one note only."""
    onsets: dict[float, int] = defaultdict(int)
    for note in notes:
        onsets[round(note.start_beats * 8) / 8] += 1
    return sum(1 for count in onsets.values() if count == 1) / max(1, len(onsets))


def _top_line(notes: Iterable[Note]) -> Iterator[Note]:
    highest: dict[float, Note] = {}
    for note in notes:
        above = highest.get(note.start_beats)
        if above is None or note.pitch > above.pitch:
            highest[note.start_beats] = note
    line = [highest[start] for start in sorted(highest)]
    for note, following in zip(line, [*line[1:], None], strict=True):
        room = following.start_beats - note.start_beats if following else note.length_beats
        yield replace(note, length_beats=min(note.length_beats, room))
