"""pocket-upscale: exact sizes, kept transparency, no seams, crisper edges, and bad input."""

import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw

from pipelines.pocket.upscale import Pixels, Upscaler, passes
from pipelines.pocket_upscale import FAMILY, PocketUpscale, UpscaleParams
from studio import forms
from studio.errors import Cancelled, RequestError
from studio.spec import Step
from studio.weights import verify

BIG = 2048


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    return Upscaler.load()


@functools.cache
def drawing(side: int, is_sticker: bool = True) -> Pixels:
    """A face, thin lines and a gradient, drawn large and reduced by area; alpha is straight."""
    canvas = Picture.new("RGBA", (BIG, BIG), (255, 255, 255, 0 if is_sticker else 255))
    pen = ImageDraw.Draw(canvas)
    pen.ellipse(
        [150, 150, 1890, 1890], fill=(252, 200, 40, 255), outline=(120, 70, 10, 255), width=40
    )
    for row in range(1200, 1500):
        shade = (row - 1200) * 200 // 300
        pen.line([500, row, 1500, row], fill=(220, shade, 90, 255))
    for x in (700, 1300):
        pen.ellipse([x - 130, 560, x + 130, 920], fill=(40, 30, 30, 255))
        pen.ellipse([x - 20, 620, x + 60, 700], fill=(255, 255, 255, 255))
    for i, width in enumerate((16, 24, 40)):
        pen.line([300, 960 + 80 * i, 1750, 980 + 80 * i], fill=(20, 60, 160, 255), width=width)
    # Reduced with colours weighed by alpha, as a renderer would; transparent pixels become white.
    pixels = np.array(canvas.resize((side, side), Picture.Resampling.BOX))
    pixels[pixels[..., 3] == 0] = (255, 255, 255, 0)
    return pixels


def on_grey(pixels: Pixels) -> np.ndarray:
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + 128 * (1 - alpha)


def psnr(left: np.ndarray, right: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.square(left - right).mean()))


def edge_error(left: np.ndarray, right: np.ndarray) -> float:
    return sum(float(np.abs(np.diff(left - right, axis=axis)).mean()) for axis in (0, 1))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((128, 128), (512, 512)), ((64, 48), (640, 480)), ((97, 61), (503, 317)), ((50, 9), (40, 3))],
)
@pytest.mark.parametrize("channels", [3, 4])
def test_the_result_has_exactly_the_size_and_channels_asked_for(
    upscaler: Upscaler, size: tuple[int, int], wanted: tuple[int, int], channels: int
) -> None:
    small = np.array(Picture.fromarray(drawing(128)).resize(size))[..., :channels]
    large = upscaler.to_size(small, *wanted)
    assert large.shape == (wanted[1], wanted[0], channels)
    assert large.dtype == np.uint8


def test_passes_never_compute_more_than_the_result_needs() -> None:
    assert passes((128, 128), (128, 128)) == []
    assert passes((128, 128), (512, 512)) == [(128, 128)]
    assert passes((128, 128), (1024, 1024)) == [(128, 128), (256, 256)]
    assert passes((128, 128), (2048, 2048)) == [(128, 128), (512, 512)]
    assert passes((16, 16), (2048, 2048)) == [(16, 16), (64, 64), (256, 256), (512, 512)]


@pytest.mark.parametrize("is_sticker", [True, False])
def test_edges_are_crisper_and_closer_to_the_drawing_than_with_a_filter(
    upscaler: Upscaler, is_sticker: bool
) -> None:
    truth, small = drawing(512, is_sticker), drawing(128, is_sticker)
    ours = on_grey(upscaler.to_size(small, 512, 512))
    filtered = np.array(Picture.fromarray(small).resize((512, 512), Picture.Resampling.BICUBIC))
    assert psnr(ours, on_grey(truth)) > psnr(on_grey(filtered), on_grey(truth)) + 1.5
    assert edge_error(ours, on_grey(truth)) < 0.95 * edge_error(on_grey(filtered), on_grey(truth))


def test_what_is_empty_stays_empty_and_what_is_solid_stays_solid(upscaler: Upscaler) -> None:
    large = upscaler.to_size(drawing(128), 1024, 1024)
    assert (large[:60, :60] == (255, 255, 255, 0)).all()
    assert (large[480:700, 480:540, 3] == 255).all()
    assert (upscaler.to_size(drawing(128, is_sticker=False), 256, 256)[..., 3] == 255).all()


def test_the_border_between_empty_and_solid_is_where_it_was_drawn(upscaler: Upscaler) -> None:
    truth = drawing(512)[..., 3].astype(float)
    ours = upscaler.to_size(drawing(128), 512, 512)[..., 3].astype(float)
    assert psnr(ours, truth) > 28


def test_tiles_leave_no_seam(upscaler: Upscaler) -> None:
    whole = upscaler.to_size(drawing(128), 512, 512).astype(int)
    tiled = Upscaler(upscaler.net, tile=40).to_size(drawing(128), 512, 512).astype(int)
    visible = np.abs(whole - tiled)[whole[..., 3] == 255]
    assert visible.max() <= 2


def test_the_same_picture_gives_the_same_pixels(upscaler: Upscaler) -> None:
    first = upscaler.to_size(drawing(64), 400, 400)
    upscaler.to_size(drawing(32), 100, 100)
    assert np.array_equal(first, upscaler.to_size(drawing(64), 400, 400))


def test_tiles_are_counted_and_stopping_leaves_it_usable(upscaler: Upscaler) -> None:
    tiled, seen = Upscaler(upscaler.net, tile=40), []
    before = tiled.to_size(drawing(64), 256, 256, lambda done, total: seen.append((done, total)))
    assert seen == [(done, 5) for done in range(1, 6)]

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        tiled.to_size(drawing(64), 256, 256, stop)
    assert np.array_equal(before, tiled.to_size(drawing(64), 256, 256))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    Picture.fromarray(drawing(64)).save(path)
    return path


def test_a_picture_that_is_handed_in_comes_back_larger(upscaler: Upscaler, picture: Path) -> None:
    model, steps = PocketUpscale(upscaler), []
    media = model(forms.fill(UpscaleParams, {"image": picture, "scale": 2}), steps.append)
    assert (media.width, media.height, media.has_alpha) == (128, 128, True)
    assert steps[-1] == Step(len(steps), len(steps))
    sized = model(forms.fill(UpscaleParams, {"image": picture, "long_side": 100}), steps.append)
    assert (sized.width, sized.height) == (100, 100)


def test_no_picture_and_too_large_a_result_are_refused_with_the_way_out(
    upscaler: Upscaler, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match="image is missing"):
        forms.fill(UpscaleParams, {})
    path = tmp_path / "wide.png"
    Picture.new("RGB", (900, 30)).save(path)
    with pytest.raises(RequestError, match="900x30 picture 4 times larger .* long_side=2048"):
        PocketUpscale(upscaler)(forms.fill(UpscaleParams, {"image": path}), lambda step: None)


def test_the_shipped_weights_are_small_and_what_their_hashes_say() -> None:
    found = FAMILY.weights()
    assert found
    for weights in found:
        verify(weights)
    assert sum(weights.path.stat().st_size for weights in found) <= 6_000_000
