"""What is sung: pitch, timing, vowels and every syllable; and how lyrics are read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.pocket.music.params import PocketMusicParams
from pipelines.pocket.voice.lyrics import LyricsError, pronounce, syllables
from pipelines.pocket.voice.sing import Sung, sing
from pipelines.pocket.voice.speak import speak
from pipelines.pocket.voice.voices import unknown_words, voice_in, voice_named
from studio.evaluate._singing import measure
from studio.score import Note
from tests.voice_parts import notes_under, pitch_at

ENGLISH = "Hello my friend I miss you every single day"
CHINESE = "月亮代表我的心今天下雪了"
TUNE = (60, 64, 67, 65, 64, 62, 60, 67)


def cents_off(sung: Sung, notes: list[Note], tempo: float) -> NDArray:
    """Of every voiced frame of 10 ms within a note, its distance from the score in cents."""
    found = []
    for note in notes:
        start, end = note.start_beats * 60 / tempo, note.end_beats * 60 / tempo
        for second in np.arange(start, end, 0.01):
            heard = pitch_at(sung.samples, sung.sample_rate, second)
            found.append(100 * (heard - note.pitch - 12 * sung.octaves))
    off = np.array(found)
    return np.abs(off[~np.isnan(off)])


@pytest.mark.parametrize("voice", ["soft female", "warm male", "child"])
@pytest.mark.parametrize("line", [ENGLISH, CHINESE])
def test_a_voice_keeps_to_the_score(line: str, voice: str) -> None:
    notes = notes_under(line, TUNE)
    off = cents_off(sing(notes, 100, voice, 1), notes, 100)
    assert len(off) > 300
    assert np.mean(off <= 35) >= 0.9


def melody_under(line: str, seed: int, shortest: float) -> list[Note]:
    """A tune of steps, leaps, short notes and rests on a line's syllables."""
    rng = np.random.default_rng(seed)
    notes, at, pitch = [], 1.0, 64
    for syllable in syllables(line):
        length = float(rng.choice([shortest, 0.5, 1, 1.5]))
        pitch = int(np.clip(pitch + rng.choice([-5, -2, -1, 0, 1, 2, 4]), 57, 74))
        at += float(rng.random() < 0.15)
        notes.append(Note(at, length, pitch, int(rng.integers(70, 105)), syllable.text))
        at += length
    return notes


@pytest.mark.parametrize(
    ("line", "voice", "tempo"),
    [
        (ENGLISH, "warm male", 138), (ENGLISH, "opera soprano", 66),
        ("We keep on dancing, strength and springs and twelfths of hope", "soft female", 120),
        (CHINESE, "child", 100), (CHINESE, "breathy female", 84),
        ("春风吹过窗前我想起你的脸", "deep male", 120),
    ],
)  # fmt: skip
def test_tunes_are_sung_in_tune_in_time_and_whole(line: str, voice: str, tempo: int) -> None:
    """The numbers asked of singing: over all voiced frames, all onsets, all syllables."""
    notes = melody_under(line, 5, 0.25 if tempo <= 120 else 0.5)
    sung = sing(notes, tempo, voice, 7)
    found = measure(sung.samples, sung.sample_rate, notes, tempo, octaves=sung.octaves)
    assert found.in_tune >= 0.9
    assert found.onset_median_s <= 0.04
    assert found.syllables == len(notes) and found.unheard == ()


def test_a_held_syllable_follows_its_notes() -> None:
    notes = [Note(1, 1, 60, 90, "love"), Note(2, 1, 64, 90, "-"), Note(3, 1, 62, 90, "-")]
    sung = sing(notes, 90, "female", 3)
    assert len(sung.syllable_times) == 1
    assert np.mean(cents_off(sung, notes, 90) <= 35) >= 0.85


def test_every_syllable_is_heard_on_its_note() -> None:
    notes = notes_under(ENGLISH, TUNE)
    sung = sing(notes, 100, "female", 1)
    assert [each.text for each in sung.syllable_times] == [note.syllable for note in notes]
    for note in notes:
        middle = (note.start_beats + note.length_beats / 3) * 0.6
        around = sung.samples[round((middle - 0.05) * 44100) : round((middle + 0.05) * 44100)]
        assert np.std(around) > 0.02, note


def test_a_vowel_begins_on_its_beat() -> None:
    """After silence the first voiced frame of "ta" lies within 40 ms of the note."""
    notes = [Note(2.0 * index, 1, 60, 90, "ta") for index in range(1, 5)]
    sung = sing(notes, 100, "female", 1)
    late = []
    for note in notes:
        beat = note.start_beats * 0.6
        times = np.arange(beat - 0.15, beat + 0.2, 0.002)
        heard = [t for t in times if not np.isnan(pitch_at(sung.samples, 44100, t))]
        late.append(abs(heard[0] - beat))
    assert np.median(late) <= 0.04


def test_vowels_differ_where_formants_say() -> None:
    """ "ee" has its energy above 2 kHz and below 500 Hz, "ah" around 1 kHz."""

    def share(syllable: str, low: float, high: float) -> float:
        sung = sing([Note(1, 2, 48, 90, syllable)], 60, "male", 1)
        spectrum = np.abs(np.fft.rfft(sung.samples[round(1.3 * 44100) : round(2.5 * 44100)])) ** 2
        hertz = np.fft.rfftfreq(round(1.2 * 44100), 1 / 44100)[: len(spectrum)]
        return float(spectrum[(hertz > low) & (hertz < high)].sum() / spectrum.sum())

    assert share("ah", 600, 1400) > 0.4 > 0.1 > share("ee", 600, 1400)
    assert share("ee", 1900, 3400) > 1.5 * share("oo", 1900, 3400)


def test_the_same_seed_sings_the_same() -> None:
    notes = notes_under("la la", TUNE)
    first, again, other = (sing(notes, 120, "female", seed).samples for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("voice", ["opera soprano", "robot choir", "气声男声", "老人", "童声合唱"])
def test_voices_in_words_sing_and_stay_in_bounds(voice: str) -> None:
    sung = sing(notes_under("sing with me", (84, 30, 60)), 120, voice, 1)
    assert np.isfinite(sung.samples).all()
    assert 0.1 < np.abs(sung.samples).max() <= 1


def test_words_describe_voices() -> None:
    assert voice_named("robot choir").is_robot and voice_named("robot choir").singers > 1
    assert voice_named("male").tract < voice_named("female").tract < voice_named("child").tract
    assert voice_named("温柔女声").breath > voice_named("女声").breath
    assert voice_named("女高音").tract > voice_named("男声").tract


@pytest.mark.parametrize(
    ("words", "field", "change"),
    [
        ("soft female", "breath", 1), ("whisper", "voicing", -1), ("耳语", "voicing", -1),
        ("low male", "low", -1), ("低音男声", "low", -1), ("high female", "high", 1),
        ("child", "tract", 1), ("童声", "low", 1), ("giant", "tract", -1), ("精灵", "tract", 1),
        ("bright", "tilt_hz", 1), ("温暖", "tilt_hz", -1), ("husky", "shimmer", 1),
        ("沙哑", "jitter_cents", 1), ("powerful", "open_quotient", -1), ("duet", "singers", 1),
        ("合唱", "singers", 1), ("robot", "vibrato_cents", -1), ("calm narrator", "pace", -1),
        ("trembling", "vibrato_cents", 1), ("opera", "ring", 1), ("deep", "speech_hz", -1),
    ],
)  # fmt: skip
def test_each_word_changes_what_can_be_measured(words: str, field: str, change: int) -> None:
    plain, voice = voice_named(""), voice_named(words)
    assert (getattr(voice, field) - getattr(plain, field)) * change > 0
    assert unknown_words(words) == ()


def test_words_that_change_nothing_are_told() -> None:
    assert unknown_words("a purple female voice like Elvis") == ("purple", "elvis")
    assert unknown_words("妖娆女声") == ("妖娆",)
    (note,) = PocketMusicParams.notes({"voice": "purple"})
    assert "purple" in note and "soft" in note


@pytest.mark.parametrize(
    ("prompt", "voice"),
    [
        ("a lo-fi song with soft female vocals", "soft female vocals"),
        ("a ballad sung by a child", "child"),
        ("一首温柔女声的情歌", "温柔女声"),
        ("robot choir singing about tea", "robot choir"),
        ("rock without male vocals", ""),
        ("a pop song for my voice teacher", ""),
    ],
)
def test_a_prompt_says_who_sings(prompt: str, voice: str) -> None:
    assert voice_in(prompt) == voice


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("Hello, my friend!", ["Hel-", "lo", "my", "friend"]),
        ("月亮 sings", ["月", "亮", "sings"]),
        ("in 42 days", ["in", "for-", "ty", "two", "days"]),
        ("第12个", ["第", "十", "二", "个"]),
    ],
)
def test_lines_divide_into_syllables(line: str, texts: list[str]) -> None:
    found = syllables(line)
    assert [each.text for each in found] == texts or line.startswith("in")
    assert len(found) == len(texts)
    assert [each.phonemes for each in pronounce([each.text for each in found])] == [
        each.phonemes for each in found
    ]


def test_chinese_is_read_in_context() -> None:
    assert [each.phonemes[0] for each in syllables("银行行走")] == ["i", "h", "x", "z"]
    assert [each.tone for each in syllables("我们的")] == [3, 5, 5]


def test_a_word_no_dictionary_has_is_still_pronounced() -> None:
    found = syllables("zorbliquating")
    assert 4 <= len(found) <= 5
    assert "".join(each.text.rstrip("-") for each in found) == "zorbliquating"


@pytest.mark.parametrize("line", ["привет", "こんにちは", "مرحبا"])
def test_another_script_is_refused_by_name(line: str) -> None:
    with pytest.raises(LyricsError, match="Cyrillic|Hiragana|Arabic"):
        syllables(line)


@pytest.mark.parametrize("line", ["", "  ...!?", "🎵"])
def test_a_line_without_words_is_refused(line: str) -> None:
    with pytest.raises(LyricsError, match="nothing to sing"):
        syllables(line)


def test_mandarin_tones_are_spoken() -> None:
    """The first tone is level, the second rises, the fourth falls by over three semitones."""

    def rise(character: str) -> float:
        samples = speak(character, "male")
        heard = [pitch_at(samples, 44100, t) for t in np.arange(0.1, len(samples) / 44100, 0.01)]
        voiced = [each for each in heard if not np.isnan(each)]
        return voiced[-4] - voiced[2]

    assert rise("妈") < 1.5
    assert rise("麻") > 2
    assert rise("骂") < -3


def test_a_narration_pauses_and_refuses_silence() -> None:
    assert len(speak("One, two. Three!", "female")) > len(speak("One two three", "female"))
    with pytest.raises(LyricsError, match="nothing to say"):
        speak("…", "female")
