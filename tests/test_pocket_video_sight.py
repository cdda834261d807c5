"""Things of a clip stay whole, stay in sight, and leave nothing of themselves behind."""

import numpy as np
import pytest
import torch

from pipelines.pocket.video.behind import cut_out, filled_in
from pipelines.pocket.video.camera import Camera
from pipelines.pocket.video.hints import Asked, hint_for
from pipelines.pocket.video.morph import Morph
from pipelines.pocket.video.paths import UNIT
from pipelines.pocket.video.plan import KEYS
from pipelines.pocket.video.scene import Scene, fit
from pipelines.pocket.video.things import Thing, things_on_nothing
from pipelines.pocket.video.windows import MOST_TIMES, held_back
from pipelines.pocket.video.words import done, heads_right, moving

RED = (220, 30, 40)
REST = Camera("static", 0, 2.0, 1.0)


def square(left: int, top: int, side: int, colour: tuple[int, int, int] = RED) -> np.ndarray:
    """A square on white, 128 px a side."""
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[top : top + side, left : left + side] = colour
    return picture


def reds(frame: np.ndarray) -> np.ndarray:
    return (frame[..., 0].astype(int) - frame[..., 1]) > 60


def thing(left: int, top: int, side: int) -> Thing:
    """Of so many cells, in a picture of 16 × 16."""
    share = np.zeros((16, 16))
    share[top : top + side, left : left + side] = 1
    return Thing(share, True)


def furthest(hint: torch.Tensor, of: Thing) -> tuple[float, float]:
    """The least and the largest column that any of a thing's cells comes to."""
    inside = of.share > 0.5
    columns = np.nonzero(inside)[1] + hint[:, 0].numpy()[:, inside]
    return float(columns.min()), float(columns.max())


@pytest.mark.parametrize("key", range(1, KEYS, 3))
def test_a_spin_leaves_no_specks_around_the_thing(key: int) -> None:
    colours = square(40, 30, 60)
    hint = hint_for(Asked("spin"), things_on_nothing(colours), 3)
    assert hint is not None
    shown = Scene.of(colours, colours, hint, (128, 128)).shown(hint[key], REST.matrix(0))
    y, x = np.mgrid[0:128, 0:128]
    is_beside = np.hypot(x - 69.5, y - 59.5) > 60 / 2**0.5 + 6
    assert not reds(shown)[is_beside].any()
    assert reds(shown).sum() == pytest.approx(3600, rel=0.1)


def test_what_runs_goes_left_as_drawings_face_unless_right_is_said() -> None:
    runner = thing(6, 6, 4)
    for words, way in (("a dog runs", -1), ("a dog runs to the right", 1), ("一只狗向右跑", 1)):
        hint = hint_for(Asked("run", heads_right=heads_right(words)), [runner], 1)
        assert hint is not None
        assert np.sign(float(hint[-1, 0, 8, 8])) == way
    assert moving("a dog", "run") == "a dog, runs to the left"
    assert moving("a dog on the way to the right", "run").endswith("runs to the right")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a rocket flies up into the night sky", "rise"),
        ("a plane takes off", "rise"),
        ("火箭起飞", "rise"),
        ("a bird flying over the sea", "fly"),
    ],
)
def test_what_flies_up_rises(prompt: str, expected: str) -> None:
    assert done(prompt, "fly") == expected


def test_a_runner_at_the_border_stays_in_a_painted_picture() -> None:
    runner = thing(1, 5, 6)
    ways = [hint_for(Asked("run", 1, has_room=room), [runner], 1) for room in (False, True)]
    inside, stepping_back = (furthest(each, runner)[0] for each in ways if each is not None)
    assert -2.5 < inside < 0
    assert -3.8 < stepping_back < inside


def test_what_jumps_on_nothing_stays_in_the_frame() -> None:
    colours = square(40, 20, 48)
    paths = torch.zeros(KEYS, 2, 16, 16)
    assert fit(colours, paths, REST, (1, 1)) == 1
    paths[4:9, 1] = -4
    share = fit(colours, paths, REST, (1, 1))
    assert 0.7 < share < 0.95


def test_motion_that_flies_off_is_held_back_and_other_motion_is_not() -> None:
    strength = 0.5
    usual = torch.full((KEYS, 2, 4, 4), UNIT * strength / (1 - strength) / 2**0.5)
    torch.testing.assert_close(held_back(usual, strength), usual)
    wild = held_back(usual * 12, strength)
    assert float(wild.norm(dim=1).mean()) == pytest.approx(UNIT * MOST_TIMES, rel=1e-4)
    hint = torch.zeros(KEYS, 2, 4, 4)
    hint[8:, 0] = 1
    jerky = hint.clone()
    jerky[12, 0] = 9
    assert float(held_back(jerky, 0.9, hint).abs().max()) == pytest.approx(MOST_TIMES, rel=1e-4)
    assert not held_back(torch.zeros(KEYS, 2, 4, 4), strength).any()


def test_a_horizon_goes_on_behind_what_stood_before_it() -> None:
    picture = np.full((64, 96, 3), (120, 190, 250), np.uint8)
    picture[32:] = (60, 160, 40)
    truth = picture.copy()
    gone = np.zeros((64, 96), bool)
    gone[12:58, 30:60] = True
    picture[gone] = RED
    found = filled_in(picture, gone).astype(int)
    assert np.abs(found - truth)[:24].max() < 12
    assert np.abs(found - truth)[40:].max() < 12


def test_a_thing_takes_no_rim_of_the_background_along() -> None:
    behind = np.full((64, 64, 3), (60, 160, 40), np.uint8)
    picture = behind.copy()
    picture[24:40, 24:40] = RED
    drawn = np.zeros((64, 64), bool)
    drawn[21:43, 21:43] = True  # the drawing that it was made after is larger than the thing
    cut = cut_out(picture, behind, drawn)
    assert cut[26:38, 26:38].min() > 245
    assert cut[:21].max() < 128 and cut[18, 18] == 0
    assert cut[22, 30] < 128


def test_one_thing_becomes_another_without_both_being_seen() -> None:
    first, last = square(10, 50, 40), square(70, 30, 50, (30, 60, 220))
    middle = Morph(first, last).at(0.5)
    rows, columns = np.nonzero(middle.min(-1) < 200)
    assert columns.max() - columns.min() == pytest.approx(45, abs=3)
    assert rows.max() - rows.min() == pytest.approx(45, abs=3)
    assert (middle[rows.min() + 8, columns.min() + 8] == middle[rows.max() - 8, columns.max() - 8]
            ).all()  # fmt: skip


def test_who_is_followed_to_the_left_is_followed_by_the_camera() -> None:
    right = Camera("tracking", 1, 2.0, 1.0)
    left = Camera("tracking", 1, 2.0, 1.0, is_mirrored=True)
    assert right.view(2).x > right.view(0).x
    assert left.view(2).x < left.view(0).x
    assert left.view(1).zoom == right.view(1).zoom


def test_a_zoom_comes_closer_to_the_subject_and_keeps_it_where_it_is() -> None:
    zoom = Camera("zoom in", 1, 2.0, 1.0, focus=(-0.6, 0.4))
    for time_s in (0.0, 1.0, 2.0):
        place = np.linalg.inv(zoom.matrix(time_s)) @ np.array([-0.6, 0.4, 1])
        np.testing.assert_allclose(place[:2] / place[2], (-0.6, 0.4), atol=1e-9)
    assert max(zoom.reach()) <= 1 + 1e-9
    pan = Camera("pan left", 1, 2.0, 1.0, focus=(-0.6, 0.4))
    np.testing.assert_allclose(pan.matrix(1.3), Camera("pan left", 1, 2.0, 1.0).matrix(1.3))
