"""Draws random scenes in the proportions that training wants.

Knows nothing about captions or models.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.pocket.layout import COUNT_LAYOUTS
from training.image.scenes import PLACES, RELATIONS, TINTS, Placed, Scene

BACKGROUNDS = ("transparent", "white", "plain", "place")
SYMBOL_GROUP = 8
PLAIN_COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown",
                 "black", "grey")  # fmt: skip
COUNT_SIZES = {1: 0.8, 2: 0.44, 3: 0.44, 4: 0.42}


@dataclass(frozen=True)
class Catalogue:
    """The rows of the manifest, with the groups of them that scenes are drawn from."""

    rows: list[dict]
    things: np.ndarray
    """Rows of emoji-like drawings of things (no signs): these enter counts, pairs and places."""

    by_style: dict[str, np.ndarray]

    @classmethod
    def of(cls, rows: list[dict], usable: np.ndarray) -> "Catalogue":
        """`usable`: indices of the rows that may be used (the held-out ones are not)."""
        chosen = [rows[i] for i in usable]
        things = [r["index"] for r in chosen if r["concept"] and r["group"] != SYMBOL_GROUP]
        styles = sorted({rows[i]["style"] for i in things})
        by_style = {s: np.array([i for i in things if rows[i]["style"] == s]) for s in styles}
        return cls(rows, np.array(things), by_style)


def _background(rng: np.random.Generator, weights: tuple[float, ...]) -> str:
    kind = rng.choice(BACKGROUNDS, p=weights)
    if kind == "plain":
        return str(rng.choice(PLAIN_COLOURS))
    return str(rng.choice(PLACES)) if kind == "place" else str(kind)


def single(row: int, rng: np.random.Generator, is_symbol: bool = False) -> Scene:
    """One drawing, nearly filling the picture, sometimes recoloured, on any background."""
    weights = (0.3, 0.5, 0.2, 0.0) if is_symbol else (0.25, 0.42, 0.2, 0.13)
    background = _background(rng, weights)
    size = rng.uniform(0.82, 0.98)
    centre = (0.5, 0.5)
    if background in PLACES:
        size = rng.uniform(0.45, 0.62)
        centre = (rng.uniform(0.35, 0.65), rng.uniform(0.6, 0.68))
    tint = str(rng.choice(TINTS)) if not is_symbol and rng.random() < 0.13 else None
    placed = Placed(row, *centre, size, tint)
    return Scene("single", (placed,), background, shade=int(rng.integers(1 << 16)))


def several(row: int, count: int, rng: np.random.Generator) -> Scene:
    """`count` copies (1 to 4) of one drawing, apart from each other."""
    jitter = 0.03
    sprites = tuple(
        Placed(
            row,
            x + rng.uniform(-jitter, jitter),
            y + rng.uniform(-jitter, jitter),
            COUNT_SIZES[count] * rng.uniform(0.9, 1.0),
            is_mirrored=False,
        )
        for x, y in COUNT_LAYOUTS[count]
    )
    background = _background(rng, (0.2, 0.5, 0.3, 0.0))
    return Scene("count", sprites, background, shade=int(rng.integers(1 << 16)))


def pair(first: int, second: int, rng: np.random.Generator) -> Scene:
    """Two drawings in a relation: the first is `relation` the second."""
    relation = str(rng.choice(RELATIONS))
    low, high = 0.27 + rng.uniform(-0.02, 0.02), 0.73 + rng.uniform(-0.02, 0.02)
    across = 0.5 + rng.uniform(-0.04, 0.04)
    at = {
        "left of": ((low, across), (high, across)),
        "right of": ((high, across), (low, across)),
        "above": ((across, low), (across, high)),
        "below": ((across, high), (across, low)),
    }[relation]
    size = rng.uniform(0.42, 0.46)
    sprites = (Placed(first, *at[0], size), Placed(second, *at[1], size))
    background = _background(rng, (0.2, 0.5, 0.3, 0.0))
    return Scene("pair", sprites, background, relation, int(rng.integers(1 << 16)))


def random_scene(row: int, catalogue: Catalogue, rng: np.random.Generator) -> Scene:
    """A scene whose main drawing is `row`; symbols and icons stay single."""
    about = catalogue.rows[row]
    is_thing = bool(about["concept"]) and about["group"] != SYMBOL_GROUP
    draw = rng.random()
    if not is_thing or draw < 0.66:
        return single(row, rng, is_symbol=not is_thing)
    if draw < 0.82:
        return several(row, int(rng.integers(1, 5)), rng)
    other = int(rng.choice(catalogue.by_style[about["style"]]))
    return pair(row, other, rng)
