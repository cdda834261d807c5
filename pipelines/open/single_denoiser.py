"""Denoisers in one safetensors file, as people share them: read by their own class.

Many pipelines of diffusers read no single files, their denoisers do. A file names its tensors
as the model's makers or as diffusers does. Runs no code of a file and reaches no network. Knows the
classes of diffusers' denoisers, no family.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RequestError

if TYPE_CHECKING:
    import torch

PART = "transformer"
BEGINS = ("model.diffusion_model.", "diffusion_model.")
"""What makers of programs put before the names of a denoiser's tensors."""

BY_ITSELF = (
    "Flux2Transformer2DModel",
    "LTX2VideoTransformer3DModel",
    "QwenImageTransformer2DModel",
    "SkyReelsV2Transformer3DModel",
    "WanAnimateTransformer3DModel",
    "WanTransformer3DModel",
    "WanVACETransformer3DModel",
)
"""Denoisers that are read alone: what else is in such files, the pipeline's settings bring."""

_SCALES = (".scale_weight", ".weight_scale", "scaled_fp8")
_OTHER_PARTS = ("vae.", "audio_vae.", "vocoder.", "text_encoders.", "text_embedding_projection.")
_LEFT_OUT = ("video_embeddings_connector.", "audio_embeddings_connector.")
"""In files of LTX-2, and parts of their own in its pipeline."""

# By how many numbers `patch_embedding` has: width x channels x 4.
_FIRST = "patch_embedding.weight"
_WAN = {
    98_304: "Wan-AI/Wan2.1-T2V-1.3B-Diffusers",
    589_824: "Wan-AI/Wan2.2-TI2V-5B-Diffusers",
}
_VACE = {98_304: "Wan-AI/Wan2.1-VACE-1.3B-diffusers", 327_680: "Wan-AI/Wan2.1-VACE-14B-diffusers"}
_SKYREELS = {
    98_304: "Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers",
    327_680: "Skywork/SkyReels-V2-DF-14B-540P-Diffusers",
}


def base_of(counts: Mapping[str, int]) -> str:
    """The published checkpoint whose settings a file of Wan's kind needs; empty where it is not
    told, as for those of 14 billion numbers, which several models have alike.

    Args:
        counts: how many numbers each tensor of the file has, by its name.
    """
    first = next((count for name, count in counts.items() if name.endswith(_FIRST)), 0)
    for sign, bases in (("vace_blocks.", _VACE), ("fps_embedding.", _SKYREELS), ("", _WAN)):
        if any(sign in name for name in counts):
            return bases.get(first, "")
    return ""


def check_plain(file: Path, names: list[str]) -> None:
    """Refuse numbers that mean nothing without others beside them.

    Raises:
        RequestError: the file holds eight-bit numbers with scales of their own.
    """
    if any(name.endswith(_SCALES) for name in names):
        raise RequestError(
            f"checkpoint {file.name!r} holds scaled 8-bit numbers, which nothing here reads; give "
            "one in bf16 or fp16, or a GGUF file"
        )


def read(made_of: Any, file: Path, folder: Path, dtype: "torch.dtype") -> Any:
    """A denoiser from one file.

    Args:
        made_of: its class in diffusers.
        folder: with its `config.json`.

    Raises:
        RequestError: the file is for another model, or lacks some of this one.
    """
    tensors = _tensors(file)
    has = sum(value.numel() for name, value in tensors.items() if not name.startswith(_LEFT_OUT))
    try:
        made = made_of.from_single_file(
            tensors, config=str(folder), torch_dtype=dtype, local_files_only=True
        )
    except (ValueError, KeyError, RuntimeError, AttributeError, NotImplementedError) as error:
        # The converters of diffusers stumble in many ways over tensors they do not know.
        raise _not_for(made_of, file, folder, str(error) or type(error).__name__) from error
    missing = [name for name, value in made.named_parameters() if value.device.type == "meta"]
    if missing:
        raise _not_for(made_of, file, folder, f"it has no {missing[0]}")
    needs = sum(value.numel() for value in made.state_dict().values())
    if has != needs:
        raise _not_for(made_of, file, folder, f"it has {has} numbers, {needs} are needed")
    return made


def _not_for(made_of: Any, file: Path, folder: Path, reason: str) -> RequestError:
    return RequestError(
        f"checkpoint {file.name!r} is not for {made_of.__name__} as in {folder} "
        f"({reason.splitlines()[0][:120]}); give one for this model"
    )


def _tensors(file: Path) -> dict[str, "torch.Tensor"]:
    """The denoiser's tensors, without what was put before their names."""
    from safetensors import safe_open

    with safe_open(file, framework="pt") as opened:
        names = [name for name in opened.keys() if not name.startswith(_OTHER_PARTS)]
        return {_short(name): opened.get_tensor(name) for name in names}


def _short(name: str) -> str:
    return next((name.removeprefix(each) for each in BEGINS if name.startswith(each)), name)
