"""The meaning of a whole text as scores per kind, through the pocket-text encoder.

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


def scores(text: str, model: Weights) -> Vector:
    """What the meaning adds to the score of each kind.

    Raises:
        WeightsError: the router was fitted to another encoder.
    """
    if encoder().sha256 != model.text_hash:
        raise WeightsError(
            f"the router was fitted to text weights {model.text_hash[:12]}…, here are "
            f"{encoder().sha256[:12]}…; run `python -m training.router`"
        )
    return np.asarray(embed([text])[0] @ model.meaning + model.meaning_bias)
