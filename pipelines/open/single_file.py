"""Checkpoints in one safetensors or GGUF file, as people share them: unpacked once into a folder.

Such a file holds some of a pipeline's parts under names of their own, and no settings. The folder,
in the layout of diffusers, gets the parts that are in the file and links to the others, so that
whatever works on folders works on it. Runs no code of a file and reaches no network.
"""

import json
import math
import shutil
from pathlib import Path
from typing import Any

from pipelines.open import kept, packed, single_denoiser
from studio import cards
from studio.errors import RequestError, WeightsError
from studio.weights import REST, file_sha256

SOURCE = "source.json"
"""In an unpacked folder: the file that it is from, its sha256, and its licence if it is said."""

_INDEX = "model_index.json"
# How the names of a part's tensors begin in such files.
_BEGIN = {
    "unet": ("model.diffusion_model.",),
    "transformer": (
        "model.diffusion_model.",
        "diffusion_model.",
        "joint_blocks.",
        "noise_refiner.",
        "patch_embedding.",
        "patchify_proj.",
        "proj_in.",
    ),
    "vae": ("first_stage_model.",),
    "text_encoder": (
        "conditioner.embedders.0.",
        "text_encoders.clip_l.",
        "cond_stage_model.transformer.",
    ),
    "text_encoder_2": ("conditioner.embedders.1.", "text_encoders.clip_g."),
    "text_encoder_3": ("text_encoders.t5xxl.",),
}
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder")
"""Parts of checkpoints with a UNet that nothing here uses; what needs one brings its own."""

# Whose settings a file needs that lies by itself, by a piece of its tensors' names.
_BASES = (
    ("cond_stage_model.transformer.", "stable-diffusion-v1-5/stable-diffusion-v1-5"),
    ("conditioner.embedders.1.", "stabilityai/stable-diffusion-xl-base-1.0"),
    ("joint_blocks.", "stabilityai/stable-diffusion-3.5-medium"),
    ("noise_refiner.", "Tongyi-MAI/Z-Image-Turbo"),
    ("double_stream_modulation_img.", "black-forest-labs/FLUX.2-klein-4B"),
    ("transformer_blocks.0.img_mod.", "Qwen/Qwen-Image-2512"),
)


def base_of(file: Path) -> str:
    """The published checkpoint whose settings a file needs.

    Raises:
        RequestError: it is of no kind that is known.
        WeightsError: it is cut short, or no safetensors file.
    """
    counts = _counts(file)
    for piece, base in _BASES:
        if any(piece in name for name in counts):
            return base
    if base := single_denoiser.base_of(counts):
        return base
    raise RequestError(
        f"checkpoint {file.name!r} is of no kind that is known; give a folder in the layout of "
        f"diffusers, or put the file into one beside its {_INDEX}"
    )


def is_denoiser(file: Path) -> bool:
    """Whether a file is known to hold a denoiser and nothing else, so that it needs the rest."""
    return file.suffix == packed.SUFFIX or bool(single_denoiser.base_of(_counts(file)))


def unpacked(file: Path, settings: Path) -> Path:
    """The folder with what a file holds; unpacked when it is first asked for.

    Args:
        settings: a folder in the layout of diffusers for the same kind of model. Parts that are not
            in the file are taken from it.

    Raises:
        RequestError: a part is in neither.
        WeightsError: the file is damaged.
    """
    return kept.once(
        file.stem, [file], lambda folder: unpack(file, settings, folder), str(settings)
    )


def licence_of(file: Path) -> str:
    """What is said of a file's licence: by the card of its repository or folder, or its header."""
    folders = dict.fromkeys((file.parent, card_folder(file)))
    found = next(filter(None, map(cards.licence_in, folders)), "")
    if not found and file.suffix == packed.SUFFIX:
        return cards.licence({"license": packed.licence(file)})
    return found


def card_folder(file: Path) -> Path:
    """Where the card of a file's repository is; beside it where it is of none."""
    if "snapshots" not in file.parts:
        return file.parent
    # In the Hub's cache: the card is at the top, the file may be further down.
    return Path(*file.parts[: file.parts.index("snapshots") + 2])


def source_of(folder: Path) -> dict[str, str]:
    """The file that a folder was unpacked from, as `file`, `sha256` and `licence`; empty for other
    folders."""
    path = folder / SOURCE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def unpack(file: Path, settings: Path, folder: Path) -> None:
    """Write what a file holds into an empty folder; see `unpacked`."""
    listed: dict[str, Any] = json.loads((settings / _INDEX).read_text(encoding="utf-8"))
    parts = {name for name, value in listed.items() if isinstance(value, list) and value[0]}
    is_alone = file.suffix == packed.SUFFIX or _kind(listed) in single_denoiser.BY_ITSELF
    held = {packed.PART} if is_alone else _held(file, parts)
    _check_whole(file, settings, parts, held)
    unused = () if _kind(listed) else _UNUSED
    for part in sorted(parts - held - set(unused)):
        _link(part, file, settings, folder)
    if file.suffix == packed.SUFFIX:
        _keep_packed(file, listed.get(packed.PART), settings, folder)
    else:
        for part, found in _parts_in(file, settings, listed, held).items():
            found.save_pretrained(folder / part)
    none = {name: [None, None] for name in unused if name in listed}
    (folder / _INDEX).write_text(json.dumps({**listed, **none}), encoding="utf-8")
    about = {"file": file.name, "sha256": file_sha256(file), "licence": licence_of(file)}
    (folder / SOURCE).write_text(json.dumps(about), encoding="utf-8")


def _held(file: Path, parts: set[str]) -> set[str]:
    """The parts that are in a file."""
    names = _names(file)
    return {part for part in parts if any(each.startswith(_BEGIN.get(part, ())) for each in names)}


def _keep_packed(file: Path, class_of: Any, settings: Path, folder: Path) -> None:
    """A denoiser as it is in its file, beside its config."""
    name = class_of[1] if class_of else "a pipeline without a transformer"
    if name not in packed.TAKEN_BY:
        raise RequestError(f"{name} takes no GGUF files; give {file.name!r} as a folder")
    for _ in packed.tensors(file):
        break
    part = folder / packed.PART
    part.mkdir()
    shutil.copy(settings / packed.PART / "config.json", part)
    (part / file.name).symlink_to(file.absolute())


def _link(part: str, file: Path, settings: Path, folder: Path) -> None:
    """A part that is not in the file, from the settings."""
    theirs = settings / part
    has_weights = any(theirs.glob("*.safetensors"))
    if (theirs / "config.json").is_file() and not has_weights:
        raise RequestError(
            f"checkpoint {file.name!r} holds no {part}, and {settings} has none; "
            f"get it with: studio models pull {base_of(file)}"
            + (f"/{REST}" if is_denoiser(file) else "")
        )
    (folder / part).symlink_to(theirs.resolve(), target_is_directory=True)


def _kind(listed: dict[str, Any]) -> str:
    """The class of a checkpoint's transformer; empty where it has none."""
    return str((listed.get(packed.PART) or ("", ""))[1])


def _check_whole(file: Path, settings: Path, parts: set[str], held: set[str]) -> None:
    """Refuse a file that could be either of two denoisers, or whose numbers cannot be read."""
    both = {packed.PART, f"{packed.PART}_2"}
    if both <= parts and len(both & held) == 1:
        raise RequestError(
            f"the model in {settings} has two denoisers, and {file.name!r} may be either; give "
            "a folder with both"
        )
    if file.suffix != packed.SUFFIX:
        single_denoiser.check_plain(file, _names(file))


def _parts_in(file: Path, settings: Path, listed: dict[str, Any], held: set[str]) -> dict[str, Any]:
    """The parts that are in a file, by name."""
    if _kind(listed) in single_denoiser.BY_ITSELF:
        import diffusers

        made_of, part = getattr(diffusers, _kind(listed)), settings / packed.PART
        return {packed.PART: single_denoiser.read(made_of, file, part, dtype_of(file))}
    parts = {name for name, value in listed.items() if isinstance(value, list) and value[0]}
    pipe = _read(file, settings, listed["_class_name"], dict.fromkeys(parts - held))
    return {part: getattr(pipe, part) for part in held}


def _read(file: Path, settings: Path, name: str, without: dict[str, None]) -> Any:
    import diffusers
    from diffusers.utils import logging

    logging.disable_progress_bar()
    made_of = getattr(diffusers, name)
    if not hasattr(made_of, "from_single_file"):
        raise RequestError(f"{name} takes no single files; give {file.name!r} as a folder")
    return made_of.from_single_file(
        str(file),
        config=str(settings),
        local_files_only=True,
        torch_dtype=dtype_of(file),
        **without,
    )


def dtype_of(file: Path) -> Any:
    """The precision that most of a file is in."""
    import torch
    from safetensors import safe_open

    kinds = {"F16": torch.float16, "BF16": torch.bfloat16}
    with safe_open(file, framework="np") as opened:
        found = [opened.get_slice(name).get_dtype() for name in opened.keys()]
    return kinds.get(max(set(found), key=found.count), torch.float32)


def _names(file: Path) -> list[str]:
    return list(_counts(file))


def _counts(file: Path) -> dict[str, int]:
    """How many numbers each tensor of a file has, by its name.

    Raises:
        WeightsError: it is cut short, or no safetensors file.
    """
    if file.suffix == packed.SUFFIX:
        return {each.name: each.count for each in packed.tensors(file)}
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            shapes = {name: opened.get_slice(name).get_shape() for name in opened.keys()}
    except SafetensorError as error:
        raise WeightsError(f"weights {file} are damaged ({error}); get it again") from error
    return {name: math.prod(shape) for name, shape in shapes.items()}
