"""Brings published weights to this machine, and takes them away again.

They lie in the cache that all programs of the Hugging Face Hub share. Only safetensors, settings,
tokenizers and the card come along, of weights in the layout of diffusers those that their index
names. A download that was interrupted goes on where it stopped. Knows no front.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelines.open import single_file
from studio import cards, registry
from studio.errors import RequestError, ResourceError, unknown
from studio.spec import Checkpoint
from studio.weights import HUB_LORA_FILES, HUB_PART_FILES, KINDS, REST, hub_files, hub_part

if TYPE_CHECKING:
    from huggingface_hub import HFCacheInfo

OnBytes = Callable[[int, int], None]
"""Told how many bytes are here, of how many."""

GGUF = ".gguf"
WEIGHTS = (".safetensors", GGUF)

ENCODERS = {"vit-h": "models/image_encoder", "vit-g": "sdxl_models/image_encoder"}
"""Where the makers of IP-Adapters keep those that a file's name asks for; others have their own."""

SPARE_BYTES = 1_000_000_000
"""Room that a download leaves on the disk."""


@dataclass(frozen=True)
class Pull:
    """What a pull brings: `bytes_to_come` of `size_bytes` are not here yet."""

    repository: str
    asked: str | None
    """The branch, tag or commit asked for."""

    revision: str
    size_bytes: int
    bytes_to_come: int
    known: Checkpoint | None
    """What we know of it, if it is one of a family's."""

    patterns: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    """Which of its files belong to it."""

    licence: str = ""
    """SPDX expression: as we know it, else as its card states; empty where nobody says."""

    base: str = ""
    """The checkpoint that a GGUF file is of, by its card, where it is one of a family's."""

    file: str = ""
    """The one file that is asked for, or which of KINDS."""


@dataclass(frozen=True)
class Pulled:
    """Weights on this machine."""

    id: str
    revision: str
    size_bytes: int
    folder: Path


def plan(name: str) -> Pull:
    """What pulling a checkpoint, a file or a part of it, or a family's first one, would bring.

    Args:
        name: "owner/name", or of that "owner/name/file.safetensors" (or .gguf),
            "owner/name/part" (a folder of it),
            "owner/name/settings" (settings and tokenizers alone) or
            "owner/name/without-transformer" (what a GGUF file lacks); each with "@revision" if
            need be; or a family.

    Raises:
        RequestError: no such checkpoint, or it is gated and no token was given.
        ResourceError: the Hub cannot be reached, or the disk is too small.
    """
    from huggingface_hub import HfApi

    wanted = checkpoint_of(name)
    path, _, asked = wanted.partition("@")
    repository, file = "/".join(path.split("/")[:2]), "/".join(path.split("/")[2:])
    with _translated(repository):
        # Says clearly what is wrong with a name, which a dry run does not.
        about = HfApi().model_info(repository, revision=asked or None)
    revision, names = about.sha or "", {each.rfilename for each in about.siblings or ()}
    known = _known().get(repository)
    if known is not None and not file and "model_index.json" not in names:
        raise RequestError(
            f"{repository} is not published in the layout of diffusers; convert it with the "
            "script that diffusers has for it, and set checkpoint to the folder"
        )
    if file not in KINDS:
        patterns = _one_file(file, names)
    else:
        patterns = _patterns(repository, revision, names, file)
    bar = _bar(_ignore, 0)
    files = _snapshot(repository, asked or None, **patterns, dry_run=True, tqdm_class=bar)
    size = sum(each.file_size for each in files)
    to_come = sum(each.file_size for each in files if each.will_download)
    _check_room(wanted, to_come)
    card = about.card_data.to_dict() if about.card_data else {}
    licence = known.licence if known else cards.licence(card)
    pull = Pull(repository, asked or None, revision, size, to_come, known, patterns, licence)
    is_packed = file.endswith(GGUF)
    return replace(pull, file=file, base=_base(card) if is_packed else "")


def _base(card: Mapping[str, Any]) -> str:
    """The checkpoint of a family that a card names as what its weights were made of, or empty."""
    known = _known()
    return next((each for each in cards.bases(card) if each in known), "")


def rest(base: str) -> Pull:
    """What pulling all of a checkpoint but the part that a GGUF file holds would bring.

    Raises:
        RequestError, ResourceError: as `plan`.
    """
    return plan(f"{base}/{REST}")


def base_of(what: Pull, folder: Path) -> str:
    """The checkpoint that a denoiser's file is of, by what is in it; empty for other files.

    Args:
        folder: where the file lies.

    Raises:
        RequestError: it is of no kind that is known.
        ResourceError: the package gguf is not installed.
        WeightsError: it is damaged.
    """
    file = folder / what.file
    is_weights = file.suffix in WEIGHTS
    return single_file.base_of(file) if is_weights and single_file.is_denoiser(file) else ""


def _one_file(file: str, names: set[str]) -> dict[str, Any]:
    if f"{file}/config.json" in names:
        return hub_part(file)
    if file not in names:
        raise unknown("file", file, (each for each in names if each.endswith(WEIGHTS)))
    return {"allow_patterns": [file, "README.md", *_encoder(file, names)]}


def _encoder(file: str, names: set[str]) -> list[str]:
    """What reads pictures for a file, if it is an IP-Adapter of a repository that has that too."""
    path = PurePosixPath(file)
    if not path.name.startswith(("ip-adapter", "ip_adapter")):
        return []
    said = next((folder for sign, folder in ENCODERS.items() if sign in path.name.lower()), "")
    folder = said or str(path.parent / "image_encoder")
    return [
        each for each in (f"{folder}/config.json", f"{folder}/model.safetensors") if each in names
    ]


def _patterns(repository: str, revision: str, names: set[str], kind: str) -> dict[str, Any]:
    """Which files belong together, by what kind of weights it is; `kind`: one of KINDS."""
    if "model_index.json" in names:
        from huggingface_hub import hf_hub_download

        with _translated(repository):
            path = hf_hub_download(repository, "model_index.json", revision=revision)
        parts = json.loads(Path(path).read_text(encoding="utf-8"))
        return hub_files(parts, kind)
    if "config.json" in names:
        return HUB_PART_FILES
    found = sorted(each for each in names if each.endswith(WEIGHTS))
    if len(found) == 1 and found[0].endswith(".safetensors"):
        return HUB_LORA_FILES
    if found:
        raise RequestError(
            f"{repository} has {len(found)} files of weights by themselves; name one, such as "
            f"{repository}/{found[0]}"
        )
    raise RequestError(
        f"{repository} has no model_index.json and no safetensors; "
        "give one in the layout of diffusers"
    )


def fetch(what: Pull, on_bytes: OnBytes) -> Path:
    """Bring what was planned; returns its folder.

    Raises:
        ResourceError: the Hub cannot be reached any more; what came so far is kept.
    """
    bar = _bar(on_bytes, what.bytes_to_come)
    return Path(_snapshot(what.repository, what.asked, **what.patterns, tqdm_class=bar))


def pulled() -> list[Pulled]:
    """Every checkpoint, ControlNet and LoRA on this machine that has safetensors or GGUF files."""
    found = [
        Pulled(repository.repo_id, each.commit_hash, each.size_on_disk, each.snapshot_path)
        for repository in _cache().repos
        for each in repository.revisions
        if any(file.file_name.endswith(WEIGHTS) for file in each.files)
    ]
    return sorted(found, key=lambda each: (each.id, each.revision))


def remove(name: str) -> int:
    """Delete every revision of a checkpoint, or the one named; returns the bytes freed.

    Raises:
        RequestError: it is not here.
    """
    wanted, _, revision = checkpoint_of(name).partition("@")
    found = [each.revision for each in pulled() if each.id == wanted]
    chosen = [each for each in found if each.startswith(revision)]
    if not chosen:
        there = ", ".join(sorted({each.id for each in pulled()})) or "nothing"
        raise RequestError(f"{name} is not on this machine; there is {there}")
    strategy = _cache().delete_revisions(*chosen)
    strategy.execute()
    return strategy.expected_freed_size


def clean() -> int:
    """Delete what interrupted downloads left and revisions that no name points to any more.

    Returns the bytes freed.
    """
    cache = _cache()
    stale = [
        each.commit_hash
        for repository in cache.repos
        for each in repository.revisions
        if not each.refs
    ]
    strategy = cache.delete_revisions(*stale)
    freed = strategy.expected_freed_size + sum(each.size_on_disk for each in cache.incomplete_files)
    strategy.execute()
    for each in cache.incomplete_files:
        each.file_path.unlink(missing_ok=True)
    return freed


def checkpoint_of(name: str) -> str:
    """The id that is meant: of a family, its first checkpoint."""
    family = registry.families().get(name)
    if family is None:
        return name
    if not family.checkpoints:
        raise RequestError(f"{name} comes with the studio; there is nothing to pull")
    return family.checkpoints[0].id


def _known() -> dict[str, Checkpoint]:
    return {c.id: c for family in registry.families().values() for c in family.checkpoints}


def _check_room(name: str, to_come: int) -> None:
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = Path(HF_HUB_CACHE)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if to_come + SPARE_BYTES > free:
        raise ResourceError(
            f"{name} needs {to_come / 1e9:.1f} GB in {folder}, {free / 1e9:.1f} GB are free; "
            "make room, or set HF_HOME to a larger disk"
        )


def _snapshot(repository: str, revision: str | None, **options: Any) -> Any:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import logging

    # It tells of every retry; what counts comes as an error.
    logging.set_verbosity(logging.CRITICAL)
    with _translated(repository):
        return snapshot_download(
            repository,
            revision=revision,
            **options,
        )


@contextlib.contextmanager
def _translated(repository: str) -> Iterator[None]:
    """The Hub's errors in our words."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise RequestError(
            f"{repository} is gated: accept its terms at https://huggingface.co/{repository}, "
            "then set HF_TOKEN"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise RequestError(
            f"no checkpoint {repository!r} on the Hub; check its name, or set HF_TOKEN where it is "
            "private"
        ) from error
    except errors.HFValidationError as error:
        raise RequestError(f"checkpoint {repository!r} is no id; give owner/name") from error
    except (errors.HTTPError, OSError) as error:  # of whichever client it uses
        where = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
        raise ResourceError(
            f"{repository} cannot be fetched from {where}; what came so far is kept: "
            "connect and pull again"
        ) from error


def _cache() -> "HFCacheInfo":
    from huggingface_hub import CacheNotFound, HFCacheInfo, scan_cache_dir

    try:
        return scan_cache_dir()
    except CacheNotFound:
        return HFCacheInfo(0, frozenset(), frozenset(), [])


def _ignore(done: int, total: int) -> None:
    pass


def _bar(on_bytes: OnBytes, total: int) -> type:
    """What the Hub's client takes for a progress bar, which tells us instead of the terminal."""
    from huggingface_hub.utils import tqdm

    class Told(tqdm):
        done = 0

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            # Three bars: files, bytes on the wire, bytes on the disk. The last one counts.
            self.counts = str(options.get("desc", "")).startswith("Reconstructing")

        def update(self, n: float | None = 1) -> bool | None:
            if self.counts:
                self.done += int(n or 0)
                on_bytes(min(self.done, total), total)
            return None

    return Told
