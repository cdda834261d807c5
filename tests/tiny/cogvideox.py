"""Toy CogVideoXs: of words, of version 1.5, of first pictures, and one that follows clips."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXDPMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
)

from tests.tiny.parts import seeded, t5, t5_tokenizer


def build(folder: Path) -> None:
    CogVideoXPipeline(**_parts(), scheduler=CogVideoXDDIMScheduler()).save_pretrained(folder)


def build_pictures(folder: Path) -> None:
    """As CogVideoX-5b-I2V: one size and number of frames only."""
    parts = _parts(
        in_channels=8,
        use_rotary_positional_embeddings=True,
        use_learned_positional_embeddings=True,
    )
    scheduler = CogVideoXDPMScheduler()
    CogVideoXImageToVideoPipeline(**parts, scheduler=scheduler).save_pretrained(folder)


def build_later(folder: Path) -> None:
    """As CogVideoX1.5-5B: two latent frames are taken as one."""
    parts = _parts(patch_size_t=2, use_rotary_positional_embeddings=True, patch_bias=False)
    CogVideoXPipeline(**parts, scheduler=CogVideoXDDIMScheduler()).save_pretrained(folder)


def build_following(folder: Path) -> None:
    """As CogVideoX-Fun Pose, which is published as of the usual class."""
    parts = _parts(in_channels=8, use_rotary_positional_embeddings=True)
    CogVideoXPipeline(**parts, scheduler=CogVideoXDDIMScheduler()).save_pretrained(folder)


def _parts(in_channels: int = 4, **more: Any) -> dict[str, Any]:
    tokenizer = t5_tokenizer()
    shape: dict[str, Any] = {
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "in_channels": in_channels,
        "out_channels": 4,
        "time_embed_dim": 8,
        "text_embed_dim": 16,
        "num_layers": 2,
        "sample_width": 8,
        "sample_height": 8,
        "sample_frames": 9,
        **more,
    }
    return {
        "tokenizer": tokenizer,
        "text_encoder": t5(len(tokenizer)),
        "vae": seeded(_vae),
        "transformer": seeded(lambda: CogVideoXTransformer3DModel(**shape)),
    }


def _vae() -> AutoencoderKLCogVideoX:
    # What diffusers takes as a tuple, its types call a number.
    shape: dict[str, Any] = {"block_out_channels": (8, 8, 8, 8)}
    return AutoencoderKLCogVideoX(
        **shape, latent_channels=4, layers_per_block=1, norm_num_groups=2, scaling_factor=0.7
    )
