"""Options as controls, as typed words and as one-line errors."""

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from studio import forms
from studio.errors import FamilyError, RequestError, UnknownName
from studio.registry import families, family
from studio.spec import Family, Params

TOY = family("toy").params
BY_NAME = {each.name: each for each in forms.controls(TOY)}


def test_a_control_carries_all_that_a_widget_needs() -> None:
    width = BY_NAME["width"]
    assert (width.kind, width.minimum, width.maximum, width.step) == ("int", 16, 512, 8)
    assert (width.default, width.unit, width.label) == (64, "px", "Width")
    assert BY_NAME["colour"].choices == ("any", "red", "green", "blue", "white")
    assert BY_NAME["strength"].kind == "float"
    assert BY_NAME["prompt"].is_multiline and BY_NAME["prompt"].is_required
    assert BY_NAME["fail"].is_advanced and not BY_NAME["width"].is_advanced


def test_files_are_known_by_their_role() -> None:
    assert BY_NAME["image"].kind == "file"
    assert {name: each.role for name, each in forms.input_fields(TOY).items()} == {
        "image": "input",
        "mask": "mask",
    }


def test_a_type_without_a_control_is_refused_by_name() -> None:
    class Odd(Params):
        table: dict[str, int] = Field(default_factory=dict)

    with pytest.raises(FamilyError, match=r"Odd\.table: no control"):
        forms.controls(Odd)


def test_words_become_typed_values() -> None:
    words = ["width=72", "strength=0.5", "colour=RED", "image=/tmp/a.png", "seed=none"]
    assert forms.parse_assignments(TOY, words) == {
        "width": 72,
        "strength": 0.5,
        "colour": "red",
        "image": Path("/tmp/a.png"),
        "seed": None,
    }


def test_a_value_may_contain_an_equals_sign() -> None:
    assert forms.parse_assignments(TOY, ["negative_prompt=a=b"]) == {"negative_prompt": "a=b"}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("widht=3", "no option 'widht'; did you mean width"),
        ("width", "option 'width' has no value; write width=value"),
        ("width=wide", "width must be a whole number, got 'wide'"),
        ("strength=much", "strength must be a number, got 'much'"),
    ],
)
def test_a_mistyped_word_is_explained(word: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        forms.parse_assignments(TOY, [word])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 4096}, "width must be 16 to 512, got 4096"),
        ({"width": 1}, "width must be 16 to 512, got 1"),
        ({"width": 65}, "width must be a multiple of 8, got 65; try 64 or 72"),
        ({"colour": "pink"}, "colour must be one of any, red, green, blue, white; got 'pink'"),
        ({"strength": float("nan")}, "strength must be"),
        ({"prompt": ""}, "prompt is empty; say what to make"),
        ({"prompt": "a" * 30_000}, "prompt has 30,000 characters; at most 20,000"),
        ({"mask": "/tmp/m.png"}, "mask was given without image; give image too"),
        ({"seed": -1}, "seed must be 0 to 4.*got -1"),
    ],
)
def test_a_value_out_of_bounds_is_one_line_with_a_way_out(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        forms.fill(TOY, {"prompt": "a", **values})
    assert "\n" not in str(caught.value)


def test_an_unknown_option_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="no option 'stepz'; did you mean steps"):
        forms.fill(TOY, {"prompt": "a", "stepz": 3})


def test_words_for_chinese_are_carried_along() -> None:
    class Polite(Params):
        size: Literal["small", "large"] = Field(
            default="small",
            json_schema_extra={
                "label_zh": "大小",
                "description_zh": "有多大",
                "choices_zh": {"small": "小", "large": "大"},
            },
        )

    size = next(each for each in forms.controls(Polite) if each.name == "size")
    assert (size.label_zh, size.description_zh) == ("大小", "有多大")
    assert size.choices_zh == {"small": "小", "large": "大"}
    assert BY_NAME["colour"].choices_zh == {}


@pytest.mark.parametrize(
    "family", [each for each in families().values() if not each.hidden], ids=lambda each: each.name
)
def test_every_option_on_offer_has_chinese_words(family: Family) -> None:
    assert family.about_zh
    for each in forms.controls(family.params):
        assert each.label_zh and each.description_zh, each.name
        wanted = {str(choice) for choice in each.choices if isinstance(choice, str)}
        assert set(each.choices_zh) == wanted, each.name
