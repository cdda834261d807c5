"""Builds the training pack: texts, tokens, teacher targets, slot labels, held-out split.

Run `python -m training.text.build`; needs the archives named in sources.py and the teacher
package, and no network. Knows nothing about the student's layers or its training.
"""

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import CLIPTokenizer

from training.text import grammar, lexicon, sources, tokenizer
from training.text.sources import CACHE, Item
from training.text.teacher import VectorCache

WORK = CACHE / "text"
ASSETS = Path(__file__).parents[2] / "assets" / "pocket-text"
SCENES, HELD_OUT_SCENES = 12_000, 500
NATURAL_PAIRS = Path(__file__).with_name("held_out_pairs.tsv")
KANA = "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC)))
CJK_SIGNS = "，。、：；！？“”‘’（）《》【】「」『』…—·～％￥"


@dataclass
class Rows:
    """The pack while it grows: one entry per text."""

    items: list[Item] = field(default_factory=list)
    labels: list[list[int]] = field(default_factory=list)

    def add(self, item: Item, labels: list[int]) -> None:
        self.items.append(item)
        self.labels.append(labels)


def unlabelled() -> list[int]:
    return [-1] * len(grammar.SLOTS)


def word_labels(target: str, category: str | None) -> list[int]:
    """A single word's slot, where it is one; -1 means that nothing is known."""
    labels = unlabelled()
    slots = {"instrument", "subject"} if category == "instrument" else {category or "subject"}
    for slot in slots & set(grammar.SLOTS):
        number = grammar.word_class(slot).get(target)
        if number is not None:
            labels[grammar.SLOTS.index(slot)] = number
    return labels


def word_items() -> Rows:
    rows = Rows()
    category = {w.en: w.category for words in lexicon.lexicon().values() for w in words}
    readers = (
        sources.emoji_items, lexicon.lexicon_items, sources.unihan_items, sources.icon_park_items,
        sources.icon_name_items, sources.other_language_items, sources.wordnet_items,
    )  # fmt: skip
    for read in readers:
        for item in read():
            name = category.get(item.targets[0])
            slot = name if name in grammar.SLOTS else None
            known = len(item.targets) == 1 and item.source in ("emojibase", "lexicon")
            rows.add(item, word_labels(item.targets[0], slot) if known else unlabelled())
    return rows


def scene_rows(rows: Rows, count: int, seed: int, is_held_out: bool) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        scene = grammar.make_scene(rng)
        canonical = grammar.render_en(scene, rng, is_plain=True)
        english = {canonical, *(grammar.render_en(scene, rng, False) for _ in range(2))}
        chinese = {grammar.render_zh(scene, rng) for _ in range(3)}
        labels = scene.labels()
        for text in sorted(english):
            rows.add(Item(text, "en", (canonical,), "grammar-en", is_held_out), labels)
        for text in sorted(chinese):
            rows.add(Item(text, "zh", (canonical,), "grammar-zh", is_held_out), labels)


def natural_pairs() -> list[tuple[str, str]]:
    lines = NATURAL_PAIRS.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(en, zh) for en, zh in pairs]


def natural_rows(rows: Rows) -> None:
    for en, zh in natural_pairs():
        rows.add(Item(en, "en", (en,), "natural", True), unlabelled())
        rows.add(Item(zh, "zh", (en,), "natural", True), unlabelled())


def keep_apart(rows: Rows) -> Rows:
    """Take every held-out string out of training, wherever else it came from, but our lexicon."""
    taught = lexicon.lexicon_chinese()
    kept = {i.text for i in rows.items if i.is_held_out and i.text not in taught}
    out = Rows()
    for item, labels in zip(rows.items, rows.labels, strict=True):
        if item.is_held_out and item.text in taught:
            item = Item(item.text, item.language, item.targets, item.source)
        if item.text not in kept or item.is_held_out:
            out.add(item, labels)
    return out


def all_rows() -> Rows:
    rows = word_items()
    scene_rows(rows, SCENES, seed=2, is_held_out=False)
    scene_rows(rows, HELD_OUT_SCENES, seed=1_000_003, is_held_out=True)
    natural_rows(rows)
    return keep_apart(rows)


def characters(items: list[Item]) -> list[str]:
    """Every character that gets a token of its own."""
    seen = Counter(c for i in items if i.language in ("zh", "emoji", "zh-hant") for c in i.text)
    wanted = {c for c, n in seen.items() if not c.isascii() and (n > 1 or c in "，。")}
    return sorted(wanted | sources.common_han() | set(KANA) | set(CJK_SIGNS))


def target_rows(
    items: list[Item], cache: VectorCache
) -> tuple[NDArray[np.int32], NDArray[np.float16]]:
    """Each item's row in the matrix of distinct targets, and that matrix."""
    wanted = dict.fromkeys(item.targets for item in items)
    distinct = {targets: row for row, targets in enumerate(wanted)}
    vectors = np.zeros((len(distinct), cache.vectors.shape[1]), np.float32)
    for targets, row in distinct.items():
        mean = cache.vectors[[cache.index(t) for t in targets]].astype(np.float32).mean(0)
        vectors[row] = mean / np.linalg.norm(mean)
    rows = np.array([distinct[i.targets] for i in items], np.int32)
    return rows, vectors.astype(np.float16)


def save_pack(rows: Rows, words: CLIPTokenizer, cache: VectorCache) -> None:
    texts = [item.text for item in rows.items]
    ids = words(texts, truncation=True, max_length=tokenizer.MAX_POSITIONS)["input_ids"]
    lengths = np.array([len(row) for row in ids], np.int32)
    target, vectors = target_rows(rows.items, cache)
    np.savez(
        WORK / "pack.npz",
        tokens=np.concatenate([np.array(row, np.uint16) for row in ids]),
        lengths=lengths,
        target=target,
        vectors=vectors,
        labels=np.array(rows.labels, np.int16),
        held_out=np.array([i.is_held_out for i in rows.items]),
        source=np.array([i.source for i in rows.items]),
        language=np.array([i.language for i in rows.items]),
    )
    (WORK / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    counts = Counter((i.source, i.language, i.is_held_out) for i in rows.items)
    summary = {" ".join(map(str, key)): n for key, n in sorted(counts.items())}
    summary |= {"vocabulary": len(words), "mean length": round(float(lengths.mean()), 2)}
    (WORK / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="where the teacher runs")
    parser.add_argument(
        "--new-vocabulary", action="store_true", help="learn a new one; breaks the shipped weights"
    )
    options = parser.parse_args()
    rows = all_rows()
    cache = VectorCache(WORK / "teacher")
    cache.fill(sorted({t for i in rows.items for t in i.targets}), options.device)
    if options.new_vocabulary or not (ASSETS / "tokenizer.json").exists():
        english = [i.text for i in rows.items if i.language == "en" and not i.is_held_out]
        tokenizer.build(english, characters(rows.items)).save_pretrained(ASSETS)
    save_pack(rows, CLIPTokenizer.from_pretrained(ASSETS, local_files_only=True), cache)


if __name__ == "__main__":
    main()
