"""One picture becomes another: where both show the same thing it moves over, else it fades over.

Knows nothing of time, camera or paths.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.interpolate import Between

Pixels = NDArray[np.uint8]

HELD = 0.15
"""Share of a clip at its start and at its end in which its first or last picture is as it was."""


class Morph:
    """Everything between two pictures, uint8 (H, W, 3) of one size."""

    def __init__(self, first: Pixels, last: Pixels) -> None:
        self.first = first
        self.last = last
        self._between = Between(first, last)

    def at(self, share: float) -> Pixels:
        """The picture that is `share` of the way: the first at 0, the last at 1."""
        if share <= 0 or share >= 1:
            return self.first if share <= 0 else self.last
        if not self._between.is_cut:
            return self._between.at(share)
        return np.asarray(cv2.addWeighted(self.first, 1 - share, self.last, share, 0), np.uint8)


def way_over(progress: float) -> float:
    """How far one picture has become the other at a moment of a clip; both from 0 to 1."""
    share = min(max((progress - HELD) / (1 - 2 * HELD), 0), 1)
    return share * share * (3 - 2 * share)
