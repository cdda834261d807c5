"""A clip into its container: frames stream in, sound and subtitles are laid beside them.

Picture and sound end within one frame of each other, and the same clip makes the same bytes. Knows
no tags: `tags` adds them to a finished file.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.errors import PipelineError, RequestError
from studio.frames import Frames
from studio.media import Video
from studio.videos import ffmpeg, formats, sequence
from studio.videos.ffmpeg import Encoding, OnFrame, unwatched
from studio.videos.formats import ClipFormat
from studio.videos.subtitles import Caption, language_of, to_srt

# Of ten thousand colours one palette for the whole clip: nothing flickers from frame to frame.
_PALETTE = "palettegen=stats_mode=full:max_colors=255"
_DITHER = "paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"


@dataclass(frozen=True)
class Beside:
    """What is laid beside the frames, as far as a container has a place for it."""

    sound: Path | None = None
    """The finished sound, in the format that `ClipFormat.sound` names, as long as the clip."""

    captions: Sequence[Caption] = ()
    """Subtitles that can be switched on and off."""


def encode(
    clip: Video,
    format: str,
    path: Path,
    beside: Beside = Beside(),
    on_frame: OnFrame = unwatched,
) -> None:
    """Write a clip without tags.

    Args:
        clip: its own sound is not read.
        on_frame: called after each frame; what it raises leaves no file.

    Raises:
        RequestError: no such format, or one that cannot hold this size or rate.
        PipelineError: no frames.
        SaveError: it could not be written; nothing is left of it.
    """
    known = formats.find_format(format)
    check(clip.frames, clip.fps, known)
    if known.name == "zip":
        sequence.write(clip.frames, clip.fps, path, on_frame)
        return
    encoding = Encoding(known.codec, known.preset, known.options)
    if known.name == "gif":
        _gif(clip, path, encoding, on_frame)
        return
    beside = Beside(
        beside.sound if known.has_sound else None, beside.captions if known.subtitles else ()
    )
    if beside.sound is None and not beside.captions:
        ffmpeg.write_frames(clip.frames, clip.fps, path, encoding, on_frame)
        return
    _muxed(clip, path, known, beside, on_frame)


def check(frames: Frames, fps: float, format: ClipFormat) -> None:
    """Refuse frames that a container cannot hold.

    Raises:
        RequestError: an odd size, or a rate that it cannot show.
        PipelineError: there are none.
    """
    count, height, width = frames.shape[:3]
    if count == 0 or 0 in (height, width):
        raise PipelineError(f"a clip needs frames with pixels, got {count} of {width}x{height}")
    formats.check(format, width, height, fps)
    if round(fps, 2) != fps:
        raise RequestError(
            f"frames a second can have two decimals, got {fps}; use {round(fps, 2):g}"
        )


def _gif(clip: Video, path: Path, encoding: Encoding, on_frame: OnFrame) -> None:
    """Twice through the frames: for the colours, then with them."""
    colours = path.with_name(f".{secrets.token_hex(6)}.colours.png")
    total = len(clip.frames)
    try:
        look = Encoding("png", "none", ("-vf", _PALETTE, "-frames:v", "1", "-update", "1"))
        ffmpeg.write_frames(clip.frames, clip.fps, colours, look, lambda done: on_frame(done // 2))
        graph = f"movie={_in_graph(colours)}[colours];[0:v][colours]{_DITHER}"
        drawn = Encoding(
            encoding.codec, encoding.preset, ("-filter_complex", graph, *encoding.options)
        )
        ffmpeg.write_frames(
            clip.frames, clip.fps, path, drawn, lambda done: on_frame((total + done) // 2)
        )
    finally:
        colours.unlink(missing_ok=True)


def _in_graph(path: Path) -> str:
    """A file name as ffmpeg's filters take it: escaped as an option, and again in the graph."""
    option = re.sub(r"([\\':])", r"\\\1", path.absolute().as_posix())
    return re.sub(r"([\\'\[\],;])", r"\\\1", option)


def _muxed(
    clip: Video,
    path: Path,
    format: ClipFormat,
    beside: Beside,
    on_frame: OnFrame,
) -> None:
    """The frames first, then sound and subtitles beside them, as they are."""
    sound, captions = beside.sound, beside.captions
    silent = path.with_name(f".{secrets.token_hex(6)}.silent.{format.name}")
    words = path.with_name(f".{secrets.token_hex(6)}.srt")
    encoding = Encoding(format.codec, format.preset, format.options)
    try:
        ffmpeg.write_frames(clip.frames, clip.fps, silent, encoding, on_frame)
        inputs, maps = ["-i", f"file:{silent.absolute()}"], ["-map", "0:v"]
        if sound is not None:
            inputs += ["-i", f"file:{sound.absolute()}"]
            maps += ["-map", "1:a"]
        if captions:
            words.write_text(to_srt(captions), "utf-8")
            maps += ["-map", f"{len(inputs) // 2}:s", "-c:s", format.subtitles]
            maps += ["-metadata:s:s:0", f"language={language_of(captions)}"]
            inputs += ["-i", f"file:{words.absolute()}"]
        exact = ("-c:v", "copy", "-c:a", "copy", "-map_metadata", "-1", "-fflags", "+bitexact")
        ffmpeg.run((*inputs, *maps, *exact, "-f", format.name), path)
    finally:
        silent.unlink(missing_ok=True)
        words.unlink(missing_ok=True)
