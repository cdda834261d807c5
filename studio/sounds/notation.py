"""Notes as they can be written: on a grid, cut at bar lines and beats, with values and ties.

Time is in whole ticks, `TICKS` to a beat (a quarter note), so that sixteenths and triplets are
exact. Knows no file format.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from studio.errors import RequestError
from studio.score import Note

TICKS = 12
_BREATH = 0.22
_STRAIGHT = (0, 3, 6, 9, 12)
_TRIPLET = (0, 4, 8, 12)
_VALUES = {
    48: ("whole", 0),
    36: ("half", 1),
    24: ("half", 0),
    18: ("quarter", 1),
    12: ("quarter", 0),
    9: ("eighth", 1),
    6: ("eighth", 0),
    3: ("16th", 0),
}
_TRIPLETS = {8: ("quarter", 0), 4: ("eighth", 0)}


@dataclass(frozen=True)
class Event:
    """A piece of a note, or of a rest where `note` is None, that one sign can stand for."""

    start: int
    length: int
    note: Note | None
    is_first: bool = True
    """The note begins here; otherwise it is tied to the piece before."""

    is_last: bool = True
    in_triplet: bool = False

    @property
    def value(self) -> tuple[str, int]:
        """Name of the note value, and how many dots."""
        return (_TRIPLETS if self.in_triplet else _VALUES)[self.length]


@dataclass(frozen=True)
class Metre:
    """`bar` and `beat` in ticks; a beat of 6/8 is a dotted quarter."""

    bar: int
    beat: int


def metre_of(beats: int, unit: int) -> Metre:
    """From what stands at the beginning of a staff.

    Raises:
        RequestError: a unit that is no note value from whole to sixteenth.
    """
    if unit not in (1, 2, 4, 8, 16) or beats < 1:
        raise RequestError(f"metre {beats}/{unit} cannot be written; use 4/4, 3/4 or 6/8")
    tick = TICKS * 4 // unit
    is_compound = unit >= 8 and beats % 3 == 0
    return Metre(bar=beats * tick, beat=tick * 3 if is_compound else max(tick, TICKS))


def is_swung(notes: Iterable[Note]) -> bool:
    """Whether the second eighth of the beats comes at two thirds, and nothing at one third."""
    inside = [note.start_beats % 1 for note in notes]
    late = sum(1 for place in inside if abs(place - 2 / 3) < 0.05)
    other = sum(1 for place in inside if 0.2 < place < 0.6)
    return late >= 4 and other * 8 <= late


def unswung(note: Note) -> Note:
    """With eighths of the same length, as swing is written."""
    start, end = _even(note.start_beats), _even(note.end_beats)
    return replace(note, start_beats=start, length_beats=end - start)


def _even(beats: float) -> float:
    beat, inside = divmod(beats, 1)
    return beat + (inside * 0.75 if inside < 2 / 3 else 0.5 + (inside - 2 / 3) * 1.5)


def write_line(notes: Iterable[Note], metre: Metre, bars: int) -> list[list[Event]]:
    """One line of notes as signs, bar by bar, rests filled in.

    Notes that overlap end where the next one begins; what lies behind the last bar is left out.
    """
    end = bars * metre.bar
    ordered = _tidied(_highest(notes))
    triplets = _triplet_beats(ordered, metre)
    placed = list(_placed(ordered, triplets, end))
    pieces: list[list[Event]] = [[] for _ in range(bars)]
    for event in _with_rests(placed, end):
        for piece in _cut(event, metre, triplets):
            pieces[piece.start // metre.bar].append(piece)
    return pieces


def _highest(notes: Iterable[Note]) -> list[Note]:
    """In order; of notes that begin together the highest, which is what is sung to."""
    found: dict[float, Note] = {}
    for note in sorted(notes, key=lambda note: (note.start_beats, note.pitch)):
        found[round(note.start_beats, 4)] = note
    return list(found.values())


def _tidied(notes: Sequence[Note]) -> list[Note]:
    """Without the breaths of a player: a note let go a little early is written to its end."""
    found: list[Note] = []
    for index, note in enumerate(notes):
        after = notes[index + 1].start_beats if index + 1 < len(notes) else math.inf
        end, half = note.end_beats, round(note.end_beats * 2) / 2
        if end < after <= end + _BREATH:
            end = after
        elif abs(half - end) < _BREATH and note.start_beats + _BREATH < half <= after:
            end = half
        found.append(replace(note, length_beats=end - note.start_beats))
    return found


def _triplet_beats(notes: Sequence[Note], metre: Metre) -> frozenset[int]:
    """The quarters in which triplets are nearer to what is played than sixteenths."""
    straight: dict[int, float] = {}
    triplet: dict[int, float] = {}
    for note in notes:
        for time in (note.start_beats, note.end_beats):
            beat, inside = int(time), (time % 1) * TICKS
            straight[beat] = straight.get(beat, 0) + _miss(inside, _STRAIGHT)
            triplet[beat] = triplet.get(beat, 0) + _miss(inside, _TRIPLET)
    if metre.beat % TICKS or metre.bar % TICKS:
        return frozenset()
    # Played loosely, a sixteenth is half a tick off; only a clear gain makes a triplet.
    return frozenset(beat for beat in straight if triplet[beat] + 0.5 < straight[beat])


def _miss(inside: float, grid: tuple[int, ...]) -> float:
    return min(abs(inside - place) for place in grid)


def _placed(notes: Sequence[Note], triplets: frozenset[int], end: int) -> Iterator[Event]:
    last: Event | None = None
    for note in notes:
        start = _nearest(note.start_beats, triplets)
        if last is not None and start <= last.start:
            # Closer together than the grid: none is lost, the later one comes a place later.
            start = last.start + _shortest(last.start, triplets)
        stop = max(_nearest(note.end_beats, triplets), start + _shortest(start, triplets))
        if last is not None:
            yield replace(last, length=min(last.length, start - last.start))
        if start >= end:
            return
        last = Event(start, min(stop, end) - start, note)
    if last is not None:
        yield last


def _nearest(beats: float, triplets: frozenset[int]) -> int:
    beat = int(beats)
    grid = _TRIPLET if beat in triplets else _STRAIGHT
    inside = (beats - beat) * TICKS
    return beat * TICKS + min(grid, key=lambda place: abs(place - inside))


def _shortest(start: int, triplets: frozenset[int]) -> int:
    return 4 if start // TICKS in triplets else 3


def _with_rests(placed: Sequence[Event], end: int) -> Iterator[Event]:
    at = 0
    for event in placed:
        if event.start > at:
            yield Event(at, event.start - at, None)
        yield event
        at = event.start + event.length
    if at < end:
        yield Event(at, end - at, None)


def _cut(event: Event, metre: Metre, triplets: frozenset[int]) -> Iterator[Event]:
    """The signs of one note or rest, tied where there are several."""
    pieces: list[Event] = []
    at, end = event.start, event.start + event.length
    while at < end:
        length = _next_length(at, end, metre, triplets)
        pieces.append(Event(at, length, event.note, in_triplet=_is_triplet(at, length, triplets)))
        at += length
    for index, piece in enumerate(pieces):
        yield replace(piece, is_first=index == 0, is_last=index == len(pieces) - 1)


def _next_length(at: int, end: int, metre: Metre, triplets: frozenset[int]) -> int:
    """The longest sign that may stand here."""
    bar_end = (at // metre.bar + 1) * metre.bar
    stop = min(end, bar_end)
    stop = _before_triplet(at, stop, triplets)
    if at // TICKS in triplets and not (at % TICKS == 0 and stop - at >= TICKS):
        return min(stop, (at // TICKS + 1) * TICKS) - at
    beat_end = (at // metre.beat + 1) * metre.beat
    inside = (at % metre.bar) % metre.beat
    # On a beat anything may begin; between beats a sign hides none but in plain syncopation.
    is_syncopation = inside * 2 == metre.beat and stop - at == metre.beat and metre.beat == TICKS
    if inside and not is_syncopation:
        stop = min(stop, beat_end)
    return next(length for length in _VALUES if length <= stop - at and _suits(at, length, metre))


def _suits(at: int, length: int, metre: Metre) -> bool:
    inside = (at % metre.bar) % metre.beat
    is_compound = metre.beat == 18
    if is_compound and inside == 0:
        return length in (36, 18, 12, 9, 6, 3)
    # A dotted eighth begins on a beat or ends on one.
    return length != 9 or inside in (0, 3) or is_compound


def _before_triplet(at: int, stop: int, triplets: frozenset[int]) -> int:
    """Not into a beat that is divided in three, unless through all of it."""
    ordered = sorted(triplets)
    for beat in ordered[bisect_left(ordered, at // TICKS) :]:
        start = beat * TICKS
        if start >= stop:
            break
        if start > at and stop < start + TICKS:
            return start
    return stop


def _is_triplet(at: int, length: int, triplets: frozenset[int]) -> bool:
    return at // TICKS in triplets and length in _TRIPLETS
