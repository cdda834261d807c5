"""The page in a real browser: pictures dropped on it and painted over."""

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import expect

from studio import tag
from tests.page.steps import Visit, choose_toy, create, done, drop

pytestmark = pytest.mark.timeout(900)


def test_a_dropped_picture_brings_all_its_settings_back(
    visit: Visit, shared_home: Path, tmp_path: Path
) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#option-width input[type=number]").fill("128")
    page.locator("#option-width input[type=number]").press("Tab")
    create(page, "a cat to drop")
    id = done(page)
    file = next(f for f in (shared_home / "outputs").iterdir() if "a-cat-to-drop" in f.name)
    record = tag.read(file)
    assert record is not None and record.id == id

    again = visit()
    drop(again, file)
    expect(again.locator("#news")).to_contain_text("are back")
    expect(again.locator("#prompt textarea")).to_have_value("a cat to drop")
    again.locator("#settings > button").click()
    expect(again.locator("#option-width input[type=number]")).to_have_value("128")
    expect(again.locator("#option-seed").locator("input, textarea")).to_have_value(str(record.seed))

    foreign = tmp_path / "foreign.png"
    foreign.write_bytes(_foreign_png())
    drop(again, foreign)
    expect(again.locator("#news")).to_contain_text("was not made here")
    again.locator("#news").get_by_role("button", name="Start from this picture").click()
    again.locator("#start-editor").get_by_label("Brush Size").first.wait_for()


def test_a_file_that_is_no_picture_is_told_where_it_is_put_in(visit: Visit, tmp_path: Path) -> None:
    page = visit(locale="zh-CN")
    page.locator("#start > button").click()
    field = page.locator("#start-editor input[type=file]").first
    cut, text = tmp_path / "cut.png", tmp_path / "text.pdf"
    cut.write_bytes(_foreign_png()[:60])
    text.write_text("not a picture")
    field.set_input_files(cut)
    expect(page.locator("#news")).to_contain_text("图片 'cut.png' 已损坏或不完整")
    field.set_input_files(text)
    expect(page.locator("#news")).to_contain_text("'text.pdf' 不是图片")
    expect(page.locator(".toast-body")).to_have_count(0)


def _foreign_png() -> bytes:
    import io

    import PIL.Image

    buffer = io.BytesIO()
    PIL.Image.new("RGB", (32, 32), "teal").save(buffer, format="PNG")
    return buffer.getvalue()


def test_a_part_that_was_painted_over_is_all_that_changes(visit: Visit, shared_home: Path) -> None:
    page = visit()
    choose_toy(page)
    create(page, "a cat to repaint")
    first = done(page)
    page.locator("[data-act=edit]").click()
    editor = page.locator("#start-editor")
    # There once the picture is: without one the editor offers to upload instead.
    editor.get_by_label("Brush Size").first.wait_for()
    canvas = editor.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 15, y)
    page.mouse.down()
    page.mouse.move(x + 15, y, steps=8)
    page.mouse.up()
    page.locator("#create").click()
    page.locator(f".st-stage[data-status=done]:not([data-id='{first}'])").wait_for()
    newest = max((shared_home / "outputs").iterdir(), key=lambda file: file.stat().st_mtime)
    record = tag.read(newest)
    assert record is not None
    assert {each.role for each in record.inputs} == {"input", "mask"}
