"""A server in the manner of OpenAI on a port of this machine, which paints and plays by formula.

What it is asked it remembers; how it answers can be set for one test (`Tiny.answers`). One that is
shared by a process is at `url()`.
"""

import base64
import functools
import io
import json
import socket
import subprocess
import tempfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from studio.sounds.ffmpeg import program


@dataclass
class Asked:
    """One request as the server got it. `form` holds fields and files of a form, by name."""

    method: str
    path: str
    headers: dict[str, str]
    json: dict[str, Any] = field(default_factory=dict)
    form: dict[str, list[bytes]] = field(default_factory=dict)

    def field(self, name: str, default: str = "") -> str:
        """A field of a form, as text."""
        return self.form.get(name, [default.encode()])[0].decode()

    @property
    def seed(self) -> int:
        given = self.json.get("seed") or int(self.form.get("seed", [b"0"])[0])
        return int(given)


@dataclass
class Reply:
    """What the server answers. `stall_s`: how long it does nothing first."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    stall_s: float = 0.0
    cut: int = 0
    """Hang up this many bytes before the end."""


Answering = Callable[[Asked], Reply]


class Tiny(ThreadingHTTPServer):
    """Answers by formula, or as `answers` says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.answers: Answering = answer
        self.hung_up = threading.Event()
        """Set when somebody left before the answer came."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Tiny  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/json"):
            self._answer({"json": json.loads(data)})
        else:
            self._answer({"form": _form(kind, data)})

    do_DELETE = do_GET

    def _answer(self, found: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, **found)
        self.server.asked.append(asked)
        reply = self.server.answers(asked)
        if self._is_left_within(reply.stall_s):
            self.server.hung_up.set()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) - reply.cut])
        self.close_connection = self.close_connection or reply.cut > 0

    def _is_left_within(self, seconds: float) -> bool:
        """Whether whoever asked hangs up in this time."""
        end = time.monotonic() + seconds
        self.connection.setblocking(False)
        try:
            while time.monotonic() < end:
                time.sleep(0.02)
                try:
                    if not self.connection.recv(1, socket.MSG_PEEK):
                        return True
                except BlockingIOError:
                    continue
                except OSError:
                    return True
            return False
        finally:
            self.connection.setblocking(True)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _form(kind: str, data: bytes) -> dict[str, list[bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(
        b"content-type: " + kind.encode() + b"\n\n" + data
    )
    found: dict[str, list[bytes]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found.setdefault(name, []).append(payload)
    return found


def answer(asked: Asked) -> Reply:
    """What a well-behaved server answers."""
    if asked.path.startswith("/v1/images/"):
        size = asked.json.get("size") or asked.form["size"][0].decode()
        text = base64.b64encode(png(size, asked.seed)).decode()
        found = {"created": 1_701_234_567, "data": [{"b64_json": text, "url": None}]}
        return Reply(body=json.dumps(found).encode())
    if asked.path == "/v1/audio/generate":
        sound = wav(asked.json["audio_length"], asked.seed)
        return Reply(body=sound, headers={"content-type": "audio/wav"})
    if asked.path.startswith("/v1/videos"):
        return _answer_to_clips(asked)
    return Reply(404, b'{"detail": "Not Found"}')


def _answer_to_clips(asked: Asked) -> Reply:
    """A job that is done at the second look; its id says all that it is to make."""
    if asked.method == "POST":
        names = ("width", "height", "num_frames", "fps", "seed")
        job = "-".join(asked.field(name, "0") for name in names)
        return Reply(body=json.dumps({"id": job, "status": "queued", "progress": 0}).encode())
    job = asked.path.removeprefix("/v1/videos/").removesuffix("/content")
    if asked.path.endswith("/content"):
        width, height, frames, fps, seed = map(int, job.split("-"))
        body = mp4((width, height), frames, fps, seed)
        return Reply(body=body, headers={"content-type": "video/mp4"})
    found = {"id": job, "status": "completed", "progress": 100, "model": "tiny"}
    return Reply(body=json.dumps(found).encode())


def png(size: str, seed: int) -> bytes:
    """A picture of that size, such as "64x64", in a colour and grain of the seed's."""
    width, height = map(int, size.split("x"))
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def mp4(size: tuple[int, int], frames: int, fps: float, seed: int) -> bytes:
    """A clip of plain frames in colours of the seed's choice, without sound."""
    colours = np.random.default_rng(seed).integers(0, 256, (frames, 1, 1, 3), np.uint8)
    pixels = np.broadcast_to(colours, (frames, size[1], size[0], 3)).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        given = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}")
        command = [program(), "-v", "error", *given, "-r", str(fps), "-i", "-"]
        command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)]
        subprocess.run(command, input=pixels, check=True, timeout=60)
        return path.read_bytes()


def wav(duration_s: float, seed: int) -> bytes:
    """A chord of the seed's choice, stereo at 44.1 kHz in 16 bits."""
    t = np.arange(round(duration_s * 44_100)) / 44_100
    tones = np.random.default_rng(seed).uniform(110, 880, (2, 3))
    waves = np.sin(2 * np.pi * tones[..., None] * t).mean(1) * 0.5
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes((waves.T * 32767).astype("<i2").tobytes())
    return file.getvalue()


@contextmanager
def running() -> Iterator[Tiny]:
    """A server for one test."""
    server = Tiny()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@functools.lru_cache
def url() -> str:
    """Of a server that lives as long as the process."""
    server = Tiny()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server.url
