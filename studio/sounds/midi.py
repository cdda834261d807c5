"""Scores to Standard MIDI files; `midi_in` reads them.

What MIDI has no event for (roles, chord symbols, a mode beyond major and minor) stands in text
events as "name: value", which other programs show or ignore. Knows nothing about sound.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from studio.errors import RequestError, SaveError
from studio.score import Note, Part, Score
from studio.sounds.programs import program_of
from studio.sounds.spelling import key_signature

if TYPE_CHECKING:
    from mido import Message, MetaMessage, MidiTrack

TICKS = 960
"""A beat; divides into triplets and 128th notes."""

DRUM_CHANNEL = 9
NO_CHORD = "N.C."
_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]


def write_midi(score: Score, path: Path) -> None:
    """Write a score as a file of type 1: a track for time and form, then one for each part.

    Raises:
        RequestError: more than 15 pitched parts, which MIDI has no channels for.
        SaveError: it could not be written.
    """
    data = to_midi(score)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error


def to_midi(score: Score) -> bytes:
    """The bytes of the file."""
    import mido

    pitched = [part for part in score.parts if not part.is_drums]
    if len(pitched) > len(_CHANNELS):
        raise RequestError(f"MIDI has 15 channels for pitched parts, got {len(pitched)} parts")
    channels = {part.name: channel for part, channel in zip(pitched, _CHANNELS, strict=False)}
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks.append(_track(_conducting(score), _ticks(score.length_beats)))
    for part in score.parts:
        events = _playing(part, channels.get(part.name, DRUM_CHANNEL))
        file.tracks.append(_track(events, _ticks(score.length_beats)))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


_Event: TypeAlias = "tuple[int, int, Message | MetaMessage]"
"""Tick, order among events of that tick, message."""


def _conducting(score: Score) -> Iterator[_Event]:
    from mido import MetaMessage, bpm2tempo

    yield 0, 0, MetaMessage("track_name", name=score.title)
    yield 0, 1, MetaMessage("set_tempo", tempo=bpm2tempo(score.tempo_bpm))
    over, under = score.metre
    yield 0, 1, MetaMessage("time_signature", numerator=over, denominator=under)
    yield 0, 1, MetaMessage("key_signature", key=key_signature(score.key, score.mode).name)
    yield 0, 2, MetaMessage("text", text=f"key: {score.key} {score.mode}")
    if score.genre:
        yield 0, 2, MetaMessage("text", text=f"genre: {score.genre}")
    for section in score.sections:
        yield _ticks(section.start_beats), 3, MetaMessage("marker", text=section.name)
    end = 0.0
    for chord in score.chords:
        if chord.start_beats > end + 1 / TICKS:
            yield _ticks(end), 4, MetaMessage("text", text=f"chord: {NO_CHORD}")
        yield _ticks(chord.start_beats), 4, MetaMessage("text", text=f"chord: {chord.symbol}")
        end = chord.start_beats + chord.length_beats
    if score.chords and end < score.length_beats - 1 / TICKS:
        yield _ticks(end), 4, MetaMessage("text", text=f"chord: {NO_CHORD}")


def _playing(part: Part, channel: int) -> Iterator[_Event]:
    from mido import Message, MetaMessage

    yield 0, 0, MetaMessage("track_name", name=part.name)
    yield 0, 1, MetaMessage("instrument_name", name=part.instrument)
    yield 0, 1, MetaMessage("text", text=f"role: {part.role}")
    program = program_of(part.instrument, part.role)
    yield 0, 2, Message("program_change", channel=channel, program=program)
    for note in _without_overlap(part.notes):
        start, end = _ticks(note.start_beats), _ticks(note.end_beats)
        if note.syllable and note.syllable != "-":
            yield start, 5, MetaMessage("lyrics", text=note.syllable)
        yield start, 6, Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        # Releases come before what starts at the same tick.
        yield max(end, start + 1), 4, Message("note_off", channel=channel, note=note.pitch)


def _without_overlap(notes: Iterable[Note]) -> list[Note]:
    """A key cannot be struck while it is down: the earlier note ends there."""
    ordered = sorted(notes, key=lambda note: (note.start_beats, note.pitch))
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in ordered:
        index = last.get(note.pitch)
        if index is not None and kept[index].end_beats > note.start_beats:
            before = kept[index]
            length = note.start_beats - before.start_beats
            if length <= 0:
                continue
            kept[index] = replace(before, length_beats=length)
        last[note.pitch] = len(kept)
        kept.append(note)
    return kept


def _track(events: Iterable[_Event], end: int) -> "MidiTrack":
    from mido import MetaMessage, MidiTrack

    track, now = MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def _ticks(beats: float) -> int:
    return round(beats * TICKS)
