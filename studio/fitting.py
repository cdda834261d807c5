"""Runs a job in the fastest way that this machine holds, and in a smaller one when memory ends.

What was chosen, and why, is told with the result and kept in its record. Knows no family and no
front; the ways are the family's (`Family.ladder`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from studio.adapt import release_memory
from studio.engine import Engine
from studio.errors import OutOfMemory
from studio.fit import Choice
from studio.request import Job
from studio.spec import OnStep, Step

T = TypeVar("T")


@dataclass(frozen=True)
class Fitted(Generic[T]):
    """The job as it was run, what came of it, and why it was not run in the fastest way."""

    job: Job
    made: T
    why: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"to fit into memory: {self.why}",) if self.why else ()


def settled(job: Job, choice: Choice | None) -> Job:
    """The job with the options that choose a rung."""
    if choice is None:
        return job
    return replace(job, params=job.params.model_copy(update=dict(choice.rung.settings)))


def make(job: Job, engine: Engine, run: Callable[[Job], T]) -> Fitted[T]:
    """Run a job; when memory ends, once more in the next smaller way.

    Args:
        run: makes what was asked for from the job as it is to be run.

    Raises:
        OutOfMemory: no way fits, or memory ended in the smaller one too.
    """
    choice = engine.choice(job.family, job.params)
    job = settled(job, choice)
    why = choice.why if choice else ""
    try:
        return Fitted(job, run(job), why)
    except OutOfMemory as error:
        smaller = _smaller(job, engine, error)
    # Outside of the except block: the error holds on to what filled the memory.
    release_memory()
    return Fitted(settled(job, smaller), run(settled(job, smaller)), smaller.why)


def ahead(on_step: OnStep, after: Job | None, engine: Engine) -> OnStep:
    """Passes steps on; at the first of them the model of the next job begins to load.

    Not before: two models that load at once take turns anyway.
    """
    if after is None:
        return on_step
    waiting = [after]

    def watched(step: Step) -> None:
        on_step(step)
        if waiting:
            engine.prefetch(waiting.pop())

    return watched


def _smaller(job: Job, engine: Engine, error: OutOfMemory) -> Choice:
    """The next rung, with what the person should know of it; the error itself where none is."""
    if job.family.ladder is None:
        raise error
    ladder = job.family.ladder(job.params, engine.device)
    if len(ladder) < 2:
        raise error
    return Choice(ladder[1], f"{ladder[1].about}, because {ladder[0].about} ran out of memory")
