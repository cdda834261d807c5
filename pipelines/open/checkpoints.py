"""Finds the weights that a checkpoint's name means, and says what they are before they load.

A name is an id on the Hugging Face Hub ("owner/name", or "owner/name@revision") whose files have
been pulled, or a folder in the layout of diffusers. Only safetensors files count: pickles can run
code. Never touches the network: pulling is asked for by name (`studio models pull`). Knows no
family.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from studio.errors import RequestError, WeightsError
from studio.spec import Weights
from studio.weights import HUB_FILES, known_sha256

INDEX = "model_index.json"
_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+(@[\w./-]+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")


def find(name: str) -> Path:
    """The folder that a checkpoint's name means.

    Raises:
        RequestError: there is none, it was not pulled, or it is a kind of file that can run code.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() in _PICKLES:
        raise RequestError(
            f"checkpoint {name!r} is a pickle, which can run code; give a folder with safetensors"
        )
    if path.is_dir():
        if not (path / INDEX).is_file():
            raise RequestError(
                f"checkpoint {name!r} has no {INDEX}; give a folder in the layout of diffusers"
            )
        return path
    if not _ID.fullmatch(name):
        raise RequestError(
            f"checkpoint {name!r} is neither a folder nor an id; give a folder or owner/name"
        )
    return _pulled(name)


def is_here(name: str) -> bool:
    """Whether a checkpoint's files are on this machine."""
    try:
        find(name)
    except RequestError:
        return False
    return True


def _pulled(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    try:
        found = snapshot_download(
            repository, revision=revision or None, local_files_only=True, **HUB_FILES
        )
    except LocalEntryNotFoundError as error:
        # A download that was interrupted counts as none.
        raise RequestError(
            f"checkpoint {name!r} is not on this machine; get it with: studio models pull {name}"
        ) from error
    return Path(found)


def files(folder: Path) -> tuple[Path, ...]:
    """The weight files of a checkpoint, in order.

    Raises:
        WeightsError: it has none, or only pickles.
    """
    found = tuple(sorted(folder.rglob("*.safetensors")))
    if not found:
        pickles = [path.name for path in folder.rglob("*") if path.suffix in _PICKLES]
        has = f"only {pickles[0]}, which can run code" if pickles else "no weights"
        raise WeightsError(f"checkpoint {folder} has {has}; get it with its safetensors files")
    return found


def weights(name: str, licence: str) -> tuple[Weights, ...]:
    """The weight files of a checkpoint with their hashes.

    In the Hub's own cache a file is named by its hash; others are read to find it.
    """
    folder = find(name)
    revision = folder.name if folder.parent.name == "snapshots" else "local"
    model = name.partition("@")[0] if revision != "local" else folder.name
    return tuple(Weights(path, _sha256(path), revision, licence, model) for path in files(folder))


def _sha256(path: Path) -> str:
    target = path.resolve().name
    return target if _SHA256.fullmatch(target) else known_sha256(path)


def parameters(folder: Path) -> dict[str, int]:
    """How many numbers each component holds, by the headers of its files.

    Raises:
        WeightsError: a file is cut short, or no safetensors file.
    """
    counts: dict[str, int] = {}
    for path in files(folder):
        part = path.relative_to(folder).parts[0]
        counts[part] = counts.get(part, 0) + sum(_sizes(path))
    return counts


def _sizes(path: Path) -> Iterator[int]:
    """The number of elements of each tensor in a file, which must be whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # no mapping: it has no other way
                yield math.prod(file.get_slice(name).get_shape())
    except SafetensorError as error:
        raise WeightsError(f"weights {path} are damaged ({error}); get it again") from error
