"""pocket-image is taught with its real weights: a short lesson, and what is made with it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file, save_file

from pipelines.pocket import hand_learning
from pipelines.pocket.lora import hand
from pipelines.pocket.plainer import PLAIN, TRUE, colours_of, plainer, thing_alpha
from pipelines.pocket.upscale import Upscaler
from pipelines.pocket_image import FAMILY
from studio import adapters
from studio.cli import main
from studio.core import Request, check, generate, replay, resolve
from studio.engine import Engine
from studio.errors import Cancelled, RequestError
from studio.lesson import Lesson
from studio.media import Image
from studio.spec import Step, unwatched
from studio.store import Store
from studio.teach import examples
from studio.teach.session import Plan, teach

FAST = {"steps": 2, "width": 256, "height": 256}


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Each picture is drawn again once, in few steps: what the second part learns from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hand_learning, "VERSIONS", 1)
        patch.setattr(hand_learning, "STEPS", 2)
        yield


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six discs of bright colours on black, all in one style."""
    found = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[:96, :96]
    for number, name in enumerate(["apple", "ball", "coin", "moon", "sun", "orange"]):
        pixels = np.zeros((96, 96, 3), np.uint8)
        pixels[np.hypot(x - 48, y - 48) < 30] = (255, 40 * number, 200)
        Pillow.fromarray(pixels).save(found / f"{name}.png")
    return found


def plan(folder: Path, name: str = "mine", steps: int = 3) -> Plan:
    learned, held_out = examples.held_out(examples.read_folder(folder, "CC-BY-4.0"))
    lesson = Lesson(learned, held_out, rank=2, rate=0.02, batch=2, seed=1)
    return Plan(name, FAMILY, lesson, steps=steps, prompts=("a cat",), preview_every=0)


@pytest.fixture(scope="module")
def shelf(folder: Path, short: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an adapter of three steps."""
    home = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDIO_HOME", str(home))
        taught = teach(plan(folder), unwatched, print, "cpu")
    assert taught.card.loss_after < taught.card.loss_before
    return home


@pytest.fixture
def taught(shelf: Path, home: Path) -> Path:
    shutil.copytree(shelf / "adapters" / "mine", home / "adapters" / "mine")
    return home / "adapters" / "mine"


def draw(engine: Engine, adapter: str) -> Image:
    asked = Request("a cat", family=FAMILY.name, seed=7, params={**FAST, "adapter": adapter})
    media = engine.run(resolve(asked)[0], unwatched)
    assert isinstance(media, Image)
    return media


def test_an_adapter_changes_the_picture_by_its_weight(taught: Path, engine: Engine) -> None:
    shutil.copytree(taught, taught.with_name("other"))
    card = adapters.card("mine").model_copy(update={"name": "other"})
    (taught.with_name("other") / adapters.CARD_FILE).write_text(card.model_dump_json())
    plain = draw(engine, "").pixels.astype(int)
    assert np.array_equal(draw(engine, "mine:0").pixels, plain)
    far = {
        text: np.abs(draw(engine, text).pixels - plain).mean()
        for text in ("mine:0.5", "mine", "mine+other")
    }
    assert 0 < far["mine:0.5"] < far["mine"] < far["mine+other"]


def test_a_picture_made_with_it_says_so_and_can_be_made_again(
    taught: Path, engine: Engine, tmp_path: Path, store: Store
) -> None:
    asked = Request(
        "a cat", family=FAMILY.name, seed=7, params={**FAST, "adapter": "mine"}, out_dir=tmp_path
    )
    (artifact,) = generate(asked, store=store, engine=engine)
    record = artifact.record
    used = next(each for each in record.weights if each.model == "mine")
    assert used.sha256 == adapters.card("mine").sha256 and used.licence == "CC-BY-4.0"
    assert record.family_licence == "Apache-2.0 AND CC-BY-4.0"
    assert "6 pictures of the user (CC-BY-4.0" in record.trained_on["mine"][0]
    assert check(artifact.path, store=store, engine=engine).is_same
    shutil.rmtree(taught)
    with pytest.raises(RequestError, match="no adapter 'mine'; teach it with"):
        replay(artifact.path, store=store, engine=engine)


def test_a_lesson_that_was_interrupted_learns_the_very_same(taught: Path, folder: Path) -> None:
    def interrupt(step: Step) -> None:
        if step.index == 2:
            raise Cancelled

    again = plan(folder, "again")
    with pytest.raises(Cancelled):
        teach(again, interrupt, print, "cpu")
    teach(again, unwatched, print, "cpu")
    whole, resumed = (
        load_file(adapters.folder_of(name) / adapters.WEIGHTS_FILE) for name in ("mine", "again")
    )
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_an_adapter_of_other_weights_is_refused_and_both_are_named(taught: Path) -> None:
    card = adapters.card("mine").model_copy(update={"base_sha256": "0123456789ab"})
    (taught / adapters.CARD_FILE).write_text(card.model_dump_json())
    with pytest.raises(RequestError, match=r"other weights of pocket-image \(01234567\), here are"):
        resolve(Request("a cat", family=FAMILY.name, params={"adapter": "mine"}))


def test_an_adapter_of_another_shape_is_refused(taught: Path, engine: Engine) -> None:
    path = taught / adapters.WEIGHTS_FILE
    wide = {
        key: torch.zeros(tensor.shape[0], 99) if "lora_A" in key else tensor
        for key, tensor in load_file(path).items()
    }
    save_file(wide, path)
    sha256 = adapters.known_sha256(path)
    card = replace_card(sha256)
    (taught / adapters.CARD_FILE).write_text(card)
    # The engine has the one of before: what is in the file by now counts.
    with pytest.raises(RequestError, match="'mine' is for another model than pocket-image: .* 99"):
        draw(engine, "mine")


def replace_card(sha256: str) -> str:
    return adapters.card("mine").model_copy(update={"sha256": sha256}).model_dump_json()


def test_the_command_tells_what_is_wrong_in_a_line(
    taught: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, says in {
        ("teach", str(folder), "--name", "mine"): "adapter 'mine' is there already",
        ("teach", str(folder), "--name", "b", "--model", "toy"): "'toy' cannot be taught",
        ("teach", "nowhere", "--name", "b"): "'nowhere' does not exist",
        ("teach", str(folder), "--name", "b", "--licence", "CC"): "no licence 'CC'",
        ("teach", "--remove", "b"): "no adapter 'b'",
    }.items():
        assert main(list(words)) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("error: ") and says in error
    assert main(["teach", "--list"]) == 0
    assert "6 pictures" in capsys.readouterr().out
    assert main(["teach", "--remove", "mine"]) == 0 and adapters.names() == []


def test_a_plain_version_keeps_the_place_of_the_thing_and_loses_its_colours() -> None:
    pixels = np.zeros((128, 128, 4), np.uint8)
    pixels[..., 3] = 255
    y, x = np.mgrid[:128, :128]
    disc = np.hypot(x - 64, y - 64) < 40
    pixels[disc, :3] = (250, 40, 200)
    alpha = thing_alpha(pixels) > 127
    assert (alpha == disc).mean() > 0.97
    made = [plainer(pixels, np.random.default_rng(seed)) for seed in range(20)]
    colours = {tuple(each[64, 64, :3] // 32) for each in made}
    assert len(colours) > 5
    assert all(each.shape == pixels.shape for each in made)


def test_a_plan_of_other_words_is_another_lesson(folder: Path) -> None:
    first = plan(folder)
    lesson = first.lesson
    words = (replace(lesson.examples[0], caption="a wheel"), *lesson.examples[1:])
    other = replace(first, lesson=replace(lesson, examples=words))
    assert other.sha256 != first.sha256 and replace(first, steps=9).sha256 == first.sha256


def test_strokes_are_compared_as_a_crowd_wherever_they_fall() -> None:
    y, x = np.mgrid[:128, :128]

    def striped(phase: int, period: int) -> torch.Tensor:
        stripes = np.where((x + y + phase) % period < period // 2, 1.0, -1.0).astype(np.float32)
        return torch.from_numpy(stripes).expand(1, 3, -1, -1)

    def far(one: torch.Tensor, other: torch.Tensor) -> float:
        return float(hand_learning.strokes(one, other, np.random.default_rng(1)))

    moved, wider = striped(4, 8), striped(0, 16)
    assert far(striped(0, 8), moved) < far(striped(0, 8), wider) / 4
    assert far(striped(0, 8), moved) < far(striped(0, 8), torch.zeros_like(moved)) / 10


def test_a_style_without_colours_is_told_from_one_with_them() -> None:
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (3, 32, 32, 1), dtype=np.uint8).repeat(4, -1)
    coloured = rng.integers(0, 256, (3, 32, 32, 4), dtype=np.uint8)
    assert colours_of(grey) == PLAIN and colours_of(coloured) == TRUE


def test_the_file_holds_both_parts_and_the_strokes_go_with_the_weight(taught: Path) -> None:
    path = taught / adapters.WEIGHTS_FILE
    tensors = load_file(path)
    assert {key.split(".")[0] for key in tensors} == {"transformer", "hand"}
    assert len(adapters.card("mine").more_parts) == 1
    tensors["hand.enter.bias"] += 0.1
    save_file(tensors, path)
    base = Upscaler.load().net
    few, all_of_it, more = (
        found.net.enter.bias
        for weight in (0.5, 1.0, 1.5)
        if (found := hand(base, [("mine", path, weight)])) is not None
    )
    assert few is not None and all_of_it is not None and more is not None
    assert not torch.equal(few, all_of_it) and torch.equal(all_of_it, more)
    assert hand(base, [("mine", path, -0.5)]) is None
