"""Evaluation suites: one module each, with `evaluate() -> dict` of measured numbers.

A new suite is one new file in this package; `studio evaluate` finds it. Nothing here knows what a
suite measures. A suite may take `family`, `limit` (at most so many prompts) and `seed`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from studio.errors import unknown

Suite = Callable[..., dict[str, Any]]


def suites() -> list[str]:
    """The names of all suites."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )


def suite(name: str) -> Suite:
    """The suite of this name; importing it happens only now."""
    if name not in suites():
        raise unknown("suite", name, suites())
    return importlib.import_module(f"{__name__}.{name}").evaluate
