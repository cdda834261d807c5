"""Denoisers in one safetensors file, named as their makers do: read, refused, placed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.open import checkpoints, single_denoiser, single_file
from studio import registry
from studio.errors import RequestError
from studio.forms import fill
from studio.media import Video
from studio.spec import unwatched
from studio.weights import file_sha256
from tests.tiny import tiny

# What Wan's makers call the layers of diffusers, in the order in which they are put back.
WAN = (
    ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
    ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
    ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    ("condition_embedder.time_proj", "time_projection.1"),
    (".norm2.", ".norm_between."), (".norm3.", ".norm2."), (".norm_between.", ".norm3."),
    ("attn2", "cross_attn"), ("attn1", "self_attn"),
    (".to_out.0.", ".o."), (".to_q.", ".q."), (".to_k.", ".k."), (".to_v.", ".v."),
    ("ffn.net.0.proj", "ffn.0"), ("ffn.net.2", "ffn.2"),
    ("scale_shift_table", "modulation"), ("proj_out", "head.head"),
)  # fmt: skip
LTX2 = (
    ("audio_proj_in", "audio_patchify_proj"), ("proj_in", "patchify_proj"),
    ("av_cross_attn_video_scale_shift", "av_ca_video_scale_shift_adaln_single"),
    ("av_cross_attn_video_a2v_gate", "av_ca_a2v_gate_adaln_single"),
    ("av_cross_attn_audio_scale_shift", "av_ca_audio_scale_shift_adaln_single"),
    ("av_cross_attn_audio_v2a_gate", "av_ca_v2a_gate_adaln_single"),
    ("video_a2v_cross_attn_scale_shift_table", "scale_shift_table_a2v_ca_video"),
    ("audio_a2v_cross_attn_scale_shift_table", "scale_shift_table_a2v_ca_audio"),
    ("norm_q", "q_norm"), ("norm_k", "k_norm"),
)  # fmt: skip


def as_their_makers_do(name: str, family: str) -> str:
    for ours, theirs in LTX2 if family == "ltx2" else WAN:
        name = name.replace(ours, theirs)
    if family == "ltx2":
        for begin, ours in (("", "time_embed."), ("audio_", "audio_time_embed.")):
            if name.startswith(ours):
                name = f"{begin}adaln_single.{name.removeprefix(ours)}"
    elif name == "modulation":
        name = "head.modulation"
    return name


def shared(folder: Path, family: str, builder: str = "build") -> Path:
    """A copy of toy weights whose denoiser is in one file beside them, as people share it."""
    shutil.copytree(tiny(family, builder), folder)
    part = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    named = {as_their_makers_do(name, family): value for name, value in load_file(part).items()}
    file = folder / "shared.safetensors"
    save_file({f"model.diffusion_model.{name}": value for name, value in named.items()}, file)
    return file


def frames(family: str, checkpoint: Path) -> np.ndarray:
    found = registry.family(family)
    values = {"prompt": "a", "seed": 1, "width": 64, "height": 64, "frames": 9, "steps": 2}
    more = {"soundtrack": "none", "checkpoint": str(checkpoint), "precision": "fp32"}
    params = fill(found.params, {**values, **more})
    made = found.load("cpu", **found.loading(params))(params, unwatched)
    assert isinstance(made, Video)
    return np.stack(list(made.frames))


@pytest.mark.parametrize("family", ["wan", "skyreels", "ltx2"])
def test_a_denoiser_in_one_file_films_as_the_folder_that_it_came_from(
    family: str, tmp_path: Path
) -> None:
    file = shared(tmp_path / "one", family)
    one, other = (frames(family, each) for each in (file, file.parent))
    assert (one == other).all() and one.std() > 5
    folder = checkpoints.find(str(file))
    assert not (folder / "transformer").is_symlink() and (folder / "vae").is_symlink()
    used = checkpoints.weights(str(file), "MIT")
    assert {(each.model, each.revision) for each in used} == {(file.name, file_sha256(file))}


@pytest.mark.parametrize("model", ["flux2-klein", "qwen-image", "wan:build_animate"])
def test_denoisers_as_diffusers_names_them_are_read_number_by_number(
    model: str, tmp_path: Path
) -> None:
    family, _, builder = model.partition(":")
    shutil.copytree(tiny(family, builder or "build"), tmp_path / "one")
    part = "transformer/diffusion_pytorch_model.safetensors"
    tensors = load_file(tmp_path / "one" / part)
    file = tmp_path / "one" / "shared.safetensors"
    save_file({f"model.diffusion_model.{name}": value for name, value in tensors.items()}, file)
    (tmp_path / "one" / part).unlink()
    folder = checkpoints.find(str(file))
    parts = {each.name for each in (tmp_path / "one").iterdir() if each.is_dir()}
    assert parts == {each.name for each in folder.iterdir() if each.is_dir()}
    found = load_file(folder / part)
    assert found.keys() == tensors.keys()
    assert all((found[name] == tensors[name]).all() for name in tensors)


def test_a_file_for_another_denoiser_or_less_than_one_is_refused(
    tmp_path: Path, home: Path
) -> None:
    wan, skyreels = (shared(tmp_path / name, name) for name in ("wan", "skyreels"))
    wrong = shutil.copy(skyreels, wan.parent / "wrong.safetensors")
    with pytest.raises(RequestError, match="'wrong.safetensors' is not for WanTransformer3DModel"):
        checkpoints.find(str(wrong))
    tensors = load_file(wan)
    tensors.pop("model.diffusion_model.blocks.0.ffn.0.weight")
    half = wan.parent / "half.safetensors"
    save_file(tensors, half)
    with pytest.raises(RequestError, match="give one for this model"):
        checkpoints.find(str(half))
    assert not list((home / "checkpoints").iterdir()), "something half done was left"


def test_numbers_that_mean_nothing_by_themselves_are_refused(tmp_path: Path) -> None:
    file = shared(tmp_path / "one", "wan")
    tensors = load_file(file)
    tensors["model.diffusion_model.blocks.0.ffn.0.scale_weight"] = torch.ones(1)
    save_file(tensors, file)
    with pytest.raises(RequestError, match="holds scaled 8-bit numbers, .* or a GGUF file"):
        checkpoints.find(str(file))


def test_a_file_that_may_be_either_of_two_denoisers_is_refused(tmp_path: Path) -> None:
    file = shared(tmp_path / "one", "wan", "build_two")
    with pytest.raises(RequestError, match="has two denoisers, and 'shared.safetensors' may be"):
        checkpoints.find(str(file))


BASES = [
    ("patch_embedding.weight", (1536, 16, 1, 2, 2), "", "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"),
    ("patch_embedding.weight", (3072, 48, 1, 2, 2), "", "Wan-AI/Wan2.2-TI2V-5B-Diffusers"),
    ("patch_embedding.weight", (5120, 16, 1, 2, 2), "", ""),
    (
        "patch_embedding.weight",
        (5120, 16, 1, 2, 2),
        "vace_blocks.0.bias",
        "Wan-AI/Wan2.1-VACE-14B-diffusers",
    ),
    (
        "model.diffusion_model.patch_embedding.weight",
        (1536, 16, 1, 2, 2),
        "model.diffusion_model.fps_embedding.weight",
        "Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers",
    ),
]


@pytest.mark.parametrize(("name", "shape", "sign", "base"), BASES)
def test_a_file_by_itself_says_whose_settings_it_needs_where_that_is_sure(
    name: str, shape: tuple[int, ...], sign: str, base: str, tmp_path: Path
) -> None:
    file = tmp_path / "alone.safetensors"
    more = {sign: torch.zeros(1)} if sign else {}
    save_file({name: torch.zeros(shape, dtype=torch.uint8), **more}, file)
    if base:
        assert single_file.base_of(file) == base
        with pytest.raises(RequestError, match=f"studio models pull {base}/without-transformer"):
            checkpoints.find(str(file))
        return
    assert single_denoiser.base_of({name: 327_680}) == ""
    with pytest.raises(RequestError, match="is of no kind that is known; give a folder"):
        checkpoints.find(str(file))
