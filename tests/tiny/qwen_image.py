"""A toy Qwen-Image, and a toy of the weights for editing."""

import json
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageControlNetModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
)

from tests.tiny.parts import qwen_tokenizer, seeded

_IMAGE = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


def build(folder: Path) -> None:
    QwenImagePipeline(**_parts()).save_pretrained(folder)


def build_edit(folder: Path) -> None:
    """Written by hand in part: the stock processor cannot be made without torchvision."""
    from transformers import Qwen2VLImageProcessorPil

    build(folder)
    reader = Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=56 * 56)
    reader.save_pretrained(folder / "processor")
    index = folder / "model_index.json"
    values = json.loads(index.read_text())
    values["_class_name"] = "QwenImageEditPlusPipeline"
    values["processor"] = ["transformers", "Qwen2VLProcessor"]
    index.write_text(json.dumps(values))


def _parts() -> dict[str, Any]:
    tokenizer = qwen_tokenizer()
    tokenizer.add_tokens(_IMAGE, special_tokens=True)
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        "vae": seeded(_vae),
        "text_encoder": _encoder(tokenizer),
        "tokenizer": tokenizer,
        "transformer": seeded(_transformer),
    }


def _vae() -> AutoencoderKLQwenImage:
    return AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=4,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    )


_SHAPE: dict[str, Any] = {
    "in_channels": 16,
    "out_channels": 4,
    "num_layers": 2,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 16,
    "axes_dims_rope": (8, 4, 4),
}


def build_controlnet(folder: Path) -> None:
    seeded(lambda: QwenImageControlNetModel(**_SHAPE)).save_pretrained(folder)


def build_controlnet_fills(folder: Path) -> None:
    more = {**_SHAPE, "extra_condition_channels": 4}
    seeded(lambda: QwenImageControlNetModel(**more)).save_pretrained(folder)


def _transformer() -> QwenImageTransformer2DModel:
    return QwenImageTransformer2DModel(**_SHAPE)


def _encoder(tokenizer: Any) -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    ids = dict(zip(_IMAGE, tokenizer.convert_tokens_to_ids(_IMAGE), strict=True))
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": 4096,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [1, 1, 2],
            },
            "pad_token_id": None,
            "bos_token_id": None,
            "eos_token_id": None,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [1],
        },
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
    )
    return seeded(lambda: Qwen2_5_VLForConditionalGeneration(config))
