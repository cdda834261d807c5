"""A toy Stable Diffusion XL, and toy ControlNets and IP-Adapters for it."""

from pathlib import Path
from typing import Any

from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)

from tests.tiny import looks
from tests.tiny.parts import clip, clip_tokenizer, seeded, vae

_SHAPE: dict[str, Any] = {
    "in_channels": 4,
    "block_out_channels": (8, 16),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "layers_per_block": 1,
    "attention_head_dim": 4,
    "norm_num_groups": 4,
    "cross_attention_dim": 32,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 6 * 8 + 16,
}


def build(folder: Path) -> None:
    tokenizer = clip_tokenizer()
    scheduler: Any = EulerDiscreteScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
    )
    StableDiffusionXLPipeline(
        vae=vae(4, scaling_factor=0.13025, block_out_channels=(4, 4, 4, 8)),
        text_encoder=clip(len(tokenizer), projects=False),
        text_encoder_2=clip(len(tokenizer)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=seeded(_unet),
        scheduler=scheduler,
        add_watermarker=False,
    ).save_pretrained(folder)


def _unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        out_channels=4, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **_SHAPE
    )


def build_ip_adapter(folder: Path) -> None:
    looks.write(_unet(), folder)


def build_ip_adapter_plus(folder: Path) -> None:
    looks.write(_unet(), folder, is_plus=True)


def build_controlnet(folder: Path) -> None:
    made = seeded(
        lambda: ControlNetModel(conditioning_embedding_out_channels=(4, 4, 4, 4), **_SHAPE)
    )
    made.save_pretrained(folder)


def build_controlnet_union(folder: Path) -> None:
    """One that follows six kinds of pictures."""
    widths: Any = (4, 4, 4, 8)
    more = {"num_trans_channel": 8, "num_trans_head": 2, "num_proj_channel": 8}
    seeded(
        lambda: ControlNetUnionModel(
            conditioning_embedding_out_channels=widths, **{**_SHAPE, **more}
        )
    ).save_pretrained(folder)
