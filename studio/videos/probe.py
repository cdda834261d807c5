"""What a clip is: size, frames, rate and sound, found by decoding it once from end to end.

So a clip that is damaged or cut short is told before anybody works with it. Knows no record.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from studio.errors import RequestError
from studio.sounds import ffmpeg as runner
from studio.videos import sequence
from studio.videos.ffmpeg import CONTAINERS
from studio.videos.formats import FORMATS, format_of

MAX_BYTES = 4_000_000_000
MAX_FRAMES = 100_000
"""Of a clip that somebody hands in: 28 minutes at 60 frames a second."""

_MAX_PIXELS = 16_000_000
_LINE_BYTES = 64
_BASE = re.compile(r"#tb (\d): (\d+)/(\d+)")
_KIND = re.compile(r"#media_type (\d): (\w+)")
_SIZE = re.compile(r"#dimensions \d: (\d+)x(\d+)")
_STREAM = re.compile(r"\[info\]   Stream #0:\d+.*?: Video:.*?, (\d+)x(\d+)")
_DECLARED = re.compile(r"\[info\]   Duration: (\d+):(\d\d):(\d\d\.\d+)")
# Containers round their length, and sound that ends later counts.
_MISSING_S = 0.5


@dataclass(frozen=True)
class Facts:
    """What a clip is made of. `sound_s` is when its sound ends, in seconds; 0 where it has none."""

    width: int
    height: int
    frames: int
    fps: float
    sound_s: float = 0.0
    format: str = ""
    """The name of its container here; empty for one that is only read."""

    @property
    def duration_s(self) -> float:
        return self.frames / self.fps

    @property
    def has_sound(self) -> bool:
        return self.sound_s > 0


def probe(path: Path) -> Facts:
    """Decode a clip from end to end and say what it is.

    Raises:
        RequestError: missing, no clip, damaged, cut short, or too large.
    """
    _check_file(path)
    known = format_of(path)
    if known is FORMATS["zip"]:
        found = sequence.read_facts(path)
        return Facts(found.width, found.height, found.frames, found.fps, format="zip")
    before = ("-format_whitelist", CONTAINERS)
    # One line for each frame of the picture and each packet of the sound.
    after = ("-map", "0:v:0", "-map", "0:a:0?", "-fps_mode", "passthrough", "-f", "framecrc")
    done = runner.extract(path, before, after, _LINE_BYTES * MAX_FRAMES)
    _check_decoded(path, done)
    facts = _facts(done.output.decode("ascii", "replace"), known.name if known else "")
    if facts is None:
        raise _damaged(path, "no frames")
    if facts.format == "gif":
        facts = replace(facts, fps=_gif_fps(facts.frames, _declared_s(done) or facts.duration_s))
    if done.is_cut or facts.frames > MAX_FRAMES:
        raise RequestError(f"clip {path.name!r} has over {MAX_FRAMES:,} frames; cut it first")
    _check_length(path, done, facts)
    return facts


def _check_file(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise RequestError(f"clip {str(path)!r} {what}; give the path of an MP4, WebM or GIF")
    runner.check_size(path, "clip", MAX_BYTES)


def _check_decoded(path: Path, done: runner.Finished) -> None:
    is_read = any("Stream #0:" in line for line in done.log)
    if any("matches no streams" in problem for problem in done.errors):
        raise RequestError(f"{path.name!r} has no picture in it; give a clip, not a sound")
    if not is_read:
        raise RequestError(f"{path.name!r} is not a clip; give an MP4, WebM, MOV, AVI or GIF")
    sizes = (match for line in done.log if (match := _STREAM.match(line)))
    for match in sizes:
        if int(match[1]) * int(match[2]) > _MAX_PIXELS:
            raise RequestError(
                f"clip {path.name!r} is {match[1]}x{match[2]}; at most "
                f"{_MAX_PIXELS // 1_000_000} megapixels, make it smaller first"
            )
    if not done.is_cut and (done.code != 0 or done.errors):
        raise _damaged(path, (done.errors or (f"ffmpeg ended with {done.code}",))[0])


def _facts(lines: str, format: str) -> Facts | None:
    """From ffmpeg's list of frames: those of the picture counted, the end of the sound."""
    size = _SIZE.search(lines)
    bases = {number: int(over) / int(under) for number, over, under in _BASE.findall(lines)}
    kinds = {number: kind for number, kind in _KIND.findall(lines)}
    pictures = next((number for number, kind in kinds.items() if kind == "video"), None)
    if size is None or pictures is None:
        return None
    count, sound_s = 0, 0.0
    for line in lines.splitlines():
        if line.startswith("#"):
            continue
        stream, _, shown, length = (part.strip() for part in line.split(",")[:4])
        if stream == pictures:
            count += 1
        else:
            sound_s = max(sound_s, (int(shown) + int(length)) * bases[stream])
    if count == 0:
        return None
    fps = round(1 / bases[pictures], 3)
    return Facts(int(size[1]), int(size[2]), count, fps, sound_s, format)


def _check_length(path: Path, done: runner.Finished, facts: Facts) -> None:
    expected = _declared_s(done) or 0
    if max(facts.duration_s, facts.sound_s) < expected - _MISSING_S:
        raise _damaged(path, f"{facts.duration_s:.1f} of {expected:.1f} s")


def _declared_s(done: runner.Finished) -> float | None:
    """How long the file says it is."""
    declared = next(filter(None, map(_DECLARED.match, done.log)), None)
    if declared is None:
        return None
    hours, minutes, seconds = (float(part) for part in declared.groups())
    return hours * 3600 + minutes * 60 + seconds


def _gif_fps(frames: int, duration_s: float) -> float:
    """Delays are whole hundredths of a second: the whole rate that comes to that length, if any."""
    found = frames / duration_s
    whole = max(1, round(found))
    is_it = abs(frames / whole - duration_s) <= 0.01
    return float(whole) if is_it else round(found, 3)


def _damaged(path: Path, why: str) -> RequestError:
    return RequestError(f"clip {path.name!r} is damaged or cut short ({why}); give a whole file")
