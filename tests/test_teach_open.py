"""Open picture models of toy size and real classes learn a LoRA, and draw with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file

from studio import adapters, registry
from studio.adapters import Card
from studio.cli import main
from studio.core import Request, generate
from studio.engine import Engine
from studio.errors import Cancelled, RequestError
from studio.lesson import Lesson
from studio.spec import Step, unwatched
from studio.store import Store
from studio.teach import examples, kept
from studio.teach.session import Plan, teach, teaching_of
from tests.tiny import tiny

FAMILIES = {"sdxl": "build", "sd3.5": "build", "z-image": "build", "flux2-klein": "build_base"}
PARTS = {"sdxl": "unet", "z-image": "transformer"}
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 2}
CARD = Card(
    name="mine", family="", base_sha256="", sha256="", licence="CC-BY-4.0", rank=4, rate=0.005,
    batch=2, seed=1, steps=15, seconds=1, loss_before=1, loss_after=0.5, created="2026-01-01",
    versions={}, items=(), items_sha256="",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[:96, :96]
    for number, name in enumerate(["apple", "ball", "coin", "moon", "sun"]):
        pixels = np.full((96, 96, 3), 240, np.uint8)
        pixels[np.hypot(x - 48, y - 48) < 20 + 5 * number] = (200, 30 * number, 60)
        Pillow.fromarray(pixels).save(found / f"{name}.png")
    return found


def lesson(folder: Path, family: str, **more: Any) -> Lesson:
    learned, held_out = examples.held_out(examples.read_folder(folder, "CC-BY-4.0"))
    checkpoint = str(tiny(family, FAMILIES[family]))
    return replace(Lesson(learned, held_out, 4, 0.005, 2, 1, checkpoint, 64), **more)


def plan(folder: Path, family: str, steps: int = 3, **more: Any) -> Plan:
    usual = {"steps": steps, "prompts": (), "preview_every": 0, "stops_early": False}
    return Plan("mine", registry.family(family), lesson(folder, family), **{**usual, **more})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_of_a_fixed_picture_falls_and_its_lora_changes_what_is_drawn(
    folder: Path, family: str, home: Path, store: Store
) -> None:
    whole = plan(folder, family)
    one = whole.lesson.examples[:1]
    learner = teaching_of(whole.family).learner(
        replace(whole.lesson, examples=one, held_out=one), "cpu"
    )
    before = learner.held_out_loss()
    for number in range(15):
        learner.step(number)
    assert learner.held_out_loss() < before

    with kept.making("mine") as part:
        sha256 = kept.write_tensors(learner.adapter(), part / adapters.WEIGHTS_FILE, "tiny")
        card = CARD.model_copy(update={"family": family, "sha256": sha256})
        (part / adapters.CARD_FILE).write_text(card.model_dump_json())
    engine = Engine(device="cpu")
    options = {**SMALL, "checkpoint": whole.lesson.checkpoint}

    def drawn(**more: Any) -> Any:
        asked = Request("a cat", family=family, seed=3, params={**options, **more}, out_dir=home)
        (artifact,) = generate(asked, store=store, engine=engine)
        return artifact

    plain, with_it = drawn(), drawn(adapter="mine")
    first, second = (np.asarray(Pillow.open(each.path).convert("RGB")) for each in (plain, with_it))
    assert (first != second).any()
    assert with_it.record.family_licence.endswith("AND CC-BY-4.0")
    engine.clear()


@pytest.mark.parametrize(("family", "part"), PARTS.items())
def test_others_load_the_file_as_any_lora(family: str, part: str, folder: Path, home: Path) -> None:
    import diffusers

    taught = teach(plan(folder, family, prompts=("a cat",)), unwatched, print, "cpu")
    assert len(taught.card.items) == 5 and taught.card.base.endswith("tiny")
    assert taught.sheet.is_file()
    path = taught.folder / adapters.WEIGHTS_FILE
    assert all(key.startswith(f"{part}.") for key in load_file(path))
    pipe: Any = diffusers.DiffusionPipeline.from_pretrained(tiny(family), dtype=torch.float32)
    pipe.load_lora_weights(path)
    assert pipe.get_list_adapters() == {part: ["default_0"]}


def test_an_interrupted_lesson_ends_with_the_weights_it_would_have_had(
    folder: Path, home: Path
) -> None:
    whole = plan(folder, "z-image", prompts=("a cat",))
    teach(whole, unwatched, print, "cpu")

    def interrupt(step: Step) -> None:
        if step.index == 2:
            raise Cancelled

    again = replace(whole, name="again")
    with pytest.raises(Cancelled):
        teach(again, interrupt, print, "cpu")
    teach(again, unwatched, print, "cpu")
    one, other = (
        load_file(adapters.folder_of(name) / adapters.WEIGHTS_FILE) for name in ("mine", "again")
    )
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_an_adapter_that_was_taught_to_another_model_is_refused_and_both_are_named(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teach(plan(folder, "z-image", 1, prompts=("a cat",)), unwatched, print, "cpu")
    checkpoint = tiny("sdxl")
    code = main(
        ["make", "a cat", "--model", "sdxl", "--set", "adapter=mine",
         "--set", f"checkpoint={checkpoint}", "--set", "width=64", "--set", "height=64"]
    )  # fmt: skip
    assert code == 2
    assert "error: adapter 'mine' is for z-image, not for sdxl" in capsys.readouterr().err


def test_weights_that_are_not_here_are_named_with_the_way_to_get_them(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["teach", str(folder), "--name", "mine", "--model", "sdxl"]) == 2
    assert "studio models pull stabilityai/" in capsys.readouterr().err


def test_distilled_weights_are_not_the_usual_ones_to_teach() -> None:
    for family, name in {"z-image": "Z-Image", "flux2-klein": "klein-base-4B"}.items():
        assert teaching_of(registry.family(family)).checkpoint.endswith(name)


def test_a_model_of_one_size_refuses_another(
    folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["teach", str(folder), "--name", "mine", "--side", "512"]) == 2
    assert "error: pocket-image has but one side; leave --side out" in capsys.readouterr().err
    with pytest.raises(RequestError, match="--side must be 64 to 2048, got 9"):
        from studio.cli.parser import parse
        from studio.cli.teaching import plan_of

        plan_of(parse(["teach", str(folder), "--name", "mine", "--model", "sdxl", "--side", "9"]))
