"""What a model card says of its licence, as an SPDX expression.

A card is the README.md of a repository on the Hugging Face Hub; the YAML that it begins with has
`license`, and for licences of the makers' own `license_name`. What it names is not read here: a
licence that has no SPDX name stays a LicenseRef that somebody must read. Knows no family and
reaches no network.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

UNKNOWN = "LicenseRef-Unknown"
CARD = "README.md"

# The Hub's words for licences that have another SPDX name, or one that we know more of.
_NAMES = {
    "bigscience-openrail-m": "LicenseRef-BigScience-OpenRAIL-M",
    "creativeml-openrail-m": "LicenseRef-scancode-stable-diffusion-2022-08-22",
    "openrail": "LicenseRef-OpenRAIL",
    "openrail++": "LicenseRef-CreativeML-OpenRAIL-PlusPlus-M",
    "agpl-3.0": "AGPL-3.0-only",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
}
_SAY_NOTHING = ("", "other", "unknown", "none")
_MOST_CHARACTERS = 100


def licence(card: Mapping[str, Any]) -> str:
    """The licence that a card's settings name; empty where they name none.

    Several are all to be kept.
    """
    own = _one(card.get("license_name"))
    given = card.get("license")
    names = given if isinstance(given, list) else [given]
    found = [_spdx(_one(name)) for name in names if _one(name).lower() not in _SAY_NOTHING]
    if not found and own:
        return _spdx(own)
    return " AND ".join(dict.fromkeys(found))


def licence_in(folder: Path) -> str:
    """As `licence`, of the card in a folder; empty where there is none that can be read."""
    return licence(_read(folder))


def bases(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of what a card says that its weights were made of; also as published for diffusers.

    Makers often publish in the layout of diffusers beside their own, under a name that says so.
    """
    given = card.get("base_model")
    names = given if isinstance(given, list) else [given]
    endings = ("", "-Diffusers", "-diffusers")
    return tuple(f"{_one(name)}{ending}" for name in names if _one(name) for ending in endings)


def bases_in(folder: Path) -> tuple[str, ...]:
    """As `bases`, of the card in a folder."""
    return bases(_read(folder))


def _read(folder: Path) -> Mapping[str, Any]:
    """The settings of the card in a folder; empty where there is none that can be read."""
    from huggingface_hub.repocard import metadata_load
    from yaml import YAMLError

    card = folder / CARD
    if not card.is_file():
        return {}
    try:
        return metadata_load(card) or {}
    except (ValueError, OSError, YAMLError):
        # A card that cannot be read states nothing.
        return {}


def _one(value: Any) -> str:
    return value.strip()[:_MOST_CHARACTERS] if isinstance(value, str) else ""


def _spdx(name: str) -> str:
    """The SPDX name of a licence; one that has none keeps its own behind "LicenseRef-"."""
    known = _NAMES.get(name.lower()) or _listed().get(name.lower())
    return known or "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")


@functools.lru_cache(maxsize=1)
def _listed() -> dict[str, str]:
    """Every name of the SPDX licence list, by its lower case."""
    from license_expression import get_spdx_licensing

    return {name.lower(): name for name in get_spdx_licensing().known_symbols}
