"""Writes the weights of a denoiser as a GGUF file, as people share them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import numpy as np
from safetensors.torch import load_file

Renamed = Callable[[str], str]
BLOCK = 32
"""Numbers that share a scale, in the kinds of packing that gguf can write."""


def write(
    part: Path,
    file: Path,
    kind: str = "Q8_0",
    rename: Renamed = str,
    about: Mapping[str, str] | None = None,
) -> Path:
    """The weights in a folder of `save_pretrained`, its matrices packed as `kind`.

    Args:
        rename: gives each tensor the name that it has in the file.
        about: strings for the header, by key.
    """
    packing = gguf.GGMLQuantizationType[kind]
    writer = gguf.GGUFWriter(file, "tiny")
    for key, text in (about or {}).items():
        writer.add_string(key, text)
    for path in sorted(part.glob("*.safetensors")):
        for name, tensor in load_file(path).items():
            value = tensor.float().numpy()
            is_packed = value.ndim == 2 and value.shape[1] % BLOCK == 0 and len(value) > 1
            if is_packed:
                packed = gguf.quants.quantize(value, packing)
                writer.add_tensor(rename(name), packed, raw_dtype=packing)
            else:
                _add_plain(writer, rename(name), value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add_plain(writer: gguf.GGUFWriter, name: str, value: np.ndarray) -> None:
    """The format knows four dimensions; of more, the shape goes into the header."""
    if value.ndim > 4:
        writer.add_array(f"comfy.gguf.orig_shape.{name}", list(value.shape))
        value = value.reshape(value.shape[0], -1)
    writer.add_tensor(name, np.ascontiguousarray(value))
