"""The page's server, the browser, and a fresh visitor for each test."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import PATIENCE_S, free_port, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.page.steps import Visit

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
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page-home")


@pytest.fixture(scope="module")
def address(shared_home: Path, chromium: str) -> Iterator[str]:
    """The page, served by a process of its own as soon as there is a browser to look at it."""
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
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium: `make test` installs it, or `apt-get install chromium`")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: "Browser", address: str) -> "Iterator[Visit]":
    """Open the page as a new visitor; at the end nothing may have gone wrong or gone out."""
    from playwright.sync_api import expect

    requested: list[str] = []
    failures: list[str] = []
    pages: list[Page] = []

    def go(
        width: int = 1440, height: int = 900, locale: str = "en-US", dark: bool = False
    ) -> "Page":
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
