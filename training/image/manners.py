"""Counts how each drawing style is drawn: its inks, and how much of its square a thing fills.

    python -m training.image.manners

Reads the drawings that models may learn from, and writes `manners.json` for the memory (see
`pipelines/pocket/restyle.py`). Takes a minute of one core.
"""

import json
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.restyle import FILE, SHADED
from training.image.packs import SOURCES
from training.image.references import FOLDER
from training.image.render import OUT
from training.image.split import manifest, seen

DRAWINGS = 500
"""Of each style, chosen by chance."""

INKS = 32
LEAST_PIXELS = 12
"""An ink must cover so many even pixels of a drawing of 128 px to count."""

SAME = 20
"""Inks that differ by at most so many levels are one."""

Ink = tuple[int, int, int]


def inks_of(drawing: NDArray[np.uint8]) -> dict[Ink, float]:
    """The colours of even areas of a drawing (S, S, 4), each with the root of its share."""
    levels = drawing.astype(np.int16)
    middle = levels[1:-1, 1:-1]
    even = middle[..., 3] == 255
    for part in (levels[:-2, 1:-1], levels[2:, 1:-1], levels[1:-1, :-2], levels[1:-1, 2:]):
        even &= np.abs(part - middle).max(2) <= 1
    colours, counts = np.unique(middle[even][:, :3], axis=0, return_counts=True)
    total = max(int(counts.sum()), 1)
    return {
        (int(r), int(g), int(b)): float(np.sqrt(count / total))
        for (r, g, b), count in zip(colours, counts, strict=True)
        if count >= LEAST_PIXELS
    }


def palette(drawings: Iterable[NDArray[np.uint8]]) -> tuple[list[Ink], list[float]]:
    """The inks that are used most, and their shares."""
    counts: Counter[Ink] = Counter()
    for drawing in drawings:
        counts.update(inks_of(drawing))
    inks: list[Ink] = []
    sums: list[float] = []
    for ink, much in counts.most_common():
        far = np.abs(np.array(inks or [(999, 999, 999)]) - ink).max(1)
        if far.min() <= SAME:
            sums[int(far.argmin())] += much
        elif len(inks) < INKS:
            inks.append(ink)
            sums.append(much)
    return inks, [each / sum(sums) for each in sums]


def side_of(drawing: NDArray[np.uint8]) -> int:
    """The longer side of what is drawn, px; 0 if nothing is."""
    solid = drawing[..., 3] > 127
    spans = [np.flatnonzero(solid.any(axis)) for axis in (0, 1)]
    return max((int(span[-1] - span[0]) + 1 for span in spans if len(span)), default=0)


def build() -> None:
    """Writes the manners of all styles whose drawings are in the memory."""
    table, rows = np.load(OUT / "rgba128.npy", mmap_mode="r"), manifest()
    rng = np.random.default_rng(0)
    known = rng.permutation([i for i in seen(rows) if rows[i]["concept"]])
    found = {}
    for style in (source.style for source in SOURCES if source.is_emoji):
        own = [np.array(table[i]) for i in known if rows[i]["style"] == style][:DRAWINGS]
        inks, shares = ([], []) if style in SHADED else palette(own)
        found[style] = {
            "side": int(np.median([side_of(each) for each in own])),
            "inks": [bytes(ink).hex() for ink in inks],
            "shares": [round(share, 5) for share in shares],
        }
        print(style, found[style]["side"], len(inks), found[style]["inks"][:6], flush=True)
    (FOLDER / FILE).write_text(json.dumps(found) + "\n", "utf-8")


if __name__ == "__main__":
    build()
