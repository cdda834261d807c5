"""Models on another machine: pictures by a real server on a port of this one."""

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.remote import address, client
from studio import core, tag
from studio.cli import main
from studio.core import Request, resolve
from studio.engine import Engine
from studio.errors import (
    Cancelled,
    PipelineError,
    RequestError,
    ResourceError,
    StudioError,
)
from studio.rights.verify import verify
from studio.spec import Step
from studio.store import Store
from tests.tiny.server import Reply, Tiny, answer, running, wav

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """One that the studio is set up for."""
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 0.01)
    with running() as found:
        monkeypatch.setenv(address.URL_VARIABLE, found.url)
        yield found


def picture(path: Path, width: int = 96, height: int = 64) -> Path:
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)
    return path


def make(engine: Engine, **params: object) -> core.Artifact:
    request = Request(
        "a red cat", family="remote-image", seed=7, params={"width": 64, "height": 64, **params}
    )
    return next(core.generate(request, engine=engine, store=Store()))


def refusal(server: Tiny, engine: Engine, reply: Reply, **params: object) -> StudioError:
    """What a person is told of that answer, in one line that names the address."""
    server.answers = lambda asked: reply
    with pytest.raises(StudioError) as caught:
        make(engine, **params)
    text = str(caught.value)
    assert "\n" not in text and f"{server.url}/images/generations" in text
    return caught.value


def test_a_prompt_becomes_a_tagged_file_that_says_who_made_it(
    server: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        ["make", "a red cat", "--model", "remote-image", "--seed", "7", "--out", str(tmp_path)]
        + ["--set", "width=72", "height=64", "steps=9", "served_model=Qwen/Qwen-Image"]
    )
    told = capsys.readouterr()
    assert code == 0, told.err
    assert f"the prompt goes to {server.url}" in told.err
    path = Path(told.out.strip())
    assert Image.open(path).size == (72, 64)
    asked = server.asked[0].json
    assert asked["prompt"] == "a red cat" and asked["size"] == "72x64" and asked["seed"] == 7
    assert asked["num_inference_steps"] == 9 and asked["model"] == "Qwen/Qwen-Image"
    assert "guidance_scale" not in asked, "what nobody set is left to the server"
    record = tag.read(path)
    assert record is not None and record.family_licence == "LicenseRef-Unknown"
    assert record.told["model"] == "Qwen/Qwen-Image"
    assert record.told["host"] == server.url.split("/")[2]
    assert record.params["base_url"] == server.url
    assert main(["show", str(path)]) == 0
    assert "the server's model" in capsys.readouterr().out


def test_a_replay_asks_the_same_server_and_gets_the_same(server: Tiny, engine: Engine) -> None:
    made = make(engine)
    assert core.check(made.path, engine=engine).is_same
    assert server.asked[0].json == server.asked[1].json


def test_the_licence_that_a_person_states_is_recorded(server: Tiny, engine: Engine) -> None:
    assert make(engine, licence="Apache-2.0").record.family_licence == "Apache-2.0"


def test_a_private_record_tells_neither_the_prompt_nor_the_server(
    server: Tiny, engine: Engine
) -> None:
    found = json.loads(answer_to_images(server).body)
    found["data"][0]["revised_prompt"] = "a crimson cat on a sofa"
    server.answers = lambda asked: Reply(body=json.dumps(found).encode())
    assert make(engine).record.told["prompt"] == "a crimson cat on a sofa"
    request = Request(
        "a red cat", family="remote-image", private=True, params={"width": 64, "height": 64}
    )
    made = next(core.generate(request, engine=engine, store=Store()))
    kept = made.record.to_json()
    assert "crimson" not in kept and "127.0.0.1" not in kept


def answer_to_images(server: Tiny) -> Reply:
    from tests.tiny.server import Asked

    return answer(Asked("POST", "/v1/images/generations", {}, {"size": "64x64", "seed": 7}))


@pytest.mark.parametrize(
    ("interface", "mask_field"), [("vllm-omni", "mask_image"), ("openai", "mask")]
)
def test_a_picture_to_change_goes_along_and_keeps_its_shape(
    interface: str, mask_field: str, server: Tiny, engine: Engine, tmp_path: Path
) -> None:
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    params = {"server": interface, "image": picture(tmp_path / "in.png")}
    request = Request(
        "make it winter",
        family="remote-image",
        seed=7,
        params={**params, "mask": tmp_path / "mask.png", "reference": picture(tmp_path / "r.png")},
    )
    made = next(core.generate(request, engine=engine, store=Store()))
    form = server.asked[0].form
    assert server.asked[0].path == "/v1/images/edits"
    assert form["prompt"] == [b"make it winter"] and form["size"] == [b"1256x840"]
    assert len(form.get("image", []) + form.get("image[]", [])) == 2
    sent = Image.open(_file(form[mask_field][0], tmp_path))
    left = sent.getpixel((0, 0))
    assert left == (255 if interface == "vllm-omni" else (0, 0, 0, 0))
    assert ("seed" in form) == (interface == "vllm-omni"), "OpenAI's interface has no seed"
    assert {each.field for each in made.record.inputs} == {"image", "mask", "reference"}


def _file(data: bytes, folder: Path) -> Path:
    (folder / "sent.png").write_bytes(data)
    return folder / "sent.png"


def test_a_link_on_the_same_server_is_followed_with_the_key(
    server: Tiny, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address.KEY_VARIABLE, KEY)
    data = json.loads(answer_to_images(server).body)["data"][0]["b64_json"]

    def answers(asked: object) -> Reply:
        if server.asked[-1].method == "GET":
            import base64

            return Reply(body=base64.b64decode(data), headers={"content-type": "image/png"})
        return Reply(body=b'{"data": [{"url": "/v1/images/7/content"}]}')

    server.answers = answers
    assert make(engine).path.is_file()
    assert [each.path for each in server.asked][1] == "/v1/images/7/content"
    assert {each.headers["authorization"] for each in server.asked} == {f"Bearer {KEY}"}


def test_a_link_to_another_server_is_not_followed(server: Tiny, engine: Engine) -> None:
    server.answers = lambda asked: Reply(body=b'{"data": [{"url": "http://evil.example/a.png"}]}')
    with pytest.raises(PipelineError, match=r"a link to evil\.example, which is not followed"):
        make(engine)


def test_a_size_that_the_server_did_not_keep_is_told(server: Tiny, engine: Engine) -> None:
    reply = answer_to_images(server)
    server.answers = lambda asked: reply
    made = make(engine, width=128)
    assert made.notes == ("asked for 128x64, the server made 64x64",)
    assert made.record.told["differs"] == made.notes[0]


def test_the_key_is_shown_to_its_server_and_is_nowhere_else(
    server: Tiny,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(address.KEY_VARIABLE, KEY)
    made = make(engine)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in made.path.read_bytes() and KEY not in caplog.text
    assert KEY not in repr(address.find(""))
    echo = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'
    error = refusal(server, engine, Reply(401, echo.encode()))
    assert isinstance(error, RequestError) and KEY not in str(error)
    assert "answered 401: Incorrect API key provided: ***; it refuses the key" in str(error)


def test_a_key_never_goes_to_an_address_that_it_was_not_written_down_for(
    server: Tiny, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address.KEY_VARIABLE, KEY)
    with running() as other:
        make(engine, base_url=other.url)
        assert "authorization" not in other.asked[0].headers


def test_server_and_keys_may_stand_in_a_file_that_only_its_owner_reads(
    server: Tiny, engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(address.URL_VARIABLE)
    file = home / address.FILE
    file.write_text(f'url = "{server.url}"\n[keys]\n"{server.url}/" = "{KEY}"\n')
    file.chmod(0o600)
    make(engine)
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    if os.name == "posix":
        file.chmod(0o644)
        with pytest.raises(RequestError, match="can be read by others; run: chmod 600"):
            make(engine)


def test_visitors_of_a_hosted_page_cannot_name_a_server(
    server: Tiny, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    assert make(engine).path.is_file()
    with running() as other, pytest.raises(RequestError, match="is not open to visitors"):
        make(engine, base_url=other.url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("gpu-box:8000", "is no address of a server"),
        ("ftp://gpu-box/v1", "is no address of a server"),
        ("http://gpu-box:99999/v1", "is no address of a server"),
        (f"http://me:{KEY}@gpu-box/v1", "has a name or password in it"),
        ("http://gpu-box/v1?key=7", "has more than a path"),
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str, told: str) -> None:
    with pytest.raises(RequestError, match=told) as caught:
        resolve(Request("a cat", family="remote-image", params={"base_url": url}))
    assert KEY not in str(caught.value)


def test_without_a_server_it_says_how_to_name_one(engine: Engine) -> None:
    with pytest.raises(RequestError, match="no server is named; give --set base_url=http://"):
        make(engine)


def test_busy_servers_are_asked_again_when_they_say_so(server: Tiny, engine: Engine) -> None:
    def answers(asked: object) -> Reply:
        if len(server.asked) < 3:
            return Reply(429, b"{}", {"retry-after": "0"})
        return answer_to_images(server)

    server.answers = answers
    assert make(engine).path.is_file() and len(server.asked) == 3


def test_a_server_that_stays_busy_is_given_up(server: Tiny, engine: Engine) -> None:
    reply = Reply(429, b'{"error": "rate limit"}', {"retry-after": "0"})
    error = refusal(server, engine, reply)
    assert isinstance(error, ResourceError) and "answered 429: rate limit" in str(error)
    assert len(server.asked) == client.TRIES
    error = refusal(server, engine, Reply(503, b"{}", {"retry-after": "3600"}), timeout_s=5)
    assert "answered 503" in str(error), "an hour is more than five seconds"


def test_what_it_may_have_begun_is_not_asked_twice(server: Tiny, engine: Engine) -> None:
    whole = answer_to_images(server)
    error = refusal(server, engine, Reply(body=whole.body, headers=whole.headers, cut=50))
    assert isinstance(error, PipelineError) and "broke off" in str(error)
    error = refusal(server, engine, Reply(500, b'{"detail": "CUDA out of memory"}'))
    assert "answered 500: CUDA out of memory; see the server's log" in str(error)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(200, b"<html>hello</html>", {"content-type": "text/html"}), r"no JSON \(text/html"),
        (Reply(200, b'{"data": []}'), "without a picture: its JSON has no data"),
        (Reply(200, b'{"data": [{"b64_json": "%%%"}]}'), "b64_json is no base64"),
        (Reply(200, b'{"data": [{"b64_json": "aGVsbG8="}]}'), "is not a picture"),
        (Reply(200, b'{"data": [{"b64_json": null}]}'), "neither b64_json nor url"),
        (Reply(200, b"[" * 100_000), "no JSON"),
        (Reply(200, b"hello", {"content-type": "image/png"}), "is not a picture"),
        (Reply(400, b'{"detail": "Invalid size\\u001b[31m"}'), r"answered 400: Invalid size \[31m"),
        (Reply(422, b'{"detail": [{"loc": ["body", "size"], "msg": "bad"}]}'), "422: size: bad"),
        (Reply(404, b"", {}), "answered 404; check base_url and served_model"),
        (Reply(307, b"", {"location": "http://elsewhere/v1"}), "moved to http://elsewhere/v1"),
    ],
)
def test_an_answer_that_is_no_picture_is_told_in_one_line(
    reply: Reply, told: str, server: Tiny, engine: Engine
) -> None:
    error = refusal(server, engine, reply)
    assert isinstance(error, (RequestError, PipelineError))
    pytest.raises(StudioError, lambda: (_ for _ in ()).throw(error)).match(told)
    assert len(server.asked) == 1


def test_an_answer_without_end_is_cut_short(
    server: Tiny, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.remote import pictures

    monkeypatch.setattr(pictures, "MAX_ANSWER_BYTES", 100_000)
    reply = Reply(body=b" " * 200_000)
    assert "more than 0 MB" in str(refusal(server, engine, reply))


def test_a_server_that_takes_too_long_is_given_up(server: Tiny, engine: Engine) -> None:
    error = refusal(server, engine, Reply(stall_s=20), timeout_s=1)
    assert isinstance(error, ResourceError) and "no answer within 1 s" in str(error)
    assert server.hung_up.wait(5)


def test_nobody_at_the_address_is_told(engine: Engine) -> None:
    with running() as gone:
        url = gone.url
    with pytest.raises(ResourceError, match="cannot be reached .* start the server"):
        make(engine, base_url=url)


def test_cancelling_hangs_up_while_the_server_works(server: Tiny, engine: Engine) -> None:
    server.answers = lambda asked: Reply(stall_s=30)
    job = resolve(Request("a red cat", family="remote-image", seed=7))[0]

    def cancel(step: Step) -> None:
        if server.asked:
            raise Cancelled

    started = time.monotonic()
    with pytest.raises(Cancelled):
        engine.run(job, cancel)
    assert server.hung_up.wait(5) and time.monotonic() - started < 10


def test_it_is_listed_but_never_chosen_by_itself(
    server: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve(Request("a picture of a red cat"))[0].family.name != "remote-image"
    assert main(["models"]) == 0
    row = next(r for r in capsys.readouterr().out.splitlines() if r.startswith("remote-image"))
    assert "here" in row and "LicenseRef-Unknown" in row


def test_options_that_an_interface_lacks_are_refused() -> None:
    params = {"server": "openai", "steps": 9}
    with pytest.raises(RequestError, match="steps is unknown to server openai"):
        resolve(Request("a cat", family="remote-image", params=params))


def song(engine: Engine, **params: object) -> core.Artifact:
    request = Request(
        "calm rain on a tin roof",
        family="remote-song",
        seed=7,
        params={"duration_s": 4, **params},
        format="flac",
    )
    return next(core.generate(request, engine=engine, store=Store()))


def test_a_song_of_a_server_is_marked_signed_and_of_unknown_terms(
    server: Tiny, engine: Engine
) -> None:
    made = song(engine, served_model="stabilityai/stable-audio-open-1.0", steps=100)
    asked = server.asked[0]
    assert asked.path == "/v1/audio/generate"
    assert asked.json == {
        "input": "calm rain on a tin roof",
        "response_format": "wav",
        "audio_length": 4.0,
        "model": "stabilityai/stable-audio-open-1.0",
        "seed": 7,
        "num_inference_steps": 100,
    }
    assert made.record.told["model"] == "stabilityai/stable-audio-open-1.0"
    report = verify(made.path, Store().home)
    assert report.record is not None and report.record.terms.commercial == "unknown"
    assert "LicenseRef-Unknown" in report.record.terms.licences, "beside that of its cover"


def test_a_stated_licence_joins_the_rights_of_a_song(server: Tiny, engine: Engine) -> None:
    made = song(engine, licence="LicenseRef-scancode-stability-ai-community-2024")
    report = verify(made.path, Store().home)
    assert report.record is not None and report.record.terms.revenue_cap_usd == 1_000_000


def test_a_length_that_the_server_did_not_keep_is_told(server: Tiny, engine: Engine) -> None:
    reply = Reply(body=wav(3, 7), headers={"content-type": "audio/wav"})
    server.answers = lambda asked: reply
    assert song(engine).record.told["differs"] == "asked for 4 s, the server made 3.0 s"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"data": []}'),
        Reply(200, b"RIFF", {"content-type": "audio/wav"}),
        Reply(200, wav(3, 7)[:-4000], {"content-type": "audio/wav"}),
    ],
)
def test_an_answer_that_is_no_sound_is_told(reply: Reply, server: Tiny, engine: Engine) -> None:
    server.answers = lambda asked: reply
    with pytest.raises(PipelineError, match=r"audio/generate answered 200 without a sound: "):
        song(engine)
