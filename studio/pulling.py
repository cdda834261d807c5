"""Brings published weights to this machine, and takes them away again.

They lie in the cache that all programs of the Hugging Face Hub share. Only safetensors, settings,
tokenizers and the card come along. A download that was interrupted goes on where it stopped. Knows
no front.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import registry
from studio.errors import RequestError, ResourceError
from studio.spec import Checkpoint
from studio.weights import HUB_FILES

if TYPE_CHECKING:
    from huggingface_hub import HFCacheInfo

OnBytes = Callable[[int, int], None]
"""Told how many bytes are here, of how many."""

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


@dataclass(frozen=True)
class Pulled:
    """Weights on this machine."""

    id: str
    revision: str
    size_bytes: int
    folder: Path


def plan(name: str) -> Pull:
    """What pulling a checkpoint, or the first one of a family, would bring.

    Raises:
        RequestError: no such checkpoint, or it is gated and no token was given.
        ResourceError: the Hub cannot be reached, or the disk is too small.
    """
    from huggingface_hub import HfApi

    wanted = checkpoint_of(name)
    repository, _, asked = wanted.partition("@")
    with _translated(repository):
        # Says clearly what is wrong with a name, which a dry run does not.
        revision = HfApi().model_info(repository, revision=asked or None).sha or ""
    files = _snapshot(repository, asked or None, dry_run=True, tqdm_class=_bar(_ignore, 0))
    if not any(each.filename == "model_index.json" for each in files):
        raise RequestError(f"{wanted} has no model_index.json; give one in the layout of diffusers")
    size = sum(each.file_size for each in files)
    to_come = sum(each.file_size for each in files if each.will_download)
    _check_room(wanted, to_come)
    return Pull(repository, asked or None, revision, size, to_come, _known().get(repository))


def fetch(what: Pull, on_bytes: OnBytes) -> Path:
    """Bring what was planned; returns its folder.

    Raises:
        ResourceError: the Hub cannot be reached any more; what came so far is kept.
    """
    bar = _bar(on_bytes, what.bytes_to_come)
    return Path(_snapshot(what.repository, what.asked, tqdm_class=bar))


def pulled() -> list[Pulled]:
    """Every checkpoint in the layout of diffusers on this machine."""
    found = [
        Pulled(repository.repo_id, each.commit_hash, each.size_on_disk, each.snapshot_path)
        for repository in _cache().repos
        for each in repository.revisions
        if (each.snapshot_path / "model_index.json").is_file()
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
            **HUB_FILES,
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
        raise RequestError(f"no checkpoint {repository!r} on the Hub; check its name") from error
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
