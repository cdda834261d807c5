"""Sizes that a loaded model can do, where its checkpoints differ. Knows no family."""

from typing import Any

from studio.errors import RequestError


def check(params: Any, step: int, why: str = "") -> None:
    """Refuse sides that are no multiples of `step` px.

    `why`: what wants them; without it, the checkpoint does.

    Raises:
        RequestError: with the nearest sizes that can be.
    """
    why = why or f"for {params.checkpoint}"
    for name in ("width", "height"):
        side = getattr(params, name)
        if side % step:
            low = side // step * step
            near = f"{low} or {low + step}" if low else str(step)
            raise RequestError(f"{name} must be a multiple of {step} {why}, got {side}; try {near}")
