"""A toy Stable Audio 3: the distilled one, and one that takes guidance."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderSAME,
    FlowMatchEulerDiscreteScheduler,
    StableAudio3DiTModel,
    StableAudio3Pipeline,
)
from diffusers.pipelines.stable_audio_3 import StableAudio3DurationEmbedder

from tests.tiny.parts import gemma_tokenizer, seeded

_SOUND, _WORDS = 4, 16
"""Channels of its latents, and of what is read."""


def build(folder: Path, is_distilled: bool = True) -> None:
    tokenizer = gemma_tokenizer()
    StableAudio3Pipeline(
        vae=seeded(_vae),
        text_encoder=_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        duration_embedder=seeded(
            lambda: StableAudio3DurationEmbedder(output_dim=_WORDS, fourier_dim=8)
        ),
        transformer=seeded(_transformer),
        scheduler=FlowMatchEulerDiscreteScheduler(
            num_train_timesteps=1, stochastic_sampling=is_distilled
        ),
    ).save_pretrained(folder)


def build_base(folder: Path) -> None:
    build(folder, is_distilled=False)


def _encoder(vocabulary: int) -> Any:
    from transformers import T5GemmaConfig, T5GemmaEncoderModel

    half: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": _WORDS,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 512,
    }
    config = T5GemmaConfig(
        encoder=half, decoder=half, is_encoder_decoder=False, vocab_size=vocabulary
    )
    return seeded(lambda: T5GemmaEncoderModel(config))


def _vae() -> AutoencoderSAME:
    """44.1 kHz in stereo, a latent for 2048 samples."""
    return AutoencoderSAME(
        patch_size=256,
        encoder_channels=8,
        encoder_c_mults=[2],
        encoder_strides=[8],
        encoder_transformer_depths=[1],
        latent_dim=_SOUND,
        dim_heads=8,
    )


def _transformer() -> StableAudio3DiTModel:
    return StableAudio3DiTModel(
        io_channels=_SOUND,
        embed_dim=16,
        depth=2,
        num_heads=2,
        cond_token_dim=_WORDS,
        global_cond_dim=_WORDS,
        local_add_cond_dim=_SOUND + 1,
        timestep_features_dim=8,
        num_memory_tokens=2,
    )
