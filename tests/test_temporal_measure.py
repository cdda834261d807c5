"""Scores of clips: spoiled ones score lower on their own measure, frozen ones show as frozen."""

from functools import cache

import numpy as np
import pytest

from pipelines.temporal.identity import likeness, subject_mask
from pipelines.temporal.measure import ClipScores, Measure, measured, measured_by_window
from tests.temporal_clips import (
    Clip,
    drifting,
    flickering,
    jittering,
    moving,
    shimmering,
    shuffled,
    still,
    walk,
)

FRAMES, FPS = 12, 8


@cache
def clips() -> dict[str, Clip]:
    smooth = moving(walk(FRAMES, 0.012), FRAMES, pan=1.0, side=128)
    other = moving(walk(FRAMES, 0.012), FRAMES, name="penguin", pan=1.0, side=128)
    share = np.linspace(0, 1, FRAMES)[:, None, None, None]
    return {
        "static": moving(still, FRAMES, side=128),
        "smooth": smooth,
        "jitter": jittering(smooth),
        "shuffled": shuffled(smooth),
        "flicker": flickering(smooth),
        "shimmer": shimmering(smooth),
        "drift": drifting(smooth),
        "another": np.rint(smooth * (1 - share) + other * share).astype(np.uint8),
    }


@cache
def scores(name: str) -> ClipScores:
    return measured(clips()[name], FPS)


def test_a_frozen_clip_is_perfect_and_does_not_move() -> None:
    found = scores("static")
    assert found.temporal_flickering == found.motion_smoothness == 1
    assert found.subject_consistency == pytest.approx(1, abs=1e-5)
    assert found.warp_error == found.colour_drift == 0
    assert found.dynamic_degree == found.motion_sides_per_s == 0
    assert scores("smooth").motion_sides_per_s > 0.05
    assert scores("shuffled").dynamic_degree == 1


@pytest.mark.parametrize("name", ["jitter", "shuffled", "flicker", "shimmer"])
def test_what_is_restless_flickers_more_and_is_less_smooth(name: str) -> None:
    assert scores(name).temporal_flickering < scores("smooth").temporal_flickering - 0.01
    assert scores(name).motion_smoothness < scores("smooth").motion_smoothness - 0.01


@pytest.mark.parametrize("name", ["flicker", "shimmer"])
def test_what_does_not_follow_the_motion_is_a_warp_error(name: str) -> None:
    assert scores(name).warp_error > 3 * scores("smooth").warp_error


def test_colours_that_go_away_are_drift() -> None:
    assert scores("drift").colour_drift > scores("smooth").colour_drift + 0.04


def test_a_subject_that_becomes_another_is_not_consistent() -> None:
    assert scores("another").subject_consistency < scores("smooth").subject_consistency - 0.02


def test_scores_stay_within_their_range_and_go_into_a_record() -> None:
    for name in clips():
        found = scores(name).as_dict()
        speed = found.pop("motion_sides_per_s")
        assert all(0 <= each <= 1 for each in found.values()) and speed >= 0


def test_scores_over_time_name_the_window_that_is_bad() -> None:
    clip = np.concatenate([clips()["smooth"][:6], flickering(clips()["smooth"][6:], 0.3)])
    first, second = measured_by_window(clip, FPS, window_s=0.75)
    assert second.temporal_flickering < first.temporal_flickering - 0.02
    drifted = list(measured_by_window(clips()["drift"], FPS, window_s=0.75))
    assert drifted[1].colour_drift > drifted[0].colour_drift


def test_a_measure_holds_no_more_for_a_longer_clip() -> None:
    measure = Measure(FPS)
    for frame in clips()["smooth"][:6]:
        measure.add(frame)
    assert len(measure.recent) == 3


def test_the_same_subject_elsewhere_is_told_from_another() -> None:
    here = moving(still, 1)[0]
    there = moving(lambda _: (0.35, 0.52), 1)[0]
    for other in ("octopus", "penguin", "rocket"):
        unlike = likeness(here, moving(still, 1, name=other)[0])
        assert likeness(here, there).score > unlike.score + 0.03
    assert likeness(here, here).is_same and likeness(here, there).is_same


def test_the_subject_is_what_is_unlike_the_border() -> None:
    frame = np.full((64, 64, 3), (90, 160, 220), np.uint8)
    frame[20:50, 10:40] = (250, 120, 30)
    mask = subject_mask(frame)
    assert mask[22:48, 12:38].min() == 1 and mask[:, 45:].max() == 0
    # Where nothing is, the middle counts.
    empty = subject_mask(np.full((64, 64, 3), 200, np.uint8))
    assert empty[32, 32] > 0.9 and empty[0, 0] < 0.1
