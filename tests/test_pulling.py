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
from PIL import Image

from pipelines.open import randoms
from tests.tiny import tiny, z_image
from tests.tiny.looks import FILE

COMMIT = "a" * 40


@dataclass
class Hub:
    """Repositories, owner/tiny and others, with the files of a folder; counts what is sent.

    `others`: by their names; those of another owner by their ids.
    """

    folder: Path
    others: dict[str, Path] = field(default_factory=dict)
    card: dict[str, object] = field(default_factory=dict)
    """What the cards of all of them state."""

    sent: list[str] = field(default_factory=list)
    breaks_at: str = ""
    """A file after half of which the line goes dead, once."""

    is_gone: bool = False
    """Whether nothing more is answered once it broke."""

    def at(self, repository: str) -> Path | None:
        name = repository.removeprefix("owner/")
        return self.folder if name == "tiny" else self.others.get(name)

    def files(self, folder: Path | None = None) -> list[str]:
        folder = folder or self.folder
        return [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]

    def tree(self, folder: Path | None = None) -> list[dict]:
        found = []
        folder = folder or self.folder
        for name in self.files(folder):
            data = (folder / name).read_bytes()
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
        if self.hub.is_gone and not self.hub.breaks_at:
            self.close_connection = True
            return
        if path.startswith("/api/models/owner/gated"):
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"}, has_body)
            return
        if path.startswith("/api/models/stabilityai/stable-audio-3-medium"):
            files = [{"rfilename": "model.safetensors"}, {"rfilename": "model_config.json"}]
            self._json({"id": "of/its/own", "sha": COMMIT, "siblings": files}, has_body)
            return
        api = "/api/models/"
        repository = "/".join(path.removeprefix(api).strip("/").split("/")[:2])
        folder = self.hub.at(repository)
        if folder is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, has_body)
        elif path.startswith(f"{api}{repository}/tree/"):
            self._json(self.hub.tree(folder), has_body)
        elif path.startswith(api):
            siblings = [{"rfilename": name} for name in self.hub.files(folder)]
            about = {"id": repository, "sha": COMMIT, "siblings": siblings}
            self._json({**about, "cardData": self.hub.card}, has_body)
        else:
            self._file(folder, path.partition(f"{COMMIT}/")[2], has_body)

    def _json(self, what: object, has_body: bool) -> None:
        self._send(200, json.dumps(what).encode(), {"Content-Type": "application/json"}, has_body)

    def _file(self, folder: Path, name: str, has_body: bool) -> None:
        data = (folder / name).read_bytes()
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


PART = """
from pipelines.open.checkpoints import PART_INDEX, is_here, weights
(found,) = weights("owner/tiny/vae", "MIT", PART_INDEX)
print(is_here("owner/tiny"), found.revision, found.model, found.path.parent.name)
"""


def test_a_part_of_a_repository_can_be_pulled_by_itself(
    hub: tuple[Hub, str], tmp_path: Path
) -> None:
    pulled = studio(tmp_path, hub[1], "models", "pull", "owner/tiny/vae")
    assert pulled.returncode == 0, pulled.stderr
    asked = {"vae/config.json", "vae/diffusion_pytorch_model.safetensors"}
    assert asked <= set(hub[0].sent) <= {*asked, "README.md", "LICENSE"}
    env = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    found = subprocess.run(
        [sys.executable, "-c", PART], env=env, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["False", COMMIT, "owner/tiny/vae", "vae"]


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


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"license": "apache-2.0"}, "(Apache-2.0, by its card)"),
        (
            {"license": "other", "license_name": "my-own-terms"},
            "(LicenseRef-my-own-terms, by its card; its terms are not known here: read "
            "https://huggingface.co/owner/tiny first)",
        ),
        ({}, "(its card states no licence: read https://huggingface.co/owner/tiny first)"),
    ],
)
def test_the_licence_on_the_card_is_told_before_the_download(
    hub: tuple[Hub, str], tmp_path: Path, card: dict[str, object], told: str
) -> None:
    hub[0].card = card
    done = studio(tmp_path, hub[1], "models", "pull", "owner/tiny/settings")
    assert done.returncode == 0 and told in done.stderr.splitlines()[0]


def test_a_lora_by_itself_is_pulled_and_used(hub: tuple[Hub, str], tmp_path: Path) -> None:
    from diffusers import ZImagePipeline

    from tests.test_open_lora import write

    folder = tmp_path / "lora"
    folder.mkdir()
    write(ZImagePipeline.from_pretrained(hub[0].folder), folder / "adapter_model.safetensors")
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n# A style")
    (folder / "adapter_config.json").write_text("{}")
    hub[0].others["style"] = folder
    pulled = studio(tmp_path, hub[1], "models", "pull", "owner/style")
    assert pulled.returncode == 0, pulled.stderr
    given = ["width=32", "height=32", f"checkpoint={hub[0].folder}", "adapter=owner/style"]
    made = studio(
        tmp_path, "http://127.0.0.1:9", "make", "a cat", "--model", "z-image", "--set", *given
    )
    assert made.returncode == 0, made.stderr
    shown = studio(tmp_path, "http://127.0.0.1:9", "show", made.stdout.strip(), "--json")
    assert json.loads(shown.stdout)["family_licence"] == "LicenseRef-Unknown AND CC-BY-4.0"


def test_an_ip_adapter_brings_the_encoder_that_its_name_asks_for(
    hub: tuple[Hub, str], tmp_path: Path
) -> None:
    folder, picture = tmp_path / "looks", tmp_path / "seen.png"
    made_of = tiny("sdxl", "build_ip_adapter")
    shutil.copytree(made_of / "image_encoder", folder / "models" / "image_encoder")
    (folder / "models" / "image_encoder" / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "sdxl_models" / "image_encoder").mkdir(parents=True)
    shutil.copy(made_of / FILE, folder / "sdxl_models" / "ip-adapter_toy_vit-h.safetensors")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    Image.new("RGB", (80, 80), "red").save(picture)
    hub[0].others["looks"] = folder
    name = "owner/looks/sdxl_models/ip-adapter_toy_vit-h.safetensors"
    pulled = studio(tmp_path, hub[1], "models", "pull", name)
    assert pulled.returncode == 0, pulled.stderr
    here = Path(pulled.stdout.strip())
    assert sorted(str(each.relative_to(here)) for each in here.rglob("*.*")) == [
        "README.md",
        "models/image_encoder/config.json",
        "models/image_encoder/model.safetensors",
        "sdxl_models/ip-adapter_toy_vit-h.safetensors",
    ]
    given = [f"checkpoint={tiny('sdxl')}", f"reference={picture}", f"ip_adapter={name}"]
    given += ["width=64", "height=64", "steps=2"]
    off = "http://127.0.0.1:9"
    made = studio(tmp_path, off, "make", "a cat", "--model", "sdxl", "--set", *given)
    assert made.returncode == 0, made.stderr
    shown = json.loads(studio(tmp_path, off, "show", made.stdout.strip(), "--json").stdout)
    assert shown["family_licence"] == "LicenseRef-Unknown AND Apache-2.0"
    assert {each["revision"] for each in shown["weights"]} == {"local", COMMIT}


def test_a_repository_of_several_files_asks_for_one(hub: tuple[Hub, str], tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    folder.mkdir()
    for kind in ("Q4_0", "Q8_0"):
        randoms.pack(hub[0].folder / "text_encoder", folder / f"model-{kind}.gguf", kind)
    hub[0].others["packed"] = folder
    several = studio(tmp_path, hub[1], "models", "pull", "owner/packed")
    assert several.returncode == 2 and several.stderr.count("\n") == 1
    asks = "has 2 files of weights by themselves; name one, such as owner/packed/model-Q4_0.gguf"
    assert asks in several.stderr
    one = studio(tmp_path, hub[1], "models", "pull", "owner/packed/model-Q8_0.gguf")
    assert one.returncode == 0 and (Path(one.stdout.strip()) / "model-Q8_0.gguf").is_file()
    assert "what it needs beside it is for you to find: checkpoint 'model-Q8_0" in one.stderr


BASE = "Tongyi-MAI/Z-Image-Turbo"


@pytest.fixture
def packed_hub(hub: tuple[Hub, str], tmp_path: Path) -> tuple[Hub, str]:
    """A GGUF file in owner/packed, and the model that it was made from."""
    folder = tmp_path / "packed"
    folder.mkdir()
    randoms.pack(hub[0].folder / "transformer", folder / "small.gguf")
    hub[0].others |= {"packed": folder, BASE: hub[0].folder}
    return hub


def test_a_gguf_file_brings_the_rest_of_its_model_and_not_what_it_stands_for(
    packed_hub: tuple[Hub, str], tmp_path: Path
) -> None:
    hub, url = packed_hub
    (hub.others["packed"] / "README.md").write_text(f"---\nbase_model: {BASE}\n---\n# Small")
    hub.card = {"license": "apache-2.0", "base_model": BASE}
    pulled = studio(tmp_path, url, "models", "pull", "owner/packed/small.gguf")
    assert pulled.returncode == 0, pulled.stderr
    told = pulled.stderr.splitlines()
    assert told[0].startswith("owner/packed at aaaaaaaaaaaa: ")
    assert told[1].startswith(f"with it comes {BASE}/without-transformer at aaaaaaaaaaaa: ")
    assert "to come of" in told[1] and "Apache-2.0: any use" in told[1]
    assert "pulling" not in told[0] + told[1], "sizes come before the download"
    weights = [name for name in hub.sent if name.endswith(("safetensors", "gguf"))]
    assert "small.gguf" in weights and "text_encoder/model.safetensors" in weights
    assert not any(name.startswith("transformer") for name in weights)
    given = ("--set", "width=32", "--set", "height=32", "--model", "z-image", "--set")
    offline = (tmp_path, "http://127.0.0.1:9", "make", "a cat", *given)
    made = studio(*offline, "checkpoint=owner/packed/small.gguf")
    assert made.returncode == 0, made.stderr
    whole = studio(*offline, f"checkpoint={BASE}")
    assert whole.returncode == 2, "all but its transformer is no model by itself"
    assert f"get it with: studio models pull {BASE}" in whole.stderr.splitlines()[-1]


def test_a_gguf_file_whose_card_says_nothing_tells_its_model_itself(
    packed_hub: tuple[Hub, str], tmp_path: Path
) -> None:
    hub, url = packed_hub
    largest = max(hub.tree(hub.folder / "text_encoder"), key=lambda each: each["size"])["path"]
    hub.breaks_at = f"text_encoder/{largest}"
    pulled = studio(tmp_path, url, "models", "pull", "owner/packed/small.gguf", "--json")
    assert pulled.returncode == 0, pulled.stderr
    assert f"with it comes {BASE}/without-transformer" in pulled.stderr
    assert hub.sent.count(f"text_encoder/{largest}") == 2, "what broke off was gone on with"
    again = studio(tmp_path, url, "models", "pull", f"{BASE}/without-transformer")
    assert again.returncode == 0 and "0.0 MB to come" in again.stderr


def test_half_a_download_is_no_checkpoint_and_is_gone_on_with(
    hub: tuple[Hub, str], tmp_path: Path
) -> None:
    largest = max(hub[0].tree(), key=lambda each: each["size"])["path"]
    hub[0].breaks_at, hub[0].is_gone = largest, True
    broken = studio(tmp_path, hub[1], "models", "pull", "owner/tiny")
    assert broken.returncode == 3 and "Traceback" not in broken.stderr
    assert "what came so far is kept: connect and pull again" in broken.stderr.splitlines()[-1]
    used = ("make", "a cat", "--model", "z-image", "--set", "checkpoint=owner/tiny")
    early = studio(tmp_path, hub[1], *used)
    told = early.stderr.splitlines()
    assert early.returncode == 2 and [line.startswith("error:") for line in told] == [False, True]
    assert "get it with: studio models pull owner/tiny" in told[-1]
    hub[0].is_gone = False
    again = studio(tmp_path, hub[1], "models", "pull", "owner/tiny")
    assert again.returncode == 0, again.stderr
    here = Path(again.stdout.strip()) / largest
    assert here.read_bytes() == (hub[0].folder / largest).read_bytes()
