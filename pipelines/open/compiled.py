"""Regional compile: the repeated blocks of a denoiser, made into code for this machine.

torch compiles one block and uses the code for all blocks like it, in less time than the whole
model would take (`_repeated_blocks` of diffusers). Whether anything can be compiled here is found
out by doing it. Results differ from the plain ones by rounding. Knows the classes of diffusers'
denoisers, no family.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.open.plan import Plan
from studio.errors import RequestError

Compile = Literal["none", "regional"]
MOST_KINDS = 64
"""Variants of a block that are compiled at most: of one kind each for shapes, widths and flags."""

LIBRARY_BYTES = 120_000_000
"""What the compiler and its libraries take in memory."""

_TOLERANCE = 1e-4
_REGION = "Torch-Compiled Region"


@functools.lru_cache(maxsize=4)
def problem(device: str) -> str:
    """Why nothing can be compiled for a device; empty where it can."""
    import torch

    def small(value: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.gelu(value * 2 + 1)

    given = torch.linspace(-1, 1, 64, device=device)
    try:
        found = torch.compile(small, fullgraph=True)(given)
    except (ImportError, RuntimeError, NotImplementedError, OSError) as error:
        lines = (str(error) or type(error).__name__).strip().splitlines()
        return lines[0]
    off = float((found - small(given)).abs().max())
    return "" if off < _TOLERANCE else f"its results are off by {off:.2g}"


def check(device: str) -> None:
    """Refuse where nothing can be compiled.

    Raises:
        RequestError: with the reason.
    """
    why = problem(device)
    if why:
        needs = "a C++ compiler" if device == "cpu" else "triton"
        raise RequestError(
            f"compile='regional' does not run here: {why}; install {needs}, or set compile=none"
        )


def goes_with(plan: Plan) -> bool:
    """Whether blocks stay in one piece: not where weights move or are widened by hooks in them."""
    return plan.way.stores != "fp8" and plan.offload not in ("layers", "disk")


def blocks_of(denoiser: Any) -> list[Any]:
    """The blocks of a denoiser that are many and alike; none where it does not say."""
    names = getattr(denoiser, "_repeated_blocks", None) or ()
    return [each for each in denoiser.modules() if type(each).__name__ in names]


@dataclass
class Calls:
    """How often compiled code was called, and how many pieces of it were made anew."""

    made: int = 0
    compiled: int = 0


@contextlib.contextmanager
def counting() -> Iterator[Calls]:
    """Counts calls of compiled code within it; costs time, as a profiler does."""
    import torch
    from torch._dynamo.utils import counters

    calls, before = Calls(), counters["stats"]["unique_graphs"]
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as seen:
        yield calls
    regions = [each for each in seen.key_averages() if each.key.startswith(_REGION)]
    calls.made = sum(each.count for each in regions)
    calls.compiled = counters["stats"]["unique_graphs"] - before


class Compiled:
    """What was compiled of a pipeline: kept from run to run, and out of the way of plain ones."""

    def __init__(self) -> None:
        self._calls: dict[Any, Any] = {}

    @contextlib.contextmanager
    def using(self, name: str, device: str, denoisers: Sequence[Any]) -> Iterator[None]:
        """Denoisers with their blocks compiled, only inside.

        Raises:
            RequestError: nothing can be compiled here, or the denoisers have no such blocks.
        """
        if name == "none":
            yield
            return
        check(device)
        blocks = [block for each in denoisers for block in blocks_of(each)]
        if not blocks:
            names = " and ".join(type(each).__name__ for each in denoisers)
            raise RequestError(
                f"compile='regional' has no effect on {names}: it has no blocks that repeat; "
                "set compile=none"
            )
        import torch

        with torch._dynamo.config.patch(recompile_limit=MOST_KINDS):
            try:
                for block in blocks:
                    block._compiled_call_impl = self._of(block)
                yield
            finally:
                # torch has no way to take it back; plain calls are those without it.
                for block in blocks:
                    block._compiled_call_impl = None

    def _of(self, block: Any) -> Any:
        if block not in self._calls:
            # Of any size from the first: else a picture would depend on the sizes made before it.
            block.compile(dynamic=True)
            self._calls[block] = block._compiled_call_impl
        return self._calls[block]
