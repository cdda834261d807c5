"""Checks that a weight file is what its hash says, once per file and process.

Knows nothing about what is in the file or who loads it.
"""

import functools
import hashlib
from pathlib import Path

from studio.errors import WeightsError
from studio.spec import Weights


def verify(weights: Weights) -> None:
    """Compare the file's hash with the one it must have.

    Raises:
        WeightsError: missing, unreadable, or another content.
    """
    path = weights.path
    try:
        stat = path.stat()
        found = _sha256(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WeightsError(f"weights {path}: {reason}; install or check out the assets") from error
    if found != weights.sha256:
        raise WeightsError(
            f"weights {path} are damaged: sha256 is {found[:12]}…, must be "
            f"{weights.sha256[:12]}…; restore the file from the repository"
        )


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
