"""A toy Sana Sprint, a toy Sana, and a toy ControlNet for that."""

from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderDC,
    DPMSolverMultistepScheduler,
    SanaControlNetModel,
    SanaPipeline,
    SanaSprintPipeline,
    SanaTransformer2DModel,
    SCMScheduler,
)

from tests.tiny.parts import gemma_tokenizer, seeded

_SHAPE: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 4,
    "num_attention_heads": 2,
    "attention_head_dim": 8,
    "num_layers": 2,
    "num_cross_attention_heads": 2,
    "cross_attention_head_dim": 8,
    "cross_attention_dim": 16,
    "caption_channels": 16,
    "sample_size": 32,
}


def build(folder: Path) -> None:
    parts = _parts(guidance_embeds=True, qk_norm="rms_norm_across_heads")
    scheduler: Any = SCMScheduler()
    SanaSprintPipeline(scheduler=scheduler, **parts).save_pretrained(folder)


def build_plain(folder: Path) -> None:
    scheduler = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    SanaPipeline(scheduler=scheduler, **_parts()).save_pretrained(folder)


def build_controlnet(folder: Path) -> None:
    seeded(lambda: SanaControlNetModel(**{**_SHAPE, "num_layers": 1})).save_pretrained(folder)


def _parts(**transformer: Any) -> dict[str, Any]:
    tokenizer = gemma_tokenizer()
    return {
        "tokenizer": tokenizer,
        "text_encoder": encoder(len(tokenizer)),
        "vae": seeded(_vae),
        "transformer": seeded(
            lambda: SanaTransformer2DModel(
                **_SHAPE,
                **transformer,
            )
        ),
    }


def encoder(vocabulary: int) -> Any:
    from transformers import Gemma2Config, Gemma2Model

    config = Gemma2Config(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=4096,
    )
    return seeded(lambda: Gemma2Model(config))


def _vae() -> AutoencoderDC:
    layers = (1,) * 6
    return AutoencoderDC(
        latent_channels=4,
        attention_head_dim=4,
        encoder_block_out_channels=(4, 4, 8, 8, 8, 8),
        decoder_block_out_channels=(4, 4, 8, 8, 8, 8),
        encoder_layers_per_block=layers,
        decoder_layers_per_block=layers,
        encoder_qkv_multiscales=((), (), (), (), (), ()),
        decoder_qkv_multiscales=((), (), (), (), (), ()),
        scaling_factor=0.41407,
    )
