"""Plans a picture: which of the things that a prompt names goes where, how large, how often.

A rough layout beside the words, as in layout-grounded diffusion (GLIGEN, Li et al. 2023;
LLM-grounded diffusion, Lian et al. 2023). Positions and sizes are those that the network was
trained on, carried on to more things. Knows no drawings, no pixels, no models.
"""

import math
from dataclasses import dataclass, replace

from pipelines.pocket.counts import count, is_quantity
from pipelines.pocket.names import Names
from pipelines.pocket.relations import Between, Link, Spot, is_part, links, spots
from pipelines.pocket.setting import LIGHTS, Setting, read

MOST = 9
"""How many drawings a picture holds."""

SINGLE, SINGLE_SIZE = (0.5, 0.5), 0.9
PLACED, PLACED_SIZE = (0.5, 0.64), 0.54
"""Something in the snow, on a beach: lower and smaller, before a painted background."""
ASIDE = 0.17
"""How far a thing alone "on the left" is from the middle."""

COUNT_LAYOUTS = {
    1: ((0.5, 0.5),),
    2: ((0.27, 0.5), (0.73, 0.5)),
    3: ((0.25, 0.68), (0.75, 0.68), (0.5, 0.28)),
    4: ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)),
}
COUNT_SIZES = {1: 0.76, 2: 0.418, 3: 0.418, 4: 0.399}
PAIR_SIZE = 0.44
MARGIN, GAP, SPREAD = 0.04, 0.02, 1.25
"""Empty border, least distance between drawings, and how far rows may move apart."""

LEAST = 0.16
"""Smaller drawings are not recognised."""

ABREAST, GROUND = 4, 0.88
"""How many things stand side by side on the ground of a place, and how far down their feet are."""

IN_SKY, SKY_SIZE = 0.2, 0.26
"""How far down the moon of such a place is, and its size."""

FLYING = frozenset(
    "2708 1f6e9 1f681 1f6f8 1f6f0 1fa81 1f388 1fa82 1f54a 1f987 1f98b 1f41d 1f308 2601 1f329 "
    "26c8 2604 1f320 2b50 1f31f hot-air-balloon airship drone dragonfly firefly".split()
)
"""Things that are in the air over the ground of a place."""

ALOFT, ALOFT_SIZE, ALOFT_FOOT = 0.34, 0.48, 0.5
"""How far down such a thing is alone, its size, and how far down several of them reach."""

OFFSETS = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}
Cell = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A drawing's square; all lengths are fractions, so the picture's aspect does not matter."""

    concept: str
    x: float
    """Centre, fraction of the width."""
    y: float
    """Centre, fraction of the height."""
    size: float
    """Side, fraction of the shorter side."""
    on: str = ""
    """The concept of the box below that it stands on."""


@dataclass(frozen=True)
class Thing:
    """What is drawn `number` times; `is_counted`: the prompt says the number."""

    concept: str
    number: int
    is_counted: bool = False


def plan(prompt: str, names: Names) -> list[Box]:
    """Where to draw the things that the prompt names; empty when it names none."""
    # Character by character, for a few letters grow when they are lowered.
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in prompt)
    mentions = [
        each
        for each in names.find(prompt, MOST)
        if not is_quantity(low, each.start, each.end) and not is_part(low, each.start, each.end)
    ]
    reading = read(prompt, mentions)
    mentions = reading.things
    if not mentions:
        return []
    edges = [0, *(edge for m in mentions for edge in (m.start, m.end)), len(low)]
    gaps = [low[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    named = [low[m.start : m.end] for m in mentions]
    counts = [count(gaps[i], name, gaps[i + 1]) for i, name in enumerate(named)]
    things = [
        Thing(m.concept, number or 1, number is not None)
        for m, number in zip(mentions, counts, strict=True)
    ]
    if len(things) == 1 and (things[0].number == 1 or reading.setting is None):
        box, *others = _alone(things[0], reading.setting is not None, spots(gaps).get(0))
        is_aloft = box.concept in FLYING and _has_sky(reading.setting) and not spots(gaps)
        return [replace(box, y=ALOFT, size=ALOFT_SIZE) if is_aloft else box, *others]
    is_related = bool(links(gaps, named) or spots(gaps))
    if reading.setting is not None and reading.setting.has_ground and not is_related:
        return _abreast(_first(things))
    return _together(things, gaps, named)


def _has_sky(setting: Setting | None) -> bool:
    return setting is not None and setting.land not in ("underwater", "space", "room")


def _abreast(things: list[Thing]) -> list[Box]:
    """Things that stand on the ground of a place, side by side; the moon and the sun above."""
    concepts = [thing.concept for thing in things for _ in range(thing.number)]
    low = [each for each in concepts if each not in LIGHTS] or concepts
    high = [each for each in concepts if each in LIGHTS] if low != concepts else []
    rows = 1 if len(low) <= ABREAST else 2
    columns = math.ceil(len(low) / rows)
    size = min(PAIR_SIZE, (1 - 2 * MARGIN) / columns)
    boxes = []
    for place, concept in enumerate(low):
        row, column = divmod(place, columns)
        number = min(columns, len(low) - row * columns)
        foot = (ALOFT_FOOT if concept in FLYING else GROUND) - (rows - 1 - row) * size
        boxes.append(Box(concept, _column(column, number, columns), foot - size / 2, size))
    return boxes + [
        Box(concept, _column(place, len(high), len(high) + 1), IN_SKY, SKY_SIZE)
        for place, concept in enumerate(high)
    ]


def _column(place: int, number: int, columns: int) -> float:
    """The middle of one of `number` columns, in a row for as many as `columns`."""
    return 0.5 + (place - (number - 1) / 2) * (1 - 2 * MARGIN) / columns


def _together(things: list[Thing], gaps: list[str], named: list[str]) -> list[Box]:
    """Several things: as the prompt relates them, else by parts of the picture, else in order."""
    things, relations = _split(things, links(gaps, named))
    things = _first(things)
    cells = _linked(len(things), relations) if relations else _spotted(len(things), spots(gaps))
    boxes = [] if cells is None else _grid(things, cells)
    if all(thing.number == 1 for thing in things):
        boxes = _settled(boxes, relations)
    # Words that contradict each other scatter the things: better large than exact.
    is_clear = bool(boxes) and min(box.size for box in boxes) >= LEAST
    return boxes if is_clear else _listed(things)


def _settled(boxes: list[Box], relations: list[Link]) -> list[Box]:
    """Says of what is on something that it stands there; how far down, its drawing tells."""
    settled = list(boxes)
    for link in relations:
        if boxes and link.is_touching and link.side == "above":
            on = boxes[link.second].concept
            settled[link.first] = replace(settled[link.first], on=on)
    return settled


def _alone(thing: Thing, is_placed: bool, spot: Spot | None) -> list[Box]:
    number = min(thing.number, MOST)
    if number > 1:
        return _listed([replace(thing, number=number)])
    (x, y), size = (PLACED, PLACED_SIZE) if is_placed else (SINGLE, SINGLE_SIZE)
    if spot is not None and spot != (0, 0):
        x, y = x + ASIDE * spot[0], 0.5 + ASIDE * spot[1] if spot[1] else y
        return [Box(thing.concept, x, y, PLACED_SIZE)]
    if thing.is_counted and not is_placed:
        size = COUNT_SIZES[1]
    return [Box(thing.concept, x, y, size)]


def _first(things: list[Thing]) -> list[Thing]:
    """The first things, at most `MOST` drawings in all; what does not fit has the number 0."""
    left, kept = MOST, []
    for thing in things:
        number = min(thing.number, left)
        kept.append(replace(thing, number=number))
        left -= number
    return kept


def _split(things: list[Thing], relations: list[Link | Between]) -> tuple[list[Thing], list[Link]]:
    """Says "between" with links; "between two trees" divides the trees."""
    things, plain = list(things), []
    for each in relations:
        if isinstance(each, Link):
            plain.append(each)
            continue
        other = each.other
        if each.one == other:
            whole = things[other]
            whole = replace(whole, number=max(whole.number, 2))
            half = whole.number // 2
            things[other] = replace(whole, number=half)
            things.append(replace(whole, number=whole.number - half))
            other = len(things) - 1
        plain += [Link(each.one, "left", each.middle), Link(other, "right", each.middle)]
    return things, plain


def _listed(things: list[Thing]) -> list[Box]:
    """Things without a said relation: in order of mention."""
    concepts = [thing.concept for thing in things for _ in range(thing.number)]
    total = len(concepts)
    if total in COUNT_LAYOUTS:
        is_pair = total == 2 and concepts[0] != concepts[1]
        size = PAIR_SIZE if is_pair else COUNT_SIZES[total]
        centres = list(COUNT_LAYOUTS[total])
    else:
        centres, size = _rows(total, (MARGIN, MARGIN, 1 - 2 * MARGIN, 1 - 2 * MARGIN))
    return [Box(c, x, y, size) for c, (x, y) in zip(concepts, centres, strict=True)]


def _rows(number: int, area: tuple[float, float, float, float]) -> tuple[list[Cell], float]:
    """Centres and size of equal squares in rows that fill an area: left, top, width, height."""
    left, top, width, height = area

    def side(columns: int) -> float:
        return min(width / columns, height / math.ceil(number / columns))

    columns = max(range(1, number + 1), key=lambda each: (side(each), each))
    rows, cell = math.ceil(number / columns), side(columns)
    pitch = min(height / rows, cell * SPREAD)
    step = min(width / columns, cell * SPREAD)
    centres: list[Cell] = []
    for row in range(rows):
        # The fuller rows are below: "🟦🟦 / 🟦🟦🟦".
        inside = number * (row + 1) // rows - number * row // rows
        y = top + height / 2 + (row - (rows - 1) / 2) * pitch
        middle = left + width / 2
        centres += [(middle + (i - (inside - 1) / 2) * step, y) for i in range(inside)]
    return centres, min(cell - GAP, PAIR_SIZE)


def _linked(total: int, relations: list[Link]) -> list[Cell]:
    """A cell for every thing: what is linked beside its partner, the rest in order of mention."""
    cells: dict[int, Cell] = {0: (0, 0)}
    for place in range(1, total):
        near = [_beside(link, place, cells) for link in relations]
        known = [cell for cell in near if cell is not None]
        if known:
            across = sum(x for x, _ in known) / len(known)
            step = next(_step(link, place) for link in relations if _beside(link, place, cells))
            cell = (across, known[0][1])
        else:
            step, cell = (1, 0), (cells[place - 1][0] + 1, cells[place - 1][1])
        while any(_is_crowded(cell, other) for other in cells.values()):
            # What is already above something makes room beside itself.
            cell = (cell[0] + (step[0] or 1), cell[1])
        cells[place] = cell
    return [cells[place] for place in range(total)]


def _is_crowded(one: Cell, other: Cell) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) < 1 - 1e-9


def _step(link: Link, place: int) -> tuple[int, int]:
    x, y = OFFSETS[link.side]
    return (x, y) if link.first == place else (-x, -y)


def _beside(link: Link, place: int, cells: dict[int, Cell]) -> Cell | None:
    """Where a link puts a thing, when the other thing has its cell."""
    if place not in (link.first, link.second):
        return None
    other = cells.get(link.second if link.first == place else link.first)
    step = _step(link, place)
    return None if other is None else (other[0] + step[0], other[1] + step[1])


def _spotted(total: int, said: dict[int, Spot]) -> list[Cell] | None:
    """Cells from parts of the picture ("on the left"); None when they leave no clear plan."""
    if not said or len(set(said.values())) < len(said):
        return None
    cells: dict[int, Cell] = {place: (x, y) for place, (x, y) in said.items()}
    for place in range(total):
        if place in cells:
            continue
        # Opposite to what is placed, then the middle, then what is free along the same line.
        opposite = [(-x, -y) for x, y in said.values()]
        line = [(1, 0), (-1, 0)] if any(x for x, _ in said.values()) else [(0, 1), (0, -1)]
        free = [c for c in (*opposite, (0, 0), *line) if c not in cells.values()]
        if not free:
            return None
        cells[place] = free[0]
    columns, rows = (sorted({cell[axis] for cell in cells.values()}) for axis in (0, 1))
    return [(columns.index(cells[p][0]), rows.index(cells[p][1])) for p in range(total)]


def _grid(things: list[Thing], cells: list[Cell]) -> list[Box]:
    """Boxes of things on a grid; a thing that is drawn several times shares its cell."""
    used = [(t, c) for t, c in zip(things, cells, strict=True) if t.number]
    across, along = [c[0] for _, c in used], [c[1] for _, c in used]
    left, top = min(across), min(along)
    shifted = [(thing, (x - left, y - top)) for thing, (x, y) in used]
    # The split that leaves the smallest drawing largest; the even one if it is as good.
    tried = [
        _placed(shifted, columns, rows)
        for columns in _tracks(max(across) - left)
        for rows in _tracks(max(along) - top)
    ]
    return max(tried, key=lambda boxes: round(min(box.size for box in boxes), 6))


def _tracks(last: float) -> list[list[float]]:
    """Ways to divide a side of the picture into columns or rows: their edges, even ones first."""
    number = math.ceil(last) + 1
    shares = [[i / number for i in range(number + 1)]]
    if number == 2:
        shares += [[0, 2 / 3, 1], [0, 1 / 3, 1]]
    return [[MARGIN + (1 - 2 * MARGIN) * share for share in each] for each in shares]


def _placed(used: list[tuple[Thing, Cell]], columns: list[float], rows: list[float]) -> list[Box]:
    boxes = []
    for thing, (x, y) in used:
        (left, right), (top, bottom) = _edges(columns, x), _edges(rows, y)
        centres, size = _rows(thing.number, (left, top, right - left, bottom - top))
        boxes += [Box(thing.concept, *centre, size) for centre in centres]
    return boxes


def _edges(tracks: list[float], place: float) -> tuple[float, float]:
    """The edges of a column or row; 0.5 lies halfway between the first and the second."""
    low, part = math.floor(place), place - math.floor(place)
    high = min(low + 1, len(tracks) - 2)
    return (
        tracks[low] * (1 - part) + tracks[high] * part,
        tracks[low + 1] * (1 - part) + tracks[high + 1] * part,
    )
