"""A clip as a server makes it: the job that is created, watched, fetched, or given up.

vLLM-Omni, SGLang and OpenAI have the same job endpoints: POST /videos, GET /videos/ID until it is
completed or failed, GET /videos/ID/content. Knows no family.
"""

import math
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines.remote import client
from pipelines.remote.address import Address
from studio.errors import PipelineError, RequestError, ResourceError, StudioError
from studio.media import Video
from studio.videos.decode import read_clip

MAX_ANSWER_BYTES = 2_000_000_000
DONE_PERCENT = 100
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
"""Between two looks at a job: short ones are seen soon, long ones cost few requests."""

_ABORT_S = 5.0
_WAITING = ("queued", "in_progress", "processing", "pending", "running")
_ID = re.compile(r"[\w.-]{1,200}")
OnPercent = Callable[[int], None]
"""Told how much is done, 0 to 100, again and again; what it raises gives the job up."""


def made(
    server: Address, question: client.Question, on_percent: OnPercent
) -> tuple[client.Answer, dict[str, Any], Video]:
    """Have a clip made.

    Args:
        question: what creates the job; its `timeout_s` is for all of it.

    Returns:
        The server's last word on the job, the JSON in it, and the clip.

    Raises:
        StudioError: as `client.ask`; the job failed, took too long, or gave no clip.
    """
    until = time.monotonic() + question.timeout_s
    percent = 0

    def on_wait() -> None:
        on_percent(percent)

    answer = client.ask(server, question, on_wait)
    job = _job(answer)
    path, pause_s = f"/videos/{_id(answer, job)}", FIRST_PAUSE_S
    try:
        while not _is_over(answer, job):
            percent = max(percent, _percent(job))
            on_wait()
            client.pause(min(pause_s, _left_s(answer, until, question)), on_wait)
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
            limit_s = _left_s(answer, until, question)
            answer = client.ask(server, client.Question(path, timeout_s=limit_s), on_wait)
            job = _job(answer)
    except BaseException:
        _give_up(server, path)
        raise
    percent = DONE_PERCENT
    content = client.Question(
        f"{path}/content",
        timeout_s=_left_s(answer, until, question),
        max_bytes=question.max_bytes,
    )
    return answer, job, _decoded(client.ask(server, content, on_wait))


def _job(answer: client.Answer) -> dict[str, Any]:
    found = answer.json()
    if not isinstance(found, dict):
        raise _no_clip(answer, "its JSON is no job")
    return found


def _id(answer: client.Answer, job: Mapping[str, Any]) -> str:
    """The name of a job, which becomes part of an address."""
    name = job.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name) or not name.strip("."):
        raise _no_clip(answer, "its job has no id")
    return name


def _is_over(answer: client.Answer, job: Mapping[str, Any]) -> bool:
    status = str(job.get("status", ""))[:40]
    if status == "completed":
        return True
    if status in _WAITING:
        return False
    error = job.get("error")
    words = error.get("message") if isinstance(error, dict) else error
    said = client.plain(str(words or f"status {status!r}"))
    raise PipelineError(f"{answer.url}: the clip failed there: {said}; see the server's log")


def _percent(job: Mapping[str, Any]) -> int:
    found = job.get("progress")
    if not isinstance(found, (int, float)) or not math.isfinite(found):
        return 0
    # A server that says 100 has the file to write yet.
    return min(max(int(found), 0), DONE_PERCENT - 1)


def _left_s(answer: client.Answer, until: float, question: client.Question) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise ResourceError(
            f"{answer.url} made no clip within {question.timeout_s:g} s; raise timeout_s, "
            "or ask for something smaller"
        )
    return left_s


def _give_up(server: Address, path: str) -> None:
    """Tell the server that nobody waits any more; whether it heard changes nothing here."""
    question = client.Question(path, timeout_s=_ABORT_S, method="DELETE")
    try:
        client.ask(server, question, lambda: None)
    except StudioError:
        return


def _decoded(answer: client.Answer) -> Video:
    """The clip that came back.

    Raises:
        PipelineError: there is none in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.mp4"
        path.write_bytes(answer.body)
        try:
            return read_clip(path)
        except RequestError as error:
            why = str(error).partition(";")[0]
            raise _no_clip(answer, f"{answer.media_type or 'no media type'}, {why}") from error


def _no_clip(answer: client.Answer, why: str) -> PipelineError:
    return PipelineError(
        f"{answer.url} answered {answer.status} without a clip: {why}; "
        "check base_url, and that the server's model makes clips"
    )
