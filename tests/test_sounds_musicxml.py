"""Lead sheets: every bar is full, every syllable is there, and readers find what was meant."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sounds_midi import song

from studio.errors import RequestError, SaveError
from studio.score import NOTE_NAMES, QUALITIES, SCALES, Chord, Mode, Note, Part, Score, Section
from studio.sounds.musicxml import to_musicxml, write_musicxml
from studio.sounds.notation import TICKS, metre_of, write_line
from studio.sounds.spelling import chord_symbol, key_signature, spell

METRES = [(4, 4), (3, 4), (6, 8), (12, 8), (2, 2), (5, 4), (7, 8)]


def line(*notes: Note, metre: tuple[int, int] = (4, 4), bars: int = 2, key: str = "C") -> Score:
    return Score(
        tempo_bpm=100,
        metre=metre,
        key=key,
        mode="major",
        parts=(Part("vocals", "vocals", "voice", notes),),
        chords=(),
        sections=(),
        length_beats=bars * metre[0] * 4 / metre[1],
    )


def measures(score: Score) -> list[Element]:
    return parsed(score).findall("part")[0].findall("measure")


def parsed(score: Score) -> Element:
    return ElementTree.fromstring(to_musicxml(score).split("\n", 2)[2])


def values(score: Score) -> list[list[str]]:
    """Of each bar its signs: "quarter.", "r:half", tied pieces joined with "~"."""
    found = []
    for measure in measures(score):
        bar = []
        for note in measure.findall("note"):
            rest = "r:" if note.find("rest") is not None else ""
            tied = "~" if any(tie.get("type") == "start" for tie in note.findall("tie")) else ""
            dots = "." * len(note.findall("dot"))
            threes = "3" if note.find("time-modification") is not None else ""
            bar.append(rest + note.findtext("type", "bar") + threes + dots + tied)
        found.append(bar)
    return found


def test_long_notes_are_tied_and_rests_fill_the_bar() -> None:
    score = line(Note(0.5, 1, 60), Note(3, 2.5, 62))
    assert values(score) == [
        ["r:eighth", "quarter", "r:eighth", "r:quarter", "quarter~"],
        ["quarter.", "r:eighth", "r:half"],
    ]


def test_a_player_s_breaths_are_not_written() -> None:
    short = [Note(beat, 0.81, 60) for beat in (0, 1, 3)]
    assert values(line(*short, bars=1)) == [["quarter", "quarter", "r:quarter", "quarter"]]


def test_triplets_and_swing_are_told_from_sixteenths() -> None:
    swing = [Note(0, 0.66, 60), Note(0.67, 0.33, 62), Note(1, 0.75, 64), Note(1.75, 0.25, 65)]
    assert values(line(*swing, bars=1)) == [["quarter3", "eighth3", "eighth.", "16th", "r:half"]]


def test_swing_is_written_straight_and_said_once() -> None:
    swung = [Note(beat, 0.66, 60) for beat in range(8)]
    swung += [Note(beat + 2 / 3, 0.3, 64) for beat in range(8)]
    score = line(*swung)
    assert values(score) == [["eighth"] * 8] * 2
    root = parsed(score)
    assert [each.text for each in root.iter("words")] == ["Swing"]
    assert root.findtext(".//sound/swing/first") == "2"
    straight = line(*(Note(n / 2, 0.5, 60) for n in range(16)))
    assert values(straight) == [["eighth"] * 8] * 2
    assert parsed(straight).find(".//swing") is None


def test_chords_are_spelled_in_the_key() -> None:
    flat, sharp = key_signature("F", "dorian"), key_signature("E", "major")
    assert chord_symbol(Chord(0, 1, 10, "7", 2), flat) == "Bb7/D"
    assert chord_symbol(Chord(0, 1, 1, "min7", 8), sharp) == "C#m7/G#"


def test_a_note_through_a_bar_of_six_eighths_is_one_sign() -> None:
    score = line(Note(0, 3, 60), Note(3, 1.5, 62), Note(4.5, 0.5, 64), metre=(6, 8))
    assert values(score) == [["half."], ["quarter.", "eighth", "r:quarter"]]


def test_a_bar_without_notes_has_one_rest() -> None:
    assert values(line(Note(0, 4, 60)))[1] == ["r:bar"]


notes = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0.05, 6), st.integers(40, 90), st.sampled_from("a- -")),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(notes=notes, metre=st.sampled_from(METRES))
def test_any_notes_fill_every_bar_exactly(
    notes: list[tuple[float, float, int, str]], metre: tuple[int, int]
) -> None:
    held = [Note(start, length, pitch, 80, text) for start, length, pitch, text in notes]
    score = line(*held, metre=metre, bars=12)
    bar = metre_of(*metre).bar
    for measure in measures(score):
        assert sum(int(note.findtext("duration", "0")) for note in measure.findall("note")) == bar
    begun = [
        e for bar in write_line(held, metre_of(*metre), 12) for e in bar if e.note and e.is_first
    ]
    ended = [
        e for bar in write_line(held, metre_of(*metre), 12) for e in bar if e.note and e.is_last
    ]
    assert len(begun) == len(ended)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=40), st.sampled_from(METRES))
def test_notes_on_the_grid_keep_their_time(lengths: list[int], metre: tuple[int, int]) -> None:
    held, at = [], 0.0
    for length in lengths:
        held.append(Note(at, length / 4, 60))
        at += length / 4
    total = write_line(held, metre_of(*metre), 200)
    pieces = [event for bar in total for event in bar if event.note]
    starts = [event.start / TICKS for event in pieces if event.is_first]
    assert starts == [note.start_beats for note in held]
    assert sum(event.length for event in pieces) == at * TICKS


def test_words_are_divided_and_held() -> None:
    (first, *_) = measures(song())
    lyrics = [note.find("lyric") for note in first.findall("note")]
    assert [lyric.findtext("syllabic") for lyric in lyrics if lyric is not None] == [
        "begin",
        "end",
        None,
    ]
    assert [lyric.findtext("text") for lyric in lyrics if lyric is not None] == ["Won", "der", None]
    kinds = [extend.get("type") for extend in first.iter("extend")]
    assert kinds == ["start", "stop"]
    assert [slur.get("type") for slur in first.iter("slur")] == ["start", "stop"]


def test_words_stay_with_notes_that_are_swung_or_cut_short() -> None:
    swung = [Note(beat, 0.5, 60, 80, "on") for beat in range(8)]
    swung += [Note(beat + 2 / 3, 0.25, 64, 80, "off") for beat in range(8)]
    texts = [each.text for each in parsed(line(*swung)).iter("text")]
    assert texts == ["on", "off"] * 8


def test_three_syllables_have_a_middle() -> None:
    score = line(*(Note(n, 1, 60, 80, text) for n, text in enumerate(("mel-", "o-", "dy", "x"))))
    found = [each.text for each in parsed(score).iter("syllabic")]
    assert found == ["begin", "middle", "end", "single"]


def test_a_hold_without_a_word_before_it_holds_nothing() -> None:
    root = parsed(line(Note(0, 1, 60, 80, "-"), Note(1, 1, 62, 80, "la"), Note(2, 1, 64, 80, "-")))
    assert [slur.get("type") for slur in root.iter("slur")] == ["start", "stop"]
    assert [each.text for each in root.iter("text")] == ["la"]


def test_form_chords_tempo_and_key_stand_over_the_first_staff() -> None:
    root = parsed(song())
    assert [each.text for each in root.iter("rehearsal")] == ["Verse", "Chorus"]
    assert [each.text for each in root.iter("kind")] == [
        "minor-seventh",
        "dominant",
        "half-diminished",
    ]
    assert root.findtext(".//bass-step") == "B"
    assert (root.findtext(".//fifths"), root.findtext(".//mode")) == ("0", "dorian")
    assert root.findtext(".//per-minute") == "62"
    assert [each.get("tempo") for each in root.iter("sound")] == ["93"]
    assert root.findtext("work/work-title") == "Lunch 午饭"


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_chord_quality_is_written(quality: str) -> None:
    score = replace(line(Note(0, 4, 60)), chords=(Chord(0.5, 3, 1, quality),))
    harmony = parsed(score).find(".//harmony")
    assert harmony is not None
    assert harmony.findtext("offset") == str(TICKS // 2)
    kind = harmony.find("kind")
    assert kind is not None
    symbol = "C#" + kind.get("text", "")
    assert symbol == Chord(0, 1, 1, quality).symbol


def test_accidentals_are_written_once_a_bar_and_taken_back() -> None:
    pitches = (66, 66, 65, 66, 66)
    score = line(*(Note(n, 1, pitch) for n, pitch in enumerate(pitches)))
    signs = [note.findtext("accidental") for bar in measures(score) for note in bar.iter("note")]
    assert signs[:5] == ["sharp", None, "natural", "sharp", "sharp"]
    in_g = replace(score, key="G")
    signs = [note.findtext("accidental") for bar in measures(in_g) for note in bar.iter("note")]
    assert signs[:5] == [None, None, "natural", "sharp", None]


@pytest.mark.parametrize("key", NOTE_NAMES)
@pytest.mark.parametrize("mode", SCALES)
def test_a_scale_uses_each_letter_once_and_needs_no_accidental(key: str, mode: Mode) -> None:
    signature = key_signature(key, mode)
    assert -6 <= signature.fifths <= 6
    tonic = NOTE_NAMES.index(key)
    spelled = [spell(60 + tonic + step, signature) for step in SCALES[mode]]
    assert len({each.step for each in spelled}) == 7
    assert all(each.alter == signature.alter(each.step) for each in spelled)


@pytest.mark.parametrize("pitch", range(21, 109))
def test_a_spelled_pitch_is_the_pitch(pitch: int) -> None:
    for key in NOTE_NAMES:
        found = spell(pitch, key_signature(key, "minor"))
        naturals = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
        assert (found.octave + 1) * 12 + naturals[found.step] + found.alter == pitch


def test_short_notes_of_a_beat_are_beamed() -> None:
    score = line(
        *(Note(start, 0.25, 60) for start in (0, 0.25, 0.5)),
        Note(1, 0.75, 60),
        Note(1.75, 0.25, 60),
    )
    beams = [[beam.text for beam in note.findall("beam")] for note in parsed(score).iter("note")]
    assert beams[0] == ["begin", "begin"]
    assert beams[1] == ["continue", "continue"]
    assert beams[2] == ["end", "end"]
    assert ["begin"] in beams and ["end", "backward hook"] in beams


def test_low_voices_have_a_bass_clef() -> None:
    signs = [parsed(line(Note(0, 4, pitch))).findtext(".//sign") for pitch in (40, 55, 70)]
    assert signs == ["F", "G", "G"]


def test_a_piece_without_a_melody_is_a_staff_of_chords() -> None:
    score = replace(song(), parts=tuple(p for p in song().parts if p.role != "vocals"))
    root = parsed(score)
    assert len(root.findall("part")) == 1
    assert len(list(root.iter("harmony"))) == 3


def test_singer_and_lead_have_a_staff_each_marks_once() -> None:
    lead = Part("flute", "melody", "flute", (Note(0, 1, 72),))
    root = parsed(replace(song(), parts=(lead, *song().parts)))
    assert [each.text for each in root.iter("part-name")] == ["vocals", "flute"]
    assert len(list(root.iter("rehearsal"))) == 2


def test_an_odd_unit_and_a_missing_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="metre 4/3 cannot be written"):
        to_musicxml(replace(song(), metre=(4, 3)))
    with pytest.raises(SaveError):
        write_musicxml(song(), tmp_path / "none" / "x.musicxml")


def test_a_title_is_escaped_and_its_controls_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.musicxml"
    write_musicxml(replace(song(), title="A <b> & \x07c", sections=(Section("x", 0, 1),)), path)
    assert ElementTree.parse(path).findtext("work/work-title") == "A <b> & c"
