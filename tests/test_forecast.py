"""What a job will take is said before it runs: by earlier runs, else by a rule.

Run: python -m pytest tests/test_forecast.py
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from studio import core, forecast
from studio.cli import main
from studio.core import Job, generate
from studio.engine import Engine
from studio.fit import Rung
from studio.forms import fill
from studio.library import Artifact
from studio.registry import family
from studio.store import Store
from tests.conftest import toy_job

ENGINE = Engine(device="cpu", budget_bytes=1_000_000_000)


def of(job: Job, store: Store) -> forecast.Forecast:
    return forecast.forecast(job.family, job.params, ENGINE, store)


def made(store: Store, monkeypatch: pytest.MonkeyPatch, seconds: float, **params: Any) -> None:
    """Something of the toy in the library, as if it had taken so long."""
    record = core._record

    def slowed(job: Job, media: core.Media, _: float, device: str) -> core.Record:
        return record(job, media, seconds, device)

    with monkeypatch.context() as patched:
        patched.setattr(core, "_record", slowed)
        found: list[Artifact] = list(generate([toy_job(**params)], store=store, engine=ENGINE))
    assert found[0].record.seconds == seconds


def test_what_was_never_made_has_no_seconds_and_says_so(store: Store) -> None:
    found = of(toy_job(), store)
    assert found.seconds is None and "nothing of it was made here" in found.seconds_from
    assert found.memory_bytes == toy_job().family.memory_bytes


def test_the_same_job_takes_as_long_as_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (9.0, 5.0, 6.0):
        made(store, monkeypatch, seconds)
    found = of(toy_job(), store)
    assert found.seconds == 6.0 and found.seconds_from == "3 made here before"


def test_another_size_is_scaled_from_those_made_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(store, monkeypatch, 2.0, width=64, height=64)
    twice = of(toy_job(width=128, height=64), store)
    assert twice.seconds == pytest.approx(4.0) and "of other sizes" in twice.seconds_from
    made(store, monkeypatch, 3.0, width=128, height=64)
    larger = of(toy_job(width=256, height=64), store)
    assert larger.seconds == pytest.approx(5.0), "a second for nothing, and one for each 64 px"


def test_a_music_video_is_not_forecast_as_if_every_second_were_a_clip_of_its_own() -> None:
    """A clip of 2 s took 36 s on a machine that then made a music video of 24 s in 246 s."""
    pocket = family("pocket-video")

    def asked(**more: object) -> dict[str, Any]:
        return fill(pocket.params, {"prompt": "a", "seed": 1, **more}).model_dump()

    ratio = forecast.work(pocket, asked(scenes=True)) / forecast.work(pocket, asked())
    assert ratio == pytest.approx(246 / 36, rel=0.25)
    longer = forecast.work(pocket, asked(duration_s=6)) / forecast.work(pocket, asked())
    assert 1.2 < longer < 3, "three times as long, but drawn once"


def test_an_earlier_job_without_an_option_counts_as_one_that_left_it_off() -> None:
    assert forecast._sizes({"width": 64}) == forecast._sizes({"width": 64, "scenes": False})
    assert forecast._sizes({"width": 64}) != forecast._sizes({"width": 64, "scenes": True})


def test_a_family_with_a_ladder_is_timed_by_a_rule_that_is_named(store: Store) -> None:
    rung = Rung("whole", "all of it", {}, 1000, flops=1e12, moved_bytes=0)
    job = replace(toy_job(), family=replace(toy_job().family, ladder=lambda p, d: (rung,)))
    found = of(job, store)
    assert found.seconds is not None and found.seconds > 0
    assert found.seconds_from.startswith("a rule: 1 TFLOP at")


def test_a_job_that_cannot_fit_says_what_is_missing(store: Store) -> None:
    rung = Rung("whole", "all of it", {"steps": 1}, 9_000_000_000)
    job = replace(toy_job(), family=replace(toy_job().family, ladder=lambda p, d: (rung,)))
    assert "needs 9.0 GB of memory, and" in of(job, store).problem


def test_a_dry_run_tells_and_makes_nothing(
    capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    asked = ["make", "a red cat", "--model", "toy", "--count", "3", "--dry-run"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == 3 and found["memory_bytes"] == toy_job().family.memory_bytes
    assert main(asked) == 0
    assert "all of it in memory" in capsys.readouterr().out
    assert store.count() == 0


def test_models_say_what_each_takes_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    toy = next(line for line in lines if line.startswith("toy "))
    assert "4.0 MB" in toy
    assert main(["models", "z-image", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["forecast"]
    assert found["download_bytes"] == 20_500_000_000 and found["memory_bytes"] > 5_000_000_000
