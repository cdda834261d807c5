"""The progress of a job that is made in stages: told as one count, and how long it goes on.

Knows nothing of what the stages make.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from studio.spec import OnStep, Step

_LATEST = 16
"""Steps whose time tells how long the next ones take."""


class Pace:
    """How long the steps that are left will take.

    The latest steps tell: those of drawing are quick, those of frames are slow, those of a file
    quick again. The longest of them is left out, as one that loaded something, and so is the first.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.start()

    def start(self) -> None:
        """The first step begins."""
        self._began = self._last = self._clock()
        self._first_s: float | None = None
        self._count = 0
        self._latest: deque[float] = deque(maxlen=_LATEST)

    def step(self) -> None:
        """One more step is done."""
        now = self._clock()
        if self._first_s is None:
            self._first_s = now - self._last
        else:
            self._latest.append(now - self._last)
            self._count += 1
        self._last = now

    @property
    def is_known(self) -> bool:
        """Whether more than the first step is done."""
        return self._count > 0

    def left_s(self, steps: int, later: int = 0) -> float:
        """Seconds for so many more steps of this one, and `later` ones of others like it."""
        if self._first_s is None:
            return 0.0
        if not self.is_known:
            return self._first_s * (steps + later)
        usual = sorted(self._latest)[:-1] if len(self._latest) > 2 else list(self._latest)
        on_average = (self._last - self._began - self._first_s) / self._count
        return sum(usual) / len(usual) * steps + on_average * later


class TwoStages:
    """The steps of the first stage as they come, then those of the second as `ticks` more."""

    def __init__(self, on_step: OnStep, ticks: int) -> None:
        self._on_step = on_step
        self._ticks = ticks
        self._of_the_first = 1
        self._done = 0

    def first(self, step: Step) -> None:
        self._of_the_first = step.total
        self._on_step(Step(step.index, step.total + self._ticks, step.picture))

    def second(self, step: Step) -> None:
        self._to(math.floor(step.index * self._ticks / step.total), step)

    def finish(self) -> None:
        """Both stages are done, whatever the second told."""
        self._to(self._ticks, None)

    def _to(self, tick: int, step: Step | None) -> None:
        while self._done < tick:
            self._done += 1
            picture = step.picture if step is not None else None
            total = self._of_the_first + self._ticks
            self._on_step(Step(self._of_the_first + self._done, total, picture))
