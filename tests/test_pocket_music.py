"""pocket-music with its real weights: what is asked for is what is heard."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.pocket.music.params import PocketMusicParams, named
from pipelines.pocket_music import FAMILY, is_sung, plan_of
from studio import forms
from studio.core import Job, Request, generate, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.media import Audio
from studio.score import pitch_class
from studio.store import Store


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


def song(engine: Engine, prompt: str, **params: object) -> Audio:
    values = {"prompt": prompt, "seed": 3, "duration_s": 12, **params}
    media = engine.run(Job(FAMILY, forms.fill(FAMILY.params, values), prompt), lambda step: None)
    assert isinstance(media, Audio) and media.score is not None
    return media


def test_length_tempo_key_and_instruments_are_as_asked(engine: Engine) -> None:
    made = song(
        engine, "a tune", vocals="no", duration_s=13.5, tempo_bpm=97, key="F#", mode="minor",
        genre="folk", instruments="violin, guitar",
    )  # fmt: skip
    score = made.score
    assert score is not None
    assert made.samples.shape == (2, round(13.5 * 44_100))
    assert (score.tempo_bpm, pitch_class(score.key), score.mode) == (97, 6, "minor")
    assert {"violin", "steel guitar"} <= {part.instrument for part in score.parts}


def test_the_stems_add_up_to_the_song(engine: Engine) -> None:
    made = song(engine, "a calm tune", vocals="no")
    whole = np.sum([stem.samples for stem in made.stems], axis=0)
    assert np.abs(whole - made.samples).max() < 1e-4
    assert np.abs(made.samples).max() <= 10 ** (-1 / 20)


@pytest.mark.parametrize(
    ("lyrics", "first"),
    [
        ("[verse]\nThe rain is on the window\nThe kettle starts to sing", "The"),
        ("[主歌]\n窗外的雨一直下\n我在等你回家", "窗"),
    ],
)
def test_given_words_are_sung_in_order(engine: Engine, lyrics: str, first: str) -> None:
    made = song(engine, "a folk song", genre="folk", lyrics=lyrics, duration_s=20)
    assert made.score is not None
    sung = [note.syllable for note in made.score.sung()]
    assert sung[0] == first
    voice = next(stem for stem in made.stems if stem.name == "vocals")
    for note in made.score.sung():
        start, end = (round(made.score.seconds(beat) * 44_100) for beat in
                      (note.start_beats, note.end_beats))  # fmt: skip
        assert np.abs(voice.samples[:, start:end]).max() > 0.003, note


def test_a_song_about_something_gets_words_of_its_own(engine: Engine) -> None:
    made = song(engine, "a pop song about a friend who went to lunch", genre="pop", duration_s=24)
    assert made.score is not None
    words = " ".join(note.syllable for note in made.score.sung()).lower()
    assert "lunch" in words


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [("a song about rain", True), ("instrumental lo-fi beat", False), ("一首关于雨的歌", True)],
)
def test_who_sings_is_read_from_the_prompt(prompt: str, answer: bool) -> None:
    assert is_sung(PocketMusicParams(prompt=prompt, seed=1)) == answer


def test_what_the_router_reads_reaches_the_song() -> None:
    [job] = resolve(Request("a sad waltz in D minor with piano, 40 seconds", kind="song", seed=1))
    params = job.params
    assert isinstance(params, PocketMusicParams)
    assert (params.genre, params.key, params.mode, params.duration_s) == ("waltz", "D", "minor", 40)
    assert named(params.instruments) == ("grand piano",)


def test_an_unknown_instrument_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match="violin"):
        forms.fill(FAMILY.params, {"prompt": "a", "instruments": "violinn"})


@pytest.mark.parametrize(
    "params",
    [{"tempo_bpm": 999}, {"duration_s": 0}, {"duration_s": 10800}, {"key": "H"},
     {"lyrics": "la " * 7000}],
)  # fmt: skip
def test_what_cannot_be_is_one_line(params: dict[str, object]) -> None:
    with pytest.raises(RequestError) as caught:
        forms.fill(FAMILY.params, {"prompt": "a", **params})
    assert "\n" not in str(caught.value) and next(iter(params)) in str(caught.value)


def test_lyrics_in_a_script_that_nobody_here_sings_are_refused(engine: Engine) -> None:
    with pytest.raises(RequestError, match="lyrics"):
        song(engine, "a song", lyrics="Добрый вечер, мой друг")


def test_too_many_words_for_the_time_say_what_would_do() -> None:
    params = PocketMusicParams(
        prompt="a song", seed=1, lyrics="la la la la la\n" * 40, duration_s=8
    )
    from pipelines.pocket.music.plan import plan_piece

    with pytest.raises(RequestError, match="ask for"):
        plan_piece(plan_of(params), 1)


def test_a_saved_song_brings_its_score_and_rights(engine: Engine, tmp_path: Path) -> None:
    asked = Request("a short lullaby", family="pocket-music", seed=2, params={"duration_s": 10})
    [made] = generate(asked, store=Store(tmp_path), engine=engine)
    assert made.parts is not None
    player = json.loads((made.parts / "player.json").read_text("utf-8"))
    assert player["duration_s"] == pytest.approx(10, abs=0.05)
    rights = json.loads((made.parts / "rights.json").read_text("utf-8"))
    assert rights["terms"]["commercial"] == "allowed"


def test_every_instrument_that_the_router_knows_is_played_or_told() -> None:
    from studio.backbone.words import lexicon

    tables = (lexicon().english, lexicon().han)
    senses = {s for table in tables for found in table.values() for s in found}
    names = sorted({s.value for s in senses if s.group == "instrument"})
    assert len(names) > 60
    for name in names:
        assert named(name), name


def test_what_is_played_by_another_is_told() -> None:
    [job] = resolve(Request("a celtic song with sitar and violin", kind="song", seed=1))
    assert isinstance(job.params, PocketMusicParams)
    assert named(job.params.instruments) == ("koto", "violin")
    assert job.notes == ("no celtic here; folk instead", "no sitar here; koto instead")


@pytest.mark.parametrize(
    ("words", "ours"),
    [("electric guitar", "clean guitar"), ("harpsichord", "harpsichord"), ("双簧管", "oboe"),
     ("upright bass", "upright bass"), ("glockenspiel", "glockenspiel"),
     ("电钢琴", "electric piano")],
)  # fmt: skip
def test_an_instrument_is_the_one_that_was_named(words: str, ours: str) -> None:
    [job] = resolve(Request(f"a song with {words}", kind="song", seed=1))
    assert isinstance(job.params, PocketMusicParams)
    assert named(job.params.instruments) == (ours,)
    assert job.notes == ()
