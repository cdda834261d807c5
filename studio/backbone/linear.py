"""The linear model of the router: weights per kind for evidence, and what the whole text counts.

A prompt's scores are exactly the sum of what its words contribute, so the explanation is the model.
Reads its numbers from `data/router.npz`; numpy alone, and no knowledge of words.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from studio.errors import WeightsError
from studio.spec import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """`words` maps a feature to its (3,) weights."""

    words: dict[str, Vector]
    bias: Vector
    leaning_share: float
    """Of the scores that words have by themselves, what is added."""

    meaning_share: float
    """Of the scores that pocket-kinds gives the text as a whole, what is added to the words'."""

    temperature: float
    sure_from: float
    text_hash: str
    """Hash of the pocket-kinds weights that this was fitted with; empty without them."""


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The fitted weights, read once."""
    path = resources.files("studio.backbone").joinpath("data/router.npz")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
        names = [str(name) for name in arrays["names"]]
        return Weights(
            words=dict(zip(names, arrays["words"].astype(np.float64), strict=True)),
            bias=arrays["bias"].astype(np.float64),
            leaning_share=float(arrays["leaning_share"]),
            meaning_share=float(arrays["meaning_share"]),
            temperature=float(arrays["temperature"]),
            sure_from=float(arrays["sure_from"]),
            text_hash=str(arrays["text_hash"]),
        )
    except (OSError, KeyError, ValueError) as error:
        raise WeightsError(
            f"router weights {path} cannot be read ({error}); run `python -m training.router`"
        ) from error


def word_scores(values: dict[str, float], model: Weights) -> dict[str, Vector]:
    """What each feature adds to the score of each kind; one never seen in training adds none."""
    return {
        name: model.words[name] * value for name, value in values.items() if name in model.words
    }


def probabilities(scores: Vector, temperature: float) -> Vector:
    """Scores (3,) → probabilities (3,)."""
    shifted = (scores - scores.max()) / temperature
    exponents = np.exp(shifted)
    return exponents / exponents.sum()
