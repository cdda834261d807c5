"""Toy Wans: words and first pictures; words alone; first and last pictures; two denoisers; VACE;
Animate."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLWan,
    WanAnimatePipeline,
    WanAnimateTransformer3DModel,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)

from tests.tiny.parts import flow_scheduler, seeded, umt5_words

_CHANNELS = 4
SHAPE: dict[str, Any] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "out_channels": _CHANNELS,
    "text_dim": 16,
    "freq_dim": 16,
    "ffn_dim": 32,
    "num_layers": 2,
}
"""Of denoisers of Wan's kind."""

_SHAPE: dict[str, Any] = {**SHAPE, "rope_max_seq_len": 32}


def build(folder: Path) -> None:
    """As Wan 2.2 TI2V: the autoencoder folds 16 px into one, the denoiser knows first frames."""
    vae = seeded(lambda: wan_vae(patch_size=2, is_residual=True, scale_factor_spatial=16))
    WanPipeline(**_parts(vae), expand_timesteps=True).save_pretrained(folder)


def build_words(folder: Path) -> None:
    WanPipeline(**_parts()).save_pretrained(folder)


def build_two(folder: Path) -> None:
    """As Wan 2.2 A14B: one denoiser for the noisy steps, one for the rest."""
    second = seeded(_transformer)
    WanPipeline(**_parts(), transformer_2=second, boundary_ratio=0.9).save_pretrained(folder)


def build_pictures(folder: Path) -> None:
    """As Wan 2.2 A14B that begins with a picture, and may end with one."""
    parts = _parts(in_channels=2 * _CHANNELS + 4)
    WanImageToVideoPipeline(**parts).save_pretrained(folder)


def build_vace(folder: Path) -> None:
    parts = _parts()
    shape = {**_SHAPE, "in_channels": _CHANNELS}
    parts["transformer"] = seeded(
        lambda: WanVACETransformer3DModel(
            **shape, vace_layers=[0, 1], vace_in_channels=2 * _CHANNELS + 64
        )
    )
    WanVACEPipeline(**parts).save_pretrained(folder)


def build_animate(folder: Path) -> None:
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    parts = _parts()
    shape = {**_SHAPE, "in_channels": 2 * _CHANNELS + 4, "latent_channels": _CHANNELS}
    face: dict[str, Any] = {"motion_encoder_size": 16, "motion_style_dim": 8, "motion_dim": 4}
    face |= {"motion_encoder_dim": 16, "face_encoder_hidden_dim": 16, "face_encoder_num_heads": 2}
    parts["transformer"] = seeded(
        lambda: WanAnimateTransformer3DModel(
            **shape,
            **face,
            motion_encoder_channel_sizes={"4": 16, "8": 16, "16": 16},
            image_dim=16,
            inject_face_latents_blocks=2,
        )
    )
    seen = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=16, projection_dim=16,
    )  # fmt: skip
    parts["image_encoder"] = seeded(lambda: CLIPVisionModel(seen))
    side = {"height": 32, "width": 32}
    parts["image_processor"] = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side)
    WanAnimatePipeline(**parts).save_pretrained(folder)


def _parts(vae: Any = None, in_channels: int = _CHANNELS) -> dict[str, Any]:
    return {
        **umt5_words(),
        "vae": vae or seeded(wan_vae),
        "transformer": seeded(lambda: _transformer(in_channels)),
        "scheduler": flow_scheduler(3.0),
    }


def _transformer(in_channels: int = _CHANNELS) -> WanTransformer3DModel:
    return WanTransformer3DModel(**_SHAPE, in_channels=in_channels)


def wan_vae(**more: Any) -> AutoencoderKLWan:
    folds = more.get("patch_size", 1) ** 2
    return AutoencoderKLWan(
        base_dim=4,
        z_dim=_CHANNELS,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * _CHANNELS,
        latents_std=[1.0] * _CHANNELS,
        in_channels=3 * folds,
        out_channels=3 * folds,
        **more,
    )
