"""The evaluation of songs: prompts, what is asked for, genres, tunes, sound and the tables."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.pocket.music.genres import GENRES
from pipelines.pocket.music.novelty import Known, collect
from pipelines.pocket.music.params import PocketMusicParams, named
from studio import registry
from studio.core import Request, resolve
from studio.errors import RequestError, WeightsError
from studio.evaluate import _asked, _genre, _sounding, _tunes, song, suites
from studio.evaluate._asked import Made, absent, in_scale, marks, missed
from studio.evaluate._song_prompts import Prompt, Want, chosen, meant, prompts
from studio.evaluate._song_table import Song, markdown, table
from studio.media import Audio, Stem
from studio.rights import watermark
from studio.score import Chord, Note, Part, Score, Section

RATE = 44_100
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def a_score(pitches: tuple[int, ...] = SCALE, **facts: Any) -> Score:
    notes = tuple(Note(n, 1, pitch) for n, pitch in enumerate(pitches))
    hats = tuple(Note(n / 2, 0.25, 42) for n in range(2 * len(pitches)))
    length = float(len(pitches))
    parts = Part("melody", "melody", "violin", notes), Part("drums", "drums", "jazz kit", hats)
    values: dict[str, Any] = {
        "tempo_bpm": 120, "metre": (4, 4), "key": "C", "mode": "major", "genre": "pop",
        "parts": parts,
        "chords": (Chord(0, length, 0, "maj"),), "sections": (Section("verse", 0, length),),
        "length_beats": length, **facts,
    }  # fmt: skip
    return Score(**values)


def a_sound(seconds: float = 4, *, silent: str = "") -> Audio:
    at = np.arange(round(seconds * RATE)) / RATE
    tone = np.tile(0.2 * np.sin(2 * np.pi * 440 * at), (2, 1)).astype(np.float32)
    stems = [Stem(n, tone * (0 if n == silent else 0.5)) for n in ("melody", "drums")]
    return Audio(tone, RATE, tuple(stems))


def a_prompt(**want: Any) -> Prompt:
    return Prompt(0, "en", "a song", Want(**want))


def test_the_suite_of_songs_is_found() -> None:
    assert "song" in suites()


# Prompts


def test_there_are_two_hundred_prompts_in_two_languages_and_every_genre() -> None:
    found = prompts()
    assert len(found) >= 200
    assert len({each.text for each in found}) == len(found)
    for language in ("en", "zh"):
        own = [each for each in found if each.language == language]
        assert len(own) >= 95
        genres = {each.want.genre for each in own} - {None}
        assert genres == GENRES.keys()


def test_what_prompts_ask_for_is_known_to_the_family() -> None:
    for each in prompts():
        want = each.want
        told = {"genre": want.genre, "key": want.key, "mode": want.mode, "metre": want.metre,
                "tempo_bpm": want.tempo, "duration_s": want.duration}  # fmt: skip
        given = {name: value for name, value in told.items() if value is not None}
        made = PocketMusicParams(prompt=each.text, seed=1, **given)
        assert made.genre == (want.genre or "any")
        for name in want.instruments:
            assert meant(name) & {*named(name), *meant(name)}, name


def test_a_limit_spreads_over_the_prompts() -> None:
    few = chosen(12)
    assert len(few) == 12
    assert {each.language for each in few} == {"en", "zh"}
    assert len({each.want.genre for each in few}) > 6
    with pytest.raises(RequestError, match="limit 0"):
        chosen(0)


def test_what_is_asked_for_reaches_the_options() -> None:
    """Router and options alone: nearly all of it, in both languages."""
    asked = right = 0
    for each in prompts()[::3]:
        [job] = resolve(Request(each.text, seed=1, count=1))
        want, params = each.want, job.params
        assert job.kind == "song", each.text
        assert isinstance(params, PocketMusicParams)
        got = {"genre": params.genre, "tempo": params.tempo_bpm, "key": params.key,
               "mode": params.mode, "duration": params.duration_s}  # fmt: skip
        told = {name: value for name in got if (value := getattr(want, name)) is not None}
        asked += len(told)
        right += sum(got[name] == value for name, value in told.items())
    assert right >= 0.97 * asked


# What is asked for


def test_a_song_as_asked_has_every_mark() -> None:
    want = {"genre": "pop", "tempo": 120, "key": "C", "mode": "major", "metre": "4/4",
            "duration": 4.0, "instruments": ("violin", "drums")}  # fmt: skip
    found = marks(a_prompt(**want), Made(a_sound(), a_score(), "pop", "pop"))
    assert set(found) == set(_asked.FIELDS)
    assert all(found.values())


@pytest.mark.parametrize(
    ("want", "name"),
    [
        ({"tempo": 121}, "tempo"),
        ({"key": "D"}, "key and mode"),
        ({"key": "C", "mode": "minor"}, "key and mode"),
        ({"metre": "3/4"}, "metre"),
        ({"instruments": ("cello",)}, "instruments"),
        ({"duration": 4.1}, "duration"),
        ({"genre": "rock"}, "genre heard"),
    ],
)
def test_what_is_not_as_asked_loses_its_mark(want: dict, name: str) -> None:
    found = marks(a_prompt(**want), Made(a_sound(), a_score(), "rock", "pop"))
    assert not found[name]
    assert set(found) <= set(_asked.FIELDS)


def test_enharmonic_keys_are_one_and_bending_genres_may_leave_the_scale() -> None:
    flat = a_score(key="C#", mode="minor", genre="blues")
    found = marks(a_prompt(key="Db", mode="minor"), Made(a_sound(14), flat, "", ""))
    assert found["key and mode"]
    assert "notes in scale" not in found
    assert in_scale(a_score((60, 61, 63, 64))) == 0.5
    outside = a_score((60, 61, 63, 64))
    assert not marks(a_prompt(), Made(a_sound(14), outside, "", ""))["notes in scale"]


def test_an_instrument_that_nobody_hears_is_absent() -> None:
    want = Want(instruments=("violin", "drums"))
    assert absent(want, a_sound(), a_score()) == ()
    assert absent(want, a_sound(silent="melody"), a_score()) == ("violin",)


def test_a_prompt_that_becomes_a_picture_misses_all_it_asks_for() -> None:
    found = missed(Want(genre="pop", tempo=100))
    assert set(found) == {"kind", "genre read", "genre heard", "tempo", "duration"}
    assert not any(found.values())


def test_a_section_off_the_bar_line_breaks_the_metre() -> None:
    late = a_score(sections=(Section("verse", 0, 3), Section("chorus", 3, 5)))
    assert _asked.keeps_metre(a_score())
    assert not _asked.keeps_metre(late)


# Genres


def test_the_judge_knows_our_genres_and_is_right_about_tunes_it_never_saw() -> None:
    told = _genre.report()
    assert set(told["genres"]) == set(GENRES)
    assert told["accuracy"] > 0.9
    assert min(told["by_genre"].values()) > 0.7


def test_the_judge_reads_notes_and_no_names() -> None:
    plain = a_score()
    parts = tuple(replace(part, name=f"other {n}") for n, part in enumerate(plain.parts))
    renamed = replace(plain, genre="techno", title="ragtime", key="F", parts=parts, chords=(),
                      sections=())  # fmt: skip
    assert np.array_equal(_genre.features(plain), _genre.features(renamed))


def test_drums_tempo_and_timbre_move_the_judge() -> None:
    kicks = tuple(Note(float(n), 0.25, 36) for n in range(32))
    hats = tuple(Note(n + 0.5, 0.25, 46) for n in range(32))
    claps = tuple(Note(n + 1.0, 0.25, 39) for n in range(0, 32, 2))
    drums = tuple(sorted((*kicks, *hats, *claps), key=lambda note: note.start_beats))
    low = tuple(Note(n + 0.5, 0.25, 36 + (n % 2)) for n in range(32))
    club = a_score(
        SCALE * 4,
        tempo_bpm=124,
        parts=(
            Part("drums", "drums", "electronic kit", drums),
            Part("bass", "bass", "synth bass", low),
        ),
    )
    likely = _genre.Judge.load().scores(club)
    assert sum(likely[name] for name in ("house", "techno", "trance")) > 0.6
    assert sum(likely.values()) == pytest.approx(1)


def test_damaged_weights_of_the_judge_are_refused(tmp_path: Path) -> None:
    for name in (_genre.WEIGHTS, _genre.REPORT, "manifest.json"):
        (tmp_path / name).write_bytes((_genre.FOLDER / name).read_bytes())
    (tmp_path / _genre.WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="damaged"):
        _genre.Judge.load(tmp_path)


# Tunes


@pytest.fixture(scope="module")
def beside() -> Path:
    weights = registry.family("pocket-music").weights()
    return _tunes.folder_of([each.path for each in weights])


def test_an_excerpt_lies_on_the_white_keys_from_its_first_note() -> None:
    late = tuple(Note(4.0 + n, 1, pitch + 2) for n, pitch in enumerate(SCALE))
    score = a_score(
        SCALE + SCALE[:4], key="D", parts=(Part("melody", "melody", "violin", late),),
        chords=(Chord(0, 12, 2, "maj"),),
    )  # fmt: skip
    found = _tunes.excerpt(score)
    assert found is not None
    assert found.bars == 2
    assert [note.pitch for note in found.notes] == list(SCALE)
    assert found.notes[0].start_beats == 0
    assert found.chords[0].root == 0


def test_a_swung_copy_of_a_known_tune_is_found() -> None:
    straight = [Note(n / 2, 0.5, pitch) for n, pitch in enumerate(SCALE + SCALE[::-1])]
    swung = [replace(n, start_beats=n.start_beats + (n.start_beats % 1) / 3) for n in straight]
    score = a_score(parts=(Part("melody", "melody", "violin", tuple(swung)),))
    known = Known(collect([straight]))
    assert _tunes.longest_copies([score, a_score()], known) == [16, 0]


def test_real_excerpts_lie_beside_the_weights(beside: Path) -> None:
    real = _tunes.held_out(beside)
    assert len(real.scalars["range"]) > 100
    found = _tunes.overlaps([a_score(), a_score(SCALE[::-1])], real)
    assert all(0 <= value <= 1 for value in found.values())
    with pytest.raises(WeightsError, match="held_out"):
        _tunes.folder_of([Path("/nowhere/model.safetensors")])


# Sound


def test_loudness_and_true_peak_are_what_meters_say() -> None:
    at = np.arange(5 * RATE) / RATE
    # A quarter of the rate, between its samples: they never show the peak.
    sine = np.tile(np.sin(2 * np.pi * RATE / 4 * at + np.pi / 4), (2, 1)) * 0.5
    audio = Audio(sine.astype(np.float32), RATE)
    assert np.abs(sine).max() == pytest.approx(0.354, abs=0.001)
    # Its abrupt ends ring a little.
    assert _sounding.true_peak(audio) == pytest.approx(-6.02, abs=0.15)
    tone = Audio(np.tile(np.sin(2 * np.pi * 997 * at), (2, 1)).astype(np.float32) * 0.1, RATE)
    assert _sounding.loudness(tone) == pytest.approx(-20.0, abs=0.2)


def test_a_mark_is_read_after_every_attack_and_none_where_none_is() -> None:
    rng = np.random.default_rng(1)
    noise = np.cumsum(rng.normal(size=(2, 20 * RATE)), axis=1)
    noise -= np.stack([np.convolve(side, np.ones(400) / 400, "same") for side in noise])
    plain = Audio((0.2 * noise / np.abs(noise).max()).astype(np.float32), RATE)
    found = _sounding.marked(watermark.embed(plain, "1a2b3c4d"))
    assert set(found) == set(_sounding.ATTACKS)
    assert sum(found.values()) >= 4
    assert not any(_sounding.marked(plain).values())


# All of it


def test_a_family_without_songs_is_refused() -> None:
    with pytest.raises(RequestError, match="makes no songs"):
        song.evaluate("pocket-image")


def test_tables_hold_every_measure_and_count_what_was_not_made() -> None:
    good = Song(a_prompt(genre="pop"), {"genre heard": True, "tempo": True}, score=a_score(),
                in_scale=1.0, lufs=-14.0, peak_db=-1.2)  # fmt: skip
    bad = Song(replace(a_prompt(genre="pop"), language="zh"), missed(Want(genre="pop", tempo=90)),
               "became image")  # fmt: skip
    judge = {"accuracy": 0.9, "pieces": {"kept": 10}}
    found = table([good, bad], {}, judge)
    assert found["asked"]["tempo"] == {
        "en": 1.0, "zh": 0.0, "all": 0.5, "songs": 2, "target": 1.0, "is_reached": False
    }  # fmt: skip
    assert found["genres"] == {"pop": 0.5}
    assert found["wrong"] == [{"prompt": "a song", "got": "became image"}]
    page = markdown({"family": "f", "seed": 0, "seconds": 1, **found})
    assert "| tempo | ≥ 100.0 % | 100.0 % | 0.0 % | 50.0 % | 2 | no |" in page


def test_a_length_is_given_only_where_a_prompt_names_none() -> None:
    lengths = {replace(each, usual_s=33.0).duration_s for each in chosen()}
    named = {each.want.duration for each in chosen() if each.want.duration}
    assert lengths == named | {33.0}


def test_two_songs_are_made_judged_and_written(tmp_path: Path) -> None:
    said: list[str] = []
    found = song.evaluate(limit=2, sound=1, out=tmp_path, say=said.append, seconds=12)
    assert found["songs"] == 2 and said
    assert found["asked"]["duration"]["all"] == 1
    assert found["sound"]["files"] == 1
    assert "mp3" in found["sound"]["true peak of files, most (dBTP)"]
    assert json.loads((tmp_path / "pocket-music.json").read_text("utf-8"))["songs"] == 2
    assert "Not as asked" in (tmp_path / "pocket-music.md").read_text("utf-8") or not found["wrong"]
