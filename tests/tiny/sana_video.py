"""Toy SANA-Videos: with the autoencoder of Wan, and with that of LTX-2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusers import (
    DPMSolverMultistepScheduler,
    SanaVideoPipeline,
    SanaVideoTransformer3DModel,
)

from tests.tiny.ltx2 import vae as ltx2_vae
from tests.tiny.parts import gemma_tokenizer, seeded
from tests.tiny.sana import encoder
from tests.tiny.wan import wan_vae


def build(folder: Path) -> None:
    _build(folder, wan_vae)


def build_large(folder: Path) -> None:
    """As SANA-Video 720p."""
    _build(folder, ltx2_vae)


def _build(folder: Path, vae: Callable[[], Any]) -> None:
    tokenizer = gemma_tokenizer()
    SanaVideoPipeline(
        tokenizer=tokenizer,
        text_encoder=encoder(len(tokenizer)),
        vae=seeded(vae),
        transformer=seeded(_transformer),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=8.0
        ),
    ).save_pretrained(folder)


def _transformer() -> SanaVideoTransformer3DModel:
    return SanaVideoTransformer3DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=2,
        num_cross_attention_heads=2,
        cross_attention_head_dim=12,
        cross_attention_dim=24,
        caption_channels=16,
        rope_max_seq_len=32,
    )
