"""Storyboards: scenes on the beats of a song, the same character, text that can be edited."""

import re

import numpy as np
import pytest

from studio import storyboard
from studio.beats import form_of
from studio.errors import RequestError
from studio.media import Audio
from studio.score import Score, Section
from studio.storyboard import Form, Scene, Storyboard

SILENCE = Audio(np.zeros((2, 44_100), np.float32), 44_100)
SECTIONS = (("intro", 0, 8), ("verse", 8, 16), ("chorus", 24, 16), ("outro", 40, 16))
SONG = Score(
    tempo_bpm=112, metre=(4, 4), key="C", mode="major", parts=(), chords=(),
    sections=tuple(Section(*each) for each in SECTIONS), length_beats=56,
)  # fmt: skip
FORM = form_of(SONG, SILENCE)


def planned(prompt: str = "music video: a fox who travels to the moon, synthwave") -> Storyboard:
    return storyboard.plan(prompt, FORM, SONG.duration_s, seed=3)


def test_every_cut_is_within_40_ms_of_a_beat_at_every_frame_rate() -> None:
    beats = np.array(FORM.beats_s)
    for fps in (24, 25, 30, 60):
        counts = storyboard.frame_counts(planned(), round(SONG.duration_s * fps), fps)
        cuts = np.cumsum(counts)[:-1] / fps
        assert len(cuts) >= 5
        assert max(float(np.abs(beats - cut).min()) for cut in cuts) <= 0.040


def test_the_scenes_are_as_long_as_the_clip_together() -> None:
    assert sum(storyboard.frame_counts(planned(), 719, 24)) == 719


def test_each_section_begins_with_a_cut() -> None:
    starts = [each.start_s for each in planned().scene]
    for _, start, _ in FORM.sections:
        assert min(abs(start - each) for each in starts) < 0.001


@pytest.mark.parametrize(
    ("prompt", "who"),
    [
        ("music video: a fox who travels to the moon, synthwave", "a fox"),
        ("Music video: two ducks on a road trip. Country song, 40 seconds", "two ducks"),
        ("music video: a robot dancing in the rain, lyrics: neon hearts", "a robot"),
        ("音乐视频：一只小猫找妈妈，中国风", "一只小猫"),
        ("disco music video about a robot who dances", "a robot"),
        ("music video for my new song, a fox on a train", "a fox"),
        ("关于一只小猫的音乐视频，中国风", "一只小猫"),
    ],
)
def test_the_same_character_is_in_every_scene(prompt: str, who: str) -> None:
    board = planned(prompt)
    assert board.character == who
    assert all(who in each.prompt for each in board.scene)
    assert len({each.prompt for each in board.scene}) >= 3


def test_choruses_come_back_to_what_it_is_about() -> None:
    told = {each.prompt for each in planned().scene if each.section == "chorus"}
    assert told == {"a fox who travels to the moon, under the stars at night"}


@pytest.mark.parametrize(
    ("prompt", "told"),
    [("music video: a cat in a forest", "a cat in a forest"),
     ("音乐视频：一只小猫找妈妈", "一只小猫找妈妈，在山间"), ("MV：在海边的螃蟹", "在海边的螃蟹")],
)  # fmt: skip
def test_what_it_is_about_has_a_place_its_own_or_one_to_come_back_to(
    prompt: str, told: str
) -> None:
    assert told in {each.prompt for each in planned(prompt).scene if each.section == "chorus"}


def test_a_board_can_be_edited_as_text_and_read_again() -> None:
    text = planned("音乐视频：一只小猫找妈妈").to_toml()
    assert storyboard.read(text).to_toml() == text
    changed = storyboard.read(re.sub(r'camera = "[^"]+"', 'camera = "static"', text))
    assert {each.camera for each in changed.scene} == {"static"}
    as_json = '{"scene": [{"start_s": 0, "prompt": "a \\"quoted\\" fox"}]}'
    assert storyboard.read(as_json).scene == (Scene(start_s=0, prompt='a "quoted" fox'),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("scene = ", "neither TOML nor JSON"),
        ("{", "neither TOML nor JSON"),
        ("character = 'a fox'", "scene: Field required"),
        ("[[scene]]\nstart_s = 1\nprompt = 'a'", "first scene starts at 1 s"),
        ("[[scene]]\nstart_s = 0\nprompt = ''", "prompt"),
        (
            "[[scene]]\nstart_s=0\nprompt='a'\n[[scene]]\nstart_s=0.2\nprompt='b'",
            "scene 1 lasts 0.20 s; give it at least 0.75 s",
        ),
        (
            "[[scene]]\nstart_s = 0\nprompt = 'a'\n\n[[scene]]\nstart_s = 2\nlens = 'wide'",
            "storyboard scene 2 (line 5), prompt: Field required (and 1 more problem)",
        ),
        (
            '{"scene": [{"start_s": 0, "prompt": "a", "lens": "wide"}]}',
            "storyboard scene 1, lens: Extra inputs",
        ),
    ],
)
def test_a_board_that_cannot_be_is_refused_in_a_line(text: str, reason: str) -> None:
    with pytest.raises(RequestError, match=re.escape(reason)) as caught:
        storyboard.read(text)
    assert "\n" not in str(caught.value)


def test_a_scene_after_the_end_is_refused() -> None:
    board = Storyboard(scene=(Scene(start_s=0, prompt="a"), Scene(start_s=9, prompt="b")))
    with pytest.raises(RequestError, match="scene 2 .* starts at 9 s, the clip lasts 8 s"):
        storyboard.frame_counts(board, 8 * 24, 24)


def test_a_song_without_sections_or_bars_is_cut_evenly() -> None:
    board = storyboard.plan("a fox", Form((), (), ()), 12, seed=0)
    assert [each.start_s for each in board.scene] == [0, 4, 8]
