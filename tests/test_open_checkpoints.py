"""Checkpoints of open models: what is found, what is refused, and what their files say."""

import re
from pathlib import Path

import pytest

from pipelines.open import checkpoints, memory
from studio.errors import RequestError, WeightsError
from studio.weights import verify
from tests.tiny import z_image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiny")
    z_image.build(made)
    return made


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.ckpt", "is a pickle, which can run code"),
        ("no folder", "neither a folder nor an id"),
        ("a//b", "neither a folder nor an id"),
        ("owner/name", "get it with: studio models pull owner/name"),
        ("owner/name@v2", "get it with: studio models pull owner/name@v2"),
    ],
)
def test_what_is_no_checkpoint_is_refused_with_the_way_out(name: str, words: str) -> None:
    assert not checkpoints.is_here(name)
    with pytest.raises(RequestError, match=re.escape(words)):
        checkpoints.find(name)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has no model_index.json"):
        checkpoints.find(str(tmp_path))


def test_every_weight_file_is_named_with_its_hash(folder: Path) -> None:
    found = checkpoints.weights(str(folder), "MIT")
    assert {each.path.parent.name for each in found} == {"text_encoder", "transformer", "vae"}
    for each in found:
        verify(each)


def test_pickles_beside_no_safetensors_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(WeightsError, match="only diffusion_pytorch_model.bin, which can run code"):
        checkpoints.files(tmp_path)


def test_the_numbers_of_each_part_are_counted_without_loading_it(folder: Path) -> None:
    from diffusers import AutoencoderKL

    vae = AutoencoderKL.from_pretrained(folder / "vae")
    counted = checkpoints.parameters(folder)
    assert counted["vae"] == sum(each.numel() for each in vae.state_dict().values())
    assert memory.needed(str(folder), "bf16") * 2 == pytest.approx(
        memory.needed(str(folder), "fp32"), abs=2
    )


@pytest.mark.parametrize("keep", [4, 100, -1])
def test_a_weight_file_that_is_cut_short_is_named(folder: Path, tmp_path: Path, keep: int) -> None:
    whole = (folder / "vae" / "diffusion_pytorch_model.safetensors").read_bytes()
    (tmp_path / "vae.safetensors").write_bytes(whole[:keep])
    with pytest.raises(WeightsError, match=r"vae\.safetensors .*get it again"):
        checkpoints.parameters(tmp_path)
