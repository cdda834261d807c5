"""Stable Audio: sounds from words, songs changed, mended and carried on; on toy weights."""

import re
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pipelines.open import place
from pipelines.open.plan import Plan
from studio import forms, registry
from studio.core import generate
from studio.engine import Engine
from studio.errors import RequestError, ResourceError
from studio.media import Audio
from studio.request import Job
from studio.rights import keys, signed
from studio.sounds import containers
from studio.spec import Step
from studio.store import Store
from tests.tiny import tiny

RATE = 44_100
SONG_S = 1.5


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two tones of a second and a half in stereo, a low and a high one."""
    folder = tmp_path_factory.mktemp("songs")
    found: dict[str, Path] = {}
    for name, hertz in (("low", 110), ("high", 3520)):
        found[name] = folder / f"{name}.wav"
        tone = np.sin(np.arange(round(SONG_S * RATE)) / RATE * 2 * np.pi * hertz) * 20_000
        with wave.open(str(found[name]), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.repeat(tone.astype("<i2"), 2).tobytes())
    return found


def job(model: str, tones: dict[str, Path], **options: Any) -> Job:
    """A small job; "family:builder" names other toy weights than the usual."""
    name, _, builder = model.partition(":")
    family = registry.family(name)
    values: dict[str, Any] = {"prompt": "calm piano", "seed": 7, "duration_s": 1, "steps": 3}
    values["checkpoint"] = str(tiny(name, builder or "build"))
    values |= {key: tones.get(str(value), value) for key, value in options.items()}
    values = {key: value for key, value in values.items() if value is not None}
    return Job(family, forms.fill(family.params, values), prompt="calm piano")


def play(engine: Engine, asked: Job) -> tuple[Audio, list[Step]]:
    steps: list[Step] = []
    made = engine.run(asked, steps.append)
    assert isinstance(made, Audio)
    return made, steps


TASKS: list[tuple[str, dict[str, Any], float]] = [
    ("stable-audio", {"duration_s": 1.3}, 1.3),
    ("stable-audio", {"negative_prompt": "drums"}, 1),
    ("stable-audio", {"song": "low"}, 1),
    ("stable-audio", {"song": "low", "duration_s": None}, SONG_S),
    ("stable-audio-3", {"duration_s": 1.3}, 1.3),
    ("stable-audio-3", {"song": "low", "strength": 0.5}, 1),
    ("stable-audio-3", {"song": "low", "start_s": 0.4, "end_s": 0.7}, 1),
    ("stable-audio-3", {"song": "low", "start_s": 1.5, "duration_s": 3}, 3),
    ("stable-audio-3:build_base", {"guidance": 7, "negative_prompt": "drums"}, 1),
]


@pytest.mark.parametrize(("model", "options", "length_s"), TASKS)
def test_each_task_is_as_long_as_asked_and_repeats(
    model: str, options: dict[str, Any], length_s: float, engine: Engine, tones: dict[str, Path]
) -> None:
    asked = job(model, tones, **options)
    made, steps = play(engine, asked)
    assert made.sample_rate == RATE and made.samples.shape == (2, round(length_s * RATE))
    assert [(step.index, step.total) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert play(engine, asked)[0] == made
    assert play(engine, job(model, tones))[0] != made, "what was asked for made no difference"


@pytest.mark.parametrize("model", ["stable-audio", "stable-audio-3"])
def test_the_less_a_song_is_changed_the_more_it_decides(
    model: str, engine: Engine, tones: dict[str, Path]
) -> None:
    def difference(strength: float) -> float:
        """How much another song changes what comes."""
        low, high = (
            play(engine, job(model, tones, song=name, strength=strength, precision="fp32"))[0]
            for name in ("low", "high")
        )
        return float(np.abs(low.samples - high.samples).max())

    little, much = difference(0.1), difference(1)
    assert little > 10 * much


def test_a_mended_song_is_as_it_was_but_for_the_stretch(
    engine: Engine, tones: dict[str, Path]
) -> None:
    options = {"song": "low", "start_s": 0.4, "end_s": 0.7}
    made = play(engine, job("stable-audio-3", tones, **options))[0].samples
    was = containers.decode(tones["low"], RATE).samples[:, :RATE]
    change = np.abs(made - was).max(0)
    second = np.arange(RATE) / RATE
    # A latent of the toy is 46 ms long, and a short cross-fade leads in and out.
    assert change[(second < 0.33) | (second > 0.78)].max() == 0
    assert change[(second > 0.4) & (second < 0.7)].mean() > 0.1


def test_a_song_that_is_carried_on_begins_with_it(engine: Engine, tones: dict[str, Path]) -> None:
    asked = job("stable-audio-3", tones, song="low", start_s=1.5, duration_s=3)
    made = play(engine, asked)[0].samples
    was = containers.decode(tones["low"], RATE).samples
    kept = round(1.4 * RATE)
    assert np.array_equal(made[:, :kept], was[:, :kept])
    assert made[:, -RATE:].std() > 0


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("stable-audio", {"duration_s": 5}, "makes at most 2.0 s, got 5; make duration_s shorter"),
    ("stable-audio", {"duration_s": 50}, "duration_s must be 1 to 47"),
    ("stable-audio", {"guidance": 1, "negative_prompt": "x"}, "negative_prompt has no effect"),
    ("stable-audio", {"prompt": "calm " * 200}, "shorten it to about"),
    ("stable-audio", {"song": "low", "duration_s": 1.9}, "is 1.50 s long; set duration_s to that"),
    ("stable-audio", {"attention": "sage"}, "attention='sage' does not run here"),
    ("stable-audio-3", {"guidance": 7}, "no effect on distilled weights; leave it at 1, or take"),
    ("stable-audio-3", {"song": "low", "guidance": 7}, "has no effect with song; set guidance=1"),
    ("stable-audio-3", {"start_s": 1}, "start_s and end_s are of a song; give song"),
    ("stable-audio-3", {"song": "low", "start_s": 1}, "from 1 to 1 s is no part of 1 s; set sta"),
    ("stable-audio-3", {"song": "low", "start_s": 1.8, "duration_s": 3}, "is 1.50 s long; set st"),
    ("stable-audio-3", {"song": "low", "end_s": 1, "duration_s": 3}, "is 1.50 s long; set start"),
    ("stable-audio-3", {"prompt": "calm " * 60}, "this model reads 256"),
]


@pytest.mark.parametrize(("model", "options", "words"), REFUSED)
def test_what_it_cannot_do_is_refused_with_the_way_out(
    model: str, options: dict[str, Any], words: str, engine: Engine, tones: dict[str, Path]
) -> None:
    with pytest.raises(RequestError, match=re.escape(words)) as refused:
        play(engine, job(model, tones, **options))
    assert "\n" not in str(refused.value)


def test_without_the_package_of_its_noise_it_says_what_to_install(
    tones: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = job("stable-audio", tones)
    monkeypatch.setitem(sys.modules, "torchsde", None)
    assert asked.family.ladder is not None
    assert asked.family.ladder(asked.params, "cpu"), "a list of all models needs the forecast"
    with pytest.raises(ResourceError, match=r"needs the Python package torchsde.*pip install"):
        asked.family.load("cpu", **asked.family.loading(asked.params))


def test_its_sounds_carry_the_terms_of_its_card(
    engine: Engine, tones: dict[str, Path], tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    for path in tiny("stable-audio-3").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "README.md").write_text(
        "---\nlicense: other\nlicense_name: stable-audio-community\n---\n"
    )
    asked = job("stable-audio-3", tones, checkpoint=str(folder))
    made = next(generate([asked], store=store, engine=engine))
    found = signed.read(made.path, keys.anchors(store.home))
    assert found is not None and found.is_intact and found.record is not None
    assert found.record.terms.revenue_cap_usd == 1_000_000
    claims = {each.model: each.training_data_claim for each in found.record.generators}
    assert claims[folder.name] == "unknown"


def test_parts_that_stay_whole_come_to_the_device_whatever_they_are_called() -> None:
    parts = {name: torch.nn.Linear(1, 1) for name in ("vae", "projection_model", "transformer")}
    setattr(parts["transformer"], place.LAYERED, True)
    place.finish(SimpleNamespace(components=parts), Plan("stream", "fp32", "meta"))
    assert {name: part.weight.device.type for name, part in parts.items()} == {
        "vae": "meta", "projection_model": "meta", "transformer": "cpu",
    }  # fmt: skip
