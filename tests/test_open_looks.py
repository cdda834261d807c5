"""Open models that look at pictures through an IP-Adapter; on toy weights."""

import functools
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from safetensors.torch import load_file

from studio import forms, registry
from studio.engine import Engine
from studio.errors import RequestError, WeightsError
from studio.media import Image, Video
from studio.request import Job
from studio.spec import unwatched
from studio.weights import verify
from tests.tiny import tiny
from tests.tiny.looks import FILE

KINDS = ["sdxl", "sdxl:build_ip_adapter_plus", "sd3.5", "animatediff"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pictures")
    found: dict[str, str] = {}
    for seed, name in enumerate(("one", "other", "mask")):
        noise = np.random.default_rng(seed).integers(0, 256, (64, 96, 3), dtype=np.uint8)
        if name == "mask":
            noise[:, :48], noise[:, 48:] = 0, 255
        Pillow.fromarray(noise).save(folder / f"{name}.png")
        found[name] = str(folder / f"{name}.png")
    return found


def adapter(kind: str) -> str:
    """The toy IP-Adapter of "family" or "family:builder"."""
    name, _, builder = kind.partition(":")
    return str(tiny(name, builder or "build_ip_adapter") / FILE)


def job(kind: str, pictures: dict[str, str], **options: Any) -> Job:
    name = kind.partition(":")[0]
    family = registry.family(name)
    values = {"prompt": "a red cat", "seed": 7, "width": 64, "height": 64, "steps": 3}
    values |= {"checkpoint": str(tiny(name)), "precision": "fp32"}
    if family.kind == "video":
        values |= {"frames": 8, "soundtrack": "none"}
    values |= {key: pictures.get(str(value), value) for key, value in options.items()}
    return Job(family, forms.fill(family.params, values), prompt="a red cat")


def draw(engine: Engine, asked: Job) -> np.ndarray:
    """Pixels of what was made; of a clip, all frames."""
    made = engine.run(asked, unwatched)
    if isinstance(made, Video):
        return np.stack(list(made.frames))
    assert isinstance(made, Image)
    return made.pixels


@functools.lru_cache
def plain(engine: Engine, kind: str) -> np.ndarray:
    return draw(engine, job(kind, {}))


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_looks_at_decides_what_it_makes(
    kind: str, engine: Engine, pictures: dict[str, str]
) -> None:
    def made(**options: Any) -> np.ndarray:
        return draw(engine, job(kind, pictures, ip_adapter=adapter(kind), **options))

    one = made(reference="one")
    assert np.array_equal(made(reference="one"), one), "the same seed, the same result"
    assert not np.array_equal(made(reference="other"), one)
    assert not np.array_equal(one, plain(engine, kind))
    assert not np.array_equal(made(reference="one", reference_strength=0.2), one)
    ignored = made(reference="one", reference_strength=0)
    assert np.array_equal(ignored, plain(engine, kind)), "at strength 0 nobody looks"


@pytest.mark.parametrize("kind", ["sdxl", "animatediff"])
def test_two_pictures_are_looked_at_together(
    kind: str, engine: Engine, pictures: dict[str, str]
) -> None:
    made = [
        draw(engine, job(kind, pictures, ip_adapter=adapter(kind), **options))
        for options in (
            {"reference": "one"},
            {"reference": "other"},
            {"reference": "one", "reference_2": "other"},
        )
    ]
    assert not np.array_equal(made[2], made[0]) and not np.array_equal(made[2], made[1])


@pytest.mark.parametrize("kind", ["sdxl", "sd3.5"])
@pytest.mark.parametrize(
    "options",
    [
        {"image": "other"},
        {"image": "other", "mask": "mask"},
        {"controlnet": "toy", "control_image": "other"},
    ],
)
def test_it_looks_whatever_else_is_asked(
    kind: str, options: dict[str, str], engine: Engine, pictures: dict[str, str]
) -> None:
    if "controlnet" in options:
        options = {**options, "controlnet": str(tiny(kind, "build_controlnet"))}
    seen = {"reference": "one", "ip_adapter": adapter(kind)}
    without = draw(engine, job(kind, pictures, **options))
    assert not np.array_equal(draw(engine, job(kind, pictures, **options, **seen)), without)


@pytest.mark.parametrize(
    ("kind", "fit"),
    [("sdxl:build_ip_adapter_plus", "int8"), ("sdxl:build_ip_adapter_plus", "fp8"),
     ("sd3.5", "disk"), ("animatediff", "disk")],
)  # fmt: skip
def test_it_looks_however_it_lies_in_memory(
    kind: str, fit: str, engine: Engine, pictures: dict[str, str]
) -> None:
    def made(**options: Any) -> np.ndarray:
        seen = {"ip_adapter": adapter(kind), "precision": "bf16"}
        return draw(engine, job(kind, pictures, **seen, **options)).astype(int)

    whole, other = made(reference="one", fit="whole"), made(reference="other", fit="whole")
    found = made(reference="one", fit=fit)
    assert np.abs(found - whole).mean() < np.abs(other - whole).mean()


def test_on_disk_too_the_words_count(engine: Engine, pictures: dict[str, str]) -> None:
    # Its third encoder has the weights of its words twice.
    found = draw(engine, job("sd3.5", pictures, fit="disk"))
    assert np.abs(found.astype(int) - plain(engine, "sd3.5")).max() <= 1


def test_its_files_are_named_with_their_licence(pictures: dict[str, str], tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("sdxl", "build_ip_adapter"), tmp_path / "looks")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    seen = {"reference": "one", "ip_adapter": str(folder / FILE)}
    asked, without = job("sdxl", pictures, **seen), job("sdxl", pictures)
    more = [
        each
        for each in asked.family.weights_for(asked.params)
        if each not in without.family.weights_for(without.params)
    ]
    assert [each.path.name for each in more] == [FILE, "model.safetensors"]
    assert {each.licence for each in more} == {"CC-BY-NC-4.0"}
    for each in more:
        verify(each)
    terms = without.family.licence_for(without.params)
    assert asked.family.licence_for(asked.params) == f"{terms} AND CC-BY-NC-4.0"


def test_the_forecast_counts_what_lies_beside(pictures: dict[str, str]) -> None:
    def peak(**options: Any) -> int:
        asked = job("sdxl", pictures, fit="whole", **options)
        assert asked.family.ladder is not None
        return asked.family.ladder(asked.params, "cpu")[0].device_bytes

    def count(folder: Path) -> int:
        return sum(each.numel() for file in folder.rglob("*.safetensors")
                   for each in load_file(file).values())  # fmt: skip

    seen = {"reference": "one", "ip_adapter": adapter("sdxl")}
    control = tiny("sdxl", "build_controlnet")
    more = {"controlnet": str(control), "control_image": "one"}
    numbers = count(Path(adapter("sdxl")).parent) + count(control)
    assert peak(**seen, **more) == peak() + 4 * numbers


def test_without_a_name_the_usual_one_is_taken(pictures: dict[str, str]) -> None:
    for kind in ("sdxl", "sd3.5", "animatediff"):
        asked = job(kind, pictures, reference="one")
        usual = asked.params.ip_adapter  # pyright: ignore[reportAttributeAccessIssue]
        assert usual.endswith(".safetensors")
        assert not asked.family.is_here(**asked.family.loading(asked.params))
        with pytest.raises(RequestError, match=re.escape(f"studio models pull {usual}")):
            load(asked)


@pytest.mark.parametrize(
    ("kind", "other", "words"),
    [
        ("sdxl", "animatediff", "a layer of it is 8 x 16, here 16 x 32"),
        ("sd3.5", "sdxl", "it has 4 layers that look, this one 2"),
    ],
)
def test_one_for_another_model_is_refused_by_name(
    kind: str, other: str, words: str, pictures: dict[str, str]
) -> None:
    asked = job(kind, pictures, reference="one", ip_adapter=adapter(other))
    with pytest.raises(RequestError) as refused:
        load(asked)
    told = str(refused.value)
    assert f"{adapter(other)!r} is for another model, this is {tiny(kind)}: {words}" in told
    assert "\n" not in told


def load(asked: Job) -> None:
    """Without the engine, which looks for memory that it can free first."""
    asked.family.load("cpu", **asked.family.loading(asked.params))


def write(folder: Path, *names: str) -> str:
    from safetensors.numpy import save_file

    save_file({name: np.zeros((2, 2), np.float32) for name in names}, folder / "odd.safetensors")
    return str(folder / "odd.safetensors")


def test_what_is_no_adapter_is_refused_with_the_way_out(
    pictures: dict[str, str], tmp_path: Path
) -> None:
    def refused(name: str) -> str:
        with pytest.raises((RequestError, WeightsError)) as caught:
            load(job("sdxl", pictures, reference="one", ip_adapter=name))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "is a pickle, which can run code" in refused("ip-adapter.bin")
    assert "is no file; give a safetensors file" in refused("somewhere/ip")
    assert "has no layer that sees pictures" in refused(write(tmp_path, "a"))
    faces = ("image_proj.proj.0.weight", "image_proj.norm.weight")
    assert "is a FaceID one" in refused(write(tmp_path, *faces))
    alone = shutil.copy(adapter("sdxl"), tmp_path / "alone.safetensors")
    assert f"studio models pull {alone}" in refused(str(alone))
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(Path(alone).read_bytes()[:-50])
    assert "is damaged" in refused(str(cut))
    with pytest.raises(RequestError, match="ip_adapter was given without reference"):
        job("sdxl", pictures, ip_adapter=adapter("sdxl"))
