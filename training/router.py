"""Fits the router: a linear model over the evidence of words, beside what two other parts say.

    python -m training.router                           everything; writes the weights
    python -m training.router --left-out FILE --reader FOLDER
                                                        without one author; says how that one fares

Reads the train half of the evaluation, `router_prompts.tsv` and the grammar, never the held-out
half. Shares, temperature and the threshold of doubt were found by leaving an author out, as in the
second line: FILE has that author's prompts, FOLDER a reader that `training.kinds --left-out FILE`
fitted without them, and `training.leanings --left-out FILE` ran before. Writes
`studio/backbone/data/router.npz`; same data, same file.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipelines.pocket import kind_reader
from studio.backbone import evidence, leanings, linear, meaning, plain
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
GRAMMAR_SHARE = 0.2
"""Of the total weight, what all grammar sentences together have."""
WORD_DECAY = 5e-5
PLAIN_DECAY = 3e-4
PLAIN_SEEN = 3
"""Words as they stand count from as many hand-written prompts on."""
LEANING_SHARE = 0.7
MEANING_SHARE = 0.8
TEMPERATURE = 1.35
SURE_FROM = 0.84
"""These four from the sixth set, left out."""
SHARES = (0.0, 0.5, 0.7, 1.0, 1.3)
KNOWN_SHARE = 0.85
"""Of the words' scores on rows they were fitted to: on new rows they are less sure."""
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


def read_prompts(path: Path) -> list[Prompt]:
    """Prompts of a table: kind, language, author or parameters, text."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]
    return [Prompt(row[0], row[1], {}, row[3].replace("\\n", "\n")) for row in rows]


def hand_written() -> list[Prompt]:
    """The train half of the evaluation, and prompts in the voices of many trades."""
    return prompts("train") + read_prompts(PROMPTS)


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

    def scores(self, x: Matrix) -> Vector:
        return x @ self.words + self.bias


def softmax(scores: Vector) -> Vector:
    exponents = np.exp(scores - scores.max(1, keepdims=True))
    return exponents / exponents.sum(1, keepdims=True)


def fit_all(seen: Features, part: Data, rows: Rows) -> Fitted:
    """What was read on all rows; plain words on what it leaves open by hand."""
    y, weight = part.targets[rows], part.weights[rows]
    read, as_they_stand = seen.x[rows][:, : seen.plain_from], seen.x[rows][:, seen.plain_from :]
    w, b = fit(Problem(read, y, weight), WORD_DECAY)
    hand = part.is_hand[rows]
    known = KNOWN_SHARE * (read[hand] @ w + b)
    p, pb = fit(Problem(as_they_stand[hand], y[hand], weight[hand], known), PLAIN_DECAY)
    return Fitted(np.concatenate([w, p]), b + pb)


def together(words: Vector, whole: Vector, share: float, temperature: float = 1.0) -> Vector:
    """Scores (N, 3) as the route adds them: the whole text is asked where the words leave doubt."""
    is_asked = softmax(words / temperature).max(1) < meaning.ASK_BELOW
    return words + np.where(is_asked[:, None], share * whole, 0)


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


def save(names: list[str], model: Fitted, text_hash: str) -> None:
    """Write what the route reads."""
    np.savez_compressed(
        OUT,
        names=np.array(names),
        words=model.words.astype(np.float32),
        bias=model.bias.astype(np.float32),
        leaning_share=np.array(LEANING_SHARE),
        meaning_share=np.array(MEANING_SHARE),
        temperature=np.array(TEMPERATURE),
        sure_from=np.array(SURE_FROM),
        text_hash=np.array(text_hash),
    )
    linear.weights.cache_clear()


def report(scores: Vector, held: list[Prompt]) -> Iterator[str]:
    """Accuracy by language."""
    targets = np.array([target(prompt.kind) for prompt in held])
    clear = targets.max(1) == 1
    right = scores.argmax(1) == targets.argmax(1)
    languages = np.array([prompt.language for prompt in held])
    for name in sorted(set(languages)):
        rows = clear & (languages == name)
        yield f"{name} {100 * right[rows].mean():.1f} % of {rows.sum()}"


def left_out(seen: Features, part: Data, held: list[Prompt], folder: Path) -> Iterator[str]:
    """How prompts that no part has learned from fare, by the share of the whole text."""
    place = {text: row for row, text in enumerate(part.texts)}
    test = np.array([place[prompt.text] for prompt in held])
    model = fit_all(seen, part, np.setdiff1d(np.arange(len(part.texts)), test))
    reader = kind_reader.read(folder)
    whole = np.array([reader.scores(prompt.text) for prompt in held])
    alone = np.array([leaning(prompt.text) for prompt in held])
    targets = np.array([target(prompt.kind) for prompt in held])
    for share, own in product(SHARES, SHARES):
        scores = together(model.scores(seen.x[test]) + own * alone, whole, share, TEMPERATURE)
        temperature, sure_from = calibrate(scores, targets)
        yield (
            f"whole {share}, words by themselves {own}: {', '.join(report(scores, held))}; "
            f"temperature {temperature:.2f}, sure from {sure_from:.2f}"
        )


def leaning(text: str) -> Vector:
    """(3,): what the words of a text lean to."""
    parts = leanings.weighed(evidence.understand(text).leanings, 1.0)
    return np.sum([np.zeros(len(KINDS)), *(part[3] for part in parts)], axis=0)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--left-out", type=Path, help="prompts of one author, not learned from")
    parser.add_argument("--reader", type=Path, help="pocket-kinds fitted without them")
    given = parser.parse_args(arguments)
    if (given.left_out is None) != (given.reader is None):
        parser.error("--left-out and --reader go together")
    part = data()
    seen = features(part)
    if given.left_out is not None:
        lines = left_out(seen, part, read_prompts(given.left_out), given.reader)
        sys.stdout.writelines(line + "\n" for line in lines)
        return
    model = fit_all(seen, part, np.arange(len(part.texts)))
    save(seen.names, model, meaning.reader().sha256)
    sys.stdout.write(f"{len(part.texts)} sentences, {len(seen.names)} features\n")


if __name__ == "__main__":
    main(sys.argv[1:])
