"""What several families need to fit a diffusers pipeline to the contract.

Knows torch and diffusers only through the objects it is handed; imports neither before it must.
"""

import contextlib
import functools
import gc
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.media import Image
from studio.spec import OnStep, Step

if TYPE_CHECKING:
    import torch


LOADING = threading.RLock()
"""Hold it while a model loads: diffusers and transformers import their parts when first asked, and
two threads that ask at once may get one that is not there yet."""


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Holds `LOADING` while a model and its libraries load, and keeps the garbage collector out.

    Importing them makes most of a million objects that stay. The collector would look through all
    of them again and again, a quarter of the time to a first picture. So it waits, and then passes
    over what is there (`gc.freeze`) until `release_memory`.
    """
    with LOADING:
        was_on = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            if was_on:
                gc.enable()


def release_memory() -> None:
    """Frees what nobody holds any more, models in reference cycles too."""
    gc.unfreeze()
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def quiet_libraries() -> None:
    """Keeps diffusers and transformers from writing notes and bars over our own progress.

    Call it before importing them. Errors still come through, as exceptions.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # A remark of torch on how diffusers writes autoencoders of sounds.
    warnings.filterwarnings("ignore", ".*weight_norm. is deprecated", FutureWarning)


def seeded_generator(seed: int) -> "torch.Generator":
    """A generator on the CPU, so that a seed means the same noise on every device."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def to_pixels(values: "torch.Tensor") -> NDArray[np.uint8]:
    """One picture (C, H, W) in [-1, 1] → uint8 (H, W, C)."""
    levels = ((values.detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round()
    return levels.permute(1, 2, 0).numpy().astype(np.uint8)


def steps_taken(steps: int, strength: float) -> int:
    """How many of `steps` the pipelines of diffusers take from a picture to start from."""
    return steps - int(max(steps - steps * strength, 0))


def step_bridge(
    on_step: OnStep, total: int, preview: Callable[["torch.Tensor"], Image] | None = None
) -> Callable[..., dict[str, Any]]:
    """A diffusers `callback_on_step_end` that reports to `on_step`.

    Counts by itself, because some pipelines restart their index. Whatever `on_step` raises ends
    the pipeline at that step.

    Args:
        preview: paints a picture from the latents after the step; called only if looked at.
    """
    done = 0

    def callback(_pipe: Any, _index: int, _time: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        done += 1
        paint = None if preview is None else functools.partial(preview, kwargs["latents"])
        on_step(Step(done, total, paint))
        return kwargs

    return callback
