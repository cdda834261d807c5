"""GGUF files: a denoiser's weights in 2 to 8 bits, as people share them for small machines.

The weights stay as they are in the file and are widened layer by layer when they are used. Such a
file holds numbers and words, no code. Needs the package gguf. Knows the classes of diffusers'
denoisers, no family.
"""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import RequestError, ResourceError, WeightsError

if TYPE_CHECKING:
    import torch
    from gguf import GGUFReader

SUFFIX = ".gguf"
PART = "transformer"
"""What such a file holds, of the parts of a pipeline."""

TAKEN_BY = (
    "ErnieImageTransformer2DModel",
    "Flux2Transformer2DModel",
    "LTX2VideoTransformer3DModel",
    "QwenImageTransformer2DModel",
    "SanaTransformer2DModel",
    "SD3Transformer2DModel",
    "SkyReelsV2Transformer3DModel",
    "WanTransformer3DModel",
    "ZImageTransformer2DModel",
)
"""Denoisers that were seen to draw nearly the same from such a file, of toy size."""

SHAPE = "comfy.gguf.orig_shape."
"""Before a tensor's name: its shape, where it has more dimensions than the format knows."""


@dataclass(frozen=True)
class Tensor:
    """What the header says of one tensor: `count` numbers in `size_bytes`."""

    name: str
    count: int
    ndim: int
    size_bytes: int


def check() -> None:
    """Refuse before any work.

    Raises:
        ResourceError: the package is not installed.
    """
    if importlib.util.find_spec("gguf") is None:
        raise ResourceError(
            "GGUF files need the Python package gguf, which is not installed; "
            "run: pip install 'multimodal-studio[gguf]'"
        )


def tensors(file: Path) -> Iterator[Tensor]:
    """What is in a file, by its header.

    Raises:
        ResourceError: the package is not installed.
        WeightsError: it is cut short, or no GGUF file.
    """
    for each in _reader(file).tensors:
        yield Tensor(each.name, int(each.n_elements), len(each.shape), int(each.n_bytes))


def licence(file: Path) -> str:
    """What the header says of the licence, in the words of the Hub's cards; empty for nothing."""
    field = _reader(file).get_field("general.license")
    return str(field.contents()) if field is not None else ""


def _reader(file: Path) -> "GGUFReader":
    check()
    from gguf import GGUFReader

    try:
        return GGUFReader(file)
    except (ValueError, IndexError, KeyError, OverflowError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"weights {file} are damaged ({reason}); get it again") from error


def file_in(folder: Path) -> Path | None:
    """The GGUF file with a part's weights, where that is what its folder has."""
    return next(iter(sorted(folder.glob("*" + SUFFIX))), None)


def load(made_of: Any, folder: Path, file: Path, dtype: "torch.dtype") -> Any:
    """A denoiser whose weights stay packed and that calculates in `dtype`.

    Args:
        made_of: its class in diffusers.
        folder: with its `config.json`.

    Raises:
        RequestError: diffusers has no way to do so, or the file is for another model.
        ResourceError: the package is not installed.
        WeightsError: the file is damaged.
    """
    if made_of.__name__ not in TAKEN_BY:
        raise RequestError(
            f"{made_of.__name__} takes no GGUF files; give {file.name!r} as a folder"
        )
    from diffusers import GGUFQuantizationConfig

    checkpoint = _read(file, dtype)
    try:
        return made_of.from_single_file(
            checkpoint,
            config=str(folder),
            quantization_config=GGUFQuantizationConfig(compute_dtype=dtype),
            torch_dtype=dtype,
            local_files_only=True,
        )
    except (ValueError, KeyError, RuntimeError, AttributeError, NotImplementedError) as error:
        # The converters of diffusers stumble in many ways over tensors they do not know.
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise RequestError(
            f"checkpoint {file.name!r} is not for {made_of.__name__} as in {folder} "
            f"({reason}); give one for this model"
        ) from error


def _read(file: Path, dtype: "torch.dtype") -> dict[str, Any]:
    """The tensors of a file, packed where they are matrices, else as plain ones.

    diffusers widens what linear layers hold and nothing else, so that the rest must be plain.
    """
    import torch
    from diffusers.quantizers.gguf.utils import GGUFParameter, dequantize_gguf_tensor
    from gguf import GGMLQuantizationType

    # Its constructor takes more than that of a tensor, which its types do not know.
    pack: Any = GGUFParameter
    plain = (GGMLQuantizationType.F32, GGMLQuantizationType.F16)
    reader = _reader(file)
    found: dict[str, Any] = {}
    for each in reader.tensors:
        value = torch.from_numpy(each.data.copy())
        if each.tensor_type not in plain:
            value = pack(value, quant_type=each.tensor_type)
            is_matrix = len(each.shape) == 2 and each.name.endswith(".weight")
            if not is_matrix or each.tensor_type == GGMLQuantizationType.BF16:
                value = dequantize_gguf_tensor(value).as_subclass(torch.Tensor).to(dtype)
        shape = reader.get_field(SHAPE + each.name)
        found[each.name] = value if shape is None else value.reshape(tuple(shape.contents()))
    return found
