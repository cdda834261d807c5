"""What every family must keep, hidden or not, with its real weights where they are here."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import forms, registry, tag
from studio.core import Job, generate
from studio.engine import Engine
from studio.errors import Cancelled, RequestError, WeightsError
from studio.media import Media, Video
from studio.record import media_sha256
from studio.spec import Family, Step
from studio.store import Store
from studio.videos.encode import encode
from studio.weights import verify
from tests.tiny import server as tiny_server
from tests.tiny import tiny
from tests.tiny.least import least

FAMILIES = list(registry.families().values())
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for the module: each family is loaded once."""
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


def small(family: Family, tmp_path: Path, **more: Any) -> Job:
    """The smallest job a family can do: least size and length, two steps, inputs if needed."""
    values: dict[str, Any] = {"prompt": "a red cat", "seed": 7}
    if family.checkpoints:
        values["checkpoint"] = str(tiny(family.name))
    if "base_url" in family.params.model_fields:
        values["base_url"] = tiny_server.url()
    values |= least(family)
    for control in forms.controls(family.params):
        if control.kind == "file" and control.is_required:
            is_clip = control.input is not None and control.input.media == "video"
            give = _clip if is_clip else _picture
            values[control.name] = give(tmp_path / control.name)
    params = forms.fill(family.params, {**values, **more})
    # Of a song, words that name nothing to draw on its cover.
    return Job(family, params, prompt="la la" if family.kind == "song" else "a red cat")


def _clip(path: Path) -> Path:
    frames = np.random.default_rng(3).integers(0, 256, (17, 48, 64, 3), dtype=np.uint8)
    encode(Video(frames, 8.0), "zip", path.with_suffix(".zip"))
    return path.with_suffix(".zip")


def _picture(path: Path) -> Path:
    path = path.with_suffix(".png")
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def job(family: Family, tmp_path: Path) -> Job:
    """A small job of a family whose weights are here; that they are is a test of its own."""
    small_job = small(family, tmp_path)
    try:
        for weights in family.weights_for(small_job.params):
            verify(weights)
    except WeightsError as error:
        pytest.skip(str(error))
    return small_job


def reseeded(job: Job, seed: int) -> Job:
    return replace(job, params=job.params.model_copy(update={"seed": seed}))


def make(engine: Engine, job: Job) -> tuple[Media, list[Step]]:
    steps: list[Step] = []
    return engine.run(job, steps.append), steps


def test_its_options_can_be_shown_and_have_words(family: Family) -> None:
    for control in forms.controls(family.params):
        assert control.description, f"{control.name} has no description"
        if control.kind in ("int", "float"):
            assert control.minimum is not None and control.maximum is not None, control.name


def test_its_defaults_are_allowed(family: Family) -> None:
    needed = {
        control.name: ROOT / "none.png" if control.kind == "file" else "a"
        for control in forms.controls(family.params)
        if control.is_required
    }
    filled = forms.fill(family.params, needed)
    assert forms.fill(family.params, filled.model_dump()) == filled


def test_it_is_described_and_licensed(family: Family) -> None:
    assert family.about and family.licence and family.memory_bytes > 0
    assert "\n" not in family.about


def test_its_weights_are_what_their_hashes_say(family: Family, tmp_path: Path) -> None:
    for weights in family.weights_for(small(family, tmp_path).params):
        verify(weights)
        assert weights.revision and weights.licence


def test_published_weights_are_asked_for_before_anything_runs(family: Family) -> None:
    for checkpoint in family.checkpoints:
        assert checkpoint.licence and checkpoint.terms and checkpoint.size_bytes > 0
        options = {**family.loading(), "checkpoint": checkpoint.id}
        assert not family.is_here(**options)
        with pytest.raises(RequestError, match=f"studio models pull {checkpoint.id}"):
            family.weights(**options)


def test_an_unknown_option_is_refused(family: Family) -> None:
    with pytest.raises(RequestError, match="no option 'smell'"):
        forms.fill(family.params, {"prompt": "a", "smell": 1})


def test_the_same_seed_makes_the_same_media_and_another_does_not(job: Job, engine: Engine) -> None:
    first, steps = make(engine, job)
    other, _ = make(engine, reseeded(job, 8))
    again, _ = make(engine, job)
    assert first == again
    assert (first != other) == job.family.is_seeded
    # Who waits for a server may tell a step twice.
    indices = list(dict.fromkeys(step.index for step in steps))
    assert indices == list(range(1, steps[-1].total + 1))
    assert {step.total for step in steps} == {len(indices)}


def test_cancelling_stops_at_that_step_and_the_model_stays_usable(job: Job, engine: Engine) -> None:
    seen: list[int] = []

    def cancel(step: Step) -> None:
        seen.append(step.index)
        raise Cancelled

    before, _ = make(engine, job)
    with pytest.raises(Cancelled):
        engine.run(job, cancel)
    assert seen == [1]
    after, _ = make(engine, job)
    assert before == after


def test_a_batch_of_any_size_makes_the_same_media(job: Job, engine: Engine, store: Store) -> None:
    batch = [reseeded(job, seed) for seed in (6, 7, 8)]
    made = [each.record.media_sha256 for each in generate(batch, store=store, engine=engine)]
    assert made[1] == media_sha256(make(engine, reseeded(job, 7))[0])


def test_the_file_has_the_record_and_the_same_media(job: Job, engine: Engine, store: Store) -> None:
    made = next(generate([job], store=store, engine=engine))
    record = tag.read(made.path)
    assert record is not None and record == made.record == store.entry(made.id).record
    assert record.media_sha256 == media_sha256(make(engine, job)[0])
    assert {each.sha256 for each in record.weights} == {
        w.sha256 for w in job.family.weights_for(job.params)
    }


def test_its_file_is_cheap_to_import() -> None:
    """torch and friends belong inside load: at the top of a family's file they slow every start."""
    heavy = {"torch", "diffusers", "transformers", "gradio", "scipy"}
    for file in (ROOT / "pipelines").glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not heavy & {name.split(".")[0] for name in names}, f"{file.name}: {names}"
