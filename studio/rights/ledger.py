"""What this studio has let out: each mark with the work it stands for, each file with its hash.

A mark in a sound is only a number; here is what it means, in `<home>/rights.jsonl`, one line per
file. It stays on this machine. Knows no container and no signature.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.errors import SaveError

_NAME = "rights.jsonl"


@dataclass(frozen=True)
class Entry:
    """One file. `mark` is empty where it has none; `file_sha256` is over the signed file."""

    id: str
    title: str
    created: str
    mark: str
    file_sha256: str


def enter(home: Path, entry: Entry) -> None:
    """Add a line; several processes may do so at once.

    Raises:
        SaveError: it could not be written.
    """
    line = (json.dumps(asdict(entry), ensure_ascii=False) + "\n").encode()
    path = home / _NAME
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # In one call, so that lines of two processes never mix.
            os.write(handle, line)
        finally:
            os.close(handle)
    except OSError as error:
        raise SaveError(
            f"cannot enter the mark in {path}: {error.strerror or error}; free some space"
        ) from error


def of_mark(home: Path, mark: str) -> Entry | None:
    """The work that a mark was given to."""
    return next((each for each in _entries(home) if each.mark == mark and mark), None)


def of_id(home: Path, id: str) -> list[Entry]:
    """All files of a work."""
    return [each for each in _entries(home) if each.id == id]


def _entries(home: Path) -> list[Entry]:
    path = home / _NAME
    if not path.is_file():
        return []
    lines = path.read_text("utf-8", "replace").splitlines()
    return [entry for line in lines if (entry := _entry(line)) is not None]


def _entry(line: str) -> Entry | None:
    # A line cut short by a full disk costs that line, not the ledger.
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None
