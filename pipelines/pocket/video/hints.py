"""Turns the name of a motion into a rough of it for the things of a picture.

The motion network begins with it instead of noise alone, as pocket-image begins with a trace of the
drawings that it looked at, and makes up the rest: how this very thing bends while it does that.
Knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.video.motions import BY_NAME, Draw, Motion, paths
from pipelines.pocket.video.plan import KEYS
from pipelines.pocket.video.steady import along
from pipelines.pocket.video.things import Thing

KNOWN = {
    "wave": "sway",
    "flow": "flutter",
    "flicker": "tremble",
    "blink": "nod",
    "explode": "pulse",
}
"""Motions that have a known one as their nearest."""


WHOLE_TURNS = ("spin", "roll")
"""More than the network can bend: these are taken as they are written."""

GENTLEST, FIERCEST = 0.3, 1.7
"""How strongly motions are done, of which 1 is as they are written."""

BEYOND, PAINTED_BEYOND = 0.2, 0.12
"""Of the picture: so far may a thing go over its border; further on nothing, where there is room to
step back, than before a painted background."""


@dataclass(frozen=True)
class Asked:
    """How a named motion is to be done.

    `strength`: from hardly any, 0, to as strong as can be, 1. `is_round`: the last key goes over
    into the first; a motion that leads away is then done once there and once back. `heads_right`:
    where what goes somewhere goes. `has_room`: things stand on nothing.
    """

    name: str
    strength: float = 0.5
    is_round: bool = False
    heads_right: bool = False
    has_room: bool = True


def hint_for(asked: Asked, things: Sequence[Thing], seed: int) -> Tensor | None:
    """Paths (16, 2, h, w) in cells; None where the name is not known, or nothing is there.

    Args:
        seed: decides the side of what has none, and how often; the same for all windows of a clip.
    """
    motion = BY_NAME.get(KNOWN.get(asked.name, asked.name))
    if motion is None or not things:
        return None
    rng = np.random.default_rng(seed)
    often = int(rng.choice(motion.often))
    side = int(rng.choice((-1, 1)))
    if motion.is_sided:
        side = 1 if asked.heads_right else -1
    draw = Draw(GENTLEST + (FIERCEST - GENTLEST) * asked.strength, often, side)
    phases = _phases(motion, asked.is_round)
    found = np.zeros((KEYS, 2, *things[0].share.shape), np.float32)
    for thing in things:
        if thing.is_subject:
            found += _in_picture(_of(thing, motion, draw, phases), thing, asked.has_room)
    return torch.from_numpy(found)


def _in_picture(ways: np.ndarray, thing: Thing, has_room: bool) -> np.ndarray:
    """Ways (16, 2, h, w) that go less far where they would lead the thing out of the picture.

    It turns and bends as before.
    """
    inside = thing.share > 0.5
    if not inside.any():
        return ways
    held = ways.copy()
    for axis, size in enumerate(reversed(thing.share.shape)):
        at = np.indices(thing.share.shape)[1 - axis][inside]
        room = (BEYOND if has_room else PAINTED_BEYOND) * size
        low, high = min(at.min(), 0) - room, max(at.max(), size - 1) + room
        gone = at + ways[:, axis, inside]
        whole = ways[:, axis, inside].mean(axis=1)
        over = np.maximum(gone.max(axis=1) - high, 0) - np.maximum(low - gone.min(axis=1), 0)
        # Only what leads the same way out can be taken back.
        far = (over * whole > 0) & (np.abs(whole) > 1e-6)
        left = (1 - over[far] / whole[far]).clip(0, 1)
        held[:, axis] -= (1 - left.min(initial=1)) * whole[:, None, None]
    return held


def _phases(motion: Motion, is_round: bool) -> np.ndarray:
    """How far the motion has come at each key, 0 to 1."""
    even = np.arange(KEYS, dtype=np.float32) / KEYS
    if is_round and not motion.closes:
        return (1 - np.abs(1 - 2 * even)) / 2
    return even


def _of(thing: Thing, motion: Motion, draw: Draw, phases: np.ndarray) -> np.ndarray:
    """One thing's paths (16, 2, h, w), in cells."""
    x, y, half_width, half_height = thing.box
    rows, columns = np.mgrid[0 : thing.share.shape[0], 0 : thing.share.shape[1]].astype(np.float32)
    half = max(half_width, half_height)
    ways = paths(motion, draw, (columns - x) / half, (rows - y) / half, phases)
    # A motion that is made for a turn out of the drawing's own place begins there.
    ways = ways - ways[:1]
    return ways * half * along(thing.share).astype(np.float32)
