"""Prompts are encoded once, however many pictures are made of them.

Knows pipelines of diffusers only by their method `encode_prompt`.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

MOST = 4
"""Encodings that are kept, the latest used."""


def remember(pipe: Any) -> None:
    """Let a pipeline keep the encodings of its last prompts.

    The same words, asked for in the same way, are not encoded again: the result is the very same.
    What is not plain words and numbers, such as pictures to look at, is encoded each time.
    """
    if callable(getattr(pipe, "encode_prompt", None)):
        pipe.encode_prompt = _Remembering(pipe.encode_prompt)


class _Remembering:
    def __init__(self, encode: Callable[..., Any]) -> None:
        self._encode = encode
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not _is_plain((args, kwargs)):
            return self._encode(*args, **kwargs)
        key = repr((args, sorted(kwargs.items())))
        if key not in self._kept:
            self._kept[key] = self._encode(*args, **kwargs)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return _shallow(self._kept[key])


def _is_plain(value: Any) -> bool:
    import torch

    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, torch.device, torch.dtype))


def _shallow(value: Any) -> Any:
    """Lists of their own: a pipeline may add to the one it gets."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_shallow, value))
    return value
