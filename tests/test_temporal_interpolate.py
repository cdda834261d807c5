"""Frames between frames: exact counts, no ghosts, cuts and rests left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.temporal.interpolate import Ends, frame_count, interpolated, places
from tests.temporal_clips import Clip, moving, psnr


def made(clip: Clip, wanted: int, ends: Ends = "stretch") -> Clip:
    return np.stack(list(interpolated(iter(clip), len(clip), wanted, ends)))


def walking(frames: int, step: float = 1.0) -> Clip:
    """A fox that goes 5 % of the side a step, before a landscape that goes the other way."""
    return moving(
        lambda i: (0.3 + 0.05 * step * i, 0.55 + 0.01 * step * i), frames, pan=4 * step, side=128
    )


@given(
    count=st.integers(1, 40),
    from_fps=st.sampled_from([1, 7.5, 8, 12, 15, 23.976, 24, 25, 29.97, 30, 60]),
    to_fps=st.sampled_from([24, 30, 60]),
    ends=st.sampled_from(["stretch", "hold", "loop"]),
)
def test_every_pair_of_rates_gives_the_exact_count(
    count: int, from_fps: float, to_fps: float, ends: Ends
) -> None:
    clip = np.full((count, 16, 16, 3), 7, np.uint8)
    wanted = frame_count(count, from_fps, to_fps)
    assert abs(wanted / to_fps - count / from_fps) <= 0.5 / to_fps + 1e-9 or wanted == 1
    frames = list(interpolated(iter(clip), count, wanted, ends))
    assert len(frames) == wanted
    # Nothing moves, nothing changes.
    assert all(np.array_equal(frame, clip[0]) for frame in frames)


def test_the_ends_of_a_clip() -> None:
    assert places(4, 12, "stretch")[-1] == 3
    assert places(4, 12, "hold")[-3:].tolist() == [3, 3, 3]
    assert places(4, 12, "loop")[-1] == pytest.approx(3 + 2 / 3)
    clip = walking(3)
    assert np.array_equal(made(clip, 9)[-1], clip[-1])
    # A loop is on its way back to the first frame.
    last = made(clip[:2], 8, "loop")[-1]
    assert psnr(last, clip[0]) > psnr(last, clip[1])


def test_frames_between_are_where_things_then_are() -> None:
    truth = walking(9, 1 / 4)
    keys = truth[::4]
    found = made(keys, 9)
    for index in (1, 2, 3, 5, 6, 7):
        before, after = keys[index // 4].astype(float), keys[index // 4 + 1]
        faded = before + (after - before) * (index % 4 / 4)
        assert psnr(found[index], truth[index]) > psnr(faded, truth[index]) + 4


def test_edges_do_not_show_twice() -> None:
    """A black square on white: between two frames there is still one, as black and as large."""
    clip = np.full((2, 96, 96, 3), 255, np.uint8)
    clip[0, 30:60, 20:50] = clip[1, 30:60, 28:58] = 0
    middle = made(clip, 3)[1]
    grey = (middle > 40) & (middle < 215)
    assert grey.mean() < 0.005
    assert abs(int((middle < 128).sum()) - 30 * 30 * 3) < 200
    assert (middle[32:58, 26:52] < 128).all()


def test_a_cut_is_not_followed() -> None:
    clip = np.stack([walking(1)[0], 255 - walking(1)[0][::-1]])
    for frame in made(clip, 7):
        assert np.array_equal(frame, clip[0]) or np.array_equal(frame, clip[1])


def test_what_rests_stays_as_it_is() -> None:
    clip = np.repeat(walking(1), 3, axis=0)
    assert (made(clip, 8) == clip[0]).all()


def test_frames_come_one_at_a_time() -> None:
    """The next frame is read only when it is needed: two are held however long the clip is."""
    read = []

    def source():
        for index, frame in enumerate(walking(5)):
            read.append(index)
            yield frame

    found = interpolated(source(), 5, 15)
    next(found)
    assert len(read) == 2


def test_too_few_frames_are_told() -> None:
    with pytest.raises(ValueError, match="3 frames were announced, there are 2"):
        list(interpolated(iter(walking(2)), 3, 9))
    with pytest.raises(ValueError, match="at least 1"):
        list(interpolated(iter(walking(1)), 1, 0))
