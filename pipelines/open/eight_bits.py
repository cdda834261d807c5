"""Linear layers with their weights in 8 bits: half of bf16's memory, nearly the same result.

Each row of a matrix is stored as whole numbers from -127 to 127 and one scale (symmetric
quantisation by the largest value of a row, as LLM.int8() of Dettmers et al., 2022, stores them);
they are widened when the layer runs. What torchao and quanto make of the same weights is as close
and no faster (docs/memory.md), and would need a package. Knows torch and diffusers, no family.
"""

import re
from typing import Any

import torch
from torch.nn import functional

LEVELS = 127


class Int8Linear(torch.nn.Linear):
    """A linear layer whose `weight` is int8 (out, in), with a scale (out,) for each row."""

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=False, device="meta")
        self.compute_dtype = layer.weight.dtype
        """What models ask for that would calculate in the precision of the weight."""

        stored, scale = narrowed(layer.weight.data)
        self.weight = torch.nn.Parameter(stored, requires_grad=False)
        self.scale = torch.nn.Parameter(scale.to(self.compute_dtype), requires_grad=False)
        if layer.bias is not None:
            # Copied: one tensor that lies in a mapped file keeps all of it in memory.
            self.bias = torch.nn.Parameter(layer.bias.data.clone(), requires_grad=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        found = functional.linear(input, self.weight.to(input.dtype))
        if torch.compiler.is_compiling():
            # In float32, since torch 2.13 knows the other by its form and takes a routine for it
            # that crashes where a width is no multiple of 32.
            found = (found.float() * self.scale.float()).to(input.dtype)
        else:
            found = found * self.scale.to(input.dtype)
        return found if self.bias is None else found + self.bias.to(input.dtype)


def narrowed(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A matrix (out, in) as int8 and the scale (out,), float32, that each row is multiplied by."""
    wide = weight.float()
    scale = wide.abs().amax(1) / LEVELS
    # A row of zeros stays one, whatever its scale.
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return (wide / scale[:, None]).round().to(torch.int8), scale


def narrow(model: Any) -> int:
    """Store a model's linear layers in 8 bits, but for those that its makers keep wide.

    Returns:
        How many layers were.
    """
    from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

    kept = [*DEFAULT_SKIP_MODULES_PATTERN, *(getattr(model, _KEPT, None) or ())]
    kept += getattr(model, "_keep_in_fp32_modules", None) or ()
    pattern = re.compile("|".join(kept))
    names = [
        name
        for name, module in model.named_modules()
        if type(module) is torch.nn.Linear and not pattern.search(name)
    ]
    for name in names:
        parent, _, own = name.rpartition(".")
        holder = model.get_submodule(parent)
        # One at a time, so that no more than one is in memory twice.
        holder._modules[own] = Int8Linear(holder._modules[own])
    return len(names)


_KEPT = "_skip_layerwise_casting_patterns"
