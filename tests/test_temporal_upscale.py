"""Up-scaling in time: what rests keeps its bytes, what moves does not shimmer."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.temporal.flow import difference, optical_flow, warped
from pipelines.temporal.upscale import upscaled
from tests.temporal_clips import Clip, moving, psnr, still, walk

Pixels = NDArray[np.uint8]
SMALL, LARGE = 64, 256


def restless() -> Callable[[Pixels], Pixels]:
    """An up-scaler that invents other detail each time it is asked."""
    rng = np.random.default_rng(0)

    def enlarge(frame: Pixels) -> Pixels:
        large = cv2.resize(frame, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC).astype(float)
        return np.rint(large + rng.normal(0, 6, (LARGE, LARGE, 1))).clip(0, 255).astype(np.uint8)

    return enlarge


def reduced(clip: Clip) -> Clip:
    return np.stack([cv2.resize(f, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for f in clip])


def shimmer(clip: Clip, truth: Clip) -> float:
    """Difference from the frame before, brought along the true flow; levels."""
    pairs = zip(clip[1:], clip[:-1], truth[1:], truth[:-1], strict=True)
    found = [
        np.median(difference(warped(before, optical_flow(there, here)), frame))
        for frame, before, there, here in pairs
    ]
    return float(np.mean(found))


def test_what_moves_shimmers_less_and_stays_as_true() -> None:
    truth = moving(walk(6, 0.01), 6, side=LARGE, pan=2)
    small = reduced(truth)
    enlarge = restless()
    plain = np.stack([enlarge(frame) for frame in small])
    stable = np.stack(list(upscaled(iter(small), restless())))
    assert stable.shape == plain.shape
    assert shimmer(stable, truth) < 0.75 * shimmer(plain, truth)
    assert psnr(stable[-1], truth[-1]) > psnr(plain[-1], truth[-1]) + 0.5


def test_what_rests_keeps_its_bytes() -> None:
    """A fox moves in the middle; the sky above it is the same to the last bit."""
    small = moving(lambda i: (0.45 + 0.02 * i, 0.6), 4, side=SMALL)
    stable = np.stack(list(upscaled(iter(small), restless())))
    top = LARGE // 8
    assert (stable[:, :top] == stable[0, :top]).all()
    assert not np.array_equal(stable[1], stable[0])


def test_a_frozen_clip_is_enlarged_once() -> None:
    calls = []

    def enlarge(frame: Pixels) -> Pixels:
        calls.append(frame)
        return np.repeat(np.repeat(frame, 4, 0), 4, 1)

    made = list(upscaled(iter(moving(still, 5, side=SMALL)), enlarge))
    assert len(made) == 5 and len(calls) == 1


def test_a_cut_brings_nothing_of_the_scene_before() -> None:
    def double(frame: Pixels) -> Pixels:
        return np.repeat(np.repeat(frame, 2, 0), 2, 1)

    scene = moving(still, 1, side=SMALL)[0]
    other = 255 - scene[::-1]
    made = list(upscaled([scene, other], double))
    assert psnr(made[1], double(other)) > 40
