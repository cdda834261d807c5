"""Denoisers of the real classes with random weights, alone, to try caches with.

What they draw means nothing. Knows two families by the classes of diffusers.
"""

from typing import Any

from pipelines.open.randoms import filled

LATENTS: dict[str, tuple[int, ...]] = {
    "WanTransformer3DModel": (1, 16, 3, 16, 16),
    "QwenImageTransformer2DModel": (1, 256, 64),
}
"""Shapes of latents to try a denoiser with: frames of 128 px, a picture of 256 px."""


def wan_denoiser(layers: int = 8, heads: int = 4, head_width: int = 64, inner: int = 1024) -> Any:
    from diffusers import WanTransformer3DModel

    return filled(
        lambda: WanTransformer3DModel(
            num_attention_heads=heads,
            attention_head_dim=head_width,
            text_dim=256,
            ffn_dim=inner,
            num_layers=layers,
            rope_max_seq_len=64,
        )
    )


def wide_wan_denoiser() -> Any:
    """A denoiser as wide as Wan 2.1's of 1.3 B, with 6 of its 30 layers."""
    return wan_denoiser(6, heads=12, head_width=128, inner=8960)


def qwen_denoiser(layers: int = 8) -> Any:
    from diffusers import QwenImageTransformer2DModel

    return filled(
        lambda: QwenImageTransformer2DModel(
            num_layers=layers,
            attention_head_dim=64,
            num_attention_heads=4,
            joint_attention_dim=256,
            axes_dims_rope=(8, 28, 28),
        )
    )


def _words() -> Any:
    import torch

    return torch.ones(1, 16, 256) * 0.1


def wan_pass(denoiser: Any, latents: Any, time: Any) -> Any:
    """The velocity (batch, channels, frames, h, w) at a time in [0, 1]."""
    return denoiser(latents, (time * 1000).reshape(1), _words(), return_dict=False)[0]


def qwen_pass(denoiser: Any, latents: Any, time: Any) -> Any:
    """The velocity (batch, positions, channels) at a time in [0, 1]."""
    return denoiser(
        hidden_states=latents,
        encoder_hidden_states=_words(),
        encoder_hidden_states_mask=_words()[..., 0].bool(),
        timestep=time.reshape(1),
        img_shapes=[[(1, 16, 16)]],
        return_dict=False,
    )[0]
