"""The contract between teaching and a family that can learn: pictures in, an adapter out.

Knows neither how a family learns nor where examples and adapters lie.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studio.media import Image


@dataclass(frozen=True)
class Example:
    """A picture to learn from, and what it shows in words.

    `licence`: SPDX expression that the picture's owner declared; empty where nobody says.
    """

    path: Path
    caption: str
    sha256: str
    licence: str = ""


@dataclass(frozen=True)
class Lesson:
    """What is to be learned, and how. Step number n of a lesson is always the same computation.

    `rank` of the matrices that are added (LoRA, Hu et al. 2021), learning `rate`, pictures in a
    step's `batch`. `checkpoint` and `side` of the pictures in px: empty and 0 where the family has
    but one.
    """

    examples: tuple[Example, ...]
    held_out: tuple[Example, ...]
    rank: int
    rate: float
    batch: int
    seed: int
    checkpoint: str = ""
    side: int = 0


class Learner(Protocol):
    """A model in training. Its weights of before do not change; only what is added does.

    A lesson may have several parts, each with a learner of its own, one after the other.
    """

    base_sha256: str
    """Of the weights that the adapter is for."""

    base_name: str
    """What they are called."""

    spans: tuple[int, ...]
    """How many times the steps asked for each part of a lesson takes, this one first."""

    def then(self) -> "Learner | None":
        """The next part, which goes on from what is used now; None after the last."""
        ...

    def step(self, number: int) -> float:
        """Learns from one batch, number 0 up; returns its loss."""
        ...

    def held_out_loss(self) -> float:
        """Loss on the pictures held out: always the same noise, so that two may be compared."""
        ...

    def draw(self, prompt: str, seed: int) -> Image:
        """A small picture by the model as it is now."""
        ...

    def adapter(self) -> dict[str, Any]:
        """What was learned up to now: tensors by name, in the layout that diffusers loads."""
        ...

    def use(self, adapter: dict[str, Any]) -> None:
        """Draws and is judged with this `adapter` from now on, which it made before."""
        ...

    def state(self) -> dict[str, Any]:
        """All tensors that going on later needs."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from a `state`."""
        ...


@dataclass(frozen=True)
class Teaching:
    """How a family is taught: its learner, and what a lesson is where nobody says otherwise.

    `learner` takes a lesson and a torch device name. `checkpoint`: which weights; empty where there
    are no others. `side`: of the pictures, in px; 0 where it cannot be chosen.
    """

    learner: Callable[[Lesson, str], Learner]
    rank: int
    rate: float
    batch: int
    steps: int
    checkpoint: str = ""
    side: int = 0
