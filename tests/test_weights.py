"""Weight files are what their hash says."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.engine import Engine
from studio.errors import WeightsError
from studio.registry import family
from studio.spec import Weights
from studio.weights import MANIFEST, file_sha256, shipped, shipped_file, verify
from tests.conftest import toy_job

ASSETS = Path(__file__).resolve().parent.parent / "assets"
MODELS = sorted({path.parent.name for path in ASSETS.glob("pocket-*/manifest.json")})


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"weights" * 1000)
    return Weights(path, file_sha256(path), "1", "Apache-2.0")


def test_a_whole_file_passes(weights: Weights) -> None:
    verify(weights)


def test_one_flipped_bit_is_found_even_after_it_passed_once(weights: Weights) -> None:
    verify(weights)
    data = bytearray(weights.path.read_bytes())
    data[500] ^= 1
    weights.path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"model\.safetensors are damaged: sha256"):
        verify(weights)


def test_a_missing_file_is_named(weights: Weights) -> None:
    weights.path.unlink()
    with pytest.raises(WeightsError, match=r"model\.safetensors: No such file"):
        verify(weights)


def test_a_manifest_names_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"a.bin": "12", "inner/b.bin": "34"}')
    a, b = shipped(tmp_path, "MIT")
    assert a == Weights(tmp_path / "a.bin", "12", "1", "MIT", tmp_path.name)
    assert (b.path, b.sha256) == (tmp_path / "inner" / "b.bin", "34")
    assert shipped_file(tmp_path, "inner/b.bin").sha256 == "34"
    with pytest.raises(WeightsError, match=r"manifest\.json names no c\.bin"):
        shipped_file(tmp_path, "c.bin")


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "7"])
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(WeightsError, match=r"cannot read .*manifest\.json"):
        shipped(tmp_path)


def test_the_engine_checks_before_it_loads(weights: Weights) -> None:
    weights.path.write_bytes(b"other")
    job = replace(toy_job(), family=replace(family("toy"), weights=lambda: (weights,)))
    engine = Engine(device="cpu")
    with pytest.raises(WeightsError):
        engine.run(job, lambda step: None)
    assert engine.loaded() == []


@pytest.mark.parametrize("name", MODELS)
def test_what_a_shipped_model_learned_from_stands_in_its_card_too(name: str) -> None:
    folder = ASSETS / name
    weights = shipped(folder)
    assert {each.model for each in weights} == {name}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert weights[0].trained_on
    for source in weights[0].trained_on:
        first = source.removeprefix("names of ").removeprefix("@iconify-json").split(" ")[0]
        assert first.strip("/,").split("_")[0].lower() in card.lower(), source
