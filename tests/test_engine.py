"""The engine: loads once, keeps within memory, runs one per family, translates failures."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from studio.adapt import loading
from studio.engine import Engine
from studio.errors import Cancelled, OutOfMemory, PipelineError, StudioError
from studio.media import Audio, Image, Media
from studio.registry import family
from studio.spec import Family, OnStep, Params, Step
from tests.conftest import toy_job

MB = 1_000_000


def ignore(step: Step) -> None:
    pass


@dataclass(frozen=True)
class Work:
    family: Family
    params: Params


def work(name: str, memory_bytes: int, make: Callable[[Params, OnStep], Media]) -> Work:
    """A job of a family made up here, which counts its loads in `LOADS`."""

    def load(device: str) -> Callable[[Params, OnStep], Media]:
        LOADS.append(name)
        return make

    made = replace(family("toy"), name=name, memory_bytes=memory_bytes, load=load)
    return Work(made, Params(prompt="a", seed=1))


LOADS: list[str] = []


@pytest.fixture(autouse=True)
def _no_loads() -> None:
    LOADS.clear()


def black(params: Params, on_step: OnStep) -> Media:
    on_step(Step(1, 1))
    return Image(np.zeros((8, 8, 3), dtype=np.uint8))


def test_a_model_is_loaded_once() -> None:
    engine = Engine(device="cpu")
    for _ in range(3):
        engine.run(work("a", MB, black), ignore)
    assert LOADS == ["a"]


def test_preloading_loads() -> None:
    engine = Engine(device="cpu")
    engine.preload(work("a", MB, black).family)
    engine.run(work("a", MB, black), ignore)
    assert (LOADS, engine.loaded()) == (["a"], ["a"])


class Chosen(Params):
    checkpoint: str = "small"


def test_each_checkpoint_of_a_family_is_a_model_of_its_own() -> None:
    def load(device: str, checkpoint: str) -> Callable[[Params, OnStep], Media]:
        LOADS.append(checkpoint)
        return black

    made = replace(
        family("toy"), name="a", params=Chosen, load=load, loads_by=("checkpoint",),
        memory=lambda checkpoint: {"small": 10 * MB, "large": 20 * MB}[checkpoint],
    )  # fmt: skip
    engine = Engine(device="cpu", budget_bytes=25 * MB)
    engine.preload(made)
    for checkpoint in ("small", "large", "large", "small"):
        engine.run(Work(made, Chosen(prompt="a", seed=1, checkpoint=checkpoint)), ignore)
    assert LOADS == ["small", "large", "small"]


def test_a_family_that_loads_by_an_option_it_lacks_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"no options \['size'\]"):
        replace(family("toy"), loads_by=("size",))


def test_the_least_recently_used_model_goes_first() -> None:
    engine = Engine(device="cpu", budget_bytes=25 * MB)
    for name in ("a", "b", "a", "c"):
        engine.run(work(name, 10 * MB, black), ignore)
    assert engine.loaded() == ["a", "c"]
    engine.run(work("d", 20 * MB, black), ignore)
    assert engine.loaded() == ["d"]


def test_a_model_larger_than_the_budget_is_refused_before_loading() -> None:
    with pytest.raises(OutOfMemory, match=r"a needs 2\.0 GB, there is 1\.0 GB for models"):
        Engine(device="cpu", budget_bytes=1000 * MB).run(work("a", 2000 * MB, black), ignore)
    assert LOADS == []


def test_clear_forgets_everything() -> None:
    engine = Engine(device="cpu")
    engine.run(work("a", MB, black), ignore)
    engine.clear()
    assert engine.loaded() == []


def test_one_run_at_a_time_per_family_and_several_families_at_once() -> None:
    engine = Engine(device="cpu", budget_bytes=25 * MB)
    both_inside = threading.Barrier(2, timeout=10)
    inside: list[str] = []

    def alone(params: Params, on_step: OnStep) -> Media:
        inside.append("in")
        assert len(inside) == 1
        time.sleep(0.02)
        inside.pop()
        return black(params, on_step)

    def together(params: Params, on_step: OnStep) -> Media:
        both_inside.wait()
        return black(params, on_step)

    jobs = [work("a", MB, alone)] * 4 + [work("b", MB, together), work("c", MB, together)]
    made = run_all(engine, jobs)
    assert all(isinstance(each, Image) for each in made), made


def test_a_model_waits_while_running_ones_fill_the_memory() -> None:
    engine = Engine(device="cpu", budget_bytes=15 * MB)
    running: list[str] = []

    def alone(params: Params, on_step: OnStep) -> Media:
        running.append("in")
        assert len(running) == 1
        time.sleep(0.05)
        running.pop()
        return black(params, on_step)

    made = run_all(engine, [work(name, 10 * MB, alone) for name in "abc"])
    assert all(isinstance(each, Image) for each in made), made
    assert len(engine.loaded()) == 1


def run_all(engine: Engine, jobs: list[Work]) -> list[Media | BaseException]:
    made: list[Media | BaseException] = []

    def run(job: Work) -> None:
        try:
            made.append(engine.run(job, ignore))
        except (StudioError, AssertionError) as error:
            made.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == len(jobs)
    return made


def test_cancelling_stops_at_that_step_and_the_model_stays() -> None:
    seen: list[int] = []

    def cancel(step: Step) -> None:
        seen.append(step.index)
        if step.index == 2:
            raise Cancelled

    engine = Engine(device="cpu")
    with pytest.raises(Cancelled):
        engine.run(toy_job(steps=9), cancel)
    assert (seen, engine.loaded()) == ([1, 2], ["toy"])
    assert isinstance(engine.run(toy_job(), ignore), Image)


@pytest.mark.parametrize("error", [BrokenPipeError("gone"), KeyboardInterrupt(), MemoryError()])
def test_whatever_a_step_callback_raises_passes_through(error: BaseException) -> None:
    def fail(step: Step) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        Engine(device="cpu").run(toy_job(), fail)
    assert caught.value is error


def test_a_crash_names_the_family_the_size_and_the_cause() -> None:
    engine = Engine(device="cpu")
    message = "toy at 64x64 failed: RuntimeError: the toy was told to crash"
    with pytest.raises(PipelineError, match=message) as caught:
        engine.run(toy_job(fail="crash"), ignore)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert isinstance(engine.run(toy_job(), ignore), Image)


def test_running_out_of_memory_drops_the_model_and_the_next_run_works() -> None:
    engine = Engine(device="cpu")
    with pytest.raises(OutOfMemory, match=r"toy at 64x64 ran out of memory; try a smaller size"):
        engine.run(toy_job(fail="memory"), ignore)
    assert engine.loaded() == []
    assert isinstance(engine.run(toy_job(), ignore), Image)


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 20 GiB",
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes",
        "MPS backend out of memory",
    ],
)
def test_what_torch_says_about_memory_is_understood(message: str) -> None:
    def fail(params: Params, on_step: OnStep) -> Media:
        raise RuntimeError(message)

    with pytest.raises(OutOfMemory, match="a ran out of memory"):
        Engine(device="cpu").run(work("a", MB, fail), ignore)


def test_a_model_that_cannot_be_loaded_is_a_failure_of_the_pipeline() -> None:
    def load(device: str) -> Callable[[Params, OnStep], Media]:
        raise ValueError("no such tensor")

    job = Work(replace(family("toy"), load=load), Params(prompt="a"))
    engine = Engine(device="cpu")
    with pytest.raises(PipelineError, match="toy failed: ValueError: no such tensor"):
        engine.run(job, ignore)
    assert engine.loaded() == []


def test_the_garbage_collector_waits_only_while_a_model_loads() -> None:
    seen: list[bool] = []

    def load(device: str) -> Callable[[Params, OnStep], Media]:
        with loading():
            seen.append(gc.isenabled())
        seen.append(gc.isenabled())
        raise ValueError("no such tensor")

    gc.unfreeze()
    job = Work(replace(family("toy"), load=load), Params(prompt="a"))
    with pytest.raises(PipelineError, match="no such tensor"):
        Engine(device="cpu").run(job, ignore)
    assert seen == [False, False] and gc.isenabled()


def test_a_loaded_model_is_passed_over_until_it_is_dropped() -> None:
    class Ring:
        """A model that holds itself: counting references alone never frees it."""

        def __init__(self) -> None:
            self.me = self

        def __call__(self, params: Params, on_step: OnStep) -> Media:
            return black(params, on_step)

    held: list[weakref.ref[Ring]] = []

    def load(device: str) -> Ring:
        ring = Ring()
        held.append(weakref.ref(ring))
        return ring

    engine = Engine(device="cpu")
    engine.run(Work(replace(family("toy"), load=load), Params(prompt="a")), ignore)
    assert gc.get_freeze_count() > 0 and held[0]() is not None
    engine.clear()
    assert held[0]() is None


def test_media_of_another_kind_is_refused() -> None:
    def hum(params: Params, on_step: OnStep) -> Media:
        return Audio(np.zeros((1, 10), dtype=np.float32), 44_100)

    with pytest.raises(PipelineError, match="a returned Audio, must be a image"):
        Engine(device="cpu").run(work("a", MB, hum), ignore)


def test_a_family_without_torch_runs_without_torch() -> None:
    code = (
        "from studio.core import Request, generate; import sys;"
        "print(len(list(generate(Request('a', family='toy')))), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=True,
        env={**os.environ, "STUDIO_DEVICE": "cpu"},
    )
    assert done.stdout.split() == ["1", "False"]
