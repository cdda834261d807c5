"""Lyrics that cannot be sung or said are refused in one line; odd ones are sung.

Everything goes through the command line with the real family.
"""

import pytest

from studio.cli import main
from studio.store import Store

Capture = pytest.CaptureFixture[str]


def refused(capsys: Capture, lyrics: str, *more: str) -> str:
    """The one line of a command that fails as a wrong request, having saved nothing."""
    argv = ["make", "a folk song", "--as", "song", "--set", f"lyrics={lyrics}", *more]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    last = err.rstrip("\n").split("\n")[-1]
    assert out == "" and "Traceback" not in err
    assert last.startswith("error: ") and len(last) < 300
    assert not Store().library()
    return last


def test_lyrics_of_20000_characters_say_how_long_they_may_be(capsys: Capture) -> None:
    assert "at most 4,000" in refused(capsys, "la " * 6_667)


@pytest.mark.parametrize(
    ("lyrics", "script", "vocals"),
    [
        ("مرحبا يا صديقي", "Arabic", "yes"),
        ("สวัสดีชาวโลก", "Thai", "spoken"),
        ("Привет, мир", "Cyrillic", "narration"),
    ],
)
def test_another_script_is_named(capsys: Capture, lyrics: str, script: str, vocals: str) -> None:
    line = refused(capsys, lyrics, "--set", f"vocals={vocals}")
    assert script in line and "English or Chinese" in line


@pytest.mark.parametrize("vocals", ["yes", "narration"])
def test_lyrics_without_words_are_refused(capsys: Capture, vocals: str) -> None:
    line = refused(capsys, "[verse]\n… ♪ !!!", "--set", f"vocals={vocals}")
    assert "words" in line


def test_more_to_say_than_there_is_time_for_says_how_long(capsys: Capture) -> None:
    words = "The morning came with silver rain over the quiet town.\n" * 12
    line = refused(capsys, words, "--set", "vocals=spoken", "--set", "duration_s=10")
    assert "duration of" in line


def test_figures_signs_and_two_languages_in_a_line_are_said(capsys: Capture) -> None:
    words = "In 1999 我有2个梦 & $5, Dr. Lee!"
    argv = ["make", "a line", "--as", "song", "--set", f"lyrics={words}"]
    assert main([*argv, "--set", "vocals=narration"]) == 0
    capsys.readouterr()
    assert len(Store().library()) == 1
