"""The page in a real browser: a song is heard, followed, taken apart, told about and taken back."""

import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright: pip install -e .[dev]")

from playwright.sync_api import Page, expect

from studio import tag
from tests.page.steps import Visit, choose_toy_song, create, done, drop

pytestmark = pytest.mark.timeout(900)

LYRICS = "[verse]\nHello, little moon, how bright!\n[chorus]\n月亮代表我的心"


def give(page: Page, option: str, value: str) -> None:
    """Set an option and wait until the page has it."""
    field = page.locator(f"#option-{option}").locator("textarea, input[type=number]").first
    with page.expect_response(lambda answer: "gradio_api/run" in answer.url):
        # All at once, as it is pasted.
        field.fill(value)
        field.press("Tab")
    page.wait_for_timeout(500)


def make(page: Page, prompt: str, seconds: int = 8) -> str:
    choose_toy_song(page)
    give(page, "lyrics", LYRICS)
    give(page, "duration_s", str(seconds))
    create(page, prompt)
    return done(page)


def song_file(home: Path, words: str) -> Path:
    return next(each for each in (home / "outputs").glob(f"*{words}*.flac"))


def shows_waveform(page: Page) -> bool:
    """Whether the canvas has more than the line of the position on it."""
    return page.locator(".st-song .st-wave canvas").first.evaluate(
        """canvas => {
            const { width, height } = canvas;
            const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
            let drawn = 0;
            for (let at = 3; at < pixels.length; at += 4) drawn += pixels[at] > 0;
            return drawn > width * height / 10;
        }"""
    )


def test_a_song_plays_and_its_words_and_chords_follow(
    visit: Visit, shared_home: Path, tmp_path: Path
) -> None:
    page = visit()
    make(page, "a toy song of the moon")
    song = page.locator(".st-stage .st-song")
    expect(song.locator(".st-facts")).to_contain_text("120 bpm")
    expect(song.locator(".st-sections")).to_contain_text("Chorus")
    expect(song.locator(".st-lyrics p").first).to_have_text("Hello, little moon, how bright!")
    expect(song.locator("[data-whole]")).to_have_text("0:08")
    page.wait_for_function("document.querySelector('.st-song audio').readyState > 0")
    assert shows_waveform(page)
    song.locator("[data-play]").click()
    expect(song.locator("[data-play]")).to_have_attribute("aria-label", "Pause")
    expect(song.locator("[data-now]")).to_have_text("0:01")
    song.locator("[data-play]").click()
    song.locator(".st-lyrics span", has_text="代").first.click()
    expect(song.locator(".st-lyrics p.is-now").first).to_have_text("月亮代表我的心")
    expect(song.locator(".st-chords .is-now")).to_have_count(1)
    song.locator("[data-play]").click()
    song.locator("[role=slider]").press("End")
    expect(song.locator("[data-now]")).to_have_text(re.compile("0:0[78]"))

    rights = page.locator(".st-rights")
    expect(rights).to_contain_text("May I use it commercially?")
    expect(rights).to_contain_text("Yes, always")
    with page.expect_download() as download:
        song.get_by_role("link", name="MIDI").click()
    download.value.save_as(tmp_path / "score.mid")
    assert (tmp_path / "score.mid").read_bytes().startswith(b"MThd")
    with page.expect_download() as download:
        page.locator(".st-stage .st-actions a[download]").click()
    download.value.save_as(tmp_path / "song.flac")
    record = tag.read(tmp_path / "song.flac")
    assert record is not None and record.prompt == "a toy song of the moon"

    again = visit()
    drop(again, song_file(shared_home, "toy-song-of-the-moon"), "audio/flac")
    expect(again.locator("#news")).to_contain_text("are back")
    expect(again.locator("#prompt textarea")).to_have_value("a toy song of the moon")
    again.locator("#settings > button").click()
    expect(again.locator("#option-lyrics textarea")).to_have_value(LYRICS)


def test_stems_are_heard_alone_or_left_out_and_stay_in_place(visit: Visit) -> None:
    page = visit()
    make(page, "a toy song in parts", seconds=20)
    song = page.locator(".st-stage .st-song")
    page.locator("[data-stems] summary").click()
    expect(song.locator(".st-stem")).to_have_count(4)
    song.locator("[data-play]").click()
    song.locator(".st-stem [data-solo]").first.click()
    expect(song.locator(".st-stem.is-silent")).to_have_count(3)
    expect(song.locator("[data-busy]")).to_be_hidden()
    audio = song.locator("audio")
    expect(song.locator("[data-play]")).to_have_attribute("aria-label", "Pause")
    page.wait_for_function("document.querySelector('.st-song audio').paused")
    before = song.locator("[data-now]").text_content()
    expect(song.locator("[data-now]")).not_to_have_text(before or "")
    song.locator(".st-stem [data-solo]").first.click()
    song.locator(".st-stem [data-mute]").last.click()
    expect(song.locator(".st-stem.is-silent")).to_have_count(1)
    song.locator(".st-stem [data-mute]").last.click()
    expect(song.locator(".st-stem.is-silent")).to_have_count(0)
    page.wait_for_function("!document.querySelector('.st-song audio').paused")
    assert float(audio.evaluate("audio => audio.currentTime")) > 0.5
    assert page.locator("[data-trouble]").is_hidden()


def test_a_song_in_the_library_has_a_cover_and_plays_without_its_parts(
    visit: Visit, shared_home: Path
) -> None:
    page = visit(390, 844, dark=True, locale="zh-CN")
    other = visit()
    make(other, "a toy song left alone", seconds=4)
    file = song_file(shared_home, "toy-song-left-alone")
    page.get_by_role("tab", name="作品库").click()
    tile = page.locator(".st-tile", has_text="a toy song left alone")
    expect(tile.locator("i")).to_have_attribute("title", "歌曲")
    tile.click()
    expect(page.locator(".st-sheet .st-rights")).to_contain_text("可以商用吗？")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".st-sheet [data-act=close]").click()

    shutil.rmtree(file.with_suffix(".parts"))
    tile.click()
    expect(page.locator(".st-sheet .st-song")).to_be_visible()
    expect(page.locator(".st-sheet [data-whole]")).to_have_text("0:04")
    page.locator("[data-play]").click()
    expect(page.locator("[data-now]")).to_have_text("0:01")
    assert shows_waveform(page)
    page.locator(".st-sheet [data-act=delete]").click()
    page.locator("[data-act=delete-now]").click()
    expect(page.locator(".st-tile", has_text="a toy song left alone")).to_have_count(0)
    assert not file.exists()


def test_a_picture_to_start_from_is_offered_only_where_one_can_go_in(visit: Visit) -> None:
    page = visit()
    start = page.locator("#start")
    expect(start).to_be_visible()
    page.get_by_role("radio", name="Song").click()
    expect(start).to_be_hidden()
    page.get_by_role("radio", name="Video").click()
    expect(start).to_be_visible()


def test_a_chinese_page_tells_in_chinese_what_cannot_be(visit: Visit) -> None:
    page = visit(locale="zh-CN")
    page.get_by_role("radio", name="歌曲").click()
    page.locator("#create").click()
    expect(page.locator("#news")).to_have_text("提示词为空；请写下想做什么")
    page.get_by_role("radio", name="图片").click()
    page.locator("#settings > button").click()
    width = page.locator("#option-width input[type=number]")
    width.press_sequentially("99")
    width.press("Tab")
    expect(width).to_have_value("2048")
    expect(page.locator(".toast-body")).to_have_count(0)
    page.locator("#reset").click()
    expect(width).to_have_value("512")
