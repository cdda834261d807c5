"""The meaning of a whole text as scores per kind, through the pocket-text encoder.

Asked only where the words leave doubt: it costs milliseconds and loads torch. Knows no words.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from studio.backbone.linear import Vector, Weights

NAME = "the text as a whole"
ASK_BELOW = 0.9


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from pipelines.pocket.text import PocketText

    return PocketText.load()


def embed(texts: list[str]) -> Vector:
    """Texts → (B, D) vectors of unit length, each text read whole."""
    return np.asarray(_encoder().encode(texts).pooled, dtype=np.float64)


def scores(text: str, model: Weights) -> Vector:
    """What the meaning adds to the score of each kind."""
    return embed([text])[0] @ model.meaning + model.meaning_bias


def text_hash() -> str:
    """Hash of the encoder's weights, so that a router fitted to others is found out."""
    import hashlib

    from pipelines.pocket import text

    return hashlib.sha256((text.FOLDER / "model.safetensors").read_bytes()).hexdigest()
