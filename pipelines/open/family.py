"""Makes a family of openly published models from what is its own: options, classes, checkpoints.

Knows no family.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.open import checkpoints, memory, run
from studio.spec import Checkpoint, Family, Kind, Model, Params, Weights

LOADS_BY = ("checkpoint", "precision")


@dataclass(frozen=True)
class OpenFamily:
    """What a family of open models says of itself.

    `classes`: the pipelines of diffusers that its checkpoints may be of. `model`: makes the model
    of a loaded pipeline. `published`: its checkpoints, the default one first.
    """

    name: str
    kind: Kind
    about: str
    about_zh: str
    params: type[Params]
    classes: tuple[str, ...]
    model: Callable[[run.Pipeline], Model]
    published: tuple[Checkpoint, ...]

    def family(self) -> Family:
        return Family(
            name=self.name,
            kind=self.kind,
            about=self.about,
            about_zh=self.about_zh,
            params=self.params,
            load=self._load,
            licence=self.published[0].licence,
            licence_of=self._licence,
            memory_bytes=self.published[0].size_bytes,
            memory=memory.needed,
            weights=self._weights,
            checkpoints=self.published,
            is_here=self._is_here,
            loads_by=LOADS_BY,
        )

    def _load(self, device: str, checkpoint: str, precision: str) -> Model:
        folder = checkpoints.find(checkpoint)
        return self.model(run.load(self.classes, folder, device, precision))

    def _weights(self, checkpoint: str, **_: Any) -> tuple[Weights, ...]:
        return checkpoints.weights(checkpoint, self._licence(checkpoint))

    def _licence(self, checkpoint: str, **_: Any) -> str:
        return checkpoints.licence(checkpoint, self.published)

    def _is_here(self, checkpoint: str, **_: Any) -> bool:
        return checkpoints.is_here(checkpoint)
