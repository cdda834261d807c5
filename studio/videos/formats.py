"""The containers of clips: what each can hold, and which one a file is.

Knows how ffmpeg is told to encode them, and runs nothing.
"""

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.errors import RequestError

# What browsers and players take the colours for.
_BT709 = (
    "-vf",
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
)
SEQUENCE_NAME = "sequence.json"
"""The file in a zip of pictures that says how they move."""

_EBML = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True)
class ClipFormat:
    """A container: `name` is what people type and, with a dot, the file's suffix."""

    name: str
    mime: str
    codec: str = ""
    """As ffmpeg calls it; empty where ffmpeg does not write it."""

    options: tuple[str, ...] = ()
    preset: str = "medium"
    sound: str = ""
    """The format its sound is encoded in; empty where it can hold none."""

    subtitles: str = ""
    """As ffmpeg calls their codec; empty where it can hold none."""

    is_even: bool = False
    """Whether width and height must be."""

    is_lossless: bool = False
    most_fps: float = 120

    @property
    def has_sound(self) -> bool:
        return bool(self.sound)


FORMATS: dict[str, ClipFormat] = {
    each.name: each
    for each in (
        # A fixed number of threads: the bytes must not depend on how many cores there are.
        ClipFormat(
            "mp4",
            "video/mp4",
            "h264",
            ("-crf", "18", "-threads", "4", *_BT709),
            sound="m4a",
            subtitles="mov_text",
            is_even=True,
        ),
        ClipFormat(
            "webm",
            "video/webm",
            "libvpx-vp9",
            (*"-crf 30 -b:v 0 -deadline good -cpu-used 4 -row-mt 1 -threads 4".split(), *_BT709),
            sound="opus",
            subtitles="webvtt",
            is_even=True,
        ),
        # Delays are whole hundredths of a second, and players take one alone for a mistake.
        ClipFormat("gif", "image/gif", "gif", ("-loop", "0"), most_fps=50),
        ClipFormat(
            "webp",
            "image/webp",
            "libwebp_anim",
            tuple("-quality 90 -compression_level 2 -loop 0 -pix_fmt yuv420p".split()),
            preset="default",
        ),
        # PNG pictures, numbered, with record.json beside them.
        ClipFormat("zip", "application/zip", is_lossless=True),
    )
}


def find_format(name: str) -> ClipFormat:
    """The format of a name.

    Raises:
        RequestError: there is none.
    """
    if name not in FORMATS:
        raise RequestError(f"no clip format {name!r}; there is {', '.join(FORMATS)}")
    return FORMATS[name]


def format_of(path: Path) -> ClipFormat | None:
    """What a file is by what is in it, whatever its name says; None where it is no clip.

    Sounds in MP4 and pictures that do not move are no clips.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(32)
        if head[:4] == _EBML:
            return FORMATS["webm"]
        if head[:4] == b"PK\x03\x04":
            return FORMATS["zip"] if _has_frames(file) else None
        if head[4:8] == b"ftyp" and _has_pictures(file):
            return FORMATS["mp4"]
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return FORMATS["gif"]
        is_webp = head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X"
        # The second bit of its flags: an animation.
        return FORMATS["webp"] if is_webp and head[20] & 2 else None


def check(format: ClipFormat, width: int, height: int, fps: float) -> None:
    """Refuse what a container cannot hold, before anything is made.

    Raises:
        RequestError: an odd size, or more frames a second than it can show; with what would do.
    """
    even = (width + width % 2, height + height % 2)
    if format.is_even and (width, height) != even:
        raise RequestError(
            f"{format.name} needs an even width and height, got {width}x{height}; "
            f"use {even[0]}x{even[1]}, or gif, webp or zip"
        )
    if fps > format.most_fps:
        raise RequestError(
            f"{format.name} shows at most {format.most_fps:g} frames a second, got {fps:g}; "
            f"use {format.most_fps:g} or less, or mp4"
        )


def _has_frames(file: BinaryIO) -> bool:
    """Whether a zip is a sequence of pictures made here; scores come zipped too."""
    try:
        with zipfile.ZipFile(file) as archive:
            return SEQUENCE_NAME in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _has_pictures(file: BinaryIO) -> bool:
    """Whether an MP4 has a track of pictures; one that is damaged may have."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return False
        size, name = struct.unpack_from(">I4s", head)
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
        if name == b"moov":
            file.seek(at)
            return b"hdlr\0\0\0\0\0\0\0\0vide" in file.read(min(size or 1 << 26, 1 << 26))
        if size < 8:
            return False
        at += size
