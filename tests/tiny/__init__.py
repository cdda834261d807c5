"""Toy-size pipelines of the real classes with random weights, one module for each family.

Each has `build(folder)`, which writes a folder as `save_pretrained` does; some have other builders.
"""

import atexit
import functools
import importlib
import shutil
import tempfile
from pathlib import Path


@functools.lru_cache
def tiny(family: str, builder: str = "build") -> Path:
    """The toy weights of a family, built once a process and deleted when it ends."""
    folder = _room() / f"{family}-{builder}" / "tiny"
    module = family.replace("-", "_").replace(".", "")
    getattr(importlib.import_module(f"tests.tiny.{module}"), builder)(folder)
    return folder


@functools.lru_cache
def _room() -> Path:
    room = Path(tempfile.mkdtemp(prefix="studio-tiny-"))
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    return room
