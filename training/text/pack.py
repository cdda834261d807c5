"""The training pack as arrays ready to sample, with the share that each source gets.

Reads what build.py wrote. Knows nothing about models.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from training.text.build import WORK

# Share of the samples by source; within a source every text is equally likely.
SHARES = {
    "emojibase": 0.24, "lexicon": 0.10, "grammar-en": 0.18, "grammar-zh": 0.28, "wordnet": 0.08,
    "unihan": 0.03, "icon-park": 0.05, "icon-names": 0.02, "other": 0.02,
}  # fmt: skip


@dataclass
class Pack:
    """The texts of one split, ready to sample."""

    tokens: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    target: np.ndarray
    vectors: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    digest: str


def read_pack(canonical: np.ndarray) -> Pack:
    path = WORK / "pack.npz"
    data = np.load(path)
    lengths = data["lengths"]
    language = data["language"]
    source = np.where(
        (data["source"] == "emojibase") & ~np.isin(language, ("en", "zh", "emoji")),
        "other",
        data["source"],
    )
    weights = np.zeros(len(lengths))
    for name, share in SHARES.items():
        rows = (source == name) & ~data["held_out"]
        # Chinese has fewer texts than English and is the harder half.
        boost = np.where(language == "zh", 2.0, 1.0) * rows
        weights += share * boost / boost.sum()
    return Pack(
        tokens=canonical[data["tokens"].astype(np.int64)],
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        target=data["target"],
        vectors=data["vectors"],
        labels=data["labels"],
        weights=weights / weights.sum(),
        digest=hashlib.sha256(path.read_bytes()).hexdigest()[:12],
    )


def row_of(pack: Pack, index: int) -> np.ndarray:
    start = pack.starts[index]
    return pack.tokens[start : start + pack.lengths[index]]
