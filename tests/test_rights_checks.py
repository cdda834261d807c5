"""Likeness to the user's own references: copies are found, strangers are not, words are careful."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rights_parts import RATE, sound

from studio.errors import RequestError
from studio.media import Audio
from studio.rights import checks, similar
from studio.rights.record import Compared
from studio.score import Note, Part, Score
from studio.sounds import containers
from studio.sounds.midi import write_midi

LETTERS = st.lists(st.sampled_from("abcde"), max_size=30)
VERSE = (
    "the morning comes in blue and slow, the river keeps what rivers know, "
    "and every light along the quay says stay a while, then sails away"
)
# Wang Wei (8th century), in the public domain.
POEM = "红豆生南国春来发几枝愿君多采撷此物最相思"


def tune(seed: int, seconds: int = 20) -> Audio:
    """Notes of changing pitch and length, (2, T) at 44.1 kHz."""
    random = np.random.default_rng(seed)
    notes = []
    while sum(len(each) for each in notes) < seconds * RATE:
        time = np.arange(int(random.choice([0.2, 0.4, 0.6]) * RATE)) / RATE
        pitches = 220 * 2 ** (random.integers(0, 24, 3) / 12)
        waves = [np.sin(2 * np.pi * p * h * time) / h for p in pitches for h in range(1, 8)]
        notes.append(np.sum(waves, axis=0) * np.exp(-2 * time))
    line = np.concatenate(notes)[: seconds * RATE]
    return Audio((np.tile(line / np.abs(line).max(), (2, 1)) * 0.7).astype(np.float32), RATE)


def reference(home: Path, name: str) -> Path:
    path = home / "references" / name
    path.parent.mkdir(exist_ok=True)
    return path


def melody(steps: list[int], start: int = 60, beat: float = 1.0) -> list[Note]:
    """Eighths and quarters in turn."""
    notes, at, pitch = [], 0.0, start
    for number, step in enumerate(steps):
        pitch += step
        length = beat * (0.5 if number % 3 else 1)
        notes.append(Note(at, length, pitch))
        at += length
    return notes


STEPS = [0, 2, 2, 1, -3, 5, -2, -2, 4, -1, -2, 7, -5, 2, 2, -4, 3, -1, 2, -6]


def midi(path: Path, notes: list[Note]) -> None:
    part = Part("tune", "melody", "piano", tuple(notes))
    score = Score(
        tempo_bpm=120,
        metre=(4, 4),
        key="C",
        mode="major",
        parts=(part,),
        chords=(),
        sections=(),
        length_beats=40,
    )
    write_midi(score, path)


def test_without_references_nothing_is_claimed(home: Path, tmp_path: Path) -> None:
    containers.encode(tune(1), "wav", tmp_path / "a.wav")
    found = [
        checks.check_sound(tmp_path / "a.wav", home),
        checks.check_melody(melody(STEPS), home),
        checks.check_lyrics(VERSE, home),
    ]
    for each in found:
        assert each.text == f"{each.kind}: not compared, there are no local references"


@pytest.mark.parametrize(("format", "kbps"), [("mp3", 64), ("opus", 64)])
def test_a_copy_matches_and_strangers_do_not(
    home: Path, tmp_path: Path, format: str, kbps: int
) -> None:
    for seed in (2, 3, 4):
        containers.encode(tune(seed), "flac", reference(home, f"song{seed}.flac"))
    stranger, copy = tmp_path / f"new.{format}", tmp_path / f"copy.{format}"
    containers.encode(tune(1), format, stranger, kbps)
    found = checks.check_sound(stranger, home)
    assert found.state == "none"
    assert found.text == "sound: no match in 3 local references"
    part = Audio(tune(3).samples[:, 5 * RATE : 15 * RATE], RATE)
    containers.encode(part, format, copy, kbps)
    found = checks.check_sound(copy, home)
    assert (found.state, found.nearest) == ("match", "song3.flac")
    assert found.best <= checks.SAME_RECORDING


def test_references_are_fingerprinted_once_and_again_when_they_change(
    home: Path, tmp_path: Path
) -> None:
    path = reference(home, "a.wav")
    containers.encode(tune(2), "wav", path)
    containers.encode(tune(1), "wav", tmp_path / "new.wav")
    for _ in range(2):
        assert checks.check_sound(tmp_path / "new.wav", home).state == "none"
        assert len(list((home / "prints").iterdir())) == 1
    containers.encode(tune(1, 25), "wav", path)
    assert checks.check_sound(tmp_path / "new.wav", home).state == "match"


def test_a_reference_that_cannot_be_read_is_counted_not_hidden(home: Path, tmp_path: Path) -> None:
    containers.encode(tune(1), "wav", tmp_path / "new.wav")
    containers.encode(tune(2), "wav", reference(home, "good.wav"))
    reference(home, "bad.mp3").write_bytes(b"nothing")
    found = checks.check_sound(tmp_path / "new.wav", home)
    assert found.skipped == ("bad.mp3",)
    assert found.text == "sound: no match in 1 local references; 1 could not be compared"


def test_a_file_without_sound_is_refused(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"nothing")
    with pytest.raises(RequestError, match="cannot be read"):
        checks.check_sound(path, home)


def test_a_melody_is_known_in_another_key_and_tempo(home: Path) -> None:
    midi(reference(home, "old.mid"), melody(STEPS, start=52, beat=0.5))
    found = checks.check_melody(melody(STEPS), home)
    assert (found.state, found.nearest, found.best) == ("match", "old.mid", 20)
    found = checks.check_melody(melody(STEPS[:9] + [9, -9, 9, -9]), home)
    assert found.state == "review"
    found = checks.check_melody(melody([-step for step in STEPS]), home)
    assert found.text == "melody: no match in 1 local references"


def known_tunes() -> dict[str, list[Note]]:
    lines = (Path(__file__).parent / "golden" / "tunes.tsv").read_text("utf-8").splitlines()[1:]
    found = {}
    for title, _, notes in (line.partition("\t") for line in lines):
        pairs = [each.split() for each in notes.split(", ")]
        found[title] = [Note(float(at), 0.25, int(pitch)) for at, pitch in pairs]
    return found


def changed(notes: list[Note], share: float, random: Random) -> list[Note]:
    """In another key, at half the speed, and here and there with another or one more note."""
    found: list[Note] = []
    for note in notes:
        at, pitch = 2 * note.start_beats, note.pitch - 3
        chance = random.random()
        step = random.choice([-2, -1, 1, 2]) if chance < share else 0
        found.append(Note(at, 0.1, pitch + step))
        if step and chance < share / 2:
            found[-1:] = [Note(at, 0.1, pitch), Note(at + 0.2, 0.1, pitch + step)]
    return found


def test_tunes_of_the_public_domain_are_told_apart() -> None:
    runs = [similar.same_notes(*each) for each in combinations(known_tunes().values(), 2)]
    assert len(runs) == 780
    assert max(runs) < checks.SAME_NOTES
    assert sum(run >= checks.SIMILAR_NOTES for run in runs) <= 4


@pytest.mark.parametrize(("share", "noticed"), [(0, 1), (0.05, 0.9), (0.1, 0.75)])
def test_a_tune_taken_over_is_noticed_with_some_of_its_notes_changed(
    share: float, noticed: float
) -> None:
    random, found = Random(1), []
    for notes in known_tunes().values():
        start = random.randrange(len(notes) - 24)
        copy = changed(notes[start : start + 24], share, random)
        found.append(similar.same_notes(copy, notes) >= checks.SIMILAR_NOTES)
    assert sum(found) >= noticed * len(found)


def test_borrowed_words_match_and_other_words_do_not(home: Path) -> None:
    reference(home, "song.txt").write_text(VERSE)
    found = checks.check_lyrics("oh " + VERSE[:75] + " oh baby", home)
    assert (found.state, found.nearest) == ("match", "song.txt")
    found = checks.check_lyrics("I say the river keeps what rivers know, and then I go", home)
    assert found.state == "review"
    other = "slowly, the blue dawn arrives; a river remembers; lamps by the water ask us to wait"
    assert checks.check_lyrics(other, home).text == "lyrics: no match in 1 local references"


def test_chinese_counts_by_the_character(home: Path) -> None:
    reference(home, "poem.txt").write_text(POEM)
    assert checks.check_lyrics("夜里我想起愿君多采撷此物的时候", home).state == "review"
    assert checks.check_lyrics("他说春来发几枝愿君多采撷", home).state == "match"
    assert checks.check_lyrics("雨落在旧城的屋檐上", home).state == "none"


def test_the_findings_go_into_the_record_as_numbers(home: Path) -> None:
    reference(home, "song.txt").write_text(VERSE)
    told = checks.as_record([checks.check_lyrics(VERSE, home)])
    assert told == {"lyrics": Compared(refs=1, best=26, state="match")}


def test_a_song_is_compared_in_every_way_before_it_is_a_file(home: Path) -> None:
    containers.encode(tune(2), "mp3", reference(home, "song.mp3"))
    midi(reference(home, "old.mid"), melody(STEPS))
    reference(home, "song.txt").write_text(VERSE)
    part = Part("tune", "melody", "piano", tuple(melody(STEPS)))
    score = Score(120, (4, 4), "C", "major", (part,), (), (), 40)
    found = checks.check_song(replace(tune(2), score=score), VERSE, home)
    assert [(each.kind, each.state) for each in found] == [
        ("sound", "match"),
        ("melody", "match"),
        ("lyrics", "match"),
    ]
    told = checks.told(checks.as_record(found))
    assert told[1] == "melody: matches a reference of its maker (notes in a row 20)"
    assert "song.mp3" not in str(told)


def test_a_scrap_of_sound_is_not_called_free_of_matches(home: Path, tmp_path: Path) -> None:
    containers.encode(tune(2), "wav", reference(home, "long.wav"))
    containers.encode(sound(1), "wav", reference(home, "short.wav"))
    containers.encode(sound(1), "wav", tmp_path / "a.wav")
    found = checks.check_sound(tmp_path / "a.wav", home)
    assert found.text == "sound: not compared, it is too short"
    containers.encode(tune(1), "wav", tmp_path / "b.wav")
    assert checks.check_sound(tmp_path / "b.wav", home).skipped == ("short.wav",)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("abcde"), max_size=30), st.lists(st.sampled_from("abcde"), max_size=30)
)
def test_the_longest_run_is_the_longest(left: list[str], right: list[str]) -> None:
    found = similar.overlap(" ".join(left), " ".join(right)).longest
    runs = [
        length
        for a in range(len(left))
        for b in range(len(right))
        for length in range(1, 31)
        if left[a : a + length] == right[b : b + length] and a + length <= len(left)
        if b + length <= len(right)
    ]
    assert found == max(runs, default=0)
