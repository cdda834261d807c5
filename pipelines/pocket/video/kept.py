"""Finished windows on disk, so that a long clip that was stopped goes on where it was.

Each lies in a file of its own, in a folder named after everything that decides its pixels. The
files go with the finished clip, or when nobody came back for them. Knows nothing of what the
frames show.
"""

import os
import shutil
import time
import uuid
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from studio.errors import ResourceError
from studio.frames import Frame, FrameWriter, JoinedFrames, StoredFrames

FOLDER = "unfinished-clips"
FORGOTTEN_S = 3 * 24 * 3600.0
"""Nobody goes on with a clip that was left for so long."""


class Kept:
    """The windows of one clip.

    Args:
        home: the studio's home.
        key: names what decides every pixel, a hash for example.
        size: width and height of the frames in px.
    """

    def __init__(self, home: Path, key: str, size: tuple[int, int]) -> None:
        self.folder = home / FOLDER / key
        self.size = size

    def read(self, window: int, count: int) -> StoredFrames | None:
        """A finished window of `count` frames; None where there is none."""
        path = self._path(window)
        shape = (count, self.size[1], self.size[0], 3)
        is_whole = path.is_file() and path.stat().st_size == count * shape[1] * shape[2] * 3
        return StoredFrames(path, shape) if is_whole else None

    def write(self, window: int, frames: Iterable[Frame]) -> None:
        """Keeps a window, whole or not at all.

        Raises:
            ResourceError: it cannot be written.
        """
        part = self.folder / f"{uuid.uuid4().hex}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FrameWriter(part, *self.size) as writer:
                writer.extend(frames)
                writer.close()
            os.replace(part, self._path(window))
        except OSError as error:
            raise ResourceError(
                f"cannot keep frames in {self.folder}: {error.strerror or error}; free some "
                "space, or make a shorter or smaller clip"
            ) from error

    def finished(self, counts: Sequence[int]) -> "KeptFrames":
        """The whole clip, of windows that all are there; `counts`: the frames of each.

        Raises:
            ResourceError: the folder cannot be set aside.
        """
        return KeptFrames(self, counts)

    def _path(self, window: int) -> Path:
        return self.folder / _name(window)


class KeptFrames(JoinedFrames):
    """The frames of a finished clip, where its windows were written.

    They are set aside, so that the same clip can be made anew meanwhile, and go when nobody holds
    them, unless `keep` is called: then the next try finds its windows finished.
    """

    def __init__(self, kept: Kept, counts: Sequence[int]) -> None:
        self._home = kept.folder
        self._aside = kept.folder.with_name(f"{kept.folder.name}-{uuid.uuid4().hex[:8]}")
        try:
            os.replace(self._home, self._aside)
        except OSError as error:
            raise ResourceError(
                f"cannot rename {self._home}: {error.strerror or error}; make the clip again"
            ) from error
        width, height = kept.size
        super().__init__(
            [
                StoredFrames(self._aside / _name(window), (count, height, width, 3))
                for window, count in enumerate(counts)
            ]
        )
        self._removal: weakref.finalize[..., KeptFrames] | None = weakref.finalize(
            self, shutil.rmtree, self._aside, ignore_errors=True
        )

    def keep(self) -> None:
        """Put the windows back where they are found."""
        # Where somebody is making the same clip already, theirs stay and these go.
        if self._removal is not None and self._removal.alive and not self._home.exists():
            self._removal.detach()
            os.replace(self._aside, self._home)

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which reads them and removes nothing."""
        return {**vars(self), "_removal": None}


def _name(window: int) -> str:
    return f"window-{window:04}.frames"


def forget_old(home: Path) -> None:
    """Removes what nobody came back for."""
    folder = home / FOLDER
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        if time.time() - each.stat().st_mtime > FORGOTTEN_S:
            shutil.rmtree(each, ignore_errors=True)
