"""The commands, end to end with the toy family: what they print, save and return.

Run: python -m pytest tests/test_cli.py
"""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio import core, tag
from studio.cli import main, making
from studio.cli.looking import folded, range_of
from studio.forms import controls
from studio.registry import families
from studio.store import Store

ROOT = Path(__file__).parent.parent
TOY = ("--model", "toy")
Capture = pytest.CaptureFixture[str]


def studio(*argv: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run the command as a script does."""
    command = [sys.executable, "-m", "studio", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, **options)


def start(*argv: str, stderr: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "studio", *argv]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr)


def printed(capsys: Capture, *argv: str) -> str:
    """What a command that works puts on stdout."""
    assert main(argv) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def make(capsys: Capture, *argv: str) -> dict[str, Any]:
    """One artifact of the toy, as JSON."""
    return json.loads(printed(capsys, "make", "a red cat", *TOY, "--json", *argv))


def complaint(capsys: Capture, code: int, *argv: str) -> str:
    """The one line of a command that fails with that code."""
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("error: ") and "Traceback" not in err
    return last


def test_make_prints_the_path_of_a_file_that_says_how_it_was_made(capsys: Capture):
    path = Path(printed(capsys, "make", "a red cat", *TOY, "--seed", "5").rstrip("\n"))
    record = tag.read(path)
    assert record is not None
    assert (record.prompt, record.seed, record.family) == ("a red cat", 5, "toy")


def test_make_puts_nothing_but_paths_on_stdout():
    done = studio("make", "a cat", *TOY, "--count", "3", "--seed", "1")
    paths = done.stdout.decode().splitlines()
    assert done.returncode == 0 and len(paths) == 3
    assert all(Path(path).is_file() for path in paths)
    assert b"3 of 3" in done.stderr


def test_json_has_what_scripts_need(capsys: Capture):
    found = make(capsys, "--seed", "9")
    assert {"path", "kind", "family", "seed", "seconds"} <= found.keys()
    assert (found["kind"], found["family"], found["seed"]) == ("image", "toy", 9)
    assert found["seconds"] > 0 and Path(found["path"]).is_file()


def test_json_of_several_is_one_object_a_line(capsys: Capture):
    out = printed(capsys, "make", "a cat", *TOY, "--json", "--count", "3", "--seed", "7")
    assert [json.loads(line)["seed"] for line in out.splitlines()] == [7, 8, 9]


def test_the_same_seed_makes_the_same_picture_in_a_batch_of_another_size(capsys: Capture):
    alone = make(capsys, "--seed", "8")["media_sha256"]
    out = printed(capsys, "make", "a red cat", *TOY, "--json", "--count", "3", "--seed", "7")
    assert json.loads(out.splitlines()[1])["media_sha256"] == alone


def test_settings_reach_the_family(capsys: Capture):
    found = make(capsys, "--set", "width=96", "colour=red", "--set", "steps=2")
    assert (found["params"]["width"], found["params"]["colour"]) == (96, "red")
    assert found["params"]["steps"] == 2


def test_the_last_of_two_settings_counts(capsys: Capture):
    assert make(capsys, "--set", "steps=2", "--set", "steps=3")["params"]["steps"] == 3


def test_results_go_where_they_are_sent(capsys: Capture, tmp_path: Path):
    folder = tmp_path / "new" / "结果"
    assert Path(make(capsys, "--out", str(folder))["path"]).parent == folder


@pytest.mark.parametrize(
    "name", sorted(each.name for each in tag.FORMATS.values() if each.kind == "image")
)
def test_every_format_can_be_asked_for(capsys: Capture, name: str):
    path = Path(make(capsys, "--format", name, "--seed", "1")["path"])
    assert path.suffix == f".{name}"
    assert tag.read(path) is not None


def test_a_picture_and_a_mask_can_be_given(capsys: Capture):
    picture = make(capsys)["path"]
    by_order = make(capsys, "--input", picture, "--input", picture, "--seed", "3")
    by_name = make(capsys, "--set", f"image={picture}", f"mask={picture}", "--seed", "3")
    assert by_order["media_sha256"] == by_name["media_sha256"]
    record = Store().entry(by_order["id"]).record
    assert [(used.field, used.role) for used in record.inputs] == [
        ("image", "input"),
        ("mask", "mask"),
    ]


def test_a_private_prompt_is_nowhere(capsys: Capture, home: Path):
    secret = "xylophone-secret"
    path = printed(capsys, "make", secret, *TOY, "--private", "--set", f"negative_prompt={secret}")
    assert secret not in path
    held = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert held and not any(secret.encode() in data for data in held)
    assert "(private)" in printed(capsys, "library")


def test_a_prompt_is_read_from_stdin(capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("一只猫\n".encode())))
    assert json.loads(printed(capsys, "make", "-", *TOY, "--json"))["prompt"] == "一只猫"


def test_a_log_gets_no_bar():
    done = studio("make", "a cat", *TOY, "--seed", "3")
    assert done.stderr.decode().splitlines() == ["toy, seed 3"]


def test_quiet_says_nothing():
    done = studio("make", "a cat", *TOY, "--quiet")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_gets_a_bar_that_is_gone_afterwards():
    master, slave = pty.openpty()
    with start("make", "a cat", *TOY, "--set", "steps=20", stderr=slave) as running:
        out = running.stdout.read() if running.stdout else b""
    os.close(slave)
    drawn = os.read(master, 100_000).decode()
    os.close(master)
    assert running.returncode == 0 and out.count(b"\n") == 1
    assert "10/20" in drawn and " left" in drawn
    assert "\n" not in drawn and drawn.endswith("\r\x1b[K")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_within_a_step_and_keeps_what_is_finished(home: Path, number: int):
    slow = ("--set", "steps=8", "step_seconds=0.25")
    with start("make", "a cat", *TOY, "--count", "9", *slow, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        first = Path(running.stdout.readline().decode().strip())
        time.sleep(0.4)
        asked = time.monotonic()
        running.send_signal(number)
        rest, err = running.communicate(timeout=20)
    # The whole would take 18 s more; a busy machine may need a moment to end a process.
    assert time.monotonic() - asked < 8
    assert running.returncode == 130
    assert err.decode().splitlines()[-1] == "error: interrupted; 1 of 9 are saved"
    assert rest == b"" and tag.read(first) is not None
    assert [artifact.path for artifact in Store(home).library()] == [first]
    assert list(first.parent.iterdir()) == [first]


def test_an_interrupt_twice_ends_as_cleanly():
    slow = ("--set", "steps=30", "step_seconds=1")
    with start("make", "a cat", *TOY, *slow, stderr=subprocess.PIPE) as running:
        assert running.stderr
        running.stderr.readline()
        time.sleep(1.6)
        running.send_signal(signal.SIGINT)
        assert b"stopping after this step" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err == b"error: interrupted; 0 of 1 are saved\n"


def test_a_reader_that_leaves_is_no_error():
    with start("models", "--all", "--json", stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_show_tells_how_a_file_was_made(capsys: Capture):
    made = make(capsys, "--seed", "6")
    shown = printed(capsys, "show", made["path"])
    assert "a red cat" in shown and "toy" in shown and made["media_sha256"] in shown
    record = json.loads(printed(capsys, "show", made["path"], "--json"))
    assert record["params"]["seed"] == 6 and record["ai_generated"] is True


def test_show_knows_the_ids_of_the_library(capsys: Capture):
    made = make(capsys)
    record = json.loads(printed(capsys, "show", made["id"][:8], "--json"))
    assert record["id"] == made["id"]


def test_show_makes_a_hostile_prompt_harmless(capsys: Capture):
    made = json.loads(printed(capsys, "make", "a\u202ecat", *TOY, "--json"))
    assert "\u202e" not in printed(capsys, "show", made["path"])
    assert "\u202e" not in printed(capsys, "library")


def test_replay_makes_the_identical_picture_again(capsys: Capture):
    made = make(capsys)
    again = json.loads(printed(capsys, "replay", made["path"], "--json"))
    assert again["media_sha256"] == made["media_sha256"]
    assert again["path"] != made["path"]


def test_replay_can_change_a_setting(capsys: Capture):
    made = make(capsys)
    again = json.loads(printed(capsys, "replay", made["path"], "--json", "--set", "steps=7"))
    assert again["params"]["steps"] == 7 and again["seed"] == made["seed"]


def test_check_saves_nothing_and_says_identical(capsys: Capture):
    made = make(capsys)
    assert "identical" in printed(capsys, "replay", made["path"], "--check")
    assert len(Store().library()) == 1


def test_check_of_something_else_fails(capsys: Capture):
    made = make(capsys)
    line = complaint(capsys, 4, "replay", made["path"], "--check", "--set", "colour=red")
    assert "differ" in line and made["media_sha256"][:12] in line


def test_check_answers_scripts_in_json(capsys: Capture):
    made = make(capsys)
    found = json.loads(printed(capsys, "replay", made["path"], "--check", "--json"))
    assert found["is_same"] is True and found["got"] == made["media_sha256"]


def test_a_private_file_is_replayed_with_its_prompt(capsys: Capture):
    made = make(capsys, "--private")
    assert "private" in complaint(capsys, 2, "replay", made["path"])
    assert "identical" in printed(
        capsys, "replay", made["path"], "--check", "--prompt", "a red cat",
        "--set", "negative_prompt=",
    )  # fmt: skip


def test_route_says_what_was_understood_and_why_and_runs_nothing(capsys: Capture, home: Path):
    found = json.loads(printed(capsys, "route", "three pictures of a red cat", "--json"))
    assert {"kind", "confidence", "why", "params"} <= found.keys()
    assert found["kind"] == "image" and found["params"]["count"] == 3
    assert 0 < found["confidence"] <= 1
    assert any(reason["word"] == "pictures" for reason in found["why"])
    assert not list(home.iterdir())


def test_route_tells_people_which_words_decided(capsys: Capture):
    shown = printed(capsys, "route", "三张红色的猫的图片")
    assert "image" in shown and "because" in shown and "%" in shown


def test_route_keeps_to_the_kind_it_is_given(capsys: Capture):
    found = json.loads(printed(capsys, "route", "a red cat", "--as", "song", "--json"))
    assert found["kind"] == "song"


def test_models_lists_families_and_hides_the_toy(capsys: Capture):
    names = {each["name"] for each in json.loads(printed(capsys, "models", "--json"))}
    assert names == {name for name, family in families().items() if not family.hidden}
    assert "toy" in {
        each["name"] for each in json.loads(printed(capsys, "models", "--all", "--json"))
    }


def test_models_shows_every_option_of_a_family(capsys: Capture):
    shown = printed(capsys, "models", "toy")
    for control in controls(families()["toy"].params):
        assert control.name in shown
        assert all(part in shown for part in folded(range_of(control)))
    options = json.loads(printed(capsys, "models", "toy", "--json"))["options"]
    assert {"name", "kind", "default", "minimum", "maximum", "choices"} <= options[0].keys()


def test_a_long_list_of_choices_is_shown_on_several_lines_and_none_is_lost():
    camera = range_of(next(c for c in controls(families()["pocket-video"].params)
                           if c.name == "camera"))  # fmt: skip
    lines = folded(camera, width=30)
    assert max(map(len, lines)) <= 30 and "".join(lines) == camera
    assert folded("0..1") == ["0..1"]


def test_presets_are_listed_and_shown(capsys: Capture):
    from studio.presets import presets

    listed = json.loads(printed(capsys, "presets", "--json"))
    assert [each["name"] for each in listed] == list(presets())
    for name in list(presets())[:2]:
        assert json.loads(printed(capsys, "presets", name, "--json"))["name"] == name
        assert name in printed(capsys, "presets", name)


def test_library_finds_by_text_and_counts(capsys: Capture):
    for prompt in ("red fox", "blue fox", "green frog"):
        printed(capsys, "make", prompt, *TOY)
    found = json.loads(printed(capsys, "library", "fox", "--json"))
    assert [each["prompt"] for each in found] == ["blue fox", "red fox"]
    assert (
        json.loads(printed(capsys, "library", "--limit", "1", "--offset", "2", "--json"))[0][
            "prompt"
        ]
        == "red fox"
    )
    assert printed(capsys, "library", "--as", "song") == ""


def test_library_says_when_there_is_more(capsys: Capture):
    for _ in range(2):
        make(capsys)
    main(["library", "--limit", "1"])
    assert "1 of 2" in capsys.readouterr().err


def test_library_deletes_on_request(capsys: Capture):
    made = make(capsys)
    printed(capsys, "library", "--remove", made["id"][:8])
    assert not Path(made["path"]).exists() and not Store().library()
    assert "no entry" in complaint(capsys, 2, "library", "--remove", made["id"])


def test_an_empty_library_is_an_empty_list(capsys: Capture):
    assert json.loads(printed(capsys, "library", "--json")) == []
    assert printed(capsys, "library") == ""


def test_make_says_when_the_router_was_not_sure():
    job = core.resolve(core.Request("x", family="toy"))[0]
    route = {"confidence": 0.55, "runner_up": "song"}
    told = making.remarks(replace(job, is_sure=False, route=route, notes=("one more thing",)))
    assert told[0] == "one more thing"
    assert "55%" in told[1] and "--as song" in told[1]
    assert making.remarks(job) == []


def test_unset_options_are_left_to_the_core():
    from studio.cli.parser import parse

    request = making.request_of(parse(["make", "x"]))
    assert (request.seed, request.count, request.family, request.preset) == (None, None, None, None)
    assert not request.params and not request.inputs


def test_evaluate_finds_every_suite_that_is_a_file():
    from studio.evaluate import suite, suites

    assert "router" in suites()
    assert not [name for name in suites() if name.startswith("_")]
    assert all(callable(suite(name)) for name in suites())


def test_evaluate_refuses_a_setting_that_no_chosen_suite_takes(capsys: Capture):
    line = complaint(capsys, 2, "evaluate", "router", "--limit", "3")
    assert line == "error: no suite of router takes limit; leave it out"


def test_evaluate_prints_numbers_for_people_and_scripts(capsys: Capture):
    assert "accuracy.en" in printed(capsys, "evaluate", "router")
    found = json.loads(printed(capsys, "evaluate", "router", "--json"))
    assert found["suite"] == "router" and 0 < found["accuracy"]["zh"] <= 1


def test_no_command_prints_the_help(capsys: Capture):
    assert printed(capsys) == printed(capsys, "--help")


def test_help_and_version_work_without_anything_else():
    assert b"make" in studio("--help").stdout
    assert studio("--version").stdout.startswith(b"studio ")


def test_debug_shows_the_traceback_and_the_same_code(capsys: Capture):
    assert main(["make", "a cat", *TOY, "--set", "fail=crash", "--debug"]) == 4
    err = capsys.readouterr().err
    assert "Traceback" in err and err.splitlines()[-1].startswith("error: ")
