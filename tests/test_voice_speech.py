"""What is said: figures and abbreviations in words, tones in context, pitch and pauses."""

import numpy as np
import pytest

from pipelines.pocket.voice.lyrics import LyricsError, syllables
from pipelines.pocket.voice.mandarin import pronounce
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.reading import spelled
from pipelines.pocket.voice.speak import Said, recite, speak, timed
from pipelines.pocket.voice.voices import voice_named
from tests.voice_parts import pitch_at

RATE = 44_100


def heights(text: str, voice: str = "male") -> list[list[float]]:
    """Of each syllable, its pitch every 10 ms in semitones above the speaker's own."""
    samples = speak(text, voice)
    usual = 69 + 12 * np.log2(voice_named(voice).speech_hz / 440)
    found = []
    for each in timed(text, voice):
        heard = [
            pitch_at(samples, RATE, second) - usual
            for second in np.arange(each.start_s, each.end_s, 0.01)
        ]
        found.append([each for each in heard if not np.isnan(each)])
    return found


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Dr. Smith paid $1.50", "doctor Smith paid one dollar and fifty cents"),
        ("back in the 80s, in 1999", "back in the eighties , in nineteen ninety nine"),
        ("the 21st of 1,000", "the twenty first of one thousand"),
        ("3.14 or 50% at 10:05", "three point one four or fifty percent at ten oh five"),
        ("love & 2 hearts", "love and two hearts"),
        ("from NYC with love", "from N Y C with love"),
        ("I LOVE YOU NYC", "I LOVE YOU NYC"),
        ("2024年的50%", "二零二四年的百分之五十"),
        ("我有2个梦和20000元", "我有两个梦和两万元"),
        ("温度-5℃", "温度负五摄氏度"),
        ("3 cats 爱 4 条鱼", "three cats 爱 四 条鱼"),
    ],
)
def test_figures_and_abbreviations_are_spelled_out(written: str, read: str) -> None:
    assert spelled(written) == read


def test_figures_without_words_follow_the_language() -> None:
    assert spelled("12", "en") == "twelve"
    assert spelled("12", "zh") == "十二"


@pytest.mark.parametrize("line", ["1984 at 7pm", "在1984年的夏天", "No. 5 in the U.S.A.", "Łódź"])
def test_what_is_spelled_can_be_sung(line: str) -> None:
    assert all(each.phonemes for each in syllables(line))


@pytest.mark.parametrize("line", ["สวัสดี", "مرحبا", "Привет"])
def test_other_scripts_are_refused_in_a_line(line: str) -> None:
    with pytest.raises(LyricsError, match=r"cannot sing \w+ .*; write English or Chinese") as error:
        speak(line, "female")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "tones"),
    [
        ("妈妈", [1, 5]),
        ("你好", [2, 3]),
        ("我想买果酒", [3, 2, 3, 2, 3]),
        ("不是", [2, 4]),
        ("不好", [4, 3]),
        ("一个", [2, 4]),
        ("一天", [4, 1]),
        ("第一天", [4, 1, 1]),
        ("十一月", [2, 1, 4]),
        ("看一看", [4, 5, 4]),
    ],
)
def test_tones_change_beside_each_other(text: str, tones: list[int]) -> None:
    assert [tone for _, tone in pronounce(text)] == tones


def test_five_tones_have_their_shapes() -> None:
    """Semitones: level and high, rising, low and dipping, falling, and short after a level one."""
    (first,), (second,), (third,), (fourth,) = (heights(each) for each in "妈麻马骂")
    assert min(first) > 3 and max(first) - min(first) < 1.5
    assert second[-2] - min(second) > 3
    assert min(third) < -3 and third[-2] > min(third) + 1
    assert fourth[2] - fourth[-2] > 5
    high, neutral = heights("妈妈")
    assert np.median(neutral) < np.median(high) - 1.5
    assert len(neutral) < 0.9 * len(high)


def test_a_question_rises_and_a_statement_falls() -> None:
    asked, told = heights("You went to lunch?"), heights("You went to lunch.")
    assert asked[-1][-2] > 1 > -2 > told[-1][-2]
    # Who asks with a word need not ask with the voice.
    assert heights("Where did you go?")[-1][-2] < -2


def test_a_voice_sinks_through_a_sentence_and_begins_anew() -> None:
    said = heights("The morning came with silver rain over the town. The morning came again.")
    means = [np.mean(each) for each in said if each]
    assert means[1] > means[9] + 1
    assert means[12] > means[9] + 1


def test_pauses_follow_the_marks() -> None:
    def pause(text: str) -> float:
        first, second = timed(text, "female")
        return second.start_s - first.end_s

    assert pause("One two") == 0
    assert 0.1 < pause("One, two") < pause("One. Two") < 1


def test_a_recital_keeps_the_times_it_is_given() -> None:
    """Each syllable is heard where it stands, and nothing in the silence between."""
    said = [Said("moon", 1.0, 1.4), Said("light.", 1.4, 1.9), Said("Home.", 4.0, 4.6)]
    samples = recite(said, "male", 3)

    def level(start: float, end: float) -> float:
        return float(np.std(samples[round(start * RATE) : round(end * RATE)]))

    assert level(0, 0.9) < 1e-3 > level(2.1, 3.4)
    assert min(level(1.05, 1.35), level(1.5, 1.7), level(4.1, 4.5)) > 0.02


def test_a_text_said_again_from_its_syllables_is_the_same() -> None:
    text = "Well, 3 friends went home. 你好吗？"
    assert np.array_equal(recite(timed(text, "female"), "female", 5), speak(text, "female", 5))


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("sooo", "S OW"),
        ("looove", "L AH V"),
        ("hmmm", "HH AH M"),
        ("boba", "B OW B AX"),
        ("umami", "UW M AA M IY"),
        ("xena", "Z IY N AX"),
        ("heartstrings", "HH AA R T S T R IH NG Z"),
        ("shoulda", "SH UH D AX"),
    ],
)
def test_words_no_dictionary_has_are_read_as_people_do(word: str, phones: str) -> None:
    read = [phone for each in syllables(word) for phone in each.phonemes]
    assert " ".join(read) == phones


def test_any_row_of_letters_can_be_sung() -> None:
    for word in ("zzyzx", "Mxyzptlk", "bcdfg", "aeiou", "’s", "X", "Rhythmbxtch", "œuf"):
        for each in syllables(word):
            assert any(PHONES[phone].is_vowel for phone in each.phonemes), word
