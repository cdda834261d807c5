"""Notes beside the scale: which ones a tune keeps, and how many.

The model writes them as real tunes have them. Where a genre's harmony is planned, only those stay
that pass: short neighbours, passing and leading notes that go on by a step. The others go to the
nearest tone of the scale, and so do those that would be too many. Knows no grid and no model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.pocket.music.genres.patterns import METRES
from pipelines.pocket.music.plan import Piece
from pipelines.pocket.music.words import weight
from studio.score import Chord, Note

Range = tuple[int, int]
"""The lowest and highest pitch that a tune may have."""

MOST_SHARE = 0.028
"""Of all pitched notes of a piece, where the genre keeps to its scale."""

LONGEST_BEATS = 1.0
"""A longer note is no passing one."""

LONG_BEATS = 0.75
"""From here on a note is heard with its chord."""

JOINED_BEATS = 0.5
"""How soon the note that resolves it follows."""

STEP_ST = 2
LIGHT = 0.55
"""Notes on stronger beats carry the harmony (`words.weight`)."""

OFTEN = (0.4, 0.7, 1.0)
"""How often a figure that could leave the scale does, one piece as another."""


def takes_colour(piece: Piece) -> bool:
    """Whether the tune may leave the scale at all; chance decides where the genre rarely does."""
    if piece.genre.is_pentatonic:
        return False
    return piece.genre.bends_scale or piece.rng("beside").random() < piece.genre.colour


def is_filtered(piece: Piece) -> bool:
    """Whether what the model wrote beside the scale is looked through.

    Not where the harmony is the model's own and chromatic too: there the two belong together.
    """
    return not (piece.genre.bends_scale and piece.genre.harmony == "model")


def passing(
    piece: Piece, notes: Sequence[Note], chords: Sequence[Chord], within: Range
) -> list[Note]:
    """A tune whose notes beside the scale all pass; the others are moved into it."""
    kept = list(notes)
    for at, note in enumerate(kept):
        tones = scale_under(piece.scale, _chord_at(chords, note.start_beats))
        if note.pitch % 12 not in tones and not _resolves(note, kept[at + 1 : at + 2]):
            kept[at] = replace(note, pitch=_nearest(note.pitch, tones, within))
    return kept


def settled(
    piece: Piece, notes: Sequence[Note], chords: Sequence[Chord], within: Range
) -> list[Note]:
    """A tune whose long notes are tones of their chords, or go on by a step to one that is.

    They move by a step at most; some stay as the model has them.
    """
    found = list(notes)
    for at, note in enumerate(found):
        tones = _chord_at(chords, note.start_beats)
        if note.length_beats < LONG_BEATS or not tones or note.pitch % 12 in tones:
            continue
        pitch = _nearest(note.pitch, tones, within)
        leads = any(abs(next.pitch - note.pitch) <= STEP_ST for next in found[at + 1 : at + 2])
        stays = piece.rng(f"settled {note.pitch} {pitch}").random() < (0.45 if leads else 0.1)
        if abs(pitch - note.pitch) <= STEP_ST and not stays:
            found[at] = replace(note, pitch=pitch)
    return found


def ornamented(piece: Piece, notes: Sequence[Note], start_beats: float) -> list[Note]:
    """A tune with some of its light notes moved beside the scale, where they lead to the next one.

    Three figures: the note below that goes straight back, the step between a note and its
    neighbour, and what leads up to a note. The same figure is treated alike wherever it comes.

    Args:
        start_beats: where the section begins.
    """
    often = piece.rng("ornaments").choice(OFTEN)
    found = list(notes)
    for at in range(1, len(found) - 1):
        before, note, after = found[at - 1 : at + 2]
        step = round((note.start_beats - start_beats) * 4)
        is_light = weight(step, piece.metre) < LIGHT and note.length_beats <= LONGEST_BEATS
        pitch = _led(before.pitch, note.pitch, after.pitch)
        is_new = pitch % 12 not in piece.scale and _is_joined(note, after)
        figure = f"{pitch} {note.pitch} {step % METRES[piece.metre]}"
        if is_light and is_new and piece.rng(figure).random() < often:
            found[at] = replace(note, pitch=pitch)
    return found


def _led(before: int, pitch: int, after: int) -> int:
    """The pitch of a note as its neighbours would draw it; itself where they do not."""
    if after - pitch == STEP_ST and (before == after or abs(pitch - before) > STEP_ST):
        return pitch + 1
    if before == pitch and abs(after - pitch) == STEP_ST:
        return (pitch + after) // 2
    return pitch


def limited(
    piece: Piece, tunes: Sequence[Sequence[Note]], ranges: Sequence[Range], pitched: int
) -> list[list[Note]]:
    """Tunes with no more notes beside the scale than `pitched`, the count of all notes, allows.

    The longest ones give way first.
    """
    beside = [
        (note.length_beats, which, at)
        for which, notes in enumerate(tunes)
        for at, note in enumerate(notes)
        if note.pitch % 12 not in piece.scale
    ]
    found = [list(notes) for notes in tunes]
    for _, which, at in sorted(beside)[int(MOST_SHARE * pitched) :]:
        note = found[which][at]
        found[which][at] = replace(note, pitch=_nearest(note.pitch, piece.scale, ranges[which]))
    return found


def scale_under(scale: frozenset[int], chord: Iterable[int]) -> frozenset[int]:
    """The scale as a chord's pitch classes bend it: under E7 in A minor G sharp, and no G."""
    tones = frozenset(chord)
    near = {(tone + step) % 12 for tone in tones - scale for step in (-1, 1)}
    return (scale - near) | tones


def _chord_at(chords: Iterable[Chord], beats: float) -> tuple[int, ...]:
    """The pitch classes of what sounds at a beat."""
    begun = [each for each in chords if each.start_beats <= beats + 1e-6]
    last = max(begun, key=lambda each: each.start_beats, default=None)
    return last.pitch_classes if last else ()


def _nearest(pitch: int, tones: Iterable[int], within: Range) -> int:
    """The nearest pitch of some classes in a range, the lower of two; itself if there is none."""
    classes, (low, high) = frozenset(tones), within
    fitting = [each for each in range(low, high + 1) if each % 12 in classes]
    return min(fitting, key=lambda each: abs(each - pitch), default=pitch)


def _resolves(note: Note, after: Sequence[Note]) -> bool:
    """Whether a note is short, and goes on by a step soon."""
    return note.length_beats <= LONGEST_BEATS and any(
        _is_joined(note, next) and 0 < abs(next.pitch - note.pitch) <= STEP_ST for next in after
    )


def _is_joined(note: Note, after: Note) -> bool:
    return after.start_beats - note.end_beats <= JOINED_BEATS
