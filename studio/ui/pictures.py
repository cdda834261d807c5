"""The picture a person puts in and paints over, as the files that a family takes.

The editor hands over a background and painted layers; a family takes a picture and a mask that is
white where it may change. Knows no family and no component.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from studio import forms
from studio.errors import RequestError
from studio.pictures import read_picture
from studio.spec import Family

# Any touch of the brush counts; its soft rim does too.
_PAINTED = 16
_BRUSH = (52, 135, 106, 160)


def input_files(
    edited: Mapping[str, Any] | None, family: Family, folder: Path, original: Path | None = None
) -> dict[str, Path]:
    """Which file fills which option of the family; nothing when there is no picture.

    Args:
        edited: paths of `background` and `layers`.
        folder: where a mask is written.
        original: the library's own file, used when its pixels were not changed, so that the
            result still knows what it comes from.
    """
    if not edited or not edited.get("background"):
        return {}
    fields = {field.role: name for name, field in forms.input_fields(family.params).items()}
    if "input" not in fields:
        raise RequestError(f"{family.name} takes no picture; remove it or choose another model")
    picture = Path(edited["background"])
    if original is not None and _is_same_picture(picture, original):
        picture = original
    files = {fields["input"]: picture}
    mask = _painted(edited.get("layers") or [], read_picture(picture).size)
    if mask is not None:
        if "mask" not in fields:
            raise RequestError(f"{family.name} cannot change only a part; clear the paint")
        files[fields["mask"]] = _write(mask, folder)
    return files


def as_edited(picture: Path, mask: Path | None) -> dict[str, Any]:
    """The reverse: what the editor shows for an input and its mask."""
    background = read_picture(picture).convert("RGBA")
    layers: list[PIL.Image.Image] = []
    if mask is not None:
        covered = np.asarray(read_picture(mask).convert("L"))
        paint = np.zeros((*covered.shape, 4), np.uint8)
        paint[covered > 127] = _BRUSH
        layers.append(PIL.Image.fromarray(paint))
    return {"background": background, "layers": layers, "composite": None}


def _painted(layers: list[Any], size: tuple[int, int]) -> NDArray[np.uint8] | None:
    mask = np.zeros((size[1], size[0]), np.uint8)
    for layer in layers:
        alpha = read_picture(Path(layer)).convert("RGBA").getchannel("A")
        if alpha.size != size:
            alpha = alpha.resize(size)
        mask[np.asarray(alpha) >= _PAINTED] = 255
    return mask if mask.any() else None


def _write(mask: NDArray[np.uint8], folder: Path) -> Path:
    path = folder / f"mask-{hashlib.sha256(mask.tobytes()).hexdigest()[:16]}.png"
    folder.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(mask).save(path)
    return path


def _is_same_picture(one: Path, other: Path) -> bool:
    if not other.is_file():
        return False
    left, right = read_picture(one).convert("RGBA"), read_picture(other).convert("RGBA")
    return left.size == right.size and bool(np.array_equal(_seen(left), _seen(right)))


def _seen(picture: PIL.Image.Image) -> NDArray[np.uint8]:
    """Pixels as seen: what colour lies under full transparency does not count."""
    pixels = np.array(picture)
    pixels[pixels[..., 3] == 0] = 0
    return pixels
