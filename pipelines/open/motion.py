"""Joins picture models of the Stable Diffusion 1.5 kind with weights that make them move.

The two are published apart, and diffusers makes one denoiser of them. That is done once, into a
folder in the layout of diffusers, so that whatever works on folders works on it. Runs no code of a
file and reaches no network.
"""

import json
from pathlib import Path
from typing import Any

from pipelines.open import kept, single_file
from studio.adapt import quiet_libraries
from studio.errors import RequestError

_INDEX = "model_index.json"
_KEPT = ("vae", "text_encoder", "tokenizer")
"""Parts that stay as they are."""

SCHEDULER = {
    "beta_schedule": "linear",
    "clip_sample": False,
    "timestep_spacing": "linspace",
    "steps_offset": 1,
}
"""What the motion was learned with (Guo et al. 2023, "AnimateDiff")."""


def joined(base: Path, motion: Path) -> Path:
    """The folder with both; made when it is first asked for.

    Args:
        base: a checkpoint of the StableDiffusionPipeline of diffusers.
        motion: a MotionAdapter of diffusers.

    Raises:
        RequestError: the motion is for another kind of model.
    """
    files = _files(base, motion)
    also = f"{base.resolve()}\0{motion.resolve()}"
    name = f"{base.name[:12]}-moving"
    return kept.once(name, files, lambda folder: _join(base, motion, folder), also)


def _files(base: Path, motion: Path) -> list[Path]:
    """The weights of both, the pictures' first."""
    return [*sorted((base / "unet").glob("*.safetensors")), *sorted(motion.glob("*.safetensors"))]


def _join(base: Path, motion: Path, folder: Path) -> None:
    quiet_libraries()
    from diffusers import DDIMScheduler

    for part in _KEPT:
        (folder / part).symlink_to((base / part).resolve(), target_is_directory=True)
    _moving(base, motion).save_pretrained(folder / "unet")
    scheduler: Any = DDIMScheduler.from_pretrained(base / "scheduler", **SCHEDULER)
    scheduler.save_pretrained(folder / "scheduler")
    listed: dict[str, Any] = json.loads((base / _INDEX).read_text(encoding="utf-8"))
    index = {
        "_class_name": "AnimateDiffPipeline",
        "_diffusers_version": listed.get("_diffusers_version"),
        **{part: listed[part] for part in _KEPT},
        "unet": ["diffusers", "UNetMotionModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        **dict.fromkeys(("motion_adapter", "feature_extractor", "image_encoder"), [None, None]),
    }
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def _moving(base: Path, motion: Path) -> Any:
    """The denoiser of a checkpoint with motion, in the precision that its file is in."""
    from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel

    dtype = single_file.dtype_of(_files(base, motion)[0])
    how: dict[str, Any] = {
        "torch_dtype": dtype,
        "local_files_only": True,
        "use_safetensors": True,
    }
    still: Any = UNet2DConditionModel.from_pretrained(base / "unet", **how)
    moves: Any = MotionAdapter.from_pretrained(motion, **how)
    try:
        made: Any = UNetMotionModel.from_unet2d(still, moves)
    except (ValueError, RuntimeError) as error:
        raise RequestError(
            f"motion {motion.name!r} is for another kind of model than {base.name!r} "
            f"({str(error).splitlines()[0]}); give one for it"
        ) from error
    return made.to(dtype)
