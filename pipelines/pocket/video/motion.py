"""The motion adapter: layers over time, put into the frozen picture transformer from outside.

After some of its blocks, every place of every frame looks at itself in the clip's other frames
(AnimateDiff: Guo et al. 2024, "AnimateDiff: Animate Your Personalized Text-to-Image Diffusion
Models without Specific Tuning", section 4.2). The stock pipelines then draw a clip as a batch of
pictures:

    with adapter.attached(transformer, frames=16, times=times):
        pipeline(prompt_embeds=..., latents=noise of 16 frames, ...)

Knows nothing about words, camera, roughs or files.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.temporal.attention import TemporalAttention

WIDER = 2
"""The feed-forward layer is so many times as wide as a token."""


class MotionLayer(nn.Module):
    """Attention over time, then a feed-forward layer; both add nothing until they are trained."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.attention = TemporalAttention(channels, heads)
        self.norm = nn.LayerNorm(channels)
        self.enter = nn.Linear(channels, WIDER * channels)
        self.leave = nn.Linear(WIDER * channels, channels)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, tokens: Tensor, times: Tensor, loop_frames: float | None) -> Tensor:
        """(B · T, N, C) → (B · T, N, C), the frames of a clip one after the other."""
        tokens = self.attention(tokens, times, loop_frames)
        return tokens + self.leave(F.gelu(self.enter(self.norm(tokens)), approximate="tanh"))


class MotionAdapter(ModelMixin, ConfigMixin):
    """Motion layers for the blocks of a Flux transformer.

    Args:
        channels: of the transformer's tokens.
        heads: of the attention over time.
        double_blocks: after which of the first blocks (words and picture apart) a layer stands.
        single_blocks: after which of the others.
    """

    @register_to_config
    def __init__(
        self,
        channels: int = 256,
        heads: int = 8,
        double_blocks: tuple[int, ...] = (0, 1),
        single_blocks: tuple[int, ...] = (1, 3, 5),
    ) -> None:
        super().__init__()
        self.double = nn.ModuleList(MotionLayer(channels, heads) for _ in double_blocks)
        self.single = nn.ModuleList(MotionLayer(channels, heads) for _ in single_blocks)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "MotionAdapter":
        """A `save_pretrained` folder; float32 on CPUs, where few are fast in bfloat16."""
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        loaded: Any = cls.from_pretrained(folder, local_files_only=True, torch_dtype=dtype)
        return loaded.to(device).eval()

    @contextmanager
    def attached(
        self, transformer: Any, frames: int, times: Tensor, is_loop: bool = False
    ) -> Iterator[None]:
        """Puts the layers into `transformer` while the context lasts.

        Args:
            transformer: a `FluxTransformer2DModel`; its batches are whole clips.
            frames: of a clip, T.
            times: (T,), each frame's place in time, in key frames: `torch.arange(T)`, or
                fractions of them.
            is_loop: whether the last frame goes over into the first: all `frames` make one round.

        Raises:
            ValueError: as many times as frames are needed.
        """
        if len(times) != frames:
            raise ValueError(f"{frames} frames need as many times, got {len(times)}")
        loop = float(frames) if is_loop else None
        blocks = [
            (transformer.transformer_blocks[index], layer)
            for index, layer in zip(self.config["double_blocks"], self.double, strict=True)
        ]
        blocks += [
            (transformer.single_transformer_blocks[index], layer)
            for index, layer in zip(self.config["single_blocks"], self.single, strict=True)
        ]
        hooks = [block.register_forward_hook(_after(layer, times, loop)) for block, layer in blocks]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def _after(layer: nn.Module, times: Tensor, loop: float | None) -> Callable[..., Any]:
    """A forward hook: blocks of Flux return the tokens of the words and those of the picture."""

    def hook(_block: nn.Module, _inputs: Any, output: tuple[Tensor, Tensor]) -> Any:
        words, picture = output
        return words, layer(picture, times, loop)

    return hook
