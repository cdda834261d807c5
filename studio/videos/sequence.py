"""A clip as a zip of PNG pictures, numbered from 1: lossless, for those who edit frame by frame.

One file, so that it is there whole or not at all. `sequence.json` says the frame rate. Knows no
record: `tags` puts that in.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from studio.errors import RequestError, SaveError
from studio.frames import Frame, Frames
from studio.videos.ffmpeg import OnFrame, unwatched
from studio.videos.formats import SEQUENCE_NAME

# No honest member is near this; a foreign file may hold a bomb.
_MAX_MEMBER_BYTES = 64_000_000
# Zip keeps times; one moment for all makes the same frames the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_PNG_LEVEL = 4
_PICTURE = re.compile(r"frame-(\d{6})\.png")


@dataclass(frozen=True)
class SequenceFacts:
    width: int
    height: int
    frames: int
    fps: float


def write(frames: Frames, fps: float, path: Path, on_frame: OnFrame = unwatched) -> None:
    """Write the whole sequence; nothing of it is left when that fails.

    Raises:
        SaveError: it could not be written.
    """
    count, height, width = frames.shape[:3]
    facts = SequenceFacts(width, height, count, float(fps))
    try:
        with zipfile.ZipFile(path, "w") as archive:
            add(archive, SEQUENCE_NAME, json.dumps(asdict(facts)).encode())
            for number, frame in enumerate(frames, 1):
                add(archive, picture_name(number), _png(frame))
                on_frame(number)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SaveError(
            f"cannot encode the zip in {path.parent}: {error.strerror or error}; free some space "
            "or choose another folder"
        ) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def read_facts(path: Path) -> SequenceFacts:
    """Size, number of frames and rate; every member is checked against its sum.

    Raises:
        RequestError: damaged, or not a sequence of this studio.
    """
    with _opened(path) as archive:
        facts = _facts_of(path, archive)
        count = sum(1 for name in archive.namelist() if _PICTURE.fullmatch(name))
        if count != facts.frames:
            raise _damaged(path, f"{count} of {facts.frames} frames")
        try:
            bad = archive.testzip()
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            raise _damaged(path, str(error)) from error
        if bad is not None:
            raise _damaged(path, bad)
        return facts


def read_frames(path: Path) -> Iterator[Frame]:
    """The frames in order.

    Raises:
        RequestError: damaged.
    """
    with _opened(path) as archive:
        facts = _facts_of(path, archive)
        for number in range(1, facts.frames + 1):
            data = _member(path, archive, picture_name(number))
            try:
                with PIL.Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
                    yield np.asarray(picture.convert("RGB"))
            except (OSError, SyntaxError, ValueError) as error:
                raise _damaged(path, f"frame {number}: {error}") from error


def read_member(path: Path, name: str) -> str:
    """One of the texts in the zip; empty where it has none of that name.

    Raises:
        RequestError: damaged.
    """
    with _opened(path) as archive:
        if name not in archive.namelist():
            return ""
        return _member(path, archive, name).decode("utf-8", "replace")


def picture_name(number: int) -> str:
    """What the picture of a frame is called; the first is number 1."""
    return f"frame-{number:06d}.png"


def add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Put a file into a zip; the same files make the same zip at any time."""
    about = zipfile.ZipInfo(name, _MOMENT)
    # PNG is packed already.
    is_packed = name.endswith(".png")
    about.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    archive.writestr(about, data)


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """One file out of the zip; a RequestError where it is missing, damaged or a bomb."""
    try:
        if archive.getinfo(name).file_size > _MAX_MEMBER_BYTES:
            raise _damaged(path, f"{name} is over {_MAX_MEMBER_BYTES // 1_000_000} MB")
        return archive.read(name)
    except (KeyError, OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, str(error)) from error


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise _damaged(path, str(error)) from error


def _facts_of(path: Path, archive: zipfile.ZipFile) -> SequenceFacts:
    if SEQUENCE_NAME not in archive.namelist():
        raise RequestError(
            f"{path.name!r} is a zip, but no sequence of pictures made here; give an MP4 or WebM"
        )
    try:
        told = json.loads(_member(path, archive, SEQUENCE_NAME))
        facts = SequenceFacts(**{**told, "fps": float(told["fps"])})
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path, f"{SEQUENCE_NAME}: {error}") from error
    if facts.fps <= 0 or facts.frames < 1:
        raise _damaged(path, f"{facts.frames} frames at {facts.fps} a second")
    return facts


def _png(frame: Frame) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(frame).save(buffer, format="PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()


def _damaged(path: Path, why: str) -> RequestError:
    return RequestError(f"clip {path.name!r} is damaged or cut short ({why}); give a whole file")
