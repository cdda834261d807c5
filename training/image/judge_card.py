"""Writes the judge's model card: what it is, what it learned from, how often it is right.

Knows the manifest and the report; knows nothing about pixels.
"""

from collections import Counter

import numpy as np

from studio.evaluate._traits import TOTAL
from training.image.judge_concepts import judged
from training.image.packs import SOURCES

CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-classification
---
# judge

Looks at a 64 px picture over white and says which of {concepts} concepts it shows, in which of
{styles} drawing styles, and how many copies there are (1 to 4). It scores generated pictures in
`studio evaluate image`; it is no general classifier, and knows drawings only.

A stock `ResNetForImageClassification` ({parameters:.1f} M parameters, bf16). Its outputs are three
ranges: `concept:` (emoji code points), `style:`, `count:`; take a softmax within a range. Of styles
it knows little (it learned to call one thing the same in every style), so they are told by
`styles.safetensors`: a table of how much each of {traits} traits of a 128 px picture speaks for
each style (a colour of an even area, two colours that meet, a run of brightness across an edge, a
slope), and a small network on what they say and on statistics of the pixels. It learned the styles
without the twentieth of these drawings on which its settings were compared.

## What it learned from
{seen} drawings, {named} of them of a judged concept and the rest for style alone, composed anew
each time on plain and painted backgrounds, at other sizes and places, recoloured where the concept
survives it, blurred and noisy. One drawing of each concept was held out, by a hash of its name,
from this judge and from the model that it judges. Concepts were chosen by the rule at the top of
`training/image/judge_concepts.py` before training.

| package | drawings | author | licence |
|---|---|---|---|
{sources}

Concept names: emojibase-data (MIT).

## How often it is right
On held-out drawings, composed as the evaluation's prompts ask (`report.json`, 95 % interval):

| measure | right | pictures |
|---|---|---|
{measures}

Colours are measured from the pixels, without this network.

Styles of all held-out drawings: as drawn, and a tenth smaller and spoiled as a small autoencoder
spoils pictures (reduced to 70 % and enlarged; compressed in 8 px blocks):

| style | drawings |{views}
|---|---|{rules}
{styles_found}

`3d` and `glossy` are one design, rendered and as vectors: of 1,549 pairs 675 differ by less than
2 % at 32 px, and side by side a person sees ragged edges at most. A score that tells these two
apart measures traces of how the files were made; read it beside the line that takes them as one.
"""
ABOUT = {
    "concepts": "concept among the five likeliest",
    "concepts at first guess": "concept, first guess",
    "styles": "style",
    "colours of things": "colour of a thing (pixels)",
    "colours of backgrounds": "colour of the background (pixels)",
    "counts": "count",
    "positions": "both things recognised, each in its half",
    "positions, order alone": "the pair fits better as asked than swapped",
}


def sources(rows: list[dict], seen: np.ndarray) -> str:
    """One line per package that drawings were learned from."""
    counts: Counter[str] = Counter()
    for index in seen:
        key = rows[index]["key"]
        counts[key.rsplit("/", 1)[0]] += 1
    packs = {pack.npm: pack for pack in SOURCES}
    assert set(counts) <= set(packs), "a drawing of an unknown package"
    return "\n".join(
        f"| {npm} {packs[npm].version} | {count} | {packs[npm].author} | {packs[npm].licence} |"
        for npm, count in counts.most_common()
    )


def styles_found(views: dict) -> str:
    """One line per style and one per sum, with a column for each way of showing a drawing."""
    first = next(iter(views.values()))
    lines = [
        [name, str(count), *(f"{found['each'][name] * 100:.1f} %" for found in views.values())]
        for name, count in first["drawings"].items()
    ]
    total = str(sum(first["drawings"].values()))
    sums = [name for name, share in first.items() if isinstance(share, float)]
    lines += [
        [f"**{name}**", total, *(f"{found[name] * 100:.1f} %" for found in views.values())]
        for name in sums
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def card(report: dict, rows: list[dict], seen: np.ndarray, sizes: dict) -> str:
    """The whole card; `sizes` has concepts, styles and parameters (in millions)."""
    lines = [
        f"| {ABOUT[name]} | {facts['all'] * 100:.1f} % "
        f"({facts['low'] * 100:.1f} – {facts['high'] * 100:.1f}) | {facts['pictures']} |"
        for name, facts in report["measures"].items()
        if name in ABOUT
    ]
    known = {each["id"] for each in judged(rows)}
    facts = {
        "views": "".join(f" {name} |" for name in report["styles"]),
        "rules": "---|" * len(report["styles"]),
        "styles_found": styles_found(report["styles"]),
        "traits": TOTAL,
        "seen": len(seen),
        "named": sum(rows[i]["concept"] in known for i in seen),
        "sources": sources(rows, seen),
        "measures": "\n".join(lines),
    }
    return CARD.format(**facts, **sizes)
