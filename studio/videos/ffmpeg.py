"""Runs ffmpeg for clips: frames stream in through moviepy's writer, and stream out again.

Knows no format by name: callers give the arguments. A file from outside may be anything, so ffmpeg
may open local files of known containers only.
"""

import contextlib
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from studio.errors import ResourceError, SaveError
from studio.frames import Frame, Frames
from studio.sounds.ffmpeg import program

TIMEOUT_S = 600

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,webp_anim"
"""What a clip from outside may come in, as ffmpeg calls its readers."""

_SAFE = ("-protocol_whitelist", "file,pipe", "-format_whitelist", CONTAINERS)
_LOUD = ("-hide_banner", "-loglevel", "level+info", "-nostats")
# Messages may begin with who speaks: "[out#0/mp4 @ 0x55d0] [error] Error writing trailer".
_COMPLAINT = re.compile(r"(?:\[[^]]* @ \w+\] )*\[(?:error|fatal)\] (.*)")

OnFrame = Callable[[int], None]
"""Called with how many frames are done; what it raises stops the work."""


def unwatched(done: int) -> None:
    """The `OnFrame` of work that nobody watches."""


@dataclass(frozen=True)
class Encoding:
    """How frames are encoded, in the words of ffmpeg."""

    codec: str
    preset: str
    options: tuple[str, ...]


def write_frames(
    frames: Frames, fps: float, path: Path, encoding: Encoding, on_frame: OnFrame = unwatched
) -> None:
    """Encode frames into a file without sound; nothing of it is left when that fails.

    Raises:
        SaveError: it could not be written, for example because the disk is full.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        writer = _writer(frames, fps, path, encoding, log)
        process = writer.proc
        try:
            for done, frame in enumerate(frames, 1):
                writer.write_frame(frame)
                on_frame(done)
            writer.close()
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _cannot_encode(path, _complaints(_text(log)), error) from error
        except BaseException:
            process.kill()
            path.unlink(missing_ok=True)
            raise
        finally:
            _end(process)
        if process.returncode != 0:
            path.unlink(missing_ok=True)
            raise _cannot_encode(path, _complaints(_text(log)))


def run(arguments: Sequence[str], path: Path) -> None:
    """Make a file of other files of ours; the arguments name them, and `path` last.

    Raises:
        SaveError: it could not be written; nothing of it is left.
    """
    command = [program(), "-nostdin", *_LOUD, "-y", *arguments, f"file:{path.absolute()}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if done.returncode != 0:
        path.unlink(missing_ok=True)
        raise _cannot_encode(path, _complaints(done.stderr.decode("utf-8", "replace")))


@contextlib.contextmanager
def reading(path: Path, arguments: Sequence[str]) -> Generator[IO[bytes]]:
    """The raw output of ffmpeg over a file that may come from anywhere, as a stream.

    It is stopped when the block ends, and after ten minutes: a damaged file may keep a reader busy
    for ever.
    """
    command = [program(), "-nostdin", *_LOUD, *_SAFE, "-i", f"file:{path.absolute()}"]
    process = subprocess.Popen(
        [*command, *arguments, "pipe:1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    watch = threading.Timer(TIMEOUT_S, process.kill)
    watch.start()
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        watch.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def read_frames(path: Path, width: int, height: int) -> Iterator[Frame]:
    """The frames of a clip, uint8 (H, W, 3), each as it is stored: none dropped, none repeated."""
    size = width * height * 3
    # What the encoder was told; without it swscale would take the older matrix.
    upright = "scale=in_range=auto:flags=accurate_rnd+full_chroma_int"
    raw = ("-map", "0:v:0", "-vf", upright, "-fps_mode", "passthrough", "-pix_fmt", "rgb24")
    with reading(path, (*raw, "-f", "rawvideo")) as stream:
        while len(data := stream.read(size)) == size:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _writer(frames: Frames, fps: float, path: Path, encoding: Encoding, log: IO[str]) -> Any:
    from moviepy.video.io.ffmpeg_writer import FFMPEG_VideoWriter

    height, width = frames.shape[1:3]
    exact = ("-loglevel", "level+info", "-nostats", "-fflags", "+bitexact", "-flags:v", "+bitexact")
    try:
        return FFMPEG_VideoWriter(
            str(path.absolute()),
            (width, height),
            fps,
            codec=encoding.codec,
            preset=encoding.preset,
            logfile=log,
            ffmpeg_params=[*exact, *encoding.options],
        )
    except OSError as error:
        raise ResourceError(
            f"cannot start ffmpeg ({error.strerror}); reinstall imageio-ffmpeg"
        ) from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a writer that was closed or killed."""
    stdin = process.stdin
    if stdin is not None and not stdin.closed:
        # What was not yet handed over is not wanted any more.
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
    process.wait()


def _text(log: IO[str]) -> str:
    log.seek(0)
    return log.read()


def _complaints(log: str) -> list[str]:
    found = (_COMPLAINT.match(line) for line in log.splitlines())
    return [match[1].strip() for match in found if match]


def _cannot_encode(path: Path, problems: list[str], error: OSError | None = None) -> SaveError:
    full = [each for each in problems if "No space left" in each]
    why = "No space left on device" if full else (problems or ["ffmpeg gave no reason"])[0]
    if error is not None and not problems:
        why = str(error).splitlines()[0]
    return SaveError(
        f"cannot encode the {path.suffix[1:]} in {path.parent}: {why}; free some space or choose "
        "another folder"
    )
