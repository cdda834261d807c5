"""Folders that are made once from weights elsewhere: whole or not at all, by whoever is first."""

from pathlib import Path

import pytest

from pipelines.open import kept


def test_a_folder_is_made_once_until_what_it_is_made_from_changes(
    tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"one")
    times: list[Path] = []

    def make(folder: Path) -> None:
        times.append(folder)
        (folder / "copy").write_bytes(file.read_bytes())

    first = kept.once("weights", [file], make)
    assert first.parent == home / "checkpoints" and (first / "copy").read_bytes() == b"one"
    assert kept.once("weights", [file], make) == first and len(times) == 1
    assert kept.once("weights", [file], make, "other settings") != first
    file.write_bytes(b"second")
    second = kept.once("weights", [file], make)
    assert second != first and (second / "copy").read_bytes() == b"second"


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, home: Path) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"one")

    def make(folder: Path) -> None:
        (folder / "half").write_bytes(b"")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        kept.once("weights", [file], make)
    assert not list((home / "checkpoints").iterdir())


def test_of_two_that_make_it_at_once_the_first_one_counts(tmp_path: Path, home: Path) -> None:
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"one")

    def quick(folder: Path) -> None:
        (folder / "by").write_text("quick")

    def slow(folder: Path) -> None:
        kept.once("weights", [file], quick)
        (folder / "by").write_text("slow")

    found = kept.once("weights", [file], slow)
    assert (found / "by").read_text() == "quick"
    assert list((home / "checkpoints").iterdir()) == [found]
