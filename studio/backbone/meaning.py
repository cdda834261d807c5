"""The meaning of a whole text: its vector by pocket-text, its scores per kind by pocket-kinds.

Asked only where the words leave doubt: it costs milliseconds and loads torch. Knows no words.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from studio.adapt import loading
from studio.backbone.linear import Vector, Weights
from studio.errors import WeightsError

if TYPE_CHECKING:
    from pipelines.pocket.kind_reader import KindReader
    from pipelines.pocket.text import PocketText

NAME = "the text as a whole"
ASK_BELOW = 0.99
MAX_CHARACTERS = 2_000
"""Beyond this the words have said enough: reading on with the encoder would cost seconds."""


@lru_cache(maxsize=1)
def encoder() -> PocketText:
    """The shipped encoder; once it is there, nobody waits for another model's loading."""
    with loading():
        from pipelines.pocket.text import PocketText

        return PocketText.load()


def embed(texts: list[str], is_exact: bool = True) -> Vector:
    """Texts → (B, D) vectors of unit length, each text read whole."""
    return encoder().encode(texts, is_exact).pooled.double().numpy()


@lru_cache(maxsize=1)
def reader() -> KindReader:
    """The shipped reader of kinds, loaded once."""
    with loading():
        from pipelines.pocket.kind_reader import load

        return load()


def scores(text: str, model: Weights) -> Vector:
    """What the meaning adds to the score of each kind.

    Raises:
        WeightsError: the router was fitted with another reader.
    """
    if reader().sha256 != model.text_hash:
        raise WeightsError(
            f"the router was fitted with weights {model.text_hash[:12]}… of pocket-kinds, here are "
            f"{reader().sha256[:12]}…; run `python -m training.router`"
        )
    return model.meaning_share * np.asarray(reader().scores(text))
