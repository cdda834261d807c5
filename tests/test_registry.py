"""The registry finds families, and refuses broken ones by name."""

import importlib
import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from studio import registry
from studio.errors import FamilyError, RequestError, UnknownName

GOOD = """
from studio.spec import Family, Params
FAMILY = Family(name={name!r}, kind={kind!r}, about="a", params=Params, load=lambda device: None,
                licence="MIT", memory_bytes=1, default_for_kind={default})
"""

numbers = itertools.count()
Package = Callable[..., ModuleType]


def family_file(name: str, kind: str = "image", default: bool = False) -> str:
    return GOOD.format(name=name, kind=kind, default=default)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Make a package of family files and import it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**files: str) -> ModuleType:
        name = f"some_pipelines_{next(numbers)}"
        (tmp_path / name).mkdir()
        for file, text in {"__init__": "", **files}.items():
            (tmp_path / name / f"{file}.py").write_text(text)
        return importlib.import_module(name)

    return make


def test_each_file_is_a_family_and_helpers_are_not(package: Package) -> None:
    found = registry.scan(package(a=family_file("one"), b=family_file("two"), _shared="x = 1"))
    assert list(found) == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_this_name", "cannot be imported: No module named"),
        ("def broken(:", "cannot be imported"),
        ("1 / 0", "cannot be imported: division by zero"),
        ("", "has no FAMILY"),
        ("FAMILY = 3", "has no FAMILY"),
        (family_file("Bad Name"), "must match"),
        (family_file("x", kind="smell"), "kind 'smell' must be one of"),
    ],
)
def test_a_broken_file_is_an_error_that_names_it(package: Package, text: str, reason: str) -> None:
    with pytest.raises(FamilyError, match=rf"/broken\.py.*{reason}"):
        registry.scan(package(fine=family_file("fine"), broken=text))


def test_a_duplicate_name_names_both_files(package: Package) -> None:
    with pytest.raises(FamilyError, match=r"/b\.py: name 'same' is taken by .*/a\.py"):
        registry.scan(package(a=family_file("same"), b=family_file("same")))


def test_two_defaults_of_one_kind_are_an_error(package: Package) -> None:
    with pytest.raises(FamilyError, match=r"/b\.py: .*/a\.py is the default image already"):
        registry.scan(package(a=family_file("a", default=True), b=family_file("b", default=True)))


def test_an_unknown_family_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="no model 'toi'"):
        registry.family("toi")


def test_a_kind_that_nothing_makes_says_what_would_do() -> None:
    missing = {"song", "video"} - {each.kind for each in registry.families().values()}
    for kind in missing:
        with pytest.raises(RequestError, match="no model makes (songs|videos) yet; try --"):
            registry.default_family(kind)  # type: ignore[arg-type]
