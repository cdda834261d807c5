"""For every test: an empty home of its own, and no way out to the network."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from studio.core import Job, Request, resolve
from studio.engine import Engine
from studio.store import Store

# A busy machine takes its time; what must be quick has a benchmark.
settings.register_profile("studio", deadline=None)
settings.load_profile("studio")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("STUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        is_local = self.family == getattr(socket, "AF_UNIX", None) or (
            isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1", "localhost")
        )
        if not is_local:
            raise RuntimeError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


def toy_job(prompt: str = "a red cat", seed: int = 7, **params: Any) -> Job:
    """One job of the toy family."""
    return resolve(Request(prompt, family="toy", seed=seed, params=params))[0]
