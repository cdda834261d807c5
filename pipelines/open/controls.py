"""What ControlNets are given: a picture to follow, or, where they fill masks, image and mask.

Knows no family.
"""

from typing import Any

from pipelines.open.start import fitted, start
from studio.errors import RequestError


def given(params: Any, controlnet: Any) -> dict[str, Any]:
    """The arguments that the pipelines of diffusers with a ControlNet take for it.

    `control_mask` is among them where the ControlNet was made to fill masks.

    Raises:
        RequestError: what was given is not what the ControlNet takes.
    """
    fills = _fills_masks(controlnet)
    if fills == (params.control_image is not None):
        takes, not_that = "image and mask", "control_image"
        if not fills:
            takes, not_that = not_that, takes
        raise RequestError(f"controlnet {params.controlnet!r} takes {takes}, not {not_that}")
    scale = {"controlnet_conditioning_scale": params.control_strength}
    if params.control_image is not None:
        return {"control_image": fitted(params.control_image, params.width, params.height), **scale}
    found = start(params.image, params.mask, params.width, params.height)
    return {"control_image": found["image"], "control_mask": found["mask_image"], **scale}


def _fills_masks(controlnet: Any) -> bool:
    """Whether a ControlNet was made to fill masks, and for nothing else."""
    names = ("extra_conditioning_channels", "extra_condition_channels")
    return any(controlnet.config.get(name) for name in names)
