"""A toy Stable Audio Open that makes two seconds at most."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderOobleck,
    CosineDPMSolverMultistepScheduler,
    StableAudioDiTModel,
    StableAudioPipeline,
)
from diffusers.pipelines.stable_audio import StableAudioProjectionModel

from tests.tiny.parts import seeded, t5, t5_tokenizer

_SOUND, _WORDS = 4, 16
"""Channels of its latents, and of what is read."""


def build(folder: Path) -> None:
    tokenizer = t5_tokenizer()
    # Of those that its weights come with; diffusers' types know another.
    scheduler: Any = CosineDPMSolverMultistepScheduler(sigma_min=0.3, sigma_max=500)
    StableAudioPipeline(
        vae=seeded(_vae),
        text_encoder=t5(len(tokenizer), _WORDS),
        projection_model=seeded(
            lambda: StableAudioProjectionModel(
                text_encoder_dim=_WORDS, conditioning_dim=_WORDS, min_value=0, max_value=512
            )
        ),
        tokenizer=tokenizer,
        transformer=seeded(_transformer),
        scheduler=scheduler,
    ).save_pretrained(folder)


def _vae() -> AutoencoderOobleck:
    """44.1 kHz in stereo, a latent for 2048 samples."""
    return AutoencoderOobleck(
        encoder_hidden_size=2 * _SOUND,
        downsampling_ratios=[4, 8, 8, 8],
        channel_multiples=[1, 1, 1, 1],
        decoder_channels=4,
        decoder_input_channels=_SOUND,
        sampling_rate=44_100,
    )


def _transformer() -> StableAudioDiTModel:
    return StableAudioDiTModel(
        sample_size=44,
        in_channels=_SOUND,
        out_channels=_SOUND,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=2,
        num_key_value_attention_heads=2,
        cross_attention_dim=_WORDS,
        cross_attention_input_dim=_WORDS,
        global_states_input_dim=2 * _WORDS,
        time_proj_dim=8,
    )
