"""Plans: how a pipeline of diffusers is laid out in memory, and the ladder of them.

From the fastest to the smallest. Says what a plan is and which there are for a device; how much
each needs is for `memory` to say, how it is carried out for `run` and `place`. Knows no family.
"""

import functools
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.errors import RequestError

Fit = Literal["auto", "whole", "offload", "int8", "fp8", "stream", "disk"]
Stored = Literal["", "int8", "fp8"]
Offload = Literal["none", "parts", "layers", "disk"]


@dataclass(frozen=True)
class Way:
    """One way to lay out a model, whatever it is.

    `stores`: how the denoiser's weights are kept in 8 bits, and widened layer by layer: matrices as
    int8, or all but the smallest as float8_e4m3fn; empty as they are. `offload`: what is away from
    the device while it is not needed: nothing, whole parts, layers, or layers that lie on disk.
    `tiles`: large pictures are decoded in tiles. `is_exact`: the result is as it would be with
    everything in memory.
    """

    about: str
    stores: Stored = ""
    offload: Offload = "none"
    tiles: bool = False
    is_exact: bool = True
    needs_gpu: bool = False


WAYS: dict[str, Way] = {
    "whole": Way("all of it in memory"),
    "offload": Way("one part at a time on the GPU", offload="parts", needs_gpu=True),
    "int8": Way("the denoiser's matrices in 8 bits", "int8", "parts", tiles=True, is_exact=False),
    "fp8": Way("the denoiser's weights in 8 bits", "fp8", "parts", tiles=True, is_exact=False),
    "stream": Way(
        "layers brought to the GPU one by one",
        offload="layers",
        tiles=True,
        is_exact=False,
        needs_gpu=True,
    ),
    "disk": Way("layers read from disk one by one", offload="disk", tiles=True, is_exact=False),
}
"""From the fastest to the smallest."""


@dataclass(frozen=True)
class Plan:
    """How one model is laid out: `dtype` is what it calculates in, "bf16", "fp16" or "fp32"."""

    fit: str
    dtype: str
    device: str

    @property
    def way(self) -> Way:
        return WAYS[self.fit]

    @property
    def offload(self) -> Offload:
        """Without a GPU there is nowhere to bring parts to."""
        is_idle = self.device == "cpu" and self.way.offload in ("parts", "layers")
        return "none" if is_idle else self.way.offload

    @property
    def about(self) -> str:
        return f"{self.way.about} ({self.dtype})"


def plans(fit: str, precision: str, device: str) -> tuple[Plan, ...]:
    """The plans for a device, the fastest first: from `fit` downwards where it is not "auto".

    Raises:
        RequestError: a fit that needs a GPU was asked for, and the device is the CPU.
    """
    is_cpu = device == "cpu"
    if fit != "auto" and is_cpu and WAYS[fit].needs_gpu:
        raise RequestError(
            f"fit={fit!r} needs a GPU, the device is the CPU; set fit to int8 or disk"
        )
    names = list(WAYS) if fit == "auto" else list(WAYS)[list(WAYS).index(fit) :]
    names = [name for name in names if not (is_cpu and WAYS[name].needs_gpu)]
    first, least = dtypes(precision, device)
    found = [Plan(name, first if name == "whole" else least, device) for name in names]
    if first != least and names[0] == "whole":
        # Half of the memory, before anything is stored otherwise.
        found.insert(1, Plan("whole", least, device))
    return tuple(found)


def plan(fit: str, precision: str, device: str) -> Plan:
    """One plan: that of `fit`; "auto" is the fastest.

    Raises:
        RequestError: see `plans`.
    """
    return plans(fit, precision, device)[0]


def dtypes(precision: str, device: str) -> tuple[str, str]:
    """What to calculate in, first and when memory is short; `precision` decides unless "auto"."""
    if precision != "auto":
        return precision, precision
    is_slow = device == "cpu" and not has_bf16()
    return ("fp32" if is_slow else "bf16"), "bf16"


@functools.lru_cache(maxsize=1)
def has_bf16() -> bool:
    """Whether this CPU calculates in bf16 by itself: there it is several times as fast as fp32."""
    if platform.machine() == "arm64":
        return True
    flags = Path("/proc/cpuinfo")
    words = flags.read_text(encoding="utf-8", errors="replace").split() if flags.is_file() else []
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(words)
