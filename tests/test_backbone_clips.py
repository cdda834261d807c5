"""What the router reads in prompts for clips: camera, motion, length, loops, music, captions."""

# ruff: noqa: E501 - the prompts below are a table, one entry a line.

from typing import Any

import pytest

from studio.backbone import route


@pytest.mark.parametrize(
    ("prompt", "params"),
    [
        ("a penguin surfing a big wave, camera pans left", {"camera": "pan left"}),
        ("camera slowly moves to the right over a castle", {"camera": "pan right", "camera_strength": 0.6}),
        ("a rocket launch clip, tilt up quickly", {"camera": "tilt up", "camera_strength": 1.5}),
        ("fast zoom out of an eye, video", {"camera": "zoom out", "camera_strength": 1.5}),
        ("left-to-right pan across a city", {"camera": "pan right"}),
        ("a whale video, camera stays still", {"camera": "static"}),
        ("the camera orbits around a dragon, strong motion", {"camera": "orbit", "motion_strength": 0.9}),
        ("dolly out from a house, 24fps vertical video", {"camera": "dolly out", "fps": 24, "aspect": "9:16"}),
        ("镜头慢慢向左移动，一只企鹅在冲浪", {"camera": "pan left", "camera_strength": 0.6}),
        ("一只猫在睡觉的视频，轻微的动作，镜头不动", {"camera": "static", "motion_strength": 0.25}),
        ("水母漂浮，镜头向上", {"camera": "tilt up", "motion": "float"}),
        ("a silent video of snow falling, seamless loop, 30 fps", {"soundtrack": "none", "loop": True, "fps": 30, "motion": "fall"}),
        ("海边日落的视频，镜头拉远，静音，循环播放", {"camera": "zoom out", "soundtrack": "none", "loop": True}),
        ("video of a parrot, set to reggae beats, with subtitles", {"music": "reggae beats", "captions": "soft"}),
        ("a cat dancing, slow zoom in, with calm jazz piano music, 5 seconds", {"music": "calm jazz piano music", "duration_s": 5, "motion": "dance"}),
        ("一只企鹅在冲浪，镜头慢慢向左移动，配上欢快的爵士乐，3秒", {"music": "欢快的爵士乐", "duration_s": 3}),
        ("镜头环绕一座城堡，配乐：史诗音乐", {"camera": "orbit", "music": "史诗音乐"}),
        ("a whale, camera pans left, with calm jazz piano", {"music": "calm jazz piano"}),
        ("a bear, smooth jazz, looping video", {"music": "smooth jazz", "loop": True}),
        ("a robot waves, seamless loop", {"motion": "wave", "loop": True}),
        ("a panda walking, 3 seconds, loop, silent", {"loop": True, "soundtrack": "none"}),
        ("an old man waves goodbye, seamless loop", {"motion": "wave", "loop": True}),
        ("a surfer on big waves, looping video", {"motion": None, "loop": True}),
        ("a boat on the waves, seamless loop", {"motion": None, "loop": True}),
    ],
)  # fmt: skip
def test_a_clip_is_read_as_its_family_takes_it(prompt: str, params: dict[str, Any]) -> None:
    got = route(prompt)
    assert got.kind == "video"
    assert {name: got.params.get(name) for name in params} == params


@pytest.mark.parametrize(
    "prompt",
    [
        "music video: a fox who travels to the moon",
        "Music video: two ducks on a road trip. Country song, 40 seconds",
        "music video: a robot in love, synthwave at 110 bpm, lyrics: neon hearts are beating",
        "音乐视频：一只小猫找妈妈，中国风，歌词：喵喵喵",
    ],
)
def test_a_music_video_is_a_clip_whatever_is_said_of_its_song(prompt: str) -> None:
    got = route(prompt)
    assert (got.kind, got.is_sure) == ("video", True)


@pytest.mark.parametrize(
    "prompt",
    [
        "music video about a fox who travels to the moon, synthwave",
        "a 20 second lyric video of two friends",
        "please make a disco music video with a robot",
        "关于狐狸的音乐视频",
        "做一个MV，讲述一只狐狸去月球",
    ],
)
def test_a_music_video_has_scenes_without_a_colon_too(prompt: str) -> None:
    got = route(prompt)
    assert (got.kind, got.params.get("scenes")) == ("video", True)


@pytest.mark.parametrize(
    "prompt",
    [
        "a robot watches a music video",
        "music video about a fox, one take",
        "looping music video background, stars",
        "一只猫在看音乐视频的动画",
    ],
)
def test_one_shot_and_what_only_speaks_of_music_videos_have_none(prompt: str) -> None:
    assert "scenes" not in route(prompt).params


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [("music video thumbnail of a rapper", "image"), ("a song for my music video, pop", "song")],
)
def test_a_music_video_that_is_only_spoken_of_is_none(prompt: str, kind: str) -> None:
    assert route(prompt).kind == kind


def test_plain_words_for_music_ask_for_no_kind_of_it() -> None:
    got = route("小熊跳舞的动画，加上好听的音乐")
    assert got.kind == "video" and "music" not in got.params


def test_words_on_a_sign_are_not_sung() -> None:
    assert "lyrics" not in route('a video of a sign that says "OPEN" blinking').params


def test_lyrics_of_a_music_video_are() -> None:
    got = route("music video: a robot in love, lyrics: neon hearts are beating")
    assert got.params["lyrics"] == "neon hearts are beating"
