"""Words spoken over music and alone: when they are said, and that the music makes room."""

import numpy as np
import pytest

from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.narration import narrated, narration, said_of, without_narration
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.sound.mix import render
from pipelines.pocket.voice.speak import recite
from studio.errors import RequestError
from studio.score import Score
from studio.sounds import packed
from studio.sounds.musicxml import to_musicxml
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
    assert texts[:3] == ["The", "mor-", "ning"] and texts[-1] == "door."
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
    words = {score.parts[0].name: recite(said, VOICE, 3)}
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
    words = {"narration": recite(said_of(score.parts[0], score.tempo_bpm), "female", 1)}
    assert render(score, words, 1).master.shape == (2, round(score.duration_s * 44_100))


def test_speech_of_over_ten_minutes_or_of_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="at most 600"):
        narration("A long, long line of many words.\n" * 300, "female")
    with pytest.raises(RequestError, match="nothing to say"):
        narration("[verse]\n…\n", "female")
