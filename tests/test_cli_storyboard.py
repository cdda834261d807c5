"""`studio storyboard` and `--storyboard`: seen, edited, given back."""

import json
from pathlib import Path

import pytest

from studio import storyboard, tag
from studio.cli import main
from studio.videos.probe import probe

BOARD = """
[[scene]]
start_s = 0
prompt = "a red ball"
[[scene]]
start_s = 1
prompt = "a blue ball"
"""
SMALL = ["--set", "duration_s=2", "fps=12", "width=64", "height=64"]


def test_the_scenes_are_shown_before_anything_is_made(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    made = ["storyboard", "music video: a red ball", "--model", "toy-clip", "--seed", "5", *SMALL]
    assert main(made) == 0
    board = storyboard.read(capsys.readouterr().out)
    assert board.character == "a red ball" and board.scene[0].start_s == 0
    assert main([*made, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seed"] == 5 and told["scene"][0]["prompt"] == board.scene[0].prompt
    assert not list(home.rglob("*.mp4"))


def test_an_edited_board_is_what_is_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "board.toml"
    file.write_text(BOARD, encoding="utf-8")
    made = ["make", "music video: a red ball", "--model", "toy-clip", "--seed", "5", *SMALL]
    assert main([*made, "--storyboard", str(file), "--out", str(tmp_path / "out")]) == 0
    path = Path(capsys.readouterr().out.strip())
    facts = probe(path)
    assert (facts.frames, facts.fps) == (24, 12) and abs(facts.sound_s - 2) < 1 / 12
    record = tag.read(path)
    assert record is not None
    assert [each.prompt for each in storyboard.read(record.params["storyboard"]).scene] == [
        "a red ball",
        "a blue ball",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read"), (b"\xff\xfe", "is not UTF-8 at byte 1"), (b"scene = [", "neither")],
)
def test_a_file_that_is_no_storyboard_is_refused_in_a_line(
    content: bytes | None, reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "board.toml"
    if content is not None:
        file.write_bytes(content)
    made = ["make", "music video: a red ball", "--model", "toy-clip", *SMALL]
    assert main([*made, "--storyboard", str(file)]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert reason in said[-1] and said[-1].startswith("error: ")
