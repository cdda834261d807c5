"""The page in a real browser: library, presets, phone, colours, languages, keyboard, addresses."""

import re
import urllib.error
import urllib.request

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import expect

from tests.page.steps import Visit, choose_toy, create, done
from tests.servers import PATIENCE_S

pytestmark = pytest.mark.timeout(900)


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


def test_the_models_tab_says_what_each_model_takes_here_and_allows(visit: Visit) -> None:
    page = visit()
    page.get_by_role("tab", name="Models").click()
    own = page.locator(".st-model[data-name=pocket-image]")
    expect(own.locator(".st-chip")).to_have_text("here")
    far = page.locator(".st-model[data-name=sdxl]")
    expect(far.locator(".st-chip")).to_contain_text("to download")
    expect(far.locator("dl")).not_to_be_visible()
    far.locator("summary").click()
    expect(far).to_contain_text("CreativeML")
    expect(far).to_contain_text("studio models pull sdxl")
    expect(far).to_contain_text("May I use it commercially?")
