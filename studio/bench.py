"""What the studio costs on this machine: start-up, time per size, overhead, memory.

Each suite is a function from a Plan to numbers. What must be cold runs in a child process. Every
suite works in a home of its own, so that nothing measured touches the user's library. Knows no
family by name.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import core, forms, registry
from studio.engine import Engine
from studio.errors import PipelineError, RequestError, unknown
from studio.spec import Family, Step
from studio.store import Store

PROMPT = "a red apple"
CLIP_PROMPT = "a penguin surfing a big wave, camera pans left"
# Squares worth knowing, in px; those that the family does not make are left out.
SIZES = (256, 512, 1024, 2048)
# Where one size must stand for all: the one that the design sets limits for.
USUAL_SIZE = 512

Numbers = dict[str, Any]
Suite = Callable[["Plan"], Numbers]


@dataclass(frozen=True)
class Plan:
    """What to measure: a family (None: the default for pictures) and how often."""

    family: str | None = None
    repeat: int = 3


@dataclass(frozen=True)
class Child:
    """One finished `studio` process."""

    seconds: float
    peak_bytes: int


def suite(name: str) -> Suite:
    """The suite of this name."""
    if name not in SUITES:
        raise unknown("suite", name, SUITES)
    return SUITES[name]


def start_up(plan: Plan) -> Numbers:
    """Seconds until a cold `studio --help` has answered."""
    runs = [run_child(["--help"]) for _ in range(plan.repeat)]
    return {"help_s": _median(run.seconds for run in runs)}


def first(plan: Plan) -> Numbers:
    """Seconds and memory of a cold process that makes one picture at default settings."""
    family = _family(plan)
    runs = [run_child(["make", PROMPT, "--model", family.name]) for _ in range(plan.repeat)]
    return {
        "family": family.name,
        "first_picture_s": _median(run.seconds for run in runs),
        "peak_bytes": max(run.peak_bytes for run in runs),
    }


def sizes(plan: Plan) -> Numbers:
    """Seconds from prompt to saved file by size, warm."""
    family = _family(plan)
    found: Numbers = {"family": family.name}
    with _workshop() as make:
        for size in sizes_of(family):
            # The first run loads the model and warms caches; `first` is the suite for that.
            runs = [timed(lambda s=size: make(_request(family, s))) for _ in range(plan.repeat + 1)]
            found[f"{size}px_s"] = _median(runs[1:])
    return found


def memory(plan: Plan) -> Numbers:
    """Peak memory of a process that makes one picture, by size."""
    family = _family(plan)
    found: Numbers = {"family": family.name}
    for size in sizes_of(family):
        settings = [f"--set={key}={value}" for key, value in _square(size).items()]
        run = run_child(["make", PROMPT, "--model", family.name, *settings])
        found[f"{size}px_bytes"] = run.peak_bytes
    return found


def overhead(plan: Plan) -> Numbers:
    """What the studio adds to calling the family's model directly.

    `engine` is the same run through the engine, `saved` the whole way from prompt to tagged file.
    The three take turns, so that a machine that slows down slows them all.
    """
    family = _family(plan)
    engine = Engine()
    engine.preload(family)
    model = family.load(engine.device)
    request = _request(family, _usual(family))
    times: dict[str, list[float]] = {"direct": [], "engine": [], "saved": []}
    with _workshop(engine) as make:
        for _ in range(plan.repeat + 1):
            job = core.resolve(request)[0]
            times["direct"].append(timed(lambda j=job: model(j.params, ignore)))
            times["engine"].append(timed(lambda j=job: engine.run(j, ignore)))
            times["saved"].append(timed(lambda: make(request)))
    median = {name: _median(runs[1:]) for name, runs in times.items()}
    return {
        "family": family.name,
        "size": _usual(family),
        "direct_s": median["direct"],
        "saved_s": median["saved"],
        "engine_percent": 100 * (median["engine"] / median["direct"] - 1),
        "saved_percent": 100 * (median["saved"] / median["direct"] - 1),
    }


def clip(plan: Plan) -> Numbers:
    """Seconds and memory of a clip at default settings, with its sound: cold, then warm."""
    named = registry.family(plan.family) if plan.family else None
    is_fit = named is not None and named.kind == "video"
    family = named if named is not None and is_fit else registry.default_family("video")
    arguments = ["make", CLIP_PROMPT, "--model", family.name]
    runs = [run_child(arguments) for _ in range(plan.repeat)]
    found: Numbers = {"family": family.name}
    found["first_clip_s"] = _median([run.seconds for run in runs])
    found["peak_bytes"] = max(run.peak_bytes for run in runs)
    with _workshop() as make:
        warm = [
            timed(lambda: make(core.Request(CLIP_PROMPT, family=family.name, seed=next(_seeds))))
            for _ in range(plan.repeat + 1)
        ]
    return {**found, "clip_s": _median(warm[1:])}


def forecast(plan: Plan) -> Numbers:
    """Forecast memory beside the measured peak, on random open models of mid size."""
    from studio import measured

    return measured.forecasts(lambda arguments: run_child(arguments).peak_bytes)


def switches(plan: Plan) -> Numbers:
    """What each switch of open models does to time, memory and picture."""
    from studio import measured

    return measured.switches()


def pipeline(plan: Plan) -> Numbers:
    """What the studio adds to the same pipeline of diffusers, on a random model of mid size."""
    from studio import measured

    return measured.overhead(plan.repeat)


# A child's peak memory starts at what its parent used when it was made, so a small process in
# between makes it, and measures it: wait4 tells of this one child alone.
_MEASURE = """
import json, os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen([sys.executable, "-m", "studio", *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
found = [time.perf_counter() - began, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]
print(json.dumps(found))
"""


def run_child(arguments: list[str]) -> Child:
    """Run the command cold, in a home of its own.

    Raises:
        PipelineError: it failed; the message is its own.
    """
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, *arguments],
            env={**os.environ, "STUDIO_HOME": home, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, peak, exit_code = json.loads(done.stdout)
    if exit_code != 0:
        said = done.stderr.strip().splitlines()
        raise PipelineError(
            f"studio {arguments[0]} ended with {exit_code}: {said[-1] if said else ''}"
        )
    return Child(seconds, peak * (1 if sys.platform == "darwin" else 1024))


def sizes_of(family: Family) -> list[int]:
    """Those of SIZES that the family takes as width and height."""
    return [size for size in SIZES if _takes(family, size)]


def _takes(family: Family, size: int) -> bool:
    try:
        forms.fill(family.params, {"prompt": PROMPT, **_square(size)})
    except RequestError:
        return False
    return True


def _usual(family: Family) -> int:
    """The usual size, or the largest that the family makes below it."""
    found = [size for size in sizes_of(family) if size <= USUAL_SIZE]
    if not found:
        raise RequestError(f"{family.name} has no square size to measure; choose another --model")
    return max(found)


def _square(size: int) -> dict[str, int]:
    return {"width": size, "height": size}


def _family(plan: Plan) -> Family:
    return registry.family(plan.family) if plan.family else registry.default_family("image")


_seeds = itertools.count(1)


def _request(family: Family, size: int) -> core.Request:
    return core.Request(PROMPT, family=family.name, params=_square(size), seed=next(_seeds))


@contextmanager
def _workshop(engine: Engine | None = None) -> Iterator[Callable[[core.Request], None]]:
    """A way to make pictures that leaves nothing behind; the model stays loaded meanwhile."""
    with tempfile.TemporaryDirectory() as home:
        store, engine = Store(Path(home)), engine or Engine()

        def make(request: core.Request) -> None:
            for _ in core.generate(request, ignore, store=store, engine=engine):
                pass

        yield make


def ignore(step: Step) -> None:
    pass


def timed(run: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _median(values: "Iterator[float] | list[float]") -> float:
    return statistics.median(values)


SUITES: dict[str, Suite] = {
    "startup": start_up,
    "first": first,
    "sizes": sizes,
    "memory": memory,
    "overhead": overhead,
    "clip": clip,
    "forecast": forecast,
    "switches": switches,
    "pipeline": pipeline,
}
NEED_RANDOM_WEIGHTS = ("forecast", "switches", "pipeline")
"""Suites that make weights of their own, whatever family is named; minutes each."""
