"""Reads a picture that somebody hands in, with every check that makes it safe to use.

Knows nothing about records, models or where the file came from.
"""

import contextlib
import warnings
from collections.abc import Generator
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from studio.errors import RequestError

MAX_PIXELS = 64_000_000

# Named, because Pillow would otherwise also try formats that start other programs (EPS) or that
# write to stderr from C (TIFF).
_READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError)


def open_picture(path: Path) -> Image.Image:
    """Read the header only: size, mode and metadata, no pixels yet.

    Raises:
        RequestError: missing, not a picture, or more than 64 megapixels.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise RequestError(f"picture {str(path)!r} {what}; give the path of a PNG, JPEG or WebP")
    try:
        with _quiet():
            picture = Image.open(path, formats=_READABLE)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_large(path, "over 89 megapixels") from error
    except UnidentifiedImageError as error:
        raise RequestError(f"{path.name!r} is not a picture; give a PNG, JPEG or WebP") from error
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    if picture.width * picture.height > MAX_PIXELS:
        picture.close()
        raise _too_large(path, f"{picture.width}x{picture.height}")
    return picture


def read_picture(path: Path) -> Image.Image:
    """Read a whole picture, upright, as RGB or (where it has transparency) RGBA.

    Of an animated file, the first frame.

    Raises:
        RequestError: missing, not a picture, truncated, or more than 64 megapixels.
    """
    with open_picture(path) as picture:
        load(picture, path)
        with _quiet():
            upright = ImageOps.exif_transpose(picture)
        return _eight_bit(upright)


def read_mask(path: Path, size: tuple[int, int]) -> Image.Image:
    """Read the mask of a picture of `size` (width, height), as greys.

    Raises:
        RequestError: as `read_picture`, or of another size.
    """
    mask = read_picture(path).convert("L")
    if mask.size != size:
        raise RequestError(
            f"the mask is {mask.width}x{mask.height}, the image {size[0]}x{size[1]}; "
            "give a mask of the image's size"
        )
    return mask


def load(picture: Image.Image, path: Path) -> None:
    """Decode an opened picture.

    Raises:
        RequestError: damaged or truncated.
    """
    try:
        with _quiet():
            picture.load()
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def size_like(width: int, height: int, side: int, least: int, most: int) -> tuple[int, int]:
    """A size in the shape of a picture, of about `side` × `side` px, in steps of 8 px.

    Each side is at least `least` and at most `most`.
    """
    scale = side / (width * height) ** 0.5
    sides = (round(each * scale / 8) * 8 for each in (width, height))
    fitted = tuple(min(max(each, least), most) for each in sides)
    return fitted[0], fitted[1]


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Pillow warns on stderr about small damage, and up to twice its size limit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _eight_bit(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # Pillow clips 16-bit greys instead of scaling them.
        picture = picture.convert("I").point(lambda grey: grey / 257).convert("L")
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def _too_large(path: Path, size: str) -> RequestError:
    limit = MAX_PIXELS // 1_000_000
    return RequestError(
        f"picture {path.name!r} is {size}; at most {limit} megapixels, make it smaller first"
    )


def _damaged(path: Path, error: BaseException) -> RequestError:
    return RequestError(
        f"picture {path.name!r} is damaged or cut short ({_line(error)}); give a whole file"
    )


def _line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
