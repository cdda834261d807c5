"""Plain backgrounds: how prompts say them, and that they are painted as they are said."""

import numpy as np
import pytest

from pipelines.pocket.fields import NAMES, has_scenery
from pipelines.pocket.names import Names
from pipelines.pocket.plain_background import (
    SHADES,
    PlainBackground,
    is_other_background,
    plain_background,
)
from pipelines.pocket_image import FAMILY
from studio.core import Request, default_engine, resolve
from studio.media import Image
from studio.spec import unwatched

SAID = [
    ("a cat on a blue background", "blue"),
    ("a dog against a plain teal wall", "teal"),
    ("a cat on a sky blue background", "sky"),
    ("a rose, dark background", "dark"),
    ("a ghost before a black backdrop", "black"),
    ("two penguins, background in green", "green"),
    ("a gray background with a cup", "grey"),
    ("两只企鹅，浅色背景", "light"),
    ("猫，深蓝色背景", "navy"),
    ("一只猫，背景是粉色", "pink"),
    ("白色背景的杯子", "white"),
    ("草莓，红底", "red"),
]
NOT_SAID = [
    "a white cat", "a tree behind a red house", "a cat in front of a white house", "红色的墙角花",
    "a fox in the forest", "a cat without a blue background", "一只猫，不要蓝色背景",
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "name"), SAID, ids=[prompt for prompt, _ in SAID])
def test_a_prompt_says_which_plain_background_it_wants(prompt: str, name: str) -> None:
    assert plain_background(prompt) == PlainBackground(SHADES[name], SHADES[name])


@pytest.mark.parametrize("prompt", NOT_SAID)
def test_colours_of_things_and_refused_ones_are_no_background(prompt: str) -> None:
    assert plain_background(prompt) is None


@pytest.mark.parametrize(("word", "sign"), [("green", "绿"), ("pink", "粉"), ("purple", "紫")])
def test_light_shades_are_lighter_and_dark_ones_darker_in_both_languages(
    word: str, sign: str
) -> None:
    def brightness(prompt: str) -> int:
        found = plain_background(prompt)
        assert found is not None
        return sum(found.top)

    for light, plain, dark in (
        [f"a cat on a {shade}{word} background" for shade in ("light ", "", "dark ")],
        [f"猫，{shade}{sign}色背景" for shade in ("浅", "", "深")],
    ):
        assert brightness(light) > brightness(plain) > brightness(dark)


@pytest.mark.parametrize(
    "prompt",
    [
        "a fox with a blue to purple gradient background",
        "a fox, gradient background from blue to purple",
        "a fox, background fading from blue to purple",
        "蓝紫渐变背景的狐狸",
        "从蓝色到紫色的渐变背景，一只狐狸",
    ],
)
def test_one_colour_fades_into_another(prompt: str) -> None:
    assert plain_background(prompt) == PlainBackground(SHADES["blue"], SHADES["purple"])


def test_the_colours_of_a_gradient_are_no_things() -> None:
    names = Names.load(NAMES)
    found = names.find("an owl on a pink to orange gradient background")
    assert [mention.concept for mention in found] == ["1f989"]


def test_a_background_that_is_no_colour_is_left_to_the_words() -> None:
    assert is_other_background("a cat with a starry background")
    assert not is_other_background("a cat on a blue background")
    assert not is_other_background("a cat")


def test_a_plain_background_is_painted_without_scenery_too_but_never_behind_a_sticker() -> None:
    prompt = "a crab on the beach, blue background"
    assert has_scenery(False, prompt, "any") and not has_scenery(True, prompt, "transparent")
    assert not has_scenery(False, "a crab on the beach", "any")


def painted(prompt: str) -> np.ndarray:
    """The colours along the left edge of a picture, (H, 3)."""
    params = {"width": 256, "height": 256}
    request = Request(prompt, kind="image", family=FAMILY.name, seed=5, params=params)
    media = default_engine().run(resolve(request)[0], unwatched)
    assert isinstance(media, Image)
    return media.pixels[:, :6, :3].mean(1)


@pytest.mark.parametrize(
    "prompt",
    ["a green car on a light blue background", "两只企鹅，浅色背景", "a cat, navy background"],
)
def test_the_background_of_a_picture_has_the_colour_that_is_asked_for(prompt: str) -> None:
    wanted = plain_background(prompt)
    assert wanted is not None
    assert np.abs(painted(prompt) - wanted.top).mean() < 14


def test_a_gradient_runs_from_the_one_colour_to_the_other() -> None:
    edge = painted("a rocket with a yellow to blue gradient background")
    assert np.abs(edge[:8].mean(0) - SHADES["yellow"]).mean() < 25
    assert np.abs(edge[-8:].mean(0) - SHADES["blue"]).mean() < 25


@pytest.mark.parametrize("prompt", ["月亮在树的上面", "a green car", "a pink elephant"])
def test_nothing_that_nobody_asked_for_lies_behind_a_thing(prompt: str) -> None:
    assert painted(prompt).min() > 235
