"""Works out what each English word leans to by itself, from its meaning and from the prompts.

    python -m training.leanings [--left-out FILE]

The teacher of pocket-text gives every word and piece of its vocabulary a vector. A linear model of
their sums, in the opening of a prompt and behind it, is fitted to what `training.router` reads. It
is linear, so each word's share is three numbers, and only these are kept: the vectors and the
teacher stay here. Writes `studio/backbone/data/leanings.npz`.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.backbone import evidence, leanings
from studio.backbone.leanings import Leaning
from training import router
from training.text.teacher import Teacher

OUT = Path(__file__).parents[1] / "studio/backbone" / leanings.FILE
CACHE = Path(__file__).parent / "cache/router-words.npz"
AT_ONCE = 512
DECAY = 5e-5
COMMON = 0.01
"""A word that this share of all prompts has counts half."""
ROLES = 2


def word_vectors() -> tuple[list[str], NDArray[np.float64]]:
    """The teacher's pieces in plain letters; vectors (N, 384), centred, of unit length."""
    if not CACHE.exists():
        _embed()
    with np.load(CACHE, allow_pickle=False) as data:
        names, vectors = str(data["pieces"]).split("\n"), data["vectors"].astype(np.float64)
    vectors -= vectors.mean(0)
    return names, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@torch.inference_mode()
def _embed() -> None:
    teacher = Teacher()
    rows = sorted((row, name) for name, row in teacher.tokenizer.get_vocab().items())
    kept = [(name, row) for row, name in rows if name.isascii() and name[0] != "["]
    first, last = teacher.tokenizer.cls_token_id, teacher.tokenizer.sep_token_id
    parts = []
    for start in range(0, len(kept), AT_ONCE):
        ids = [[first, row, last] for _, row in kept[start : start + AT_ONCE]]
        states = teacher.model(input_ids=torch.tensor(ids)).last_hidden_state
        parts.append(torch.nn.functional.normalize(states.mean(1), dim=-1).numpy())
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    names = np.array("\n".join(name for name, _ in kept))
    np.savez(CACHE, pieces=names, vectors=np.concatenate(parts).astype(np.float16))


def write(names: list[str], scores: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    """`scores` (2, N, 3) and `bias` (3,), with the names of the N pieces."""
    np.savez_compressed(
        OUT,
        pieces=np.array("\n".join(names)),
        scores=scores.astype(np.float16),
        bias=bias.astype(np.float32),
    )
    leanings.table.cache_clear()
    leanings.pieces.cache_clear()


def sums(
    found: list[tuple[Leaning, ...]], rows: dict[str, int], vectors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(P, 2 * 384): for each prompt what its words sum up to, later on and in the opening."""
    width = vectors.shape[1]
    x = np.zeros((len(found), ROLES, width))
    for place, words in enumerate(found):
        for role in range(ROLES):
            own = [rows[each.piece] for each in words if each.is_opening == role]
            if own:
                x[place, role] = vectors[own].sum(0) / len(own) ** 0.5
    return x.reshape(len(found), ROLES * width)


def fit(part: router.Data, left_out: set[str]) -> None:
    """Fit to all hand-written prompts with a known word but those left out, and write the table."""
    names, vectors = word_vectors()
    if not OUT.exists():
        write(names, np.zeros((ROLES, len(names), 3)), np.zeros(3))
    rows = {name: row for row, name in enumerate(names)}
    used = [
        (evidence.understand(text).leanings, wanted)
        for text, wanted, is_hand in zip(part.texts, part.targets, part.is_hand, strict=True)
        if is_hand and text not in left_out
    ]
    used = [(found, wanted) for found, wanted in used if found]
    seen = Counter(piece for found, _ in used for piece in {each.piece for each in found})
    counts = np.array([seen[name] for name in names])
    vectors *= (COMMON / (COMMON + counts / len(used)))[:, None]
    x = sums([found for found, _ in used], rows, vectors)
    y = np.array([wanted for _, wanted in used])
    w, bias = router.fit(router.Problem(x, y, np.ones(len(y))), DECAY)
    scores = np.einsum("nd,rdk->rnk", vectors, w.reshape(ROLES, vectors.shape[1], -1))
    write(names, scores, bias)
    sys.stdout.write(f"{len(names)} words and pieces, fitted to {len(y)} prompts\n")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--left-out", type=Path, help="prompts of one author, not learned from")
    given = parser.parse_args(arguments)
    held = router.read_prompts(given.left_out) if given.left_out is not None else []
    fit(router.data(), {prompt.text for prompt in held})


if __name__ == "__main__":
    main(sys.argv[1:])
