"""ControlNets in one safetensors file without settings, as Z-Image's are published.

What the settings are follows from the file's tensors. They are written once, into a folder in the
layout of diffusers, beside a link to the file. Runs no code of a file and reaches no network.
"""

import json
from pathlib import Path
from typing import Any

from pipelines.open import kept, single_file
from studio.errors import RequestError, WeightsError
from studio.weights import file_sha256

CONFIG = "config.json"
_WEIGHTS = "diffusion_pytorch_model.safetensors"
_EMBEDDER = "control_all_x_embedder.2-1.weight"
_LAYERS, _REFINER = "control_layers.", "control_noise_refiner."
_PATCH_NUMBERS = 4
"""Latent pixels in a patch of 2 x 2."""

_DEPTH = 30
"""Layers of Z-Image, over which those of its ControlNets are spread evenly."""


def unpacked(file: Path) -> Path:
    """The folder with a ControlNet's settings and a link to its file; made when first asked for.

    Raises:
        RequestError: the file is of no kind that is known.
        WeightsError: it is cut short, or no safetensors file.
    """
    return kept.once(file.stem, [file], lambda folder: _write(file, _config(file), folder))


def _write(file: Path, config: dict[str, Any], folder: Path) -> None:
    (folder / _WEIGHTS).symlink_to(file.resolve())
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    about = {
        "file": file.name,
        "sha256": file_sha256(file),
        "licence": single_file.licence_of(file),
    }
    (folder / single_file.SOURCE).write_text(json.dumps(about), encoding="utf-8")


def _config(file: Path) -> dict[str, Any]:
    """The settings of a ControlNet, by the names and shapes of its tensors."""
    shapes, is_refined = _read(file)
    if _EMBEDDER not in shapes:
        raise RequestError(
            f"{file.name!r} is a part of no kind that is known by itself; give a folder or "
            f"owner/name with a {CONFIG}"
        )
    width, numbers = shapes[_EMBEDDER]
    channels = numbers // _PATCH_NUMBERS
    heads = width // shapes[f"{_LAYERS}0.attention.norm_q.weight"][0]
    count, refiners = _count(shapes, _LAYERS), _count(shapes, _REFINER)
    # A picture's latents, a mask and the picture around it: one more than twice as many.
    knows_masks = channels % 2 == 1
    refines_by = "control_noise_refiner" if is_refined else "control_layers"
    return {
        "_class_name": "ZImageControlNetModel",
        "control_layers_places": list(range(0, _DEPTH, _DEPTH // count)),
        "control_refiner_layers_places": list(range(refiners)) if knows_masks else None,
        "control_in_dim": channels,
        "add_control_noise_refiner": refines_by if knows_masks else None,
        "dim": width,
        "n_refiner_layers": refiners,
        "n_heads": heads,
        "n_kv_heads": heads,
    }


def _count(shapes: dict[str, tuple[int, ...]], prefix: str) -> int:
    return len(
        {name[len(prefix) :].partition(".")[0] for name in shapes if name.startswith(prefix)}
    )


def _read(file: Path) -> tuple[dict[str, tuple[int, ...]], bool]:
    """The shape of each tensor, and whether the refiner has a control of its own.

    Version 2.0 has that control's weights too, as noughts: it was trained without.
    """
    from safetensors import SafetensorError, safe_open

    begins = f"{_REFINER}0.before_proj.weight"
    try:
        with safe_open(file, framework="np") as opened:
            shapes = {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}
        with safe_open(file, framework="pt") as opened:
            is_refined = begins in shapes and bool(opened.get_tensor(begins).any())
    except SafetensorError as error:
        raise WeightsError(f"weights {file} are damaged ({error}); get it again") from error
    return shapes, is_refined
