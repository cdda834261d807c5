"""Songs that cannot be as asked: refused in one line, or made with a line that says what was not.

Run: python -m pytest tests/test_bad_songs.py
"""

import struct
from pathlib import Path

import pytest

from studio.core import resolve
from studio.errors import RequestError
from studio.request import Request


def notes(prompt: str) -> str:
    """What is said of a prompt before its song is made."""
    [job] = resolve(Request(prompt, seed=1, count=1))
    assert job.kind == "song"
    return "; ".join(job.notes)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a pop song, 3 hours long", ("duration_s", "600", "10800")),
        ("一首三小时的民谣", ("duration_s", "600", "10800")),
        ("a pop song at 999 bpm", ("tempo_bpm", "220", "999")),
        ("a pop song in H# major", ("key", "'H#'", "Bb")),
        ("一首H大调的歌", ("key", "'H'", "Bb")),
    ],
)
def test_what_a_prompt_asks_for_and_cannot_be_is_told(prompt: str, words: tuple[str, ...]):
    said = notes(prompt)
    assert "not taken from the prompt" in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize("prompt", ["a song about the 24 hour diner", "a waltz in B minor"])
def test_hours_that_are_no_length_and_keys_that_there_are_pass(prompt: str):
    assert "not taken" not in notes(prompt)


def refusal(path: Path) -> str:
    with pytest.raises(RequestError) as raised:
        resolve(Request("go on", inputs=[path], seed=1))
    return str(raised.value)


@pytest.mark.parametrize("name", ["broken.mp3", "broken.wav", "broken.flac", "broken.mid"])
def test_a_damaged_song_is_told_as_a_sound_whatever_it_holds(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(b"\x00no such thing" * 400)
    line = refusal(path)
    assert name in line and "picture" not in line


def test_two_gigabytes_are_refused_unread(tmp_path: Path):
    size = 2**31 - 100
    form = struct.pack("<IHHIIHH", 16, 1, 2, 44_100, 176_400, 4, 16)
    head = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + form
    for name, start in (("long.wav", head + b"data" + struct.pack("<I", size)), ("hole.wav", b"")):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(start)
            file.truncate(size + len(start))
        line = refusal(path)
        assert name in line and ("2.1 GB" in line or "not a sound" in line), line
