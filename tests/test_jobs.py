"""The job queue: work outlives whoever asked for it, can be watched by id and stopped at a step."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from studio.errors import RequestError, ResourceError
from studio.jobs import Jobs, JobState
from studio.spec import OnStep, Step

State = JobState[int, str]


def finished(jobs: Jobs[int, str], job_id: str) -> State:
    return wait_until(jobs, job_id, lambda state: state.is_finished)


def wait_until(jobs: Jobs[int, str], job_id: str, holds: Callable[[State], bool]) -> State:
    end = time.monotonic() + 10
    while not holds(state := jobs.state(job_id)):
        assert time.monotonic() < end, state
        time.sleep(0.005)
    return state


def count_up(request: int, on_step: OnStep) -> Iterator[str]:
    for item in range(request):
        for index in range(1, 4):
            on_step(Step(index, 3))
        yield f"result {item}"


class Gate:
    """A run that stops before every step until the test lets it go on."""

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.done: list[int] = []

    def __call__(self, request: int, on_step: OnStep) -> Iterator[str]:
        for index in range(1, request + 1):
            self.steps.acquire(timeout=10)
            self.done.append(index)
            on_step(Step(index, request))
        yield "result"


def test_a_job_runs_without_anybody_watching() -> None:
    jobs = Jobs(count_up)
    state = finished(jobs, jobs.submit(2, items=2))
    assert state.status == "done"
    assert state.made == ("result 0", "result 1")
    assert state.error is None


def test_cancel_stops_a_running_job_at_its_next_step() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    job = jobs.submit(100)
    gate.steps.release()
    wait_until(jobs, job, lambda state: state.step is not None)
    jobs.cancel(job)
    gate.steps.release(100)
    assert finished(jobs, job).status == "cancelled"
    assert gate.done == [1, 2]


def test_a_waiting_job_knows_how_many_are_ahead_and_can_be_cancelled_before_it_starts() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    first, second, third = (jobs.submit(1) for _ in range(3))
    assert jobs.state(third).ahead == 2
    jobs.cancel(second)
    assert jobs.state(second).status == "cancelled"
    gate.steps.release(3)
    assert finished(jobs, first).status == "done"
    assert finished(jobs, third).status == "done"
    assert jobs.state(second).made == ()


def test_a_failure_keeps_what_was_made_and_says_one_line() -> None:
    def run(request: int, on_step: OnStep) -> Iterator[str]:
        yield "first"
        raise ResourceError("no memory for the second; make it smaller")

    jobs = Jobs(run)
    state = finished(jobs, jobs.submit(2, items=2))
    assert state.status == "failed"
    assert state.made == ("first",)
    assert state.error == "no memory for the second; make it smaller"


def test_a_bug_fails_its_job_and_the_next_still_runs(caplog: pytest.LogCaptureFixture) -> None:
    def run(request: int, on_step: OnStep) -> Iterator[str]:
        if request == 1:
            raise ZeroDivisionError("a bug")
        yield "fine"

    jobs = Jobs(run)
    broken, fine = jobs.submit(1), jobs.submit(2)
    assert "ZeroDivisionError" in (finished(jobs, broken).error or "")
    assert finished(jobs, fine).made == ("fine",)
    assert "a bug" in caplog.text


def test_a_full_queue_refuses() -> None:
    gate = Gate()
    jobs = Jobs(gate, max_waiting=1)
    running = jobs.submit(1)
    wait_until(jobs, running, lambda state: state.status == "running")
    jobs.submit(1)
    with pytest.raises(ResourceError, match="waiting already"):
        jobs.submit(1)
    gate.steps.release(2)


def test_an_unknown_job_is_a_request_error() -> None:
    jobs = Jobs(count_up)
    assert not jobs.knows("nope")
    with pytest.raises(RequestError, match="nope"):
        jobs.state("nope")
    with pytest.raises(RequestError, match="nope"):
        jobs.cancel("nope")


def test_old_finished_jobs_are_forgotten() -> None:
    jobs = Jobs(count_up, keep=2)
    ids = [jobs.submit(1) for _ in range(5)]
    for job in ids[-1:]:
        finished(jobs, job)
    last = jobs.submit(1)
    finished(jobs, last)
    assert not jobs.knows(ids[0])
    assert jobs.knows(last)


def test_time_left_is_judged_by_the_steps_so_far() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    job = jobs.submit(10)
    gate.steps.release()
    assert wait_until(jobs, job, lambda s: s.step is not None).seconds_left is None
    time.sleep(0.05)
    gate.steps.release()
    state = wait_until(jobs, job, lambda s: s.step is not None and s.step.index == 2)
    assert state.seconds_left is not None and state.seconds_left > 0.3
    assert state.share_done == pytest.approx(0.2)
    gate.steps.release(8)
    finished(jobs, job)


def test_closing_cancels_what_runs() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    job = jobs.submit(50)
    gate.steps.release(2)
    wait_until(jobs, job, lambda s: s.step is not None)
    closer = threading.Thread(target=jobs.close)
    closer.start()
    gate.steps.release(50)
    closer.join(timeout=10)
    assert jobs.state(job).status == "cancelled"
