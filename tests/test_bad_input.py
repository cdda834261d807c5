"""What cannot be is refused in one line with the right exit code, and nothing made is lost.

Everything goes through the command line with the toy family; a copied tree stands in where a
family or its weights must be broken.

Run: python -m pytest tests/test_bad_input.py
"""

import hashlib
import io
import os
import random
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from studio import tag
from studio.cli import main
from studio.registry import families
from studio.spec import MAX_PROMPT_CHARACTERS
from studio.store import Store

ROOT = Path(__file__).parent.parent
TOY = ("--model", "toy")
Capture = pytest.CaptureFixture[str]
Finished = subprocess.CompletedProcess[bytes]


def refused(capsys: Capture, code: int, *argv: str) -> str:
    """The one line of a command that fails with this code, having printed and saved nothing."""
    before = len(Store().library())
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    # Before the error there may be a line of progress, but only if a run had begun.
    last = err.rstrip("\n").split("\n")[-1]
    assert last.startswith("error: ") and len(last) < 500 and "Traceback" not in err
    assert len(Store().library()) == before
    return last


def command(*argv: str, cwd: Path = ROOT, **options: object) -> Finished:
    run = [sys.executable, "-m", "studio", *argv]
    return subprocess.run(run, cwd=cwd, capture_output=True, timeout=120, **options)  # type: ignore[call-overload]


def last_line(done: Finished) -> str:
    assert b"Traceback" not in done.stderr
    return done.stderr.decode().rstrip("\n").split("\n")[-1]


def from_stdin(prompt: bytes) -> Finished:
    return command("make", "-", *TOY, input=prompt)


# Prompts


@pytest.mark.parametrize("prompt", ["", " ", "\n\t ", "\u200b", "\u3000"])
def test_a_prompt_without_anything_to_see_is_empty(capsys: Capture, prompt: str):
    assert refused(capsys, 2, "make", prompt, *TOY) == "error: prompt is empty; say what to make"
    assert refused(capsys, 2, "route", prompt) == "error: prompt is empty; say what to make"


def test_an_empty_stdin_is_an_empty_prompt():
    done = from_stdin(b"")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "prompt is empty" in last_line(done)


@pytest.mark.parametrize("character", ["a", "猫", "🐈"])
def test_a_prompt_of_100000_characters_says_how_long_it_may_be(character: str):
    done = from_stdin((character * 100_000).encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert "100,000 characters" in last_line(done)
    assert f"{MAX_PROMPT_CHARACTERS:,}" in last_line(done)
    assert len(last_line(done)) < 200


def test_100000_characters_as_an_argument_are_refused_too(capsys: Capture):
    assert "100,000" in refused(capsys, 2, "make", "a " * 50_000, *TOY)
    assert "100,000" in refused(capsys, 2, "route", "a " * 50_000)


def test_the_longest_prompt_allowed_is_made_and_kept_whole(capsys: Capture):
    prompt = ("长" * MAX_PROMPT_CHARACTERS)[:MAX_PROMPT_CHARACTERS]
    assert main(["make", prompt, *TOY]) == 0
    record = tag.read(Path(capsys.readouterr().out.rstrip("\n")))
    assert record is not None and record.prompt == prompt


@pytest.mark.parametrize("prompt", ["🐈", "👩\u200d🚀🏳️\u200d🌈", "⚡" * 500, "!?…", "e\u0301"])
def test_emoji_and_signs_are_prompts(capsys: Capture, prompt: str):
    assert main(["make", prompt, *TOY]) == 0
    record = tag.read(Path(capsys.readouterr().out.rstrip("\n")))
    assert record is not None and record.prompt == prompt


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_a_control_character_is_named_with_its_place(character: str):
    done = from_stdin(f"a cat{character}[2J".encode())
    assert done.returncode == 2
    assert f"U+{ord(character):04X}" in last_line(done) and "place 6" in last_line(done)
    assert character not in done.stderr.decode()


def test_several_lines_are_one_prompt():
    done = from_stdin(b"a cat\r\n\ton a hat\n")
    assert done.returncode == 0
    record = tag.read(Path(os.fsdecode(done.stdout.rstrip(b"\n"))))
    assert record is not None and record.prompt == "a cat\r\n\ton a hat"


def test_bytes_that_are_no_text_are_refused_where_they_stand():
    assert "byte 3" in last_line(from_stdin(b"ab\xff"))
    run = [os.fsencode(sys.executable), b"-m", b"studio", b"make", b"ab\xff", b"--model", b"toy"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 2 and "character 3" in last_line(done)


# Names


def test_an_unknown_model_names_the_nearest(capsys: Capture):
    line = refused(capsys, 2, "make", "a cat", "--model", "pocket-imgae")
    assert "'pocket-imgae'" in line and ("pocket-image" in line.split(";")[1] or "there is" in line)


def test_an_unknown_preset_names_the_nearest(capsys: Capture):
    from studio.presets import presets

    for name in list(presets())[:1]:
        assert name in refused(capsys, 2, "make", "a cat", "--preset", f"{name}x")
    assert "'nope'" in refused(capsys, 2, "make", "a cat", "--preset", "nope", *TOY)


def test_an_unknown_option_of_the_family_names_the_nearest(capsys: Capture):
    line = refused(capsys, 2, "make", "a cat", *TOY, "--set", "witdh=64")
    assert line == "error: no option 'witdh'; did you mean width?"


def test_an_unknown_format_lists_those_there_are(capsys: Capture):
    line = refused(capsys, 2, "make", "a cat", *TOY, "--format", "bmp")
    assert "'bmp'" in line and "webp" in line


def test_a_family_of_another_kind_is_refused(capsys: Capture):
    assert "song" in refused(capsys, 2, "make", "a cat", *TOY, "--as", "song")


@pytest.mark.parametrize("name", ["show", "replay"])
def test_a_file_that_is_not_there_is_named(capsys: Capture, name: str):
    assert "nowhere.png" in refused(capsys, 2, name, "nowhere.png")


# Values


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("width=65", ("width", "65", "64 or 72")),
        ("width=8", ("width", "8", "16 to 512")),
        ("width=100000000", ("width", "100000000", "16 to 512")),
        ("height=-64", ("height", "-64")),
        ("width=64.5", ("width", "64.5", "whole number")),
        ("width=", ("width", "''", "whole number")),
        ("width=wide", ("width", "'wide'", "whole number")),
        ("strength=nan", ("strength", "nan")),
        ("strength=inf", ("strength", "inf", "0 to 1")),
        ("strength=1.5", ("strength", "1.5", "0 to 1")),
        ("colour=rde", ("colour", "'rde'", "red")),
        ("steps=0", ("steps", "0", "1 to 100")),
        ("seed=-1", ("seed", "-1")),
        ("seed=x", ("seed", "'x'", "whole number")),
    ],
)
def test_a_value_that_does_not_fit_says_what_does(
    capsys: Capture, assignment: str, words: tuple[str, ...]
):
    line = refused(capsys, 2, "make", "a cat", *TOY, "--set", assignment)
    assert all(word in line for word in words), line


@pytest.mark.parametrize("word", ["width", "=64", ""])
def test_a_setting_without_name_or_value_is_refused(capsys: Capture, word: str):
    assert "name=value" in refused(capsys, 2, "make", "a cat", *TOY, "--set", word)


@pytest.mark.parametrize(
    "option", ["--seed=4294967296", "--seed=99999999999999999999", "--count=0", "--count=1000000"]
)
def test_numbers_out_of_range_are_refused(capsys: Capture, option: str):
    assert option.split("=")[1] in refused(capsys, 2, "make", "a cat", *TOY, option)


def test_a_batch_whose_seeds_would_run_out_is_refused(capsys: Capture):
    line = refused(capsys, 2, "make", "a cat", *TOY, "--seed", "4294967295", "--count", "2")
    assert "4294967295" in line and "4294967294" in line


# Pictures that go in


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    # Noise, so that no share of the file holds all of the picture.
    noise = random.Random(1).randbytes(64 * 64 * 3)
    Image.frombytes("RGB", (64, 64), noise).save(path)
    return path


def test_a_mask_of_another_size_is_refused(capsys: Capture, picture: Path, tmp_path: Path):
    mask = tmp_path / "mask.png"
    Image.new("L", (32, 64)).save(mask)
    line = refused(capsys, 2, "make", "x", *TOY, "--input", str(picture), "--set", f"mask={mask}")
    assert "32x64" in line and "64x64" in line


def test_a_mask_alone_is_refused(capsys: Capture, picture: Path):
    assert "image" in refused(capsys, 2, "make", "x", *TOY, "--set", f"mask={picture}")


def test_more_files_than_the_family_takes_are_refused(capsys: Capture, picture: Path):
    files = ["--input", str(picture)] * 3
    assert "2" in refused(capsys, 2, "make", "x", *TOY, *files)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused(capsys: Capture, picture: Path, kind: str):
    buffer = io.BytesIO()
    Image.open(picture).convert("RGB").save(
        buffer, kind, **({"lossless": True} if kind == "WEBP" else {})
    )
    for share in (0.1, 0.5, 0.9):
        cut = picture.with_name("cut.bin")
        cut.write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * share)])
        assert "cut.bin" in refused(capsys, 2, "make", "x", *TOY, "--input", str(cut))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF\n", b"\x89PNG\r\n\x1a\n", b"<svg/>"]
)
def test_a_file_that_is_no_picture_is_refused(capsys: Capture, tmp_path: Path, data: bytes):
    file = tmp_path / "notes.png"
    file.write_bytes(data)
    assert "notes.png" in refused(capsys, 2, "make", "x", *TOY, "--input", str(file))


@pytest.mark.parametrize("name", ["", "nowhere.png", ".", "/dev/null", "a\x1bb.png"])
def test_an_input_that_is_no_file_is_refused(capsys: Capture, name: str):
    line = refused(capsys, 2, "make", "x", *TOY, "--input", name)
    assert "\x1b" not in line


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size", [(10_000, 10_000), (8_001, 8_000), (60_000, 60_000), (2**31 - 1, 1)]
)
def test_a_picture_of_100_megapixels_is_refused_unread(
    capsys: Capture, tmp_path: Path, size: tuple[int, int]
):
    file = tmp_path / "huge.png"
    file.write_bytes(png_header(*size))
    assert "huge.png" in refused(capsys, 2, "make", "x", *TOY, "--input", str(file))


def test_a_real_picture_of_100_megapixels_is_refused(capsys: Capture, tmp_path: Path):
    file = tmp_path / "real.png"
    Image.new("1", (10_000, 10_000)).save(file)
    assert "megapixel" in refused(capsys, 2, "make", "x", *TOY, "--input", str(file))


@pytest.mark.parametrize("name", ["show", "replay"])
def test_a_picture_made_elsewhere_has_no_record(capsys: Capture, picture: Path, name: str):
    assert "picture.png" in refused(capsys, 2, name, str(picture))


@pytest.mark.parametrize("kept", [0, 1, 20, 60, 300])
def test_a_made_file_cut_before_its_record_ends_is_refused(
    capsys: Capture, tmp_path: Path, kept: int
):
    assert main(["make", "a cat", *TOY]) == 0
    made = Path(capsys.readouterr().out.rstrip("\n"))
    cut = tmp_path / "cut.png"
    cut.write_bytes(made.read_bytes()[:kept])
    assert "cut.png" in refused(capsys, 2, "show", str(cut))


def test_a_made_file_cut_in_its_pixels_still_tells_how_to_make_it_again(
    capsys: Capture, tmp_path: Path
):
    assert main(["make", "a cat", *TOY]) == 0
    made = Path(capsys.readouterr().out.rstrip("\n"))
    cut = tmp_path / "cut.png"
    cut.write_bytes(made.read_bytes()[:-200])
    assert main(["replay", "--check", str(cut)]) == 0


# Models that fail


def test_a_model_that_crashes_is_one_line(capsys: Capture):
    assert "toy" in refused(capsys, 4, "make", "a cat", *TOY, "--set", "fail=crash")


def test_a_model_that_runs_out_of_memory_says_what_to_do(capsys: Capture):
    line = refused(capsys, 3, "make", "a cat", *TOY, "--set", "fail=memory")
    assert "toy" in line and "64x64" in line and "small" in line


# Places to save


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with room for a few pictures."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def whole_files(done: Finished) -> list[Path]:
    """The paths printed, each of them a whole, tagged file."""
    paths = [Path(os.fsdecode(line)) for line in done.stdout.splitlines()]
    assert all(tag.read(path) is not None for path in paths)
    return paths


def test_a_disk_that_fills_up_keeps_every_finished_picture(small_disk: Path):
    size = ("--set", "width=96", "height=96")
    done = command("make", "a cat", *TOY, *size, "--count", "20", "--out", str(small_disk))
    paths = whole_files(done)
    assert done.returncode == 5 and 0 < len(paths) < 20
    assert str(small_disk) in last_line(done) and "space" in last_line(done)
    assert sorted(small_disk.iterdir()) == sorted(paths)
    assert {artifact.path for artifact in Store().library()} == set(paths)


def test_a_home_on_a_full_disk_is_a_saving_error(small_disk: Path):
    (small_disk / "filler").write_bytes(bytes(90_000))
    done = command("make", "a cat", *TOY, env={**os.environ, "STUDIO_HOME": str(small_disk / "h")})
    assert done.returncode == 5 and done.stdout == b""
    assert not list(small_disk.rglob("*.png")) and not list(small_disk.rglob("*.part"))


def test_a_file_size_limit_is_a_saving_error(tmp_path: Path):
    limited = ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", sys.executable, "-m", "studio"]
    big = ["make", "a cat", *TOY, "--set", "width=256", "height=256", "--out", str(tmp_path)]
    done = subprocess.run([*limited, *big], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 5, done.stderr
    assert last_line(done).startswith("error: ") and not list(tmp_path.iterdir())


def test_an_output_folder_under_a_file_is_a_saving_error(capsys: Capture, picture: Path):
    line = refused(capsys, 5, "make", "x", *TOY, "--out", str(picture / "sub"))
    assert str(picture) in line


def test_a_read_only_output_folder_is_a_saving_error(capsys: Capture, small_disk: Path):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    line = refused(capsys, 5, "make", "x", *TOY, "--out", str(small_disk))
    assert str(small_disk) in line


def test_a_read_only_home_is_a_saving_error(small_disk: Path):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    home = {**os.environ, "STUDIO_HOME": str(small_disk)}
    for argv in (("make", "x", *TOY), ("library",)):
        done = command(*argv, env=home)
        assert done.returncode == 5 and str(small_disk) in last_line(done)
    assert command("models", env=home).returncode == 0


def test_an_output_folder_that_cannot_be_written_costs_no_time(capsys: Capture, picture: Path):
    slow = ("--set", "step_seconds=10", "steps=100")
    refused(capsys, 5, "make", "x", *TOY, *slow, "--out", str(picture))


def test_a_folder_name_that_is_no_text_is_refused():
    run = [sys.executable, "-m", "studio", "make", "x", *TOY, "--out", b"/tmp/\xff"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 2 and "--out" in last_line(done)


def test_a_library_that_is_no_database_is_a_saving_error(capsys: Capture, home: Path):
    assert main(["make", "a cat", *TOY]) == 0
    made = Path(capsys.readouterr().out.rstrip("\n"))
    for file in home.glob("library.sqlite*"):
        file.write_bytes(b"not a database" * 1000)
    assert main(["library"]) == 5
    assert "library.sqlite" in capsys.readouterr().err
    assert tag.read(made) is not None


# Families and weights that are broken: in a copy of the program

FAMILY = '''
"""A family with one weight file."""

from pathlib import Path

from pipelines.toy import Toy, ToyParams
from studio.spec import Family, Weights

FILE = Path(__file__).with_name("weights.bin")

FAMILY = Family(
    name="weighty", kind="image", about="Reads a file", params=ToyParams, licence="Apache-2.0",
    load=lambda device: Toy(), memory_bytes=4_000_000, hidden=True,
    weights=lambda: (Weights(FILE, "SHA256", "1", "Apache-2.0"),),
)
'''


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The program without its model families but for the toy and one that has weights."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "studio", tree / "studio", ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "pipelines").mkdir()
    (tree / "presets").mkdir()
    for name in ("__init__.py", "toy.py"):
        shutil.copy(ROOT / "pipelines" / name, tree / "pipelines" / name)
    weights = tree / "pipelines" / "weights.bin"
    weights.write_bytes(b"weights" * 1000)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    (tree / "pipelines" / "weighty.py").write_text(FAMILY.replace("SHA256", sha256))
    return tree


WEIGHTY = ("make", "a cat", "--model", "weighty", "--set", "steps=1")


def test_weights_as_recorded_load_and_are_in_the_record(copied: Path):
    made = command(*WEIGHTY, cwd=copied)
    assert made.returncode == 0, made.stderr
    record = tag.read(Path(os.fsdecode(made.stdout.rstrip(b"\n"))))
    assert record is not None and len(record.weights) == 1
    assert (copied / record.weights[0].name).read_bytes().startswith(b"weights")


@pytest.mark.parametrize("damage", ["one bit", "cut", "empty", "missing"])
def test_damaged_weights_are_found_before_they_are_used(copied: Path, damage: str):
    file = copied / "pipelines" / "weights.bin"
    data = file.read_bytes()
    changed = {"one bit": bytes([data[0] ^ 1]) + data[1:], "cut": data[:-1], "empty": b""}
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(changed[damage])
    done = command(*WEIGHTY, cwd=copied)
    assert (done.returncode, done.stdout) == (4, b"")
    assert "weights.bin" in last_line(done)


def shipped() -> list[str]:
    """Families whose weights are all here."""
    ours = {name: family for name, family in families().items() if not family.checkpoints}
    found = {name: family.weights() for name, family in ours.items()}
    return [name for name, files in found.items() if files and all(f.path.is_file() for f in files)]


@pytest.mark.parametrize("name", shipped())
def test_one_wrong_bit_in_shipped_weights_is_found(tmp_path: Path, name: str):
    largest = max(families()[name].weights(), key=lambda each: each.path.stat().st_size).path
    tree = tmp_path / "tree"
    for folder in ("studio", "pipelines", "presets"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    # Links: the weights are large, and only one of them is changed.
    shutil.copytree(ROOT / "assets", tree / "assets", copy_function=os.symlink)
    damaged = tree / largest.relative_to(ROOT)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.unlink()
    damaged.write_bytes(data)
    picture = tmp_path / "picture.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    done = command("make", "a cat", "--model", name, "--input", str(picture), cwd=tree)
    assert (done.returncode, done.stdout) == (4, b"")
    assert str(damaged) in last_line(done) and "sha256" in last_line(done)


def test_the_doctor_finds_damaged_weights(copied: Path):
    (copied / "pipelines" / "weights.bin").write_bytes(b"")
    done = command("doctor", cwd=copied)
    assert done.returncode == 3 and "weights" in last_line(done)
    assert b"weights.bin" in done.stdout


def test_a_broken_family_file_is_named(copied: Path):
    (copied / "pipelines" / "broken.py").write_text("import nothing_of_the_kind\n")
    done = command("models", cwd=copied)
    assert done.returncode == 4 and "pipelines/broken.py" in last_line(done)


def test_a_duplicate_family_file_is_named(copied: Path):
    shutil.copy(copied / "pipelines" / "toy.py", copied / "pipelines" / "twin.py")
    done = command("make", "a cat", *TOY, cwd=copied)
    assert done.returncode == 4 and "pipelines/twin.py" in last_line(done)


def test_a_broken_preset_is_named(copied: Path):
    (copied / "presets" / "bad.toml").write_text(
        'family = "toy"\nabout = "x"\nabout_zh = "x"\n[params]\nwidth = 7\n'
    )
    done = command("presets", cwd=copied)
    assert done.returncode == 4 and "bad.toml" in last_line(done)


# The server


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_strangers_are_not_served_without_a_password(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, host: str
):
    monkeypatch.delenv("STUDIO_AUTH", raising=False)
    assert "STUDIO_AUTH" in refused(capsys, 2, "serve", "--host", host)


@pytest.mark.parametrize("auth", ["user", "user:", ":secret", ":"])
def test_half_a_password_is_refused_and_not_shown(capsys: Capture, auth: str):
    line = refused(capsys, 2, "serve", "--auth", auth)
    assert "user:password" in line and "secret" not in line


@pytest.mark.parametrize("port", ["0", "65536", "999999"])
def test_a_port_that_cannot_be_is_refused(capsys: Capture, port: str):
    assert port in refused(capsys, 2, "serve", "--port", port)


# Suites


@pytest.mark.parametrize("name", ["evaluate", "bench"])
def test_an_unknown_suite_names_those_there_are(capsys: Capture, name: str):
    assert "'speling'" in refused(capsys, 2, name, "speling")


def test_measuring_nothing_is_refused(capsys: Capture):
    assert "--repeat" in refused(capsys, 2, "bench", "--repeat", "0")
