"""Lays a pipeline's parts out in memory as a plan says, one part after another.

Each part is placed before the next is read, so that the peak stays near what the plan needs. Knows
torch and diffusers, no family.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.open import packed
from pipelines.open.checkpoints import INDEX, weight_files
from pipelines.open.plan import Plan

if TYPE_CHECKING:
    import torch

_LIBRARIES = ("diffusers", "transformers")
Prepare = Callable[[str, Any], None]

LAYERED = "studio_is_layered"
"""Marks a part whose layers come to the device one by one; all others have to be there."""


def dtype_of(plan: Plan) -> "torch.dtype":
    """The torch dtype that a plan calculates in."""
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[plan.dtype]


def parts_of(
    folder: Path,
    plan: Plan,
    leaves_out: Mapping[str, Any],
    prepare: Prepare | None = None,
    waiting: Container[str] = (),
) -> dict[str, Any]:
    """The components of a checkpoint that have weights, laid out as the plan says.

    Args:
        leaves_out: names of components that are not read.
        prepare: told of each component by name, before it is laid out.
        waiting: names of components that are read and not laid out yet; `lay_out` does that.
    """
    listed: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for name, where in listed.items():
        has_weights = bool(weight_files(folder / name))
        if name in leaves_out or not has_weights or where[0] not in _LIBRARIES:
            continue
        read = getattr(importlib.import_module(where[0]), where[1])
        if name in waiting:
            found[name] = _prepared(name, read, folder / name, plan, prepare)
        else:
            found[name] = placed(name, read, folder / name, plan, prepare)
        trim()
    return found


def placed(name: str, read: Any, folder: Path, plan: Plan, prepare: Prepare | None = None) -> Any:
    """A component that a class reads from a folder, laid out as the plan says; see `parts_of`."""
    return lay_out(name, _prepared(name, read, folder, plan, prepare), plan)


def _prepared(name: str, read: Any, folder: Path, plan: Plan, prepare: Prepare | None) -> Any:
    part = _read(read, folder, plan)
    part.eval()
    if prepare is not None:
        prepare(name, part)
    return part


def changed_by_loras(plan: Plan, made_of: Any) -> tuple[str, ...]:
    """The components of a pipeline class that are laid out once LoRA files are in them.

    Layers that come to weights which are narrowed or offloaded already are neither.
    """
    is_late = plan.way.stores == "fp8" or plan.offload in ("layers", "disk")
    return tuple(getattr(made_of, "_lora_loadable_modules", ())) if is_late else ()


def lay_out(name: str, part: Any, plan: Plan) -> Any:
    """A component that was read, as the plan says."""
    is_denoiser = name.startswith(("transformer", "unet"))
    if plan.way.stores == "int8" and is_denoiser:
        import torch

        from pipelines.open.eight_bits import narrow

        narrow(part)
        _let_go_of_the_file(part, torch.int8)
    if plan.way.stores == "fp8" and is_denoiser:
        import torch

        part.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype_of(plan)
        )
        _let_go_of_the_file(part, torch.float8_e4m3fn)
    if name.startswith("vae"):
        if plan.way.tiles:
            _tile(part)
    # Pipelines read the scales of a sound's autoencoder without running it, so that stays.
    elif plan.offload in ("layers", "disk") and not name.endswith("vae"):
        _offload(name, part, plan)
    return part


def _read(made_of: Any, folder: Path, plan: Plan) -> Any:
    file = packed.file_in(folder)
    if file is not None:
        return packed.load(made_of, folder, file, dtype_of(plan))
    return made_of.from_pretrained(
        folder, dtype=dtype_of(plan), local_files_only=True, use_safetensors=True
    )


def _let_go_of_the_file(part: Any, stored: "torch.dtype") -> None:
    """Copy what was not narrowed: one tensor that lies in a mapped file keeps all of it here."""
    for value in (*part.parameters(), *part.buffers()):
        if value.dtype != stored:
            value.data = value.data.clone()


def _tile(vae: Any) -> None:
    """Decode large pictures in tiles; not every autoencoder can."""
    from pipelines.open.memory import TILE_PX

    with contextlib.suppress(NotImplementedError):
        vae.enable_tiling()
    if isinstance(getattr(vae, "tile_sample_min_size", None), int):
        scale = vae.tile_sample_min_size // vae.tile_latent_min_size
        vae.tile_sample_min_size = TILE_PX
        vae.tile_latent_min_size = TILE_PX // scale


def _offload(name: str, part: Any, plan: Plan) -> None:
    """Keep layers away from the device until they run.

    diffusers takes files that it finds in the folder for those of this model, so each part of each
    load gets a folder of its own; it goes when the part goes.
    """
    import torch
    from diffusers.hooks import apply_group_offloading

    setattr(part, LAYERED, True)

    folder: str | None = None
    if plan.offload == "disk":
        part.studio_folder = tempfile.TemporaryDirectory(prefix=f"studio-{name}-")
        folder = part.studio_folder.name
    apply_group_offloading(
        part,
        onload_device=torch.device(plan.device),
        offload_device=torch.device("cpu"),
        offload_type="leaf_level",
        use_stream=plan.device.startswith("cuda"),
        low_cpu_mem_usage=True,
        offload_to_disk_path=folder,
    )
    if folder is not None:
        _share_files(part)


def _share_files(part: Any) -> None:
    """Let layers that are one and the same weight have one and the same file.

    diffusers writes a file for each; once the first is written, what the others would write is
    gone from memory. Encoders of the T5 kind have their words twice.
    """
    files: dict[tuple[int, ...], str] = {}
    for module in part.modules():
        hooks = getattr(module, "_diffusers_hook", None)
        hook = hooks and hooks.get_hook("group_offloading")
        if not hook:
            continue
        weights = tuple(map(id, hook.group.tensor_to_key))
        first = files.setdefault(weights, hook.group.safetensors_file_path)
        if weights and first != hook.group.safetensors_file_path:
            os.remove(hook.group.safetensors_file_path)
            os.link(first, hook.group.safetensors_file_path)


def at_hand(part: Any, name: str, plan: Plan) -> Any:
    """A copy on the device of a weight that is a part's own, none of its layers', however the part
    lies in memory: what else reads it may run when the part does not."""
    import torch

    hooks = getattr(part, "_diffusers_hook", None)
    hook = hooks and hooks.get_hook("group_offloading")
    if hook:
        hook.group.onload_()
    if plan.device.startswith("cuda"):
        torch.cuda.synchronize()
    found = getattr(part, name).detach().to(plan.device, copy=True)
    if hook:
        hook.group.offload_()
    return torch.nn.Parameter(found, requires_grad=False)


def finish(pipe: Any, plan: Plan) -> Any:
    """Bring to the device what belongs there, once the pipeline is whole."""
    if plan.offload == "parts":
        pipe.enable_model_cpu_offload(device=plan.device)
        return pipe
    if plan.offload == "none":
        return pipe.to(plan.device)
    import torch

    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module) and not getattr(part, LAYERED, False):
            part.to(plan.device)
    return pipe


def trim() -> None:
    """Give memory that is free back to the system; glibc keeps it otherwise."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)
