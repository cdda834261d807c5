"""A toy LTX-2: picture and sound by one denoiser; and what enlarges its latents."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel

from tests.tiny.parts import gemma_tokenizer, seeded

_LATENTS, _BANDS, _SOUND = 4, 16, 2
"""Channels of the picture's latents; bands of the sound's spectrum, channels of its latents."""

_WORDS = 16
_SOUND_FEATURES = _SOUND * _BANDS // 4


def build(folder: Path) -> None:
    tokenizer = gemma_tokenizer()
    LTX2Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_shift=0.95, max_shift=2.05, shift_terminal=0.1
        ),
        vae=seeded(vae),
        audio_vae=seeded(_audio_vae),
        text_encoder=_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        connectors=seeded(_connectors),
        transformer=seeded(_transformer),
        vocoder=seeded(_vocoder),
    ).save_pretrained(folder)


def build_upscaler(folder: Path) -> None:
    seeded(
        lambda: LTX2LatentUpsamplerModel(
            in_channels=_LATENTS, mid_channels=32, num_blocks_per_stage=1
        )
    ).save_pretrained(folder)


def _encoder(vocabulary: int) -> Any:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    shape: dict[str, Any] = {
        "hidden_size": _WORDS,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    words = {"vocab_size": vocabulary + 4, "num_key_value_heads": 1, "head_dim": 8}
    names = ("image_token_id", "boi_token_id", "eoi_token_id")
    marks: dict[str, Any] = {name: vocabulary + at for at, name in enumerate(names)}
    config = Gemma3Config(
        text_config={**shape, **words, "max_position_embeddings": 1024},
        vision_config={**shape, "image_size": 28, "patch_size": 14},
        mm_tokens_per_image=4,
        **marks,
    )
    return seeded(lambda: Gemma3ForConditionalGeneration(config))


def _connectors() -> Any:
    return LTX2TextConnectors(
        caption_channels=_WORDS,
        text_proj_in_factor=3,
        video_connector_num_attention_heads=2,
        video_connector_attention_head_dim=8,
        video_connector_num_layers=1,
        video_connector_num_learnable_registers=8,
        audio_connector_num_attention_heads=2,
        audio_connector_attention_head_dim=8,
        audio_connector_num_layers=1,
        audio_connector_num_learnable_registers=8,
        rope_type="split",
    )


def _transformer() -> Any:
    return LTX2VideoTransformer3DModel(
        in_channels=_LATENTS,
        out_channels=_LATENTS,
        num_attention_heads=2,
        attention_head_dim=16,
        cross_attention_dim=32,
        audio_in_channels=_SOUND_FEATURES,
        audio_out_channels=_SOUND_FEATURES,
        audio_num_attention_heads=2,
        audio_attention_head_dim=8,
        audio_cross_attention_dim=16,
        num_layers=2,
        caption_channels=_WORDS,
        rope_type="split",
    )


def vae() -> Any:
    return AutoencoderKLLTX2Video(
        latent_channels=_LATENTS,
        block_out_channels=(8, 16, 32, 64),
        decoder_block_out_channels=(16, 32, 64),
        layers_per_block=(1,) * 5,
        decoder_layers_per_block=(1,) * 4,
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )


def _audio_vae() -> Any:
    return AutoencoderKLLTX2Audio(
        base_channels=_SOUND_FEATURES,
        num_res_blocks=1,
        latent_channels=_SOUND,
        resolution=32,
        mel_bins=_BANDS,
    )


def _vocoder() -> Any:
    return LTX2Vocoder(
        in_channels=2 * _BANDS,
        hidden_channels=16,
        upsample_kernel_sizes=[16, 15, 16],
        upsample_factors=[6, 5, 8],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3, 5]],
    )
