"""Pictures that people hand in, at the size that is drawn. Knows no family."""

from pathlib import Path
from typing import Any

from studio.errors import RequestError
from studio.pictures import read_mask, read_picture

MOST_RATIO = 8
LEAST_SIDE = 64


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


def fitted(path: Path, width: int, height: int) -> Any:
    """A picture (PIL, RGB) cut to the shape asked for.

    Raises:
        RequestError: a file that is no picture.
    """
    from PIL import ImageOps

    return ImageOps.fit(read_picture(path).convert("RGB"), (width, height))


def references(*paths: Path | None) -> list[Any]:
    """Pictures (PIL, RGB) to look at, at their own sizes; None stands for none.

    Raises:
        RequestError: a file that is no picture, or one too small or too narrow to look at.
    """
    return [_reference(path) for path in paths if path is not None]


def _reference(path: Path) -> Any:
    picture = read_picture(path).convert("RGB")
    short, long = sorted(picture.size)
    if short < LEAST_SIDE or long > short * MOST_RATIO:
        raise RequestError(
            f"picture {path.name!r} is {picture.width}x{picture.height}; give one of at least "
            f"{LEAST_SIDE} px a side and at most {MOST_RATIO} times as long as short"
        )
    return picture
