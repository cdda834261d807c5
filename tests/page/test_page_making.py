"""The page in a real browser: from a prompt to a picture.

One server and one browser serve all tests of a file; each test is a fresh visitor. The toy family
stands in for a model.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import expect

from pipelines import pocket_image
from studio import tag
from studio.adapters import CARD_FILE, WEIGHTS_FILE, Card
from studio.weights import file_sha256, shipped_file
from tests.page.steps import Visit, choose_toy, create, done, set_advanced

pytestmark = pytest.mark.timeout(900)


def test_a_prompt_becomes_a_picture_with_its_settings_and_a_download(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit()
    choose_toy(page)
    create(page, "A smiling fox <b>with</b> tea")
    assert done(page)
    image = page.locator(".st-stage .st-canvas img")
    expect(image).to_have_attribute("alt", "A smiling fox <b>with</b> tea")
    page.locator(".st-how summary").click()
    expect(page.locator(".st-how")).to_contain_text("toy")
    with page.expect_download() as download:
        page.locator(".st-stage a[download]").click()
    file = tmp_path / "got.png"
    download.value.save_as(file)
    record = tag.read(file)
    assert record is not None and record.prompt == "A smiling fox <b>with</b> tea"


def test_what_was_understood_shows_while_typing_and_one_click_overrides_it(visit: Visit) -> None:
    page = visit()
    page.locator("#prompt textarea").press_sequentially("two stickers of a fox, flat style")
    understood = page.locator("#understood")
    expect(understood).to_contain_text("Reads as a picture")
    expect(understood.locator(".st-chip.is-word", has_text="stickers")).to_be_visible()
    expect(understood).to_contain_text("How many 2")
    understood.get_by_role("radio", name="Picture").click()
    expect(understood).to_contain_text("You chose: picture")


def test_an_unclear_prompt_is_asked_about_and_the_answer_makes_it(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    steps = page.locator("#option-steps input[type=number]")
    default = steps.input_value()
    steps.fill("3")
    page.locator("#reset").click()
    expect(steps).to_have_value(default)
    page.locator("#prompt textarea").fill("hello")
    ask = page.locator(".st-ask")
    expect(ask).to_contain_text("What shall it be?")
    expect(ask.get_by_role("button", name="picture")).to_be_visible()


def test_previews_progress_and_a_stop_within_a_step(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#option-steps input[type=number]").fill("100")
    set_advanced(page, "step_seconds", "0.5")
    create(page, "a slow cat")
    expect(page.locator(".st-canvas img")).to_have_attribute("alt", "Preview of: a slow cat")
    expect(page.locator(".st-status")).to_contain_text(re.compile(r"Step \d+ of 100"))
    expect(page.locator(".st-status")).to_contain_text("left")
    page.locator("#cancel").click()
    stage = page.locator(".st-stage[data-status=done]")
    expect(stage).to_contain_text("Stopped.")
    expect(page.locator("#create")).to_be_visible()


def test_a_reload_finds_the_running_job_and_the_draft_again(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#option-steps input[type=number]").fill("40")
    set_advanced(page, "step_seconds", "0.5")
    create(page, "a patient cat")
    page.locator(".st-canvas.is-preview img").wait_for()
    page.reload()
    expect(page.locator("#prompt textarea")).to_have_value("a patient cat")
    assert done(page)
    expect(page.locator(".st-canvas img")).to_have_attribute("alt", "a patient cat")


def test_a_failure_is_one_line_and_never_a_traceback(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#more-settings > button").click()
    page.locator("#option-fail input").click()
    page.locator("[role=option]", has_text="memory").click()
    create(page, "a doomed cat")
    note = page.locator(".st-stage .st-note.is-bad")
    expect(note).to_contain_text("ran out of memory")
    assert "Traceback" not in page.content()
    page.locator("#prompt textarea").fill(" ")
    page.locator("#create").click()
    expect(page.locator("#news")).to_contain_text("prompt is empty")


def test_several_at_once_can_be_looked_at_one_by_one_and_varied(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#count input").fill("3")
    create(page, "three cats to choose from")
    first = done(page)
    page.locator(".st-thumb").nth(2).click()
    expect(page.locator(".st-thumb").nth(2)).to_have_attribute("aria-pressed", "true")
    assert page.locator(".st-stage").get_attribute("data-id") != first
    page.locator("[data-act=vary]").click()
    expect(page.locator(".st-thumb")).to_have_count(4)


def test_settings_changed_at_the_same_instant_all_count(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.evaluate(
        """(names) => {
            for (const name of names) {
                const field = document.querySelector(`#option-${name} input[type=number]`);
                field.value = 128;
                field.dispatchEvent(new Event('input', { bubbles: true }));
                field.dispatchEvent(new Event('pointerup', { bubbles: true }));
            }
        }""",
        ["width", "height"],
    )
    create(page, "a cat as wide as high")
    done(page)
    told = page.locator(".st-how dl")
    page.locator(".st-how summary").click()
    expect(told).to_contain_text("Width128 px")
    expect(told).to_contain_text("Height128 px")


def test_a_taught_style_is_chosen_by_its_name_and_draws(
    visit: Visit, shared_home: Path, tmp_path: Path
) -> None:
    write_adapter(shared_home / "adapters" / "ink")
    page = visit()
    page.get_by_role("radio", name="Picture").click()
    page.locator("#settings > button").click()
    page.locator("#option-adapter input").click()
    page.locator("[role=option]", has_text="ink").click()
    create(page, "a cat")
    assert done(page)
    page.locator(".st-how summary").click()
    with page.expect_download() as download:
        page.locator(".st-stage a[download]").click()
    file = tmp_path / "got.png"
    download.value.save_as(file)
    record = tag.read(file)
    assert record is not None and record.params["adapter"] == "ink"
    assert record.family_licence == "Apache-2.0 AND CC-BY-4.0"


def write_adapter(folder: Path) -> None:
    """A small change of one layer of pocket-image, with the card of a lesson."""
    name = "x_embedder"
    with safe_open(
        pocket_image.ASSETS / pocket_image.NAME / pocket_image.TRANSFORMER, "np"
    ) as file:
        out, into = file.get_slice(f"{name}.weight").get_shape()
    base = shipped_file(pocket_image.ASSETS / pocket_image.NAME, pocket_image.TRANSFORMER)
    folder.mkdir(parents=True)
    tensors = {
        f"transformer.{name}.lora_A.weight": np.full((1, into), 0.01, np.float32),
        f"transformer.{name}.lora_B.weight": np.full((out, 1), 0.01, np.float32),
    }
    save_file(tensors, folder / WEIGHTS_FILE)
    card = Card(
        name="ink", family=pocket_image.NAME, base_sha256=base.sha256, licence="CC-BY-4.0", rank=1,
        sha256=file_sha256(folder / WEIGHTS_FILE), batch=1, seed=1, steps=1, rate=1,
        seconds=1, loss_before=1, loss_after=0.5, created="2026-01-01", versions={}, items=(),
        items_sha256="",
    )  # fmt: skip
    (folder / CARD_FILE).write_text(card.model_dump_json(), "utf-8")
