"""Drawings redrawn in a style that no one drew them in."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.pocket import restyle
from pipelines.pocket.look_up import Area, LookUp
from pipelines.pocket.restyle import restyled
from pipelines.pocket_image import ASSETS
from studio.evaluate._judge import Judge

FOLDER = ASSETS / "pocket-image" / "references"
MANNERS = restyle.load(FOLDER / restyle.FILE)
FLAT_STYLES = ("flat", "simple", "classic", "bold", "soft")

# Things that the memory has no drawing of in the style that is asked for.
LACKING = {
    "a giraffe": "cartoon",
    "a banana": "cartoon",
    "a pencil": "cartoon",
    "an umbrella": "simple",
    "a palm tree": "flat",
    "a gift box": "bold",
    "a robot": "bold",
    "a teddy bear": "classic",
    "a parrot": "classic",
    "a hedgehog": "outline",
    "a rose": "outline",
    "an owl": "outline",
}


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(FOLDER)


def disc(side: int = 128) -> NDArray[np.uint8]:
    """A purple disc with a teal middle and a thin dark line across it."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    far = np.hypot(x, y)
    colours = np.where((far < 18)[..., None], (20, 170, 160), (120, 60, 190))
    colours[63:66, 30:50] = (30, 28, 30)
    alpha = np.clip((44.5 - far) * 255, 0, 255)
    return np.dstack([colours, alpha]).astype(np.uint8)


def box(pixels: NDArray[np.uint8]) -> int:
    rows, columns = np.nonzero(pixels[..., 3] > 127)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


@pytest.mark.parametrize("style", FLAT_STYLES)
def test_a_drawing_is_redrawn_in_the_inks_and_the_size_of_a_style(style: str) -> None:
    drawn = restyled(disc(), "cartoon", style, MANNERS)
    inside = drawn[drawn[..., 3] == 255][:, :3].astype(int)
    far = np.abs(inside[:, None] - MANNERS[style].inks.astype(int)).max(2).min(1)
    assert (far <= 2).mean() > 0.85
    assert abs(box(drawn) - MANNERS[style].side) <= 2


@pytest.mark.parametrize("style", FLAT_STYLES)
def test_what_differs_in_a_drawing_differs_in_the_redrawn_one(style: str) -> None:
    drawn = restyled(disc(), "cartoon", style, MANNERS)[..., :3].astype(int)
    middle, ring = drawn[72, 64], drawn[64, 106]
    line = drawn[63:66, 30:50].reshape(-1, 3).min(0)
    assert np.abs(middle - ring).max() > 40
    assert line.max() < 100
    # Teal stays between green and blue, purple has little green.
    assert middle[0] == middle.min() and ring[1] == ring.min()


@pytest.mark.parametrize("style", [*FLAT_STYLES, "cartoon", "outline"])
def test_a_pale_tint_neither_fades_nor_turns(style: str) -> None:
    cream = disc()
    cream[..., :3] = (255, 239, 200)
    middle = restyled(cream, "glossy", style, MANNERS)[64, 64].astype(int)
    assert middle[0] > middle[2] + 20 and middle[0] >= middle[1]


def test_an_outline_runs_around_every_area_and_the_thing_stands_on_the_ground() -> None:
    drawn = restyled(disc(), "flat", "outline", MANNERS)
    dark = (drawn[..., :3].max(2) < 110) & (drawn[..., 3] > 127)
    across = np.flatnonzero(np.diff(dark[48].astype(int)) == 1)
    assert len(across) == 4, "a line at the left, two around the middle, one at the right"
    foot = np.flatnonzero((drawn[..., 3] > 200).any(1))[-1]
    assert drawn[foot - 1, 64, :3].min() > 200


def test_a_cartoon_is_light_at_the_upper_left_and_dark_at_the_lower_right() -> None:
    drawn = restyled(disc(), "flat", "cartoon", MANNERS)[..., :3].mean(2)
    upper, lower = drawn[:64, :64], drawn[64:, 64:]
    solid = restyled(disc(), "flat", "cartoon", MANNERS)[..., 3] == 255
    assert upper[solid[:64, :64]].max() > lower[solid[64:, 64:]].max() + 20
    assert upper[solid[:64, :64]].mean() > lower[solid[64:, 64:]].mean() + 3


@pytest.mark.parametrize("style", ["3d", "glossy"])
def test_a_flat_thing_gets_a_body(style: str) -> None:
    plain = disc()
    drawn = restyled(plain, "flat", style, MANNERS)
    assert (drawn[..., 3] == plain[..., 3]).all()
    light = drawn[..., :3].mean(2) - plain[..., :3].mean(2)
    assert light[30:50, 40:60].mean() > light[80:100, 70:90].mean() + 10


@pytest.mark.parametrize("style", ["3d", "glossy"])
def test_of_two_styles_that_look_alike_one_stays_as_the_other(style: str) -> None:
    other = {"3d": "glossy", "glossy": "3d"}[style]
    assert restyled(disc(), other, style, MANNERS) is not None
    assert (restyled(disc(), other, style, MANNERS) == disc()).all()


@pytest.mark.parametrize("style", ["any", "icon", "cartoon"])
def test_what_is_in_no_other_style_stays_as_it_is(style: str) -> None:
    assert (restyled(disc(), "cartoon", style, MANNERS) == disc()).all()


@pytest.mark.parametrize("alpha", [0, 1, 90, 199])
@pytest.mark.parametrize("style", sorted(MANNERS))
def test_a_drawing_of_nothing_or_of_haze_does_no_harm(style: str, alpha: int) -> None:
    haze = disc()
    haze[..., 3] = np.minimum(haze[..., 3], alpha)
    own = "flat" if style != "flat" else "soft"
    assert restyled(haze, own, style, MANNERS).shape == haze.shape


def test_a_style_that_the_memory_lacks_of_a_thing_owes_no_credit(look_up: LookUp) -> None:
    for thing, style in LACKING.items():
        [drawing] = look_up.drawings(thing, style, 3)
        assert drawing.style != style and not drawing.asks_credit, thing


def test_things_that_no_one_drew_in_a_style_are_taken_for_it(look_up: LookUp) -> None:
    """By the judge, which learned its styles from drawings alone."""
    judge = Judge.load()
    roughs = [
        look_up.laid(look_up.chosen(thing, style, 3), (128, 128), Area())[0]
        for thing, style in LACKING.items()
    ]
    pictures = [
        np.rint((rough[:3].permute(1, 2, 0).numpy() / 2 + 0.5) * 255).astype(np.uint8)
        for rough in roughs
    ]
    seen = [opinion.style for opinion in judge.look_at_all(pictures)]
    right = [found == style for found, style in zip(seen, LACKING.values(), strict=True)]
    assert sum(right) >= 10, dict(zip(LACKING, seen, strict=True))


def test_a_colour_in_the_words_colours_what_is_redrawn(look_up: LookUp) -> None:
    plain, blue = (
        look_up.laid(look_up.chosen(f"a {colour}giraffe", "cartoon", 3), (128, 128), Area())[0]
        for colour in ("", "blue ")
    )
    drawn = (plain[3] > 0.9) & (blue[3] > 0.9)
    assert plain[0][drawn].mean() > plain[2][drawn].mean() + 0.3
    assert blue[2][drawn].mean() > blue[0][drawn].mean() + 0.3
