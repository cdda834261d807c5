"""The detail network: what it takes from a rough, and what it leaves alone."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from pipelines.pocket.colours import tinted
from pipelines.pocket.detail import Detail, DetailNet, laid_over
from pipelines.pocket.look_up import Area, LookUp
from pipelines.pocket.rough import Sprite, compose, over_white
from pipelines.pocket_image import ASSETS, weights
from studio.weights import verify

FOLDER = ASSETS / "pocket-image"
SIZE = (128, 128)
STYLES = ("3d", "flat", "outline", "cartoon")


@pytest.fixture(scope="module")
def detail() -> Detail:
    return Detail.load(FOLDER / "detail", "cpu", torch.float32)


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(FOLDER / "references")


def blurred(picture: Tensor) -> Tensor:
    """As after an autoencoder that cannot hold the finest lines."""
    return F.interpolate(F.avg_pool2d(picture, 2), scale_factor=2, mode="bilinear")


def distance(a: Tensor, b: Tensor) -> float:
    return float((a - b)[:, :3].abs().mean())


def nothing() -> Tensor:
    return torch.from_numpy(over_white(compose([], *SIZE))).permute(2, 0, 1)[None]


def drawing(look_up: LookUp, style: str, prompt: str = "a guitar") -> Tensor:
    return look_up.laid(look_up.chosen(prompt, style, 3), SIZE, Area())


def test_an_empty_rough_laid_over_a_picture_is_the_picture() -> None:
    picture = torch.rand(2, 4, 16, 16) * 2 - 1
    empty = torch.tensor([1.0, 1, 1, -1]).view(1, 4, 1, 1).expand_as(picture)
    assert torch.allclose(laid_over(picture, empty), picture)


def test_a_solid_rough_laid_over_a_picture_hides_it_and_half_of_one_mixes() -> None:
    black = torch.tensor([-1.0, -1, -1, 1]).view(1, 4, 1, 1)
    # Half covered with red, over white: (1, .5, .5) in [0, 1].
    half_red = torch.tensor([1.0, 0, 0, 0]).view(1, 4, 1, 1)
    assert torch.equal(laid_over(half_red, black), black)
    assert torch.allclose(
        laid_over(black, half_red), torch.tensor([0.0, -1, -1, 1]).view(1, 4, 1, 1)
    )


def test_any_shape_that_the_model_draws_fits() -> None:
    net = DetailNet(widths=(8, 8, 8), blocks=1)
    picture = torch.rand(1, 4, 96, 160) * 2 - 1
    assert Detail(net)(picture, picture).shape == picture.shape


@pytest.mark.parametrize("style", STYLES)
def test_lost_detail_comes_back_from_a_rough_that_agrees(
    detail: Detail, look_up: LookUp, style: str
) -> None:
    own = drawing(look_up, style)
    assert distance(detail(blurred(own), own), own) < 0.6 * distance(blurred(own), own)


@pytest.mark.parametrize("tint", ["blue", "green", "purple"])
def test_a_colour_that_words_have_changed_stays(detail: Detail, look_up: LookUp, tint: str) -> None:
    own = look_up.references.pixels(look_up.chosen("a guitar", "flat", 3)[0].index)
    rough, asked = (
        torch.from_numpy(over_white(compose([Sprite(each, 0.5, 0.5, 0.9)], *SIZE))).permute(
            2, 0, 1
        )[None]
        for each in (own, tinted(own, tint))
    )
    made = detail(blurred(asked), rough)
    made, asked, rough = (F.avg_pool2d(each, 8) for each in (made, asked, rough))
    assert distance(made, asked) < 0.1 * distance(rough, asked)


def test_another_thing_in_the_rough_leaves_the_picture_as_it_is(
    detail: Detail, look_up: LookUp
) -> None:
    picture = drawing(look_up, "flat")
    for other in ("a house", "a pizza", "a whale"):
        made = detail(picture, drawing(look_up, "3d", other))
        assert distance(made, picture) < 0.25 * distance(drawing(look_up, "3d", other), picture)


def test_a_sticker_stays_empty_around_and_solid_within(detail: Detail, look_up: LookUp) -> None:
    own = drawing(look_up, "3d", "a heart")
    for rough in (own, nothing()):
        alpha = detail(blurred(own), rough)[0, 3]
        assert (alpha[own[0, 3] == -1] < -0.9).float().mean() > 0.97
        assert (alpha[own[0, 3] == 1] > 0.9).float().mean() > 0.97


def test_the_same_pixels_give_the_same_alone_and_among_others(
    detail: Detail, look_up: LookUp
) -> None:
    pictures = torch.cat([drawing(look_up, style) for style in STYLES])
    together = detail(pictures, pictures[:1])
    assert torch.allclose(detail(pictures[2:3], pictures[:1]), together[2:3], atol=1e-5)


def test_the_weights_are_among_those_whose_hash_is_checked() -> None:
    files = [each for each in weights() if each.path.parent == FOLDER / "detail"]
    assert sorted(each.path.suffix for each in files) == [".json", ".safetensors"]
    for each in files:
        verify(each)
