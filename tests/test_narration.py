"""Words spoken over music and alone: when they are said, and that the music makes room."""

import numpy as np
import pytest

from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.narration import manner_in, narrated, narration, without_narration
from pipelines.pocket.music.params import PocketMusicParams
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.sound.mix import render
from pipelines.pocket.voice.perform import perform, said_of
from pipelines.pocket_music import FAMILY
from studio.backbone import route
from studio.errors import RequestError
from studio.media import Audio
from studio.score import Score
from studio.sounds import packed
from studio.sounds.musicxml import to_musicxml
from studio.spec import Model
from tests.plain_filler import PlainFiller

POEM = "[verse]\nThe morning came with silver rain\nYou left your coffee by the door"
VOICE = "warm male"


@pytest.fixture(scope="module")
def music() -> Score:
    return compose(SongPlan(genre="lo-fi", duration_s=20), PlainFiller(), 3)


def test_lines_are_said_in_order_on_beats_within_the_piece(music: Score) -> None:
    score = narrated(music, POEM, VOICE)
    part = score.parts[0]
    assert part.is_spoken and part.instrument == VOICE
    texts = [note.syllable for note in part.notes]
    assert texts[:3] == ["The", "mor-", "ning"] and texts[-1] == "door"
    ends = [note.end_beats for note in part.notes]
    assert all(
        note.start_beats >= end - 1e-9 for note, end in zip(part.notes[1:], ends, strict=False)
    )
    assert score.seconds(ends[-1]) < score.duration_s
    for first in (0, texts.index("You")):
        beat = part.notes[first].start_beats
        assert abs(beat - round(beat)) < 1e-6
    assert {note.pitch % 12 for note in part.notes} <= score.scale


def test_the_music_itself_stays(music: Score) -> None:
    score = narrated(music, POEM, VOICE)
    assert score.parts[1:] == music.parts
    assert without_narration(score) == (music, score.parts[0])
    assert without_narration(music) == (music, None)


def test_a_song_that_is_spoken_over_survives_its_file(music: Score) -> None:
    score = narrated(music, POEM, VOICE)
    assert packed.unpack(packed.pack(score)) == score
    assert "mor" not in to_musicxml(score)


def test_the_music_makes_room_for_the_words(music: Score) -> None:
    """While somebody speaks the music is at least 6 dB softer than alone, and below the voice."""
    score = narrated(music, POEM, VOICE)
    said = said_of(score.parts[0], score.tempo_bpm)
    words = {score.parts[0].name: perform(score.parts[0], score.tempo_bpm, 3)}
    mix, alone = render(score, words, 3), render(music, {}, 3)
    voice = mix.stems["narration"]
    over = np.sum([stem for name, stem in mix.stems.items() if name != "narration"], axis=0)
    plain = np.sum(list(alone.stems.values()), axis=0)
    start, end = (round(each * 44_100) for each in (said[0].start_s, said[7].end_s))

    def level(sound: np.ndarray) -> float:
        return 20 * np.log10(np.std(sound[:, start:end]))

    # Mastering lifts both mixes by its own amount: what plays before the words tells how much.
    before = slice(0, round((said[0].start_s - 1.2) * 44_100))
    lift = 20 * np.log10(np.std(over[:, before]) / np.std(plain[:, before]))
    assert level(over) - lift < level(plain) - 6
    assert level(voice) > level(over) + 6


def test_words_without_enough_time_are_refused_with_the_time_they_need(music: Score) -> None:
    with pytest.raises(RequestError, match=r"take \d+ s to say .* a duration of \d+ s"):
        narrated(music, POEM * 9, VOICE)


def test_speech_alone_is_as_long_as_its_words() -> None:
    score = narration("One line.\n\n[chorus]\nAnother, 你好。", "female", "Two lines")
    last = score.parts[0].notes[-1]
    assert len(score.parts) == 1 and score.title == "Two lines"
    assert 0.5 < score.duration_s - score.seconds(last.end_beats) < 1
    words = {"narration": perform(score.parts[0], score.tempo_bpm, 1)}
    assert render(score, words, 1).master.shape == (2, round(score.duration_s * 44_100))


def test_speech_of_over_ten_minutes_or_of_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="at most 600"):
        narration("A long, long line of many words.\n" * 300, "female")
    with pytest.raises(RequestError, match="nothing to say"):
        narration("[verse]\n…\n", "female")


# The family as a whole


@pytest.fixture(scope="module")
def model() -> Model:
    return FAMILY.load("cpu")


def made(model: Model, **given: object) -> Audio:
    media = model(PocketMusicParams.model_validate({"seed": 3, **given}), lambda step: None)
    assert isinstance(media, Audio)
    return media


def test_a_prompt_for_a_spoken_poem_is_spoken_over_its_music(model: Model) -> None:
    song = made(
        model, prompt="a spoken poem over lo-fi about the sea", genre="lo-fi", duration_s=24
    )
    assert song.samples.shape[1] == 24 * 44_100
    assert song.score is not None and song.score.parts[0].is_spoken
    assert {stem.name for stem in song.stems} >= {"narration", "chords", "drums"}
    assert len(song.score.parts[0].notes) > 15


def test_narration_says_what_is_given_and_nothing_plays(model: Model) -> None:
    words = "Good evening. It is 10:30 p.m."
    speech = made(model, prompt="the news", vocals="narration", lyrics=words, voice="warm male")
    assert [stem.name for stem in speech.stems] == ["narration"]
    assert speech.score is not None
    said = "".join(note.syllable for note in speech.score.parts[0].notes)
    assert said.replace("-", "") == "Goodevening.Itistenthirtypm"
    assert 2 < speech.samples.shape[1] / 44_100 < 6


@pytest.mark.parametrize(
    ("prompt", "manner"),
    [
        ("a spoken poem over lo-fi", "spoken"),
        ("朗诵一首关于月亮的诗，配钢琴", "spoken"),
        ("a podcast narration about bees", "spoken"),
        ("narrate: hello there", "narration"),
        ("read this aloud: Good evening", "narration"),
        ("read me a bedtime story", "spoken"),
        ("a voice-over for a quiet morning, no music", "narration"),
        ("朗读：床前明月光", "narration"),
        ("a ballad about words never spoken", None),
        ("思念给你的歌", None),
        ("a song about a speech", None),
    ],
)
def test_prompts_say_whether_words_are_spoken(prompt: str, manner: str | None) -> None:
    assert manner_in(prompt) == manner


def test_narration_refuses_what_only_music_has() -> None:
    with pytest.raises(ValueError, match="narration does not loop"):
        PocketMusicParams(prompt="a", vocals="narration", loop=True)


@pytest.mark.parametrize(
    ("prompt", "lyrics"),
    [
        ("a spoken poem over lo-fi about the sea", None),
        ("诗朗诵，关于月亮", None),
        ("narrate: the quick brown fox jumps", "the quick brown fox jumps"),
        ("朗读：床前明月光", "床前明月光"),
    ],
)
def test_the_router_hears_what_is_to_be_said(prompt: str, lyrics: str | None) -> None:
    found = route(prompt)
    assert found.kind == "song"
    assert found.params.get("lyrics") == lyrics


@pytest.mark.parametrize("prompt", ["a poster for a poetry reading", "a woman reading aloud"])
def test_a_picture_of_speaking_stays_a_picture(prompt: str) -> None:
    assert route(prompt).kind == "image"
