"""A toy ACE-Step: the distilled one, and one that takes guidance and works on parts."""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AceStepPipeline,
    AceStepTransformer1DModel,
    AutoencoderOobleck,
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.pipelines.ace_step import (
    AceStepAudioTokenDetokenizer,
    AceStepAudioTokenizer,
    AceStepConditionEncoder,
)

from tests.tiny.parts import qwen3, qwen_tokenizer, seeded

_SHAPE: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "sliding_window": 16,
}
_SOUND = 4
"""Channels of its latents."""


def build(folder: Path, is_turbo: bool = True) -> None:
    tokenizer = qwen_tokenizer()
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0)
    AceStepPipeline(
        vae=seeded(_vae),
        text_encoder=qwen3(len(tokenizer)),
        tokenizer=tokenizer,
        transformer=seeded(lambda: _transformer(is_turbo)),
        condition_encoder=_conditions(),
        scheduler=scheduler,
        audio_tokenizer=seeded(_tokens),
        audio_token_detokenizer=seeded(_sounds),
    ).save_pretrained(folder)


def build_base(folder: Path) -> None:
    build(folder, is_turbo=False)


def _vae() -> AutoencoderOobleck:
    """48 kHz in stereo, 25 latents a second."""
    return AutoencoderOobleck(
        encoder_hidden_size=2 * _SOUND,
        downsampling_ratios=[4, 6, 8, 10],
        channel_multiples=[1, 1, 1, 1],
        decoder_channels=4,
        decoder_input_channels=_SOUND,
        sampling_rate=48_000,
    )


def _transformer(is_turbo: bool) -> AceStepTransformer1DModel:
    return AceStepTransformer1DModel(
        num_hidden_layers=2,
        in_channels=3 * _SOUND,
        audio_acoustic_hidden_dim=_SOUND,
        is_turbo=is_turbo,
        **_SHAPE,
    )


def _conditions() -> AceStepConditionEncoder:
    made = seeded(
        lambda: AceStepConditionEncoder(
            text_hidden_dim=16,
            timbre_hidden_dim=_SOUND,
            num_lyric_encoder_hidden_layers=1,
            num_timbre_encoder_hidden_layers=1,
            **_SHAPE,
        )
    )
    made.silence_latent.copy_(torch.randn_like(made.silence_latent) * 0.1)
    return made


def _tokens() -> AceStepAudioTokenizer:
    return AceStepAudioTokenizer(
        audio_acoustic_hidden_dim=_SOUND,
        fsq_dim=16,
        fsq_input_levels=[4, 4, 4],
        num_attention_pooler_hidden_layers=1,
        **_SHAPE,
    )


def _sounds() -> AceStepAudioTokenDetokenizer:
    return AceStepAudioTokenDetokenizer(
        audio_acoustic_hidden_dim=_SOUND, num_attention_pooler_hidden_layers=1, **_SHAPE
    )
