"""How much memory a checkpoint takes, from what is known before it loads. Knows no family."""

from pipelines.open import checkpoints

BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}
WORKING_SHARE = 1.15
"""Weights and what a run needs beside them, to the weights."""


def needed(checkpoint: str, precision: str) -> int:
    """Peak bytes of a model, by the headers of its files.

    Raises:
        RequestError: the checkpoint is not here.
        WeightsError: one of its files is cut short.
    """
    count = sum(checkpoints.parameters(checkpoints.find(checkpoint)).values())
    # On a CPU "auto" is fp32; a GPU needs half as much, which only leaves room.
    return int(count * BYTES.get(precision, 4) * WORKING_SHARE)
