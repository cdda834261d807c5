"""Runs ffmpeg as a process, bounded in time and in what it may open.

Knows no container and no codec: callers give the arguments. Files from outside may be anything,
so ffmpeg may open local files of known sound containers only: playlists and scripts that name
other files or addresses are refused by it.
"""

import re
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from studio.errors import RequestError, ResourceError

_TIMEOUT_S = 600
_CHUNK_BYTES = 1 << 20
_CONTAINERS = "wav,w64,aiff,flac,ogg,mp3,aac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,caf"
# Messages may begin with who speaks: "[mp3 @ 0x55d0] [error] Header missing".
_COMPLAINT = re.compile(r"(?:\[[^]]* @ \w+\] )*\[(?:error|fatal)\] (.*)")
_TAGS = "[info]    "
_SAFE = ("-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS)


@dataclass(frozen=True)
class Finished:
    """What a run left. `log` has one line per message, each with its level in brackets."""

    code: int
    output: bytes
    log: tuple[str, ...]
    is_cut: bool = False
    """It was stopped because its output reached the limit."""

    @property
    def errors(self) -> tuple[str, ...]:
        """What it complained about, without the memory addresses."""
        found = (_COMPLAINT.match(line) for line in self.log)
        return tuple(match[1].strip() for match in found if match)


@lru_cache(maxsize=1)
def program() -> str:
    """The path of ffmpeg.

    Raises:
        ResourceError: this machine has none.
    """
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ResourceError(
            "no ffmpeg on this machine; reinstall imageio-ffmpeg or set IMAGEIO_FFMPEG_EXE"
        ) from error


def check_size(path: Path, what: str, most_bytes: int) -> None:
    """Refuse a file that is empty, or too large to be read whole; `what` it is, in words.

    Raises:
        RequestError: it is one of them.
    """
    size = path.stat().st_size
    if size == 0:
        raise RequestError(f"{what} {path.name!r} is empty; give a whole file")
    if size > most_bytes:
        raise RequestError(
            f"{what} {path.name!r} has {size / 1e9:.1f} GB; at most {most_bytes / 1e9:.0f} GB, "
            "cut it first"
        )


def convert(data: bytes | memoryview, arguments: Sequence[str]) -> Finished:
    """Feed bytes in; the arguments name the formats of both ends and the file that comes out."""
    command = [program(), "-hide_banner", "-loglevel", "level+info", "-nostats", "-y", *arguments]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ResourceError(f"ffmpeg did not finish within {_TIMEOUT_S} s; try again") from error
    except OSError as error:
        raise _cannot_start(error) from error
    return Finished(done.returncode, done.stdout, _lines(done.stderr))


def extract(path: Path, before: Sequence[str], after: Sequence[str], limit_bytes: int) -> Finished:
    """Read a file that may come from anywhere, at most `limit_bytes` of output."""
    command = [program(), "-nostdin", "-hide_banner", "-loglevel", "level+info", "-nostats"]
    command += [*_SAFE, *before, "-i", f"file:{path.absolute()}", *after, "pipe:1"]
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        except OSError as error:
            raise _cannot_start(error) from error
        # A damaged file may keep a reader busy for ever.
        watch = threading.Timer(_TIMEOUT_S, process.kill)
        watch.start()
        with process:
            output = _read(process, limit_bytes)
            is_cut = len(output) > limit_bytes
            if is_cut:
                process.kill()
        watch.cancel()
        log.seek(0)
        return Finished(process.returncode, output, _lines(log.read()), is_cut)


def _read(process: subprocess.Popen[bytes], limit_bytes: int) -> bytes:
    stream = process.stdout
    assert stream is not None
    output = bytearray()
    while len(output) <= limit_bytes and (chunk := stream.read(_CHUNK_BYTES)):
        output += chunk
    return bytes(output)


def _lines(log: bytes) -> tuple[str, ...]:
    """The messages, without the tags of the file among them: those may say anything."""
    lines = log.decode("utf-8", "replace").split("\n")
    return tuple(line for line in lines if line.startswith("[") and not line.startswith(_TAGS))


def _cannot_start(error: OSError) -> ResourceError:
    return ResourceError(f"cannot start ffmpeg ({error.strerror}); reinstall imageio-ffmpeg")
