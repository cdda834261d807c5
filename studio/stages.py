"""The progress of a job that is made in two stages, told as one count.

Knows nothing of what the stages make.
"""

import math

from studio.spec import OnStep, Step


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
