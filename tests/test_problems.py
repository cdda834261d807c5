"""Errors on the Chinese page: those that visitors meet are in Chinese, none loses what it says.

Every error here is raised by what raises it on the page, so that a sentence that is reworded where
it is written, and no longer known here, is found.

Run: python -m pytest tests/test_problems.py
"""

import re
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from pipelines.pocket.music.spoken import sung_stanzas
from studio import registry, tag
from studio.core import resolve
from studio.errors import PipelineError, RequestError, ResourceError, StudioError
from studio.forms import controls
from studio.pictures import read_picture
from studio.request import Request
from studio.scripts import is_chinese
from studio.sounds import programs
from studio.sounds.containers import decode
from studio.sounds.midi_in import read_midi
from studio.ui import naming
from studio.ui.problems import told
from studio.videos.decode import open_clip

TEMPLATES = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}")
"""Three English words in a row: a sentence that was not translated."""


def refusal(prompt: str = "a pop song", **params: Any) -> StudioError:
    """What the page's way in says to these options of a song."""
    with pytest.raises(StudioError) as raised:
        resolve(Request(prompt, kind="song", family="pocket-music", params=params, seed=1))
    return raised.value


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"duration_s": 0}, ("时长", "5", "600", "0")),
        ({"duration_s": 10_800}, ("时长", "600", "10800")),
        ({"tempo_bpm": 999}, ("每分钟拍数", "999")),
        ({"key": "H#"}, ("调", "H#", "Bb")),
        ({"lyrics": "la " * 7000}, ("歌词", "4,000")),
        ({"duratoin_s": 5}, ("duratoin_s", "duration_s", "设置")),
        ({"steps": 1.5}, ("整数", "1.5")),
    ],
)
def test_a_value_that_cannot_be_is_told_in_chinese(params: dict[str, Any], words: tuple[str, ...]):
    line = told("zh", refusal(**params))
    assert all(word in line for word in words), line
    assert not TEMPLATES.search(line), line


def test_a_prompt_that_cannot_be_is_told_in_chinese():
    for prompt, word in ((" ", "为空"), ("a\x07song", "U+0007"), ("猫" * 100_000, "100,000")):
        line = told("zh", refusal(prompt))
        assert word in line and not TEMPLATES.search(line), line


@pytest.mark.parametrize("text", ["Привет, мир", "مرحبا", "!!! …"])
def test_lyrics_that_cannot_be_sung_are_told_in_chinese(text: str):
    with pytest.raises(RequestError) as raised:
        sung_stanzas(text, "zh")
    line = told("zh", raised.value)
    assert "歌词" in line and not TEMPLATES.search(line), line


def test_files_that_cannot_be_are_told_in_chinese(tmp_path: Path):
    noise, empty = tmp_path / "noise.mp3", tmp_path / "empty.mid"
    noise.write_bytes(b"no sound at all" * 99)
    empty.write_bytes(bytes.fromhex("4d54686400000006000000010 1e0".replace(" ", "")))
    with pytest.raises(StudioError) as sound:
        decode(noise)
    with pytest.raises(StudioError) as tune:
        read_midi(empty)
    for raised, name in ((sound, "noise.mp3"), (tune, "empty.mid")):
        line = told("zh", raised.value)
        assert name in line and not TEMPLATES.search(line), line


def test_damaged_pictures_and_clips_are_told_in_chinese(tmp_path: Path):
    page = PIL.Image.new("L", (9000, 8000))
    cut, huge, sound = tmp_path / "cut.png", tmp_path / "huge.png", tmp_path / "cut.mp3"
    page.save(huge)
    cut.write_bytes(huge.read_bytes()[:500])
    sound.write_bytes(b"ID3\x04\x00\x00\x00\x00\x10\x00")
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"no clip" * 99)
    for read, file in (
        (read_picture, cut),
        (read_picture, huge),
        (open_clip, clip),
        (tag.read, sound),
        (tag.read, clip),
    ):
        with pytest.raises(StudioError) as raised:
            read(file)
        line = told("zh", raised.value)
        assert not TEMPLATES.search(re.sub(r"（.*?）", "", line)), line


def test_ways_out_are_joined_in_chinese():
    line = told("zh", refusal_of_picture(width=300))
    assert line == "宽必须是 8 的倍数，现为 300；可改为 296 或 304"


def test_a_file_that_is_missing_is_asked_for():
    with pytest.raises(StudioError) as raised:
        resolve(Request("a cat", kind="image", family="pocket-upscale", seed=1))
    assert str(raised.value) == "image is missing; give a file for it"
    assert told("zh", raised.value) == "缺少起始图片；请放入一个文件"


def refusal_of_picture(**params: Any) -> StudioError:
    with pytest.raises(StudioError) as raised:
        resolve(Request("a cat", kind="image", family="pocket-image", params=params, seed=1))
    return raised.value


@pytest.mark.parametrize(
    ("kind", "prompt"), [("song", "a disco song, 40 seconds"), ("image", "a qwzxv")]
)
def test_what_is_told_beside_a_result_is_told_in_chinese(kind: Any, prompt: str):
    notes = resolve(Request(prompt, kind=kind, seed=1))[0].notes
    assert notes
    for note in notes:
        assert not TEMPLATES.search(told("zh", note)), told("zh", note)


def test_every_instrument_unit_and_term_of_use_has_chinese_words():
    for name in (*programs._PROGRAMS, *programs._KITS, "soft female", "robot choir"):
        assert is_chinese(naming.instrument("zh", name)), name
    for family in registry.families().values():
        for control in controls(family.params):
            assert not control.unit or is_chinese(naming.unit("zh", control)), control
        for each in family.checkpoints:
            assert is_chinese(naming.terms("zh", each.terms)), each.terms
    assert naming.needs("zh", "0.7 GB, 4.6 h") == "0.7 GB，4.6 小时"


def test_what_has_no_chinese_yet_says_so_and_is_told_whole():
    for error, lead in (
        (RequestError("a thing that nobody foresaw, 7; do another"), "这样做不了"),
        (ResourceError("the machine is upside down, 180; turn it"), "本机无法完成"),
        (PipelineError("the model sulks, 3; wait"), "生成失败"),
    ):
        assert told("zh", error) == f"{lead}（英文说明）：{error}"
        assert told("en", error) == str(error)


def test_an_english_page_tells_errors_as_they_are():
    error = refusal(duration_s=0)
    assert told("en", error) == str(error) and "must be" in str(error)
