"""Loads and runs pipelines of diffusers for the families: devices, precision, steps, seeds.

Hands arguments through; which there are, and what they mean, is the family's to know.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.adapt import quiet_libraries, seeded_generator, step_bridge, to_pixels
from studio.errors import RequestError
from studio.media import Image
from studio.spec import OnStep

if TYPE_CHECKING:
    import torch


class Pipeline:
    """A loaded pipeline, and its siblings: other tasks on the same weights."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self._siblings: dict[str, Any] = {type(pipe).__name__: pipe}

    def sibling(self, name: str) -> Any:
        """The diffusers pipeline of that class, with this one's components."""
        if name not in self._siblings:
            import diffusers

            made = getattr(diffusers, name)(**self.pipe.components)
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


def load(name: str, folder: Path, device: str, precision: str) -> Pipeline:
    """The pipeline of that class from a folder; reads safetensors only, runs no code in it."""
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


def check_length(tokenizer: Any, text: str, most: int) -> None:
    """Refuse a prompt that the model would cut.

    Raises:
        RequestError: it is longer than `most` tokens.
    """
    count = len(tokenizer(text).input_ids)
    if count > most:
        raise RequestError(
            f"the prompt has {count} tokens, this model reads {most}; "
            f"shorten it to about {len(text) * most // count} characters"
        )
