"""The ways to run a job of an open model on a device, with what each needs.

Joins plans with forecasts of memory. Knows no family: sizes are read from options by their names.
"""

from typing import Any

from pipelines.open import checkpoints, compiled, memory
from pipelines.open.plan import Plan, plans
from studio.adapt import steps_taken
from studio.errors import RequestError
from studio.fit import Rung
from studio.spec import Checkpoint

PLACE_PX = 16
"""Side of what is one place to a denoiser, in px."""


def ladder(
    params: Any, device: str, published: tuple[Checkpoint, ...], leaves_out: tuple[str, ...] = ()
) -> tuple[Rung, ...]:
    """The ways from the fastest to the smallest; of `params.fit` and below, unless it is "auto".

    Raises:
        RequestError: the checkpoint is neither here nor a published one, or the fit is not for
            this device.
    """
    parts = anatomy(params.checkpoint, published)
    parts = tuple(part for part in parts if part.name not in leaves_out)
    size = size_of(params)
    ways = plans(params.fit, params.precision, device)
    if any(part.is_packed for part in parts):
        ways = _for_packed(ways, params.fit)
    compiles = getattr(params, "compile", "none") != "none"
    if compiles:
        compiled.check(device)
        ways = _for_compiled(ways, params.fit)
    return tuple(rung(each, memory.need(parts, each, size), compiles) for each in ways)


def _for_compiled(ways: tuple[Plan, ...], fit: str) -> tuple[Plan, ...]:
    """Those of the ways that leave blocks in one piece for a compiler.

    Raises:
        RequestError: the one that was asked for does not.
    """
    found = tuple(way for way in ways if compiled.goes_with(way))
    if not found or fit not in ("auto", found[0].fit):
        raise RequestError(
            f"compile='regional' does not go with fit={fit!r}, which changes weights within the "
            "blocks; set fit=auto or compile=none"
        )
    return found


def _for_packed(ways: tuple[Plan, ...], fit: str) -> tuple[Plan, ...]:
    """Those of the ways that leave weights as they are in a GGUF file.

    Raises:
        RequestError: the one that was asked for does not.
    """
    found = tuple(way for way in ways if not way.way.stores and way.offload in ("none", "parts"))
    if not found or fit not in ("auto", found[0].fit):
        raise RequestError(f"fit={fit!r} does not go with a GGUF file; set fit=auto")
    return found


def anatomy(checkpoint: str, published: tuple[Checkpoint, ...]) -> memory.Anatomy:
    """The parts of a checkpoint: by its files, or by its makers' numbers where it is not here."""
    known = next((c for c in published if c.id == checkpoint.partition("@")[0]), None)
    if known is not None and not checkpoints.is_here(checkpoint):
        # Without numbers by part, most of the weights are the denoiser's.
        whole = known.size_bytes / 2e9
        return memory.published(known.parts or {"transformer": 0.7 * whole, "text": 0.3 * whole})
    return memory.anatomy(checkpoints.find(checkpoint))


def rung(plan: Plan, need: memory.Need, compiles: bool = False) -> Rung:
    compiler = compiled.LIBRARY_BYTES if compiles else 0
    is_cpu = plan.device == "cpu"
    return Rung(
        name=plan.fit,
        about=plan.about + (", its blocks compiled when they first run" if compiles else ""),
        settings={"fit": plan.fit, "precision": plan.dtype},
        device_bytes=need.device_bytes + compiler * is_cpu,
        ram_bytes=need.ram_bytes + compiler * (not is_cpu),
        disk_bytes=need.disk_bytes,
        flops=need.flops,
        moved_bytes=need.moved_bytes,
    )


def size_of(params: Any) -> memory.Size:
    """How large the job is: steps left of a picture to start from, and twice a pass if guided."""
    passes = getattr(params, "steps", 1)
    if getattr(params, "image", None) and hasattr(params, "strength"):
        passes = max(1, steps_taken(passes, params.strength))
    is_guided = getattr(params, "guidance", 0) > getattr(params, "guided_above", 1)
    batch = 2 if is_guided else 1
    if not hasattr(params, "width"):
        # A sound: a row of places, 25 a second, each as one of a picture's.
        length = PLACE_PX * round(25 * params.duration_s)
        return memory.Size(PLACE_PX, length, passes, batch, sound_s=params.duration_s)
    made = getattr(params, "made_frames", 1)
    # Of a clip that is carried on in chunks, one at a time.
    frames = min(made, getattr(params, "window", made))
    passes *= getattr(params, "chunks", 1) * getattr(params, "scene_count", 1)
    return memory.Size(params.width, params.height, passes, batch, frames)
