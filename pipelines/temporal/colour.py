"""Colour and exposure that stay those of a reference, while what is shown may move and change.

Long clips drift because each window copies the last one's small faults. Here each frame's colours
are laid onto the reference's as points are onto a shape: pairs of nearest colours, the best of
them kept, a gain and an offset a channel of CIE Lab fitted, and again (iterative closest points,
Besl & McKay 1992, trimmed as Chetverikov et al. 2005 do; the transfer is Reinhard et al. 2001,
"Color Transfer between Images"). A thing that comes in, leaves or grows makes no nearest pairs and
shifts nothing. For latents there is the plain transfer of statistics (Huang & Belongie 2017,
AdaIN). Knows nothing about how frames were made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from torch import Tensor

from pipelines.temporal.flow import Pixels, lab, rgb

POINTS = 24
"""Colours a side that stand for a frame."""

ROUNDS = 8

TRUSTED = 0.6
"""Share of the pairs of colours that is fitted: the nearest ones."""

STIFF = 30.0
"""Variance, Lab², that speaks for a gain of one: a flat channel says nothing about its gain."""

CLEARLY = 0.75
"""How much closer the pairs of a wholly new correction must be: when something large comes into the
frame its means change as well, and that is not to be corrected."""

GAINS = (0.6, 1.6)

UNSEEN, CERTAIN = 0.6, 1.6
"""Lab; a correction below the first is left out, one above the second made in full."""

PACE = 0.5
"""Share of the way that a correction goes in one frame, so that it does not flicker itself."""

Colours = NDArray[np.float32]
"""(N, 3), CIE Lab."""


@dataclass(frozen=True)
class Correction:
    """What brings colours back: gain · colour + offset, each (3,), in CIE Lab."""

    gain: NDArray[np.float64]
    offset: NDArray[np.float64]

    def of(self, colours: NDArray[np.float32]) -> NDArray[np.float32]:
        return (colours * self.gain + self.offset).astype(np.float32)

    def towards(self, other: "Correction", share: float) -> "Correction":
        """A share of the way to another one."""
        return Correction(
            self.gain + share * (other.gain - self.gain),
            self.offset + share * (other.offset - self.offset),
        )


NONE = Correction(np.ones(3), np.zeros(3))


class Anchor:
    """Holds frames to the colours of a reference, one frame after the other."""

    def __init__(self, reference: Pixels, strength: float = 1.0) -> None:
        """`reference`: uint8 (H, W, 3), any size. `strength`: share of each correction, 0 … 1."""
        self.colours = colours_of(reference)
        self.tree = KDTree(self.colours)
        self.strength = strength
        self.now = NONE

    def apply(self, frame: Pixels) -> Pixels:
        """The next frame with the reference's colours; the frame itself if they are those already.

        Drift comes slowly: each frame's search begins where the last one's ended.
        """
        seen = colours_of(frame)
        self.now = self.now.towards(self.fitted(seen), PACE)
        size = float(np.linalg.norm(self.now.of(seen) - seen, axis=1).mean())
        certainty = min(1.0, max(0.0, (size - UNSEEN) / (CERTAIN - UNSEEN)))
        if not certainty * self.strength:
            return frame
        return rgb(NONE.towards(self.now, certainty * self.strength).of(lab(frame)))

    def fitted(self, seen: Colours) -> Correction:
        """What lays these colours onto the reference's best.

        Sought from the last correction on, and from the one that makes means and deviations alike.
        """
        starts = [self.now, _fit_statistics(seen, self.colours)]
        (near, apart), (other, other_apart) = (self._closer(seen, start) for start in starts)
        return other if other_apart < CLEARLY * apart else near

    def _closer(self, seen: Colours, found: Correction) -> tuple[Correction, float]:
        """Pairs nearest colours and fits, again and again; with how far apart the pairs stay."""
        apart = 0.0
        for _ in range(ROUNDS):
            source, target = self._pairs(seen, found)
            found = _fit(source, target)
            apart = float(np.linalg.norm(found.of(source) - target, axis=1).mean())
        return found, apart

    def _pairs(self, seen: Colours, found: Correction) -> tuple[Colours, Colours]:
        """The nearest pairs, both ways: colours of the frame as given, and of the reference."""
        corrected = found.of(seen)
        apart, nearest = self.tree.query(corrected)
        back, of_reference = KDTree(corrected).query(self.colours)
        kept = apart <= np.quantile(apart, TRUSTED)
        kept_back = back <= np.quantile(back, TRUSTED)
        like, theirs = self.colours[nearest], seen[of_reference]
        source = np.concatenate([seen[kept], theirs[kept_back]])
        target = np.concatenate([like[kept], self.colours[kept_back]])
        return source, target


def anchored(
    frames: Iterable[Pixels], reference: Pixels, strength: float = 1.0
) -> Iterator[Pixels]:
    """Yields each frame, uint8 (H, W, 3), with the colours of the reference."""
    anchor = Anchor(reference, strength)
    for frame in frames:
        yield anchor.apply(frame)


def anchored_latents(latents: Tensor, reference: Tensor, strength: float = 1.0) -> Tensor:
    """Gives each frame of latents the mean and deviation that each channel has in the reference.

    Args:
        latents: (T, C, h, w).
        reference: (C, h, w), or (T', C, h, w) whose frames are taken together, as the first window.
        strength: share of the way, in [0, 1].
    """
    reference = reference if reference.ndim == 4 else reference[None]
    deviation, mean = reference.std((0, 2, 3)), reference.mean((0, 2, 3))
    own_mean = latents.mean((2, 3), keepdim=True)
    own_deviation = latents.std((2, 3), keepdim=True).clamp_min(1e-6)
    aligned = (latents - own_mean) / own_deviation * deviation[:, None, None] + mean[:, None, None]
    return latents + strength * (aligned - latents)


def colours_of(frame: Pixels) -> Colours:
    """The colours of an even grid of a frame's areas."""
    small = cv2.resize(frame, (POINTS, POINTS), interpolation=cv2.INTER_AREA)
    return lab(np.asarray(small, np.uint8)).reshape(-1, 3)


def _fit_statistics(source: Colours, target: Colours) -> Correction:
    """Means and deviations made alike (Reinhard et al. 2001), whatever is shown."""
    gain = ((target.std(0) + 1) / (source.std(0) + 1)).astype(np.float64).clip(*GAINS)
    return Correction(gain, target.mean(0, dtype=np.float64) - gain * source.mean(0))


def _fit(source: Colours, target: Colours) -> Correction:
    """Least squares of a gain and an offset a channel; gains lean towards one."""
    centre, wanted = source.mean(0, dtype=np.float64), target.mean(0, dtype=np.float64)
    spread = np.square(source - centre).mean(0)
    together = ((source - centre) * (target - wanted)).mean(0)
    gain = ((together + STIFF) / (spread + STIFF)).clip(*GAINS)
    return Correction(gain, wanted - gain * centre)
