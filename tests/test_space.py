"""The repository as a Hugging Face Space: `python app.py` with the host's environment.

The host's `spaces` package is played by a stand-in that keeps its rules: imported before torch,
functions marked before the launch, each call in a forked process, arguments and results pickled,
one step after another, stopped when the caller lets go, ended after a time. Whatever hangs is ended
within two minutes and says where it hung.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from studio import registry
from studio.errors import WeightsError
from tests.servers import PATIENCE_S, free_port, wait_for

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

ROOT = Path(__file__).resolve().parent.parent

# For one call or one script; below it the stand-in and the server say first where they hang.
LONGEST_S = 120

pytestmark = pytest.mark.timeout(3 * LONGEST_S)

SPACES = '''
"""Plays the host's package; keeps its rules."""
import faulthandler, functools, multiprocessing, os, pickle, sys
from multiprocessing.connection import wait
import gradio as gr

assert "torch" not in sys.modules, "spaces must be imported before torch"
_marked, _fork = [], multiprocessing.get_context("fork")
_launch = gr.Blocks.launch


def _checked_launch(*args, **kwargs):
    global _is_launched
    assert _marked, "No @spaces.GPU function detected during startup"
    _is_launched = True
    return _launch(*args, **kwargs)


_is_launched = False
gr.Blocks.launch = _checked_launch


def gradio_auto_wrap(task):
    return task


def GPU(task=None, *, duration=None, size=None):
    if task is None:
        return functools.partial(GPU, duration=duration, size=size)
    assert not _is_launched, "marked after the launch"

    def run(*args):
        seconds = duration(*args) if callable(duration) else duration
        with open(os.environ["SPACES_LOG"], "a") as log:
            log.write(f"{seconds}\\n")
        results, stop = _fork.SimpleQueue(), _fork.Event()
        child = _fork.Process(target=_child, args=(task, pickle.dumps(args), results, stop))
        child.start()
        try:
            while True:
                wait([results._reader, child.sentinel])
                if results.empty():
                    raise gr.Error("GPU task aborted")
                if (item := pickle.loads(results.get())) == "end":
                    return
                yield item
        finally:
            stop.set()
            child.join()

    run.zerogpu = None
    _marked.append(run)
    return run


def _child(task, args, results, stop):
    faulthandler.dump_traceback_later(90, exit=True)
    made = task(*pickle.loads(args))
    for item in made:
        if stop.is_set():
            made.close()
            break
        results.put(pickle.dumps(item))
    results.put(pickle.dumps("end"))
'''


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """The environment of a Space with ZeroGPU."""
    package = tmp_path / "host" / "spaces"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(SPACES))
    return {
        **os.environ,
        "PYTHONPATH": f"{package.parent}{os.pathsep}{ROOT}",
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/studio",
        "SPACES_ZERO_GPU": "true",
        "SPACES_LOG": str(tmp_path / "durations"),
        "STUDIO_HOME": str(tmp_path / "home"),
        "STUDIO_DEVICE": "cpu",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
        "PYTHONFAULTHANDLER": "1",
    }


def run_script(script: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=PIPE, stderr=PIPE, text=True
    ) as running:
        watch = threading.Timer(LONGEST_S, say_where_it_hangs, [running])
        watch.start()
        out, complaint = running.communicate()
        watch.cancel()
    assert running.returncode == 0, complaint
    return out


def say_where_it_hangs(running: "subprocess.Popen[Any]") -> None:
    """End a process; its fault handler writes what each thread was doing."""
    running.send_signal(signal.SIGABRT)


PRELUDE = """
import spaces
from studio.core import Request, resolve
from studio.errors import Cancelled, OutOfMemory
from studio.engine import Engine
from studio.ui.space import LentEngine
engine = LentEngine()
def job(**params):
    return resolve(Request("a cat", family="toy", seed=7, params=params))[0]
"""


def test_a_lent_gpu_makes_the_same_media_step_by_step(host: dict[str, str]) -> None:
    out = run_script(
        PRELUDE
        + """
steps = []
media = engine.run(job(steps=5), steps.append)
assert [step.index for step in steps] == [1, 2, 3, 4, 5] and steps[0].preview is not None
assert media == Engine("cpu").run(job(steps=5), steps.append)
engine.run(job(steps=5), steps.append)
print(open(__import__("os").environ["SPACES_LOG"]).read().split())
""",
        host,
    )
    # Announced: the host's default first, then what it really took.
    assert out.split() == ["['60',", "'10']"]


def test_letting_go_stops_the_lent_gpu_within_a_step_and_the_next_job_runs(
    host: dict[str, str],
) -> None:
    run_script(
        PRELUDE
        + """
import time
def stop_at_two(step):
    if step.index == 2:
        raise Cancelled
started = time.monotonic()
try:
    engine.run(job(steps=100, step_seconds=0.5), stop_at_two)
    raise SystemExit("was not stopped")
except Cancelled:
    pass
assert time.monotonic() - started < 30
engine.run(job(), lambda step: None)
""",
        host,
    )


def test_a_failure_on_the_lent_gpu_arrives_as_what_it_is(host: dict[str, str]) -> None:
    out = run_script(
        PRELUDE
        + """
try:
    engine.run(job(fail="memory"), lambda step: None)
except OutOfMemory as error:
    print(error)
""",
        host,
    )
    assert "toy" in out and "out of memory" in out


def test_a_job_asked_for_while_another_model_loads_is_made(host: dict[str, str]) -> None:
    # The other process would wait for ever for the lock of a load that it has no thread for.
    run_script(
        PRELUDE
        + """
import threading, time
from dataclasses import replace
from studio import registry
toy, is_loading = registry.family("toy"), threading.Event()
def load_slowly(device):
    is_loading.set()
    time.sleep(2)
    return toy.load(device)
slow = replace(toy, name="slow", load=load_slowly)
loading = threading.Thread(target=engine.preload, args=[slow])
loading.start()
is_loading.wait()
engine.run(job(), lambda step: None)
assert engine.loaded() == ["slow"]
""",
        host,
    )


def test_a_lent_job_that_hangs_is_given_up_and_the_next_one_runs(host: dict[str, str]) -> None:
    out = run_script(
        PRELUDE
        + """
from studio.errors import PipelineError
engine = LentEngine(most_silent_s=1)
try:
    engine.run(job(step_seconds=10), lambda step: None)
except PipelineError as error:
    print(error)
engine.run(job(), lambda step: None)
""",
        host,
    )
    assert "the job showed no sign of life for 1 s" in out


def has_default_weights() -> bool:
    families = [each for each in registry.families().values() if each.default_for_kind]
    try:
        return all(weights.path.is_file() for each in families for weights in each.weights())
    except WeightsError:
        return False


needs_weights = pytest.mark.skipif(
    not has_default_weights(),
    reason="the default model's weights are not here; a Space cannot start without them",
)


@needs_weights
def test_the_default_model_draws_on_a_lent_gpu_and_shows_its_steps(host: dict[str, str]) -> None:
    run_script(
        PRELUDE
        + """
from studio import registry
steps, family = [], registry.default_family("image")
engine.preload(family)
few = {"steps": 3, "width": 256, "height": 256}
drawn = resolve(Request("a cat", family=family.name, seed=7, params=few))[0]
media = engine.run(drawn, steps.append)
assert steps[0].preview is not None and steps[-1].index == steps[-1].total
assert media == Engine.run(engine, drawn, lambda step: None)
""",
        host,
    )


@contextlib.contextmanager
def space(environment: dict[str, str]) -> Iterator[str]:
    """`python app.py`, as the host starts it."""
    port = free_port()
    environment = {**environment, "GRADIO_SERVER_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/healthz", server)
        yield url
    except TimeoutError:
        say_where_it_hangs(server)
        raise
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


def call(url: str, endpoint: str, data: list[Any]) -> Any:
    """One call of a named endpoint over plain HTTP, as agents do it."""
    request = urllib.request.Request(
        f"{url}/gradio_api/call/{endpoint}",
        json.dumps({"data": data}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        event = json.load(answer)["event_id"]
    end = time.monotonic() + LONGEST_S
    text = ""
    with urllib.request.urlopen(f"{url}/gradio_api/call/{endpoint}/{event}", timeout=60) as answer:
        # A line comes at least every few seconds, if only to say that the server is there.
        for line in answer:
            text += line.decode()
            if time.monotonic() > end:
                raise TimeoutError(f"{endpoint} did not end in {LONGEST_S} s: {text}")
    assert "event: complete" in text, text
    return json.loads(text.split("event: complete\ndata: ")[1].splitlines()[0])


@needs_weights
@pytest.mark.parametrize("hardware", ["cpu", "zero"])
def test_app_py_starts_as_a_space_and_answers(host: dict[str, str], hardware: str) -> None:
    if hardware == "cpu":
        del host["SPACES_ZERO_GPU"]
    with space(host) as url:
        assert call(url, "route", ["two stickers of a fox"])[0]["kind"] == "image"
        made = call(url, "make", ["a fox", "image", "toy", "", 7, 2, {"steps": 3}])[0]
        assert [each["seed"] for each in made] == [7, 8]
        with urllib.request.urlopen(f"{url}/{made[0]['url']}", timeout=60) as answer:
            assert answer.read(8) == b"\x89PNG\r\n\x1a\n"
        # Each visitor has a shelf of their own.
        assert "/all/" not in made[0]["url"]
        log = Path(host["SPACES_LOG"])
        assert log.exists() == (hardware == "zero")


def test_a_space_installs_what_the_package_needs() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    assert listed == [each for each in needed if not each.startswith("gradio")]


def test_the_front_matter_names_this_app_and_a_gradio_that_fits() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    fields = dict(re.findall(r"^(\w+): (.+)$", text, flags=re.MULTILINE))
    assert fields["sdk"] == "gradio" and (ROOT / fields["app_file"]).is_file()
    assert fields["sdk_version"].startswith("6.")
    assert len(fields["short_description"]) <= 60
