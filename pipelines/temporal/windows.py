"""Long clips in windows that a model can hold, each anchored to the first one and to a reference.

If a window knows only the one before it, its faults are copied and grow. Here each window also
sees a reference frame and frames of the first window, as StreamingT2V does with its appearance
memory (Henschel et al. 2025). Where windows overlap they fade into one another: frames with
`Joiner`, predictions in each step with `fused` (Bar-Tal et al. 2023, MultiDiffusion; over time as
in Qiu et al. 2024, FreeNoise). Knows nothing about models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Window:
    """Frames `start` … `stop` - 1 of a clip.

    `anchors`: frames of the clip, finished before this window, that it is to agree with: the
    reference, some of the first window, the last ones before what it makes. `overlap` frames at its
    beginning are those that end the window before.
    """

    start: int
    stop: int
    overlap: int
    anchors: tuple[int, ...]

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Anchoring:
    """How many finished frames a window sees: of the first window, and just before it.

    `reference`: the frame that shows everything as it should be.
    """

    reference: int = 0
    of_first: int = 2
    before: int = 2


def windows(
    frames: int, size: int, overlap: int, anchoring: Anchoring | None = None
) -> tuple[Window, ...]:
    """Cuts a clip into windows of exactly `size` frames, or one shorter one if it is no longer.

    Neighbours share at least `overlap` frames; what is left over is shared out, so that no window
    is a short rest.

    Raises:
        ValueError: no frames, or an overlap that leaves nothing new.
    """
    if frames < 1 or not 0 <= overlap < size:
        raise ValueError(
            f"{frames} frames cannot be cut into windows of {size} that share {overlap}; "
            "share fewer than a window has"
        )
    if frames <= size:
        return (Window(0, frames, 0, ()),)
    count = -(-(frames - overlap) // (size - overlap))
    starts = [round(i * (frames - size) / (count - 1)) for i in range(count)]
    return tuple(
        Window(
            start,
            start + size,
            starts[i - 1] + size - start if i else 0,
            _anchors(start, size, anchoring or Anchoring()) if i else (),
        )
        for i, start in enumerate(starts)
    )


def _anchors(start: int, size: int, anchoring: Anchoring) -> tuple[int, ...]:
    """In order, each once: the reference, frames spread over the first window, the last before."""
    spread = np.linspace(0, size - 1, anchoring.of_first + 1).round().astype(int)[1:]
    last = range(start - anchoring.before, start)
    wanted = {anchoring.reference, *(int(each) for each in spread), *last}
    return tuple(sorted(each for each in wanted if 0 <= each < start))


def weights(window: Window, following_overlap: int = 0) -> NDArray[np.float32]:
    """(frames,): how much a window says about each of its frames; those of all windows add up to 1.

    `following_overlap`: frames that the next window shares.
    """
    found = np.ones(len(window), np.float32)
    found[: window.overlap] = _rise(window.overlap)
    if following_overlap:
        # Where three windows meet, the middle one fades on both sides.
        found[-following_overlap:] *= 1 - _rise(following_overlap)
    return found


def _rise(count: int) -> NDArray[np.float32]:
    """(count,): from nearly 0 to nearly 1, slow at both ends."""
    steps = (np.arange(count) + 1) / (count + 1)
    return (0.5 - 0.5 * np.cos(np.pi * steps)).astype(np.float32)


def fused(predictions: Sequence[Tensor], plan: Sequence[Window]) -> Tensor:
    """Joins what each window predicts in one step: [(frames, C, h, w), …] → (T, C, h, w)."""
    shape = (plan[-1].stop, *predictions[0].shape[1:])
    total = torch.zeros(shape, dtype=torch.float32, device=predictions[0].device)
    share = torch.zeros(shape[0], device=total.device)
    for index, (window, prediction) in enumerate(zip(plan, predictions, strict=True)):
        following = plan[index + 1].overlap if index + 1 < len(plan) else 0
        weight = torch.from_numpy(weights(window, following)).to(total.device)
        total[window.start : window.stop] += prediction * weight[:, None, None, None]
        share[window.start : window.stop] += weight
    return (total / share[:, None, None, None]).to(predictions[0].dtype)


class Joiner:
    """Takes finished windows one by one and hands frames out as soon as no window can change them.

    Holds one overlap, however long the clip.
    """

    def __init__(self, plan: Sequence[Window]) -> None:
        self.plan = plan
        self.index = 0
        self.held: list[Pixels] = []

    def add(self, frames: Sequence[Pixels]) -> Iterator[Pixels]:
        """The next window's frames, uint8 (H, W, 3); yields those that are done, in order."""
        window = self.plan[self.index]
        assert len(frames) == len(window)
        rise = _rise(window.overlap)
        joined = [
            _faded(before, after, share)
            for before, after, share in zip(self.held, frames, rise, strict=False)
        ]
        self.index += 1
        keep = self.plan[self.index].overlap if self.index < len(self.plan) else 0
        ready = [*joined, *frames[window.overlap :]]
        self.held = ready[len(ready) - keep :]
        yield from ready[: len(ready) - keep]


def _faded(before: Pixels, after: Pixels, share: float) -> Pixels:
    """A share of the way from one frame to the other."""
    mixed = before + (after.astype(np.float32) - before) * np.float32(share)
    return np.rint(mixed).astype(np.uint8)
