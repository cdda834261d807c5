"""What a job will take on this machine: memory, disk, seconds, and the way it is fitted in.

Memory and disk come from the family's ladder; seconds from earlier runs in the library, else from
a rule that is named. Knows no family and runs nothing.
"""

import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import forms
from studio.engine import Engine
from studio.errors import OutOfMemory, RequestError, SaveError
from studio.fit import Choice, Rung, in_words
from studio.record import Record
from studio.spec import Family, Params
from studio.store import Store

FloatArray = NDArray[np.float64]
# Options that say how large a job is, and those that must be the same to compare two.
_SIZES = ("width", "height", "steps", "duration_s", "fps", "scale", "scenes")
_ALIKE = ("fit", "precision", "checkpoint")
# Those that are as "none" in records from before there were any.
_QUICKER = ("cache", "compile")
_LOOKED_AT = 200
_NEWEST = 5
# Where nothing was made yet: bytes a second to a GPU and from disk, operations a second of each
# multiprocessor of a GPU and core of a CPU, and the share of it that a model gets.
_BUS_BYTES_S, _DISK_BYTES_S = 12e9, 1e9
_GPU_FLOPS_S, _CPU_FLOPS_S = 1e12, 1e11
_SHARE = 0.5


@dataclass(frozen=True)
class Forecast:
    """What a job takes. `seconds` is None where nothing tells; `seconds_from` says what did.

    `memory_bytes`: the peak on the device. `ram_bytes`: beside it, on a GPU. `disk_bytes`: of
    temporary files. `download_bytes`: weights that are not here yet. `problem`: why it cannot run.
    """

    plan: str
    why: str
    memory_bytes: int
    ram_bytes: int
    disk_bytes: int
    download_bytes: int
    seconds: float | None
    seconds_from: str
    problem: str = ""


def forecast(family: Family, params: Params, engine: Engine, store: Store) -> Forecast:
    """What a job of these params takes."""
    choice, problem = _choice(family, params, engine)
    rung = choice.rung
    fitted = params.model_copy(update=dict(rung.settings))
    seconds, source = earlier(family, fitted, engine.device, store)
    if seconds is None and rung.flops:
        seconds, source = by_rule(rung, engine.device)
    return Forecast(
        plan=rung.about,
        why=choice.why,
        memory_bytes=rung.device_bytes,
        ram_bytes=rung.ram_bytes,
        disk_bytes=rung.disk_bytes,
        download_bytes=to_pull(family, params),
        seconds=seconds,
        seconds_from=source,
        problem=problem,
    )


def _choice(family: Family, params: Params, engine: Engine) -> tuple[Choice, str]:
    """How the job is fitted in; where it does not fit, the smallest way, and what it lacks."""
    try:
        choice = engine.choice(family, params)
    except OutOfMemory as error:
        assert family.ladder is not None, "only a ladder can be too high"
        return Choice(family.ladder(params, engine.device)[-1]), str(error)
    needs = family.needs_bytes(**family.loading(params)) if choice is None else 0
    return choice or Choice(Rung("whole", "all of it in memory", {}, needs)), ""


def to_pull(family: Family, params: Params) -> int:
    """Bytes of weights that would have to be pulled first."""
    if family.is_here(**family.loading(params)):
        return 0
    wanted = str(getattr(params, "checkpoint", "")).partition("@")[0]
    return next((each.size_bytes for each in family.checkpoints if each.id == wanted), 0)


def earlier(family: Family, params: Params, device: str, store: Store) -> tuple[float | None, str]:
    """Seconds by what jobs of this family took here before, and how many those were."""
    asked = params.model_dump(mode="json")
    try:
        made = store.library(family.kind, None, _LOOKED_AT)
    except SaveError as error:
        # A forecast needs no home that can be written to; it only knows less.
        return None, str(error)
    runs = [e.record for e in made if _is_alike(e.record, family.name, asked, device)]
    if not runs:
        return None, "nothing of it was made here yet"
    same = [each for each in runs if _sizes(each.params) == _sizes(asked)]
    source = f"{len(same or runs)} made here before" + ("" if same else ", of other sizes")
    if same:
        return statistics.median(each.seconds for each in same[:_NEWEST]), source
    works = np.array([work(family, each.params) for each in runs])
    seconds = np.array([each.seconds for each in runs])
    wanted = work(family, asked)
    if family.work is not None:
        return float(np.median(seconds / works) * wanted), source
    return _by_work(works, seconds, wanted), source


def _is_alike(record: Record, family: str, asked: Mapping[str, Any], device: str) -> bool:
    same = all(record.params.get(name) == asked.get(name) for name in _ALIKE)
    same = same and all(_switch(record.params, n) == _switch(asked, n) for n in _QUICKER)
    return same and record.family == family and record.device == device


def _switch(params: Mapping[str, Any], name: str) -> str:
    return params.get(name) or "none"


def _sizes(params: Mapping[str, Any]) -> tuple[Any, ...]:
    # An option that is off is as one that there was not yet.
    return tuple(params.get(name) or None for name in _SIZES)


def work(family: Family, params: Mapping[str, Any]) -> float:
    """How much is made: as the family says, else the product of all that makes a job larger."""
    if family.work is not None:
        return family.work(params)
    found = 1.0
    for name in _SIZES:
        value = params.get(name)
        found *= float(value) if isinstance(value, (int, float)) and value > 0 else 1.0
    return found


def _by_work(works: FloatArray, seconds: FloatArray, wanted: float) -> float:
    """A fixed part and one that grows with the work, by least squares; neither below 0."""
    if len(set(works)) > 1:
        slope, fixed = np.polyfit(works / wanted, seconds, 1)
        if slope > 0 and fixed > 0:
            return float(fixed + slope)
    return float(np.median(seconds / works) * wanted)


def by_rule(rung: Rung, device: str) -> tuple[float, str]:
    """Seconds by a rule: operations at the speed of this machine, and bytes that are moved."""
    speed = _flops_s(device) * _SHARE
    bus = _DISK_BYTES_S if rung.disk_bytes or device == "cpu" else _BUS_BYTES_S
    seconds = rung.flops / speed + rung.moved_bytes / bus
    return seconds, f"a rule: {rung.flops / 1e12:.2g} TFLOP at {speed / 1e12:.2g} TFLOP/s"


def _flops_s(device: str) -> float:
    """What the device can do at best; assumed by its number of cores or multiprocessors."""
    if device.startswith("cuda"):
        import torch

        return _GPU_FLOPS_S * torch.cuda.get_device_properties(device).multi_processor_count
    return _CPU_FLOPS_S * (os.cpu_count() or 1)


def usual(family: Family, engine: Engine, store: Store) -> Forecast | None:
    """What a job at the family's defaults takes; None where it needs more than a prompt."""
    try:
        params = forms.fill(family.params, {"prompt": "a", "seed": 1})
    except RequestError:
        return None
    return forecast(family, params, engine, store)


def in_brief(family: Family, found: Forecast | None) -> str:
    """Memory and time of a usual job, in a few words; of one that does not fit, the memory."""
    if found is None:
        return in_words(family.memory_bytes)
    if found.problem or found.seconds is None:
        return in_words(found.memory_bytes)
    return f"{in_words(found.memory_bytes)}, {in_time(found.seconds)}"


def times(found: Forecast, count: int) -> Forecast:
    """The same for several jobs, one after another: they share memory, not time."""
    seconds = None if found.seconds is None else found.seconds * count
    return replace(found, seconds=seconds)


def in_time(seconds: float) -> str:
    """Seconds for people, no finer than they are known."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
