"""Ctrl-C that stops within a step and loses nothing finished.

The first one asks: the run ends at its next step, but a file being saved is saved first. Before
the first step there is nothing to lose, so it stops at once; so does a second Ctrl-C.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from studio.cli import output
from studio.errors import Cancelled


class Stop:
    """Whether the user has asked to stop."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_running = False

    def check(self) -> None:
        """Raise Cancelled if the user has asked to stop."""
        if self.is_asked:
            raise Cancelled

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked or not self.is_running:
            raise KeyboardInterrupt
        self.is_asked = True
        output.note("stopping after this step; Ctrl-C again stops at once")


@contextmanager
def stopping() -> Iterator[Stop]:
    """While this lasts, Ctrl-C and a polite kill go to the Stop."""
    stop = Stop()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop.on_signal) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
