"""First-block cache: passes that would change little are not calculated.

Where the first block of a denoiser changes less than a threshold since the last full pass, the
other blocks are left out and their last change is used again (Wang et al., ParaAttention, 2024,
as in diffusers). Offered only where the blocks are known to be left out; counts them. Knows the
classes of diffusers' denoisers, no family.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from studio.errors import RequestError

Cache = Literal["none", "first-block"]
THRESHOLD = 0.12
"""Relative change of the first block below which the others are left out."""

FIRES_ON: dict[str, str] = {
    "WanTransformer3DModel": "blocks",
    "QwenImageTransformer2DModel": "transformer_blocks",
}
"""Denoisers whose blocks it leaves out, with the name of the list of them; counted in tests."""

WHY_NOT = {
    "Flux2Transformer2DModel": "its blocks return what the cache cannot read",
    "SD3Transformer2DModel": "diffusers has none for it",
}


@dataclass
class Calls:
    """Calls of a denoiser's blocks: those that were made, of those that a plain run makes."""

    made: int = 0
    blocks: int = 0
    passes: int = 0

    @property
    def skipped(self) -> int:
        return self.blocks * self.passes - self.made


def check(denoiser: Any) -> None:
    """Refuse a denoiser on which the cache does nothing, or fails.

    Raises:
        RequestError: with the reason.
    """
    name = type(denoiser).__name__
    if name not in FIRES_ON:
        why = WHY_NOT.get(name, "diffusers has none for it")
        raise RequestError(f"cache='first-block' does not work with {name}: {why}; set cache=none")


@contextlib.contextmanager
def caching(denoiser: Any, threshold: float = THRESHOLD) -> Iterator[Calls]:
    """The denoiser with the cache, which starts empty and is gone afterwards.

    Raises:
        RequestError: see `check`.
    """
    from diffusers import FirstBlockCacheConfig

    check(denoiser)
    denoiser.enable_cache(FirstBlockCacheConfig(threshold=threshold))
    try:
        with counting(denoiser) as calls:
            yield calls
    finally:
        denoiser.disable_cache()


@contextlib.contextmanager
def counting(denoiser: Any) -> Iterator[Calls]:
    """Counts the calls of the blocks' attention, the work that a cache is there to save."""
    blocks = getattr(denoiser, FIRES_ON[type(denoiser).__name__])
    calls = Calls(blocks=len(blocks))

    def on_block(*_: Any) -> None:
        calls.made += 1

    def on_pass(*_: Any) -> None:
        calls.passes += 1

    worker = "attn1" if hasattr(blocks[0], "attn1") else "attn"
    hooks = [getattr(block, worker).register_forward_hook(on_block) for block in blocks]
    hooks.append(denoiser.register_forward_hook(on_pass))
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()
