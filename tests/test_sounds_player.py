"""What a player shows of a song: peaks, sections, chords, and words with their lines and times."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.toy_song import FAMILY, ToySongParams
from studio.errors import RequestError
from studio.media import Audio, Image
from studio.score import Chord, Note, Part, Score, Section
from studio.sounds.cover import SIZE_PX, cover
from studio.sounds.player import MIX_PEAKS, STEM_PEAKS, peaks, player_of, read_player
from studio.sounds.sung import sung_lines

LYRICS = "[verse]\nHello, little moon, how bright!\n\n[Chorus] 月亮 代表我的心"


def song(duration_s: float = 8, lyrics: str = LYRICS, seed: int = 5) -> Audio:
    params = ToySongParams(prompt="a song", seed=seed, duration_s=duration_s, lyrics=lyrics)
    made = FAMILY.load("cpu")(params, lambda step: None)
    assert isinstance(made, Audio)
    return made


def sung(*syllables: str, gaps: dict[int, float] | None = None) -> Score:
    """A score at 60 bpm that sings a syllable a beat; `gaps` are rests before some of them."""
    notes, at = [], 0.0
    for index, text in enumerate(syllables):
        at += (gaps or {}).get(index, 0.0)
        notes.append(Note(at, 1.0, 60, syllable=text))
        at += 1
    part = Part("vocals", "vocals", "voice", tuple(notes))
    return Score(60, (4, 4), "C", "major", (part,), (), (Section("verse", 0, at),), at)


def shown(score: Score, lyrics: str = "") -> list[str]:
    found: dict[int, str] = {}
    for each in sung_lines(score, lyrics):
        found[each.line] = found.get(each.line, "") + each.text
    return [line.strip() for line in found.values()]


def test_a_player_knows_the_song_in_seconds() -> None:
    player = player_of(song(), LYRICS)
    assert player.duration_s == 8
    assert [(s.name, s.start_s) for s in player.sections] == [("verse", 0), ("chorus", 4)]
    assert [chord.start_s for chord in player.chords] == [0, 2, 4, 6]
    assert (player.tempo_bpm, player.metre, player.mode) == (120, (4, 4), "major")
    assert set(player.peaks) == {"mix", "vocals", "chords", "bass", "drums"}


def test_a_player_reads_back_as_it_was_written(tmp_path: Path) -> None:
    player = player_of(song(), LYRICS)
    file = tmp_path / "player.json"
    file.write_text(player.to_json(), encoding="utf-8")
    assert read_player(file) == player
    file.write_text(player.to_json()[:-40], encoding="utf-8")
    with pytest.raises(RequestError, match=r"player.json is damaged"):
        read_player(file)
    with pytest.raises(RequestError, match=r"cannot read gone.json"):
        read_player(tmp_path / "gone.json")


def test_a_sound_without_a_score_still_has_its_waveform() -> None:
    player = player_of(replace(song(), stems=(), score=None))
    assert len(player.peaks["mix"]) == MIX_PEAKS
    assert (player.lyrics, player.sections, player.tempo_bpm) == ((), (), None)


def test_peaks_are_the_largest_deflection_of_each_span() -> None:
    samples = np.zeros((2, 1000), np.float32)
    samples[1, 250], samples[0, 999] = -0.75, 0.5
    assert peaks(samples, 4) == (0, 0.75, 0, 0.5)
    assert peaks(samples[:, :3], STEM_PEAKS) == (0, 0, 0)
    assert peaks(samples[:, :0], STEM_PEAKS) == ()


def test_words_are_shown_as_they_were_written_with_spaces_and_punctuation() -> None:
    score = sung("hel-", "lo", "moon", "月", "亮", "代", "表")
    assert shown(score, "[verse]\nHello, moon!\n【副歌】\n月亮，代表……") == [
        "Hello, moon!",
        "月亮，代表……",
    ]
    texts = [each.text for each in sung_lines(score, "Hello, moon!\n月亮，代表……")]
    assert texts == ["Hel", "lo, ", "moon!", "月", "亮，", "代", "表……"]


def test_a_chorus_that_comes_again_has_its_lines_again() -> None:
    score = sung("one", "two", "la", "la", "one", "two", "la", "la")
    assert shown(score, "One two\nLa la") == ["One two", "La la", "One two", "La la"]


def test_two_lines_that_begin_alike_are_told_apart() -> None:
    score = sung("night", "night", "moon")
    assert shown(score, "Night\nNight moon") == ["Night", "Night moon"]


def test_words_nobody_wrote_down_break_at_rests_and_sections() -> None:
    score = sung("la-", "la", "lu", "lo", "na", gaps={2: 1.0})
    assert shown(score) == ["lala", "lu lo na"]
    halves = (Section("verse", 0, 4), Section("chorus", 4, 2))
    assert shown(replace(score, sections=halves)) == ["lala", "lu", "lo na"]


def test_a_short_rest_ends_a_line_that_is_long_enough() -> None:
    score = sung("you", "went", "to", "lunch", "and", "I", "wait", gaps={2: 0.5, 4: 0.5})
    assert shown(score) == ["you went to lunch", "and I wait"]


def test_chords_are_written_as_their_key_writes_them() -> None:
    score = replace(sung("la"), key="Eb", mode="minor", chords=(Chord(0, 1, 3, "min7"),))
    silence = np.zeros((2, 4410), np.float32)
    player = player_of(Audio(silence, 44_100, score=score))
    assert [chord.symbol for chord in player.chords] == ["Ebm7"]


def test_a_number_that_is_sung_in_words_is_shown_as_sung() -> None:
    score = sung("se-", "ven", "stars", "shine", gaps={3: 1.0})
    assert shown(score, "7 stars\nShine") == ["seven stars", "Shine"]


def test_a_held_note_belongs_to_its_syllable() -> None:
    first, second = sung_lines(sung("oh", "-", "-", "moon"))
    assert (first.text, first.start_s, first.end_s) == ("oh ", 0, 3)
    assert (second.start_s, second.end_s) == (3, 4)


def test_a_cover_is_square_and_follows_the_song() -> None:
    first, same, other = (cover(song(seed=seed), seed) for seed in (1, 1, 2))
    assert first.size == (SIZE_PX, SIZE_PX)
    assert first.tobytes() == same.tobytes() != other.tobytes()


def test_a_cover_has_its_title_below_and_its_picture_in_the_middle() -> None:
    audio, red = song(), np.zeros((64, 64, 4), np.uint8)
    red[16:48, 16:48] = (220, 20, 20, 255)
    plain, titled = cover(audio, 1), cover(audio, 1, "A Song of the Moon")
    below = (0, SIZE_PX * 8 // 10, SIZE_PX, SIZE_PX)
    assert plain.crop(below).tobytes() != titled.crop(below).tobytes()
    for pixels in (red, np.ascontiguousarray(red[16:48, 16:48, :3])):
        shown = cover(audio, 1, emblem=Image(pixels))
        assert shown.getpixel((SIZE_PX // 2, SIZE_PX // 2)) == (220, 20, 20)
    with_alpha = cover(audio, 1, emblem=Image(red))
    assert with_alpha.getpixel((SIZE_PX // 2, SIZE_PX * 7 // 10)) == (251, 248, 242)


@pytest.mark.parametrize("title", ["long " * 60, "月" * 200, "   ", "😀"])
def test_no_title_breaks_a_cover(title: str) -> None:
    assert cover(song(), 1, title).size == (SIZE_PX, SIZE_PX)
