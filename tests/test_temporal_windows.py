"""Windows cover a clip and know its beginning; noise is handed on as the papers have it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.temporal.noise import low_pass, reinitialised, renoised, rescheduled_noise
from pipelines.temporal.windows import Anchoring, Joiner, fused, weights, windows


@given(frames=st.integers(1, 300), size=st.integers(2, 32), share=st.floats(0, 0.9))
def test_windows_cover_every_frame_and_never_see_what_is_not_made(
    frames: int, size: int, share: float
) -> None:
    overlap = int(share * size)
    plan = windows(frames, size, overlap)
    assert plan[0].start == 0 and plan[-1].stop == frames
    assert all(len(window) == min(size, frames) for window in plan)
    total = np.zeros(frames)
    for index, window in enumerate(plan):
        following = plan[index + 1].overlap if index + 1 < len(plan) else 0
        if index:
            assert window.start < plan[index - 1].stop or not overlap
            assert window.overlap == plan[index - 1].stop - window.start >= overlap
            assert window.start > plan[index - 1].start
            assert all(each < window.start for each in window.anchors) and 0 in window.anchors
        if window.overlap + following <= len(window):
            total[window.start : window.stop] += weights(window, following)
    if all(len(w) >= 2 * w.overlap + 2 for w in plan):
        assert np.allclose(total, 1, atol=1e-5)


def test_late_windows_still_see_the_reference_and_the_first_window() -> None:
    late = windows(400, 16, 4, Anchoring(reference=0, of_first=2, before=2))[-1]
    assert late.anchors[0] == 0 and sum(1 for each in late.anchors if 0 < each < 16) == 2
    assert late.anchors[-2:] == (late.start - 2, late.start - 1)


def test_impossible_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="windows of 8 that share 8"):
        windows(20, 8, 8)
    with pytest.raises(ValueError, match="0 frames"):
        windows(0, 8, 2)


def test_joined_windows_fade_into_one_another_and_hold_one_overlap() -> None:
    plan = windows(40, 10, 4)
    joiner, made = Joiner(plan), []
    for index, window in enumerate(plan):
        made += joiner.add([np.full((4, 4, 3), 20 * index, np.uint8)] * len(window))
        assert len(joiner.held) <= 5
    levels = [int(frame[0, 0, 0]) for frame in made]
    assert len(levels) == 40 and levels == sorted(levels)
    assert max(np.diff(levels)) < 20
    # What windows agree on comes through as it is.
    joiner = Joiner(plan)
    same = [f for w in plan for f in joiner.add([np.full((4, 4, 3), 77, np.uint8)] * len(w))]
    assert len(same) == 40 and all((frame == 77).all() for frame in same)


def test_predictions_that_agree_stay_as_they_are_when_fused() -> None:
    plan = windows(23, 8, 3)
    truth = torch.randn(23, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    parts = [truth[window.start : window.stop] for window in plan]
    assert torch.allclose(fused(parts, plan), truth, atol=1e-5)


def test_each_window_of_a_long_clip_begins_with_the_first_ones_noise() -> None:
    noise = torch.randn(8, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    long = rescheduled_noise(noise, 30, 4, torch.Generator().manual_seed(1))
    assert long.shape == (30, 4, 6, 6) and torch.equal(long[:8], noise)
    for start in range(0, 24, 4):
        window = long[start : start + 8]
        found = {int((noise == frame).flatten(1).all(1).nonzero()[0]) for frame in window}
        assert found == set(range(8))
    assert not torch.equal(long[8:16], noise)
    again = rescheduled_noise(noise, 30, 4, torch.Generator().manual_seed(1))
    assert torch.equal(long, again)
    with pytest.raises(ValueError, match="stride of 9"):
        rescheduled_noise(noise, 30, 9, torch.Generator())


def test_a_second_pass_keeps_what_was_slow_and_draws_the_rest_anew() -> None:
    generator = torch.Generator().manual_seed(0)
    across = torch.linspace(0, 2 * torch.pi, 17)[:16].sin()
    clip = across.expand(8, 4, 16, 16) + 0.1 * torch.randn(8, 4, 16, 16, generator=generator)
    noisy = renoised(clip, torch.randn(8, 4, 16, 16, generator=generator), 0.7)
    fresh = torch.randn(8, 4, 16, 16, generator=generator)
    mask = low_pass((8, 16, 16))
    made = reinitialised(noisy, fresh, mask)

    def slow(x: torch.Tensor) -> torch.Tensor:
        return torch.fft.fftn(x, dim=(0, 2, 3))[0, :, :2, :2]

    assert mask[0, 0, 0] == 1 and mask.min() < 0.01 and mask.max() == 1
    assert (slow(made) - slow(noisy)).abs().max() < 0.05 * slow(noisy).abs().max()
    assert 0.8 < made.std() / fresh.std() < 1.2
    # The slow wave is found again in the new noise, which has none of it.
    assert (made * across).mean() > 5 * (fresh * across).mean().abs()
    assert torch.allclose(reinitialised(noisy, fresh, torch.ones(8, 16, 16)), noisy, atol=1e-4)
    assert low_pass((8, 16, 16), kind="gaussian")[0, 0, 0] == 1
