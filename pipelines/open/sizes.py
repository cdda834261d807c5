"""Sizes and numbers of frames that a loaded model can do, where its checkpoints differ.

Knows no family.
"""

from typing import Any

from studio.errors import RequestError

LEAST_FRAMES = 9


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


def check_frames(params: Any, step: int, rest: int = 1) -> None:
    """Refuse a number of frames that does not leave `rest` when divided by `step`.

    Raises:
        RequestError: with the nearest numbers that can be.
    """
    made = params.made_frames
    over = (made - rest) % step
    if over:
        low = made - over
        near = f"{low} or {low + step}" if low >= LEAST_FRAMES else str(low + step)
        raise RequestError(
            f"frames must be a multiple of {step} plus {rest} for {params.checkpoint}, got {made}; "
            f"set frames to {near}"
        )
