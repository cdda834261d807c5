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
