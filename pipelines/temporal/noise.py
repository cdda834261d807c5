"""Noise to begin clips with: the same noise again for long ones, and slow noise from a first try.

Two methods that need no training. FreeNoise (Qiu et al. 2024, "FreeNoise: Tuning-Free Longer Video
Diffusion Via Noise Rescheduling") begins every window of a long clip with the first window's noise
in another order, so that windows look alike. FreeInit (Wu et al. 2024, "FreeInit: Bridging
Initialization Gap in Video Diffusion Models") begins a second pass with the slow variations of the
first pass's clip, which the model never sees in white noise. Knows nothing about models; latents
are (T, C, h, w) with T frames.
"""

from typing import Literal

import torch
from torch import Generator, Tensor


def rescheduled_noise(noise: Tensor, frames: int, stride: int, generator: Generator) -> Tensor:
    """FreeNoise: the noise of one window, for a clip of any length.

    Args:
        noise: (window, C, h, w), of the first window; it comes back unchanged at the start.
        frames: of the whole clip.
        stride: frames that are shuffled among themselves; how far one window is from the next.
        generator: draws the orders; on the CPU, so that a seed is the same noise everywhere.

    Returns:
        (frames, C, h, w): each frame's noise is one of the first window's.

    Raises:
        ValueError: the stride is not within 1 … window.
    """
    window = len(noise)
    if not 1 <= stride <= window:
        raise ValueError(f"a stride of {stride} frames does not go with a window of {window}")
    order = list(range(window))
    while len(order) < frames:
        # What comes next was shown a whole window ago.
        group = torch.tensor(order[len(order) - window :][:stride])
        order += group[torch.randperm(len(group), generator=generator)].tolist()
    return noise[torch.tensor(order[:frames], device=noise.device)]


def reinitialised(noisy: Tensor, fresh: Tensor, low_pass: Tensor) -> Tensor:
    """FreeInit: slow variations of one noise, fast ones of another.

    Args:
        noisy: (T, C, h, w), the first pass's latents with noise added up to where a pass begins.
        fresh: white noise of the same shape.
        low_pass: (T, h, w) in [0, 1], as `low_pass` makes it.
    """
    dims = (0, 2, 3)
    mask = low_pass.to(noisy.device)[:, None]
    slow = torch.fft.fftn(noisy.float(), dim=dims) * mask
    fast = torch.fft.fftn(fresh.float(), dim=dims) * (1 - mask)
    return torch.fft.ifftn(slow + fast, dim=dims).real.to(noisy.dtype)


def low_pass(
    shape: tuple[int, int, int],
    in_space: float = 0.25,
    in_time: float = 0.25,
    kind: Literal["gaussian", "butterworth"] = "butterworth",
) -> Tensor:
    """What `reinitialised` takes for slow: (T, h, w), 1 for the mean, towards 0 for the fastest.

    Args:
        shape: (T, h, w).
        in_space: where slow ends, as a share of the fastest variation of a picture.
        in_time: the same from frame to frame.
        kind: Butterworth's of the fourth order keeps more of what is slow.
    """
    axes = [torch.fft.fftfreq(size) * 2 for size in shape]
    t, y, x = torch.meshgrid(*axes, indexing="ij")
    square = (t / in_time) ** 2 + (y / in_space) ** 2 + (x / in_space) ** 2
    return torch.exp(-square / 2) if kind == "gaussian" else 1 / (1 + square**4)


def renoised(latents: Tensor, noise: Tensor, sigma: float) -> Tensor:
    """Finished latents with noise added, as flow matching mixes them (Lipman et al. 2023).

    `sigma`: share of noise, 1 for noise alone.
    """
    return (1 - sigma) * latents + sigma * noise
