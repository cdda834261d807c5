"""Fits the router: a linear model over the evidence of words and the meaning of the text.

    python -m training.router            words and meaning (needs the pocket-text weights)
    python -m training.router --words    words only

Reads the train half of the evaluation, `router_prompts.tsv` and the grammar, never the held-out
half. Temperature and the threshold of doubt come from cross-validation on the hand-written prompts.
Writes `studio/backbone/data/router.npz`; same data, same file.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from studio.backbone import evidence, linear, meaning, plain
from studio.backbone.linear import KINDS
from studio.evaluate.router import Prompt, prompts
from training.router_grammar import Grammar

Vector = NDArray[np.float64]
Matrix = sparse.csr_array
Rows = NDArray[np.intp]
Solution = tuple[Vector, Vector]
OUT = Path(__file__).parents[1] / "studio/backbone/data/router.npz"
PER_TEMPLATE = 5
STEPS = 300
PROMPTS = Path(__file__).parent / "router_prompts.tsv"
CACHE = Path(__file__).parent / "cache"
GRAMMAR_SHARE = 0.2
"""Of the total weight, what all grammar sentences together have."""
WORD_DECAY = 5e-5
PLAIN_DECAY = 3e-4
PLAIN_SEEN = 3
"""Words as they stand count from as many hand-written prompts on."""
MEANING_DECAY = 1e-4
MEANING_SHARE = 1.3
"""By cross-validation: fitted to what the words leave open, it may weigh a little more."""
KNOWN_SHARE = 0.85
"""Of the words' scores on rows they were fitted to: on new rows they are less sure."""
FOLDS = 5
SURE_PRECISION = 0.99


@dataclass(frozen=True)
class Data:
    """Sentences with targets (N, 3) and weights (N,)."""

    texts: list[str]
    targets: Vector
    weights: Vector
    is_hand: NDArray[np.bool_]


def target(kind: str) -> Vector:
    """A prompt that does not say asks for every kind alike."""
    if kind == "any":
        return np.full(len(KINDS), 1 / len(KINDS))
    return np.array([float(kind == name) for name in KINDS])


def hand_written() -> list[Prompt]:
    """The train half of the evaluation, and prompts in the voices of many trades."""
    rows = [line.split("\t") for line in PROMPTS.read_text("utf-8").splitlines()[1:]]
    own = [Prompt(kind, language, {}, text) for kind, language, _, text in rows]
    return prompts("train") + own


def data() -> Data:
    hand = hand_written()
    made = [
        (kind, text)
        for seed, language in enumerate(("en", "zh"))
        for kind in (*KINDS, "any")
        for text in Grammar(language, seed).sentences(kind, PER_TEMPLATE)
    ]
    texts = [prompt.text for prompt in hand] + [text for _, text in made]
    targets = np.array([target(p.kind) for p in hand] + [target(kind) for kind, _ in made])
    is_hand = np.arange(len(texts)) < len(hand)
    weights = np.where(is_hand, (1 - GRAMMAR_SHARE) / len(hand), GRAMMAR_SHARE / len(made))
    return Data(texts, targets, weights, is_hand)


@dataclass(frozen=True)
class Features:
    """Names (F,) and values (N, F); words as they stand come last, from column `plain_from`."""

    names: list[str]
    x: Matrix
    plain_from: int


def features(part: Data) -> Features:
    """Everything that was seen, and words as they stand that several prompts share."""
    seen = [evidence.values(evidence.understand(text).evidence) for text in part.texts]
    shared = Counter(
        name
        for values, is_hand in zip(seen, part.is_hand, strict=True)
        if is_hand
        for name in values
    )
    everything = sorted({name for values in seen for name in values})
    read = [name for name in everything if not name.startswith(plain.PREFIX)]
    as_they_stand = [
        name for name in everything if name.startswith(plain.PREFIX) and shared[name] >= PLAIN_SEEN
    ]
    names = read + as_they_stand
    column = {name: place for place, name in enumerate(names)}
    cells = [
        (row, column[name], value)
        for row, values in enumerate(seen)
        for name, value in values.items()
        if name in column
    ]
    rows, columns, filled = zip(*cells, strict=True)
    x = Matrix((filled, (rows, columns)), shape=(len(seen), len(names)))
    return Features(names, x, len(read))


@dataclass(frozen=True)
class Problem:
    """Rows to fit: inputs (N, F), targets (N, 3), weights (N,) and scores (N, 3) known before."""

    x: Matrix | Vector
    y: Vector
    weight: Vector
    known: Vector | float = 0.0


def fit(part: Problem, decay: float) -> Solution:
    """Multinomial regression by accelerated gradient descent."""
    x, y = part.x, part.y
    share = part.weight / part.weight.sum()
    # A diagonal bound on the curvature: rare features may take the long steps they need.
    reach = abs(x).sum(1) + 1
    rate = 1 / (0.5 * (share * reach) @ abs(x) + decay)[:, None]
    rate_b = 1 / (0.5 * float(share @ reach))
    w, b = np.zeros((len(rate), y.shape[1])), np.zeros(y.shape[1])
    ahead_w, ahead_b = w, b
    for step in range(1, STEPS):
        slope = (softmax(x @ ahead_w + ahead_b + part.known) - y) * share[:, None]
        new_w = ahead_w - rate * (x.T @ slope + decay * ahead_w)
        new_b = ahead_b - rate_b * slope.sum(0)
        push = (step - 1) / (step + 2)
        ahead_w, ahead_b = new_w + push * (new_w - w), new_b + push * (new_b - b)
        w, b = new_w, new_b
    return w, b


@dataclass(frozen=True)
class Fitted:
    words: Vector
    bias: Vector
    meaning: Vector
    meaning_bias: Vector

    def scores(self, x: Matrix, vectors: Vector | None) -> Vector:
        """As the route does it: the meaning joins only where the words leave doubt."""
        scores = x @ self.words + self.bias
        if vectors is None:
            return scores
        asked = (softmax(scores).max(1) < meaning.ASK_BELOW) & np.isfinite(vectors[:, 0])
        extra = np.nan_to_num(vectors) @ self.meaning + self.meaning_bias
        return scores + np.where(asked[:, None], extra, 0)


def softmax(scores: Vector) -> Vector:
    exponents = np.exp(scores - scores.max(1, keepdims=True))
    return exponents / exponents.sum(1, keepdims=True)


def fit_all(seen: Features, vectors: Vector | None, part: Data, rows: Rows) -> Fitted:
    """What was read on all rows; plain words and the meaning on what it leaves open by hand."""
    y, weight = part.targets[rows], part.weights[rows]
    read, as_they_stand = seen.x[rows][:, : seen.plain_from], seen.x[rows][:, seen.plain_from :]
    w, b = fit(Problem(read, y, weight), WORD_DECAY)
    hand = part.is_hand[rows]
    known = KNOWN_SHARE * (read[hand] @ w + b)
    p, pb = fit(Problem(as_they_stand[hand], y[hand], weight[hand], known), PLAIN_DECAY)
    words, bias = np.concatenate([w, p]), b + pb
    if vectors is None:
        return Fitted(words, bias, np.zeros((0, y.shape[1])), np.zeros(y.shape[1]))
    own = Problem(vectors[rows][hand], y[hand], weight[hand], known)
    m, mb = fit(own, MEANING_DECAY)
    return Fitted(words, bias, MEANING_SHARE * m, MEANING_SHARE * mb)


def cross_validated(seen: Features, vectors: Vector | None, part: Data) -> Vector:
    """Scores of each hand-written prompt from a model fitted without it."""
    hand = np.flatnonzero(part.is_hand)
    fold = np.random.default_rng(0).permutation(len(hand)) % FOLDS
    scores = np.zeros((len(hand), len(KINDS)))
    for number in range(FOLDS):
        held = hand[fold == number]
        rows = np.setdiff1d(np.arange(len(part.texts)), held)
        model = fit_all(seen, vectors, part, rows)
        own = None if vectors is None else vectors[held]
        scores[fold == number] = model.scores(seen.x[held], own)
    return scores


def vectors_of(part: Data) -> Vector:
    """Meanings (N, D) of the hand-written prompts; NaN for the sentences of the grammar."""
    known = _cached([part.texts[row] for row in np.flatnonzero(part.is_hand)])
    vectors = np.full((len(part.texts), len(next(iter(known.values())))), np.nan)
    for row in np.flatnonzero(part.is_hand):
        vectors[row] = known[part.texts[row]]
    return vectors


def _cached(texts: list[str]) -> dict[str, Vector]:
    """Meanings by text, kept on disk for as long as the encoder is the same."""
    path = CACHE / f"router-{meaning.encoder().sha256[:12]}.npz"
    known: dict[str, Vector] = {}
    if path.exists():
        with np.load(path, allow_pickle=False) as data:
            known = dict(zip(map(str, data["texts"]), data["vectors"], strict=True))
    missing = sorted(set(texts) - set(known))
    if missing:
        known |= dict(zip(missing, meaning.embed(missing, is_exact=False), strict=True))
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, texts=np.array(list(known)), vectors=np.array(list(known.values())))
    return known


def calibrate(scores: Vector, targets: Vector) -> tuple[float, float]:
    """Temperature of least loss, and the confidence from which routes are nearly always right."""
    choices = np.geomspace(0.3, 3, 60)
    losses = [-(targets * np.log(softmax(scores / t) + 1e-12)).sum(1).mean() for t in choices]
    temperature = float(choices[int(np.argmin(losses))])
    chances = softmax(scores / temperature)
    is_clear = targets.max(1) == 1
    confidence = chances.max(1)
    is_right = (chances.argmax(1) == targets.argmax(1)) & is_clear
    for threshold in np.arange(0.5, 0.96, 0.01):
        sure = confidence >= threshold
        if sure.any() and is_right[sure].mean() >= SURE_PRECISION:
            return temperature, float(threshold)
    return temperature, 0.95


def save(names: list[str], model: Fitted, calibration: tuple[float, float], text_hash: str) -> None:
    """Write what the route reads."""
    np.savez_compressed(
        OUT,
        names=np.array(names),
        words=model.words.astype(np.float32),
        bias=model.bias.astype(np.float32),
        meaning=model.meaning.astype(np.float32),
        meaning_bias=model.meaning_bias.astype(np.float32),
        temperature=np.array(calibration[0]),
        sure_from=np.array(calibration[1]),
        text_hash=np.array(text_hash),
    )
    linear.weights.cache_clear()


def report(scores: Vector, part: Data) -> Iterator[str]:
    """Accuracy by language, and the prompts that a model fitted without them gets wrong."""
    targets = part.targets[part.is_hand]
    clear = targets.max(1) == 1
    right = scores.argmax(1) == targets.argmax(1)
    languages = np.array([prompt.language for prompt in hand_written()])
    for name in sorted(set(languages)):
        rows = clear & (languages == name)
        yield f"{name}: {right[rows].mean():.4f} of {rows.sum()}"
    for place in np.flatnonzero(clear & ~right):
        yield f"  {KINDS[scores[place].argmax()]}: {part.texts[place][:100]!r}"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", action="store_true", help="leave the meaning out")
    words_only = parser.parse_args(arguments).words
    part = data()
    seen = features(part)
    vectors = None if words_only else vectors_of(part)
    model = fit_all(seen, vectors, part, np.arange(len(part.texts)))
    scores = cross_validated(seen, vectors, part)
    calibration = calibrate(scores, part.targets[part.is_hand])
    save(seen.names, model, calibration, "" if words_only else meaning.encoder().sha256)
    sys.stdout.write(
        f"{len(part.texts)} sentences, {len(seen.names)} features; "
        f"temperature {calibration[0]:.3f}, sure from {calibration[1]:.2f}; "
        "cross-validated on the hand-written prompts:\n"
    )
    sys.stdout.write("\n".join(report(scores, part)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
