"""Jobs fit into the memory that there is: the fastest way that does, a smaller one when it ends.

Run: python -m pytest tests/test_fitting.py
"""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipelines.open import memory
from pipelines.open.ladder import ladder
from pipelines.open.plan import plan, plans
from studio import fit, fitting
from studio.cli.looking import rows
from studio.core import Job, generate
from studio.engine import Engine
from studio.errors import OutOfMemory, RequestError
from studio.fit import Machine, Rung, choose
from studio.forms import fill
from studio.media import Image, Media
from studio.registry import family
from studio.spec import OnStep, Params, Step
from studio.store import Store
from tests.conftest import toy_job
from tests.tiny import tiny

GB = 1_000_000_000
MB = 1_000_000


def rung(name: str, device_gb: float, ram_gb: float = 0, disk_gb: float = 0) -> Rung:
    sizes = (int(each * GB) for each in (device_gb, ram_gb, disk_gb))
    return Rung(name, f"the {name} way", {"steps": len(name)}, *sizes)


LADDER = (rung("whole", 20), rung("small", 8, ram_gb=20), rung("least", 2, 4, disk_gb=20))


def machine(device_gb: float, ram_gb: float = 64, disk_gb: float = 100) -> Machine:
    return Machine("cuda", int(device_gb * GB), int(ram_gb * GB), int(disk_gb * GB))


@pytest.mark.parametrize(
    ("here", "name"),
    [(machine(24), "whole"), (machine(16), "small"), (machine(16, ram_gb=8), "least")],
)
def test_the_first_way_that_the_machine_holds_is_taken(here: Machine, name: str) -> None:
    assert choose(LADDER, here, "a job").rung.name == name


def test_what_was_passed_over_is_told() -> None:
    assert choose(LADDER, machine(24), "a job").why == ""
    assert choose(LADDER, machine(16), "a job").why == (
        "the small way, because the whole way needs 20.0 GB of memory, and 16.0 GB is there"
    )


def test_what_lacks_by_a_hair_is_not_told_as_the_same_number_twice() -> None:
    why = choose(LADDER, machine(19.99), "a job").why
    assert why.endswith("needs 20.0 GB of memory, and a little less is there")


def test_a_job_that_fits_in_no_way_is_refused_with_what_is_missing() -> None:
    with pytest.raises(OutOfMemory, match=r"a job does not fit, even with the least way: it needs"):
        choose(LADDER, machine(1), "a job")
    with pytest.raises(OutOfMemory, match=r"20\.0 GB of free disk, and 5\.0 GB is there"):
        choose(LADDER, machine(4, disk_gb=5), "a job")


class Torch:
    """Stands for what torch raises; the name is what counts."""

    class OutOfMemoryError(RuntimeError):
        pass


def laddered(fails: int, loads: list[int]) -> Job:
    """A toy with three ways, told apart by `steps`; the model runs out of memory `fails` times."""

    def load(device: str, steps: int) -> Any:
        loads.append(steps)

        def model(params: Params, on_step: OnStep) -> Media:
            on_step(Step(1, 1))
            if len(loads) <= fails:
                raise Torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
            return Image(np.full((8, 8, 3), steps, np.uint8))

        return model

    def ways(params: Any, device: str) -> tuple[Rung, ...]:
        names = ("first", "second", "third")
        found = [Rung(n, f"the {n} way", {"steps": i + 1}, MB) for i, n in enumerate(names)]
        return tuple(each for each in found if each.settings["steps"] >= params.steps)

    job = toy_job(steps=1)
    return replace(job, family=replace(job.family, load=load, loads_by=("steps",), ladder=ways))


def test_when_memory_ends_the_next_way_is_taken_told_and_recorded(store: Store) -> None:
    loads: list[int] = []
    made = next(generate([laddered(1, loads)], store=store, engine=Engine(device="cpu")))
    assert loads == [1, 2]
    why = "the second way, because the first way ran out of memory"
    assert made.record.fit == why and made.notes == (f"to fit into memory: {why}",)
    assert made.record.params["steps"] == 2, "the record has what was run"
    assert ("to fit into memory", why) in rows(made.record)


def test_memory_that_ends_again_is_an_error_and_what_is_finished_stays(store: Store) -> None:
    loads: list[int] = []
    jobs = [toy_job(seed=1), laddered(9, loads)]
    making = generate(jobs, store=store, engine=Engine(device="cpu"))
    first = next(making)
    with pytest.raises(OutOfMemory, match="ran out of memory"):
        next(making)
    assert loads == [1, 2] and first.path.is_file() and store.count() == 1


def test_a_family_with_one_way_fails_as_before(store: Store) -> None:
    with pytest.raises(OutOfMemory, match="toy at 64x64 ran out of memory"):
        fitting.make(toy_job(fail="memory"), Engine(device="cpu"), lambda j: Engine().run(j, print))


def test_the_model_of_the_next_job_loads_while_one_runs() -> None:
    engine = Engine(device="cpu", budget_bytes=100 * MB)
    after = toy_job()
    thread = engine.prefetch(after)
    assert thread is not None
    thread.join(20)
    assert engine.loaded() == ["toy"]
    assert engine.prefetch(after) is None, "it is here already"


def test_a_model_is_not_loaded_ahead_where_another_would_have_to_go() -> None:
    engine = Engine(device="cpu", budget_bytes=4_500_000)
    engine.run(laddered(0, []), print)
    assert engine.prefetch(toy_job()) is None
    assert engine.loaded() == ["toy"]


def test_cpus_have_no_way_that_needs_a_gpu() -> None:
    assert [each.fit for each in plans("auto", "fp32", "cpu")] == ["whole", "int8", "fp8", "disk"]
    assert [each.fit for each in plans("stream", "auto", "cuda")] == ["stream", "disk"]
    with pytest.raises(RequestError, match="fit='offload' needs a GPU"):
        plan("offload", "auto", "cpu")


PARTS = memory.published({"text_encoder": 4.0, "transformer": 6.0, "vae": 0.1})
SIZE = memory.Size(1024, 1024, passes=8)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_way_down_the_ladder_takes_less_memory(device: str) -> None:
    found = [memory.need(PARTS, each, SIZE).device_bytes for each in plans("auto", "bf16", device)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 20 * GB > 14 * GB > found[-1]


def test_a_model_that_is_not_here_is_forecast_by_its_makers_numbers() -> None:
    z_image = family("z-image")
    params = SimpleNamespace(
        checkpoint=z_image.checkpoints[0].id, fit="auto", precision="bf16",
        width=1024, height=1024, steps=9, guidance=0,
    )  # fmt: skip
    whole = ladder(params, "cpu", z_image.checkpoints)[0]
    assert 15 * GB < whole.device_bytes < 30 * GB and whole.flops > 1e13


def test_the_machine_is_asked_for_its_memory_and_disk(tmp_path: Path) -> None:
    here = fit.machine("cpu", 5 * GB)
    assert here.device_bytes == here.ram_bytes == 5 * GB and here.disk_bytes > 0


def test_a_clip_needs_more_with_each_frame_and_the_length_of_its_chunks() -> None:
    def needs(name: str, **options: Any) -> tuple[int, float]:
        params = fill(
            family(name).params,
            {"prompt": "a", "checkpoint": str(tiny(name)), "precision": "fp32", **options},
        )
        rung = ladder(params, "cpu", ())[0]
        return rung.ram_bytes or rung.device_bytes, rung.flops

    size = {"width": 512, "height": 512}
    short, long = (needs("wan", **size, frames=frames) for frames in (9, 97))
    assert long[0] > short[0] and long[1] > 5 * short[1]
    once, twice = (needs("skyreels", **size, frames=frames, window=97) for frames in (97, 177))
    assert once[0] == twice[0] and twice[1] == pytest.approx(2 * once[1], rel=0.3)


def test_a_song_needs_what_decoding_it_at_its_full_rate_takes() -> None:
    ace_step = family("ace-step")

    def needs(seconds: float) -> int:
        params = fill(ace_step.params, {"prompt": "a", "precision": "bf16", "duration_s": seconds})
        assert ace_step.ladder is not None
        return ace_step.ladder(params, "cuda")[0].device_bytes

    features = 60 * 48_000 * 128 * 2
    assert 5 * features < needs(120) - needs(60) < 9 * features, "of a minute in bf16"
