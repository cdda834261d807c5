"""MIDI files, of ours or of others, to scores; and the melody of one, to accompany it.

Reads what `midi` writes, and of any other file what can be made of it. Knows nothing about sound.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from studio.errors import RequestError
from studio.score import (
    NOTE_NAMES,
    QUALITIES,
    SCALES,
    Chord,
    Mode,
    Note,
    Part,
    Role,
    Score,
    Section,
    pitch_class,
)
from studio.sounds.melody import Melody, leads, melody_of, share_alone
from studio.sounds.midi import DRUM_CHANNEL, TICKS
from studio.sounds.programs import instrument_of

MAX_BYTES = 10_000_000
MAX_NOTES = 100_000
MAX_BEATS = 20_000
_DAMAGE = (OSError, EOFError, ValueError, TypeError, LookupError)
_SYMBOL = re.compile(r"([A-G]#?)(.*?)(?:/([A-G]#?))?$")


def read_score(path: Path) -> Score:
    """A score from any MIDI file; of ours, the same score, with times to 1/960 beat.

    Where the tempo changes, the one that lasts longest in beats counts; beats stay what they are.

    Raises:
        RequestError: missing, not a MIDI file, damaged, too large, or no notes in it.
    """
    return _to_score(_read(path), path)


def read_midi(path: Path) -> Melody:
    """The melody to accompany: the track called so, else the highest line; chords by their top.

    Raises:
        RequestError: as `read_score`, or nothing but drums in it.
    """
    melody = melody_of(_to_score(_read(path), path))
    if melody is None:
        raise RequestError(f"MIDI file {path.name!r} has drums only; give one with a melody")
    return melody


@dataclass
class _Voice:
    """What one channel of one track plays."""

    notes: list[Note] = field(default_factory=list)
    program: int = 0
    is_drums: bool = False


@dataclass
class _Track:
    name: str = ""
    instrument: str = ""
    texts: list[tuple[float, str]] = field(default_factory=list)
    lyrics: dict[float, str] = field(default_factory=dict)
    voices: dict[int, _Voice] = field(default_factory=lambda: defaultdict(_Voice))

    def said(self) -> Iterator[tuple[str, str]]:
        """What `midi` wrote into texts, apart from chords."""
        for _, text in self.texts:
            name, _, value = text.partition(": ")
            if value and name in ("key", "genre", "role"):
                yield name, value


@dataclass
class _Found:
    tracks: list[_Track] = field(default_factory=list)
    tempos: list[tuple[float, float]] = field(default_factory=list)
    metre: tuple[int, int] = (4, 4)
    key: tuple[str, Mode] | None = None
    markers: list[tuple[float, str]] = field(default_factory=list)
    end: float = 0.0


def _read(path: Path) -> _Found:
    import mido

    _check_file(path)
    try:
        # Latin-1 takes any byte; names and lyrics are decoded properly afterwards.
        file = mido.MidiFile(path, clip=True, charset="latin-1")
    except (*_DAMAGE, mido.KeySignatureError) as error:
        raise _damaged(path, error) from error
    if file.type == 2 or file.ticks_per_beat <= 0 or file.ticks_per_beat >= 0x8000:
        raise RequestError(f"MIDI file {path.name!r} has no beats in it; give one of type 0 or 1")
    found = _Found()
    for messages in file.tracks:
        found.tracks.append(_read_track(messages, file.ticks_per_beat, found))
    _check_found(found, path)
    return found


def _check_file(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise RequestError(f"MIDI file {str(path)!r} {what}; give the path of a .mid file")
    with path.open("rb") as file:
        head = file.read(4)
    if head not in (b"MThd", b"RIFF"):
        raise RequestError(f"{path.name!r} is not a MIDI file; give a Standard MIDI file (.mid)")
    if path.stat().st_size > MAX_BYTES:
        raise RequestError(f"MIDI file {path.name!r} is over {MAX_BYTES // 1_000_000} MB; cut it")


def _check_found(found: _Found, path: Path) -> None:
    count = sum(len(voice.notes) for track in found.tracks for voice in track.voices.values())
    if not count:
        raise RequestError(f"MIDI file {path.name!r} has no notes; give one with a melody")
    if count > MAX_NOTES or found.end > MAX_BEATS:
        raise RequestError(
            f"MIDI file {path.name!r} has {count} notes in {found.end:.0f} beats; at most "
            f"{MAX_NOTES} in {MAX_BEATS}"
        )


def _read_track(messages: Iterable[Any], ticks: int, found: _Found) -> _Track:
    track = _Track()
    down: dict[tuple[int, int], tuple[float, int]] = {}
    now = 0
    for message in messages:
        now += message.time
        beat = now / ticks
        if message.is_meta:
            _read_meta(message, beat, track, found)
        elif message.type == "program_change":
            track.voices[message.channel].program = message.program
        elif message.type in ("note_on", "note_off"):
            _read_key(message, beat, track, down)
    for (channel, pitch), (start, velocity) in down.items():
        _add(track, channel, Note(start, max(now / ticks - start, 1 / TICKS), pitch, velocity))
    found.end = max(found.end, now / ticks)
    return track


def _read_key(message: Any, beat: float, track: _Track, down: dict[Any, tuple[float, int]]) -> None:
    key = (message.channel, message.note)
    before = down.pop(key, None)
    if before is not None and beat > before[0]:
        _add(track, message.channel, Note(before[0], beat - before[0], message.note, before[1]))
    if message.type == "note_on" and message.velocity:
        down[key] = (beat, message.velocity)


def _add(track: _Track, channel: int, note: Note) -> None:
    voice = track.voices[channel]
    voice.is_drums = channel == DRUM_CHANNEL
    voice.notes.append(note)


def _read_meta(message: Any, beat: float, track: _Track, found: _Found) -> None:
    kind = message.type
    if kind == "set_tempo" and message.tempo > 0:
        found.tempos.append((beat, 60_000_000 / message.tempo))
    elif kind == "time_signature" and beat == 0:
        found.metre = (message.numerator, message.denominator)
    elif kind == "key_signature" and found.key is None:
        found.key = _key(message.key)
    elif kind == "marker":
        found.markers.append((beat, _text(message.text)))
    elif kind == "track_name" and not track.name:
        track.name = _text(message.name)
    elif kind == "instrument_name":
        track.instrument = _text(message.name)
    elif kind == "text":
        track.texts.append((beat, _text(message.text)))
    elif kind == "lyrics" and _text(message.text):
        track.lyrics[beat] = _text(message.text)


def _key(name: str) -> tuple[str, Mode]:
    """Of mido's name, such as "F#m"."""
    is_minor = name.endswith("m")
    tonic = NOTE_NAMES[pitch_class(name.removesuffix("m"))]
    return tonic, "minor" if is_minor else "major"


def _text(raw: str) -> str:
    """UTF-8 where it is that, else as the file has it."""
    data = raw.encode("latin-1", "replace")
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.strip()


def _to_score(found: _Found, path: Path) -> Score:
    said = dict(pair for track in found.tracks for pair in track.said())
    key, mode = _said_key(said) or found.key or ("C", "major")
    parts = tuple(_parts(found.tracks))
    last = max(note.end_beats for part in parts for note in part.notes)
    end = max(found.end, last)
    if found.metre[1] not in (1, 2, 4, 8, 16, 32) or found.metre[0] < 1:
        raise _damaged(path, ValueError(f"metre {found.metre[0]}/{found.metre[1]}"))
    return Score(
        tempo_bpm=_tempo(found.tempos, end),
        metre=found.metre,
        key=key,
        mode=mode,
        parts=parts,
        chords=tuple(_chords(found.tracks, end)),
        sections=tuple(_sections(found.markers, end)),
        length_beats=end,
        title=found.tracks[0].name if not found.tracks[0].voices else "",
        genre=said.get("genre", ""),
    )


def _said_key(said: dict[str, str]) -> tuple[str, Mode] | None:
    tonic, _, name = said.get("key", "").partition(" ")
    for mode in SCALES:
        if mode == name and tonic in NOTE_NAMES:
            return tonic, mode
    return None


def _tempo(tempos: list[tuple[float, float]], end: float) -> float:
    lasting: dict[float, float] = defaultdict(float)
    starts = [(0.0, 120.0), *sorted(tempos, key=lambda each: each[0])]
    ends = [start for start, _ in starts[1:]] + [end]
    for (start, bpm), until in zip(starts, ends, strict=True):
        # MIDI counts whole microseconds a beat, so that 93 comes back as 93.0000…
        lasting[round(bpm, 2)] += max(0.0, until - start)
    return max(lasting, key=lambda bpm: lasting[bpm])


def _parts(tracks: Iterable[_Track]) -> Iterator[Part]:
    names: set[str] = set()
    for track in tracks:
        said = dict(track.said())
        for _, voice in sorted(track.voices.items()):
            if not voice.notes:
                continue
            instrument = track.instrument or instrument_of(voice.program, voice.is_drums)
            name = _unique(track.name or instrument, names)
            role = _role(said.get("role", ""), voice, name)
            notes = sorted(voice.notes, key=lambda note: (note.start_beats, note.pitch))
            lyrics = {} if voice.is_drums else track.lyrics
            yield Part(name, role, instrument, tuple(_with_lyrics(notes, lyrics)))


def _unique(name: str, taken: set[str]) -> str:
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    taken.add(name)
    return name


def _role(said: str, voice: _Voice, name: str) -> Role:
    for role in get_args(Role):
        if role == said:
            return role
    if voice.is_drums:
        return "drums"
    if 32 <= voice.program < 40:
        return "bass"
    return "melody" if leads(name) or share_alone(voice.notes) > 0.8 else "chords"


def _with_lyrics(notes: list[Note], lyrics: dict[float, str]) -> Iterator[Note]:
    """A note without a word of its own holds the one before it."""
    is_singing = False
    for note in notes:
        syllable = lyrics.get(note.start_beats, "-" if is_singing else "")
        is_singing = bool(syllable)
        yield replace(note, syllable=syllable)


def _chords(tracks: Iterable[_Track], end: float) -> Iterator[Chord]:
    said = [
        (beat, text.removeprefix("chord: "))
        for track in tracks
        for beat, text in track.texts
        if text.startswith("chord: ")
    ]
    for beat, symbol, until in _lasting(said, end):
        parsed = parse_symbol(symbol)
        if parsed is not None and until > beat:
            root, quality, bass = parsed
            yield Chord(beat, until - beat, root, quality, bass)


def parse_symbol(symbol: str) -> tuple[int, str, int | None] | None:
    """Root, quality and bass of a chord symbol as `Chord.symbol` writes it; None of any other."""
    match = _SYMBOL.match(symbol)
    if match is None:
        return None
    root, written, over = match.groups()
    by_symbol = {Chord(0, 1, 0, quality).symbol[1:]: quality for quality in QUALITIES}
    if written not in by_symbol:
        return None
    return pitch_class(root), by_symbol[written], pitch_class(over) if over else None


def _sections(markers: list[tuple[float, str]], end: float) -> Iterator[Section]:
    for beat, name, until in _lasting(markers, end):
        if until > beat:
            yield Section(name, beat, until - beat)


def _lasting(events: list[tuple[float, str]], end: float) -> Iterator[tuple[float, str, float]]:
    """Each event with the beat of the next one."""
    for index, (beat, text) in enumerate(events):
        yield beat, text, events[index + 1][0] if index + 1 < len(events) else end


def _damaged(path: Path, error: BaseException) -> RequestError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return RequestError(f"MIDI file {path.name!r} is damaged ({reason}); export it again")
