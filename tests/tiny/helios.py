"""Toy Helioses: the distilled one, and those that take guidance, in three sizes or in one."""

from pathlib import Path
from typing import Any

from diffusers import (
    HeliosDMDScheduler,
    HeliosPipeline,
    HeliosPyramidPipeline,
    HeliosScheduler,
    HeliosTransformer3DModel,
)

from tests.tiny.parts import seeded, t5_tokenizer, umt5
from tests.tiny.wan import wan_vae


def build(folder: Path) -> None:
    scheduler = HeliosDMDScheduler()
    HeliosPyramidPipeline(**_parts(), scheduler=scheduler, is_distilled=True).save_pretrained(
        folder
    )


def build_base(folder: Path) -> None:
    HeliosPipeline(**_parts(), scheduler=HeliosScheduler(stages=1)).save_pretrained(folder)


def build_mid(folder: Path) -> None:
    scheduler = HeliosScheduler()
    HeliosPyramidPipeline(**_parts(), scheduler=scheduler, is_cfg_zero_star=True).save_pretrained(
        folder
    )


def _parts() -> dict[str, Any]:
    tokenizer = t5_tokenizer()
    return {
        "tokenizer": tokenizer,
        "text_encoder": umt5(len(tokenizer)),
        "vae": seeded(wan_vae),
        "transformer": seeded(_transformer),
    }


def _transformer() -> HeliosTransformer3DModel:
    return HeliosTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        text_dim=16,
        freq_dim=16,
        ffn_dim=32,
        num_layers=2,
        rope_dim=(4, 4, 4),
    )
