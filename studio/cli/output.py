"""Writing for people and for scripts: results on stdout, everything else on stderr.

Text that came from outside (prompts, file names) is made harmless before a terminal sees it.
Knows no command.
"""

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def prepare_streams() -> None:
    """Let every character out, whatever the terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name that is not UTF-8 must reach the script byte for byte.
            is_utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def line(text: str = "") -> None:
    """One line for stdout, out at once so that a reader of the pipe need not wait."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """One line for stderr."""
    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()


def error(text: str) -> None:
    note(f"error: {text}")


def as_json(data: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON value on one line; ASCII where the stream can take no more."""
    try:
        text = json.dumps(data, ensure_ascii=False)
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data)
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    line(text if is_utf8 else json.dumps(data))


def printable(text: str) -> str:
    """The text on one line, without characters that command a terminal."""
    return "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text)


# Inside emoji these are part of the picture; alone they show nothing and do nothing.
_JOINERS = "\u200d\ufe0f"


def _escape(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def table(rows: Iterable[Sequence[str]]) -> None:
    """Columns aligned with two spaces between; the last one may be of any length."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        return
    widths = [max(wide(row[i]) for row in cells) for i in range(len(cells[0]) - 1)]
    for row in cells:
        padded = [cell + " " * (w - wide(cell)) for cell, w in zip(row, widths, strict=False)]
        line("  ".join([*padded, row[-1]]).rstrip())


def wide(text: str) -> int:
    """Columns that the text takes on a terminal: Chinese characters and emoji take two."""
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(c) or c in _JOINERS else 2 if east_asian_width(c) in "WF" else 1
        for c in text
    )
