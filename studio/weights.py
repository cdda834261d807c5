"""Reads which weight files a folder must have, and checks each, once per file and process.

Knows nothing about what is in a file or who loads it.
"""

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.errors import WeightsError
from studio.spec import Weights

MANIFEST = "manifest.json"
"""Beside shipped weights: the sha256 of each file by its name."""

SOURCES = "sources.json"
"""Beside shipped weights: what they learned from, each with its licence; the card says more."""

_CARDS = ["README.md", "LICENSE*"]
# Other precisions of the same weights, and training's leftovers.
_OTHERS = ["*.fp16.*", "*.bf16.*", "*.fp32.*", "*ema*", "*onnx*", "*flax*", "*openvino*"]
_KINDS = ("json", "txt", "model", "jinja", "safetensors")

HUB_PART_FILES: dict[str, Any] = {
    "allow_patterns": ["config.json", "*.safetensors", *_CARDS],
    "ignore_patterns": _OTHERS,
}
"""What belongs to a model that is published by itself, such as a ControlNet: no pickles."""


def hub_part(part: str) -> dict[str, Any]:
    """What belongs to one part of a repository that is wanted by itself: no pickles."""
    within = [f"{part}/config.json", f"{part}/*.safetensors"]
    return {"allow_patterns": [*within, *_CARDS], "ignore_patterns": _OTHERS}


HUB_LORA_FILES: dict[str, Any] = {"allow_patterns": ["*.safetensors", "README.md"]}


SETTINGS = "settings"
REST = "without-transformer"
KINDS = ("", SETTINGS, REST)
"""What of weights in the layout of diffusers can be asked for, after their id: all of it, its
settings and tokenizers alone, or all but the part that a GGUF file stands for."""


def hub_files(parts: Iterable[str], kind: str = "") -> dict[str, Any]:
    """What belongs to weights in the layout of diffusers, of all that lies beside: no pickles.

    Args:
        parts: the folders that the weights' index names.
        kind: one of KINDS.
    """

    def kinds(part: str) -> tuple[str, ...]:
        is_bare = kind == SETTINGS or (kind == REST and part == "transformer")
        return _KINDS[:-1] if is_bare else _KINDS

    within = [f"{part}/*.{ending}" for part in parts for ending in kinds(part)]
    return {
        "allow_patterns": ["model_index.json", *_CARDS, *within],
        "ignore_patterns": _OTHERS,
    }


_WAY_OUT = "install or check out the assets"


def shipped(folder: Path, licence: str = "Apache-2.0") -> tuple[Weights, ...]:
    """Every file that a folder's manifest names, with the hash that it must have.

    Raises:
        WeightsError: the manifest is missing or cannot be read.
    """
    hashes: dict[str, str] = _read(folder / MANIFEST, dict)
    listed = folder / SOURCES
    trained_on = tuple(_read(listed, list)) if listed.is_file() else ()
    return tuple(
        Weights(folder / name, sha256, "1", licence, folder.name, trained_on)
        for name, sha256 in hashes.items()
    )


def _read(path: Path, kind: type) -> Any:
    try:
        return kind(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"weights: cannot read {path} ({error}); {_WAY_OUT}") from error


def shipped_file(folder: Path, name: str) -> Weights:
    """One file of a folder's manifest.

    Raises:
        WeightsError: the manifest cannot be read, or does not name it.
    """
    for weights in shipped(folder):
        if weights.path == folder / name:
            return weights
    raise WeightsError(f"weights: {folder / MANIFEST} names no {name}; {_WAY_OUT}")


def verify(weights: Weights) -> None:
    """Compare the file's hash with the one it must have.

    Raises:
        WeightsError: missing, unreadable, or another content.
    """
    path = weights.path
    try:
        found = known_sha256(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WeightsError(f"weights {path}: {reason}; {_WAY_OUT}") from error
    if found != weights.sha256:
        raise WeightsError(
            f"weights {path} are damaged: sha256 is {found[:12]}…, must be "
            f"{weights.sha256[:12]}…; restore the file from the repository"
        )


def known_sha256(path: Path) -> str:
    """The sha256 of a file, worked out once as long as it does not change."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, _size: int, _mtime_ns: int, _inode: int) -> str:
    return file_sha256(path)
