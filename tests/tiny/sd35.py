"""A toy Stable Diffusion 3.5, a toy IP-Adapter, and ControlNets: one follows, one fills masks."""

from pathlib import Path
from typing import Any

from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    SD3ControlNetModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)

from tests.tiny import looks
from tests.tiny.parts import clip, clip_tokenizer, seeded, t5, t5_tokenizer, vae

_SHAPE: dict[str, Any] = {
    "sample_size": 32,
    "in_channels": 16,
    "num_layers": 2,
    "attention_head_dim": 8,
    "num_attention_heads": 2,
    "joint_attention_dim": 32,
    "caption_projection_dim": 16,
    "pooled_projection_dim": 32,
    "out_channels": 16,
    "pos_embed_max_size": 192,
}


def build(folder: Path) -> None:
    tokenizer, tokenizer_3 = clip_tokenizer(), t5_tokenizer()
    StableDiffusion3Pipeline(
        transformer=seeded(_transformer),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(16, shift_factor=0.0609, block_out_channels=(4, 4, 4, 8), use_quant_conv=False,
                use_post_quant_conv=False),
        text_encoder=clip(len(tokenizer)),
        tokenizer=tokenizer,
        text_encoder_2=clip(len(tokenizer)),
        tokenizer_2=tokenizer,
        text_encoder_3=t5(len(tokenizer_3), width=32),
        tokenizer_3=tokenizer_3,
    ).save_pretrained(folder)  # fmt: skip


def _transformer() -> SD3Transformer2DModel:
    return SD3Transformer2DModel(qk_norm="rms_norm", **_SHAPE)


def build_ip_adapter(folder: Path) -> None:
    looks.write_joint(_transformer(), folder)


def build_controlnet(folder: Path) -> None:
    seeded(lambda: SD3ControlNetModel(**_SHAPE)).save_pretrained(folder)


def build_controlnet_fills(folder: Path) -> None:
    more = {**_SHAPE, "extra_conditioning_channels": 1}
    seeded(lambda: SD3ControlNetModel(**more)).save_pretrained(folder)
