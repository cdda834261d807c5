"""A toy Z-Image, and toy ControlNets for it: one of the first kind, and one that knows masks."""

from pathlib import Path
from typing import Any

from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    ZImageControlNetModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)

from tests.tiny.parts import qwen3, qwen_tokenizer, seeded, vae


def build(folder: Path) -> None:
    tokenizer = qwen_tokenizer()
    transformer = seeded(
        lambda: ZImageTransformer2DModel(
            in_channels=4,
            dim=32,
            n_layers=2,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=16,
            axes_dims=[8, 4, 4],
            axes_lens=[1024, 64, 64],
        )
    )
    ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(4, scaling_factor=0.36, shift_factor=0.12, use_quant_conv=False,
                use_post_quant_conv=False),
        text_encoder=qwen3(len(tokenizer)),
        tokenizer=tokenizer,
        transformer=transformer,
    ).save_pretrained(folder)  # fmt: skip


def build_controlnet(folder: Path) -> None:
    _control(4).save_pretrained(folder)


def build_controlnet_masks(folder: Path) -> None:
    more: Any = {"add_control_noise_refiner": "control_noise_refiner"}
    _control(9, control_refiner_layers_places=[0], **more).save_pretrained(folder)


def _control(channels: int, **more: Any) -> ZImageControlNetModel:
    return seeded(
        lambda: ZImageControlNetModel(
            control_layers_places=[0],
            control_in_dim=channels,
            dim=32,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            **more,
        )
    )
