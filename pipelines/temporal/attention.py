"""Attention over time: every place of a picture looks at itself in the other frames.

The motion module of AnimateDiff (Guo et al. 2024, "AnimateDiff: Animate Your Personalized Text-to-
Image Diffusion Models without Specific Tuning", section 4.2), with rotary places in time (Su et
al. 2021, RoFormer) instead of learned ones, so that frames may lie anywhere in time and a loop can
close. Its output layer starts at zero: a picture network that it is put into draws as before until
it is trained. Knows nothing about the network around it.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LONGEST = 64.0
"""Frames after which the slowest rotary pair of a clip that does not loop has turned half round."""


class TemporalAttention(nn.Module):
    """Self-attention over the frames of each token's place, as a residual layer.

    Args:
        channels: of a token.
        heads: a head's channels, `channels // heads`, must be even.
    """

    def __init__(self, channels: int, heads: int = 8) -> None:
        super().__init__()
        if channels % heads or channels // heads % 2:
            raise ValueError(f"{channels} channels do not make {heads} heads of even size")
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, tokens: Tensor, times: Tensor, loop_frames: float | None = None) -> Tensor:
        """Adds to each token what it learned from its place in the clip's other frames.

        Args:
            tokens: (B · T, N, C), the frames of a clip one after the other, as a picture network
                takes them for a batch.
            times: (T,), each frame's place in time, in frames; fractions are welcome.
            loop_frames: the length of the loop, in frames, if the last goes over into the first.

        Returns:
            (B · T, N, C).
        """
        frames = len(times)
        batch, places, channels = tokens.shape
        if batch % frames:
            raise ValueError(f"{batch} pictures are no whole number of clips of {frames} frames")
        size = channels // self.heads
        qkv = self.qkv(self.norm(tokens))
        # (B · T, N, 3 · C) → 3 × (B · N, heads, T, size)
        qkv = qkv.view(batch // frames, frames, places, 3, self.heads, size)
        query, key, value = qkv.permute(3, 0, 2, 4, 1, 5).reshape(3, -1, self.heads, frames, size)
        angles = rotary_angles(times.to(tokens.device), size // 2, loop_frames)
        heard = F.scaled_dot_product_attention(turned(query, angles), turned(key, angles), value)
        heard = heard.view(batch // frames, places, self.heads, frames, size)
        return tokens + self.out(heard.permute(0, 3, 1, 2, 4).reshape(batch, places, channels))


def rotary_angles(times: Tensor, pairs: int, loop_frames: float | None = None) -> Tensor:
    """How far each pair of channels turns at each time: (T, pairs), radians, float32.

    From half a turn a frame down to half a turn in `LONGEST` frames. In a loop every pair makes a
    whole number of turns, so that the last frame is as near to the first as to the one before it.
    """
    if loop_frames is None:
        speeds = math.pi * torch.logspace(0, -math.log10(LONGEST), pairs, device=times.device)
    else:
        most = max(1, int(loop_frames // 2))
        turns = torch.logspace(math.log10(most), 0, pairs, device=times.device).round()
        speeds = 2 * math.pi / loop_frames * turns
    return times.float()[:, None] * speeds[None]


def turned(values: Tensor, angles: Tensor) -> Tensor:
    """Rotary embedding: (..., T, 2 · pairs), each pair turned by its angle (T, pairs)."""
    first, second = values.chunk(2, dim=-1)
    cos, sin = angles.cos().to(values.dtype), angles.sin().to(values.dtype)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)
