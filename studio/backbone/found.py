"""One parameter read from a prompt, with the place where it is said."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """`name` is to be `value`, because of the text at [start, end)."""

    name: str
    value: Any
    start: int
    end: int
