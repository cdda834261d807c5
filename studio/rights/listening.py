"""Listens to a sound file for a mark, in its beginning and then in its middle.

Decoding is a process of its own: it starts at once and goes on while the caller does something
else. So nothing heavy is imported here before it runs. Knows no record.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.sounds import ffmpeg

if TYPE_CHECKING:
    from studio.rights.watermark import Found

# Enough for three repeats of the mark; a whole album need not be decoded.
_LISTEN_S = 27
_PLACES_S = (0, 2 * _LISTEN_S)
_RATE = 44_100
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".zip")


@dataclass(frozen=True)
class Heard:
    """The mark, if there is one, and why nothing could be heard."""

    found: "Found | None"
    trouble: str = ""


class Listening:
    """Begins at once; `heard` waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beginning: Future[ffmpeg.Finished] | None = None
        if not is_picture(path):
            beside = ThreadPoolExecutor(1)
            self._beginning = beside.submit(_decode, path, _PLACES_S[0])
            beside.shutdown(wait=False)

    def heard(self) -> Heard | None:
        """None of what has no sound."""
        if self._beginning is None:
            return None
        for start in _PLACES_S:
            at_once = start == _PLACES_S[0]
            done = self._beginning.result() if at_once else _decode(self._path, start)
            if any("matches no streams" in each for each in done.errors):
                return None
            if done.code != 0 and not done.output:
                return Heard(None, done.errors[0] if done.errors else "no sound in it")
            if found := _mark_in(done.output):
                return Heard(found)
        return Heard(None)


def is_picture(path: Path) -> bool:
    """By its name: only pictures that somebody calls so are not listened to, zipped ones too."""
    return path.suffix.lower() in _PICTURES


def _decode(path: Path, start_s: int) -> ffmpeg.Finished:
    wanted = ("-map", "0:a:0", "-ac", "1", "-ar", str(_RATE), "-f", "f32le")
    limit = 4 * _RATE * (_LISTEN_S + 1)
    return ffmpeg.extract(path, ("-ss", str(start_s), "-t", str(_LISTEN_S)), wanted, limit)


def _mark_in(output: bytes) -> "Found | None":
    import numpy as np

    from studio.media import Audio
    from studio.rights import watermark

    samples = np.frombuffer(output[: len(output) // 4 * 4], "<f4")
    # A damaged file may hold anything.
    heard = np.nan_to_num(samples.astype(np.float32), posinf=0, neginf=0)[None]
    return watermark.detect(Audio(np.clip(heard, -4, 4), _RATE))
