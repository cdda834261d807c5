"""Finds the model families: every file in `pipelines/` ends in `FAMILY = Family(...)`.

A broken or duplicate file is an error that names it, never skipped. Knows no family by name.
"""

import functools
import importlib
import pkgutil
import re
from types import ModuleType

from studio.errors import FamilyError, RequestError, unknown
from studio.spec import Family, Kind

_PLURAL: dict[Kind, str] = {"image": "pictures", "song": "songs", "video": "videos"}


@functools.lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """Every family by name, hidden ones too."""
    return scan(importlib.import_module("pipelines"))


def family(name: str) -> Family:
    """The family of that name, or an error with the nearest names."""
    found = families()
    if name not in found:
        raise unknown("model", name, [each.name for each in found.values() if not each.hidden])
    return found[name]


def default_family(kind: Kind) -> Family:
    """The family that makes this kind when nobody says which."""
    visible = [each for each in families().values() if not each.hidden]
    of_kind = [each for each in visible if each.kind == kind]
    if not of_kind:
        kinds = sorted({each.kind for each in visible})
        hint = " or ".join(f"--as {each}" for each in kinds) or "--model NAME"
        raise RequestError(f"no model makes {_PLURAL[kind]} yet; try {hint}")
    return next((each for each in of_kind if each.default_for_kind), of_kind[0])


def scan(package: ModuleType) -> dict[str, Family]:
    """Import each module of a package (not its sub-packages) and collect the families."""
    found: dict[str, Family] = {}
    files: dict[str, str] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        if module.ispkg or module.name.startswith("_"):
            continue
        file = f"{package.__name__}/{module.name}.py"
        each = _read(f"{package.__name__}.{module.name}", file)
        _check(each, file, found, files)
        found[each.name] = each
        files[each.name] = file
    return found


def _read(module: str, file: str) -> Family:
    try:
        value = getattr(importlib.import_module(module), "FAMILY", None)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise FamilyError(f"{file} cannot be imported: {reason}") from error
    if not isinstance(value, Family):
        raise FamilyError(f"{file} has no FAMILY = Family(...); start helper files with '_'")
    return value


def _check(each: Family, file: str, found: dict[str, Family], files: dict[str, str]) -> None:
    if not re.fullmatch(Family.NAME_PATTERN, each.name):
        raise FamilyError(f"{file}: name {each.name!r} must match {Family.NAME_PATTERN}")
    if each.name in found:
        raise FamilyError(f"{file}: name {each.name!r} is taken by {files[each.name]}")
    if each.kind not in _PLURAL:
        raise FamilyError(f"{file}: kind {each.kind!r} must be one of {', '.join(_PLURAL)}")
    if each.default_for_kind:
        for other in found.values():
            if other.default_for_kind and other.kind == each.kind:
                raise FamilyError(f"{file}: {files[other.name]} is the default {each.kind} already")
