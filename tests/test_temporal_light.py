"""Colours stay those of the reference, flicker goes, and a clean clip is left as it is."""

from functools import cache

import cv2
import numpy as np
import pytest
import torch

from pipelines.temporal.colour import anchored, anchored_latents
from pipelines.temporal.flicker import deflickered, steady_light, steady_texture
from pipelines.temporal.flow import lab
from pipelines.temporal.measure import measured
from tests.temporal_clips import Clip, drifting, flickering, moving, psnr, shimmering, walk

FRAMES = 12


@cache
def smooth() -> Clip:
    return moving(walk(FRAMES, 0.012), FRAMES, pan=1.5, side=128)


def colour_error(clip: Clip, truth: Clip) -> float:
    return float(np.abs(lab(clip[-1]) - lab(truth[-1])).mean())


@pytest.mark.parametrize("last", [(30, -10, -25), (-40, 10, 20)])
def test_drifting_colours_come_back(last: tuple[float, float, float]) -> None:
    spoiled = drifting(smooth(), last)
    held = np.stack(list(anchored(iter(spoiled), smooth()[0])))
    assert colour_error(held, smooth()) < 0.6 * colour_error(spoiled, smooth())
    assert measured(held, 8).colour_drift < 0.7 * measured(spoiled, 8).colour_drift


def test_a_clip_with_the_right_colours_keeps_its_bytes() -> None:
    assert np.array_equal(np.stack(list(anchored(smooth(), smooth()[0]))), smooth())


def test_what_comes_into_the_frame_shifts_no_colours() -> None:
    """A big fox comes in: means change much, the sky's colour must not."""
    clip = moving(lambda i: (-0.3 + 0.07 * i, 0.55), FRAMES, side=128)
    held = np.stack(list(anchored(clip, clip[0])))
    assert np.abs(held[:, :20].astype(int) - clip[:, :20]).max() <= 2


def test_latents_take_the_statistics_of_the_first_window() -> None:
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(4, 8, 6, 6, generator=generator) * 2 + 1
    later = torch.randn(3, 8, 6, 6, generator=generator) * 5 - 3
    held = anchored_latents(later, first)
    wanted = first.mean((0, 2, 3)).expand(3, 8)
    assert torch.allclose(held.mean((2, 3)), wanted, atol=1e-4)
    assert torch.equal(anchored_latents(later, first, strength=0), later)


def test_flickering_light_becomes_steady() -> None:
    spoiled = flickering(smooth())
    steady = np.stack(list(steady_light(iter(spoiled))))
    assert measured(steady, 8).warp_error < 0.5 * measured(spoiled, 8).warp_error
    assert np.mean([psnr(*each) for each in zip(steady, smooth(), strict=True)]) > 3 + np.mean(
        [psnr(*each) for each in zip(spoiled, smooth(), strict=True)]
    )


def test_textures_that_shimmer_are_calmed() -> None:
    spoiled = shimmering(smooth())
    calm = np.stack(list(steady_texture(iter(spoiled))))
    assert measured(calm, 8).warp_error < 0.5 * measured(spoiled, 8).warp_error
    assert psnr(calm[-1], smooth()[-1]) > psnr(spoiled[-1], smooth()[-1]) + 2


def test_a_clean_clip_is_nearly_untouched() -> None:
    made = np.stack(list(deflickered(smooth())))
    assert made.shape == smooth().shape
    assert min(psnr(*each) for each in zip(made, smooth(), strict=True)) > 40
    sharpness = [
        np.mean([cv2.Laplacian(f[..., 1], cv2.CV_32F).var() for f in clip])
        for clip in (made, smooth())
    ]
    assert sharpness[0] > 0.93 * sharpness[1]


def test_fading_out_stays_a_fade() -> None:
    fade = np.stack([np.rint(f * (1 - 0.05 * i)) for i, f in enumerate(smooth())]).astype(np.uint8)
    made = np.stack(list(deflickered(fade)))
    assert abs(float(made[-1].mean()) - float(fade[-1].mean())) < 2


def test_light_is_evened_out_while_frames_still_come() -> None:
    read = []

    def source():
        for index in range(40):
            read.append(index)
            yield smooth()[index % FRAMES]

    made = steady_light(source())
    for count in range(30):
        next(made)
        assert len(read) <= count + 6
    assert sum(1 for _ in made) == 10
