"""Progress on stderr: a bar with the time left on a terminal, a few plain lines elsewhere.

Knows steps and time; not what is being made.
"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from studio.cli import output
from studio.stages import Pace

Clock = Callable[[], float]

# Elsewhere than on a terminal (a log, a pipe) a line is kept for ever: be brief.
SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    def start(self, title: str, after: int = 0) -> None:
        """A new artifact begins; `after` more will follow it."""
        ...

    def step(self, index: int, total: int) -> None:
        """Step `index` (from 1) of `total` is done."""
        ...

    def clear(self) -> None:
        """Leave the terminal clean for other output."""
        ...


def progress(is_quiet: bool = False, stream: TextIO | None = None) -> Progress:
    """The right kind of progress for where stderr goes."""
    if is_quiet:
        return Silence()
    where = stream or sys.stderr
    return Bar(where) if where.isatty() else Lines(where)


class Silence:
    def start(self, title: str, after: int = 0) -> None:
        pass

    def step(self, index: int, total: int) -> None:
        pass

    def clear(self) -> None:
        pass


@dataclass
class _Left:
    """Time left, for the artifacts that follow too."""

    clock: Clock = time.monotonic
    after: int = 0
    index: int = 0
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.clock)

    def start(self, after: int) -> None:
        self.pace.start()
        self.after, self.index = after, 0

    def in_words(self, index: int, total: int) -> str:
        """The time for the remaining steps, of the artifacts that follow too.

        Empty after the first step, which loads: nothing can be told from it.
        """
        # One that waits, for a server say, tells the same step again.
        if index != self.index:
            self.pace.step()
        self.index = index
        if not self.pace.is_known:
            return ""
        return f"  {duration(self.pace.left_s(total - index, self.after * total))} left"


@dataclass
class Bar:
    """One line, drawn over itself."""

    stream: TextIO
    clock: Clock = time.monotonic
    title: str = ""
    pace: _Left = field(init=False)

    def __post_init__(self) -> None:
        self.pace = _Left(self.clock)

    def start(self, title: str, after: int = 0) -> None:
        self.title = title
        self.pace.start(after)
        self._draw(f"{title}  loading")

    def step(self, index: int, total: int) -> None:
        left = self.pace.in_words(index, total)
        filled = round(20 * index / total)
        bar = "█" * filled + "░" * (20 - filled)
        if index == total:
            self._draw(f"{self.title}  {bar}  {index}/{total}  saving")
        else:
            self._draw(f"{self.title}  {bar}  {index}/{total}{left}")

    def clear(self) -> None:
        self.stream.write("\r\x1b[K")
        self.stream.flush()

    def _draw(self, text: str) -> None:
        columns = shutil.get_terminal_size().columns
        text = output.printable(text)
        while output.wide(text) >= columns:
            text = text[:-1]
        self.stream.write(f"\r{text}\x1b[K")
        self.stream.flush()


@dataclass
class Lines:
    """A line when an artifact begins and every few seconds after: fit for a log."""

    stream: TextIO
    clock: Clock = time.monotonic
    title: str = ""
    last: float = 0.0
    pace: _Left = field(init=False)

    def __post_init__(self) -> None:
        self.pace = _Left(self.clock)

    def start(self, title: str, after: int = 0) -> None:
        self.title = title
        self.pace.start(after)
        self._write(title)

    def step(self, index: int, total: int) -> None:
        left = self.pace.in_words(index, total)
        if index < total and self.clock() - self.last >= SECONDS_BETWEEN_LINES:
            told = f",{left[1:]}" if left else ""
            self._write(f"{self.title}: step {index} of {total}{told}")

    def clear(self) -> None:
        pass

    def _write(self, text: str) -> None:
        self.last = self.clock()
        self.stream.write(output.printable(text) + "\n")
        self.stream.flush()


def duration(seconds: float) -> str:
    """`7 s`, `2:05` or `1:02:05`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
