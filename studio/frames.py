"""Frames of a clip kept in a file, one after the other, so that memory does not grow with length.

Knows nothing of clips, containers, records or models: frames go in one by one and come out so.
"""

import bisect
import itertools
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from studio.errors import PipelineError, ResourceError

Frame = NDArray[np.uint8]
"""uint8 (H, W, 3)."""


class StoredFrames:
    """Finished frames in a raw file: uint8 (T, H, W, 3), read one at a time.

    Made by `FrameWriter.close`. Threads may read at once.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, path: Path, shape: tuple[int, int, int, int]) -> None:
        self.path = path
        self.shape = shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Frame:
        """One frame, uint8 (H, W, 3); a negative index counts from the end.

        Raises:
            ResourceError: the file is gone or cut short.
        """
        count, *shape = self.shape
        place = index + count if index < 0 else index
        if not 0 <= place < count:
            raise IndexError(f"frame {index} of {count}")
        size = int(np.prod(shape))
        try:
            values = np.fromfile(self.path, np.uint8, size, offset=place * size)
        except OSError as error:
            raise _cannot_keep(self.path, error) from error
        if values.size != size:
            raise ResourceError(
                f"frame {index} of {self.path} is cut short ({values.size} of {size} bytes); "
                "make the clip again"
            )
        return values.reshape(shape)

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))


class ChangedFrames:
    """Frames that are changed when they are read, such as by a label painted on them.

    `change` takes the number of a frame and the frame, uint8 (H, W, 3), and returns a frame of
    the same size; it must not write into what it is given.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, frames: "Frames", change: Callable[[int, Frame], Frame]) -> None:
        self._frames = frames
        self._change = change
        self.shape: tuple[int, ...] = tuple(frames.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Frame:
        """One frame, uint8 (H, W, 3); a negative index counts from the end."""
        frame = self._frames[index]
        return self._change(index % len(self), frame)

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))


class JoinedFrames:
    """Frames of one size from several parts, one part after the other, none of them copied."""

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, parts: "Sequence[Frames]") -> None:
        """Raises PipelineError where there are no parts, or their sizes differ."""
        sizes = {tuple(each.shape[1:]) for each in parts}
        if len(sizes) != 1:
            raise PipelineError(f"parts of a clip must have one size, got {sorted(sizes)}")
        self._parts = tuple(parts)
        self._ends = list(itertools.accumulate(len(each) for each in parts))
        self.shape: tuple[int, ...] = (self._ends[-1], *sizes.pop())

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> Frame:
        """One frame, uint8 (H, W, 3); a negative index counts from the end."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        number = bisect.bisect_right(self._ends, place)
        return self._parts[number][place - (self._ends[number - 1] if number else 0)]

    def __iter__(self) -> Iterator[Frame]:
        return itertools.chain.from_iterable(self._parts)


Frames = NDArray[np.uint8] | StoredFrames | ChangedFrames | JoinedFrames
"""What a clip has: uint8 (T, H, W, 3), in memory, in a file or changed on the way. All have `shape`
and `len`, give a frame for an index and all of them in a loop; use them so, and any will do."""


def same_frames(left: Frames, right: Frames) -> bool:
    """Whether all pixels of all frames are the same."""
    return tuple(left.shape) == tuple(right.shape) and all(
        np.array_equal(one, two) for one, two in zip(left, right, strict=True)
    )


class FrameWriter:
    """Takes frames of one size and keeps them in a file.

    As a context it removes the file when an error ends it before `close`.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        """Begin a new file, which stays until somebody deletes it.

        Raises:
            ResourceError: it cannot be written there.
        """
        self.path = path
        self.width, self.height = width, height
        self._count = 0
        self._removal: weakref.finalize | None = None
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise _cannot_keep(path, error) from error

    @classmethod
    def temporary(cls, width: int, height: int) -> "FrameWriter":
        """A file in the system's folder for such, which goes when nobody holds its frames.

        Raises:
            ResourceError: it cannot be written there.
        """
        try:
            handle = tempfile.NamedTemporaryFile(prefix="studio-", suffix=".frames", delete=False)
        except OSError as error:
            raise _cannot_keep(Path(tempfile.gettempdir()), error) from error
        handle.close()
        writer = cls(Path(handle.name), width, height)
        # Also when an error leaves the writer behind before it is closed.
        writer._removal = weakref.finalize(writer, writer.path.unlink, missing_ok=True)
        return writer

    def __len__(self) -> int:
        """How many frames went in."""
        return self._count

    def append(self, frame: Frame) -> None:
        """Add one frame, uint8 (H, W, 3).

        Raises:
            PipelineError: it has another size or type than the clip.
            ResourceError: it could not be written, for example because the disk is full.
        """
        wanted = (self.height, self.width, 3)
        if frame.dtype != np.uint8 or frame.shape != wanted:
            raise PipelineError(
                f"a frame must be uint8 {wanted}, got {frame.dtype} {frame.shape}; "
                "all frames of a clip have one size"
            )
        try:
            self._file.write(np.ascontiguousarray(frame).data)
        except OSError as error:
            self.discard()
            raise _cannot_keep(self.path, error) from error
        self._count += 1

    def extend(self, frames: Iterable[Frame]) -> None:
        """Add frames in their order."""
        for frame in frames:
            self.append(frame)

    def close(self) -> StoredFrames:
        """The frames so far; no more can be added.

        Raises:
            ResourceError: the last of them could not be written.
        """
        try:
            self._file.close()
        except OSError as error:
            self.discard()
            raise _cannot_keep(self.path, error) from error
        stored = StoredFrames(self.path, (self._count, self.height, self.width, 3))
        if self._removal is not None:
            self._removal.detach()
            weakref.finalize(stored, self.path.unlink, missing_ok=True)
        return stored

    def discard(self) -> None:
        """Give up: close and delete the file."""
        try:
            self._file.close()
        except OSError as error:
            # What could not be flushed is not wanted any more; closing tells it once more.
            if not self._file.closed:
                raise _cannot_keep(self.path, error) from error
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "FrameWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()


def stored(frames: Iterable[Frame]) -> StoredFrames:
    """Frames of one size, at least one, into a temporary file.

    Raises:
        PipelineError: there are none, or their sizes differ.
        ResourceError: they could not be written.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise PipelineError("a clip needs at least one frame, got none")
    height, width = first.shape[:2]
    with FrameWriter.temporary(width, height) as writer:
        writer.extend(itertools.chain((first,), rest))
        return writer.close()


def _cannot_keep(path: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"cannot keep frames in {path}: {error.strerror or error}; free some space, or make a "
        "shorter or smaller clip"
    )
