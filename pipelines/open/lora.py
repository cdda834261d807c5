"""LoRA files for open pipelines: found, checked against the model they are for, stacked, weighted.

An option names them as `studio.adapters` reads it: a safetensors file, a folder or an id on the
Hugging Face Hub that holds one, or the name of one that was taught here. What is for another base
is refused, and both are named: diffusers alone would leave out what does not fit, or fail inside.
Never loads a pickle. Knows no family.
"""

import functools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.open import checkpoints
from studio import adapters
from studio.errors import RequestError, WeightsError
from studio.spec import Suggested, Weights
from studio.weights import known_sha256

if TYPE_CHECKING:
    from torch import Tensor

HUB_FILES = ["*.safetensors", "README.md"]
_PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_BASE_KEYS = ("ss_base_model_version", "modelspec.architecture", "base_model", "ss_sd_model_name")
_LAYER = re.compile(
    r"(?P<part>\w+?)\.(?P<layer>.+?)\.(?:lora_linear_layer\.|lora\.)?"
    r"(?:lora_)?(?P<side>A|B|down|up)(?:\.\w+)?\.(?:weight|bias)"
)
# Layers that only one kind of model has, the surest first.
_SIGNS = (
    ("noise_refiner", "Z-Image"), ("context_refiner", "Z-Image"),
    ("single_transformer_blocks", "FLUX"), ("double_blocks", "FLUX"), ("single_blocks", "FLUX"),
    ("img_mlp", "Qwen-Image"), ("joint_blocks", "Stable Diffusion 3"),
    ("layers.0.attention", "Z-Image"), ("cross_attn", "Wan"),
)  # fmt: skip
# Of models with a UNet, by the width of the text that they attend to.
_WIDTHS = {768: "Stable Diffusion 1", 1024: "Stable Diffusion 2", 2048: "Stable Diffusion XL"}


@dataclass(frozen=True)
class Lora:
    """A LoRA as it was named, its file, and how much of it to add."""

    name: str
    path: Path
    weight: float
    taught: Weights | None = None
    """What its card says, where it was taught here."""


def taught(family: str) -> Suggested:
    """Marks the option as one whose usual values are the adapters that the family was taught."""
    return Suggested(functools.partial(adapters.names, family))


def chosen(text: str, family: str = "") -> tuple[Lora, ...]:
    """The LoRA files that an option names, of what was taught here those of the family.

    Raises:
        RequestError: one is not there, is a pickle, is for another family, or its folder holds none
            or several.
        WeightsError: one that was taught here is not what its card says.
    """
    return tuple(_lora(each, family) for each in adapters.parse(text))


def _lora(named: adapters.Chosen, family: str) -> Lora:
    if _is_file(named.name) or named.name not in adapters.names():
        return Lora(named.name, find(named.name), named.weight)
    (taught,) = adapters.taught(named.name, family or adapters.card(named.name).family)
    return Lora(named.name, taught.path, named.weight, taught)


def _is_file(name: str) -> bool:
    return Path(name).expanduser().exists()


def find(name: str) -> Path:
    """The safetensors file that a name means.

    Raises:
        RequestError: as `chosen`.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() in _PICKLES:
        raise RequestError(f"adapter {name!r} is a pickle, which can run code; give a safetensors")
    if path.is_file():
        return path
    if path.is_dir():
        return _only(name, path)
    if (pulled := checkpoints.hub_file(name)) is not None:
        return pulled
    if path.suffix or not _ID.fullmatch(name):
        raise RequestError(
            f"adapter {name!r} does not exist; give a safetensors file, a folder or owner/name"
        )
    return _only(name, _pulled(name))


def _only(name: str, folder: Path) -> Path:
    found = sorted(folder.glob("*.safetensors"))
    if len(found) != 1:
        has = ", ".join(path.name for path in found[:5]) or "no safetensors file"
        raise RequestError(f"adapter {name!r} has {has}; give the path of one file")
    return found[0]


def _pulled(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True, allow_patterns=HUB_FILES))
    except LocalEntryNotFoundError as error:
        raise RequestError(
            f"adapter {name!r} is not on this machine; get it with: studio models pull {name}"
        ) from error


def weights(text: str, family: str = "") -> tuple[Weights, ...]:
    """The files that an option names, with hashes and what their cards say of the licence."""
    return tuple(
        each.taught
        or Weights(
            each.path, known_sha256(each.path), "local", licence(each.path), Path(each.name).name
        )
        for each in chosen(text, family)
    )


def licence(path: Path) -> str:
    """What the card beside a file says, as an SPDX expression; undeclared where there is none."""
    return checkpoints.carded(path.parent) or adapters.UNDECLARED


def licence_with(base: str, text: str, family: str = "") -> str:
    """SPDX expression of a model with the LoRA files that an option names."""
    found = [each.licence for each in weights(text, family)]
    return " AND ".join(dict.fromkeys([base, *found]))


def size_bytes(text: str, family: str = "") -> int:
    """What the files take in memory, about."""
    return sum(each.path.stat().st_size for each in chosen(text, family))


def said(text: str, key: str) -> str:
    """What the headers of the LoRA files that an option names say under a key; empty for nothing.

    Raises:
        RequestError: as `chosen`.
        WeightsError: one is damaged.
    """
    return next(filter(None, (_header(each.path).get(key, "") for each in chosen(text))), "")


def _header(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"adapter {path} is damaged ({error}); get it again") from error


def add(pipe: Any, text: str, base: str, family: str = "") -> None:
    """Adds the LoRA files that an option names to a pipeline of diffusers.

    Args:
        base: what the pipeline was loaded from, to name it in errors.
        family: whose taught adapters may be named.

    Raises:
        RequestError: one is for another model.
        WeightsError: one is damaged.
    """
    found = chosen(text, family)
    # peft warns of what is meant here: more than one.
    warnings.filterwarnings("ignore", message="Already found a `peft_config` attribute")
    for number, each in enumerate(found):
        tensors, about = read(each)
        check_fit(each.name, tensors, about, pipe, base)
        pipe.load_lora_weights(tensors, adapter_name=f"adapter{number}")
    if found:
        names = [f"adapter{number}" for number in range(len(found))]
        pipe.set_adapters(names, [each.weight for each in found])


def read(lora: Lora) -> tuple[dict[str, "Tensor"], dict[str, str]]:
    """The tensors of a file, and what its header says about them.

    Raises:
        WeightsError: it is cut short, or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(lora.path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            return tensors, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"adapter {lora.path} is damaged ({error}); get it again") from error


def check_fit(
    name: str, tensors: Mapping[str, "Tensor"], about: Mapping[str, str], pipe: Any, base: str
) -> None:
    """Refuse a LoRA for another model: every layer must be there and of its size.

    Raises:
        RequestError: names the base that it is for, and this one.
    """
    problem = _misfit(tensors, pipe)
    if problem:
        raise RequestError(
            f"adapter {name!r} is for {base_of(tensors, about)}, this is {_here(pipe)} ({base}): "
            f"{problem}; give one for this model"
        )


def _misfit(tensors: Mapping[str, "Tensor"], pipe: Any) -> str:
    """What does not fit; empty where all does."""
    try:
        converted = _converted(tensors, pipe)
    except (ValueError, KeyError, IndexError, RuntimeError, AttributeError) as error:
        # The converters of diffusers stumble in many ways over layers they do not know.
        return f"its layers cannot be read ({str(error).splitlines()[0][:80]})"
    layers = {part: dict(found.named_modules()) for part, found in _parts(pipe).items()}
    matches = {key: _LAYER.fullmatch(key) for key in converted if not key.endswith(".alpha")}
    for key, match in matches.items():
        module = layers.get(match["part"], {}).get(match["layer"]) if match else None
        weight = getattr(module, "weight", None)
        if match is None or weight is None:
            return f"there is no {key.split('.lora')[0]}"
        side = 1 if match["side"] in ("A", "down") and not key.endswith(".bias") else 0
        # Of packed weights, the shape is that of their bytes.
        out, into = getattr(module, "out_features", None), getattr(module, "in_features", None)
        shape = weight.shape if out is None or into is None else (out, into)
        has, needs = converted[key].shape[side], shape[side]
        if has != needs:
            return f"{match['layer']} has {has} channels in it, {needs} here"
    return "" if matches else "it changes nothing"


def _converted(tensors: Mapping[str, "Tensor"], pipe: Any) -> dict[str, "Tensor"]:
    """The tensors named as diffusers names them, whoever trained them."""
    more = {"unet_config": pipe.unet.config} if getattr(pipe, "unet", None) is not None else {}
    found = pipe.lora_state_dict(dict(tensors), **more)
    return found[0] if isinstance(found, tuple) else found


def _parts(pipe: Any) -> dict[str, Any]:
    return {name: part for name, part in pipe.components.items() if hasattr(part, "named_modules")}


def base_of(tensors: Mapping[str, "Tensor"], about: Mapping[str, str]) -> str:
    """The model that a LoRA is for: by its header, else by its layers."""
    said = next((about[key] for key in _BASE_KEYS if about.get(key)), "")
    seen = next((model for sign, model in _SIGNS if any(sign in key for key in tensors)), "")
    if not seen:
        widths = (
            tensor.shape[1]
            for key, tensor in tensors.items()
            if re.search(r"attn2[._]to_k.*(lora_A|down)", key)
        )
        seen = next((_WIDTHS[width] for width in widths if width in _WIDTHS), "")
    return f"{seen} ({said})" if seen and said else seen or said or "another model"


def _here(pipe: Any) -> str:
    """The model of a pipeline, as its class calls it."""
    return type(pipe).__name__.removesuffix("Pipeline")
