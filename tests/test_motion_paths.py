"""The shipped network that makes up motion: it listens to words, strength, loops and pictures."""

import json

import numpy as np
import pytest
import torch

from pipelines.pocket.look_up import Area, LookUp
from pipelines.pocket.rough import over_white
from pipelines.pocket.text import PocketText
from pipelines.pocket.video.paths import FRAMES, MotionPaths, Wish
from pipelines.pocket_image import ASSETS
from studio.weights import shipped, verify

FOLDER = ASSETS / "pocket-video"


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(ASSETS / "pocket-image" / "references")


@pytest.fixture(scope="module")
def model(look_up: LookUp) -> MotionPaths:
    return MotionPaths.load(FOLDER, look_up.references.basis, PocketText.load())


@pytest.fixture(scope="module")
def rocket(look_up: LookUp) -> torch.Tensor:
    """A drawing of a rocket on white, (1, 4, 128, 128)."""
    return look_up.laid(look_up.chosen("rocket", "glossy", 1), (128, 128), area=_whole())


def _whole() -> Area:

    return Area()


def size(paths: torch.Tensor) -> float:
    return float(paths.norm(dim=1).mean())


def test_the_same_wish_gives_the_same_paths(model: MotionPaths, rocket: torch.Tensor):
    wish = Wish("a rocket", is_loop=True, seed=3, steps=2)
    first = model(wish, rocket)
    assert first.shape == (FRAMES, 2, 16, 16)
    assert torch.equal(first, model(wish, rocket))
    assert float(first[0].abs().max()) == 0, "everything begins where it is seen"


def test_another_seed_moves_otherwise(model: MotionPaths, rocket: torch.Tensor):
    one, other = (model(Wish("a rocket", True, seed, steps=2), rocket) for seed in (1, 2))
    assert not torch.allclose(one, other, atol=0.05)


def test_strength_is_heeded(model: MotionPaths, rocket: torch.Tensor):
    weak, strong = (
        np.mean([size(model(Wish("a rocket", True, seed, s, steps=6), rocket)) for seed in (1, 2)])
        for s in (0.25, 0.75)
    )
    assert strong > 2 * weak


def test_words_decide_how_much_and_how_it_moves(model: MotionPaths, rocket: torch.Tensor):
    def mean(words: str) -> torch.Tensor:
        made = [model(Wish(words, False, seed, steps=6), rocket) for seed in (1, 2, 3)]
        return torch.stack(made).mean(0)

    still, falls, right = (
        mean(words)
        for words in ("rocket stands still", "rocket falls down", "rocket slides to the right")
    )
    assert size(still) < 0.4 * size(falls)
    assert float(falls[-1, 1].mean()) > 1, "cells down"
    assert float(right[-1, 0].mean()) > 1, "cells to the right"


def test_a_loop_comes_back(model: MotionPaths, rocket: torch.Tensor):
    paths = model(Wish("a rocket sways", True, seed=4, strength=0.7, steps=6), rocket)
    steps = paths.diff(dim=0).norm(dim=1).amax(dim=(1, 2))
    back = (paths[0] - paths[-1]).norm(dim=0).max()
    assert float(back) < 2 * float(steps.max())


def test_pictures_of_other_shapes_move_too(model: MotionPaths):
    wide = torch.from_numpy(over_white(np.full((96, 160, 4), 255, np.uint8))).permute(2, 0, 1)
    paths = model(Wish("a wave", False, seed=1, steps=1), wide[None])
    assert paths.shape == (FRAMES, 2, 12, 20)


def test_weights_are_the_ones_the_card_tells_of():
    for weights in shipped(FOLDER):
        verify(weights)
    sources = json.loads((FOLDER / "sources.json").read_text("utf-8"))
    card = (FOLDER / "README.md").read_text("utf-8")
    assert all(source.split(" by ")[1].split(" (")[0] in card for source in sources)
