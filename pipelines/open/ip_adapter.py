"""IP-Adapters: weights that let a model look at pictures (Ye et al., 2023, "IP-Adapter").

An option names a safetensors file, here or pulled. The model that reads the pictures for it, a
CLIP or SigLIP encoder, lies beside it or was pulled by itself. What is for another model is
refused, and both are named. Never loads a pickle. Knows no family.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.open import checkpoints, lora, place, single_file
from pipelines.open.plan import Plan
from studio.adapt import quiet_libraries
from studio.errors import RequestError, WeightsError
from studio.spec import Weights

ENCODER = "image_encoder"
_PROJECTION, _ATTENTION = "image_proj.", "ip_adapter."
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")
_LOOKS = ".to_k_ip.weight"
# Of their layers that look, by the width of what those attend to beside.
_BASES = {
    768: "Stable Diffusion 1",
    1024: "Stable Diffusion 2",
    2048: "Stable Diffusion XL",
    2432: "Stable Diffusion 3.5 large",
}
# How the first layer that sees the encoder's features is called, which side of its matrix they are
# on, and by which name the encoder's settings call their width.
_SEES = (
    ("image_proj.proj.weight", 1, "projection_dim"),
    ("image_proj.proj_in.weight", 1, "hidden_size"),
    ("image_proj.proj.0.weight", 0, "hidden_size"),
)
# Those that need to be told whose face it is.
_FACES = ("image_proj.norm.weight", "image_proj.perceiver_resampler.proj_in.weight")


@dataclass(frozen=True)
class Eyes:
    """What a family looks at pictures with.

    `usual`: the adapter where none is named. `encoder`: where it is published by itself, the id of
    the model that reads pictures for it; empty where adapters come with theirs.
    """

    usual: str
    encoder: str = ""


@dataclass(frozen=True)
class Found:
    """An adapter's file, and the folder of the encoder that it needs."""

    name: str
    file: Path
    encoder: Path


def find(name: str, eyes: Eyes) -> Found:
    """The files that an adapter's name means.

    Raises:
        RequestError: it or its encoder is not here, it is a pickle, or it is no IP-Adapter.
        WeightsError: it is damaged.
    """
    file = _file(name)
    width, called = _width(name, _shapes(name, file))
    seen: list[str] = []
    for folder in _encoders(file, eyes):
        has = _setting(folder, called)
        if has == width:
            return Found(name, file, folder)
        seen.append(f"{folder.parent.name}/{folder.name} has {has}")
    get = eyes.encoder or name
    raise RequestError(
        f"ip_adapter {name!r} needs an image encoder of {called} {width}"
        f"{' (' + '; '.join(seen) + ')' if seen else ''}; get it with: studio models pull {get}"
    )


def is_here(name: str, eyes: Eyes) -> bool:
    """Whether an adapter and its encoder are on this machine."""
    try:
        find(name, eyes)
    except RequestError:
        return False
    return True


def weights(name: str, eyes: Eyes) -> tuple[Weights, ...]:
    """The files of an adapter and of its encoder, with hashes and what their cards say."""
    found = find(name, eyes)
    files = [found.file, *checkpoints.weight_files(found.encoder)]
    return tuple(
        Weights(
            path,
            checkpoints.sha256(path),
            _revision(path),
            _licence(path),
            path.name if path == found.file else path.parent.name,
        )
        for path in files
    )


def licence(name: str, eyes: Eyes) -> str:
    """SPDX expression of an adapter and its encoder together."""
    return " AND ".join(dict.fromkeys(each.licence for each in weights(name, eyes)))


def size_bytes(name: str, eyes: Eyes) -> int:
    """What an adapter and its encoder take in memory, about."""
    found = find(name, eyes)
    files = [found.file, *checkpoints.weight_files(found.encoder)]
    return sum(path.stat().st_size for path in files)


def count(name: str, eyes: Eyes) -> int:
    """How many numbers an adapter and its encoder hold."""
    found = find(name, eyes)
    own = sum(math.prod(shape) for shape in _shapes(name, found.file).values())
    return own + sum(checkpoints.parameters(found.encoder).values())


def parts(found: Found, plan: Plan) -> dict[str, Any]:
    """The components that a pipeline of diffusers needs to read pictures, laid out by the plan."""
    quiet_libraries()
    import transformers

    is_siglip = "siglip" in str(_config(found.encoder).get("model_type", ""))
    side = _setting(found.encoder, "image_size")
    if is_siglip:
        read = transformers.SiglipVisionModel
        eye = transformers.SiglipImageProcessorPil(size={"height": side, "width": side})
    else:
        read = transformers.CLIPVisionModelWithProjection
        eye = transformers.CLIPImageProcessorPil(size=side, crop_size=side)
    encoder = place.placed(ENCODER, read, found.encoder, plan)
    return {ENCODER: encoder, "feature_extractor": eye}


@dataclass(frozen=True)
class Looks:
    """Adds an adapter to the denoiser among the components of a checkpoint, `base` in errors."""

    found: Found
    base: str

    def __call__(self, name: str, part: Any) -> None:
        if name in ("unet", "transformer"):
            add(part, self.found, self.base)


def add(denoiser: Any, found: Found, base: str) -> None:
    """Adds an adapter to a denoiser of diffusers, before that is laid out in memory.

    Args:
        base: what the denoiser was loaded from, to name it in errors.

    Raises:
        RequestError: it is for another model.
    """
    tensors, _ = lora.read(lora.Lora(found.name, found.file, 1.0))
    looks = [tuple(value.shape) for name, value in tensors.items() if name.endswith(_LOOKS)]
    if problem := _misfit(looks, list(_attended(denoiser))):
        raise RequestError(
            f"ip_adapter {found.name!r} is for {_base_of(looks)}, this is {base}: {problem}; give "
            "one for this model"
        )
    state = {
        prefix.rstrip("."): {
            name.removeprefix(prefix): value
            for name, value in tensors.items()
            if name.startswith(prefix)
        }
        for prefix in (_PROJECTION, _ATTENTION)
    }
    denoiser._load_ip_adapter_weights([state] if _is_unet(denoiser) else state)
    # They look at the type of their weights to know which to calculate in.
    kept = denoiser._skip_layerwise_casting_patterns or ()
    denoiser._skip_layerwise_casting_patterns = (*kept, "encoder_hid_proj", "image_proj")
    denoiser.eval()


def _misfit(has: list[tuple[int, ...]], needs: list[tuple[int, ...]]) -> str:
    """What does not fit of the layers that look; empty where all does."""
    if len(has) != len(needs):
        return f"it has {len(has)} layers that look, this one {len(needs)}"
    for one, other in zip(sorted(has), sorted(needs), strict=True):
        if one != other:
            return f"a layer of it is {one[0]} x {one[1]}, here {other[0]} x {other[1]}"
    return ""


def _base_of(looks: list[tuple[int, ...]]) -> str:
    widths = {shape[1] for shape in looks}
    return next((name for width, name in _BASES.items() if width in widths), "another model")


def looking(pipe: Any, pictures: list[Any], strength: float) -> dict[str, Any]:
    """The argument of a pipeline of diffusers that looks at pictures (PIL); none: no argument."""
    if not pictures:
        return {}
    pipe.set_ip_adapter_scale(strength)
    return {"ip_adapter_image": [pictures] if hasattr(pipe, "unet") else pictures}


def _is_unet(denoiser: Any) -> bool:
    return hasattr(denoiser, "encoder_hid_proj")


def _attended(denoiser: Any) -> Iterator[tuple[int, ...]]:
    """The shape of a matrix that looks at a picture, for each layer that can."""
    config = denoiser.config
    for name in denoiser.attn_processors:
        if not _is_unet(denoiser):
            width = config.attention_head_dim * config.num_attention_heads
            yield width, width
        elif name.endswith("attn2.processor") and "motion_modules" not in name:
            layer = denoiser.get_submodule(name.removesuffix(".processor"))
            yield layer.to_k.out_features, config.cross_attention_dim


def _file(name: str) -> Path:
    path = Path(name).expanduser()
    if path.suffix.lower() in _PICKLES:
        raise RequestError(
            f"ip_adapter {name!r} is a pickle, which can run code; give a safetensors file"
        )
    found = path if path.is_file() else checkpoints.hub_file(name)
    if found is None:
        raise RequestError(
            f"ip_adapter {name!r} is no file; give a safetensors file, or owner/name/file"
        )
    return found


def _shapes(name: str, file: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            return {key: tuple(opened.get_slice(key).get_shape()) for key in opened.keys()}
    except SafetensorError as error:
        raise WeightsError(f"ip_adapter {file} is damaged ({error}); get it again") from error


def _width(name: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, str]:
    """How wide the features are that an adapter sees, and how its encoder calls that."""
    if any(each in shapes for each in _FACES) and _SEES[0][0] not in shapes:
        raise RequestError(
            f"ip_adapter {name!r} is a FaceID one, which needs a program that knows faces; give "
            "another, such as one for faces that has plus-face in its name"
        )
    for key, side, called in _SEES:
        if key in shapes:
            return shapes[key][side], called
    raise RequestError(
        f"ip_adapter {name!r} is none: it has no layer that sees pictures; give an IP-Adapter in "
        "safetensors"
    )


def _encoders(file: Path, eyes: Eyes) -> Iterator[Path]:
    """Folders with an image encoder, the nearest first."""
    nearby = [file.parent / ENCODER, *sorted(file.parent.parent.glob(f"*/{ENCODER}"))]
    for folder in dict.fromkeys(nearby):
        if (folder / checkpoints.PART_INDEX).is_file() and checkpoints.weight_files(folder):
            yield folder
    if eyes.encoder and checkpoints.is_here(eyes.encoder, checkpoints.PART_INDEX):
        yield checkpoints.find(eyes.encoder, checkpoints.PART_INDEX)


def _config(folder: Path) -> dict[str, Any]:
    path = folder / checkpoints.PART_INDEX
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"ip_adapter: cannot read {path} ({error}); get it again") from error


def _setting(folder: Path, name: str) -> int:
    """A number of an encoder's settings, which of models that read words too are within others."""
    config = _config(folder)
    return int(config.get("vision_config", {}).get(name) or config.get(name) or 0)


def _revision(path: Path) -> str:
    """The commit of a pulled file; "local" of others."""
    parts = path.parts
    return parts[parts.index("snapshots") + 1] if "snapshots" in parts else "local"


def _licence(path: Path) -> str:
    """What is said of a file's licence where it lies or, for an encoder, a folder or two above."""
    folders = (path.parent, path.parent.parent, path.parent.parent.parent)
    said = (checkpoints.carded(each) for each in folders)
    return (
        single_file.licence_of(path) or next(filter(None, said), "") or checkpoints.UNKNOWN_LICENCE
    )
