"""Sizes that a loaded model can do, where its checkpoints differ. Knows no family."""

from typing import Any

from studio.errors import RequestError


def check(params: Any, step: int) -> None:
    """Refuse sides that are no multiples of `step` px.

    Raises:
        RequestError: with the nearest sizes that can be.
    """
    for name in ("width", "height"):
        side = getattr(params, name)
        if side % step:
            low = side // step * step
            near = f"{low} or {low + step}" if low else str(step)
            raise RequestError(
                f"{name} must be a multiple of {step} for {params.checkpoint}, got {side}; "
                f"try {near}"
            )
