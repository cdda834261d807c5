"""A toy ERNIE-Image, without the model that rewrites prompts."""

from pathlib import Path
from typing import Any

from diffusers import (
    ErnieImagePipeline,
    ErnieImageTransformer2DModel,
    FlowMatchEulerDiscreteScheduler,
)

from tests.tiny.parts import flux2_vae, qwen_tokenizer, seeded


def build(folder: Path) -> None:
    tokenizer = qwen_tokenizer()
    transformer = seeded(
        lambda: ErnieImageTransformer2DModel(
            hidden_size=32,
            num_attention_heads=2,
            num_layers=2,
            ffn_hidden_size=64,
            in_channels=16,
            out_channels=16,
            text_in_dim=16,
            rope_axes_dim=(8, 4, 4),
        )
    )
    ErnieImagePipeline(
        transformer=transformer,
        vae=flux2_vae(),
        text_encoder=_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    ).save_pretrained(folder)


def _encoder(vocabulary: int) -> Any:
    from transformers import Mistral3Config, Mistral3Model

    config = Mistral3Config(
        text_config={
            "model_type": "mistral",
            "vocab_size": vocabulary,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "max_position_embeddings": 4096,
            "pad_token_id": None,
        },
        vision_config={
            "model_type": "pixtral",
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "head_dim": 8,
            "image_size": 28,
            "patch_size": 14,
        },
    )
    return seeded(lambda: Mistral3Model(config))
