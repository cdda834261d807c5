"""How often the things of a training caption are found by `pipelines.pocket.names`.

    python -m training.image.check_names --language zh --misses 20

Every thing of a caption must be found, and nothing else. Things that share a name count as one.
Captions say labels here, never tags: a tag such as "animal" has no one thing. Knows nothing of the
evaluation's prompts.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from pipelines.pocket.names import Names
from training.image.captions import caption
from training.image.scenes import PLACES, RELATIONS, TINTS, Placed, Scene
from training.image.split import manifest, seen

NAMES = Path(__file__).parents[2] / "assets" / "pocket-image" / "references" / "names.json"
BACKGROUNDS = ("white", "transparent", *PLACES, *TINTS)


def drawings() -> tuple[list[dict], dict[str, list[int]]]:
    """Rows without tags, and the rows of each thing."""
    rows = manifest()
    for row in rows:
        row["tags_en"] = row["tags_zh"] = ()
    by_concept: dict[str, list[int]] = defaultdict(list)
    for index in seen(rows):
        if rows[int(index)]["concept"]:
            by_concept[rows[int(index)]["concept"]].append(int(index))
    return rows, by_concept


def scene(chosen: list[int], rng: np.random.Generator) -> Scene:
    """One thing, now and then tinted, or two in a relation, before any background."""
    tint = str(rng.choice(TINTS)) if len(chosen) == 1 and rng.random() < 0.15 else None
    placed = tuple(Placed(row, 0.5, 0.5, 0.5, tint) for row in chosen)
    relation = str(rng.choice(RELATIONS)) if len(chosen) == 2 else None
    kind = "relation" if relation else "single"
    return Scene(kind, placed, str(rng.choice(BACKGROUNDS)), relation)


def misses(things: int, language: str, count: int) -> list[tuple[str, list[str]]]:
    """Captions whose things were not found, with what was found instead."""
    rng = np.random.default_rng(7)
    names, (rows, by_concept) = Names.load(NAMES), drawings()
    said = {c: rows[each[0]][language].lower() for c, each in by_concept.items()}
    concepts, missed = sorted(by_concept), []
    for number in range(count):
        others = rng.choice(concepts, things - 1, replace=False)
        wanted = [concepts[number % len(concepts)], *map(str, others)]
        chosen = [int(rng.choice(by_concept[c])) for c in wanted]
        text = caption(scene(chosen, rng), rows, rng, language)
        found = [said[each.concept] for each in names.find(text)]
        if set(found) != {said[c] for c in wanted}:
            missed.append((text, found))
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--count", type=int, default=6576)
    parser.add_argument("--misses", type=int, default=20)
    args = parser.parse_args()
    for things in (1, 2):
        missed = misses(things, args.language, args.count)
        print(f"{things} thing(s): {1 - len(missed) / args.count:.2%} of {args.count} captions")
        for text, found in missed[: args.misses]:
            print(f"  {text} → {found}")


if __name__ == "__main__":
    main()
