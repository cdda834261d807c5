"""The judge as an eye: a moved drawing is like itself, another one is not."""

import pytest

from pipelines.temporal.eye import load_eye
from pipelines.temporal.measure import measured
from studio.errors import WeightsError
from tests.temporal_clips import moving, still, walk


def test_a_moved_drawing_is_more_alike_than_another_and_scores_follow() -> None:
    eye = load_eye()
    here, other = moving(still, 1)[0], moving(still, 1, name="octopus")[0]
    there = moving(lambda _: (0.35, 0.55), 1)[0]
    assert eye(here) @ eye(here) == pytest.approx(1, abs=1e-5)
    assert eye(here) @ eye(there) > eye(here) @ eye(other) + 0.05
    clip = moving(walk(4), 4, side=96)
    spoiled = clip.copy()
    spoiled[2:] = moving(walk(4), 4, name="octopus", side=96)[2:]
    scores = [measured(each, 8, eye).subject_consistency for each in (clip, spoiled)]
    assert scores[0] > scores[1] + 0.05


def test_missing_weights_are_told(tmp_path) -> None:
    with pytest.raises(WeightsError):
        load_eye(tmp_path)
