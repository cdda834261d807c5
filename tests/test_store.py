"""Files and library: both or neither, whatever the disk or another process does."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio import tag
from studio.core import generate
from studio.errors import RequestError, SaveError
from studio.library import Artifact
from studio.media import Image
from studio.pictures import read_picture
from studio.rights.sidecar import sidecar_path
from studio.store import Store, slug
from tests.conftest import toy_job

ROOT = Path(__file__).resolve().parent.parent


def make(store: Store, prompt: str = "a red cat", seed: int = 7, **params: object) -> Artifact:
    return next(iter(generate([toy_job(prompt, seed, **params)], store=store)))


def files_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )


def test_a_file_has_its_record_and_the_library_its_entry(store: Store) -> None:
    made = make(store)
    assert tag.read(made.path) == made.record
    assert store.library() == [made]
    assert files_in(store.outputs) == [made.path.name]


def test_names_are_readable_and_never_taken_twice(store: Store) -> None:
    first, second, third = (make(store, "A red CAT, please!") for _ in range(3))
    stem = f"{first.record.created[:10]}-a-red-cat-please-7"
    assert [each.path.name for each in (first, second, third)] == [
        f"{stem}.png",
        f"{stem}-2.png",
        f"{stem}-3.png",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("画一只红色的猫", "画一只红色的猫"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON: a\\b|c?", "con-a-b-c"),
        ("🦊🦊", ""),
        (
            "seventeen eighteen nineteen twenty twentyone twentytwo",
            "seventeen-eighteen-nineteen-twenty-twentyone",
        ),
    ],
)
def test_a_slug_is_safe_on_every_system(text: str, name: str) -> None:
    assert slug(text) == name


def test_a_prompt_of_emoji_still_gets_a_name(store: Store) -> None:
    assert make(store, "🦊🦊").path.name.endswith("-toy-7.png")


def test_the_longest_chinese_prompt_fits_a_file_name(store: Store) -> None:
    assert make(store, "猫" * 20_000).is_there


def test_the_library_finds_by_kind_and_words(store: Store) -> None:
    cat, fox = make(store, "a red cat"), make(store, "一只 50%_狐狸")
    assert store.library() == [fox, cat]
    assert store.library(text="red CAT") == [cat]
    assert store.library(text="狐狸") == [fox]
    assert store.library(text="50%_") == [fox]
    assert store.library(text="%") == [fox]
    assert store.library(kind="song") == []
    assert store.library(limit=1, offset=1) == [cat]
    assert (store.count(), store.count(text="cat")) == (2, 1)


def test_a_search_of_any_length_is_answered_or_refused(store: Store) -> None:
    made = make(store, "word " * 80)
    assert store.library(text="word " * 80) == [made]
    with pytest.raises(RequestError, match="search text has 60,000 characters; at most 500"):
        store.library(text="猫" * 60_000)


def test_a_folder_whose_name_is_no_text_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no valid UTF-8 name"):
        store.prepare(tmp_path / "caf\udce9")


def test_an_entry_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    made = make(store)
    assert store.entry(made.id[:8]) == made
    for wrong in ("", "nothing", "%"):
        with pytest.raises(RequestError, match="in the library"):
            store.entry(wrong)


def test_removing_takes_file_entry_and_thumbnail(store: Store) -> None:
    made, kept = make(store), make(store, "another")
    thumbnail = store.thumbnail(made.id)
    assert thumbnail.is_file()
    store.remove(made.id)
    assert not made.path.exists() and not thumbnail.exists()
    assert store.library() == [kept]


def test_a_thumbnail_is_small(store: Store) -> None:
    made = make(store, width=512, height=256)
    assert read_picture(store.thumbnail(made.id)).size == (320, 160)


def test_an_input_is_kept_once_and_found_again(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"1")
    sha256, kept = store.keep_input(tmp_path / "a.png")
    assert store.keep_input(tmp_path / "a.png") == (sha256, kept)
    (tmp_path / "a.png").unlink()
    assert store.kept_input(sha256).read_bytes() == b"1"
    with pytest.raises(RequestError, match="not kept here"):
        store.kept_input("0" * 64)


def test_a_signature_beside_an_input_is_kept_and_is_not_taken_for_the_input(
    store: Store, tmp_path: Path
) -> None:
    song = tmp_path / "a.opus"
    song.write_bytes(b"sound")
    for text in ("first", "second"):
        sidecar_path(song).write_text(text)
        sha256, kept = store.keep_input(song)
        assert sidecar_path(kept).read_text() == text
        assert store.kept_input(sha256) == kept
        assert store.keep_input(kept) == (sha256, kept)
    kept.unlink()
    with pytest.raises(RequestError, match="is not kept here"):
        store.kept_input(sha256)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written to, also not by root: it lies under a file."""
    (tmp_path / "file").write_text("")
    yield tmp_path / "file" / "out"


def test_a_folder_that_cannot_be_written_is_found_before_anything_runs(
    store: Store, read_only: Path
) -> None:
    def never(step: object) -> None:
        raise AssertionError("a step was run")

    job = replace(toy_job(), out_dir=read_only)
    with pytest.raises(SaveError, match=r"cannot save to .*file/out: Not a directory"):
        generate([job], never, store)


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Generator[Path]:
    """A small real file system, or a skipped test."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this system does not let us mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_file_system_is_found_before_anything_runs(
    store: Store, tmp_path: Path
) -> None:
    with mounted(tmp_path / "fixed", "size=300k,ro") as folder:
        with pytest.raises(SaveError, match=r"cannot save to .*fixed: Read-only file system"):
            generate([replace(toy_job(), out_dir=folder)], store=store)
        with pytest.raises(SaveError, match=r"fixed/home.*set STUDIO_HOME"):
            generate([replace(toy_job(), out_dir=tmp_path)], store=Store(folder / "home"))
    assert files_in(tmp_path / "fixed") == []


def test_a_home_that_cannot_be_written_names_the_way_out(read_only: Path) -> None:
    with pytest.raises(SaveError, match="STUDIO_HOME"):
        Store(read_only).library()


FULL = """
import resource, signal, sys
from pathlib import Path
from studio.core import Request, generate
from studio.errors import SaveError
limit = int(sys.argv[2])
made = []
try:
    for seed, size in enumerate((16, 16, 512)):
        request = Request("full", family="toy", seed=seed, out_dir=Path(sys.argv[1]),
                          params={"width": size, "height": size, "steps": 1})
        if size == 512:
            # No file may grow beyond this: what a full disk does to a write.
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        made += [each.path.name for each in generate(request)]
except SaveError as error:
    print(len(made), error.exit_code, error)
"""


def test_a_full_disk_loses_nothing_that_was_made(store: Store, tmp_path: Path) -> None:
    done = python(FULL, tmp_path / "out", 100_000)
    assert done.stdout.startswith("2 5 cannot save to"), done.stdout + done.stderr
    assert "free some space" in done.stdout
    left = files_in(tmp_path / "out")
    assert len(left) == 2 and all(name.endswith(".png") for name in left)
    entries = store.library()
    assert [each.path.name for each in reversed(entries)] == left
    assert all(tag.read(each.path) == each.record for each in entries)


def test_a_library_that_cannot_grow_leaves_no_file(store: Store, tmp_path: Path) -> None:
    make(store)
    done = python(FULL.replace("(16, 16, 512)", "(512,)"), tmp_path / "out", 10)
    assert done.stdout.startswith("0 5 "), done.stdout + done.stderr
    assert files_in(tmp_path / "out") == []
    assert len(store.library()) == 1


def test_a_really_full_file_system_loses_nothing(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "size=300k") as small:
        done = python(FULL, small, resource.RLIM_INFINITY)
        assert done.stdout.startswith("2 5 cannot save to"), done.stdout + done.stderr
        assert "No space left on device" in done.stdout
        assert len(files_in(small)) == 2


def test_a_library_that_is_not_a_database_is_a_clear_error(store: Store) -> None:
    store.home.joinpath("library.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(SaveError, match=r"library .*sqlite: file is not a database"):
        make(store)
    assert files_in(store.outputs) == []


def test_a_library_of_a_newer_version_is_left_alone(store: Store) -> None:
    make(store)
    with sqlite3.connect(store.home / "library.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SaveError, match="newer Studio"):
        store.library()


def test_a_record_saved_twice_is_refused_and_the_first_file_stays(store: Store) -> None:
    made = make(store)
    pixels = np.asarray(read_picture(made.path))
    with pytest.raises(SaveError, match="UNIQUE"):
        store.save(Image(pixels), made.record)
    assert files_in(store.outputs) == [made.path.name]
    assert store.library() == [made]


MANY = """
import sys
from pathlib import Path
from studio.core import Request, generate
request = Request("together", family="toy", seed=0, count=20, out_dir=Path(sys.argv[1]),
                  params={"width": 16, "height": 16, "steps": 1})
print(len(list(generate(request))))
"""


def test_processes_that_share_a_home_lose_nothing(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    started = [subprocess.Popen([sys.executable, "-c", MANY, str(out)], cwd=ROOT) for _ in range(4)]
    assert [each.wait(120) for each in started] == [0, 0, 0, 0]
    entries = store.library(limit=1000)
    assert len(entries) == len({each.path for each in entries}) == len(files_in(out)) == 80
    assert all(tag.read(each.path) == each.record for each in entries)
    with sqlite3.connect(store.home / "library.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_process_killed_while_saving_leaves_whole_files_only(
    store: Store, tmp_path: Path
) -> None:
    code = MANY.replace("count=20", "count=1000")
    started = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "out")], cwd=ROOT)
    while len(files_in(tmp_path / "out")) < 10:
        assert started.poll() is None
    started.kill()
    started.wait()
    visible = [name for name in files_in(tmp_path / "out") if not name.startswith(".")]
    assert all(tag.read(tmp_path / "out" / name) for name in visible)
    entries = store.library(limit=2000)
    assert all(each.is_there for each in entries)
    assert len(visible) - len(entries) in (0, 1)
