"""The library: one SQLite row per finished file, shared by all processes of one home.

Knows nothing about how files are written or models run.
"""

import contextlib
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import RequestError, SaveError
from studio.record import Record
from studio.spec import Kind

PARTS_SUFFIX = ".parts"
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS artifacts (
    number  INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    kind    TEXT NOT NULL,
    family  TEXT NOT NULL,
    prompt  TEXT,
    path    TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    record  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS artifacts_by_kind ON artifacts (kind, number);
CREATE INDEX IF NOT EXISTS artifacts_by_path ON artifacts (path);
"""
# Another process holds the lock for a few milliseconds at most; a sleeping laptop for longer.
_BUSY_TIMEOUT_S = 20
_MAX_SEARCH = 500


@dataclass(frozen=True)
class Artifact:
    """A finished file with its record."""

    path: Path
    record: Record
    sha256: str
    notes: tuple[str, ...] = ()
    """What the person should know of how it came out; told once, not kept."""

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def is_there(self) -> bool:
        """False when somebody moved or deleted the file."""
        return self.path.is_file()

    @property
    def parts(self) -> Path | None:
        """The folder with the player's data, stems and scores of a song; None where none is."""
        folder = self.path.with_suffix(PARTS_SUFFIX)
        return folder if self.record.kind == "song" and folder.is_dir() else None


class Library:
    """Rows in `file`; made when first used. Safe to share between threads and processes."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @contextlib.contextmanager
    def adding(self, artifact: Artifact) -> Generator[None]:
        """Add a row when the block ends well; when it raises, the row never was."""
        record = artifact.record
        row = (
            record.id,
            record.created,
            record.kind,
            record.family,
            record.prompt,
            str(artifact.path),
            artifact.sha256,
            record.to_json(),
        )
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO artifacts (id, created, kind, family, prompt, path, sha256, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            yield

    def check(self) -> None:
        """Make sure that rows can be added."""
        with self._writing():
            pass

    def find(
        self, kind: Kind | None = None, text: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[Artifact]:
        """The newest first; `text` is looked for in prompts, families and file names."""
        where, values = _where(kind, text)
        rows = self._read(
            f"SELECT path, record, sha256 FROM artifacts {where}"
            " ORDER BY number DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [_artifact(row) for row in rows]

    def count(self, kind: Kind | None = None, text: str | None = None) -> int:
        where, values = _where(kind, text)
        return self._read(f"SELECT count(*) FROM artifacts {where}", values)[0][0]

    def entry(self, id: str) -> Artifact:
        """The one with this id, or the one whose id begins so."""
        rows = self._read(
            "SELECT path, record, sha256 FROM artifacts WHERE substr(id, 1, ?) = ? LIMIT 2",
            (len(id), id),
        )
        if len(rows) != 1 or not id:
            what = "more than one entry begins with" if len(rows) > 1 else "no entry"
            raise RequestError(f"{what} {id!r} in the library; `studio library` lists them")
        return _artifact(rows[0])

    def has_file(self, sha256: str) -> bool:
        """Whether a file with these bytes was made here."""
        return bool(self._read("SELECT 1 FROM artifacts WHERE sha256 = ? LIMIT 1", (sha256,)))

    def remove(self, id: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM artifacts WHERE id = ?", (id,))

    def _read(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._open() as connection:
            return connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        _make_folder(self.file.parent)
        try:
            with contextlib.closing(self._connect()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise SaveError(
                f"library {self.file}: {error}; free some space, or set STUDIO_HOME to a folder "
                "you can write to"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise SaveError(f"library {self.file} was made by a newer Studio; update this one")
        if version == _SCHEMA_VERSION:
            return
        connection.execute("BEGIN EXCLUSIVE")
        for statement in _SCHEMA.strip().split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
        _use_wal(connection)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(
            f"cannot make {folder}: {error.strerror}; set STUDIO_HOME to a folder you can write to"
        ) from error


def _use_wal(connection: sqlite3.Connection) -> None:
    # Switching ignores the busy timeout; whoever holds the lock has switched or will.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")


def _where(kind: Kind | None, text: str | None) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = []
    values: list[object] = []
    if kind:
        parts.append("kind = ?")
        values.append(kind)
    if text and len(text) > _MAX_SEARCH:
        raise RequestError(f"search text has {len(text):,} characters; at most {_MAX_SEARCH}")
    for word in (text or "").split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        parts.append(
            "(prompt LIKE ? ESCAPE '\\' OR path LIKE ? ESCAPE '\\' OR family LIKE ? ESCAPE '\\')"
        )
        values += [pattern] * 3
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)


def _artifact(row: tuple[Any, ...]) -> Artifact:
    path, record, sha256 = row
    return Artifact(Path(path), Record.from_json(record), sha256)
