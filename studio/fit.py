"""Ways to run a job within the memory of a machine, and the choice between them.

A family lists its ways as a ladder from the fastest to the smallest; the first that the machine
holds is taken, and what was passed over is told. Knows no family, no model and no library.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.errors import OutOfMemory


@dataclass(frozen=True)
class Machine:
    """What there is for one job.

    `device_bytes`: memory on the device that calculates. `ram_bytes`: memory of the machine; where
    the device is the CPU, both are the same. `disk_bytes`: free where temporary files go.
    """

    device: str
    device_bytes: int
    ram_bytes: int
    disk_bytes: int


@dataclass(frozen=True)
class Rung:
    """One way to run a job, and what it takes at its peak.

    `settings`: the options that choose it. `ram_bytes` counts the machine's memory beside the
    device's; 0 where the device is the CPU. `flops`: floating-point operations of the whole job;
    `moved_bytes`: what is moved to the device, or read from disk, on the way.
    """

    name: str
    about: str
    settings: Mapping[str, Any] = field(hash=False)
    device_bytes: int
    ram_bytes: int = 0
    disk_bytes: int = 0
    flops: float = 0.0
    moved_bytes: float = 0.0


Ladder = Callable[[Any, str], "tuple[Rung, ...]"]
"""The ways to run params on a device, the fastest first. Of a way that was asked for by name: that
one, and those below it."""


@dataclass(frozen=True)
class Choice:
    """The rung that is taken, and why it is not the first; empty where it is."""

    rung: Rung
    why: str = ""


def machine(device: str, device_bytes: int) -> Machine:
    """This machine, with so much memory of the device to be had."""
    disk = shutil.disk_usage(tempfile.gettempdir()).free
    if device == "cpu":
        return Machine(device, device_bytes, device_bytes, disk)
    import psutil

    return Machine(device, device_bytes, int(psutil.virtual_memory().available), disk)


def choose(ladder: Sequence[Rung], here: Machine, what: str) -> Choice:
    """The first rung that the machine holds.

    Args:
        what: the job in the words of an error, such as "z-image at 1024x1024".

    Raises:
        OutOfMemory: it holds none.
    """
    lacks = [(rung, lacking(rung, here)) for rung in ladder]
    found = next((rung for rung, lack in lacks if not lack), None)
    if found is None:
        least, lack = lacks[-1]
        raise OutOfMemory(
            f"{what} does not fit, even with {least.about}: it {lack}; "
            "choose a smaller size or another model"
        )
    passed = lacks[: [rung for rung, _ in lacks].index(found)]
    if not passed:
        return Choice(found)
    rung, lack = passed[-1]
    return Choice(found, f"{found.about}, because {rung.about} {lack}")


def lacking(rung: Rung, here: Machine) -> str:
    """What the machine has too little of, in words; empty where it has enough."""
    needs = (
        ("memory", rung.device_bytes, here.device_bytes),
        ("memory beside the device's", rung.ram_bytes, here.ram_bytes),
        ("free disk", rung.disk_bytes, here.disk_bytes),
    )
    for kind, wanted, there in needs:
        if wanted > there:
            has = in_words(there)
            less = "a little less" if has == in_words(wanted) else has
            return f"needs {in_words(wanted)} of {kind}, and {less} is there"
    return ""


def in_words(count: float) -> str:
    """Bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
