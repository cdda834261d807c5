"""Forecasts beside measured peaks, switches beside the plain run, the studio beside diffusers.

Suites of `studio bench` for open models, on random weights of mid size: nothing is downloaded.
Knows the families that there are random weights for by name, and nothing of their inside.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.open import measure
from studio import forms, registry
from studio.core import generate, resolve
from studio.engine import Engine
from studio.request import Request
from studio.spec import unwatched
from studio.store import Store

Numbers = dict[str, Any]
PROMPT = "a red apple"


@dataclass(frozen=True)
class Configuration:
    """What one run of is forecast, then measured: a random model at a size, precision and way.

    `frames`: of a clip. `packing`: of a GGUF file with the denoiser's weights. `sound_s`: of a
    song, which has no side.
    """

    model: str
    side_px: int
    precision: str
    fit: str = "whole"
    frames: int | None = None
    packing: str = ""
    sound_s: float = 0.0


FITTED = (
    Configuration("z-image", 256, "bf16"),
    Configuration("z-image", 384, "bf16"),
    Configuration("z-image", 512, "bf16"),
    Configuration("z-image", 256, "fp32"),
    Configuration("z-image", 256, "bf16", "fp8"),
    Configuration("z-image", 256, "bf16", "disk"),
    Configuration("sdxl", 256, "bf16"),
    Configuration("sdxl", 384, "bf16"),
    Configuration("sdxl", 256, "fp32"),
    Configuration("sdxl", 256, "bf16", "fp8"),
    Configuration("sdxl", 256, "bf16", "disk"),
    Configuration("wan", 256, "bf16", frames=33),
    Configuration("wan", 384, "fp32", frames=17),
    Configuration("ace-step", 0, "bf16", sound_s=10),
    Configuration("ace-step", 0, "fp32", sound_s=10),
)
"""Those that the rules of `pipelines.open.memory` were fitted to."""

HELD_OUT = (
    Configuration("z-image", 640, "bf16"),
    Configuration("z-image", 448, "fp32"),
    Configuration("z-image", 320, "bf16", "int8"),
    Configuration("z-image", 320, "bf16", packing="Q8_0"),
    Configuration("sdxl", 512, "fp32", "int8"),
    Configuration("wan", 256, "bf16", frames=9),
    Configuration("wan", 320, "bf16", "int8", frames=13),
    Configuration("ace-step", 0, "bf16", sound_s=20),
    Configuration("ace-step", 0, "bf16", "int8", sound_s=14),
)
"""Others, which no rule was fitted to: sizes, ways, lengths."""


def forecasts(peak_of: Callable[[list[str]], int]) -> Numbers:
    """The memory of a cold `studio make` as forecast and as measured, for each configuration.

    Args:
        peak_of: runs a command of the studio in a process of its own → its peak in bytes.
    """
    rows: list[Numbers] = []
    with tempfile.TemporaryDirectory() as folder:
        for each in (*FITTED, *HELD_OUT):
            row = _forecast(each, Path(folder), peak_of)
            rows.append({**row, "is_held_out": each in HELD_OUT})
    worst = {
        is_held_out: max(abs(r["off_percent"]) for r in rows if r["is_held_out"] == is_held_out)
        for is_held_out in (False, True)
    }
    return {"worst_percent": worst[False], "worst_held_out_percent": worst[True], "runs": rows}


def _forecast(each: Configuration, folder: Path, peak_of: Callable[[list[str]], int]) -> Numbers:
    """One row of the table; see `forecasts`."""
    options = _options(each.model, folder, each.side_px, precision=each.precision, fit=each.fit)
    if each.sound_s:
        options = {key: options[key] for key in options if key not in ("width", "height")}
        options["duration_s"] = each.sound_s
        options.pop("guidance")
    if each.frames is not None:
        options |= {"frames": each.frames, "soundtrack": "none"}
    if each.packing:
        small = measure.randoms.build_packed(each.model, folder, each.packing)
        options["checkpoint"] = str(small)
    family = registry.family(each.model)
    choice = Engine(device="cpu").choice(family, forms.fill(family.params, options))
    assert choice is not None, "every family here has several ways"
    given = [f"--set={key}={value}" for key, value in options.items() if key != "prompt"]
    peak = peak_of(["make", PROMPT, "--model", each.model, "--quiet", *given])
    forecast = choice.rung.device_bytes
    return {
        **{key: value for key, value in asdict(each).items() if value},
        "forecast_bytes": forecast,
        "peak_bytes": peak,
        "off_percent": 100 * (forecast / peak - 1),
    }


def _options(name: str, folder: Path, side: int, **more: Any) -> Numbers:
    weights = measure.randoms.build(name, folder)
    size = {"width": side, "height": side, "steps": 2, "guidance": 0, "seed": 1}
    return {"prompt": PROMPT, "checkpoint": str(weights), **size, **more}


def switches() -> Numbers:
    """Time, memory and likeness of each switch beside the plain run of the same seed."""
    with tempfile.TemporaryDirectory() as folder:
        found: Numbers = {
            "first-block cache, " + name: measure.cached(name) for name in measure.CACHED
        }
        found["words encoded once"] = measure.encoding(Path(folder))
        return found | measure.switches(Path(folder))


def overhead(repeat: int) -> Numbers:
    """What the studio adds to the same pipeline of diffusers, called with the same arguments.

    All share one loaded model and take turns, so that a machine that slows down slows them all.
    `engine` is a run through the engine, `saved` the whole way from prompt to tagged file.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = _options("z-image", Path(folder), 256, precision="bf16", fit="whole")
        family = registry.family("z-image")
        params = forms.fill(family.params, options)
        model = family.load("cpu", **family.loading(params))
        shared = replace(family, load=lambda *_, **__: model)
        given = {key: value for key, value in options.items() if key not in ("prompt", "seed")}
        job = resolve(Request(PROMPT, family="z-image", params=given, seed=1))[0]
        job = replace(job, family=shared)
        engine, store = Engine(device="cpu"), Store(Path(folder) / "home")
        ways: dict[str, Callable[[], object]] = {
            "direct": lambda: measure.direct(model, params),
            "engine": lambda: engine.run(job, unwatched),
            "saved": lambda: list(generate([job], store=store, engine=engine)),
        }
        return _compared(ways, repeat)


def _compared(ways: Mapping[str, Callable[[], object]], repeat: int) -> Numbers:
    """Medians of taking turns, and how much higher the peak is after the others than the first."""
    ways["direct"]()
    ways["direct"]()
    before = _peak_bytes()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeat + 1):
        for name, run in ways.items():
            began = time.process_time()
            run()
            times[name].append(time.process_time() - began)
    median = {name: statistics.median(runs[1:]) for name, runs in times.items()}
    return {
        "direct_cpu_s": median["direct"],
        "engine_percent": 100 * (median["engine"] / median["direct"] - 1),
        "saved_percent": 100 * (median["saved"] / median["direct"] - 1),
        "memory_percent": 100 * (_peak_bytes() / before - 1),
    }


def _peak_bytes() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
