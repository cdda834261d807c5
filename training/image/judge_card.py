"""Writes the judge's model card: what it is, what it learned from, how often it is right.

Knows the manifest and the report; knows nothing about pixels.
"""

from collections import Counter

import numpy as np

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
`styles.safetensors`: a small network on statistics of the pixels (palette, shading, outlines).

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

Colours are measured from the pixels, without this network. Style over all held-out drawings:
{styles_found}.
The picture model's autoencoder shifts palettes, which is most of what tells flat styles apart, so a
style score of generated pictures is to be read beside the second figure.
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


def card(report: dict, rows: list[dict], seen: np.ndarray, sizes: dict) -> str:
    """The whole card; `sizes` has concepts, styles and parameters (in millions)."""
    lines = [
        f"| {ABOUT[name]} | {facts['all'] * 100:.1f} % "
        f"({facts['low'] * 100:.1f} – {facts['high'] * 100:.1f}) | {facts['pictures']} |"
        for name, facts in report["measures"].items()
        if name in ABOUT
    ]
    shares = ", ".join(f"{share * 100:.1f} % {how}" for how, share in report["styles"].items())
    known = {each["id"] for each in judged(rows)}
    facts = {
        "styles_found": shares,
        "seen": len(seen),
        "named": sum(rows[i]["concept"] in known for i in seen),
        "sources": sources(rows, seen),
        "measures": "\n".join(lines),
    }
    return CARD.format(**facts, **sizes)
