"""Pictures that people hand in."""

import contextlib
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.errors import RequestError
from studio.pictures import read_picture


def big_png(path: Path, width: int, height: int) -> Path:
    """A valid PNG header that claims a size; no pixels, so it costs nothing to make."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp"])
def test_reads_the_usual_formats_as_rgb(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (20, 10), (200, 10, 10)).save(path)
    picture = read_picture(path)
    assert (picture.mode, picture.size) == ("RGB", (20, 10))


def test_keeps_transparency(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (1, 2, 3, 77)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").getpixel((0, 0)) == (1, 2, 3, 77)


def test_scales_sixteen_bit_greys_instead_of_clipping_them(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").getpixel((0, 0)) == (128, 128, 128)


def test_turns_a_phone_picture_upright(tmp_path: Path) -> None:
    picture = Image.new("RGB", (20, 10))
    exif = picture.getexif()
    exif[274] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert read_picture(tmp_path / "a.jpg").size == (10, 20)


@pytest.mark.parametrize("size", [(10_000, 10_000), (8_001, 8_001), (60_000, 60_000)])
def test_refuses_a_huge_picture_before_decoding_it(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(RequestError, match="at most 64 megapixels"):
        read_picture(big_png(tmp_path / "a.png", *size))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_refuses_a_truncated_picture(tmp_path: Path, suffix: str) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(RequestError, match=r"cut\.\w+' is (damaged|not a picture)"):
        read_picture(cut)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0"])
def test_refuses_what_is_not_a_picture(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(RequestError, match=r"'a\.png'"):
        read_picture(tmp_path / "a.png")


def test_says_when_the_file_is_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(RequestError, match="is a folder"):
        read_picture(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp"])
def test_a_damaged_picture_is_read_or_refused_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    draw = random.Random(suffix)
    noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    exif = picture.getexif()
    exif[274], exif[270] = 6, "a description"
    if suffix in ("png", "jpg", "webp"):
        picture.save(path, exif=exif)
    else:
        picture.save(path)
    whole = path.read_bytes()
    for _ in range(80):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 5)):
            data[draw.randrange(min(len(data), 300))] = draw.randrange(256)
        path.write_bytes(data[: draw.randint(1, len(data))] if draw.random() < 0.2 else data)
        with contextlib.suppress(RequestError):
            read_picture(path)
