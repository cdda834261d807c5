"""Tags in WebM clips (Matroska SimpleTags), through ffmpeg's metadata file.

Fields are named as in `studio.sounds.tags`, China's label among them, as its guide asks for.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from studio.errors import RequestError
from studio.sounds import ffmpeg as runner
from studio.videos import ffmpeg

_HEAD = ";FFMETADATA1\n"
_SPECIAL = re.compile(r"([=;#\\\n])")
_ESCAPED = re.compile(r"\\([\s\S])")
_MAX_BYTES = 32_000_000


def write(path: Path, target: Path, fields: Mapping[str, str]) -> None:
    """Copy a clip with these tags instead of any earlier ones.

    Raises:
        SaveError: it could not be written.
    """
    text = _HEAD + "".join(f"{_escape(name)}={_escape(value)}\n" for name, value in fields.items())
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        told = Path(folder) / "tags.txt"
        told.write_text(text, "utf-8")
        inputs = ("-i", f"file:{path.absolute()}", "-f", "ffmetadata", "-i", f"file:{told}")
        taken = ("-map", "0", "-map_metadata", "1", "-c", "copy", "-fflags", "+bitexact")
        ffmpeg.run((*inputs, *taken, "-f", "webm"), target)


def read(path: Path) -> dict[str, str]:
    """The fields of a clip; none where it has no tags.

    Raises:
        RequestError: no WebM, or damaged.
    """
    done = runner.extract(path, (), ("-f", "ffmetadata"), _MAX_BYTES)
    if done.code != 0 or done.is_cut:
        why = (done.errors or (f"ffmpeg ended with {done.code}",))[0]
        raise RequestError(f"clip {path.name!r} is damaged or cut short ({why}); give a whole file")
    return _parse(done.output.decode("utf-8", "replace"))


def _parse(text: str) -> dict[str, str]:
    """The global part of a metadata file: a line for each tag, its special signs escaped."""
    found: dict[str, str] = {}
    for line in re.findall(r"(?:[^\\\n]|\\[\s\S])+", text):
        if line.startswith("["):
            break
        name, is_tag, value = _split(line)
        if is_tag and not line.startswith(";"):
            # Matroska keeps the title apart, and calls it so.
            found[name.upper()] = value
    return found


def _split(line: str) -> tuple[str, bool, str]:
    match = re.match(r"((?:[^\\=]|\\[\s\S])*)=([\s\S]*)", line)
    if match is None:
        return "", False, ""
    return _ESCAPED.sub(r"\1", match[1]), True, _ESCAPED.sub(r"\1", match[2])


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
