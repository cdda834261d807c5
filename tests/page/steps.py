"""What a person does on the page, in a word."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

Visit = Callable[..., Page]


def choose_toy(page: Page) -> None:
    page.locator("#settings > button").click()
    page.locator("#family input").click()
    page.locator("[role=option]", has_text="toy").click()
    page.locator("#option-colour").wait_for()


def choose_toy_song(page: Page) -> None:
    page.get_by_role("radio", name="Song").click()
    page.locator("#settings > button").click()
    page.locator("#option-lyrics").wait_for()
    family = page.locator("#family input")
    if family.count():
        page.evaluate("document.querySelector('#option-lyrics').dataset.old = ''")
        family.click()
        page.locator("[role=option]", has_text="toy-song").click()
        # Drawn anew for the other family.
        page.locator("#option-lyrics:not([data-old])").wait_for()
        page.wait_for_timeout(1000)


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


def drop(page: Page, file: Path, mime: str = "image/png") -> None:
    """What the browser sends when a file is let go over the page."""
    transfer = page.evaluate_handle(
        """([name, bytes, mime]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: mime }));
            return transfer;
        }""",
        [file.name, list(file.read_bytes()), mime],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.locator(".st-canvas").dispatch_event(event, {"dataTransfer": transfer})
