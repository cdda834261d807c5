"""What grows, stands and floats around the things of a picture: trees, cacti, clouds, shells.

Chooses by name and place only, never living things, since how many of those there are is the
prompt's to say. Knows no drawings and no prompts.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipelines.pocket.layout import Box
from pipelines.pocket.painter import HORIZON
from pipelines.pocket.setting import Setting

Zone = Literal["far", "edge", "front", "sky", "wall"]

ALIKE: dict[str, tuple[str, ...]] = {
    "tree": ("1f333", "1f332", "1f334", "1f384", "1f38b"),
    "flower": ("1f33c", "1f337", "1f33b", "1f33a", "1f339", "1f338", "1f490"),
    "cloud": ("2601", "26c5", "1f324", "1f325", "1f326", "1f327", "1f328", "26c8"),
    "cactus": ("1f335",), "shell": ("1f41a",), "coral": ("1fab8",), "mushroom": ("1f344",),
    "planet": ("1fa90", "1f30d", "1f30e", "1f30f", "1f315", "1f311"),
    "plant": ("1fab4", "1f33f", "2618", "1f340"), "picture": ("1f5bc",),
}  # fmt: skip
"""Kinds of scenery, and things that are told from them by few: where one of those is asked for, no
others of its kind stand around it."""


@dataclass(frozen=True)
class Growth:
    """Up to `most` drawings of one of the `concepts`, sides between `least` and `largest`."""

    kind: str
    concepts: tuple[str, ...]
    zone: Zone
    least: float
    largest: float
    most: int


TREE, FIR, PALM = ("1f333",), ("1f332",), ("1f334",)
FLOWERS = ("1f33c", "1f337", "1f33b")
CLOUDS = Growth("cloud", ("2601",), "sky", 0.16, 0.26, 2)
GROWTHS: dict[str, tuple[Growth, ...]] = {
    "plain": (CLOUDS, Growth("tree", TREE, "far", 0.2, 0.3, 2)),
    "meadow": (
        CLOUDS,
        Growth("tree", TREE, "far", 0.22, 0.34, 2),
        Growth("flower", FLOWERS, "front", 0.11, 0.16, 4),
    ),
    "forest": (
        Growth("tree", (*TREE, *FIR), "edge", 0.46, 0.62, 2),
        Growth("mushroom", ("1f344",), "front", 0.11, 0.15, 2),
        Growth("plant", ("1f33f",), "front", 0.12, 0.16, 2),
    ),
    "mountains": (CLOUDS, Growth("tree", FIR, "far", 0.2, 0.32, 3)),
    "beach": (
        CLOUDS,
        Growth("tree", PALM, "edge", 0.5, 0.62, 1),
        Growth("shell", ("1f41a",), "front", 0.09, 0.13, 2),
    ),
    "sea": (CLOUDS,),
    "sky": (CLOUDS, Growth("cloud", ("2601",), "front", 0.3, 0.42, 2)),
    "desert": (Growth("cactus", ("1f335",), "far", 0.2, 0.34, 3),),
    "city": (Growth("tree", TREE, "far", 0.2, 0.26, 2),),
    "room": (
        Growth("plant", ("1fab4",), "edge", 0.26, 0.32, 1),
        Growth("picture", ("1f5bc",), "wall", 0.18, 0.22, 1),
    ),
    "underwater": (
        Growth("coral", ("1fab8",), "front", 0.16, 0.24, 3),
        Growth("shell", ("1f41a",), "front", 0.09, 0.12, 1),
    ),
    "space": (Growth("planet", ("1fa90",), "sky", 0.18, 0.26, 1),),
}
BARE = {"flower", "mushroom", "shell", "plant"}
"""What snow covers."""

FEET: dict[Zone, tuple[float, float]] = {
    "far": (HORIZON + 0.02, HORIZON + 0.07), "edge": (0.76, 0.84), "front": (0.9, 0.98),
}  # fmt: skip
"""Between which heights the foot of a drawing stands, as fractions of the picture's height."""

EMPTY = re.compile(
    r"\b(?:empty|bare|alone|nothing else|minimal|minimalist)\b|空旷|空荡|光秃|极简|独自",
    re.IGNORECASE,
)

FREE: dict[Zone, float] = {"far": 0, "edge": 0.5, "front": 0.75, "sky": 0.75, "wall": 0.75}
"""A drawing keeps this share of their sides away from a thing; far ones may be hidden by it."""


def scenery(
    setting: Setting, boxes: Sequence[Box], avoided: Collection[str], seed: int
) -> tuple[list[Box], list[Box]]:
    """Drawings behind the things, far ones first, and those before them.

    Args:
        boxes: where the things are.
        avoided: kinds of scenery that are not wanted.
    """
    rng = np.random.default_rng(seed)
    asked = {box.concept for box in boxes}
    behind: list[Box] = []
    before: list[Box] = []
    taken = list(boxes)
    for growth in GROWTHS[setting.land]:
        is_covered = setting.weather == "snow" and setting.land != "room" and growth.kind in BARE
        if is_covered or growth.kind in avoided or asked & set(ALIKE[growth.kind]):
            continue
        for box in _grown(growth, setting, rng):
            if any(_near(box, other, FREE[growth.zone]) for other in taken):
                continue
            (before if growth.zone == "front" else behind).append(box)
            taken += [box] if growth.zone != "far" else []
    return sorted(behind, key=_foot), sorted(before, key=_foot)


def unwanted(prompt: str, concepts: Collection[str]) -> set[str]:
    """Kinds of scenery that are not wanted: all if the prompt wants the place empty.

    Args:
        concepts: things to avoid.
    """
    return {
        kind for kind, alike in ALIKE.items() if EMPTY.search(prompt) or set(alike) & set(concepts)
    }


def _grown(growth: Growth, setting: Setting, rng: np.random.Generator) -> Iterator[Box]:
    """The drawings of one kind, spread over the width, each a little out of line."""
    concepts = FIR if setting.weather == "snow" and growth.kind == "tree" else growth.concepts
    places = np.linspace(0.1, 0.9, growth.most) if growth.most > 1 else np.array([0.14])
    # The window of a room is on the left.
    if growth.zone == "wall" or rng.random() < 0.5:
        places = 1 - places
    for place in places:
        x = float(place + rng.normal() * 0.04)
        size = float(rng.uniform(growth.least, growth.largest))
        concept = concepts[int(rng.integers(len(concepts)))]
        if growth.zone in FEET:
            low, high = FEET[growth.zone]
            y = float(rng.uniform(low, high)) - size / 2
        else:
            y = float(rng.uniform(0.1, 0.26) if growth.zone == "sky" else 0.3)
        yield Box(concept, x, y, size)


def _near(one: Box, other: Box, share: float) -> bool:
    reach = share * (one.size + other.size) / 2
    return abs(one.x - other.x) < reach and abs(one.y - other.y) < reach


def _foot(box: Box) -> float:
    return box.y + box.size / 2
