"""Adapters for pocket-image's transformer: read, checked, weighted, added up and melted in.

The weights are those of a LoRA for a stock `FluxTransformer2DModel` in the layout of diffusers.
Melted into the model they cost nothing per step. Knows nothing about where they lie.
"""

import warnings
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from pipelines.pocket.hand import PREFIX as HAND
from pipelines.pocket.hand import Hand, HandNet, add
from pipelines.pocket.upscale import UpscaleNet
from studio.errors import RequestError, WeightsError

PREFIX = "transformer."


def melt_in(transformer: Any, adapters: Sequence[tuple[str, Path, float]]) -> None:
    """Adds each (name, file, weight) to the transformer's own weights.

    Raises:
        RequestError: an adapter is for a model of another shape.
        WeightsError: a file is damaged.
    """
    if not adapters:
        return
    # peft warns of what is meant here: more than one.
    warnings.filterwarnings("ignore", message="Already found a `peft_config` attribute")
    for name, path, _ in adapters:
        tensors = {k: v for k, v in read(name, path).items() if not k.startswith(HAND)}
        check_fit(name, tensors, transformer)
        transformer.load_lora_adapter(tensors, prefix="transformer", adapter_name=name)
    names = [name for name, _, _ in adapters]
    transformer.set_adapters(names, [weight for _, _, weight in adapters])
    transformer.fuse_lora(adapter_names=names)
    transformer.unload_lora()


def hand(base: UpscaleNet, adapters: Sequence[tuple[str, Path, float]]) -> Hand | None:
    """The network that draws in the styles' strokes, where an adapter has any.

    A weight above 1 counts as 1 here, one below 0 as 0: strokes cannot be more than as taught.
    """
    read_all = [(read(name, path), min(max(weight, 0), 1)) for name, path, weight in adapters]
    learned = [
        (tensors, weight)
        for tensors, weight in read_all
        if weight and any(key.startswith(HAND) for key in tensors)
    ]
    if not learned:
        return None
    net = HandNet(deepcopy(base))
    add(net, learned)
    return Hand(net)


def read(name: str, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises:
        WeightsError: it is cut short, or no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key).float() for key in file.keys()}
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"adapter {name!r}: {path} is damaged ({error}); get it again"
        ) from error


def check_fit(name: str, tensors: dict[str, Tensor], transformer: Any) -> None:
    """Refuse an adapter for layers that are not there, or of another size.

    Raises:
        RequestError: says which layer.
    """
    layers = dict(transformer.named_modules())
    for key, tensor in tensors.items():
        layer, _, part = key.removeprefix(PREFIX).rpartition(".lora_")
        weight = getattr(layers.get(layer), "weight", None)
        if weight is None:
            raise RequestError(
                f"adapter {name!r} is for another model than pocket-image: it changes "
                f"{layer or key!r}, which is not there; choose another adapter"
            )
        side = 1 if part.startswith("A") else 0
        has, needs = tensor.shape[side], weight.shape[side]
        if has != needs:
            raise RequestError(
                f"adapter {name!r} is for another model than pocket-image: {layer} has {has} "
                f"channels in it, {needs} here; choose another adapter"
            )
