"""Runs pipelines of diffusers that make sounds, and reads the sounds that they start from.

Knows no family.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.adapt import seeded_generator, step_bridge
from studio.sounds import containers
from studio.spec import OnStep

if TYPE_CHECKING:
    import torch

    from pipelines.open.run import Pipeline


def play(
    pipeline: "Pipeline", params: Any, on_step: OnStep, **arguments: Any
) -> NDArray[np.float32]:
    """Run a pipeline for one sound; returns float32 (channels, time) in [-1, 1].

    It reports `params.steps` steps. `arguments` may name another `task` than the checkpoint's own:
    the pipeline of that class.
    """
    pipe = pipeline.sibling(arguments.pop("task", pipeline.name))
    tells = step_bridge(on_step, params.steps)
    try:
        with pipeline.switched(pipe, params):
            found = pipe(
                prompt=params.prompt,
                generator=seeded_generator(params.seed),
                **_told(pipe, tells),
                **arguments,
            ).audios[0]
    finally:
        pipe.maybe_free_model_hooks()
    return found.detach().float().cpu().clamp(-1, 1).numpy()


def _told(pipe: Any, tells: Callable[..., Any]) -> dict[str, Any]:
    """The argument by which a pipeline tells of its steps; older ones have another."""
    if "callback_on_step_end" in inspect.signature(pipe.__call__).parameters:
        return {"callback_on_step_end": tells}
    return {"callback": lambda index, time, latents: tells(pipe, index, time, {})}


def read(path: Path, sample_rate: int) -> "torch.Tensor":
    """A sound as float32 (2, time) at a sample rate.

    Raises:
        RequestError: missing, no sound in it, damaged, too large or too long.
    """
    import torch

    samples = containers.decode(path, sample_rate).samples
    if samples.shape[0] == 1:
        samples = np.repeat(samples, 2, axis=0)
    return torch.from_numpy(np.ascontiguousarray(samples))


@contextlib.contextmanager
def seeded_encoding(vae: Any, seed: int) -> Iterator[None]:
    """Within it an autoencoder draws from a generator of its own.

    Some pipelines encode what they start from with the process's, which no seed reaches.
    """
    generator = seeded_generator(seed)
    encode = vae.encode

    def encode_seeded(*given: Any, **more: Any) -> Any:
        found = encode(*given, **more).latent_dist
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=lambda: found.sample(generator)))

    vae.encode = encode_seeded
    try:
        yield
    finally:
        del vae.encode
