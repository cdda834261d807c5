"""Asks a server over HTTP and waits for its answer, ready to hang up at any moment.

What may be asked again is asked again: a connection that never came about, and what the server
put off by 429 or 503 with Retry-After. What it may have begun is never asked twice. Knows no
family and nothing of pictures or sounds.
"""

import asyncio
import email.utils
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from pipelines.remote.address import KEY_VARIABLE, URL_VARIABLE, Address
from studio.errors import PipelineError, RequestError, ResourceError, StudioError

if TYPE_CHECKING:
    import httpx

HEARTBEAT_S = 0.25
"""How often somebody is asked whether to go on waiting."""

CONNECT_S = 10.0
TRIES = 4
FIRST_PAUSE_S = 0.25
MAX_ANSWER_BYTES = 1_000_000_000
_MAX_WORDS = 300
_T = TypeVar("_T")
Upload = tuple[str, tuple[str, bytes, str]]
"""A form's field, and the name, content and media type of its file."""


@dataclass(frozen=True)
class Question:
    """What is asked of a server. `path` is below its URL, such as "/images/generations".

    `body` goes as JSON, or as the fields of a form: beside `files`, or where `is_form`. Nothing at
    all: it is a GET, or what `method` says.
    """

    path: str
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    files: tuple[Upload, ...] = ()
    timeout_s: float = 600
    max_bytes: int = MAX_ANSWER_BYTES
    is_form: bool = False
    method: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """Raises PipelineError where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            got = self.media_type or "no media type"
            raise PipelineError(
                f"{self.url} answered {self.status} with what is no JSON ({got}); "
                "check that base_url is of a server for pictures, songs or clips"
            ) from error


def ask(server: Address, question: Question, on_wait: Callable[[], None]) -> Answer:
    """Ask, and wait for the whole answer.

    Args:
        on_wait: called again and again meanwhile; what it raises closes the connection.

    Raises:
        RequestError: the server refuses what was asked, or whoever asks.
        ResourceError: it cannot be reached, has no time, or took too long.
        PipelineError: it failed, or its answer is too large or broken off.
    """
    answer = asyncio.run(_watched(_asked(server, question), on_wait))
    if 200 <= answer.status < 300:
        return answer
    raise _refused(server, answer)


def pause(seconds: float, on_wait: Callable[[], None]) -> None:
    """Do nothing for a while; `on_wait` as in `ask`."""
    asyncio.run(_watched(asyncio.sleep(seconds), on_wait))


async def _watched(work: Coroutine[Any, Any, _T], on_wait: Callable[[], None]) -> _T:
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=HEARTBEAT_S)
            if not task.done():
                on_wait()
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _asked(server: Address, question: Question) -> Answer:
    import httpx

    url, until = server.url + question.path, time.monotonic() + question.timeout_s
    limits = httpx.Timeout(None, connect=min(CONNECT_S, question.timeout_s))
    # No redirects: the key would go where nobody wrote it down for.
    async with httpx.AsyncClient(timeout=limits, trust_env=not server.is_loopback) as client:
        request = _request(client, server, url, question)
        try:
            return await asyncio.wait_for(
                _until_answered(client, request, question.max_bytes, until), question.timeout_s
            )
        except asyncio.TimeoutError as error:  # its own class until Python 3.11
            raise ResourceError(
                f"{url} gave no answer within {question.timeout_s:g} s; raise timeout_s, "
                "or ask for something smaller"
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ResourceError(
                f"{url} cannot be reached ({_line(error)}); start the server, or check base_url"
            ) from error
        except httpx.HTTPError as error:
            raise PipelineError(
                f"{url} broke off ({_line(error)}); see the server's log, and try again"
            ) from error


def _request(
    client: "httpx.AsyncClient", server: Address, url: str, question: Question
) -> "httpx.Request":
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    if question.files or question.is_form:
        # Fields as parts without a file name, so that a form without files is of several parts too.
        fields: list[Any] = [(name, (None, str(text))) for name, text in question.body.items()]
        return client.build_request("POST", url, headers=headers, files=[*fields, *question.files])
    if question.body:
        return client.build_request("POST", url, headers=headers, json=dict(question.body))
    return client.build_request(question.method or "GET", url, headers=headers)


async def _until_answered(
    client: "httpx.AsyncClient", request: "httpx.Request", max_bytes: int, until: float
) -> Answer:
    """The answer to the last try."""
    import httpx

    for trial in range(1, TRIES + 1):
        usual_s = FIRST_PAUSE_S * 2**trial
        pause_s: float | None = usual_s
        try:
            answer = await _once(client, request, max_bytes)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if trial == TRIES:
                raise
        else:
            pause_s = _put_off_s(answer, usual_s)
            if pause_s is None or trial == TRIES or time.monotonic() + pause_s > until:
                return answer
        await asyncio.sleep(pause_s or 0)
    raise AssertionError("the last try returns or raises")


async def _once(client: "httpx.AsyncClient", request: "httpx.Request", max_bytes: int) -> Answer:
    response = await client.send(request, stream=True)
    try:
        found = bytearray()
        async for part in response.aiter_bytes():
            found += part
            if len(found) > max_bytes:
                raise PipelineError(
                    f"{request.url} answered with more than {max_bytes / 1e6:.0f} MB; "
                    "ask for something smaller"
                )
        return Answer(str(request.url), response.status_code, dict(response.headers), bytes(found))
    finally:
        await response.aclose()


def _put_off_s(answer: Answer, usual_s: float) -> float | None:
    """Seconds after which the server wants to be asked again; None where it does not."""
    wanted = answer.headers.get("retry-after", "").strip()
    if answer.status != 429 and not (answer.status == 503 and wanted):
        return None
    if wanted.isdigit():
        return float(wanted)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(wanted).timestamp() - time.time())
    except (TypeError, ValueError):
        return usual_s


def link(server: Address, path: str) -> str:
    """The path below a server's URL that a link in its answer means.

    Raises:
        PipelineError: it leads to another server.
    """
    found = urljoin(server.url + "/", path)
    if not found.startswith(server.url + "/") and urlsplit(path).netloc == "":
        # Links from the root, such as "/v1/images/1/content".
        root = "{0.scheme}://{0.netloc}".format(urlsplit(server.url))
        found = root + path
    if not found.startswith(server.url + "/"):
        raise PipelineError(
            f"{server.url} answered with a link to {urlsplit(found).netloc or 'a file'}, which is "
            "not followed; set the server to answer with the file itself (b64_json)"
        )
    return found.removeprefix(server.url)


def _refused(server: Address, answer: Answer) -> StudioError:
    """The error for an answer that is none."""
    words = _said(answer).replace(server.key, "***") if server.key else _said(answer)
    said = f"{answer.url} answered {answer.status}" + (f": {words}" if words else "")
    match answer.status:
        case 401 | 403:
            has = "refuses the key it was shown" if server.key else "wants a key"
            return RequestError(
                f"{said}; it {has}: set {URL_VARIABLE}={server.url} and {KEY_VARIABLE}"
            )
        case 429 | 503:
            return ResourceError(f"{said}; it has no room: try again later")
        case status if 300 <= status < 400:
            where = answer.headers.get("location", "elsewhere")
            return RequestError(f"{said}: it moved to {where[:200]}; give that as base_url")
        case 404 | 405:
            return RequestError(f"{said}; check base_url and served_model")
        case status if 400 <= status < 500:
            return RequestError(f"{said}; change the option it names, or the option server")
        case _:
            return PipelineError(f"{said}; see the server's log")


def _said(answer: Answer) -> str:
    """A server's own words for what is wrong, on one line."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        text = answer.body[:2000].decode("utf-8", "replace")
        return "" if "<html" in text.lower() else plain(text)
    if isinstance(found, dict):
        found = found.get("error") or found.get("detail") or found.get("message") or ""
    if isinstance(found, list):
        found = found[0] if found else ""
    if isinstance(found, dict):
        where = ".".join(str(part) for part in found.get("loc", ()) if part != "body")
        words = str(found.get("message") or found.get("msg") or "")
        return plain(f"{where}: {words}" if where else words)
    return plain(str(found))


def plain(text: str) -> str:
    """On one line, without what a terminal would obey."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _MAX_WORDS else line[: _MAX_WORDS - 1] + "…"


def _line(error: Exception) -> str:
    return plain(str(error)) or type(error).__name__
