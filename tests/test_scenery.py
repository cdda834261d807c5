"""Places around things: how prompts say them, what is painted, what stands there."""

import itertools
from typing import get_args

import numpy as np
import pytest

from pipelines.pocket.backdrop import backdrop, shadowed
from pipelines.pocket.image import looked_at
from pipelines.pocket.layout import plan
from pipelines.pocket.look_up import LookUp
from pipelines.pocket.rough import Sprite
from pipelines.pocket.scenery import ALIKE, GROWTHS, scenery, unwanted
from pipelines.pocket.setting import Hour, Land, Setting, Weather, read
from pipelines.pocket_image import ASSETS, FAMILY, PocketImageParams, _sketch, sources
from studio.core import Request, resolve
from studio.media import Image

FOLDER = ASSETS / "pocket-image" / "references"


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(FOLDER)


SAID = [
    ("a fox in the forest at night", Setting("forest", "night")),
    ("a cabin in a snowy forest", Setting("forest", "day", "snow")),
    ("a bus on a city street in the rain", Setting("city", "day", "rain")),
    ("two dogs on the beach at sunset", Setting("beach", "sunset")),
    ("a fish under the sea", Setting("underwater")),
    ("a whale in the sea", Setting("sea")),
    ("a ship at sunset", Setting("sea", "sunset")),
    ("a cozy room with a cat", Setting("room")),
    ("a fox reading a book in the library", Setting("room")),
    ("a girl with a red umbrella in the rain", Setting("plain", "day", "rain")),
    ("教室里的猫头鹰", Setting("room")),
    ("a robot in front of a city skyline", Setting("city")),
    ("sunset over the sea", Setting("sea", "sunset")),
    ("森林里的狐狸", Setting("forest")),
    ("夜晚的猫头鹰", Setting("plain", "night")),
    ("星空下的沙漠", Setting("desert", "night")),
    ("雪地里的小屋", Setting("plain", "day", "snow")),
    ("a dragon flying over a castle at sunset", Setting("plain", "sunset")),
    ("a snowy forest, cinematic", Setting("forest", "day", "snow")),
    ("five balloons in the sky", Setting("sky")),
    ("天空中的一只老鹰", Setting("sky")),
    ("a rocket in the night sky", Setting("sky", "night")),
    ("a cow under a blue sky", Setting("plain")),
    ("下雪的森林里有一只狐狸", Setting("forest", "day", "snow")),
    ("下雨的城市", Setting("city", "day", "rain")),
    ("城市夜景，一辆公交车", Setting("city", "night")),
    ("a cactus in the desert under a full moon", Setting("desert", "night", has_light=False)),
    ("a sailboat under the stars", Setting("sea", "night")),
    ("coral reef with colorful fish", Setting("underwater")),
]


@pytest.mark.parametrize(("prompt", "setting"), SAID, ids=[p for p, _ in SAID])
def test_a_prompt_says_where_and_when_its_things_are(look_up, prompt, setting):
    assert read(prompt, look_up.names.find(prompt, 9)).setting == setting


def test_there_is_one_moon_in_the_sky(look_up):
    prompt = "the moon above a tree in the forest at night"
    dark = Setting("forest", "night", has_light=False)
    assert read(prompt, look_up.names.find(prompt, 9)).setting == dark
    assert backdrop(dark, (128, 128), 1).behind[:60].max(-1).mean() < 110


NOWHERE = [
    "a fox",
    "a wave",
    "a ship",
    "a bridge at night",
    "a beach",
    "forest",
    "a sea lion",
    "a city bus",
    "一只海鸥",
]


@pytest.mark.parametrize("prompt", NOWHERE)
def test_names_of_things_are_no_places(look_up, prompt):
    reading = read(prompt, look_up.names.find(prompt, 9))
    assert reading.setting is None
    assert look_up.surroundings(prompt, look_up.chosen(prompt, "any", 1), 1) is None


def test_a_place_with_other_words_is_no_thing_in_the_picture(look_up):
    assert plan("sunset over the sea", look_up.names) == []
    (fox,) = plan("a fox in the desert at sunset", look_up.names)
    assert fox.concept == "1f98a"


def test_what_no_drawing_shows_is_left_to_the_words_with_all_around_it(look_up):
    assert look_up.surroundings("an observatory by the sea at dusk", [], 1) is None
    for whole in ("a quiet lake in the mountains", "a cyberpunk city street at night with neon"):
        assert look_up.surroundings(whole, [], 1) is not None


@pytest.mark.parametrize("number", [2, 3, 4, 5, 9])
def test_things_in_a_place_stand_side_by_side_on_its_ground(look_up, number):
    boxes = plan(f"{number} foxes in the snow", look_up.names)
    assert len(boxes) == number
    for box in boxes:
        assert box.size / 2 <= box.x <= 1 - box.size / 2 and box.y + box.size / 2 <= 0.9
    assert max(box.y + box.size / 2 for box in boxes) == pytest.approx(0.88)
    for one, other in itertools.combinations(boxes, 2):
        apart = max(abs(one.x - other.x), abs(one.y - other.y))
        assert apart > one.size - 0.01


def test_the_moon_is_above_what_stands_on_the_ground(look_up):
    fox, moon = plan("a fox and the moon in the snow at night", look_up.names)
    assert fox.y + fox.size / 2 == pytest.approx(0.88) and moon.y + moon.size / 2 < 0.4


@pytest.mark.parametrize("land", get_args(Land))
def test_every_place_is_painted_alike_for_one_seed_and_otherwise_for_others(land):
    settings = [Setting(land, h, w) for h in get_args(Hour) for w in get_args(Weather)]
    for setting in settings:
        first, again, other = (backdrop(setting, (160, 96), seed) for seed in (3, 3, 4))
        assert first.behind.shape == (96, 160, 3)
        assert (first.behind == again.behind).all() and (first.behind != other.behind).any()


@pytest.mark.parametrize("land", [land for land in get_args(Land) if land != "space"])
def test_nights_are_dark_and_snow_is_white(land):
    day, night = (backdrop(Setting(land, h), (128, 128), 1).behind.mean() for h in ("day", "night"))
    assert night < 0.7 * day
    if land in ("plain", "meadow", "forest", "mountains"):
        ground = backdrop(Setting(land, "day", "snow"), (128, 128), 1).behind[-8:]
        assert ground.min() > 190


def test_things_throw_a_shadow_where_they_stand():
    white = np.full((100, 100, 3), 255, np.uint8)
    block = np.full((40, 40, 4), 255, np.uint8)
    assert (shadowed(white, [Sprite(block, 0.5, 0.3, 0.4)]) == white).all(), "in the air"
    dark = shadowed(white, [Sprite(block, 0.5, 0.5, 0.4)])[..., 0]
    assert dark[70, 50] < 180 < dark[30, 50] and dark[70, 2] > 250


def test_no_scenery_is_alive_or_of_a_kind_that_is_asked_for(look_up):
    living = {m.concept for m in look_up.names.find("cat, dog, fish, bird, butterfly, person", 9)}
    for growth in itertools.chain(*GROWTHS.values()):
        assert not living & set(growth.concepts) and set(growth.concepts) <= set(ALIKE[growth.kind])
    boxes = plan("two cacti in the desert", look_up.names)
    assert scenery(Setting("desert"), boxes, (), 1) == ([], [])


@pytest.mark.parametrize(
    ("prompt", "avoided"),
    [("an empty meadow with a cow", ""), ("a cow in a meadow", "trees, clouds, flowers")],
)
def test_what_is_not_wanted_does_not_stand_around(look_up, prompt, avoided):
    around = look_up.surroundings(prompt, look_up.chosen(prompt, "any", 1), 1, avoided)
    assert around is not None and not around.behind and not around.before
    concepts = {m.concept for m in look_up.names.find(avoided, 9)}
    assert not avoided or unwanted(prompt, concepts) == {"tree", "cloud", "flower"}


def test_scenery_is_in_the_style_of_the_things_and_asks_for_no_credit_that_they_do_not(look_up):
    for seed in range(12):
        chosen = look_up.chosen("a cow in a meadow", "any", seed)
        around = look_up.surroundings("a cow in a meadow", chosen, seed)
        assert around is not None
        drawings = look_up.drawings("a cow in a meadow", "any", seed, around)
        assert len(drawings) > 2 and not any(drawing.asks_credit for drawing in drawings)


def test_a_record_names_the_drawings_around_the_things_too():
    params = PocketImageParams(prompt="a cow in a meadow", seed=3)
    keys = " ".join(source.name for source in sources(params))
    assert "cow" in keys and "tree" in keys
    alone = sources(params.model_copy(update={"scenery": False}))
    assert len(alone) == 1


@pytest.mark.parametrize(
    "changed",
    [{"scenery": False}, {"background": "white"}, {"looks_up": False}, {"style": "outline"},
     {"prompt": "a fox in a forest on a teal background"},
     {"prompt": "a hedgehog in a forest", "style": "outline"}],
)  # fmt: skip
def test_scenery_keeps_away_where_it_has_no_room(look_up, changed):
    params = PocketImageParams(**{"prompt": "a fox in a forest", "seed": 3, **changed})
    shown = looked_at(look_up, _sketch(params), is_set=True)
    assert not any("tree" in drawing.key for drawing in shown)


def test_a_fox_in_a_forest_at_night_stands_in_a_dark_forest() -> None:
    params = PocketImageParams(prompt="a fox in the forest at night", seed=4, width=256, height=256)
    picture = FAMILY.load("cpu")(params, lambda _: None)
    assert isinstance(picture, Image)
    corners = picture.pixels[:40, [*range(40), *range(216, 256)]]
    fox = picture.pixels[120:200, 90:166].reshape(-1, 3).astype(int)
    assert corners.mean() < 90, "night"
    assert ((fox[:, 0] > 180) & (fox[:, 2] < 110)).mean() > 0.1, "orange"


def test_behind_a_thing_lies_the_place_it_stands_in() -> None:
    sketch = _sketch(PocketImageParams(prompt="a crab on the beach", seed=3))
    model = FAMILY.load("cpu").small  # pyright: ignore[reportAttributeAccessIssue]
    with_crab = model(sketch, lambda _: None)[..., :3].astype(int)
    behind = model.behind(sketch).astype(int)
    away = np.abs(with_crab - behind).max(-1)
    assert np.median(away[:40]) < 6, "the sky is the same"
    assert away[70:100, 50:78].mean() > 60, "the crab is gone"
    nowhere = _sketch(PocketImageParams(prompt="a crab", seed=3))
    assert model.behind(nowhere) is None


@pytest.mark.parametrize(
    ("prompt", "is_told"),
    [("an observatory at night", True), ("一座灯塔的风车", False), ("a red apple", False),
     ("a quiet lake in the mountains", False)],
)  # fmt: skip
def test_it_is_told_where_no_drawing_shows_what_the_words_name(prompt: str, is_told: bool) -> None:
    (job,) = resolve(Request(prompt, kind="image", family="pocket-image", seed=1))
    assert any("words alone" in note for note in job.notes) == is_told


@pytest.mark.parametrize(
    ("prompt", "is_told"),
    [("a lighthouse, watercolour", True), ("像素画风格的猫", True),
     ("a black and white cat", False), ("a black and white line drawing of a cat", True),
     ("a flat cat", False), ("彩色的猫", False)],
)  # fmt: skip
def test_a_look_that_no_style_has_is_not_passed_over_in_silence(prompt: str, is_told: bool) -> None:
    (job,) = resolve(Request(prompt, kind="image", family="pocket-image", seed=1))
    assert any("no style here" in note for note in job.notes) == is_told
