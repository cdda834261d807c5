"""Toy IP-Adapters, as their makers publish them: a file, and the encoder that reads pictures.

Made for a denoiser, whose layers that attend to words get weights that attend to pictures. Knows no
family.
"""

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.tiny.parts import seeded

ENCODER_WIDTH, PROJECTED = 16, 12
FILE = "ip-adapter_toy.safetensors"


def write(unet: Any, folder: Path, is_plus: bool = False) -> None:
    """One for a UNet of diffusers; `is_plus`: of the kind that sees every part of a picture."""
    width = unet.config.cross_attention_dim
    layers = [
        unet.get_submodule(name.removesuffix(".processor"))
        for name in unet.attn_processors
        if name.endswith("attn2.processor") and "motion_modules" not in name
    ]
    tensors = {} if not is_plus else _resampler(width)
    torch.manual_seed(0)
    if not is_plus:
        tensors["image_proj.proj.weight"] = torch.randn(4 * width, PROJECTED)
        tensors["image_proj.proj.bias"] = torch.randn(4 * width)
        tensors["image_proj.norm.weight"] = torch.ones(width)
        tensors["image_proj.norm.bias"] = torch.zeros(width)
    for at, layer in enumerate(layers):
        for side in "kv":
            shape = (layer.to_k.out_features, width)
            tensors[f"ip_adapter.{2 * at + 1}.to_{side}_ip.weight"] = torch.randn(shape)
    _save(tensors, folder)


def write_joint(transformer: Any, folder: Path) -> None:
    """One for the transformer of Stable Diffusion 3, with the encoder that those have."""
    from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
    from diffusers.models.embeddings import IPAdapterTimeImageProjection
    from transformers import SiglipVisionConfig, SiglipVisionModel

    config = transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    sees = seeded(
        lambda: IPAdapterTimeImageProjection(
            embed_dim=ENCODER_WIDTH, output_dim=width, hidden_dim=64, heads=1, num_queries=4,
            timestep_in_dim=8,
        )
    )  # fmt: skip
    tensors = {f"image_proj.{name}": value for name, value in sees.state_dict().items()}
    for at in range(len(transformer.attn_processors)):
        layer = seeded(
            lambda: SD3IPAdapterJointAttnProcessor2_0(width, width, config.attention_head_dim, 64)
        )
        tensors |= {f"ip_adapter.{at}.{name}": value for name, value in layer.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / FILE)
    vision = SiglipVisionConfig(**_VISION)
    seeded(lambda: SiglipVisionModel(vision)).save_pretrained(folder / "image_encoder")


_VISION: dict[str, Any] = {
    "hidden_size": ENCODER_WIDTH,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}


def _resampler(width: int) -> dict[str, torch.Tensor]:
    """Named as in the published files, not as in diffusers."""
    from diffusers.models.embeddings import IPAdapterPlusImageProjection

    made = seeded(
        lambda: IPAdapterPlusImageProjection(
            embed_dims=ENCODER_WIDTH, output_dims=width, hidden_dims=64, heads=1, num_queries=4
        )
    )  # fmt: skip
    named: dict[str, torch.Tensor] = {}
    for name, value in made.state_dict().items():
        for ours, theirs in (("ln0", "0.norm1"), ("ln1", "0.norm2"), ("attn.to_q", "0.to_q"),
                             ("attn.to_k", "0.to_k"), ("attn.to_v", "0.to_v"),
                             ("attn.to_out.0", "0.to_out"), ("ff.0", "1.0"),
                             ("ff.1.net.0.proj", "1.1"), ("ff.1.net.2", "1.3")):  # fmt: skip
            name = re.sub(rf"^layers\.(\d)\.{re.escape(ours)}\.", rf"layers.\1.{theirs}.", name)
        named[f"image_proj.{name}"] = value
    for key in [each for each in named if each.endswith(".to_k.weight")]:
        both = [named.pop(key), named.pop(key.replace("to_k", "to_v"))]
        named[key.replace("to_k", "to_kv")] = torch.cat(both)
    return named


def _save(tensors: dict[str, torch.Tensor], folder: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / FILE)
    config = CLIPVisionConfig(**_VISION, projection_dim=PROJECTED)
    encoder = seeded(lambda: CLIPVisionModelWithProjection(config))
    encoder.save_pretrained(folder / "image_encoder")
