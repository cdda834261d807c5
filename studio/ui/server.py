"""Serves the page and its API in one process, at home and as a Space.

Knows where and how to serve, not what is on the page.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

from studio.engine import Engine
from studio.ui import space, words
from studio.ui.desk import Desk
from studio.ui.page import build
from studio.ui.theme import CSS, theme
from studio.ui.web import app_options

Login = tuple[str, str] | list[tuple[str, str]] | None

# Events that wait, of all visitors together. Given, because ZeroGPU would else allow one.
_MAX_WAITING = 64
# A quarter of an hour of sound without loss.
_MAX_UPLOAD = "256mb"


def serve(
    host: str | None = None,
    port: int | None = None,
    auth: Login = None,
    *,
    engine: Engine | None = None,
    show_hidden: bool = False,
    is_waiting: bool = True,
    on_ready: Callable[[str], None] | None = None,
) -> gr.Blocks:
    """Serve until interrupted, or return at once when not `is_waiting`.

    Host and port come from GRADIO_SERVER_NAME and GRADIO_SERVER_PORT when not given, as a Space
    sets them; else it is this machine only, on the first free port from 7860. `on_ready` is
    called with the address once the page answers.
    """
    # Nothing about this machine or its use leaves it.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    desk = Desk(engine, is_public=space.is_space(), show_hidden=show_hidden)
    page = build(desk).queue(max_size=_MAX_WAITING, default_concurrency_limit=4)
    page.launch(**_launch_options(desk, host, port, auth), prevent_thread_lock=True)
    threading.Thread(target=desk.warm, name="studio-warm", daemon=True).start()
    if on_ready is not None:
        on_ready(str(page.local_url))
    if is_waiting:
        _wait(page, desk)
    return page


def _launch_options(desk: Desk, host: str | None, port: int | None, auth: Login) -> dict[str, Any]:
    return {
        "server_name": host,
        "server_port": port,
        "auth": auth,
        "app_kwargs": app_options(desk),
        "i18n": words.i18n(),
        "theme": theme(),
        "css_paths": list(CSS),
        "footer_links": ["api"],
        "max_file_size": _MAX_UPLOAD,
        # Runs are in the library already; a second copy in the browser would surprise.
        "run_history": False,
        "ssr_mode": False,
        "share": False,
        "show_error": True,
        "quiet": True,
        "pwa": False,
        # The framework would give up when its own first answer takes longer than three seconds,
        # as on a busy machine it may.
        "_frontend": False,
    }


def _wait(page: gr.Blocks, desk: Desk) -> None:
    """Until interrupted; then stop jobs at their next step and let go of the port."""
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    desk.jobs.close()
    page.close(verbose=False)
