"""Toy-size pipelines of the real classes with random weights, one module for each family.

Each has `build(folder)`, which writes a folder as `save_pretrained` does; some have other builders.
"""

import functools
import importlib
import tempfile
from pathlib import Path


@functools.lru_cache
def tiny(family: str, builder: str = "build") -> Path:
    """The toy weights of a family, built once a process."""
    folder = Path(tempfile.mkdtemp(prefix=family)) / "tiny"
    module = family.replace("-", "_").replace(".", "")
    getattr(importlib.import_module(f"tests.tiny.{module}"), builder)(folder)
    return folder
