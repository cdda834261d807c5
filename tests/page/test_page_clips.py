"""The page in a real browser: a clip is made, watched, found again, and made of a picture."""

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from studio import tag
from tests.page.steps import Visit, choose_toy, create, done, drop

pytestmark = pytest.mark.timeout(900)


def choose_toy_clip(page: Page) -> None:
    page.get_by_role("radio", name="Video").click()
    page.locator("#settings > button").click()
    page.locator("#option-fps").wait_for()
    page.locator("#family input").click()
    page.locator("[role=option]", has_text="toy-clip").click()
    # Only the toy has it.
    page.locator("#option-step_seconds").wait_for()
    page.wait_for_timeout(1000)


def make(page: Page, prompt: str) -> str:
    choose_toy_clip(page)
    create(page, prompt)
    return done(page)


def clip_file(home: Path, words: str) -> Path:
    return next(each for each in (home / "outputs").glob(f"*{words}*.mp4"))


def is_playing(page: Page) -> None:
    page.wait_for_function("document.querySelector('.st-clip video').currentTime > 0.2")


def test_a_clip_plays_and_its_settings_come_back(
    visit: Visit, shared_home: Path, tmp_path: Path
) -> None:
    page = visit()
    make(page, "a toy clip of the moon")
    video = page.locator(".st-stage .st-clip video")
    expect(video).to_have_attribute("aria-label", "a toy clip of the moon")
    page.wait_for_function("document.querySelector('.st-clip video').readyState > 0")
    assert abs(float(video.evaluate("video => video.duration")) - 2) < 0.05
    assert video.evaluate("video => video.videoWidth") == 64
    page.wait_for_function(
        "fetch(document.querySelector('.st-clip video').poster).then(answer => answer.ok)"
    )
    video.evaluate("video => { video.muted = true; return video.play(); }")
    is_playing(page)
    expect(page.locator(".st-clip .st-facts")).to_contain_text("24 frames a second")
    with page.expect_download() as download:
        page.locator(".st-stage .st-actions a[download]").click()
    download.value.save_as(tmp_path / "clip.mp4")
    record = tag.read(tmp_path / "clip.mp4")
    assert record is not None and record.prompt == "a toy clip of the moon"

    again = visit()
    drop(again, clip_file(shared_home, "toy-clip-of-the-moon"), "video/mp4")
    expect(again.locator("#news")).to_contain_text("are back")
    expect(again.locator("#prompt textarea")).to_have_value("a toy clip of the moon")


def test_a_clip_in_the_library_has_a_poster_and_plays_on_a_phone(
    visit: Visit, shared_home: Path
) -> None:
    other = visit()
    make(other, "a toy clip in the hand")
    page = visit(390, 844, dark=True, locale="zh-CN")
    page.get_by_role("tab", name="作品库").click()
    tile = page.locator(".st-tile", has_text="a toy clip in the hand")
    expect(tile.locator("i")).to_have_attribute("title", "视频")
    page.wait_for_function("document.querySelector('.st-tile img').naturalWidth > 0")
    tile.click()
    page.locator(".st-sheet .st-clip video").evaluate(
        "video => { video.muted = true; video.play(); }"
    )
    is_playing(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".st-sheet [data-act=delete]").click()
    page.locator("[data-act=delete-now]").click()
    expect(tile).to_have_count(0)
    assert not list((shared_home / "outputs").glob("*toy-clip-in-the-hand*"))


def test_a_finished_picture_is_taken_along_to_be_moved(visit: Visit) -> None:
    page = visit()
    choose_toy(page)
    create(page, "a toy picture to move")
    done(page)
    page.get_by_role("button", name="Make it move").click()
    expect(page.get_by_role("radio", name="Video")).to_have_attribute("aria-checked", "true")
    expect(page.locator("#prompt textarea")).to_have_value("a toy picture to move")
    page.locator("#start-editor canvas").first.wait_for()
    expect(page.locator("#option-camera")).to_be_visible()


def test_a_clip_is_steadied_and_compared_with_what_it_was(visit: Visit) -> None:
    page = visit()
    first = make(page, "a toy clip to steady")
    page.get_by_role("button", name="Steady it").click()
    page.locator(f".st-stage[data-status=done]:not([data-id='{first}'])").wait_for()
    compare = page.locator(".st-stage [data-compare]")
    after, before = compare.locator("video").nth(0), compare.locator("video").nth(1)
    page.wait_for_function(
        "[...document.querySelectorAll('[data-compare] video')].every(v => v.readyState > 1)"
    )
    compare.get_by_role("slider").fill("20")
    assert "inset(0px 80% " in before.evaluate("v => getComputedStyle(v).clipPath")
    after.evaluate("video => { video.muted = true; video.currentTime = 1.2; }")
    page.wait_for_function("Math.abs(document.querySelector('.st-before').currentTime - 1.2) < 0.1")
    after.evaluate("video => video.play()")
    page.wait_for_function("document.querySelector('.st-before').currentTime > 1.4")
    page.locator(".st-scores summary").click()
    expect(page.locator(".st-scores")).to_contain_text("→")
    expect(page.locator(".st-told")).to_contain_text("moves")
    # What was evened out once is not offered to be so again.
    expect(page.get_by_role("button", name="Steady it")).to_have_count(0)
