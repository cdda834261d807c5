"""What the page says of how well a clip holds together: in words, and against what it was."""

from collections.abc import Mapping

import pytest

from studio.ui.views.clip import in_words

STEADY = {
    "temporal_flickering": 0.99, "subject_consistency": 0.98, "background_consistency": 0.99,
    "motion_smoothness": 0.99, "dynamic_degree": 0.9, "warp_error": 0.004, "colour_drift": 0.01,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "very well · moves a lot"),
        ({"dynamic_degree": 0.0}, "very well · hardly moves"),
        ({"subject_consistency": 0.93, "dynamic_degree": 0.3}, "well · moves"),
        ({"warp_error": 0.065}, "well · moves a lot"),
        ({"motion_smoothness": 0.88, "colour_drift": 0.2}, "it falls apart · moves a lot"),
    ],
)
def test_how_a_clip_holds_together_is_said_with_how_much_moves(
    changed: Mapping[str, float], words: str
) -> None:
    assert in_words("en", {**STEADY, **changed}) == words


def test_where_little_was_measured_nothing_is_claimed() -> None:
    assert in_words("zh", {"subject_consistency": 0.99}) == ""
    assert in_words("zh", STEADY) == "非常稳定 · 动态强"
