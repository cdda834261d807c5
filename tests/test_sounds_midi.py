"""MIDI: our scores come back whole, and other people's files become scores or clear errors."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mido import Message, MetaMessage, MidiFile, MidiTrack

from studio.errors import RequestError, SaveError
from studio.score import QUALITIES, Chord, Note, Part, Score, Section
from studio.sounds.midi import to_midi, write_midi
from studio.sounds.midi_in import parse_symbol, read_midi, read_score
from studio.sounds.programs import instrument_of, program_of


def song() -> Score:
    """Eight bars of 6/8 in D dorian, with everything a score can hold."""
    sung = [
        Note(0, 1.5, 62, 90, "Won-"),
        Note(1.5, 1, 65, 90, "der"),
        Note(2.5, 0.5, 67, 70, "-"),
        Note(3, 3, 69, 100, "午"),
        Note(6.25, 1 / 3, 72, 81, "饭"),
    ]
    chords = [Note(start, 3, pitch, 60) for start in (0, 3) for pitch in (62, 65, 69)]
    drums = [Note(start, 0.5, 42 if start % 1 else 36, 99) for start in (0, 0.5, 1, 1.5)]
    return Score(
        tempo_bpm=93,
        metre=(6, 8),
        key="D",
        mode="dorian",
        parts=(
            Part("vocals", "vocals", "soft female", tuple(sung)),
            Part("keys", "chords", "electric piano", tuple(chords)),
            Part("bass", "bass", "upright bass", (Note(0, 6, 38, 80),)),
            Part("drums", "drums", "jazz kit", tuple(drums)),
        ),
        chords=(Chord(0, 3, 2, "min7"), Chord(3, 3, 7, "7", 11), Chord(12, 12, 9, "m7b5")),
        sections=(Section("verse", 0, 12), Section("chorus", 12, 12)),
        length_beats=24,
        title="Lunch 午饭",
        genre="jazz",
    )


def on_grid(score: Score) -> Score:
    """With times to 1/960 beat."""

    def near(beats: float) -> float:
        return round(beats * 960) / 960

    parts = tuple(
        replace(
            part,
            notes=tuple(
                replace(
                    note,
                    start_beats=near(note.start_beats),
                    length_beats=near(note.end_beats) - near(note.start_beats),
                )
                for note in part.notes
            ),
        )
        for part in score.parts
    )
    return replace(score, parts=parts)


def close(left: Score, right: Score) -> bool:
    def flat(score: Score) -> list[Any]:
        return [
            (part.name, note.pitch, note.velocity, note.syllable)
            for part in score.parts
            for note in part.notes
        ]

    def times(score: Score) -> list[float]:
        notes = [note for part in score.parts for note in part.notes]
        return [time for note in notes for time in (note.start_beats, note.end_beats)]

    return flat(left) == flat(right) and times(left) == pytest.approx(times(right), abs=1e-9)


def foreign(path: Path, *tracks: list[Any], type: int = 1, charset: str = "latin-1") -> Path:
    file = MidiFile(type=type, ticks_per_beat=480, charset=charset)
    for messages in tracks:
        file.tracks.append(MidiTrack(messages))
    file.save(path)
    return path


def notes(*pitches: int, channel: int = 0, length: int = 480) -> list[Message]:
    found = []
    for pitch in pitches:
        found.append(Message("note_on", channel=channel, note=pitch, velocity=70))
        found.append(Message("note_on", channel=channel, note=pitch, velocity=0, time=length))
    return found


def test_a_score_comes_back_whole(tmp_path: Path) -> None:
    write_midi(song(), tmp_path / "song.mid")
    read = read_score(tmp_path / "song.mid")
    assert replace(read, parts=()) == replace(song(), parts=())
    assert close(read, on_grid(song()))
    names = [(part.name, part.role, part.instrument) for part in read.parts]
    assert names == [(part.name, part.role, part.instrument) for part in song().parts]


def test_writing_what_was_read_makes_the_same_bytes(tmp_path: Path) -> None:
    write_midi(song(), tmp_path / "song.mid")
    assert to_midi(read_score(tmp_path / "song.mid")) == (tmp_path / "song.mid").read_bytes()


def test_other_programs_find_tempo_key_channels_and_words(tmp_path: Path) -> None:
    write_midi(song(), tmp_path / "song.mid")
    file = MidiFile(tmp_path / "song.mid", charset="utf-8")
    events = [message for track in file.tracks for message in track]
    found = {message.type: message for message in reversed(events)}
    assert found["set_tempo"].tempo == 645_161
    assert (found["time_signature"].numerator, found["time_signature"].denominator) == (6, 8)
    assert found["key_signature"].key == "Am"
    assert [m.text for m in events if m.type == "marker"] == ["verse", "chorus"]
    assert [m.text for m in events if m.type == "lyrics"] == ["Won-", "der", "午", "饭"]
    drums = next(track for track in file.tracks if track.name == "drums")
    assert {m.channel for m in drums if m.type == "note_on"} == {9}
    programs = [m.program for m in events if m.type == "program_change"]
    assert programs == [53, 4, 32, 32]
    assert file.length == pytest.approx(song().duration_s, abs=0.001)


def test_a_key_that_is_struck_again_is_let_go_first(tmp_path: Path) -> None:
    twice = Part("keys", "chords", "organ", (Note(0, 4, 60), Note(1, 1, 60), Note(1, 2, 60)))
    write_midi(replace(song(), parts=(twice,)), tmp_path / "x.mid")
    (part,) = read_score(tmp_path / "x.mid").parts
    assert [(note.start_beats, note.length_beats) for note in part.notes] == [(0, 1), (1, 1)]


def test_sixteen_pitched_parts_have_no_channels() -> None:
    parts = tuple(Part(f"p{n}", "melody", "flute", (Note(0, 1, 60),)) for n in range(16))
    with pytest.raises(RequestError, match="15 channels for pitched parts, got 16"):
        to_midi(replace(song(), parts=parts))


def test_a_folder_that_is_not_there_is_a_save_error(tmp_path: Path) -> None:
    with pytest.raises(SaveError):
        write_midi(song(), tmp_path / "none" / "song.mid")


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("bass", [None, 0, 6])
def test_every_chord_symbol_reads_back(quality: str, bass: int | None) -> None:
    symbol = Chord(0, 1, 1, quality, bass).symbol
    assert parse_symbol(symbol) == (1, quality, bass)


def test_other_chord_symbols_are_left_alone() -> None:
    assert parse_symbol("N.C.") is None
    assert parse_symbol("C13#11") is None


def test_a_file_of_one_track_is_split_by_channel(tmp_path: Path) -> None:
    track = [
        Message("program_change", channel=2, program=73),
        *notes(60, 62, 64),
        *notes(72, 74, channel=2),
        *notes(36, channel=9),
    ]
    score = read_score(foreign(tmp_path / "x.mid", track, type=0))
    found = [(part.role, part.instrument, len(part.notes)) for part in score.parts]
    assert found == [
        ("melody", "grand piano", 3),
        ("melody", "flute", 2),
        ("drums", "acoustic kit", 1),
    ]
    assert (score.tempo_bpm, score.metre, score.key, score.mode) == (120, (4, 4), "C", "major")


def test_the_tempo_that_lasts_longest_counts(tmp_path: Path) -> None:
    head = [
        MetaMessage("set_tempo", tempo=500_000),
        MetaMessage("set_tempo", tempo=600_000, time=480),
        MetaMessage("set_tempo", tempo=400_000, time=480 * 5),
    ]
    assert read_score(foreign(tmp_path / "x.mid", head, notes(*range(60, 67)))).tempo_bpm == 100


def test_chinese_names_in_utf8_and_old_names_in_latin_1_are_read(tmp_path: Path) -> None:
    for charset, name in {"utf-8": "旋律", "latin-1": "Flöte"}.items():
        track = [MetaMessage("track_name", name=name), *notes(60)]
        path = foreign(tmp_path / "x.mid", track, charset=charset)
        assert read_score(path).parts[0].name == name


def test_the_melody_is_the_track_called_so(tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "x.mid",
        [MetaMessage("track_name", name="Strings"), *notes(90, 91)],
        [MetaMessage("track_name", name="Lead Vocal"), *notes(60, 62, 64)],
    )
    melody = read_midi(path)
    assert (melody.name, [note.pitch for note in melody.notes]) == ("Lead Vocal", [60, 62, 64])


def test_without_a_name_the_melody_is_the_high_line_not_chords_bass_or_drums(
    tmp_path: Path,
) -> None:
    chord = [Message("note_on", note=pitch, velocity=70) for pitch in (67, 71, 74)]
    chord += [Message("note_off", note=pitch, time=160) for pitch in (67, 71, 74)]
    bass = [Message("program_change", channel=1, program=33), *notes(80, 81, channel=1)]
    path = foreign(
        tmp_path / "x.mid", chord * 2, bass, notes(70, 72, channel=2), notes(99, channel=9)
    )
    assert [note.pitch for note in read_midi(path).notes] == [70, 72]


def test_chords_in_the_melody_become_their_top_notes_one_at_a_time(tmp_path: Path) -> None:
    track = [
        Message("note_on", note=60, velocity=70),
        Message("note_on", note=67, velocity=70),
        Message("note_on", note=72, velocity=70, time=480),
        *(Message("note_off", note=pitch, time=480) for pitch in (60, 67, 72)),
    ]
    melody = read_midi(foreign(tmp_path / "x.mid", track)).notes
    assert [(note.pitch, note.start_beats, note.length_beats) for note in melody] == [
        (67, 0, 1),
        (72, 1, 3),
    ]


def test_a_file_without_notes_and_one_with_drums_only_are_refused(tmp_path: Path) -> None:
    silent = foreign(tmp_path / "silent.mid", [MetaMessage("track_name", name="x")])
    with pytest.raises(RequestError, match="'silent.mid' has no notes"):
        read_midi(silent)
    with pytest.raises(RequestError, match="drums only"):
        read_midi(foreign(tmp_path / "beat.mid", notes(36, 38, channel=9)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a MIDI file"),
        (b"la la la", "is not a MIDI file"),
        (b"MThd", "is damaged"),
        (b"MThd\0\0\0\6\0\1\0\1\0\0", "is damaged|no beats"),
        (b"MThd\0\0\0\6\0\2\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0", "no beats in it"),
        (b"MThd\0\0\0\6\0\1\0\1\xe8\x28MTrk\0\0\0\4\0\xff\x2f\0", "no beats in it"),
    ],
)
def test_what_is_no_midi_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.mid").write_bytes(content)
    with pytest.raises(RequestError, match=message):
        read_midi(tmp_path / "x.mid")


def test_a_missing_file_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist"):
        read_midi(tmp_path / "gone.mid")
    with pytest.raises(RequestError, match="is a folder"):
        read_midi(tmp_path)
    (tmp_path / "huge.mid").write_bytes(b"MThd" + bytes(11_000_000))
    with pytest.raises(RequestError, match="over 10 MB"):
        read_midi(tmp_path / "huge.mid")


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_read_or_refused_in_one_line(
    tmp_path: Path, place: int, byte: int, cut: bool
) -> None:
    data = bytearray(to_midi(song()))
    place %= len(data)
    data[place] = byte
    path = tmp_path / "x.mid"
    path.write_bytes(data[:place] if cut else data)
    try:
        read_midi(path)
    except RequestError as error:
        assert "\n" not in str(error)


def test_every_program_has_an_instrument_and_every_instrument_a_program() -> None:
    for number in range(128):
        assert 0 <= program_of(instrument_of(number), "melody") < 128
    assert program_of("electric piano", "chords") == 4
    assert program_of("old upright piano", "chords") == 0
    assert program_of("theremin", "bass") == 33
    assert instrument_of(program_of("brush kit", "drums"), is_drums=True) == "brush kit"
