"""`studio doctor`: does this machine have what the studio needs?

Each check is one function that returns a Check; none stops the others. Essential ones that fail
make the exit code 3. Changes nothing but a file in the home folder that it removes again.
"""

import argparse
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from studio import __version__
from studio.cli import output
from studio.errors import ResourceError, StudioError

State = Literal["ok", "warn", "fail"]

REQUIRED = (
    "torch",
    "diffusers",
    "transformers",
    "safetensors",
    "gradio",
    "pydantic",
    "numpy",
    "pillow",
    "platformdirs",
)
GIB = 2**30
MEMORY_WANTED = 2.5 * GIB
DISK_WANTED = 1.0 * GIB


@dataclass(frozen=True)
class Check:
    """One finding: `fail` means that the studio cannot work, `warn` that a part of it may not."""

    name: str
    state: State
    detail: str


def doctor(options: argparse.Namespace) -> int:
    checks = list(run_checks())
    if options.json:
        output.as_json({"studio": __version__, "checks": [asdict(check) for check in checks]})
    else:
        output.table((check.state, check.name, check.detail) for check in checks)
    failed = [check.name for check in checks if check.state == "fail"]
    if failed:
        raise ResourceError(
            f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}; see above"
        )
    return 0


def run_checks() -> Iterator[Check]:
    for check in CHECKS:
        name = check.__name__.removeprefix("_")
        try:
            yield check()
        except StudioError as error:
            yield Check(name, "fail", str(error))
        except (OSError, ImportError) as error:
            yield Check(name, "fail", f"{type(error).__name__}: {error}")


def _python() -> Check:
    version = platform.python_version()
    is_new_enough = sys.version_info >= (3, 10)
    detail = f"{version} on {platform.platform()}"
    return Check("python", "ok" if is_new_enough else "fail", detail)


def _packages() -> Check:
    found = {name: _version(name) for name in REQUIRED}
    missing = [name for name, version in found.items() if version is None]
    if missing:
        return Check(
            "packages", "fail", f"missing {', '.join(missing)}; run make run or pip install"
        )
    return Check("packages", "ok", ", ".join(f"{k} {v}" for k, v in found.items()))


def _version(package: str) -> str | None:
    """The installed version; None if there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _device() -> Check:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        return Check(
            "device", "ok", f"cuda: {name}, {free / GIB:.1f} of {total / GIB:.1f} GiB free"
        )
    if torch.backends.mps.is_available():
        return Check("device", "ok", "mps: Apple GPU")
    return Check("device", "ok", f"cpu: {torch.get_num_threads()} threads")


def _memory() -> Check:
    free = available_memory_bytes()
    if free is None:
        return Check("memory", "warn", "this system does not say how much is free")
    state: State = "ok" if free >= MEMORY_WANTED else "warn"
    return Check("memory", state, f"{free / GIB:.1f} GiB free, {MEMORY_WANTED / GIB:.1f} wanted")


def available_memory_bytes() -> int | None:
    """Memory that a new process can still get, within the container's limit; None if unknown."""
    found = [free for free in (_meminfo_bytes(), _cgroup_bytes()) if free is not None]
    return min(found) if found else None


def _meminfo_bytes() -> int | None:
    path = Path("/proc/meminfo")
    if not path.exists():
        return None
    for line in path.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _cgroup_bytes() -> int | None:
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if not limit.exists() or not used.exists() or limit.read_text().strip() == "max":
        return None
    return int(limit.read_text()) - int(used.read_text())


def _home() -> Check:
    from studio.store import Store

    folder = Store().prepare()
    return Check("home", "ok", f"{folder} is writable")


def _disk() -> Check:
    from studio.store import Store

    home = Store().prepare()
    free = shutil.disk_usage(home).free
    state: State = "ok" if free >= DISK_WANTED else "warn"
    return Check("disk", state, f"{free / GIB:.1f} GiB free at {home}")


def _library() -> Check:
    from studio.store import Store

    Store().library(limit=1)
    return Check("library", "ok", "opens and answers")


def _families() -> Check:
    from studio.registry import families

    shown = [name for name, family in families().items() if not family.hidden]
    if not shown:
        return Check("families", "fail", "no model family found; reinstall the studio")
    return Check("families", "ok", ", ".join(shown))


def _weights() -> Check:
    from studio.registry import families
    from studio.weights import verify

    shipped = [family for family in families().values() if not family.checkpoints]
    files = [weights for family in shipped for weights in family.weights()]
    for weights in files:
        verify(weights)
    size = sum(weights.path.stat().st_size for weights in files)
    return Check("weights", "ok", f"{len(files)} files, {size / 2**20:.0f} MiB, hashes as recorded")


def _presets() -> Check:
    from studio.presets import presets

    return Check("presets", "ok", f"{len(presets())} presets")


def _ffmpeg() -> Check:
    found = shutil.which("ffmpeg") or _bundled_ffmpeg()
    if found is None:
        return Check("ffmpeg", "warn", "not found; clips need it: pip install imageio-ffmpeg")
    return Check("ffmpeg", "ok", found)


def _bundled_ffmpeg() -> str | None:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # RuntimeError: installed, but without the program
        return None


CHECKS: tuple[Callable[[], Check], ...] = (
    _python,
    _packages,
    _device,
    _memory,
    _home,
    _disk,
    _library,
    _families,
    _weights,
    _presets,
    _ffmpeg,
)
