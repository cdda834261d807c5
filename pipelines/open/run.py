"""Loads and runs pipelines of diffusers for the families: devices, precision, steps, seeds.

Hands arguments through; which there are, and what they mean, is the family's to know.
"""

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.open import attention, caches, checkpoints
from pipelines.open.compiled import Compiled
from pipelines.open.films import seeded_library
from pipelines.open.place import Prepare, changed_by_loras, dtype_of, finish, lay_out, parts_of
from pipelines.open.plan import Plan
from pipelines.open.remembered import remember
from studio.adapt import quiet_libraries, seeded_generator, step_bridge, to_pixels
from studio.errors import RequestError
from studio.media import Image
from studio.spec import OnStep

DENOISERS = ("transformer", "transformer_2", "unet")
"""The parts of a pipeline that denoise; some have two, for noise and for details."""


class Pipeline:
    """A loaded pipeline, and its siblings: other tasks on the same weights.

    `parts` are models beside it that some siblings need, such as a ControlNet, by name.
    """

    def __init__(self, pipe: Any, plan: Plan, **parts: Any) -> None:
        self.pipe = pipe
        self.plan = plan
        self.parts = parts
        self._siblings: dict[str, Any] = {type(pipe).__name__: pipe}
        self._compiled = Compiled()
        remember(pipe)

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
            remember(made)
            self._siblings[name] = made if self.plan.offload == "none" else finish(made, self.plan)
        return self._siblings[name]

    @contextlib.contextmanager
    def switched(self, pipe: Any, params: Any) -> Iterator[None]:
        """The pipeline with the attention, cache and compiled blocks asked for, only inside.

        Raises:
            RequestError: one does not work here, or not with this model.
        """
        found = [getattr(pipe, each, None) for each in DENOISERS]
        denoisers = [each for each in found if each is not None]
        first, device = next(iter(denoisers), None), self.plan.device
        with contextlib.ExitStack() as stack:
            name = getattr(params, "attention", "native")
            stack.enter_context(attention.using(name, device, first))
            name = getattr(params, "compile", "none")
            stack.enter_context(self._compiled.using(name, device, denoisers))
            for each in denoisers if getattr(params, "cache", "none") == "first-block" else ():
                stack.enter_context(caches.caching(each))
            yield

    def picture(
        self, task: str, params: Any, on_step: OnStep, total: int, **arguments: Any
    ) -> Image:
        """Run the pipeline of class `task` for one picture; it reports `total` steps.

        `arguments` may have another `prompt` than the one in `params`, whose steps are taken.
        """
        pipe = self.sibling(task)
        usual = {"prompt": params.prompt, "num_inference_steps": params.steps}
        try:
            with self.switched(pipe, params), seeded_library(params):
                found = pipe(
                    generator=seeded_generator(params.seed),
                    callback_on_step_end=step_bridge(on_step, total),
                    output_type="pt",
                    **{**usual, **arguments},
                ).images[0]
        finally:
            # A cancelled run leaves offloaded parts on the GPU otherwise.
            pipe.maybe_free_model_hooks()
        return Image(to_pixels(found * 2 - 1))


def load(
    names: Sequence[str],
    folder: Path,
    plan: Plan,
    prepare: Prepare | None = None,
    adds: Callable[[Any], None] | None = None,
    **parts: Any,
) -> Pipeline:
    """The pipeline of one of those classes from a folder: safetensors only, no code in it runs.

    It is laid out in memory as the plan says, part by part.

    `parts` are components to use instead of the folder's own; None leaves one out. `prepare` is
    told of each component by name, before it is laid out. `adds` puts LoRA files into the pipeline.

    Raises:
        RequestError: the folder holds a pipeline of another class.
        WeightsError: something of it is missing.
    """
    name = checkpoints.class_of(folder)
    if name not in names:
        raise RequestError(
            f"checkpoint {folder} holds a {name or 'nameless pipeline'}, this model needs "
            f"{' or '.join(names)}; give one of those, or choose the model that it is for"
        )
    checkpoints.check_whole(folder, parts)
    quiet_libraries()
    import diffusers
    from diffusers.utils import logging

    logging.disable_progress_bar()
    made_of = getattr(diffusers, name)
    waiting = changed_by_loras(plan, made_of) if adds is not None else ()
    pipe = made_of.from_pretrained(
        folder,
        dtype=dtype_of(plan),
        local_files_only=True,
        use_safetensors=True,
        **{**parts_of(folder, plan, parts, prepare, waiting), **parts},
    )
    pipe.set_progress_bar_config(disable=True)
    if adds is not None:
        adds(pipe)
    for each in waiting:
        if getattr(pipe, each, None) is not None:
            lay_out(each, getattr(pipe, each), plan)
    return Pipeline(finish(pipe, plan), plan)


def part(names: Sequence[str], folder: Path, plan: Plan) -> Any:
    """A model of one of those classes that is published by itself, such as a ControlNet.

    Args:
        names: with their modules where diffusers does not show them at the top.

    Raises:
        RequestError: the folder holds a model of another class.
    """
    import diffusers

    modules = {name: module for module, _, name in (each.rpartition(".") for each in names)}
    name = checkpoints.class_of(folder, checkpoints.PART_INDEX)
    if name not in modules:
        raise RequestError(
            f"{folder} holds a {name or 'nameless model'}, give a {' or '.join(modules)}"
        )
    module = modules[name]
    made_of = getattr(importlib.import_module(module) if module else diffusers, name)
    return made_of.from_pretrained(
        folder,
        dtype=dtype_of(plan),
        local_files_only=True,
        use_safetensors=True,
    ).to(plan.device)


def scheduler(name: str, settings: Any, **others: Any) -> Any:
    """The scheduler of diffusers of that class, with a checkpoint's settings but for `others`."""
    import diffusers

    return getattr(diffusers, name).from_config(settings, **others)


def joined(pieces: Sequence[tuple[Any, Any, Any, Any]]) -> dict[str, Any]:
    """Arguments for a prompt that was encoded in pieces, one after the other.

    Each piece is what `encode_prompt` of the Stable Diffusion XL pipelines returns: features
    (1, tokens, width) of the prompt and of what to avoid, and the pooled ones of both (1, width);
    the pooled ones of the first piece stand for all.
    """
    import torch

    wanted, avoided, pooled, pooled_avoided = zip(*pieces, strict=True)
    found = {"prompt_embeds": torch.cat(wanted, 1), "pooled_prompt_embeds": pooled[0]}
    if avoided[0] is not None:
        found["negative_prompt_embeds"] = torch.cat(avoided, 1)
        found["negative_pooled_prompt_embeds"] = pooled_avoided[0]
    return {"prompt": None, **found}
