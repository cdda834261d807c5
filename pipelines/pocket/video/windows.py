"""The motion of a clip, window by window, as a smooth function of time.

Knows nothing of how it is seen.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from torch import Tensor

from pipelines.pocket.rough import CELL
from pipelines.pocket.video.behind import Apart
from pipelines.pocket.video.hints import WHOLE_TURNS, Asked, hint_for
from pipelines.pocket.video.paths import UNIT, MotionPaths, Wish, strength_of
from pipelines.pocket.video.plan import KEYS, Place, Plan
from pipelines.pocket.video.steady import steadied
from pipelines.pocket.video.things import Thing

WEAKEST, STRONGEST = 0.3, 0.95
"""What the network is told for motion of hardly any strength and of all there is."""

MOST_TIMES = 1.3
"""Made-up motion goes at most so many times as far as was asked for: now and then it flies off."""


@dataclass(frozen=True)
class Key:
    """The key picture, uint8 (H, W, 4), colour over white, and the things in it.

    `apart`: things before a painted background, as far as they are known. `large`: the same
    picture, RGB, where a larger one was handed in.
    """

    small: NDArray[np.uint8]
    things: list[Thing]
    apart: Apart | None = None
    large: Image | None = None


class Windows:
    """The paths of each window, made up when they are first asked for.

    Args:
        network: makes them up.
        asked: the motion that is asked for by its name; "any" leaves it to the words.
    """

    def __init__(
        self, network: MotionPaths, wish: Wish, plan: Plan, key: Key, asked: Asked | None = None
    ) -> None:
        self.network = network
        self.wish = wish
        self.plan = plan
        self.things = key.things
        share = 0.5 if wish.strength is None else wish.strength
        self.asked = replace(asked or Asked("any"), strength=share, is_round=plan.is_round)
        values = torch.from_numpy(key.small.astype(np.float32)).permute(2, 0, 1)[None]
        self.picture = values / 127.5 - 1
        self._tries: dict[int, int] = {}
        self._made: dict[int, Tensor] = {}

    @property
    def is_moving(self) -> bool:
        """Whether anything moves but the camera."""
        return self.wish.strength != 0

    def paths(self, window: int) -> Tensor:
        """(16, 2, h, w) in cells."""
        if window not in self._made:
            # Those of the first window, of the one before and of this one: long clips need no more.
            self._made = {i: p for i, p in self._made.items() if i in (0, window - 1)}
            self._made[window] = self.made_up(window, self._tries.get(window, 0))
        return self._made[window]

    def made_up(self, window: int, number: int) -> Tensor:
        """The paths of a window out of noise number `number`."""
        if not self.is_moving:
            height, width = self.picture.shape[-2:]
            return torch.zeros(KEYS, 2, height // CELL, width // CELL)
        hint = hint_for(self.asked, self.things, self.wish.seed)
        if hint is not None and self.asked.name in WHOLE_TURNS:
            return hint
        if hint is None:
            strength = WEAKEST + (STRONGEST - WEAKEST) * self.asked.strength
        else:
            strength = strength_of(hint, hint.norm(dim=1).amax(0))
        wish = replace(
            self.wish,
            seed=_seed(self.wish.seed, window, number),
            is_loop=self.plan.is_round,
            strength=strength,
            hint=hint,
        )
        made = held_back(self.network(wish, self.picture), strength, hint)
        return steadied(made, self.things)

    def take(self, window: int, number: int, paths: Tensor) -> None:
        """Settles which noise a window is made of."""
        self._tries[window] = number
        self._made[window] = paths

    def at(self, place: Place) -> Tensor:
        """(2, h, w): where everything has gone at a moment, in cells."""
        here = between(self.paths(place.window), place.key, self.plan.is_round)
        if place.share == 0:
            return here
        there = self.paths(self.plan.following(place.window))
        return torch.lerp(here, between(there, place.key, self.plan.is_round), place.share)


def _seed(seed: int, window: int, number: int) -> int:
    """The seed of a window's noise; that of the first window's first is the clip's."""
    if window == 0 and number == 0:
        return seed
    return int(np.random.SeedSequence([seed, window, number]).generate_state(1)[0])


def held_back(paths: Tensor, strength: float, hint: Tensor | None = None) -> Tensor:
    """Paths (16, 2, h, w), shorter where they go much further than was asked for.

    Args:
        strength: as `strength_of` says, 0 to 1.
        hint: how it might go; nothing goes much further than the furthest of it.
    """
    far = paths.norm(dim=1)
    wanted, made = UNIT * strength / (1 - strength), far.mean(0)
    size = float(made[made > 0].mean()) if made.any() else 0.0
    times = [size / max(wanted, 1e-6)]
    if hint is not None:
        times.append(float(far.amax() / hint.norm(dim=1).amax().clamp(min=1e-6)))
    return paths * min(1.0, MOST_TIMES / max(1e-6, *times))


def between(paths: Tensor, key: float, is_round: bool) -> Tensor:
    """Paths (16, 2, h, w) at a moment between key places, (2, h, w): a smooth curve through them.

    Catmull & Rom 1974, "A class of local interpolating splines".
    """
    low = int(key)
    t = key - low

    def at(index: int) -> Tensor:
        return paths[index % KEYS] if is_round else paths[min(max(index, 0), KEYS - 1)]

    before, here, there, after = (at(low + offset) for offset in (-1, 0, 1, 2))
    bend = 2 * before - 5 * here + 4 * there - after
    turn = 3 * (here - there) + after - before
    return here + 0.5 * t * (there - before + t * (bend + t * turn))
