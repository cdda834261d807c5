"""Progress, lines and tables as a terminal, a log and a script get them.

Run: python -m pytest tests/test_cli_output.py
"""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli import output
from studio.cli.progress import Bar, Lines, Silence, duration, progress
from studio.cli.stop import stopping
from studio.errors import Cancelled

ROOT = Path(__file__).parent.parent


class Watch:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run_steps(bar: Bar | Lines, watch: Watch, total: int, seconds: float) -> None:
    bar.start("1 of 2")
    for index in range(1, total + 1):
        watch.now += seconds
        bar.step(index, total)


def test_a_terminal_gets_a_bar_with_the_time_left():
    stream, watch = Terminal(), Watch()
    run_steps(Bar(stream, watch), watch, total=10, seconds=3.0)
    drawn = stream.getvalue().split("\r")
    assert any("5/10  15 s left" in each for each in drawn)
    assert drawn[-1].startswith("1 of 2") and "saving" in drawn[-1]
    assert "\n" not in stream.getvalue()


def test_a_slow_first_step_does_not_spoil_the_time_left():
    stream, watch = Terminal(), Watch()
    bar = Bar(stream, watch)
    bar.start("x")
    watch.now += 60
    bar.step(1, 4)
    watch.now += 1
    bar.step(2, 4)
    assert "2/4  2 s left" in stream.getvalue().split("\r")[-1]


def test_the_time_left_covers_what_follows():
    stream, watch = Terminal(), Watch()
    bar = Bar(stream, watch)
    bar.start("1 of 3", after=2)
    watch.now += 30
    bar.step(1, 4)
    watch.now += 2
    bar.step(2, 4)
    # 2 steps of this one and 4 of each of the others, 2 s each.
    assert "2/4  20 s left" in stream.getvalue().split("\r")[-1]


def test_the_bar_never_wraps(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "30")
    stream, watch = Terminal(), Watch()
    bar = Bar(stream, watch)
    bar.start("三只猫在月亮上跳舞" * 5)
    bar.step(1, 3)
    drawn = [each.removesuffix("\x1b[K") for each in stream.getvalue().split("\r")]
    assert all(output.wide(each) < 30 for each in drawn)


def test_a_log_gets_few_lines_and_no_control_characters():
    stream, watch = io.StringIO(), Watch()
    run_steps(Lines(stream, watch), watch, total=50, seconds=0.2)
    lines = stream.getvalue().splitlines()
    assert 2 <= len(lines) <= 4
    assert lines[0] == "1 of 2"
    assert lines[1].startswith("1 of 2: step 2") and lines[1].endswith("s left")
    assert "\x1b" not in stream.getvalue() and "\r" not in stream.getvalue()


def test_progress_fits_where_it_goes():
    assert isinstance(progress(stream=Terminal()), Bar)
    assert isinstance(progress(stream=io.StringIO()), Lines)
    assert isinstance(progress(is_quiet=True, stream=Terminal()), Silence)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (-3, "0 s"), (59.4, "59 s"), (125, "2:05"), (3725, "1:02:05")]
)
def test_durations_read_like_a_clock(seconds: float, text: str):
    assert duration(seconds) == text


def test_text_from_outside_cannot_command_the_terminal():
    assert output.printable("a\x1b[2Jb\x07\nc\x9b") == "a\\x1b[2Jb\\x07 c\\x9b"
    assert output.printable("猫 👩\u200d🚀") == "猫 👩\u200d🚀"
    assert "\u202e" not in output.printable("\u202egnp.exe")


def test_columns_of_chinese_line_up(capsys: pytest.CaptureFixture[str]):
    output.table([("猫", "x"), ("cat", "y")])
    first, second = capsys.readouterr().out.splitlines()
    assert first == "猫   x" and second == "cat  y"


def test_an_empty_table_prints_nothing(capsys: pytest.CaptureFixture[str]):
    output.table([])
    assert capsys.readouterr().out == ""


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]):
    output.error("a\nb\x1b")
    assert capsys.readouterr().err == "error: a b\\x1b\n"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "gbk"])
def test_json_is_one_readable_line_in_every_encoding(encoding: str):
    code = (
        "from studio.cli import output as o; o.prepare_streams(); o.as_json({'a': '猫\\ud800\\n'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": encoding},
    )
    assert done.stdout.count(b"\n") == 1
    assert json.loads(done.stdout.decode(encoding)) == {"a": "猫\ud800\n"}


def test_a_file_name_that_is_not_utf8_reaches_a_script_byte_for_byte():
    code = (
        "import os; from studio.cli import output as o; o.prepare_streams();"
        "o.line(os.fsdecode(b'out/\\xff.png'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"out/\xff.png\n"


def test_the_first_interrupt_asks_and_the_second_stops():
    with stopping() as stop:
        stop.is_running = True
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Cancelled):
            stop.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_the_first_step_stops_at_once(number: int):
    with stopping(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_the_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with stopping():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_the_time_left_follows_the_stage_that_a_clip_is_in():
    """Drawing is quick, the frames are slow, and one step of them loaded something."""
    stream, watch = Terminal(), Watch()
    bar = Bar(stream, watch)
    bar.start("x")
    for index, seconds in enumerate([5, *[0.1] * 7, 13, *[0.6] * 8, 2.4, *[0.6] * 8], 1):
        watch.now += seconds
        bar.step(index, 52)
    # 26 steps of 0.6 s, and here and there one of 2.4 s.
    drawn = stream.getvalue().split("\r")[-1]
    assert 15 <= int(drawn.split("26/52")[1].split()[0]) <= 19


def test_a_step_that_is_told_again_while_it_waits_counts_once():
    stream, watch = Terminal(), Watch()
    bar = Bar(stream, watch)
    bar.start("x")
    for index in (1, 2, 2, 2, 2, 3):
        watch.now += 2
        bar.step(index, 4)
    assert "3/4  5 s left" in stream.getvalue().split("\r")[-1]
