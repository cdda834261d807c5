"""Lyrics in both languages become notes with the singer's own syllables."""

import pytest

from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.music.spoken import sung_stanzas
from pipelines.pocket.music.words import lay_line, weight
from studio.errors import RequestError
from tests.plain_filler import PlainFiller

ENGLISH = "[verse]\nMy coffee went cold on a Monday in May\n[chorus]\nNever came back from lunch!"
CHINESE = "[主歌]\n月光洒在窗前的小河\n[副歌]\n听风吹过满山的花朵"


def test_english_words_are_cut_where_they_are_sung() -> None:
    verse, chorus = sung_stanzas(ENGLISH, "en")
    assert (verse.name, chorus.name) == ("verse", "chorus")
    (line,) = verse.lines
    assert "".join(each.text.rstrip("-") for each in line) == "MycoffeewentcoldonaMondayinMay"
    coffee = [each for each in line if each.text.startswith("cof")]
    assert [(each.stress, each.ends_word) for each in coffee] == [(2, False)]
    light = {each.text: each.stress for each in line if each.text in ("My", "on", "a", "in")}
    assert set(light.values()) == {0}


def test_chinese_characters_carry_their_tones() -> None:
    verse, chorus = sung_stanzas(CHINESE)
    assert [(each.text, each.tone) for each in verse.lines[0][:2]] == [("月", 4), ("光", 1)]
    assert [each.text for each in chorus.lines[0]] == list("听风吹过满山的花朵")


@pytest.mark.parametrize(("text", "genre"), [(ENGLISH, "folk"), (CHINESE, "guofeng")])
def test_every_syllable_is_on_a_note(text: str, genre: str) -> None:
    stanzas = sung_stanzas(text)
    score = compose(SongPlan(genre=genre, duration_s=30, stanzas=stanzas), PlainFiller(), 2)
    wanted = [each.text for stanza in stanzas for line in stanza.lines for each in line]
    assert [note.syllable for note in score.sung()][: len(wanted)] == wanted
    last = list(score.sung())[-1]
    assert last.length_beats >= 0.5


def test_accents_meet_the_beat() -> None:
    """Within a word the accented syllable is on the stronger beat, nearly always."""
    words = "\n".join(
        (
            "I remember the river in the morning light",
            "Tell me tomorrow will be better than before",
            "Yesterday I wandered through an empty city street",
            "nobody is waiting at the open door",
        )
    )
    (stanza,) = sung_stanzas(words, "en")
    right = total = 0
    for seed in range(10):
        for line in stanza.lines:
            laid = lay_line(line, 2, (4, 4), 100, f"{seed}")
            for one, two in zip(laid, laid[1:], strict=False):
                accents = one.syllable.stress - two.syllable.stress
                if one.syllable.ends_word or not accents:
                    continue
                beats = weight(one.first, (4, 4)) - weight(two.first, (4, 4))
                total += 1
                right += beats * accents >= 0
    assert total > 100 and right / total > 0.95


def test_marks_alone_are_silence() -> None:
    (stanza,) = sung_stanzas("[verse]\n...\nla la la\n---")
    assert len(stanza.lines) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("la " * 7000, "lyrics of 21000 characters; give at most"),
        ("[chorus]\n…\n!!!", "no words to sing"),
        ("привет мир", "Cyrillic"),
    ],
)
def test_what_cannot_be_sung_is_refused(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        sung_stanzas(text)
