"""Our own drawings: what no emoji shows can be asked for, and animals have bodies."""

import numpy as np
import pytest

from pipelines.pocket.image import ASSETS
from pipelines.pocket.look_up import LookUp
from training.image.drawn import FOLDER, PACK, drawn, pixels

OWN = [each for each in drawn() if each.names]


@pytest.fixture(scope="module")
def look_up() -> LookUp:
    return LookUp.load(ASSETS / "references")


def shown(look_up: LookUp, prompt: str, style: str = "any") -> list[str]:
    """File names of the drawings that a prompt's things are drawn after."""
    return [each.key.rsplit("/", 1)[1] for each in look_up.drawings(prompt, style, 3)]


@pytest.mark.parametrize("one", OWN, ids=lambda one: one.file)
def test_a_thing_that_no_emoji_shows_is_found_in_both_languages(look_up, one):
    names = {kind: one.names.get(kind, []) for kind in ("en", "zh", "tags", "alone")}
    english = [n for n in names["en"] + names["tags"] + names["alone"] if n.isascii()]
    chinese = [n for n in names["zh"] + names["tags"] if not n.isascii()]
    assert english
    assert chinese
    for prompt in (f"a {english[0]}", f"请画{chinese[0]}"):
        assert shown(look_up, prompt) == [one.file], prompt


@pytest.fixture(scope="module")
def kept(look_up: LookUp) -> dict[str, int]:
    """Of our own drawings in the memory: file name → index."""
    drawings = enumerate(look_up.references.drawings)
    return {d.key.rsplit("/", 1)[1]: at for at, d in drawings if d.key.startswith(PACK)}


def test_every_drawing_is_in_the_memory_clear_to_see_and_asks_for_no_credit(look_up, kept):
    assert set(kept) == {each.file for each in drawn()} == {p.stem for p in FOLDER.glob("*.svg")}
    for file, index in kept.items():
        assert not look_up.references.drawings[index].asks_credit
        picture = look_up.references.pixels(index)
        inked = (picture[..., 3] > 127) & (picture[..., :3].min(-1) < 230)
        assert inked.mean() > 0.05, f"{file} is hardly to be seen on white"


def test_the_memory_shows_what_the_drawings_files_do(look_up, kept):
    pytest.importorskip("resvg_py", reason="needs the extra `train`")
    for one in drawn():
        mine, theirs = pixels(one, 128), look_up.references.pixels(kept[one.file])
        far = np.abs(mine[..., 3].astype(float) - theirs[..., 3]).mean()
        assert far < 5, f"{one.file} is another one in the memory; build that again"


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("热气球", ["hot-air-balloon"]),
        ("a lighthouse on a cliff at night", ["lighthouse"]),
        ("a frog on a lily pad", ["frog-whole", "lily-pad"]),
        ("a panda eating bamboo", ["panda-whole", "bamboo"]),
        ("森林里的两只熊猫", ["panda-whole"]),
        ("two foxes in the snow", ["fox-whole"]),
        ("一只跳舞的机器人", ["robot-whole"]),
        ("an astronaut walking on the beach", ["astronaut-whole"]),
        ("a puppy in a meadow", ["dog"]),
        ("女王和骑士", ["queen", "knight"]),
        ("a fox and a knight", ["fox-whole", "knight"]),
        ("a chicken on a farm", ["chicken-whole"]),
    ],
)
def test_what_is_asked_for_is_drawn(look_up, prompt, things):
    assert set(things) <= set(shown(look_up, prompt, "flat"))


@pytest.mark.parametrize(
    "prompt",
    ["a fox", "狐狸贴纸", "a fox to the left of a tree", "portrait of a fox in the forest"],
)
def test_an_animal_alone_is_the_head_that_artists_drew(look_up, prompt):
    assert "fox" in shown(look_up, prompt, "flat")


def test_a_drawing_of_a_head_is_not_taken_for_an_animal_that_sits_there(look_up):
    for seed in range(20):
        (cat, _) = look_up.drawings("a cat on a bench", "any", seed)
        assert cat.style != "bold", "Mozilla drew the head alone"


@pytest.mark.parametrize(
    ("prompt", "thing"), [("a red balloon", "balloon"), ("气球", "balloon"), ("fish tank", "fish")]
)
def test_things_that_were_there_are_what_they_were(look_up, prompt, thing):
    assert shown(look_up, prompt, "flat") == [thing]


@pytest.mark.parametrize(
    "prompt", ["all is well with the world", "the iron curtain of fog, quietly", "牛仔裤"]
)
def test_words_that_say_something_else_are_no_things(look_up, prompt):
    assert not {"well", "iron", "cowboy"} & set(shown(look_up, prompt))
