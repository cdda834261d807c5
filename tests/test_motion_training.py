"""How the motion that pocket-video learns from is made: tracks, named motions, words, fields."""

import cv2
import numpy as np
import pytest
import torch

from pipelines.pocket.video.motions import BY_NAME, MOTIONS, Draw, Motion, paths, wording
from training.video import fields, tracks
from training.video.words import measured, name_of

AXIS = (np.arange(16, dtype=np.float32) + 0.5) / 8 - 1
Y, X = np.meshgrid(AXIS, AXIS, indexing="ij")
ROUND = np.arange(17, dtype=np.float32) / 16
EVERYWHERE = torch.ones(16, 16, dtype=torch.bool)


def ways(name: str, strength: float = 1.0, often: int = 1) -> torch.Tensor:
    """A named motion of a thing that fills 16 × 16 cells, at 17 keys, in cells."""
    return torch.from_numpy(paths(BY_NAME[name], Draw(strength, often, 1), X, Y, ROUND) * 8)


@pytest.mark.parametrize("motion", MOTIONS, ids=lambda motion: motion.name)
def test_a_motion_begins_where_the_drawing_stands_and_closes_if_it_says_so(motion: Motion):
    for often in motion.often:
        path = ways(motion.name, often=often)
        assert float(path[0].abs().max()) < 1e-4
        if motion.closes:
            assert float(path[-1].abs().max()) < 1e-3
    if motion.name != "still":
        path = ways(motion.name, often=motion.often[-1])
        assert float(path.norm(dim=1).mean()) > 0.15


@pytest.mark.parametrize("side", [1, -1])
def test_sides_are_said_as_they_are_moved(side: int):
    rng = np.random.default_rng(0)
    for motion in (m for m in MOTIONS if m.is_sided):
        draw = Draw(1, 1, side)
        assert ("right" if side > 0 else "left") in wording(motion, draw, "en", rng)
        assert ("右" if side > 0 else "左") in wording(motion, draw, "zh", rng)
        assert np.sign(paths(motion, draw, X, Y, ROUND)[-1, 0].mean()) == side


@pytest.mark.parametrize("name", ["to and fro", "float", "rock", "pulse", "stretch", "spin"])
def test_motion_is_measured_for_what_it_is(name: str):
    assert name_of(ways(name)[:16], EVERYWHERE) == name


def test_what_hardly_moves_is_called_so():
    said = measured(ways("still")[:16], EVERYWHERE)
    assert "barely moves" in said["en"] and "几乎不动" in said["zh"]


def test_points_of_a_moving_square_are_followed_round_a_loop():
    frames = np.zeros((24, tracks.SIDE, tracks.SIDE, 4), np.uint8)
    rng = np.random.default_rng(3)
    thing = cv2.resize(rng.integers(0, 255, (24, 24, 3), np.uint8), (96, 96))
    at = 70 + np.rint(20 * np.sin(np.arange(24) / 24 * 2 * np.pi)).astype(int)
    for frame, x in zip(frames, at, strict=True):
        frame[80:176, x : x + 96] = np.dstack([thing, np.full((96, 96), 255, np.uint8)])
    path = tracks.follow(tracks.flows(frames), 0)
    inside = path[:, 12:20, 11:18, 0] - path[:1, 12:20, 11:18, 0]
    assert np.abs(inside[6] - 20).mean() < 2
    assert np.abs(inside[18] + 20).mean() < 2
    assert np.abs(inside[-1]).max() < 1e-3, "a loop closes"


def test_a_field_laid_at_half_its_size_moves_half_as_far():
    field, weight = torch.ones(16, 2, 16, 16), torch.ones(16, 16)
    laid, seen = fields.laid(field, weight, (0.5, 0.5, 0.5), (16, 16))
    assert torch.allclose(laid[:, :, 6:10, 6:10], torch.tensor(0.5))
    assert float(seen[:3].max()) == 0


def test_motion_is_carried_on_to_where_nothing_was_followed():
    field, weight = torch.zeros(16, 2, 16, 16), torch.zeros(16, 16)
    field[:, 0, 6:10, 6:10], weight[6:10, 6:10] = 2, 1
    full = fields.carried_on(field, weight)
    assert torch.allclose(full[:, 0], torch.tensor(2.0), atol=0.05)
    assert torch.allclose(full[:, 0, 7, 7], torch.tensor(2.0))


def test_a_badly_followed_cell_takes_after_its_neighbours():
    field, weight = torch.ones(16, 2, 8, 8), torch.ones(8, 8)
    field[:, :, 4, 4] = 30
    assert float(fields.smoothed(field, weight)[:, :, 4, 4].max()) == 1
