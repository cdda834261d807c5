"""The page's own routes and the head of its HTML, next to what the framework serves.

Files are asked for by opaque id, never by path. Knows no component.
"""

import html
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio import tag
from studio.errors import RequestError, StudioError
from studio.library import Artifact
from studio.spec import Kind
from studio.ui import icons, mending
from studio.ui.desk import Desk
from studio.ui.theme import SCRIPTS
from studio.ui.views import Picture


def picture(artifact: Artifact, shelf: str) -> Picture:
    """An artifact with its addresses, relative to the page."""
    end = f"{shelf}/{artifact.id}"
    kinds = ("file", "thumbnail", "parts", "before")
    return Picture(artifact, *(f"studio/{each}/{end}" for each in kinds))


def part(artifact: Artifact, name: str) -> Path:
    """A file in the folder beside a song.

    Raises:
        RequestError: there is no such file in it.
    """
    folder = artifact.parts
    # Only what lies in the folder itself counts as a name, so that none can lead out of it.
    names = (
        {each.relative_to(folder).as_posix(): each for each in folder.rglob("*")} if folder else {}
    )
    found = names.get(name)
    if found is None or found.is_symlink() or not found.is_file():
        raise RequestError(f"no {name[:80]!r} beside this song; download the song itself")
    return found


def app_options(desk: Desk) -> dict[str, Any]:
    """What the framework's application is made with."""

    async def file(request: Request) -> Response:
        return await _answer(request, lambda shelf, id: desk.entry(id, shelf).path)

    async def thumbnail(request: Request) -> Response:
        return await _answer(request, lambda shelf, id: desk.store(shelf).thumbnail(id))

    async def beside(request: Request) -> Response:
        name = request.path_params["name"]
        return await _answer(request, lambda shelf, id: part(desk.entry(id, shelf), name))

    async def before(request: Request) -> Response:
        return await _answer(request, lambda shelf, id: mending.before(desk, id, shelf))

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok")

    return {
        "routes": [
            Route("/studio/file/{shelf}/{id}", file),
            Route("/studio/thumbnail/{shelf}/{id}", thumbnail),
            Route("/studio/parts/{shelf}/{id}/{name:path}", beside),
            Route("/studio/before/{shelf}/{id}", before),
            Route("/healthz", health),
        ],
        "middleware": [Middleware(Head)],
    }


# The system's own table may lack these, or call them something that browsers do not play.
_MIMES = {
    **{
        f".{each.name}": each.mime
        for kind in get_args(Kind)
        for each in tag.formats_of(kind).values()
    },
    ".mid": "audio/midi",
    ".musicxml": "application/vnd.recordare.musicxml+xml",
    ".json": "application/json",
}


async def _answer(request: Request, find: Callable[[str, str], Any]) -> Response:
    if not _may_see(request):
        return PlainTextResponse("log in first", status_code=401)
    shelf, id = request.path_params["shelf"], request.path_params["id"]
    # An id in full: the library would also take the beginning of one.
    if not re.fullmatch(r"[0-9a-f]{32}", id):
        return PlainTextResponse("no such file", status_code=404)
    try:
        path = await run_in_threadpool(find, shelf, id)
    except StudioError as error:
        return PlainTextResponse(str(error), status_code=404)
    if not path.is_file():
        return PlainTextResponse("the file is no longer there", status_code=404)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(
        path,
        filename=path.name,
        media_type=_MIMES.get(path.suffix),
        content_disposition_type="inline",
        headers=headers,
    )


def _may_see(request: Request) -> bool:
    """The framework guards its own routes; these follow the same login."""
    app = request.app
    if app.auth is None and app.auth_dependency is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(request.cookies.get(name) in app.tokens for name in names)


class Head:
    """Puts the page's script and icon first in the HTML head, before the framework starts.

    The framework offers a place for scripts that runs only after it has chosen its language.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        script = "\n".join(each.read_text(encoding="utf-8") for each in SCRIPTS)
        icon = html.escape(icons.FAVICON, quote=True)
        self._head = f'<head><link rel="icon" href="{icon}"><script>{script}</script>'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._app(scope, receive, _Rewriter(send, self._head))
        else:
            await self._app(scope, receive, send)


class _Rewriter:
    """Holds back an HTML answer until it is whole, and changes its head."""

    def __init__(self, send: Callable[[Message], Awaitable[None]], head: bytes) -> None:
        self._send = send
        self._head = head
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b"<head>", self._head, 1)
        body = body.replace(b'content="Gradio"', b'content="Studio"')
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_html(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in message["headers"]
    )
