"""Loads and runs pipelines of diffusers for the families: devices, precision, steps, seeds.

Hands arguments through; which there are, and what they mean, is the family's to know.
"""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.open import checkpoints
from studio.adapt import quiet_libraries, seeded_generator, step_bridge, to_pixels
from studio.errors import RequestError
from studio.media import Image
from studio.spec import OnStep

if TYPE_CHECKING:
    import torch


class Pipeline:
    """A loaded pipeline, and its siblings: other tasks on the same weights.

    `parts` are models beside it that some siblings need, such as a ControlNet, by name.
    """

    def __init__(self, pipe: Any, **parts: Any) -> None:
        self.pipe = pipe
        self.parts = parts
        self._siblings: dict[str, Any] = {type(pipe).__name__: pipe}

    @property
    def name(self) -> str:
        """The class of diffusers that the checkpoint is for."""
        return type(self.pipe).__name__

    def sibling(self, name: str) -> Any:
        """The diffusers pipeline of that class, with this one's components and settings."""
        if name not in self._siblings:
            import diffusers

            made_of = getattr(diffusers, name)
            has = {**self.pipe.config, **self.pipe.components, **self.parts}
            takes = inspect.signature(made_of.__init__).parameters
            made = made_of(**{key: value for key, value in has.items() if key in takes})
            made.set_progress_bar_config(disable=True)
            self._siblings[name] = made
        return self._siblings[name]

    def picture(
        self, task: str, params: Any, on_step: OnStep, total: int, **arguments: Any
    ) -> Image:
        """Run the pipeline of class `task` for one picture; it reports `total` steps."""
        pipe = self.sibling(task)
        try:
            found = pipe(
                prompt=params.prompt,
                generator=seeded_generator(params.seed),
                callback_on_step_end=step_bridge(on_step, total),
                output_type="pt",
                **arguments,
            ).images[0]
        finally:
            # A cancelled run leaves offloaded parts on the GPU otherwise.
            pipe.maybe_free_model_hooks()
        return Image(to_pixels(found * 2 - 1))


def load(names: Sequence[str], folder: Path, device: str, precision: str) -> Pipeline:
    """The pipeline of one of those classes from a folder: safetensors only, no code in it runs.

    Raises:
        RequestError: the folder holds a pipeline of another class.
    """
    name = checkpoints.class_of(folder)
    if name not in names:
        raise RequestError(
            f"checkpoint {folder} holds a {name or 'nameless pipeline'}, this model needs "
            f"{' or '.join(names)}; give one of those, or choose the model that it is for"
        )
    quiet_libraries()
    import diffusers
    from diffusers.utils import logging

    logging.disable_progress_bar()
    pipe = getattr(diffusers, name).from_pretrained(
        folder,
        dtype=dtype_of(precision, device),
        local_files_only=True,
        use_safetensors=True,
    )
    pipe.set_progress_bar_config(disable=True)
    return Pipeline(pipe.to(device))


def dtype_of(precision: str, device: str) -> "torch.dtype":
    """The torch dtype of a precision; auto is fp32 on CPUs, of which few are fast in bf16."""
    import torch

    if precision == "auto":
        precision = "fp32" if device == "cpu" else "bf16"
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]
