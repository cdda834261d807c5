"""`studio serve` as a script sees it: the address when it is up, a password beyond this machine.

Run: python -m pytest tests/test_cli_serve.py
"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.cli import main, service

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@contextmanager
def served(*argv: str, **variables: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A running server, and the address that it printed."""
    run = [sys.executable, "-m", "studio", "serve", "--port", str(free_port()), "--json", *argv]
    environment = {**os.environ, **variables}
    with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdout
        try:
            yield json.loads(running.stdout.readline())["url"], running
        finally:
            running.terminate()
            running.wait(timeout=30)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_printed_address_answers_and_a_signal_ends_it():
    with served() as (url, running):
        assert status_of(url) == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0


def test_beyond_this_machine_a_password_is_asked_for():
    with served("--host", "0.0.0.0", STUDIO_AUTH="me:secret") as (url, running):
        local = url.replace("0.0.0.0", "127.0.0.1")
        assert status_of(f"{local}config") == 401
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0


def test_a_taken_port_is_found_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["serve", "--port", port]) == 3
    err = capsys.readouterr().err
    assert port in err and "--port" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("localhost.example.org", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, is_ours: bool):
    assert service.is_loopback(host) is is_ours


def test_a_password_may_hold_colons():
    assert service.read_auth("me:a:b") == ("me", "a:b")
