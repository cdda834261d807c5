"""What attention over time does for a network that is trained with it: a small denoiser of clips.

Two networks are trained alike on noisy animations, 16 × 16 px, one of them with
`TemporalAttention`. Held-out animations then tell how much their output flickers beyond what the
clean clip does. Small enough to train in seconds; no network that ships. Knows no picture model.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipelines.temporal.attention import TemporalAttention
from training.video.report import Pixels, on_white
from training.video.sources import FPS, animations
from training.video.tracks import decode

SIDE, FRAMES, CHANNELS = 16, 16, 32
NOISE = 0.3
CLIPS, BATCH, STEPS, RATE = 24, 3, 250, 3e-3
EVERY = FPS // 8


class Denoiser(nn.Module):
    """Noisy colours of each place → clean ones; with or without the places' other frames."""

    def __init__(self, has_attention: bool) -> None:
        super().__init__()
        self.read = nn.Linear(3, CHANNELS)
        self.over_time = TemporalAttention(CHANNELS, heads=4) if has_attention else None
        self.mix = nn.Sequential(nn.Linear(CHANNELS, 2 * CHANNELS), nn.SiLU(),
                                 nn.Linear(2 * CHANNELS, 3))  # fmt: skip

    def forward(self, noisy: Tensor) -> Tensor:
        """(B · T, N, 3) → the same."""
        tokens = self.read(noisy)
        if self.over_time is not None:
            tokens = self.over_time(tokens, torch.arange(FRAMES, dtype=torch.float32))
        return noisy + self.mix(tokens)


def trained(clips: Tensor, has_attention: bool) -> Denoiser:
    """Trained on clips (K, T, N, 3); the same order and noise with and without attention."""
    torch.manual_seed(0)
    model = Denoiser(has_attention)
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        clean = clips[torch.randint(len(clips), (BATCH,), generator=generator)].flatten(0, 1)
        noisy = clean + NOISE * torch.randn(clean.shape, generator=generator)
        loss = (model(noisy) - clean).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def flickers(clips: Sequence[Pixels]) -> list[tuple[float, float]]:
    """Changes from frame to frame that the clean clip has not, in levels: without, with.

    Args:
        clips: held-out ones, (T, H, W, 3) each.
    """
    known = [each for each in animations() if not each.is_held_out]
    chosen = [known[i * len(known) // CLIPS] for i in range(CLIPS)]
    seen = [on_white(decode(each.path)[::EVERY]) for each in chosen]
    clean = torch.stack([_tokens(each) for each in seen])
    models = [trained(clean, has_attention) for has_attention in (False, True)]
    return [_both(models, _tokens(each), seed) for seed, each in enumerate(clips)]


@torch.inference_mode()
def _both(models: Sequence[Denoiser], clean: Tensor, seed: int) -> tuple[float, float]:
    generator = torch.Generator().manual_seed(seed)
    noisy = clean + NOISE * torch.randn(clean.shape, generator=generator)
    found = [(model(noisy) - clean).diff(dim=0).abs().mean() * 127.5 for model in models]
    return float(found[0]), float(found[1])


def _tokens(frames: Pixels) -> Tensor:
    """(T, H, W, 3) → (FRAMES, SIDE · SIDE, 3) in [-1, 1]; short loops go on from their start."""
    size = (SIDE, SIDE)
    taken = [frames[i % len(frames)] for i in range(FRAMES)]
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in taken]
    return torch.from_numpy(np.stack(small).astype(np.float32)).flatten(1, 2) / 127.5 - 1
