"""Open music models: every task they have, what each refuses, and what the rights record says."""

import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio import forms, registry
from studio.core import generate
from studio.engine import Engine
from studio.errors import RequestError
from studio.media import Audio
from studio.request import Job
from studio.rights import keys, signed
from studio.spec import Step
from studio.store import Store
from tests.test_open_lora import write as write_lora
from tests.tiny import tiny

RATE = 48_000
SONG_S = 3.0


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a tone at another rate, in mono."""
    path = tmp_path_factory.mktemp("songs") / "tone.wav"
    wave_form = np.sin(np.arange(round(SONG_S * 44_100)) / 44_100 * 2 * np.pi * 440) * 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(wave_form.astype("<i2").tobytes())
    return path


def job(tone: Path, builder: str = "build_base", **options: Any) -> Job:
    family = registry.family("ace-step")
    values: dict[str, Any] = {"prompt": "calm piano", "seed": 7, "duration_s": 10, "steps": 2}
    values["checkpoint"] = str(tiny("ace-step", builder))
    values |= {name: tone if value == "tone" else value for name, value in options.items()}
    return Job(family, forms.fill(family.params, values), prompt="calm piano")


def play(engine: Engine, asked: Job) -> tuple[Audio, list[Step]]:
    steps: list[Step] = []
    made = engine.run(asked, steps.append)
    assert isinstance(made, Audio)
    return made, steps


@pytest.mark.parametrize(
    "options",
    [
        {"task": "cover", "song": "tone", "cover_strength": 0.5},
        {"task": "repaint", "song": "tone", "start_s": 1, "end_s": 2},
        {"task": "extract", "song": "tone", "part": "drums"},
        {"task": "lego", "song": "tone", "part": "bass", "start_s": 1},
        {"task": "complete", "song": "tone", "part": "guitar"},
        {"lyrics": "[verse]\nla la la", "key": "A", "mode": "minor", "metre": "3/4"},
        {"reference": "tone"},
        {"guidance": 7},
    ],
)
def test_each_task_is_as_long_as_asked_and_repeats(
    options: dict[str, Any], engine: Engine, tone: Path
) -> None:
    asked = job(tone, **options)
    made, steps = play(engine, asked)
    length_s = SONG_S if "song" in options else 10
    assert made.sample_rate == RATE and made.samples.shape == (2, length_s * RATE)
    assert [(step.index, step.total) for step in steps] == [(1, 2), (2, 2)]
    assert play(engine, asked)[0] == made
    assert play(engine, job(tone))[0] != made, "what was asked for made no difference"


@pytest.mark.parametrize(
    ("builder", "options", "words"),
    [
        ("build", {"guidance": 7}, "has no effect on distilled weights"),
        ("build", {"task": "extract", "song": "tone"}, "distilled weights cannot extract; take"),
        ("build", {"task": "cover"}, "cover works on a song; give song"),
        ("build", {"song": "tone"}, "set task, such as cover"),
        ("build", {"task": "repaint", "song": "tone", "start_s": 2, "end_s": 1}, "is not after"),
        ("build", {"task": "repaint", "song": "tone", "start_s": 3}, "end at 3.00 s"),
        ("build", {"task": "repaint", "song": "tone", "end_s": 4}, "end_s 4 is past the"),
        ("build", {"prompt": "calm " * 100}, "shorten it to about"),
        ("build", {"lyrics": "la la " * 600}, "shorten it to about"),
        ("build", {"duration_s": 5}, "duration_s must be 10 to 600"),
    ],
)
def test_what_it_cannot_do_is_refused_with_the_way_out(
    builder: str, options: dict[str, Any], words: str, engine: Engine, tone: Path
) -> None:
    with pytest.raises(RequestError, match=re.escape(words)):
        play(engine, job(tone, builder, **options))


def test_loras_change_a_song_by_their_weight_and_stack(
    engine: Engine, tone: Path, tmp_path: Path
) -> None:
    from diffusers import AceStepPipeline

    pipe: Any = AceStepPipeline.from_pretrained(tiny("ace-step", "build_base"))
    one, two = (write_lora(pipe, tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    plain = play(engine, job(tone))[0]
    found = [play(engine, job(tone, adapter=f"{one}:{weight}"))[0] for weight in (0, 0.3, 1)]
    both = play(engine, job(tone, adapter=f"{one}:0.3+{two}"))[0]
    assert found[0] == plain
    assert len({each.samples.tobytes() for each in (*found, both)}) == 4
    with pytest.raises(RequestError, match="is for .*, this is AceStep"):
        play(engine, job(tone, adapter=str(_lora_for_clips(tmp_path))))


def _lora_for_clips(folder: Path) -> Path:
    from diffusers import WanPipeline

    pipe: Any = WanPipeline.from_pretrained(tiny("wan"))
    return write_lora(pipe, folder / "wan.safetensors")


def test_its_songs_say_that_nobody_knows_what_it_learned_from(
    engine: Engine, tone: Path, tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    for path in tiny("ace-step").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    asked = job(tone, "build", checkpoint=str(folder))
    made = next(generate([asked], store=store, engine=engine))
    assert made.record.family_licence == "MIT"
    found = signed.read(made.path, keys.anchors(store.home))
    assert found is not None and found.is_intact and found.record is not None
    claims = {each.model: each.training_data_claim for each in found.record.generators}
    assert claims[folder.name] == "unknown"
    licences = {each.model: each.license for each in found.record.generators}
    assert licences[folder.name] == "MIT" and "MIT" in found.record.terms.licences
