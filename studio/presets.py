"""Reads presets/*.toml: ready-made looks, data only, checked like anything a person types.

Knows no family by name; a preset names its own.
"""

import functools
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio import forms, registry
from studio.errors import PipelineError, RequestError, unknown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

FOLDER = Path(__file__).resolve().parent.parent / "presets"

_KEYS = {"family", "about", "about_zh", "prompt_prefix", "prompt_suffix", "params"}


@dataclass(frozen=True)
class Preset:
    """A look: options of one family, and words put around the prompt."""

    name: str
    family: str
    about: str
    about_zh: str
    params: dict[str, Any] = field(default_factory=dict)
    prompt_prefix: str = ""
    prompt_suffix: str = ""

    def wrap(self, prompt: str) -> str:
        return f"{self.prompt_prefix}{prompt}{self.prompt_suffix}"


@functools.lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Every preset by name."""
    return read_folder(FOLDER)


def preset(name: str) -> Preset:
    """The preset of that name, or an error with the nearest names."""
    found = presets()
    if name not in found:
        raise unknown("preset", name, found)
    return found[name]


def read_folder(folder: Path) -> dict[str, Preset]:
    """Read each TOML of a folder; the file's name is the preset's.

    Raises:
        PipelineError: a file is broken or asks what its family cannot do; names the file.
    """
    return {file.stem: read_file(file) for file in sorted(folder.glob("*.toml"))}


def read_file(file: Path) -> Preset:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        found = _build(file.stem, values)
        params = registry.family(found.family).params
        forms.fill(params, {"prompt": found.wrap("a"), **found.params})
    except (RequestError, TypeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PipelineError(f"preset {file.name}: {error}") from error
    return found


def _build(name: str, values: dict[str, Any]) -> Preset:
    for key in values:
        if key not in _KEYS:
            raise unknown("key", key, _KEYS)
    for key in ("family", "about", "about_zh"):
        if not isinstance(values.get(key), str):
            raise RequestError(f'needs {key} = "..."')
    fixed = {"prompt", "seed"} & set(values.get("params", {}))
    if fixed:
        raise RequestError(f"params may not fix {', '.join(sorted(fixed))}")
    return Preset(name=name, **values)
