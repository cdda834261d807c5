"""How the music model's training data is made: reading scores, finding harmony, hiding tokens."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pocket.music.tokens import (
    FIRST,
    HOLD,
    MASK,
    ONSET,
    SIZES,
    STREAMS,
    STRIDES,
    chord_of,
    chords_of,
    melody_notes,
)
from studio.errors import RequestError
from studio.sounds.sheet import read
from training.music import build as building
from training.music.build import Chosen, Source, is_held_out
from training.music.features import runs
from training.music.harmony import chords, key
from training.music.masking import Streams, crop, mask
from training.music.windows import Piece, windows

HEAD = """<?xml version="1.0"?><score-partwise><part-list><score-part id="P1">
<part-name>Voice</part-name></score-part></part-list><part id="P1">"""
ATTRIBUTES = """<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"""


def note(step: str, octave: int, duration: int, inside: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{inside}{pitch}<duration>{duration}</duration><lyric/></note>"


def write(folder: Path, *measures: str, fifths: int = 0) -> Path:
    """A score of one part; two divisions a quarter."""
    first = ATTRIBUTES.format(fifths=fifths)
    body = "".join(
        f"<measure>{first if n == 0 else ''}{m}</measure>" for n, m in enumerate(measures)
    )
    path = folder / "score.musicxml"
    path.write_text(f"{HEAD}{body}</part></score-partwise>", "utf-8")
    return path


def test_chords_ties_and_voices_are_read(tmp_path: Path) -> None:
    tied = '<tie type="start"/>', '<tie type="stop"/>'
    sheet = read(
        write(
            tmp_path,
            note("C", 4, 4) + note("E", 4, 4, "<chord/>") + note("G", 4, 4, tied[0]),
            note("G", 4, 8, tied[1])
            + "<backup><duration>8</duration></backup><forward><duration>4</duration></forward>"
            + note("C", 3, 4),
        )
    )
    found = [(n.start, n.end, n.pitch) for n in sheet.staves[0, 1]]
    assert found == [(0, 2, 60), (0, 2, 64), (2, 8, 67), (6, 8, 48)]
    assert [(b.start, b.length, b.metre) for b in sheet.bars] == [(0, 4, (4, 4)), (4, 4, (4, 4))]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.musicxml"
    path.write_text("<opus/>", "utf-8")
    with pytest.raises(ValueError, match="opus"):
        read(path)


def test_a_song_in_d_major_comes_out_in_c(tmp_path: Path) -> None:
    bars = [
        "".join(note(s, 4, 2) for s in bar)
        for bar in ("DDAA", "BBAA", "GGFF", "EEDD")
        for _ in "ab"
    ]
    sheet = read(
        write(
            tmp_path, *(b.replace("F</step>", "F</step><alter>1</alter>") for b in bars), fifths=2
        )
    )
    (run,) = runs(sheet)
    (window,) = windows(run, Piece("x", "folk", 100.0, 32.0))
    pitches = {n.pitch % 12 for n in melody_notes(window.grid.melody)}
    assert pitches == {0, 2, 4, 5, 7, 9} and window.tonic == 2
    assert window.numbers["mode"] == 1 and window.numbers["colour"] == 1
    assert (window.grid.bass == MASK).all()


@pytest.mark.parametrize(
    ("tones", "bass", "expected"),
    [
        ((0, 4, 7), 0, (0, "maj")),
        ((9, 0, 4), 9, (9, "min")),
        ((7, 11, 2, 5), 7, (7, "7")),
        ((11, 2, 5, 8), 11, (11, "dim7")),
        ((0, 4, 7), 4, (0, "maj")),
    ],
)
def test_chords_are_recognised(tones: tuple, bass: int, expected: tuple) -> None:
    chroma, low = np.zeros((4, 12)), np.zeros((4, 12))
    chroma[:, list(tones)], low[:, bass] = 1, 1
    found = chords(chroma, low, 4)
    assert {chord_of(FIRST + int(f)) for f in found} == {expected}


@pytest.mark.parametrize("tonic", range(12))
def test_keys_are_recognised(tonic: int) -> None:
    major = np.zeros(12)
    major[[(tonic + s) % 12 for s in (0, 2, 4, 5, 7, 9, 11)]] = [3, 1, 2, 1, 2, 1, 1]
    assert key(major, 0) == (tonic, False)


def batch(seed: int, count: int = 32, steps: int = 64) -> Streams:
    rng = np.random.default_rng(seed)
    return {
        n: rng.integers(1, SIZES[n], (count, steps // STRIDES[n])).astype(np.uint8) for n in STREAMS
    }


@given(st.integers(0, 2**32))
def test_masks_hide_only_what_is_asked(seed: int) -> None:
    streams = batch(seed)
    streams["drums"][:] = MASK
    masked = mask(streams, 16, np.random.default_rng(seed))
    for name in STREAMS:
        seen, asked = masked.seen[name], masked.asked[name]
        assert (seen[~asked] == streams[name][~asked]).all()
        assert np.isin(seen[asked], (MASK, ONSET)).all()
        assert (streams[name][asked & (seen == ONSET)] >= FIRST).all()
    assert not masked.asked["drums"].any()


@given(st.integers(0, 2**32), st.integers(0, 3))
def test_a_cut_begins_with_the_chord_that_sounds(seed: int, bar: int) -> None:
    streams = batch(seed, count=4)
    streams["chord"] = np.where(streams["chord"] < FIRST, HOLD, streams["chord"]).astype(np.uint8)
    streams["chord"][:, 0] = FIRST + 5
    for before, after in zip(streams["chord"], crop(streams, 16 * bar, 64)["chord"], strict=True):
        sounding = [c for c in chords_of(before) if c.start_beats <= 4 * bar][-1]
        assert chords_of(after)[0].symbol == sounding.symbol


def test_what_is_held_out_never_changes() -> None:
    assert [is_held_out(f"lieder/{n}") for n in range(40)].count(True) == 7
    share = np.mean([is_held_out(str(n)) for n in range(4000)])
    assert 0.06 < share < 0.10


def test_only_the_chosen_scores_of_an_archive_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = ["".join(note(s, 4, 2) for s in "CEGE")] * 8
    score = write(tmp_path, *bars)
    with zipfile.ZipFile(tmp_path / "corpus-1.whl", "w") as archive:
        for name in ("free", "reserved"):
            archive.write(score, f"music21/corpus/{name}.xml")
    chosen = (Chosen("free.xml", "Free", "CC0-1.0", "folk"),)
    monkeypatch.setattr(building, "SOURCES", (Source("corpus-*.whl", "corpus", chosen=chosen),))
    building.build([tmp_path], tmp_path / "pack")
    (entry,) = building.pieces(tmp_path / "pack")
    assert (entry.id, entry.licence, entry.windows) == ("corpus/free", "CC0-1.0", 1)
    with pytest.raises(RequestError, match=r"no corpus-\*.whl in"):
        building.build([tmp_path / "pack"], tmp_path / "other")


def test_every_chosen_score_has_a_licence_that_allows_use() -> None:
    allowed = {"CC0-1.0", "CC-BY", "public domain"}
    assert {each.licence for each in building.MUSIC21} <= allowed
