"""Where the things that a prompt names are placed: rows as they stand in the picture."""

import itertools
import random
import time
from pathlib import Path

import numpy as np
import pytest

from pipelines.pocket.layout import COUNT_LAYOUTS, COUNT_SIZES, Box, plan
from pipelines.pocket.names import Names
from pipelines.pocket.places import painted
from training.image.captions import (
    COUNT_EN,
    COUNT_ZH,
    PLACES_EN,
    PLACES_ZH,
    RELATIONS_EN,
    RELATIONS_ZH,
)

SHIPPED = (
    Path(__file__).resolve().parent.parent / "assets" / "pocket-image" / "references" / "names.json"
)
NAMES = Names.load(SHIPPED)
# A face and the whole animal are both right.
SAME = {"🐱": "🐈", "🐶": "🐕", "🐰": "🐇", "🐻": "🐻"}


def emoji(concept: str) -> str:
    text = "".join(chr(int(point, 16)) for point in concept.split("-"))
    return SAME.get(text, text)


def drawn(prompt: str) -> str:
    """The picture as rows from top to bottom: "👑 / 🐸" is a crown above a frog."""
    boxes = sorted(plan(prompt, NAMES), key=lambda box: (round(box.y, 2), box.x))
    rows = itertools.groupby(boxes, key=lambda box: round(box.y, 2))
    return " / ".join(" ".join(emoji(box.concept) for box in row) for _, row in rows)


PICTURES = [
    # one thing
    ("a fox", "🦊"),
    ("flat design fox sticker on a white background", "🦊"),
    ("a cactus", "🌵"),
    ("glossy bus emoji", "🚌"),
    # counts in words and digits
    ("one cat", "🐈"),
    ("a single cat", "🐈"),
    ("two cats", "🐈 🐈"),
    ("2 red apples", "🍎 🍎"),
    ("a pair of ducks", "🦆 🦆"),
    ("four of a happy duck", "🦆 🦆 / 🦆 🦆"),
    ("two of 一只鸭子 side by side", "🦆 🦆"),
    ("a couple of ducks", "🦆 🦆"),
    ("three cute little fish", "🐟 / 🐟 🐟"),
    ("3 owls on a pink background", "🦉 / 🦉 🦉"),
    ("several birds", "🐦 / 🐦 🐦"),
    ("a few mushrooms", "🍄 / 🍄 🍄"),
    ("four penguins", "🐧 🐧 / 🐧 🐧"),
    ("five frogs", "🐸 🐸 / 🐸 🐸 🐸"),
    ("half a dozen eggs", "🥚 🥚 🥚 / 🥚 🥚 🥚"),
    ("seven stars", "⭐ ⭐ / ⭐ ⭐ / ⭐ ⭐ ⭐"),
    ("lots of balloons", "🎈 🎈 / 🎈 🎈 🎈"),
    ("a flock of birds", "🐦 🐦 / 🐦 🐦 🐦"),
    ("a dozen apples", "🍎 🍎 🍎 / 🍎 🍎 🍎 / 🍎 🍎 🍎"),
    ("40 bees", "🐝 🐝 🐝 / 🐝 🐝 🐝 / 🐝 🐝 🐝"),
    ("cat x3", "🐈 / 🐈 🐈"),
    # a plural without a number is two
    ("cats", "🐈 🐈"),
    ("happy frogs", "🐸 🐸"),
    ("cool sunglasses", "🕶"),
    ("a bunch of grapes", "🍇"),
    # numbers that count something else
    ("two stickers of a fox", "🦊"),
    ("3 pictures of a dog", "🐕"),
    ("three fox stickers", "🦊"),
    ("a 3D robot", "🤖"),
    ("number 3, a rabbit", "🐇"),
    ("a robot from the year 2050", "🤖"),
    ("a 3 year old elephant", "🐘"),
    ("a two-headed snake", "🐍"),
    ("a fox, 16:9", "🦊"),
    ("Apollo 11 rocket", "🚀"),
    # two things, nothing said of their places
    ("a cat and a dog", "🐈 🐕"),
    ("dog and cat", "🐕 🐈"),
    ("cat with a balloon", "🐈 🎈"),
    ("a boy and his dog", "👦 🐕"),
    ("a panda next to a robot", "🐼 🤖"),
    ("a fox beside a mushroom", "🦊 🍄"),
    ("a bee near a rose", "🐝 🌹"),
    # counts of two things
    ("two cats and a dog", "🐕 / 🐈 🐈"),
    ("a cat and three fish", "🐈 🐟 / 🐟 🐟"),
    ("two cats and two dogs", "🐈 🐈 / 🐕 🐕"),
    ("an owl and four mice", "🦉 🐁 / 🐁 🐁 🐁"),
    ("six frogs and six foxes", "🐸 🐸 🐸 / 🐸 🐸 🐸 / 🦊 🦊 🦊"),
    # three and four things
    ("a cat, a dog and a fox", "🦊 / 🐈 🐕"),
    ("a cat, a dog, a fox and an owl", "🐈 🐕 / 🦊 🦉"),
    ("on the left a cat, in the middle a dog, on the right a fox", "🐈 🐕 🦊"),
    ("a frog on the right, a bee on the left and a fox in the middle", "🐝 🦊 🐸"),
    # above and below
    ("a crown above a frog", "👑 / 🐸"),
    ("a crown over a frog", "👑 / 🐸"),
    ("a star at the top, a fish at the bottom", "⭐ / 🐟"),
    ("a star above, a fish below", "⭐ / 🐟"),
    ("a frog below a mushroom", "🍄 / 🐸"),
    ("a frog under a big red mushroom", "🍄 / 🐸"),
    ("a frog beneath an umbrella", "☂ / 🐸"),
    ("a cat on a skateboard", "🐈 / 🛹"),
    ("a cat sitting on top of a box", "🐈 / 📦"),
    ("a monkey riding a horse", "🐒 / 🐎"),
    ("a frog wearing a crown", "👑 / 🐸"),
    ("a frog with a star above it", "⭐ / 🐸"),
    ("a frog with an apple on its head", "🍎 / 🐸"),
    ("Under the umbrella is a frog", "☂ / 🐸"),
    ("a box and a cat. The cat is on the box.", "🐈 / 📦"),
    ("a dog left of a cat, a fish above the cat", "🐟 / 🐕 🐈"),
    ("a monkey with a banana in its hand", "🐒 🍌"),
    ("a bird on the back of an elephant", "🐦 / 🐘"),
    ("five bees above a rose", "🐝 🐝 / 🐝 🐝 🐝 / 🌹"),
    ("two birds over a house", "🐦 🐦 / 🏠"),
    # left and right
    ("a cat to the left of a dog", "🐈 🐕"),
    ("a cat left of a dog", "🐈 🐕"),
    ("a cat to the right of a dog", "🐕 🐈"),
    ("a cat right of two dogs, line art", "🐕 / 🐈 / 🐕"),
    ("a cat on the right side of a dog", "🐕 🐈"),
    ("a cat on the left, a dog on the right", "🐈 🐕"),
    ("a cat on the right and a dog on the left", "🐕 🐈"),
    ("on the left a cat, on the right a dog", "🐈 🐕"),
    ("a mouse, on the right, and an elephant, on the left", "🐘 🐁"),
    ("left: cat, right: dog", "🐈 🐕"),
    ("on the right is a cat, and on the left is a dog", "🐕 🐈"),
    ("a cat and a dog on the left", "🐕 🐈"),
    ("a cat with a dog to its left", "🐕 🐈"),
    ("a cat in the top left corner and a dog in the bottom right", "🐈 / 🐕"),
    # three things in relations
    ("a cat between a dog and a fox", "🐕 🐈 🦊"),
    ("a robot between two cacti", "🌵 🤖 🌵"),
    ("a robot with a cactus on each side", "🌵 🤖 🌵"),
    ("a tree to the left of a robot and a car to the right of it", "🌳 🤖 🚗"),
    ("two pandas under an umbrella", "☂ / 🐼 🐼"),
    ("a family of four ducks", "🦆 🦆 / 🦆 🦆"),
    ("a school of fish", "🐟 🐟 / 🐟 🐟 🐟"),
    ("twenty stars", "⭐ ⭐ ⭐ / ⭐ ⭐ ⭐ / ⭐ ⭐ ⭐"),
    ("a cat on a box next to a dog", "🐈 / 📦 🐕"),
    ("a cat and a dog on a box", "🐈 🐕 / 📦"),
    # Chinese
    ("狐狸", "🦊"),
    ("一个机器人", "🤖"),
    ("两只猫", "🐈 🐈"),
    ("2只猫", "🐈 🐈"),
    ("兩個机器人", "🤖 🤖"),
    ("一对鸟", "🐦 🐦"),
    ("三朵花", "🌼 / 🌼 🌼"),
    ("3个可爱的机器人", "🤖 / 🤖 🤖"),
    ("小猫三只", "🐈 / 🐈 🐈"),
    ("几个苹果", "🍎 / 🍎 🍎"),
    ("四棵仙人掌", "🌵 🌵 / 🌵 🌵"),
    ("一群鸟", "🐦 🐦 / 🐦 🐦 🐦"),
    ("一堆苹果", "🍎 🍎 / 🍎 🍎 🍎"),
    ("很多气球", "🎈 🎈 / 🎈 🎈 🎈"),
    ("十二个苹果", "🍎 🍎 🍎 / 🍎 🍎 🍎 / 🍎 🍎 🍎"),
    ("两张猫的图片", "🐈"),
    ("三张狐狸贴纸", "🦊"),
    ("第3只兔子", "🐇"),
    ("3D机器人", "🤖"),
    ("2050年的机器人", "🤖"),
    ("猫和狗", "🐈 🐕"),
    ("两只猫和一只狗", "🐕 / 🐈 🐈"),
    ("一只猫和三条鱼", "🐈 🐟 / 🐟 🐟"),
    ("猫在狗的左边", "🐈 🐕"),
    ("一只猫在一只狗的右侧", "🐕 🐈"),
    ("狗的左边有一只猫", "🐈 🐕"),
    ("狗右边是猫", "🐕 🐈"),
    ("左边是猫，右边是狗", "🐈 🐕"),
    ("右边一只猫左边一只狗", "🐕 🐈"),
    ("猫在右边，狗在左边", "🐕 🐈"),
    ("皇冠在青蛙上方", "👑 / 🐸"),
    ("青蛙在蘑菇的下面，扁平化", "🍄 / 🐸"),
    ("蘑菇下有一只青蛙", "🍄 / 🐸"),
    ("上面是星星，下面是鱼", "⭐ / 🐟"),
    ("青蛙在下面，皇冠在上面", "👑 / 🐸"),
    ("猴子骑着马", "🐒 / 🐎"),
    ("一只坐在椅子上的猫", "🐈 / 🪑"),
    ("戴着皇冠的青蛙", "👑 / 🐸"),
    ("一只青蛙戴着皇冠", "👑 / 🐸"),
    ("大象背上有一只鸟", "🐦 / 🐘"),
    ("一只三条腿的青蛙", "🐸"),
    ("狗的上面是猫，下面是鱼", "🐈 / 🐕 / 🐟"),
    ("机器人左边有一棵树，右边有一辆车", "🌳 🤖 🚗"),
    ("机器人两边各有一棵仙人掌", "🌵 🤖 🌵"),
    ("3D四个机器人", "🤖 🤖 / 🤖 🤖"),
    ("猫在狗和狐狸中间", "🐕 🐈 🦊"),
    ("", ""),
    ("happiness", ""),
]


@pytest.mark.parametrize(("prompt", "picture"), PICTURES, ids=[p for p, _ in PICTURES])
def test_things_stand_where_the_prompt_says(prompt, picture):
    assert drawn(prompt) == picture


SCENERY = [
    "a fox in the snow", "a crab on a sunny beach", "a deer in the mountains at sunset",
    "an owl at night", "a bear in a forest", "a rocket in outer space", "a fish under the sea",
    "a cat in the rain", "a robot in front of a city skyline", "a rabbit on the grass",
    "雪地里的狐狸", "海滩上的螃蟹", "机器人在城市天际线前", "夜晚的猫头鹰", "在太空中的火箭",
    "森林里的一只熊",
]  # fmt: skip


@pytest.mark.parametrize("prompt", SCENERY)
def test_a_thing_in_a_place_stands_low_and_leaves_room(prompt):
    (box,) = plan(prompt, NAMES)
    assert (box.x, box.y, box.size) == (0.5, 0.64, 0.54)


@pytest.mark.parametrize("prompt", ["a fox", "a spaceship", "bridge at night", "狐狸，白色背景"])
def test_a_thing_alone_nearly_fills_the_picture(prompt):
    (box,) = plan(prompt, NAMES)
    assert (box.x, box.y, box.size) == (0.5, 0.5, 0.9)


@pytest.mark.parametrize(("word", "number"), [("one", 1), ("2", 2), ("three", 3), ("4", 4)])
def test_counted_things_stand_as_in_training(word, number):
    boxes = plan(f"{word} penguin{'s' * (number > 1)}", NAMES)
    assert tuple((box.x, box.y) for box in boxes) == COUNT_LAYOUTS[number]
    assert {box.size for box in boxes} == {COUNT_SIZES[number]}


@pytest.mark.parametrize(
    ("prompt", "first", "second"),
    [
        ("a cat and a dog", (0.27, 0.5), (0.73, 0.5)),
        ("a cat to the right of a dog", (0.73, 0.5), (0.27, 0.5)),
        ("a cat above a dog", (0.5, 0.27), (0.5, 0.73)),
        ("猫在狗的下面", (0.5, 0.73), (0.5, 0.27)),
    ],
)
def test_pairs_stand_as_in_training(prompt, first, second):
    boxes = plan(prompt, NAMES)
    for box, centre in zip(boxes, (first, second), strict=True):
        assert (box.x, box.y, box.size) == pytest.approx((*centre, 0.44))


def overlap(one: Box, other: Box) -> bool:
    # The triangle of the training pictures overlaps by less than the rim of a drawing.
    rim = 0.02
    return max(abs(one.x - other.x), abs(one.y - other.y)) < (one.size + other.size) / 2 - rim


@pytest.mark.parametrize("prompt", [p for p, _ in PICTURES] + SCENERY)
def test_boxes_lie_in_the_picture_and_do_not_cover_each_other(prompt):
    boxes = plan(prompt, NAMES)
    assert len(boxes) <= 9
    for box in boxes:
        half = box.size / 2
        assert 0 < half <= min(box.x, 1 - box.x, box.y, 1 - box.y) + 1e-9
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(one, other)


# Things by both names, and the emojis of them.
TAUGHT = [("fox", "狐狸", "🦊"), ("owl", "猫头鹰", "🦉"), ("mushroom", "蘑菇", "🍄")]
TAUGHT += [("robot", "机器人", "🤖"), ("pineapple", "菠萝", "🍍")]


@pytest.mark.parametrize("relation", ["left of", "right of", "above", "below"])
def test_every_wording_of_a_relation_in_training_is_understood(relation):
    joint = " / " if relation in ("above", "below") else " "
    for a, b in itertools.permutations(TAUGHT, 2):
        order = (a, b) if relation in ("left of", "above") else (b, a)
        picture = joint.join(each[2] for each in order)
        for wording in RELATIONS_EN[relation]:
            assert drawn(wording.format(a=f"a {a[0]}", b=b[0])) == picture
        for wording in RELATIONS_ZH[relation]:
            assert drawn(wording.format(a=a[1], b=b[1])) == picture


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_wording_of_a_count_in_training_is_understood(number):
    for english, chinese, _ in TAUGHT:
        ending = "" if number == 1 else "es" if english.endswith("x") else "s"
        prompts = [f"glossy {word} {english}{ending} drawing" for word in COUNT_EN[number]]
        prompts += [f"3D{word}{chinese}贴纸，白底" for word in COUNT_ZH[number]]
        for prompt in prompts:
            assert len(plan(prompt, NAMES)) == number, prompt


@pytest.mark.parametrize("place", list(PLACES_EN))
def test_every_place_of_training_is_understood(place):
    prompts = [f"cartoon a fox sticker {where}" for where in PLACES_EN[place]]
    prompts += [f"扁平的狐狸{where}，贴纸" for where in PLACES_ZH[place]]
    for prompt in prompts:
        assert [box.size for box in plan(prompt, NAMES)] == [0.54], prompt


@pytest.mark.parametrize("place", list(PLACES_ZH))
def test_every_chinese_place_of_training_is_said_in_english_too(place):
    said = {painted(f"扁平的狐狸{where}，贴纸") for where in PLACES_ZH[place]}
    assert said <= set(PLACES_EN[place]) and "" not in said


@pytest.mark.parametrize("prompt", ["一只狐狸", "白色背景的雪人", "a fox in the snow", "海鸥"])
def test_nothing_is_said_of_places_that_are_none(prompt):
    assert painted(prompt) == ""


WORDS = (
    "a the two 三只 5 cats dog fox box tree , . ; and with on under above left of between 猫 狗 在 "
    "的左边 上面 和 之间 有 ， 一群 戴着 帽子 骑着 马 its head middle top wearing hat lots right"
).split()


def test_any_words_in_any_order_make_a_picture():
    rng = random.Random(3)
    for _ in range(300):
        boxes = plan(" ".join(rng.choices(WORDS, k=rng.randint(1, 25))), NAMES)
        assert len(boxes) <= 9
        assert all(box.size >= 0.16 for box in boxes)
        assert not any(overlap(one, other) for one, other in itertools.combinations(boxes, 2))


@pytest.mark.parametrize(
    ("prompt", "stands"),
    [
        ("a cat on a box", True),
        ("a penguin surfing a big wave", True),
        ("骑着马的猴子", True),
        ("坐在箱子上的猫", True),
        ("a frog wearing a crown", True),
        ("a bird above an elephant", False),
        ("猫在狗的上方", False),
        ("a cat next to a box", False),
    ],
)
def test_what_is_on_a_thing_stands_on_it_and_what_is_above_does_not(prompt, stands):
    upper, lower = sorted(plan(prompt, NAMES), key=lambda box: box.y)
    assert upper.on == (lower.concept if stands else "")
    assert lower.on == ""


def test_feet_come_down_to_what_is_drawn_beneath_them():
    from pipelines.pocket.rough import SUNK, Sprite, compose, standing

    small = np.zeros((100, 100, 4), np.uint8)
    small[20:80, 30:70] = (255, 0, 0, 255)
    upper, lower = Sprite(small, 0.5, 0.25, 0.4), Sprite(small[..., [2, 1, 0, 3]], 0.5, 0.75, 0.4)
    rows = compose([lower, standing(upper, lower, 1)], 200, 200)[:, 100]
    red, blue = (np.flatnonzero((rows[:, part] > 127) & (rows[:, 3] > 127)) for part in (0, 2))
    # 80 px a side: it ends where the other begins, but for the share that it sinks in.
    assert red[-1] - 60 * 0.8 <= red[0] + 1 and blue[0] == red[-1] + 1
    assert red[-1] == pytest.approx(150 - 40 + 20 * 0.8 + SUNK * 80, abs=2)


def test_a_thing_alone_on_one_side_stays_there():
    assert plan("a cat on the left", NAMES)[0].x < 0.4
    assert plan("a cat in the bottom right corner", NAMES)[0].x > 0.6


def test_a_prompt_is_planned_within_five_milliseconds():
    prompts = [prompt for prompt, _ in PICTURES] * 3
    start = time.process_time()
    for prompt in prompts:
        plan(prompt, NAMES)
    assert (time.process_time() - start) / len(prompts) < 0.005


def test_long_prompts_stay_fast():
    start = time.process_time()
    plan("two very very fast cats on a red box and some dogs, 三只猫在狗的左边 " * 60, NAMES)
    plan("very " * 1000 + "big cat " + "1 " * 500, NAMES)
    assert time.process_time() - start < 1


def test_what_flies_is_in_the_air_over_a_place_and_what_stands_below_it() -> None:
    (rainbow,) = plan("a rainbow over a farm", NAMES)
    assert rainbow.y < 0.4
    (balloon,) = plan("a hot air balloon over the mountains", NAMES)
    assert balloon.y + balloon.size / 2 < 0.62, "above the horizon"
    cat, butterfly = plan("a cat and a butterfly in a meadow", NAMES)
    assert butterfly.y < 0.4 < cat.y
    (alone,) = plan("a butterfly", NAMES)
    assert alone.y == 0.5
