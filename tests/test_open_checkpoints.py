"""Checkpoints of open models: what is found, what is refused, and what their files say."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from pipelines.open import checkpoints, memory, packed, randoms, run, single_file
from pipelines.open.plan import plan
from studio import registry
from studio.errors import RequestError, ResourceError, WeightsError
from studio.forms import fill
from studio.media import Image
from studio.spec import unwatched
from studio.weights import file_sha256, verify
from tests.test_open_lora import write as write_lora
from tests.tiny import original, tiny, z_image
from tests.tiny.least import least


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


@pytest.mark.parametrize(
    ("part", "has", "words"),
    [
        ("tokenizer", None, "tokenizer is not there"),
        ("scheduler", [], "scheduler is not there"),
        ("vae", ["config.json"], "vae has no weights"),
        ("vae", ["config.json", "model.bin"], "vae has only model.bin, which can run code"),
        (
            "text_encoder",
            ["config.json", "model-1.safetensors", "model.safetensors.index.json"],
            "text_encoder has no model-2.safetensors",
        ),
    ],
)
def test_a_folder_that_lacks_something_is_refused_before_anything_loads(
    part: str, has: list[str] | None, words: str, folder: Path, tmp_path: Path
) -> None:
    half = shutil.copytree(folder, tmp_path / "half")
    shutil.rmtree(half / part)
    files = ("model-1.safetensors", "model-2.safetensors")
    listed = json.dumps({"weight_map": dict(zip("ab", files, strict=True))})
    if has is not None:
        (half / part).mkdir()
        for name in has:
            (half / part / name).write_text(listed)
    with pytest.raises(WeightsError, match=re.escape(f"is not whole: {words}; get it")):
        run.load(("ZImagePipeline",), half, plan("whole", "fp32", "cpu"))
    # What is not read from it may be missing.
    checkpoints.check_whole(half, {part})


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


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A toy Z-Image as people share it: the transformer in one file, named as its makers do."""
    from safetensors.torch import load_file, save_file

    z_image.build(tmp_path / "whole")
    tensors = load_file(tmp_path / "whole" / "transformer" / "diffusion_pytorch_model.safetensors")
    renamed = {}
    for name, value in tensors.items():
        for ours, theirs in (("all_final_layer.2-1.", "final_layer."),
                             ("all_x_embedder.2-1.", "x_embedder."), (".to_out.0.", ".out."),
                             (".norm_q.", ".q_norm."), (".norm_k.", ".k_norm.")):  # fmt: skip
            name = name.replace(ours, theirs)
        renamed[f"model.diffusion_model.{name}"] = value.half()
    file = tmp_path / "whole" / "shared.safetensors"
    save_file(renamed, file)
    return file


def test_a_single_file_draws_as_the_folder_it_came_from(shared: Path) -> None:
    family = registry.family("z-image")

    def draw(checkpoint: Path) -> Image:
        given = {"prompt": "a", "seed": 1, "width": 32, "height": 32, "steps": 2}
        params = family.params(checkpoint=str(checkpoint), precision="fp32", **given)  # pyright: ignore[reportCallIssue]
        made = family.load("cpu", **family.loading(params))(params, unwatched)
        assert isinstance(made, Image)
        return made

    one, other = draw(shared), draw(shared.parent)
    apart = np.abs(one.pixels.astype(int) - other.pixels.astype(int))
    # The file is in half precision.
    assert apart.max() <= 8 and one.pixels.std() > 5


def test_what_was_unpacked_is_recorded_and_kept(shared: Path, home: Path) -> None:
    found = checkpoints.weights(str(shared), "MIT")
    assert {(each.model, each.revision) for each in found} == {
        ("shared.safetensors", file_sha256(shared))
    }
    assert {each.path.parent.name for each in found} == {"text_encoder", "transformer", "vae"}
    folder = checkpoints.find(str(shared))
    assert folder.parent == home / "checkpoints" and (folder / "vae").is_symlink()
    before = folder.stat().st_mtime_ns
    assert checkpoints.find(str(shared)) == folder and folder.stat().st_mtime_ns == before


def test_a_single_file_by_itself_says_whose_settings_it_needs(shared: Path, tmp_path: Path) -> None:
    alone = shared.rename(tmp_path / "alone.safetensors")
    assert not checkpoints.is_here(str(alone))
    with pytest.raises(RequestError, match="studio models pull Tongyi-MAI/Z-Image-Turbo/settings"):
        checkpoints.find(str(alone))


def test_a_single_file_that_is_cut_short_leaves_nothing_behind(shared: Path, home: Path) -> None:
    shared.write_bytes(shared.read_bytes()[:-100])
    with pytest.raises(WeightsError, match=r"shared\.safetensors are damaged .*get it again"):
        checkpoints.find(str(shared))
    assert not list((home / "checkpoints").glob("*"))


def test_a_style_of_stable_diffusion_in_one_file_moves_as_its_folder(
    home: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny("animatediff", "build_still"), tmp_path / "whole")
    file = original.write(folder, folder / "style.safetensors")
    # As with the settings alone, of parts that are not used.
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "config.json").write_text("{}")
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    motion = str(tiny("animatediff", "build_motion"))
    one, other = (
        np.stack(list(drawn(each, "animatediff", motion=motion)[0].frames))
        for each in (file, tiny("animatediff", "build_still"))
    )
    assert np.array_equal(one, other) and one.std() > 5
    save_file({name: value.half() for name, value in load_file(file).items()}, file)
    narrow = drawn(file, "animatediff", motion=motion)[0]
    apart = np.abs(np.stack(list(narrow.frames)).astype(int) - other)
    assert apart.max() <= 8, "halves are close"
    joined = (home / "checkpoints").glob("style-*-moving-*/unet/*.safetensors")
    kinds = {str(value.dtype) for each in joined for value in load_file(each).values()}
    assert kinds == {"torch.float32", "torch.float16"}, "each in the precision of its file"
    with pytest.raises(RequestError, match="pull stable-diffusion-v1-5/stable-diffusion-v1-5/sett"):
        checkpoints.find(str(shutil.copy(file, tmp_path / "alone.safetensors")))


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    file = tmp_path / "odd.safetensors"
    save_file({"a": np.zeros(3)}, file)
    with pytest.raises(RequestError, match="'odd.safetensors' is of no kind that is known"):
        checkpoints.find(str(file))


def test_a_file_on_the_hub_is_asked_for_by_name() -> None:
    name = "ByteDance/SDXL-Lightning/sdxl_lightning_4step.safetensors"
    assert not checkpoints.is_here(name)
    with pytest.raises(RequestError, match=f"studio models pull {name}"):
        checkpoints.find(name)


def drawn(checkpoint: Path, name: str = "z-image", **more: object) -> Any:
    """What a family makes of a checkpoint at its least, in fp32; and the model that made it."""
    family = registry.family(name)
    given = {"prompt": "a cat", "seed": 1, "precision": "fp32", **least(family), **more}
    params = fill(family.params, {**given, "checkpoint": str(checkpoint)})
    model = family.load("cpu", **family.loading(params))
    return model(params, unwatched), model


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy Z-Image's transformer as a GGUF file, its tensors named as its makers do."""
    made = tmp_path_factory.mktemp("gguf")
    z_image.build(made)

    def renamed(name: str) -> str:
        for ours, theirs in (("all_final_layer.2-1.", "final_layer."),
                             ("all_x_embedder.2-1.", "x_embedder."), (".to_out.0.", ".out."),
                             (".norm_q.", ".q_norm."), (".norm_k.", ".k_norm.")):  # fmt: skip
            name = name.replace(ours, theirs)
        return name

    about = {"general.license": "apache-2.0"}
    return randoms.pack(made / "transformer", made / "small.gguf", "Q8_0", renamed, about)


@pytest.mark.parametrize(
    "name", ["z-image", "flux2-klein", "qwen-image", "sd3.5", "ernie-image", "wan", "ltx2"]
)
def test_a_gguf_file_stays_packed_and_draws_nearly_the_same(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "whole"
    shutil.copytree(tiny(name), folder)
    file = randoms.pack(folder / "transformer", folder / "small.gguf")
    (one, model), (other, _) = drawn(file, name), drawn(folder, name)
    kept = list(model.pipeline.pipe.transformer.parameters())
    assert sum(hasattr(each, "quant_type") for each in kept) >= 2
    apart = np.abs(np.stack(list(_frames(one))).astype(int) - np.stack(list(_frames(other))))
    assert apart.max() <= 4, "8 bits with a scale for 32 numbers are close"


def _frames(made: Any) -> Iterator[np.ndarray]:
    yield from [made.pixels] if isinstance(made, Image) else made.frames


def test_a_gguf_file_names_tensors_as_its_makers_do_and_is_recorded(
    gguf_file: Path, home: Path
) -> None:
    (one, _), (other, _) = drawn(gguf_file), drawn(gguf_file.parent)
    assert np.abs(one.pixels.astype(int) - other.pixels).max() <= 4 and one.pixels.std() > 5
    found = checkpoints.weights(str(gguf_file), "MIT")
    assert {(each.model, each.revision) for each in found} == {
        ("small.gguf", file_sha256(gguf_file))
    }
    transformer = next(each for each in found if each.path.parent.name == "transformer")
    assert transformer.sha256 == file_sha256(gguf_file)
    parts = memory.anatomy(checkpoints.find(str(gguf_file)))
    assert checkpoints.licence(str(gguf_file), ()) == "Apache-2.0", "as its header says"
    packed_part = next(each for each in parts if each.is_packed)
    size_bytes = packed_part.count * packed_part.file_itemsize
    assert size_bytes == pytest.approx(gguf_file.stat().st_size)


def test_a_lora_goes_with_a_gguf_file_as_with_any(gguf_file: Path, tmp_path: Path) -> None:
    from diffusers import ZImagePipeline

    pipe = ZImagePipeline.from_pretrained(gguf_file.parent)
    adapter = write_lora(pipe, tmp_path / "style.safetensors")
    plain, _ = drawn(gguf_file)
    one, _ = drawn(gguf_file, adapter=str(adapter))
    other, _ = drawn(gguf_file.parent, adapter=str(adapter))
    apart = np.abs(one.pixels.astype(int) - other.pixels)
    assert apart.max() <= 6 < np.abs(one.pixels.astype(int) - plain.pixels).max()


@pytest.mark.parametrize("keep", [4, 2000, -1000])
def test_a_gguf_file_that_is_cut_short_leaves_nothing_behind(
    gguf_file: Path, home: Path, tmp_path: Path, keep: int
) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(gguf_file.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"cut\.gguf are damaged .*get it again") as caught:
        single_file.unpacked(cut, gguf_file.parent)
    assert "\n" not in str(caught.value) and not list((home / "checkpoints").glob("*"))


def test_a_gguf_file_for_another_model_is_refused(gguf_file: Path) -> None:
    folder = gguf_file.parent
    other = shutil.copytree(tiny("qwen-image"), folder.parent / "qwen")
    wrong = shutil.copy(gguf_file, other / "wrong.gguf")
    with pytest.raises(RequestError, match="'wrong.gguf' is not for QwenImageTransformer2DModel"):
        drawn(Path(wrong), "qwen-image")


def test_a_gguf_file_goes_with_no_other_way_to_store_weights(gguf_file: Path) -> None:
    family = registry.family("z-image")
    given = {"prompt": "a", "checkpoint": str(gguf_file), "precision": "bf16"}
    assert family.ladder is not None
    found = family.ladder(fill(family.params, given), "cuda")
    assert [each.name for each in found] == ["whole", "offload"]
    with pytest.raises(RequestError, match="fit='disk' does not go with a GGUF file; set fit=auto"):
        family.ladder(fill(family.params, {**given, "fit": "disk"}), "cpu")


def test_without_the_package_a_gguf_file_says_what_to_install(
    gguf_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ResourceError, match=r"pip install 'multimodal-studio\[gguf\]'"):
        checkpoints.find(str(gguf_file))
