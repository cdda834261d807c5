"""Attention backends: which there are on this machine, found out by running each.

diffusers only looks whether a package is installed; here a small attention is calculated and
compared with the native one before a backend is used. Knows no family.
"""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, Literal

from studio.errors import RequestError

Attention = Literal["native", "flash", "sage", "xformers"]
PACKAGES = {"flash": "flash-attn", "sage": "sageattention", "xformers": "multimodal-studio[cuda]"}
_TOLERANCE = 0.05


@functools.lru_cache(maxsize=16)
def problem(name: str, device: str) -> str:
    """Why a backend cannot be used on a device; empty where it can."""
    if name == "native":
        return ""
    import torch

    shape = (1, 64, 2, 64)  # batch, positions, heads, width of a head
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    # One of its own: the process's generators are for the jobs.
    drawn = torch.Generator("cpu").manual_seed(0)
    query, key, value = (torch.randn(shape, generator=drawn).to(device, dtype) for _ in range(3))
    try:
        found = _run(name, query, key, value)
    except (ImportError, RuntimeError, NotImplementedError, ValueError, AssertionError) as error:
        return (str(error) or type(error).__name__).strip().splitlines()[0]
    wanted = _native(query, key, value)
    off = float((found - wanted).abs().max())
    return "" if off < _TOLERANCE else f"its results are off by {off:.2g}"


def _native(query: Any, key: Any, value: Any) -> Any:
    from torch.nn.functional import scaled_dot_product_attention

    heads_first = (each.transpose(1, 2) for each in (query, key, value))
    return scaled_dot_product_attention(*heads_first).transpose(1, 2)


def _run(name: str, query: Any, key: Any, value: Any) -> Any:
    if name == "xformers":
        import importlib

        ops = importlib.import_module("xformers.ops")
        return ops.memory_efficient_attention(query, key, value)
    from diffusers.models.attention_dispatch import attention_backend, dispatch_attention_fn

    with attention_backend(name):
        return dispatch_attention_fn(query, key, value)


def check(name: str, device: str, denoiser: Any) -> None:
    """Refuse a backend that does not run here, or that the denoiser would not use.

    Raises:
        RequestError: with the reason.
    """
    if name == "native":
        return
    why = problem(name, device)
    if why:
        raise RequestError(
            f"attention={name!r} does not run here: {why}; "
            f"install {PACKAGES[name]} on a machine with a CUDA GPU, or set attention=native"
        )
    if not _listens(denoiser) and name != "xformers":
        raise RequestError(
            f"attention={name!r} has no effect on {type(denoiser).__name__}; set attention=native"
        )


def _listens(denoiser: Any) -> bool:
    """Whether any of its layers asks which backend is set."""
    processors = (getattr(each, "processor", None) for each in denoiser.modules())
    return any(hasattr(each, "_attention_backend") for each in processors)


@contextlib.contextmanager
def using(name: str, device: str, denoiser: Any) -> Iterator[None]:
    """The denoiser with a backend, only inside: diffusers' own setting stays for the process.

    Raises:
        RequestError: see `check`.
    """
    check(name, device, denoiser)
    if name == "native":
        yield
    elif _listens(denoiser):
        from diffusers.models.attention_dispatch import attention_backend

        with attention_backend(name):
            yield
    else:
        denoiser.enable_xformers_memory_efficient_attention()
        try:
            yield
        finally:
            denoiser.disable_xformers_memory_efficient_attention()
