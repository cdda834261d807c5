"""Folders that are made once from weights that lie elsewhere, and kept in `STUDIO_HOME`.

Knows nothing of what is in them.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.home import home_folder


def once(name: str, sources: Sequence[Path], make: Callable[[Path], None], also: str = "") -> Path:
    """The folder that `make` writes; made when it is first asked for, whole or not at all.

    Args:
        name: what its name begins with.
        sources: the files that it is made from. When one changes, another folder is made.
        make: writes into the empty folder that it is given.
        also: what else decides what is in it.
    """
    known = "\0".join([*map(_stamp, sources), also])
    key = hashlib.sha256(known.encode()).hexdigest()[:12]
    folder = home_folder() / "checkpoints" / f"{name}-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as made:
        make(Path(made))
        _place(Path(made), folder)
    return folder


def _stamp(file: Path) -> str:
    stat = file.stat()
    return f"{file.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"


def _place(made: Path, folder: Path) -> None:
    try:
        os.replace(made, folder)
    except OSError:
        # Another process was quicker: what it made is the same.
        if not folder.is_dir():
            raise
        return
    made.mkdir()  # for the context that it came from to remove
