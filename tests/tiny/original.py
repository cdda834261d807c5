"""Toy weights of the Stable Diffusion 1.5 kind in one file, named as its makers name them.

The names are those that diffusers reads such files by. Knows no other family.
"""

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_ATTENTION = {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out", "group_norm": "norm"}


def write(folder: Path, file: Path, layers: int = 1) -> Path:
    """The weights of a folder in the layout of diffusers as one file; `layers`: a block's."""
    tensors: dict[str, torch.Tensor] = {}
    for name, value in _read(folder / "unet").items():
        tensors[f"model.diffusion_model.{_unet(name, layers)}"] = value
    vae = _read(folder / "vae")
    blocks = len({name.split(".")[2] for name in vae if name.startswith("decoder.up_blocks.")})
    for name, value in vae.items():
        is_matrix = "attentions" in name and value.ndim == 2
        square = value[:, :, None, None] if is_matrix else value
        tensors[f"first_stage_model.{_vae(name, blocks)}"] = square
    for name, value in _read(folder / "text_encoder").items():
        plain = name.removeprefix("text_model.")
        tensors[f"cond_stage_model.transformer.text_model.{plain}"] = value
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return file


def _read(part: Path) -> dict[str, torch.Tensor]:
    (file,) = part.glob("*.safetensors")
    return load_file(file)


def _unet(name: str, layers: int) -> str:
    from diffusers.loaders.single_file_utils import DIFFUSERS_TO_LDM_MAPPING

    plain = DIFFUSERS_TO_LDM_MAPPING["unet"]["layers"]
    if name in plain:
        return plain[name]
    if match := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", name):
        kind, at, rest = match.groups()
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(at)}.{_within(kind, rest)}"
    match = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", name)
    assert match is not None, name
    way, block, kind, at, rest = match.groups()
    begin, side = int(block) * (layers + 1), "input" if way == "down" else "output"
    if kind == "downsamplers":
        return f"input_blocks.{begin + layers + 1}.0.{rest.replace('conv', 'op')}"
    if kind == "upsamplers":
        # Behind the attention, where the block has one.
        return f"output_blocks.{begin + layers}.{1 if block == '0' else 2}.{rest}"
    number = begin + int(at) + (1 if way == "down" else 0)
    return f"{side}_blocks.{number}.{1 if kind == 'attentions' else 0}.{_within(kind, rest)}"


def _within(kind: str, rest: str) -> str:
    if kind == "attentions":
        return rest
    layer, _, end = rest.rpartition(".")
    return f"{_RESNET[layer]}.{end}"


def _vae(name: str, blocks: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    for ours, theirs in _ATTENTION.items():
        name = name.replace(f"mid_block.attentions.0.{ours}.", f"mid.attn_1.{theirs}.")
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(
        r"up_blocks\.(\d)\.(resnets|upsamplers\.0)",
        lambda m: f"up.{blocks - 1 - int(m[1])}.{'block' if m[2] == 'resnets' else 'upsample'}",
        name,
    )
    return name
