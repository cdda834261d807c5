"""Lead sheets as tunes: ours and other programs' come back note for note, or are refused."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from test_sounds_midi import song

from studio.errors import RequestError
from studio.score import Note, Part
from studio.sounds.given import kind_of, read_melody
from studio.sounds.musicxml import to_musicxml, write_musicxml

CONTAINER = '<container><rootfiles><rootfile full-path="song.xml"/></rootfiles></container>'


def tune() -> tuple[Note, ...]:
    words = ["Won-", "der", "-", "", "午"]
    starts = [0, 1.5, 2.5, 5, 6]
    lengths = [1.5, 1, 1.5, 0.5, 2]
    pitches = [62, 65, 67, 60, 69]
    rows = zip(starts, lengths, pitches, words, strict=True)
    return tuple(Note(start, length, pitch, 80, word) for start, length, pitch, word in rows)


def sheet(folder: Path) -> Path:
    score = replace(song(), parts=(Part("vocals", "vocals", "soft female", tune()),))
    path = folder / "lead-sheet.musicxml"
    write_musicxml(score, path)
    return path


def test_our_lead_sheet_comes_back_as_the_tune_it_was(tmp_path: Path) -> None:
    path = sheet(tmp_path)
    assert kind_of(path) == "melody"
    melody = read_melody(path)
    told = [(each.start_beats, each.length_beats, each.pitch) for each in melody.notes]
    assert told == [(each.start_beats, each.length_beats, each.pitch) for each in tune()]
    assert [each.syllable for each in melody.notes][:3] == ["Won-", "der", "-"]
    assert (melody.tempo_bpm, melody.metre) == (93, (6, 8))


def test_a_compressed_score_reads_the_same(tmp_path: Path) -> None:
    plain = sheet(tmp_path)
    packed = tmp_path / "song.mxl"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("song.xml", plain.read_text("utf-8"))
    assert kind_of(packed) == "melody"
    assert read_melody(packed) == read_melody(plain)


def test_the_sung_staff_leads_over_a_higher_piano(tmp_path: Path) -> None:
    path = tmp_path / "duo.musicxml"
    high = Part("high", "melody", "flute", tuple(Note(n, 1, 90) for n in range(8)))
    sung = Part("vocals", "vocals", "voice", tune())
    path.write_text(to_musicxml(replace(song(), parts=(high, sung))), "utf-8")
    assert max(each.pitch for each in read_melody(path).notes) < 90


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.musicxml", b"<score-timewise/>", "partwise"),
        ("b.musicxml", b"<score-partwise><part>", "cannot be read"),
        ("c.musicxml", b"<score-partwise></score-partwise>", "0 notes"),
        ("d.mxl", b"PK\x03\x04 but cut short", "cannot be read"),
        ("e.musicxml", b"", "not a MIDI file"),
    ],
)
def test_what_holds_no_tune_is_refused_in_one_line(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RequestError, match=message) as caught:
        read_melody(path)
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_a_damaged_duration_is_refused_by_name(tmp_path: Path) -> None:
    path = sheet(tmp_path)
    text = path.read_text("utf-8").replace("<divisions>", "<divisions>x", 1)
    path.write_text(text, "utf-8")
    with pytest.raises(RequestError, match=r"lead-sheet\.musicxml"):
        read_melody(path)
