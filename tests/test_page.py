"""The page in a real browser: what a person sees and does, at a desk and on a phone.

One server and one browser serve all tests; each test is a fresh visitor. The toy family stands in
for a model.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from studio import tag
from tests.servers import PATIENCE_S, free_port, wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no chromium: `make test` installs it, or `apt-get install chromium`",
    ),
]

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page-home")


@pytest.fixture(scope="module")
def address(shared_home: Path) -> Iterator[str]:
    """The page, served by a process of its own."""
    port = free_port()
    script = f"from studio.ui import serve; serve('127.0.0.1', {port}, show_hidden=True)"
    environment = {**os.environ, "STUDIO_HOME": str(shared_home)}
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url + "healthz", server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Open the page as a new visitor; at the end nothing may have gone wrong or gone out."""
    requested: list[str] = []
    failures: list[str] = []
    pages: list[Page] = []

    def go(width: int = 1440, height: int = 900, locale: str = "en-US", dark: bool = False) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(address)
        page.locator(".st-example").first.wait_for()
        pages.append(page)
        return page

    expect.set_options(timeout=PATIENCE_S * 1000)
    yield go
    for page in pages:
        page.context.close()
    inside = re.compile(r"(data|blob):|" + re.escape(address))
    assert [url for url in requested if not inside.match(url)] == []
    assert failures == []


def choose_toy(page: Page) -> None:
    page.locator("#settings > button").click()
    page.locator("#family input").click()
    page.locator("[role=option]", has_text="toy").click()
    page.locator("#option-colour").wait_for()


def set_advanced(page: Page, name: str, value: str) -> None:
    field = page.locator(f"#option-{name} input[type=number]")
    if not field.is_visible():
        page.locator("#more-settings > button").click()
    field.fill(value)
    field.press("Tab")


def create(page: Page, prompt: str) -> None:
    page.locator("#prompt textarea").fill(prompt)
    page.locator(".st-verdict, .st-ask").first.wait_for()
    page.locator("#create").click()


def done(page: Page) -> str:
    """Wait for the result and return its id."""
    stage = page.locator(".st-stage[data-status=done]")
    stage.wait_for()
    return stage.get_attribute("data-id") or ""


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
    page.locator("#option-steps input[type=number]").fill("3")
    page.locator("#reset").click()
    page.locator("#prompt textarea").fill("hello")
    ask = page.locator(".st-ask")
    expect(ask).to_contain_text("What shall it be?")
    expect(ask.get_by_role("button", name="picture")).to_be_visible()


def test_a_song_is_declined_as_long_as_nothing_makes_one(visit: Visit) -> None:
    page = visit()
    page.locator("#prompt textarea").fill("a slow jazz song with piano, 90 bpm")
    expect(page.locator("#understood")).to_contain_text("nothing here makes one yet")
    page.locator("#create").click()
    expect(page.locator("#news")).to_contain_text("no model makes songs yet")
    page.get_by_role("button", name="Make a picture of it").click()
    expect(page.locator("#understood")).to_contain_text("You chose: picture")


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


def drop(page: Page, file: Path) -> None:
    """What the browser sends when a file is let go over the page."""
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
            return transfer;
        }""",
        [file.name, list(file.read_bytes())],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.locator(".st-canvas").dispatch_event(event, {"dataTransfer": transfer})


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


def test_the_library_searches_opens_reuses_and_deletes_after_asking(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    create(page, "an unmistakable walrus")
    done(page)
    page.get_by_role("tab", name="Library").click()
    page.locator("#search").locator("input, textarea").fill("unmistakable")
    tile = page.locator(".st-tile")
    expect(tile).to_have_count(1)
    expect(tile.locator("img")).to_have_attribute("alt", "an unmistakable walrus")
    tile.click()
    page.locator(".st-sheet [data-act=reuse]").click()
    expect(page.locator("#prompt textarea")).to_have_value("an unmistakable walrus")
    page.get_by_role("tab", name="Library").click()
    tile.first.click()
    page.locator(".st-sheet [data-act=delete]").click()
    expect(page.locator(".st-sheet")).to_contain_text("Delete it for good?")
    page.locator("[data-act=delete-now]").click()
    expect(page.locator("#grid")).to_contain_text("Nothing matches")


def test_presets_are_cards_that_set_what_they_say(visit: Visit) -> None:
    page = visit()
    cards = page.locator(".st-preset")
    if cards.count() == 0:
        pytest.skip("the default model has no presets")
    cards.first.click()
    expect(page.locator(".st-preset[aria-pressed=true]")).to_have_count(1)
    page.locator(".st-preset[aria-pressed=true]").click()
    expect(page.locator(".st-preset[aria-pressed=true]")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_has_no_sideways_scroll_and_big_buttons(visit: Visit, dark: bool) -> None:
    page = visit(390, 844, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in ("#create", "#settings > button", ".st-kinds button >> nth=0", ".st-round"):
        box = page.locator(button).first.bounding_box()
        assert box is not None and box["height"] >= 42, button
    choose_toy(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    create(page, "a small cat")
    done(page)
    expect(page.locator(".st-canvas img")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_light_and_dark_follow_the_system_and_the_switch_is_remembered(visit: Visit) -> None:
    page = visit(dark=True)
    assert "dark" in (page.locator("body").get_attribute("class") or "")
    page.locator("[data-studio=theme]").click()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))
    page.reload()
    page.locator(".st-stage").wait_for()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))


def test_chinese_comes_from_the_browser_and_from_the_switch(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    expect(page.locator("#create")).to_have_text("开始创作")
    page.locator("#prompt textarea").fill("两张狐狸贴纸")
    expect(page.locator("#understood")).to_contain_text("理解为图片")
    page.locator("#settings > button").click()
    expect(page.locator("#option-style")).to_contain_text("风格")
    expect(page.locator("#option-style input")).to_have_value("不限")
    page.locator("[data-studio=language]").click()
    expect(page.locator("#create")).to_have_text("Create")
    expect(page.locator("#understood")).to_contain_text("Reads as a picture")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_keyboard_alone_makes_a_picture(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    page.locator("#prompt textarea").fill("a cat made without a mouse")
    page.locator("#prompt textarea").press("Control+Enter")
    assert done(page)


def test_files_are_given_by_whole_ids_only(visit: Visit, address: str) -> None:
    for path in (
        "studio/file/all/..%2f..%2flibrary.sqlite",
        "studio/file/all/a",
        "studio/file/x/y",
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + path, timeout=PATIENCE_S)
        assert refused.value.code == 404
