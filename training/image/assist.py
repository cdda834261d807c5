"""A second process that adds gradients whenever it has some: more cores, even busy ones, help.

The main process never waits. The assistant reads the shared weights, works out the gradient of a
batch and adds it to shared sums; the main process takes what has come in at each of its steps.
Gradients may be one step old, which does no harm at these learning rates (Hogwild, Niu et al.
2011).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch import multiprocessing as mp

Batch = tuple[Tensor, Any]


@dataclass
class Shared:
    """What both processes see: weights, summed gradients, and how many batches are in the sums."""

    model: nn.Module
    sums: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.model.share_memory()
        self.sums = [torch.zeros_like(p).share_memory_() for p in self.model.parameters()]
        context = mp.get_context("spawn")
        self.count = context.Value("i", 0)
        self.is_over = context.Value("b", 0)

    def take(self) -> int:
        """Averages the waiting gradients into the model's own; returns how many they were."""
        with self.count.get_lock():
            waiting = int(self.count.value)
            if not waiting:
                return 0
            for parameter, total in zip(self.model.parameters(), self.sums, strict=True):
                assert parameter.grad is not None
                parameter.grad.add_(total).div_(waiting + 1)
                total.zero_()
            self.count.value = 0
        return waiting


def work(
    shared: Shared,
    fresh: Callable[[], nn.Module],
    batches: Callable[[], Iterator[Batch]],
    loss_of: Callable[[nn.Module, Tensor, Any], Tensor],
) -> None:
    """The assistant's life: until the main process says that it is over."""
    os.setsid()  # its own share of the processor, whatever the main process was given
    torch.set_num_threads(1)
    local = fresh()
    for x, text in batches():
        if shared.is_over.value:
            return
        local.load_state_dict(shared.model.state_dict())
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(local, x, text)
        loss.backward()
        with shared.count.get_lock():
            for parameter, total in zip(local.parameters(), shared.sums, strict=True):
                assert parameter.grad is not None
                total.add_(parameter.grad)
            shared.count.value += 1
        local.zero_grad(set_to_none=True)


def start(shared: Shared, *task: Any) -> mp.Process:
    """Starts an assistant; `task` is `work`'s arguments after the first."""
    process = mp.get_context("spawn").Process(target=work, args=(shared, *task), daemon=True)
    process.start()
    return process
