"""`studio make --dry-run`, and what `studio models` says of each: what a job will take here.

Shows forecasts; makes none itself, and knows no family.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studio import core, forecast
from studio.cli import output
from studio.errors import OutOfMemory
from studio.fit import in_words

if TYPE_CHECKING:
    from studio.forecast import Forecast
    from studio.spec import Family


def dry_run(jobs: Sequence[core.Job], is_json: bool) -> int:
    """Say what these jobs will take, which are alike but for their seeds; run nothing."""
    from studio.store import Store

    job = jobs[0]
    found = forecast.forecast(job.family, job.params, core.default_engine(), Store())
    found = forecast.times(found, len(jobs))
    if is_json:
        facts = {"family": job.family.name, "kind": job.kind, "count": len(jobs), "seed": job.seed}
        output.as_json({**facts, "params": _params(job), **asdict(found)})
    else:
        output.table([("model", job.family.name), *rows(found, len(jobs))])
    return OutOfMemory.exit_code if found.problem else 0


def _params(job: core.Job) -> dict[str, Any]:
    return job.params.model_dump(mode="json")


def rows(found: "Forecast", count: int = 1) -> Iterator[tuple[str, str]]:
    """A forecast for people; what is nothing is left out."""
    if found.problem:
        yield "problem", found.problem
    yield "plan", found.why or found.plan
    yield "memory", in_words(found.memory_bytes)
    for name, size in (
        ("memory beside the device's", found.ram_bytes),
        ("temporary files", found.disk_bytes),
        ("to download first", found.download_bytes),
    ):
        if size:
            yield name, in_words(size)
    each = f", {count} of them" if count > 1 else ""
    seconds = "unknown" if found.seconds is None else forecast.in_time(found.seconds)
    yield "time", f"{seconds}{each} ({found.seconds_from})"


def needs(family: "Family") -> str:
    """What a job at the family's defaults takes, in a few words."""
    found = usual(family)
    words = forecast.in_brief(family, found)
    is_too_large = found is not None and found.problem
    return f"{words} at least: too much for this machine" if is_too_large else words


def usual(family: "Family") -> "Forecast | None":
    from studio.store import Store

    return forecast.usual(family, core.default_engine(), Store())
