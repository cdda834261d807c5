"""A toy AnimateDiff in one folder; apart a Stable Diffusion 1.5, motion, and what goes with it."""

from pathlib import Path
from typing import Any

from diffusers import (
    AnimateDiffPipeline,
    ControlNetModel,
    DDIMScheduler,
    MotionAdapter,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)

from pipelines.open.motion import SCHEDULER
from tests.tiny import looks
from tests.tiny.parts import clip, clip_tokenizer, seeded, vae

_WIDTHS: Any = (8, 16)


def build(folder: Path) -> None:
    AnimateDiffPipeline(**_parts(), motion_adapter=_motion()).save_pretrained(folder)


def build_still(folder: Path) -> None:
    none: Any = dict.fromkeys(("safety_checker", "feature_extractor"))
    StableDiffusionPipeline(**_parts(), **none, requires_safety_checker=False).save_pretrained(
        folder
    )


def build_motion(folder: Path) -> None:
    _motion().save_pretrained(folder)


def build_other_motion(folder: Path) -> None:
    """For a model with other blocks."""
    _motion((8, 16, 16)).save_pretrained(folder)


def _motion(widths: Any = _WIDTHS) -> MotionAdapter:
    return seeded(
        lambda: MotionAdapter(
            block_out_channels=widths,
            motion_layers_per_block=1,
            motion_norm_num_groups=4,
            motion_num_attention_heads=2,
            motion_mid_block_layers_per_block=1,
        )
    )


def _parts() -> dict[str, Any]:
    tokenizer = clip_tokenizer()
    return {
        "vae": vae(4, scaling_factor=0.18215, block_out_channels=(4, 4, 4, 8)),
        "text_encoder": clip(len(tokenizer), projects=False),
        "tokenizer": tokenizer,
        "unet": seeded(_unet),
        "scheduler": DDIMScheduler(**SCHEDULER),
    }


_SHAPE: dict[str, Any] = {
    "in_channels": 4,
    "block_out_channels": _WIDTHS,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "layers_per_block": 1,
    "attention_head_dim": 4,
    "norm_num_groups": 4,
    "cross_attention_dim": 16,
}


def _unet() -> UNet2DConditionModel:
    ups = ("UpBlock2D", "CrossAttnUpBlock2D")
    return UNet2DConditionModel(out_channels=4, up_block_types=ups, **_SHAPE)


def build_controlnet(folder: Path) -> None:
    widths: Any = (4, 4, 4, 4)
    seeded(
        lambda: ControlNetModel(conditioning_embedding_out_channels=widths, **_SHAPE)
    ).save_pretrained(folder)


def build_ip_adapter(folder: Path) -> None:
    looks.write(_unet(), folder)
