"""Finds the weights that a checkpoint's name means, and says what they are before they load.

A name is an id on the Hugging Face Hub ("owner/name", or "owner/name@revision") whose files have
been pulled, a folder in the layout of diffusers, or one safetensors or GGUF file, here or pulled.
Other kinds of files do not count: pickles can run code. Never touches the network: pulling is asked
for by name (`studio models pull`). Knows no family.
"""

import contextlib
import json
import math
import re
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.open import packed, single_file, single_part
from studio import cards
from studio.errors import RequestError, WeightsError
from studio.spec import Checkpoint, Weights
from studio.weights import HUB_PART_FILES, KINDS, REST, SETTINGS, hub_files, hub_part, known_sha256

INDEX = "model_index.json"
PART_INDEX = "config.json"
"""Of a part that is published by itself, such as a ControlNet."""

UNKNOWN_LICENCE = cards.UNKNOWN
_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+(@[\w./-]+)?")
_PART_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+/[\w.-]+(@[\w./-]+)?")
_FILE_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+/[\w./-]+\.(safetensors|gguf)(@[\w./-]+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WEIGHTS = (".safetensors", packed.SUFFIX)
_PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
_WITHOUT_WEIGHTS = ("Tokenizer", "TokenizerFast", "Processor", "Extractor", "Scheduler")
"""How classes of parts without weights end."""


def find(name: str, index: str = INDEX) -> Path:
    """The folder that a checkpoint's name means; `index` is the file that tells what is in it.

    Raises:
        RequestError: there is none, it was not pulled, or it is a kind of file that can run code.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() in _PICKLES:
        raise RequestError(
            f"checkpoint {name!r} is a pickle, which can run code; give a folder with safetensors"
        )
    file = path if path.suffix in _WEIGHTS and path.is_file() else hub_file(name)
    if file is not None and index == INDEX:
        return single_file.unpacked(file, _settings(file))
    if file is not None:
        return single_part.unpacked(file)
    if path.is_dir():
        if not (path / index).is_file():
            raise RequestError(
                f"checkpoint {name!r} has no {index}; give a folder in the layout of diffusers"
            )
        return path
    if index == PART_INDEX and _PART_ID.fullmatch(name):
        return _pulled_part(name)
    if not _ID.fullmatch(name):
        raise RequestError(
            f"checkpoint {name!r} is neither a folder nor an id; give a folder or owner/name"
        )
    return _pulled(name, index)


def _settings(file: Path) -> Path:
    """The folder whose settings a single file needs: its own, or one of its base."""
    if (file.parent / INDEX).is_file():
        return file.parent
    needs_rest = single_file.is_denoiser(file)
    # What a card names counts only where it is here: it may be in another layout.
    named = cards.bases_in(single_file.card_folder(file)) if needs_rest else ()
    for base in filter(_ID.fullmatch, named):
        for index in (INDEX, REST):
            with contextlib.suppress(RequestError):
                return _pulled(base, index)
    base = single_file.base_of(file)
    try:
        return _pulled(base, INDEX)
    except RequestError:
        return _pulled(base, REST if needs_rest else SETTINGS)


def is_here(name: str, index: str = INDEX) -> bool:
    """Whether a checkpoint's files are on this machine."""
    path = Path(name).expanduser()
    try:
        if path.suffix in _WEIGHTS and path.is_file():
            return index == PART_INDEX or bool(_settings(path))
        find(name, index)
    except RequestError:
        return False
    return True


def _pulled(name: str, index: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository, _, revision = name.partition("@")

    def here(**patterns: Any) -> Path:
        return Path(
            snapshot_download(
                repository, revision=revision or None, local_files_only=True, **patterns
            )
        )

    try:
        if index == PART_INDEX:
            return here(**HUB_PART_FILES)
        # A download that was interrupted counts as none.
        parts = _index(here(allow_patterns=[INDEX]))
        return here(**hub_files(parts, index if index in KINDS else ""))
    except LocalEntryNotFoundError as error:
        raise _not_here(f"{name}/{index}" if index in KINDS else name) from error


def _pulled_part(name: str) -> Path:
    """The folder that "owner/name/part" means: a model that lies in a repository with others."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    path, _, revision = name.partition("@")
    owner, repository, part = path.split("/")
    patterns = hub_part(part)
    try:
        found = snapshot_download(
            f"{owner}/{repository}", revision=revision or None, local_files_only=True, **patterns
        )
    except LocalEntryNotFoundError as error:
        raise _not_here(name) from error
    if not (Path(found) / part / PART_INDEX).is_file():
        raise _not_here(name)
    return Path(found) / part


def _whole(folder: Path) -> Path:
    """The repository or pipeline that a part's folder lies in; other folders as they are."""
    above = folder.parent
    return above if above.parent.name == "snapshots" or (above / INDEX).is_file() else folder


def hub_file(name: str) -> Path | None:
    """The pulled file that "owner/name/file.safetensors" means; None where that is no such name.

    Raises:
        RequestError: it was not pulled.
    """
    if not _FILE_ID.fullmatch(name):
        return None
    from huggingface_hub import try_to_load_from_cache

    path, _, revision = name.partition("@")
    owner, repository, file = path.split("/", 2)
    found = try_to_load_from_cache(f"{owner}/{repository}", file, revision=revision or None)
    if not isinstance(found, str):
        raise _not_here(name)
    return Path(found)


def _not_here(name: str) -> RequestError:
    return RequestError(
        f"checkpoint {name!r} is not on this machine; get it with: studio models pull {name}"
    )


def class_of(folder: Path, index: str = INDEX) -> str:
    """The class of diffusers that a checkpoint is for, such as "ZImagePipeline".

    Raises:
        WeightsError: its index cannot be read.
    """
    settings = _index(folder, index)
    if "num_control_type" in settings:
        # Published under other names before diffusers had a class for them.
        return "ControlNetUnionModel"
    return str(settings.get("_class_name", ""))


def _index(folder: Path, index: str = INDEX) -> dict[str, Any]:
    path = folder / index
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"checkpoint: cannot read {path} ({error}); get it again") from error


def licence(name: str, published: Sequence[Checkpoint], index: str = INDEX) -> str:
    """The licence of a checkpoint: as we know it, else as its card says."""
    named = name.partition("@")[0]
    # A file of a repository is under its licence.
    ids = (named, "/".join(named.split("/")[:2]) if _FILE_ID.fullmatch(name) else "")
    known = next((c.licence for c in published if c.id in ids), "")
    return known or carded(find(name, index)) or UNKNOWN_LICENCE


def carded(folder: Path) -> str:
    """The licence that the card in a folder states, or that of the file which was unpacked."""
    found = cards.licence_in(folder) or single_file.source_of(folder).get("licence", "")
    return found or cards.licence_in(_whole(folder))


def files(folder: Path) -> tuple[Path, ...]:
    """The weight files of a checkpoint, in order: of the parts that its index names.

    Raises:
        WeightsError: it has none, or only pickles.
    """
    # Part by part, since a part may be a link to another folder's.
    within = sorted(_index(folder)) if (folder / INDEX).is_file() else ["."]
    found = tuple(path for part in within for path in weight_files(folder / part))
    if not found:
        pickles = [path.name for path in folder.rglob("*") if path.suffix in _PICKLES]
        has = f"only {pickles[0]}, which can run code" if pickles else "no weights"
        raise WeightsError(f"checkpoint {folder} has {has}; get it with its safetensors files")
    return found


def check_whole(folder: Path, others: Container[str]) -> None:
    """Refuse a checkpoint of which something is missing: without a tokenizer, say, its words would
    mean nothing, and nobody would be told.

    Args:
        others: names of parts that are not read from it.

    Raises:
        WeightsError: with what is missing.
    """
    for part, where in sorted(_index(folder).items()):
        if part in others or not isinstance(where, list) or not where[0]:
            continue
        if lacks := _lacks(folder / part, str(where[1])):
            raise WeightsError(
                f"checkpoint {folder} is not whole: {part} {lacks}; get it with its safetensors "
                "files"
            )


def _lacks(part: Path, class_name: str) -> str:
    """What is missing of a part; empty where it is whole."""
    if not part.is_dir() or not any(part.iterdir()):
        return "is not there"
    for listed in sorted(part.glob("*model.safetensors.index.json")):
        shards = set(_index(part, listed.name).get("weight_map", {}).values())
        if gone := sorted(each for each in shards if not (part / each).is_file()):
            return f"has no {gone[0]}"
    has_weights = (part / PART_INDEX).is_file() and not class_name.endswith(_WITHOUT_WEIGHTS)
    if not has_weights or weight_files(part):
        return ""
    pickles = sorted(path.name for path in part.iterdir() if path.suffix in _PICKLES)
    return f"has only {pickles[0]}, which can run code" if pickles else "has no weights"


def weight_files(folder: Path) -> list[Path]:
    """The weight files of one part."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.suffix in _WEIGHTS)


def weights(name: str, licence: str, index: str = INDEX) -> tuple[Weights, ...]:
    """The weight files of a checkpoint with their hashes.

    In the Hub's own cache a file is named by its hash; others are read to find it.
    """
    folder = find(name, index)
    if source := single_file.source_of(folder):
        return tuple(
            Weights(path, sha256(path), source["sha256"], licence, source["file"])
            for path in files(folder)
        )
    whole = _whole(folder)
    revision = whole.name if whole.parent.name == "snapshots" else "local"
    model = name.partition("@")[0] if revision != "local" else folder.name
    return tuple(Weights(path, sha256(path), revision, licence, model) for path in files(folder))


def sha256(path: Path) -> str:
    """The hash of a weight file; in the Hub's own cache a file is named by it."""
    target = path.resolve().name
    return target if _SHA256.fullmatch(target) else known_sha256(path)


def parameters(folder: Path, ndim: int | None = None) -> dict[str, int]:
    """How many numbers each component holds, by the headers of its files.

    Args:
        ndim: count only those in tensors of so many dimensions.

    Raises:
        WeightsError: a file is cut short, or no safetensors file.
    """
    counts: dict[str, int] = {}
    for path in files(folder):
        part = path.relative_to(folder).parts[0]
        counts[part] = counts.get(part, 0) + sum(_sizes(path, ndim))
    return counts


def _sizes(path: Path, ndim: int | None) -> Iterator[int]:
    """The number of elements of each tensor in a file, which must be whole."""
    if path.suffix == packed.SUFFIX:
        yield from (each.count for each in packed.tensors(path) if ndim in (None, each.ndim))
        return
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # no mapping: it has no other way
                shape = file.get_slice(name).get_shape()
                if ndim in (None, len(shape)):
                    yield math.prod(shape)
    except SafetensorError as error:
        raise WeightsError(f"weights {path} are damaged ({error}); get it again") from error
