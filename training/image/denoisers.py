"""The two stock denoisers of the bake-off behind one call, trained by flow matching.

`velocity(model, noisy, t, text)` hides how each class wants its inputs. Rectified flow (Liu et al.
2022; Esser et al. 2024): x_t = (1 - t) x + t ε, and the network predicts ε - x.
"""

import torch
from diffusers import FluxTransformer2DModel, UNet2DConditionModel
from torch import Tensor, nn

from pipelines.pocket.text import TextStates

WIDTH_TOKENS = 256
WIDTH_POOLED = 384
POOLED_SCALE = WIDTH_POOLED**0.5
"""A unit vector of 384 numbers has tiny components; this brings them to unit variance."""

LATENT_CHANNELS = 8


def build(name: str) -> nn.Module:
    """A fresh "transformer" or "unet" of about equal cost per picture."""
    if name == "transformer":
        return FluxTransformer2DModel(
            patch_size=1,
            in_channels=LATENT_CHANNELS * 4,
            num_layers=2,
            num_single_layers=7,
            attention_head_dim=64,
            num_attention_heads=4,
            joint_attention_dim=WIDTH_TOKENS,
            pooled_projection_dim=WIDTH_POOLED,
            guidance_embeds=False,
            axes_dims_rope=(16, 24, 24),
        )
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(128, 256),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH_TOKENS,
        attention_head_dim=64,
        norm_num_groups=32,
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=WIDTH_POOLED,
    )


def pack(latents: Tensor) -> Tensor:
    """(B, C, h, w) → tokens (B, h/2 · w/2, 4C), as the stock Flux pipelines pack them."""
    b, c, h, w = latents.shape
    x = latents.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, (h // 2) * (w // 2), c * 4)


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


def velocity(model: nn.Module, noisy: Tensor, t: Tensor, text: TextStates) -> Tensor:
    """Predicted ε - x for noisy latents (B, C, h, w) at times t (B,) in [0, 1]."""
    tokens = text.tokens * text.mask[..., None]
    pooled = text.pooled * POOLED_SCALE
    if isinstance(model, UNet2DConditionModel):
        return model(noisy, t * 1000, tokens, class_labels=pooled).sample
    h, w = noisy.shape[-2:]
    out = model(
        hidden_states=pack(noisy),
        timestep=t,
        encoder_hidden_states=tokens,
        pooled_projections=pooled,
        img_ids=image_ids(h, w).to(noisy.device),
        txt_ids=torch.zeros(tokens.shape[1], 3, device=noisy.device),
    ).sample
    return unpack(out, h, w)
