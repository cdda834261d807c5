"""Attention over time: it starts as nothing, keeps places apart, and loops close."""

import pytest
import torch

from pipelines.temporal.attention import TemporalAttention, rotary_angles

FRAMES, PLACES, CHANNELS = 6, 5, 32


def layer(is_trained: bool = True) -> TemporalAttention:
    torch.manual_seed(0)
    made = TemporalAttention(CHANNELS, heads=4).eval()
    if is_trained:
        torch.nn.init.normal_(made.out.weight, std=0.2)
    return made


def tokens(clips: int = 1) -> torch.Tensor:
    return torch.randn(clips * FRAMES, PLACES, CHANNELS, generator=torch.Generator().manual_seed(1))


def test_an_untrained_layer_changes_nothing() -> None:
    given = tokens()
    assert torch.equal(layer(is_trained=False)(given, torch.arange(FRAMES)), given)


@torch.inference_mode()
def test_a_place_hears_itself_in_other_frames_and_no_other_place() -> None:
    given = tokens(clips=2)
    other = given.clone()
    other[3, 2] = other[3, 2].flip(0)
    changed = (layer()(given, torch.arange(FRAMES)) - layer()(other, torch.arange(FRAMES))).abs()
    is_changed = changed.amax(-1) > 1e-6
    assert is_changed[:FRAMES, 2].all()
    assert not is_changed[:, [0, 1, 3, 4]].any() and not is_changed[FRAMES:].any()


@torch.inference_mode()
def test_only_the_distance_in_time_counts() -> None:
    given, times = tokens(), torch.arange(FRAMES)
    assert torch.allclose(layer()(given, times), layer()(given, times + 7.5), atol=1e-4)
    assert not torch.allclose(layer()(given, times), layer()(given, times * 2), atol=1e-3)


@torch.inference_mode()
def test_a_loop_may_start_anywhere() -> None:
    given, times = tokens(), torch.arange(FRAMES)
    looped = layer()(given, times, FRAMES)
    shifted = layer()(given.roll(1, 0), times, FRAMES).roll(-1, 0)
    assert torch.allclose(looped, shifted, atol=1e-4)
    assert not torch.allclose(layer()(given, times), looped, atol=1e-3)
    turns = rotary_angles(torch.tensor([float(FRAMES)]), 4, FRAMES) / (2 * torch.pi)
    assert torch.allclose(turns, turns.round(), atol=1e-5)


def test_half_clips_and_odd_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="6 pictures"):
        layer()(tokens(), torch.arange(4))
    with pytest.raises(ValueError, match="heads"):
        TemporalAttention(30, heads=4)
