"""Clips by a model on another machine: a real server on a port of this one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipelines import remote_video
from pipelines.remote import address, client, clips
from studio import core, tag
from studio.cli import main
from studio.core import Request, resolve
from studio.engine import Engine
from studio.errors import Cancelled, PipelineError, RequestError, ResourceError, StudioError
from studio.media import Video
from studio.spec import Step
from studio.store import Store
from studio.videos.probe import probe
from tests.tiny.server import Asked, Reply, Tiny, answer, mp4, running

SMALL = {"width": 64, "height": 64, "duration_s": 0.5, "fps": 16, "soundtrack": "none"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """One that the studio is set up for, which is looked at without long pauses."""
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(clips, "FIRST_PAUSE_S", 0.01)
    with running() as found:
        monkeypatch.setenv(address.URL_VARIABLE, found.url)
        yield found


def job(**params: object) -> core.Job:
    given = {**SMALL, **params}
    return resolve(Request("a red fox runs", family="remote-video", seed=7, params=given))[0]


def made(steps: list[Step] | None = None, **params: object) -> Video:
    found = Engine().run(job(**params), (steps if steps is not None else []).append)
    assert isinstance(found, Video)
    return found


def looks(server: Tiny, *found: dict[str, Any]) -> None:
    """The server's job as it is seen at one look after another; the last one stays."""
    waiting = list(found)

    def answers(asked: Asked) -> Reply:
        if asked.method == "GET" and not asked.path.endswith("/content"):
            return Reply(body=json.dumps(waiting.pop(0) if waiting[1:] else waiting[0]).encode())
        return answer(asked)

    server.answers = answers


def test_a_prompt_becomes_a_tagged_clip_that_says_who_made_it(
    server: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        ["make", "a red fox runs", "--model", "remote-video", "--seed", "7", "--out", str(tmp_path)]
        + ["--set", *(f"{name}={value}" for name, value in SMALL.items())]
        + ["steps=9", "guidance=5", "negative_prompt=blur", "served_model=Wan-AI/Wan2.1"]
    )
    told = capsys.readouterr()
    assert code == 0, told.err
    assert f"the prompt goes to {server.url}" in told.err
    path = Path(told.out.strip())
    facts = probe(path)
    assert (facts.width, facts.height, facts.fps, facts.frames) == (64, 64, 16, 8)
    create, look, fetch = server.asked
    assert create.headers["content-type"].startswith("multipart/form-data")
    assert {name: value[0].decode() for name, value in create.form.items()} == {
        "prompt": "a red fox runs", "model": "Wan-AI/Wan2.1", "seed": "7",
        "width": "64", "height": "64", "num_frames": "8", "fps": "16",
        "num_inference_steps": "9", "guidance_scale": "5.0", "negative_prompt": "blur",
    }  # fmt: skip
    assert look.path.startswith("/v1/videos/64-64-8-16-7") and fetch.path == look.path + "/content"
    record = tag.read(path)
    assert record is not None and record.family_licence == "LicenseRef-Unknown"
    assert record.told["model"] == "tiny" and record.told["id"] == "64-64-8-16-7"


def test_the_interface_of_openai_is_asked_in_whole_seconds_and_the_clip_is_cut(
    server: Tiny,
) -> None:
    def answers(asked: Asked) -> Reply:
        if asked.path.endswith("/content"):
            return Reply(body=mp4((64, 64), 16, 16, 7), headers={"content-type": "video/mp4"})
        return answer(asked)

    server.answers = answers
    found = made(server="openai")
    form = {name: value[0].decode() for name, value in server.asked[0].form.items()}
    assert form == {"prompt": "a red fox runs", "seconds": "1", "size": "64x64"}
    assert len(found.frames) == 8 and "differs" not in found.told


def test_progress_is_told_as_the_server_tells_it(server: Tiny) -> None:
    states = [("queued", 0), ("in_progress", 45), ("in_progress", 20), ("completed", 100)]
    looks(server, *({"status": status, "progress": percent} for status, percent in states))
    steps: list[Step] = []
    made(steps)
    told = [each.index for each in steps]
    assert told == sorted(told) and sorted(set(told)) == list(range(1, remote_video.STEPS + 1))
    assert told.count(8) >= 2, "45 % of all but the last step; what goes back is not told"


def test_a_picture_to_start_from_goes_along_and_gives_its_shape(
    server: Tiny, tmp_path: Path
) -> None:
    picture = tmp_path / "first.png"
    Image.fromarray(np.full((90, 160, 3), 90, np.uint8)).save(picture)
    found = made(image=picture, width=None, height=None)
    sent = server.asked[0].form["input_reference"][0]
    assert sent.startswith(b"\x89PNG")
    assert abs(found.width / found.height - 160 / 90) < 0.05


def test_what_the_server_made_otherwise_is_told(server: Tiny) -> None:
    def answers(asked: Asked) -> Reply:
        if asked.path.endswith("/content"):
            return Reply(body=mp4((96, 64), 5, 16, 7), headers={"content-type": "video/mp4"})
        return answer(asked)

    server.answers = answers
    assert made().told["differs"] == (
        "asked for 64x64, 8 frames at 16 a second, the server made 96x64, 5 frames at 16 a second"
    )


def test_the_same_seed_makes_the_same_clip(server: Tiny, engine: Engine) -> None:
    request = Request("a fox", family="remote-video", seed=7, params=SMALL)
    first = next(core.generate(request, engine=engine, store=Store()))
    assert core.check(first.path, engine=engine).is_same


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (
            {"status": "failed", "error": {"message": "CUDA out of memory\n at"}},
            "failed there: CUDA out of memory at; see the server's log",
        ),
        ({"status": "failed", "error": None}, "failed there: status 'failed'"),
        ({"status": "expired"}, "failed there: status 'expired'"),
        ({}, "failed there: status ''"),
        ([], "without a clip: its JSON is no job"),
    ],
)
def test_a_job_that_fails_there_is_told_in_one_line(state: Any, told: str, server: Tiny) -> None:
    looks(server, state)
    with pytest.raises(PipelineError) as caught:
        made()
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../models", "", ".", None, "a b", "x" * 300])
def test_a_job_without_a_proper_name_is_not_followed(name: Any, server: Tiny) -> None:
    server.answers = lambda asked: Reply(body=json.dumps({"id": name, "status": "queued"}).encode())
    with pytest.raises(PipelineError, match="answered 200 without a clip: its job has no id"):
        made()
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>sorry</html>", mp4((64, 64), 8, 16, 7)[:-200]])
def test_an_answer_that_is_no_clip_is_told(body: bytes, server: Tiny) -> None:
    def answers(asked: Asked) -> Reply:
        if asked.path.endswith("/content"):
            return Reply(body=body, headers={"content-type": "video/mp4"})
        return answer(asked)

    server.answers = answers
    with pytest.raises(PipelineError, match=r"/content answered 200 without a clip: video/mp4, "):
        made()


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (Reply(401, b'{"detail": "no"}'), RequestError, "answered 401: no; it wants a key"),
        (Reply(404, b"", {}), RequestError, "answered 404; check base_url and served_model"),
        (Reply(422, b'{"detail": "frames must be 4k+1"}'), RequestError, "422: frames must be"),
        (Reply(200, b"hello", {"content-type": "text/plain"}), PipelineError, "no JSON"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    reply: Reply, kind: type[StudioError], told: str, server: Tiny
) -> None:
    server.answers = lambda asked: reply
    with pytest.raises(kind) as caught:
        made()
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_cancelling_gives_the_job_up_there_too(server: Tiny) -> None:
    looks(server, {"status": "in_progress", "progress": 10})

    def cancel(step: Step) -> None:
        if len(server.asked) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        Engine().run(job(), cancel)
    last = server.asked[-1]
    assert (last.method, last.path) == ("DELETE", "/v1/videos/64-64-8-16-7")


def test_a_job_that_takes_too_long_is_given_up(server: Tiny) -> None:
    looks(server, {"status": "queued"})
    with pytest.raises(ResourceError, match=r"made no clip within 1 s; raise timeout_s"):
        made(timeout_s=1)
    assert server.asked[-1].method == "DELETE"


def test_a_music_video_is_not_asked_of_a_server(server: Tiny) -> None:
    with pytest.raises(RequestError, match="one scene at a time; leave out scenes"):
        job(scenes=True, soundtrack="song")
    assert not server.asked
