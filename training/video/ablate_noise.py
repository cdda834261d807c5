"""What FreeNoise and FreeInit do to frames that pocket-image paints one by one.

No video model of the studio begins with noise a frame, so frames are painted as pictures: each from
noise of its own, from the first window's in another order (FreeNoise), or from noise whose slow
variations are those of a first pass (FreeInit). Real weights, but no layers over time: what is
shown is what the noise does by itself. Knows nothing about training.
"""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from pipelines.pocket.image import PocketImage, Sketch
from pipelines.temporal.identity import likeness
from pipelines.temporal.measure import measured
from pipelines.temporal.noise import low_pass, reinitialised, renoised, rescheduled_noise
from studio.spec import unwatched

WINDOW, STRIDE, WINDOWS = 4, 4, 3
PROMPTS = ("a fox", "a red apple", "a sailing boat", "a sunflower", "a robot", "a small house")
SIDE, RATE, STEPS, GUIDANCE = 128, 8, 6, 3.0

Clip = list[NDArray[np.uint8]]


class FromNoise(PocketImage):
    """pocket-image that begins with noise that it is given, and remembers what came of it."""

    given: Tensor | None = None
    made: Tensor | None = None

    def _noise(self, sketch: Sketch, variation: object) -> Tensor:
        own = super()._noise(sketch, None)
        if self.given is None:
            return own
        return self.given.reshape(own.shape).to(own)

    def paint(self, latents: Tensor, *size: object) -> NDArray[np.uint8]:  # pyright: ignore
        self.made = latents.detach().clone()
        return super().paint(latents, *size)  # pyright: ignore


@cache
def painter() -> FromNoise:
    found = FromNoise.load()
    assert isinstance(found, FromNoise)
    return found


def _sketch(prompt: str) -> Sketch:
    """From the words alone: what is looked up would decide more than the noise."""
    return Sketch(prompt, "", about="", style="any", seed=0, steps=STEPS, guidance=GUIDANCE,
                  width=SIDE, height=SIDE, has_scenery=False)  # fmt: skip


def painted(prompt: str, noises: Tensor) -> tuple[Clip, list[Tensor]]:
    """A picture for each noise of (T, N, C), and the latents that became it."""
    frames, latents = [], []
    for noise in noises:
        painter().given = noise
        frames.append(np.ascontiguousarray(painter()(_sketch(prompt), unwatched)[..., :3]))
        made = painter().made
        assert made is not None
        latents.append(made[0])
    return frames, latents


def free_noise(count: int) -> list[tuple[float, float]]:
    """How like the last window's frames are to the first's: without, with."""
    return [_windows_alike(prompt, seed) for seed, prompt in enumerate(PROMPTS[:count])]


def _windows_alike(prompt: str, seed: int) -> tuple[float, float]:
    generator = Generator().manual_seed(seed)
    first = _white(WINDOW, generator)
    fresh = _white(WINDOW, generator)
    frames = WINDOW * WINDOWS
    order = rescheduled_noise(_as_latents(first), frames, STRIDE, generator)
    last = order[frames - WINDOW :].flatten(2).transpose(1, 2)
    start, _ = painted(prompt, first)
    return _alike(start, painted(prompt, fresh)[0]), _alike(start, painted(prompt, last)[0])


def _alike(first: Clip, last: Clip) -> float:
    """Each frame of the last window beside the one of the first that it is most like."""
    return float(np.mean([max(likeness(one, each).score for one in first) for each in last]))


def free_init(count: int) -> list[tuple[float, float]]:
    """How little frames change from one to the next: the first pass, the second."""
    return [_flickering(prompt, seed) for seed, prompt in enumerate(PROMPTS[:count])]


def _flickering(prompt: str, seed: int) -> tuple[float, float]:
    generator = Generator().manual_seed(100 + seed)
    frames = 2 * WINDOW
    noise = _white(frames, generator)
    first, latents = painted(prompt, noise)
    noisy = renoised(_as_latents(torch.stack(latents)), _as_latents(noise), 0.9)
    fresh = _as_latents(_white(frames, generator))
    shape = (frames, *noisy.shape[2:])
    again = reinitialised(noisy, fresh, low_pass((shape[0], shape[1], shape[2])))
    second, _ = painted(prompt, again.flatten(2).transpose(1, 2))
    scores = [measured(clip, RATE).temporal_flickering for clip in (first, second)]
    return scores[0], scores[1]


def _white(frames: int, generator: Generator) -> Tensor:
    """(frames, N, C): the noise of as many pictures."""
    painter().given = None
    tokens, channels = painter()._noise(_sketch(""), None).shape[1:]
    return torch.randn(frames, tokens, channels, generator=generator)


def _as_latents(tokens: Tensor) -> Tensor:
    """(T, N, C) → (T, C, h, w), of a square picture."""
    side = round(tokens.shape[1] ** 0.5)
    return tokens.transpose(1, 2).unflatten(2, (side, side))
