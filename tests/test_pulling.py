"""Pulling weights from a server that answers as the Hugging Face Hub does, on this machine."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.tiny import z_image

COMMIT = "a" * 40


@dataclass
class Hub:
    """One repository, owner/tiny, with the files of a folder; counts what is sent."""

    folder: Path
    sent: list[str] = field(default_factory=list)
    breaks_at: str = ""
    """A file after half of which the line goes dead, once."""

    def files(self) -> list[str]:
        return [str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()]

    def tree(self) -> list[dict]:
        found = []
        for name in self.files():
            data = (self.folder / name).read_bytes()
            oid = hashlib.sha256(data).hexdigest()
            about = {"type": "file", "path": name, "size": len(data), "oid": oid[:40]}
            if name.endswith(".safetensors"):
                about["lfs"] = {"oid": oid, "size": len(data), "pointerSize": 100}
            found.append(about)
        return found


class Answer(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def _answer(self, has_body: bool) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/owner/gated"):
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"}, has_body)
        elif path.startswith("/api/models/stabilityai/stable-audio-3-medium"):
            files = [{"rfilename": "model.safetensors"}, {"rfilename": "model_config.json"}]
            self._json({"id": "of/its/own", "sha": COMMIT, "siblings": files}, has_body)
        elif path.startswith("/api/models/owner/tiny/tree/"):
            self._json(self.hub.tree(), has_body)
        elif path.startswith("/api/models/owner/tiny"):
            siblings = [{"rfilename": name} for name in self.hub.files()]
            self._json({"id": "owner/tiny", "sha": COMMIT, "siblings": siblings}, has_body)
        elif path.startswith(f"/owner/tiny/resolve/{COMMIT}/"):
            self._file(path.partition(f"{COMMIT}/")[2], has_body)
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, has_body)

    def _json(self, what: object, has_body: bool) -> None:
        self._send(200, json.dumps(what).encode(), {"Content-Type": "application/json"}, has_body)

    def _file(self, name: str, has_body: bool) -> None:
        data = (self.hub.folder / name).read_bytes()
        etag = hashlib.sha256(data).hexdigest()
        start = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data))}
        if has_body:
            self.hub.sent.append(f"{name} from {start}" if start else name)
        if has_body and name == self.hub.breaks_at:
            self.hub.breaks_at = ""
            self._send(200, data[: len(data) // 2], headers, has_body, len(data))
            self.close_connection = True
            return
        self._send(206 if start else 200, data[start:], headers, has_body)

    def _send(
        self, code: int, body: bytes, headers: dict, has_body: bool, length: int | None = None
    ) -> None:
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if has_body:
            self.wfile.write(body)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    z_image.build(folder)
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    shutil.copy(
        folder / "vae" / "diffusion_pytorch_model.safetensors",
        folder / "vae" / "diffusion_pytorch_model.fp16.safetensors",
    )
    # Beside what its index names, as some publish it.
    (folder / "vae_1_0").mkdir()
    shutil.copy(folder / "vae" / "diffusion_pytorch_model.safetensors", folder / "vae_1_0")
    shutil.copy(
        folder / "vae" / "diffusion_pytorch_model.safetensors", folder / "whole.safetensors"
    )
    return folder


@pytest.fixture
def hub(weights: Path) -> Iterator[tuple[Hub, str]]:
    hub = Hub(weights)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Answer,), {"hub": hub}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield hub, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def studio(home: Path, url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "HF_HOME": str(home / "hf"), "HF_ENDPOINT": url, "STUDIO_HOME": str(home)}
    env |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0", "HF_HUB_ETAG_TIMEOUT": "2"}
    return subprocess.run(
        [sys.executable, "-m", "studio", *words], env=env, capture_output=True, text=True
    )


def test_what_is_pulled_can_be_used_offline_and_removed(
    hub: tuple[Hub, str], tmp_path: Path
) -> None:
    pulled = studio(tmp_path, hub[1], "models", "pull", "owner/tiny")
    assert pulled.returncode == 0, pulled.stderr
    assert "owner/tiny at aaaaaaaaaaaa: " in pulled.stderr
    unwanted = (".bin", "fp16", "vae_1_0", "whole")
    assert not [name for name in hub[0].sent if any(word in name for word in unwanted)]
    sent = len(hub[0].sent)
    small = ("--set", "width=32", "--set", "height=32", "--set", "checkpoint=owner/tiny")
    made = studio(tmp_path, "http://127.0.0.1:9", "make", "a cat", "--model", "z-image", *small)
    assert made.returncode == 0, made.stderr
    shown = studio(tmp_path, "http://127.0.0.1:9", "show", made.stdout.strip(), "--json")
    assert {each["revision"] for each in json.loads(shown.stdout)["weights"]} == {COMMIT}
    assert len(hub[0].sent) == sent
    removed = studio(tmp_path, hub[1], "models", "remove", "owner/tiny")
    assert removed.returncode == 0 and "freed" in removed.stderr
    again = studio(tmp_path, hub[1], "make", "a cat", "--model", "z-image", *small)
    assert again.returncode == 2 and "studio models pull owner/tiny" in again.stderr


def test_one_file_can_be_pulled_by_itself(hub: tuple[Hub, str], tmp_path: Path) -> None:
    pulled = studio(tmp_path, hub[1], "models", "pull", "owner/tiny/whole.safetensors")
    assert pulled.returncode == 0, pulled.stderr
    assert [name for name in hub[0].sent if "safetensors" in name] == ["whole.safetensors"]
    assert (Path(pulled.stdout.strip()) / "whole.safetensors").is_file()
    settings = studio(tmp_path, hub[1], "models", "pull", "owner/tiny/settings")
    assert settings.returncode == 0, settings.stderr
    assert "tokenizer/tokenizer.json" in hub[0].sent
    assert [name for name in hub[0].sent if "safetensors" in name] == ["whole.safetensors"]
    wrong = studio(tmp_path, hub[1], "models", "pull", "owner/tiny/whale.safetensors")
    assert wrong.returncode == 2
    assert "no file 'whale.safetensors'; did you mean whole.safetensors" in wrong.stderr
    removed = studio(tmp_path, hub[1], "models", "remove", "owner/tiny")
    assert removed.returncode == 0 and "freed" in removed.stderr


def test_a_line_that_goes_dead_costs_nothing_but_time(hub: tuple[Hub, str], tmp_path: Path) -> None:
    largest = max(hub[0].tree(), key=lambda each: each["size"])["path"]
    hub[0].breaks_at = largest
    done = studio(tmp_path, hub[1], "models", "pull", "owner/tiny", "--json")
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "owner/tiny at aaaaaaaaaaaa",
        "pulling owner/tiny",
    ]
    assert hub[0].sent.count(largest) == 2
    here = Path(json.loads(done.stdout)["folder"]) / largest
    assert here.read_bytes() == (hub[0].folder / largest).read_bytes()
    again = studio(tmp_path, hub[1], "models", "pull", "owner/tiny")
    assert "0.0 MB to come" in again.stderr and hub[0].sent.count(largest) == 2


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("owner/none", 2, "no checkpoint 'owner/none' on the Hub"),
        ("owner/gated", 2, "is gated: accept its terms"),
        ("no id at all", 2, "is no id; give owner/name"),
        ("stable-audio-3", 2, "is not published in the layout of diffusers; convert it with"),
        ("pocket-image", 2, "comes with the studio; there is nothing to pull"),
    ],
)
def test_what_cannot_be_pulled_is_one_line(
    hub: tuple[Hub, str], tmp_path: Path, name: str, code: int, words: str
) -> None:
    done = studio(tmp_path, hub[1], "models", "pull", name)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr and done.stderr.count("\n") == 1


def test_without_a_network_a_pull_says_so(tmp_path: Path) -> None:
    done = studio(tmp_path, "http://127.0.0.1:9", "models", "pull", "owner/tiny")
    assert done.returncode == 3
    assert "cannot be fetched from http://127.0.0.1:9" in done.stderr.splitlines()[-1]
