"""How much memory and work a checkpoint takes, from what is known before it loads.

The numbers of weights come from the headers of its files, the widths from its config files. The
rules for what a run needs beside the weights were fitted to measured peaks on CPUs
(`studio bench forecast`; docs/memory.md has the table). Knows no family and loads nothing.
"""

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.open import checkpoints, packed
from pipelines.open.plan import Plan
from studio.errors import WeightsError

BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}
BASE_BYTES = 555_000_000
"""Python and its libraries, before any weight."""

GPU_BASE_BYTES = 600_000_000
"""What CUDA and its libraries take on a GPU."""

TILE_PX = 512
"""Side of a tile where a picture is decoded in tiles, in px."""

# The widths of Stable Diffusion's, where nothing is known but that it is one.
_UNET = {"block_out_channels": (320, 640, 1280)}
_UNET_MATRICES = 0.8
# Copies of the widest features that decoding and one pass of the denoiser hold at a time.
_DECODE_COPIES = 4.5
_TRANSFORMER_COPIES = 24
_UNET_COPIES = 30
# Of a denoiser's weights, what layers read one by one keep in memory; and at the least.
_LAYER_SHARE, _LAYER_BYTES = 0.1, 50_000_000
# Multiply-adds of a decoder for a pixel, by its narrowest width squared.
_DECODE_FLOPS = 150
# Frames of a clip whose features decoding holds: a few at a time, and what convolutions keep of the
# frames before.
_DECODED_AT_ONCE = 8
# Copies of a sound's features at its full rate that decoding holds at a time: its activations,
# x + sin(ax)^2 / b, make one for each operation.
_SOUND_COPIES = 6.9


@dataclass(frozen=True)
class Part:
    """A component with weights: how many numbers, how many bytes each takes on disk, its config.

    `matrix_share`: of its numbers, those in matrices. `is_packed`: it stays as it is in its file.
    """

    name: str
    count: int
    file_itemsize: float = 2
    config: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    matrix_share: float = 1.0
    is_packed: bool = False

    @property
    def is_denoiser(self) -> bool:
        return self.name.startswith(("transformer", "unet"))

    @property
    def is_decoder(self) -> bool:
        return self.name.startswith("vae")


Anatomy = tuple[Part, ...]


@dataclass(frozen=True)
class Size:
    """How large a job is: the picture in px, passes of the denoiser, how many it takes at once.

    `frames`: of a clip, as many as are made together. `sound_s`: length of a sound, which has no
    picture; its width and height stand for its places.
    """

    width: int
    height: int
    passes: int
    batch: int = 1
    frames: int = 1
    sound_s: float = 0.0

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Need:
    """The peak of one run under a plan, and its work; see `studio.fit.Rung`."""

    device_bytes: int
    ram_bytes: int
    disk_bytes: int
    flops: float
    moved_bytes: float


def anatomy(folder: Path) -> Anatomy:
    """The parts of a checkpoint that is here.

    Raises:
        WeightsError: one of its files is cut short.
    """
    files = tuple((path, path.stat().st_size) for path in checkpoints.files(folder))
    return _read(folder, files)


@functools.lru_cache(maxsize=32)
def _read(folder: Path, files: tuple[tuple[Path, int], ...]) -> Anatomy:
    counts, matrices = checkpoints.parameters(folder), checkpoints.parameters(folder, ndim=2)
    sizes: dict[str, int] = {}
    are_packed: set[str] = set()
    for path, size in files:
        name = path.relative_to(folder).parts[0]
        sizes[name] = sizes.get(name, 0) + size
        if path.suffix == packed.SUFFIX:
            are_packed.add(name)

    def part(name: str, count: int) -> Part:
        is_packed, itemsize = name in are_packed, sizes[name] / count
        return Part(
            name,
            count,
            itemsize if is_packed else max(1.0, round(itemsize)),
            _config(folder / name),
            matrices.get(name, 0) / count,
            is_packed,
        )

    return tuple(part(*each) for each in counts.items())


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise WeightsError(f"checkpoint: cannot read {path} ({error}); get it again") from error


def published(parts: Mapping[str, float]) -> Anatomy:
    """The parts of a checkpoint that is not here, by its makers' numbers in billions."""
    return tuple(
        Part(
            name,
            int(billions * 1e9),
            matrix_share=_UNET_MATRICES if name == "unet" else 1.0,
            config=_UNET if name == "unet" else {},
        )
        for name, billions in parts.items()
    )


def need(parts: Anatomy, plan: Plan, size: Size) -> Need:
    """What a run takes at its peak, in bytes, and its work."""
    working = max(denoise_bytes(parts, plan, size), decode_bytes(parts, plan, size))
    flops = denoise_flops(parts, size) + decode_flops(parts, size)
    stored = {part.name: _stored(part, plan) for part in parts}
    total = sum(stored.values())
    denoiser = sum(stored[part.name] for part in parts if part.is_denoiser)
    layered = {part.name for part in parts if not part.is_decoder}
    on_disk = int(sum(stored[name] for name in layered)) if plan.offload == "disk" else 0
    moved = {"none": 0, "parts": total, "layers": total - denoiser + denoiser * size.passes}
    moved["disk"] = moved["layers"]
    more = (on_disk, flops, float(moved[plan.offload]))
    held = sum(_held(part, stored[part.name], plan) for part in parts)
    if plan.device == "cpu":
        peak = BASE_BYTES + max(_loading(parts, plan), held + working)
        return Need(int(peak), 0, *more)
    if plan.offload == "parts":
        held = max(stored.values())
    is_in_ram = plan.offload in ("parts", "layers")
    ram = BASE_BYTES + max(_loading(parts, plan), total if is_in_ram else 0)
    return Need(int(GPU_BASE_BYTES + held + working), int(ram), *more)


def needed(checkpoint: str, precision: str, **_: Any) -> int:
    """Peak bytes of a checkpoint's weights on a CPU, whatever is asked of it.

    Raises:
        RequestError: the checkpoint is not here.
        WeightsError: one of its files is cut short.
    """
    count = sum(part.count for part in anatomy(checkpoints.find(checkpoint)))
    return int(count * BYTES.get(precision, 4))


def _stored(part: Part, plan: Plan) -> float:
    """Bytes of a part's weights as the plan stores them."""
    wide = BYTES[plan.dtype]
    if part.is_packed:
        return part.count * part.file_itemsize
    if not part.is_denoiser or not plan.way.stores:
        return part.count * wide
    narrow = part.matrix_share if plan.way.stores == "int8" else 1.0
    return part.count * (narrow + (1 - narrow) * wide)


def _held(part: Part, stored: float, plan: Plan) -> float:
    """Bytes of a part that stay on the device, or in memory where that is the CPU."""
    if plan.offload not in ("layers", "disk") or part.is_decoder:
        return stored
    return min(stored, max(stored * _LAYER_SHARE, _LAYER_BYTES))


def _loading(parts: Anatomy, plan: Plan) -> float:
    """The peak while parts load one after another.

    A file in the precision asked for is mapped and only read when it is used; of another, or where
    it is stored in 8 bits, the file's pages and the copy are in memory together.
    """
    held = peak = 0.0
    for part in parts:
        stored, pages = _stored(part, plan), part.count * part.file_itemsize
        wide = part.count * BYTES[plan.dtype]
        copy = 0.0 if stored == pages else (stored if wide == pages else max(stored, wide))
        if part.is_packed:
            copy = stored
        if copy or plan.offload == "disk":
            peak = max(peak, held + pages + copy)
            held += _held(part, stored, plan)
    return peak


def decode_bytes(parts: Anatomy, plan: Plan, size: Size) -> float:
    """What decoding needs beside the weights: the widest features at the picture's full size."""
    if size.sound_s:
        return _sound_values(parts, size) * BYTES[plan.dtype] * _SOUND_COPIES
    pixels = min(size.pixels, TILE_PX**2 * 1.3) if plan.way.tiles else size.pixels
    itemsize = BYTES[plan.dtype]
    if plan.dtype == "fp16" and _vae(parts).get("force_upcast"):
        itemsize = 4
    frame = pixels * itemsize * _DECODE_COPIES * decoder_widths(_vae(parts))[1]
    if size.frames == 1:
        return frame
    # A few frames at a time, and all of them once they are pictures: three numbers of four bytes,
    # before and after their range is set.
    return frame * min(size.frames, _DECODED_AT_ONCE) + size.pixels * size.frames * 3 * 4 * 2


def _sound_values(parts: Anatomy, size: Size) -> float:
    """Numbers of a sound's features at its full rate."""
    decoder, denoiser = _vae(parts), _denoiser(parts)
    samples = size.sound_s * int(decoder.get("sampling_rate", 48_000))
    if denoiser.get("_class_name") == "StableAudioDiTModel":
        # It always makes its longest sound, of which the rest is left out.
        hop = math.prod(decoder.get("downsampling_ratios", (2048,)))
        samples = max(samples, int(denoiser["sample_size"]) * hop)
    return samples * int(decoder.get("decoder_channels", 128))


def denoise_bytes(parts: Anatomy, plan: Plan, size: Size) -> float:
    """What one pass of the denoiser needs beside the weights."""
    config = _denoiser(parts)
    features = positions(parts, size) * width_of(config) * size.batch * BYTES[plan.dtype]
    return features * (_UNET_COPIES if is_unet(config) else _TRANSFORMER_COPIES)


def denoise_flops(parts: Anatomy, size: Size) -> float:
    """Every weight is multiplied and added once for each position and pass."""
    count = max((part.count for part in parts if part.is_denoiser), default=0)
    # The weights of a UNet work where features are 4 x 4 times as coarse as its first.
    coarser = 16 if is_unet(_denoiser(parts)) else 1
    return 2.0 * count * positions(parts, size) / coarser * size.batch * size.passes


def decode_flops(parts: Anatomy, size: Size) -> float:
    return _DECODE_FLOPS * decoder_widths(_vae(parts))[0] ** 2 * float(size.pixels) * size.frames


def positions(parts: Anatomy, size: Size) -> float:
    """Tokens of a transformer, or latent pixels of a UNet, for one picture or clip."""
    config = _denoiser(parts)
    patch = config.get("patch_size", config.get("all_patch_size", 1 if is_unet(config) else 2))
    while isinstance(patch, list):
        patch = patch[-1]
    # Latents that the pipeline folds 2 x 2 before the transformer sees them say patch 1.
    folds = 2 if "Flux" in str(config.get("_class_name", "")) and patch == 1 else 1
    side = scale_of(_vae(parts)) * int(patch) * folds
    # UNets that make clips have the autoencoders of pictures: a latent for each frame.
    frames = size.frames if is_unet(config) else latent_frames(_vae(parts), size.frames)
    return size.pixels / side**2 * frames


def width_of(config: Mapping[str, Any]) -> int:
    """Numbers of a denoiser's feature at one position; those of a usual one where it is unknown."""
    if is_unet(config):
        return int(config["block_out_channels"][0])
    for name in ("dim", "hidden_size", "inner_dim"):
        if isinstance(config.get(name), int):
            return int(config[name])
    if "num_attention_heads" in config and "attention_head_dim" in config:
        return int(config["num_attention_heads"] * config["attention_head_dim"])
    return 3072


def is_unet(config: Mapping[str, Any]) -> bool:
    return "block_out_channels" in config


def decoder_widths(config: Mapping[str, Any]) -> tuple[int, int]:
    """Channels of a decoder's features at the full size of the picture: narrow, then wide."""
    for name in ("decoder_block_out_channels", "block_out_channels"):
        if len(config.get(name) or ()) > 1:
            return int(config[name][0]), int(config[name][1])
    if "dim_mult" in config:
        base = int(config.get("decoder_base_dim") or config.get("base_dim", 96))
        return base, int(base * config["dim_mult"][1])
    return 128, 256


def latent_frames(config: Mapping[str, Any], frames: int) -> int:
    """How many latent frames a clip has; a picture has one."""
    for name in ("scale_factor_temporal", "temporal_compression_ratio"):
        if config.get(name):
            return (frames - 1) // int(config[name]) + 1
    return (frames - 1) // 4 + 1


def scale_of(config: Mapping[str, Any]) -> int:
    """How many px a side of one latent pixel stands for."""
    for name in ("scale_factor_spatial", "spatial_compression_ratio"):
        if config.get(name):
            return int(config[name])
    for name in ("decoder_block_out_channels", "block_out_channels"):
        if config.get(name):
            return int(2 ** (len(config[name]) - 1))
    return 8


def _denoiser(parts: Anatomy) -> Mapping[str, Any]:
    return next((part.config for part in parts if part.is_denoiser), {})


def _vae(parts: Anatomy) -> Mapping[str, Any]:
    return next((part.config for part in parts if part.is_decoder), {})
