"""Finished windows on disk, so that a long clip that was stopped goes on where it was.

Each lies in a file of its own, in a folder named after everything that decides its pixels. The
files go when the clip is finished, or when nobody came back for them. Knows nothing of what the
frames show.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from studio.errors import ResourceError
from studio.frames import Frame, FrameWriter, StoredFrames

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

    def drop(self, window: int) -> None:
        """Its frames are where they belong."""
        self._path(window).unlink(missing_ok=True)

    def remove(self) -> None:
        """The clip is finished: nothing of it is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, window: int) -> Path:
        return self.folder / f"window-{window:04}.frames"


def forget_old(home: Path) -> None:
    """Removes what nobody came back for."""
    folder = home / FOLDER
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        if time.time() - each.stat().st_mtime > FORGOTTEN_S:
            shutil.rmtree(each, ignore_errors=True)
