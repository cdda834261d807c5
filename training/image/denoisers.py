"""pocket-image's denoiser behind one call, trained by flow matching.

Rectified flow (Liu et al. 2022; Esser et al. 2024): x_t = (1 - t) x + t ε, and the network predicts
ε - x. In the bake-off (see RUNS.md) a stock UNet of equal cost fell behind at once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipelines.pocket.rough import RoughTransformer, pack
from pipelines.pocket.text import TextStates
from training.image import linear

WIDTH_TOKENS = 256
WIDTH_POOLED = 384
POOLED_SCALE = WIDTH_POOLED**0.5
"""A unit vector of 384 numbers has tiny components; this brings them to unit variance."""

HEADS, HEAD_WIDTH = 4, 64
AXES = (16, 24, 24)
QUICK_PAIRS = 5
"""Rotary pairs of an axis that turn quickly enough to tell neighbours apart."""

OWN_PLACE = 2.5


@dataclass(frozen=True)
class Shown:
    """What the network is told: words, and the latents of a rough (B, C, h, w), 0 for none."""

    text: TextStates
    rough: Tensor


@torch.no_grad()
def look_at_own_place(model: RoughTransformer) -> None:
    """Makes half of the heads of every block attend to their own place and its neighbours.

    A constant part of queries and keys, turned by the rotary angles of their places, agrees best
    where the places do: a short training need not find out first what is near.
    """
    quickest = torch.arange(QUICK_PAIRS) * 2
    along = torch.cat([AXES[0] + quickest, AXES[0] + AXES[1] + quickest])
    for block in [*model.transformer_blocks, *model.single_transformer_blocks]:
        for layer in (block.attn.to_q, block.attn.to_k):
            heads = layer.bias.view(HEADS, HEAD_WIDTH)
            heads[: HEADS // 2, along] = OWN_PLACE


def build() -> RoughTransformer:
    """A fresh transformer, half of whose heads begin by looking at their own place."""
    model = RoughTransformer(
        patch_size=1,
        in_channels=linear.CHANNELS * 8,
        out_channels=linear.CHANNELS * 4,
        num_layers=2,
        num_single_layers=7,
        attention_head_dim=HEAD_WIDTH,
        num_attention_heads=HEADS,
        joint_attention_dim=WIDTH_TOKENS,
        pooled_projection_dim=WIDTH_POOLED,
        guidance_embeds=False,
        axes_dims_rope=AXES,
    )
    look_at_own_place(model)
    return model


def unpack(tokens: Tensor, h: int, w: int) -> Tensor:
    """The inverse of `pack`: (B, N, 4C) → (B, C, h, w)."""
    b, _, c = tokens.shape
    x = tokens.view(b, h // 2, w // 2, c // 4, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return x.reshape(b, c // 4, h, w)


def image_ids(h: int, w: int) -> Tensor:
    """Rotary positions (N, 3) of the packed tokens."""
    ids = torch.zeros(h // 2, w // 2, 3)
    ids[..., 1] += torch.arange(h // 2)[:, None]
    ids[..., 2] += torch.arange(w // 2)[None, :]
    return ids.reshape(-1, 3)


def velocity(model: RoughTransformer, noisy: Tensor, t: Tensor, shown: Shown) -> Tensor:
    """Predicted ε - x for noisy latents (B, C, h, w) at times t (B,) in [0, 1]."""
    text = shown.text
    tokens = text.tokens * text.mask[..., None]
    h, w = noisy.shape[-2:]
    out = model(
        hidden_states=pack(noisy),
        timestep=t,
        encoder_hidden_states=tokens,
        pooled_projections=text.pooled * POOLED_SCALE,
        img_ids=image_ids(h, w).to(noisy.device),
        txt_ids=torch.zeros(tokens.shape[1], 3, device=noisy.device),
        joint_attention_kwargs={"rough": pack(shown.rough)},
    ).sample
    return unpack(out, h, w)
