"""Measures pocket-text on held-out text: `python -m training.text.evaluate [--folder DIR]`.

Retrieval between the languages, nearness to the teacher, and how well concepts, counts,
colours and positions can be told apart. Knows the pack and the runtime class, not the trainer.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.pocket.text import PocketText
from training.text import grammar
from training.text.build import WORK, natural_pairs
from training.text.lexicon import is_kept_out
from training.text.sources import concepts
from training.text.student import Heads

Vectors = NDArray[np.float32]
PROBE_ROWS = 6_000


def pooled(text: PocketText, texts: list[str]) -> Vectors:
    return text.encode(texts, is_exact=False).pooled.numpy()


def hits(queries: Vectors, keys: Vectors, answers: list[set[int]], top: int) -> float:
    """Share of queries with a right key among the `top` nearest."""
    order = np.argsort(-(queries @ keys.T), axis=1)[:, :top]
    return float(np.mean([bool(a & set(row)) for a, row in zip(answers, order, strict=True)]))


def labels_between_languages(text: PocketText) -> dict[str, float]:
    """Held-out Chinese labels against every English concept label, and back."""
    everything = concepts()
    names = sorted({c.en for c in everything})
    keys = pooled(text, names)
    kept = [c for c in everything if is_kept_out(c)]
    zh = pooled(text, [c.zh for c in kept])
    answers = [{names.index(c.en)} for c in kept]
    back_answers = [{i for i, d in enumerate(kept) if d.zh == c.zh} for c in kept]
    en = keys[[names.index(c.en) for c in kept]]
    seen = [c for c in everything if not c.is_held_out]
    seen_zh = pooled(text, [c.zh for c in seen])
    seen_answers = [{names.index(c.en)} for c in seen]
    return {
        "held-out labels": len(kept),
        "english labels to choose from": len(names),
        "zh→en top-1": hits(zh, keys, answers, 1),
        "zh→en top-5": hits(zh, keys, answers, 5),
        "en→zh top-1 among the held-out": hits(en, zh, back_answers, 1),
        "trained labels zh→en top-1": hits(seen_zh, keys, seen_answers, 1),
        "trained labels zh→en top-5": hits(seen_zh, keys, seen_answers, 5),
    }


def sentences_between_languages(text: PocketText, data: "Held") -> dict[str, float]:
    pairs = natural_pairs()
    en, zh = (pooled(text, [pair[side] for pair in pairs]) for side in (0, 1))
    own = [{i} for i in range(len(pairs))]
    scene_en, scene_zh, answers = data.scene_pairs(text)
    crowd = np.concatenate([en, pooled(text, data.crowd())])
    return {
        "natural pairs": len(pairs),
        "natural zh→en top-1": hits(zh, en, own, 1),
        "natural zh→en top-1 among 5,000 more": hits(zh, crowd, own, 1),
        "natural zh→en top-5 among 5,000 more": hits(zh, crowd, own, 5),
        "natural en→zh top-1": hits(en, zh, own, 1),
        "grammar scenes": len(answers),
        "grammar zh→en top-1": hits(scene_zh, scene_en, answers, 1),
        "grammar zh→en top-5": hits(scene_zh, scene_en, answers, 5),
    }


class Held:
    """The held-out part of the pack, and training rows for the probes."""

    def __init__(self) -> None:
        self.data = dict(np.load(WORK / "pack.npz"))
        self.texts: list[str] = json.loads((WORK / "texts.json").read_text(encoding="utf-8"))
        self.held = self.data["held_out"]

    def rows(self, source: str, is_held_out: bool) -> NDArray[np.int64]:
        return np.flatnonzero((self.data["source"] == source) & (self.held == is_held_out))

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        found = self.data["vectors"][self.data["target"][rows]].astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def crowd(self) -> list[str]:
        """5,000 English sentences that answer nothing: definitions and scenes."""
        rng = np.random.default_rng(1)
        rows = np.concatenate([self.rows(source, False) for source in ("wordnet", "grammar-en")])
        long = rows[self.data["lengths"][rows] >= 9]
        return [self.texts[r] for r in rng.choice(long, 5_000, replace=False)]

    def scene_pairs(self, text: PocketText) -> tuple[Vectors, Vectors, list[set[int]]]:
        """One Chinese wording a scene against one English wording of every scene."""
        target = self.data["target"]
        first_en = {target[r]: r for r in self.rows("grammar-en", True)}
        first_zh = {target[r]: r for r in self.rows("grammar-zh", True)}
        common = [t for t in first_en if t in first_zh]
        en = pooled(text, [self.texts[first_en[t]] for t in common])
        zh = pooled(text, [self.texts[first_zh[t]] for t in common])
        return en, zh, [{i} for i in range(len(common))]


def teacher_nearness(text: PocketText, data: Held) -> dict[str, float]:
    found = {}
    for source, language in (
        ("emojibase", "zh"), ("icon-park", "zh"), ("wordnet", "en"), ("grammar-en", "en"),
        ("grammar-zh", "zh"), ("natural", "en"), ("natural", "zh"),
    ):  # fmt: skip
        rows = data.rows(source, True)
        rows = rows[data.data["language"][rows] == language]
        vectors = pooled(text, [data.texts[r] for r in rows])
        cosine = float((vectors * data.vectors(rows)).sum(1).mean())
        found[f"teacher cosine {source} {language} ({len(rows)})"] = cosine
    return found


def _features(text: PocketText, texts: list[str]) -> dict[str, Vectors]:
    """What a linear probe gets: the pooled vector, or the token states' mean and maximum."""
    states = text.encode(texts, is_exact=False)
    mask = states.mask[..., None].float()
    mean = (states.tokens * mask).sum(1) / mask.sum(1)
    peak = states.tokens.masked_fill(~states.mask[..., None], -1e4).amax(1)
    return {"pooled": states.pooled.numpy(), "tokens": torch.cat((mean, peak), 1).numpy()}


def _probe(x: Vectors, y: NDArray[np.int64], test: Vectors, size: int) -> NDArray[np.int64]:
    """A linear classifier on frozen features."""
    mean, scale = x.mean(0), x.std(0) + 1e-5
    inputs, labels = torch.from_numpy((x - mean) / scale), torch.from_numpy(y)
    layer = torch.nn.Linear(x.shape[1], size)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=3e-3, weight_decay=1e-2)
    for _ in range(400):
        rows = torch.randint(len(inputs), (512,))
        loss = torch.nn.functional.cross_entropy(layer(inputs[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return layer(torch.from_numpy((test - mean) / scale)).argmax(1).numpy()


def probes(text: PocketText, data: Held) -> dict[str, float]:
    """Held-out accuracy of linear probes, per slot and language, where the slot is said."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    rows = np.concatenate([data.rows(f"grammar-{lang}", False) for lang in ("en", "zh")])
    rows = rng.choice(rows, min(PROBE_ROWS, len(rows)), replace=False)
    train = _features(text, [data.texts[r] for r in rows])
    tests = {}
    for language in ("en", "zh"):
        found = data.rows(f"grammar-{language}", True)
        tests[language] = (found, _features(text, [data.texts[r] for r in found]))
    scores = {}
    for slot in ("kind", "count", "colour", "relation", "style", "genre", "camera"):
        column, size = grammar.SLOTS.index(slot), grammar.slot_sizes()[grammar.SLOTS.index(slot)]
        labels = data.data["labels"][:, column].astype(np.int64)
        for view, features in train.items():
            for language, (found, test) in tests.items():
                said = labels[found] > 0
                guess = _probe(features, labels[rows], test[view], size)
                score = float((guess == labels[found])[said].mean())
                scores[f"probe {slot} {view} {language}"] = score
    return scores


def readers(text: PocketText, data: Held) -> dict[str, float]:
    """Held-out accuracy of the slot readers that were trained along, from the token states.

    They need the trainer's checkpoint; unlike the probes they know which subject is which.
    """
    state = torch.load(WORK / "pocket-text.pt", map_location="cpu", weights_only=True)
    heads = Heads(text.width, grammar.slot_sizes())
    heads.load_state_dict(state["heads"])
    scores = {}
    for language in ("en", "zh"):
        rows = data.rows(f"grammar-{language}", True)
        states = text.encode([data.texts[r] for r in rows], is_exact=False)
        labels = data.data["labels"][rows].astype(np.int64)
        with torch.inference_mode():
            read = heads.read(states.tokens, states.mask)
            guesses = [h(read[:, s]).argmax(1).numpy() for s, h in enumerate(heads.from_tokens)]
        for slot, guess in zip(grammar.SLOTS, guesses, strict=True):
            column = labels[:, grammar.SLOTS.index(slot)]
            said = column > 0
            scores[f"reader {slot} {language} ({said.sum()})"] = float(
                (guess == column)[said].mean()
            )
    return scores


def separability(text: PocketText) -> dict[str, float]:
    """How near different concepts come, and whether meaning-changing words move the vector."""
    names = sorted({c.en for c in concepts() if ":" not in c.en})
    vectors = pooled(text, names)
    near = vectors @ vectors.T - 2 * np.eye(len(names))
    scores = {"concepts nearer than 0.95 to another": float((near.max(1) > 0.95).mean())}
    for name, left, right in (
        ("two / three cats", "two cats", "three cats"),
        ("cat left of dog / dog left of cat", "a cat left of a dog", "a dog left of a cat"),
        ("red / blue car", "a red car", "a blue car"),
        ("两只 / 三只猫", "两只猫", "三只猫"),
    ):
        a, b = pooled(text, [left, right])
        scores[f"cosine of {name}"] = float(a @ b)
    return scores


def evaluate(folder: Path | None = None) -> dict[str, float]:
    text, data = PocketText.load(folder), Held()
    return {
        **labels_between_languages(text),
        **sentences_between_languages(text, data),
        **teacher_nearness(text, data),
        **separability(text),
        **probes(text, data),
        **readers(text, data),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path, help="also write the scores here")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    scores = evaluate(options.folder)
    for name, value in scores.items():
        sys.stdout.write(f"{name:55} {value:.3f}\n")
    if options.json:
        options.json.write_text(json.dumps(scores, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
