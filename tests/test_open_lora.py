"""LoRA files on an open pipeline of toy size and real classes: added, stacked, refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file

from pipelines.open import lora
from studio import registry
from studio.core import Artifact, Request, generate
from studio.engine import Engine
from studio.errors import RequestError, WeightsError
from studio.forms import fill
from studio.media import Image
from studio.spec import unwatched
from studio.store import Store
from studio.weights import file_sha256
from tests.tiny import z_image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiny")
    z_image.build(made)
    return made


@pytest.fixture
def fresh(folder: Path) -> Callable[[], Any]:
    """Makes a pipeline without any adapter."""

    def load() -> Any:
        from diffusers import ZImagePipeline

        pipe = ZImagePipeline.from_pretrained(folder, dtype=torch.float32)
        pipe.set_progress_bar_config(disable=True)
        return pipe

    return load


def draw(pipe: Any) -> np.ndarray:
    return pipe(
        "a cat", width=32, height=32, num_inference_steps=2, guidance_scale=0.0,
        generator=torch.Generator().manual_seed(1), output_type="np",
    ).images[0]  # fmt: skip


def write(pipe: Any, path: Path, seed: int = 1, about: dict[str, str] | None = None) -> Path:
    """A LoRA of random numbers for a pipeline, as its trainer would save it."""
    transformer = pipe.transformer
    transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_q", "to_v"]))
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        f"transformer.{name}": torch.randn(tensor.shape, generator=generator) * 0.5
        for name, tensor in get_peft_model_state_dict(transformer).items()
    }
    transformer.delete_adapters("default")
    save_file(tensors, path, metadata=about or {})
    return path


@pytest.mark.parametrize("fit", ["int8", "fp8", "disk"])
def test_a_lora_goes_with_every_way_to_fit_into_memory(
    fit: str, folder: Path, fresh: Callable[[], Any], tmp_path: Path
) -> None:
    adapter = write(fresh(), tmp_path / "one.safetensors")
    family = registry.family("z-image")

    def drawn(**given: Any) -> np.ndarray:
        usual = {"prompt": "a", "seed": 1, "width": 32, "height": 32, "steps": 2}
        params = fill(family.params, {**usual, "checkpoint": str(folder), **given})
        made = family.load("cpu", **family.loading(params))(params, unwatched)
        assert isinstance(made, Image)
        return made.pixels.astype(int)

    found, whole = (drawn(adapter=str(adapter), fit=each) for each in (fit, "whole"))
    apart, change = (np.abs(whole - other).mean() for other in (found, drawn(fit=fit)))
    # Narrower weights draw a little else; weights that lie elsewhere do not.
    assert apart == 0 if fit == "disk" else apart < change / 2


def test_loras_change_the_picture_by_their_weight_and_stack(
    fresh: Callable[[], Any], tmp_path: Path
) -> None:
    one, two = (write(fresh(), tmp_path / f"{n}.safetensors", n) for n in (1, 2))
    plain = draw(fresh())

    def drawn(text: str) -> np.ndarray:
        pipe = fresh()
        lora.add(pipe, text, "tiny")
        return draw(pipe)

    half, whole = drawn(f"{one}:0.1"), drawn(str(one))
    assert 0 < np.abs(half - plain).mean() < np.abs(whole - plain).mean()
    assert not np.allclose(drawn(f"{one}+{two}"), whole)
    assert np.array_equal(drawn(str(one)), whole)
    assert np.array_equal(drawn(f"{one}:0+{two}:0"), plain)


def test_a_lora_with_biases_adds_them_too(fresh: Callable[[], Any], tmp_path: Path) -> None:
    # Those that make Wan need few steps have them.
    path = write(fresh(), tmp_path / "plain.safetensors")
    tensors, _ = lora.read(lora.Lora("plain", path, 1))
    ups = {key: value for key, value in tensors.items() if "lora_B" in key}
    biases = {
        key.replace(".weight", ".bias"): torch.full(value.shape[:1], 0.5)
        for key, value in ups.items()
    }
    both = tmp_path / "both.safetensors"
    save_file({**tensors, **biases}, both)

    def drawn(adapter: Path) -> np.ndarray:
        pipe = fresh()
        lora.add(pipe, str(adapter), "tiny")
        return draw(pipe)

    assert not np.allclose(drawn(both), drawn(path))


def test_a_lora_for_another_base_is_refused_and_both_are_named(
    fresh: Callable[[], Any], tmp_path: Path
) -> None:
    name = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"
    path = tmp_path / "anime.safetensors"
    shapes = {"lora_A": (4, 2048), "lora_B": (640, 4)}
    tensors = {f"{name}.{side}.weight": torch.zeros(shape) for side, shape in shapes.items()}
    save_file(tensors, path, metadata={"ss_base_model_version": "sdxl_base_v1-0"})
    with pytest.raises(
        RequestError, match=r"for Stable Diffusion XL \(sdxl_base_v1-0\), this is ZImage \(tiny\)"
    ):
        lora.add(fresh(), str(path), "tiny")


def test_a_lora_for_a_larger_model_of_the_same_kind_is_refused(
    fresh: Callable[[], Any], tmp_path: Path
) -> None:
    path = write(fresh(), tmp_path / "a.safetensors")
    tensors, _ = lora.read(lora.Lora("a", path, 1))
    wider = {
        key: torch.zeros(value.shape[0], 64) if "lora_A" in key else value
        for key, value in tensors.items()
    }
    save_file(wider, tmp_path / "wide.safetensors")
    pipe = fresh()
    with pytest.raises(RequestError, match="is for Z-Image, .* has 64 channels in it, 32 here"):
        lora.add(pipe, str(tmp_path / "wide.safetensors"), "tiny")
    assert not pipe.get_list_adapters()


def test_a_file_that_is_cut_short_is_named(fresh: Callable[[], Any], tmp_path: Path) -> None:
    path = write(fresh(), tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match=r"a\.safetensors is damaged"):
        lora.add(fresh(), str(path), "tiny")


def test_what_is_no_lora_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"")
    (tmp_path / "b.safetensors").write_bytes(b"")
    for name, says in {
        "style.ckpt": "is a pickle, which can run code",
        "gone.safetensors": "does not exist; give a safetensors file",
        "owner/name": "is not on this machine",
        str(tmp_path): "has a.safetensors, b.safetensors; give the path of one file",
    }.items():
        with pytest.raises(RequestError, match=says):
            lora.chosen(name)


def test_its_licence_is_that_of_the_card_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    assert lora.licence_with("MIT", str(path)) == "MIT AND LicenseRef-studio-undeclared"
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\nA style.")
    assert lora.licence_with("MIT", str(path)) == "MIT AND CC-BY-NC-4.0"
    assert lora.weights(f"{path}:0.5")[0].licence == "CC-BY-NC-4.0"
    assert lora.weights(f"{path}:0") == ()


def test_a_family_of_open_models_takes_it_as_an_option_and_records_it(
    fresh: Callable[[], Any], folder: Path, tmp_path: Path, store: Store
) -> None:
    path = write(fresh(), tmp_path / "ink.safetensors")
    engine = Engine(device="cpu")

    def made(adapter: str) -> Artifact:
        options = {"checkpoint": str(folder), "width": 32, "height": 32, "steps": 2}
        asked = Request(
            "a cat", family="z-image", seed=1, out_dir=tmp_path,
            params={**options, "adapter": adapter},
        )  # fmt: skip
        return next(iter(generate(asked, store=store, engine=engine)))

    record = made(f"{path}:0.8").record
    assert record.family_licence.endswith(" AND LicenseRef-studio-undeclared")
    used = next(each for each in record.weights if each.model == "ink.safetensors")
    assert used.sha256 == file_sha256(path)
    assert made("").record.media_sha256 != record.media_sha256
    assert made(f"{path}:0").record.media_sha256 == made("").record.media_sha256
