"""Pictures that people hand in, at the size that is drawn. Knows no family."""

from pathlib import Path
from typing import Any

from studio.pictures import read_mask, read_picture


def start(image: Path, mask: Path | None, width: int, height: int) -> dict[str, Any]:
    """The arguments `image` and `mask_image` of diffusers, cut to the shape asked for.

    Raises:
        RequestError: a file that is no picture, or a mask of another size.
    """
    from PIL import ImageOps

    picture = read_picture(image).convert("RGB")
    found: dict[str, Any] = {"image": ImageOps.fit(picture, (width, height))}
    if mask is not None:
        found["mask_image"] = ImageOps.fit(read_mask(mask, picture.size), (width, height))
    return found
