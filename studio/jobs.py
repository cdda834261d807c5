"""Runs requests one after another in the background and remembers how each is going.

A front submits a request and gets an id; from then on the work belongs to this queue, not to the
connection that asked for it. Any front may ask for the state by id, later or again. Kept in
memory. Must not know what a request is, how it is carried out, or who watches.
"""

import contextvars
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Literal, TypeVar

from studio.errors import Cancelled, RequestError, ResourceError, StudioError
from studio.spec import OnStep, Step
from studio.stages import Pace

log = logging.getLogger(__name__)

R = TypeVar("R")
A = TypeVar("A")

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
FINISHED: frozenset[Status] = frozenset({"done", "failed", "cancelled"})

Run = Callable[[R, OnStep], Iterator[A]]


@dataclass(frozen=True)
class JobState(Generic[R, A]):
    """What is known of a job at one moment."""

    id: str
    request: R
    status: Status
    items: int
    """How many results were asked for."""

    made: tuple[A, ...]
    step: Step | None
    """The last step of the result being made; None before its first."""

    ahead: int
    """How many jobs must finish before this one starts."""

    seconds_left: float | None
    """None while there is nothing to judge it by."""

    error: str | None
    version: int
    """Grows with every change, so that a watcher can tell whether to look again."""

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def share_done(self) -> float:
        """Progress over all items, 0 to 1."""
        part = self.step.index / self.step.total if self.step else 0.0
        return min(1.0, (len(self.made) + part) / self.items)


@dataclass
class _Entry(Generic[R, A]):
    id: str
    request: R
    items: int
    status: Status = "waiting"
    made: list[A] = field(default_factory=list[A])
    step: Step | None = None
    error: str | None = None
    version: int = 0
    started: float = 0.0
    pace: Pace = field(default_factory=Pace)
    is_cancelled: bool = False


class Jobs(Generic[R, A]):
    """A queue of jobs. Finished ones are kept until `keep` newer ones have finished."""

    def __init__(
        self, run: Run[R, A], workers: int = 1, max_waiting: int = 64, keep: int = 200
    ) -> None:
        self._run = run
        self._max_waiting = max_waiting
        self._keep = keep
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry[R, A]] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="studio-job")

    def submit(self, request: R, items: int = 1) -> str:
        """Queue a request and return the id to ask for it by.

        Raises:
            ResourceError: too many jobs wait already.
        """
        entry: _Entry[R, A] = _Entry(secrets.token_urlsafe(12), request, items)
        # The caller's context goes along: a host may keep there on whose account the work is done.
        context = contextvars.copy_context()
        with self._lock:
            waiting = sum(e.status == "waiting" for e in self._entries.values())
            if waiting >= self._max_waiting:
                raise ResourceError(f"{waiting} jobs are waiting already; try again in a minute")
            self._entries[entry.id] = entry
            self._forget_old()
        future = self._pool.submit(context.run, self._work, entry)
        future.add_done_callback(partial(self._close, entry))
        return entry.id

    def state(self, job_id: str) -> JobState[R, A]:
        """The job as it is now.

        Raises:
            RequestError: no such job, or it finished too long ago.
        """
        with self._lock:
            entry = self._entries.get(job_id)
            if entry is None:
                raise RequestError(f"no job {job_id!r}; it may have ended long ago")
            return self._snapshot(entry)

    def knows(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._entries

    def cancel(self, job_id: str) -> None:
        """Stop a job at its next step, or before it starts. What it has made stays."""
        with self._lock:
            entry = self._entries.get(job_id)
            if entry is None:
                raise RequestError(f"no job {job_id!r}; it may have ended long ago")
            entry.is_cancelled = True
            if entry.status == "waiting":
                self._change(entry, status="cancelled")

    def close(self) -> None:
        """Cancel everything and take no more."""
        with self._lock:
            for entry in self._entries.values():
                entry.is_cancelled = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, entry: _Entry[R, A]) -> Status:
        with self._lock:
            if entry.is_cancelled:
                return "cancelled"
            self._change(entry, status="running", started=time.monotonic(), pace=Pace())
        try:
            for artifact in self._run(entry.request, partial(self._on_step, entry)):
                with self._lock:
                    self._change(entry, made=[*entry.made, artifact], step=None)
        except Cancelled:
            return "cancelled"
        return "done"

    def _on_step(self, entry: _Entry[R, A], step: Step) -> None:
        with self._lock:
            if entry.is_cancelled:
                raise Cancelled
            # One that waits, for a server say, tells the same step again.
            if entry.step is None or entry.step.index != step.index:
                entry.pace.step()
            self._change(entry, step=step)

    def _close(self, entry: _Entry[R, A], future: "Future[Status]") -> None:
        if future.cancelled():
            changes: dict[str, Any] = {"status": "cancelled"}
        elif (failure := future.exception()) is None:
            changes = {"status": future.result()}
        elif isinstance(failure, StudioError):
            changes = {"status": "failed", "error": str(failure)}
        else:
            log.error("a job failed in a way nobody foresaw", exc_info=failure)
            message = f"unexpected {type(failure).__name__}: {failure}; the log has the details"
            changes = {"status": "failed", "error": message}
        with self._lock:
            self._change(entry, step=None, **changes)

    def _change(self, entry: _Entry[R, A], **changes: Any) -> None:
        for name, value in changes.items():
            setattr(entry, name, value)
        entry.version += 1

    def _forget_old(self) -> None:
        finished = [e.id for e in self._entries.values() if e.status in FINISHED]
        for job_id in finished[: max(0, len(finished) - self._keep)]:
            del self._entries[job_id]

    def _snapshot(self, entry: _Entry[R, A]) -> JobState[R, A]:
        ahead = 0
        if entry.status == "waiting":
            for other in self._entries.values():
                if other is entry:
                    break
                ahead += other.status not in FINISHED
        return JobState(
            id=entry.id,
            request=entry.request,
            status=entry.status,
            items=entry.items,
            made=tuple(entry.made),
            step=entry.step,
            ahead=ahead,
            seconds_left=_seconds_left(entry),
            error=entry.error,
            version=entry.version,
        )


def _seconds_left(entry: _Entry[Any, Any]) -> float | None:
    # The first step pays for loading and compiling; it would spoil the forecast.
    if entry.status != "running" or not entry.pace.is_known or entry.step is None:
        return None
    here = entry.step.total - entry.step.index
    later = (entry.items - len(entry.made) - 1) * entry.step.total
    return entry.pace.left_s(here, max(0, later))
