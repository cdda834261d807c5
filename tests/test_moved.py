"""Pictures moved along paths: what goes where, what is laid bare, at which size."""

import torch

from pipelines.pocket.video.moved import sources
from pipelines.pocket.video.paths import FRAMES, NUMBERS, MotionBasis, strength_of, told


def paths_of(right: float = 0.0, down: float = 0.0) -> torch.Tensor:
    """Everything goes the same way, evenly, over 16 frames of 16 × 16 cells."""
    way = torch.tensor([right, down]).view(1, 2, 1, 1) * torch.linspace(0, 1, FRAMES).view(
        -1, 1, 1, 1
    )
    return way.expand(FRAMES, 2, 16, 16).contiguous()


def picture() -> torch.Tensor:
    coarse = torch.rand(1, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.interpolate(coarse, scale_factor=8.0, mode="bilinear")


def test_what_does_not_move_stays_the_very_same_picture():
    source = sources(paths_of())
    assert torch.allclose(source.look(picture(), 7), picture(), atol=1e-5)
    assert bool((source.seen == 1).all())


def test_two_cells_to_the_right_are_sixteen_pixels():
    source = sources(paths_of(right=2))
    last = source.look(picture(), FRAMES - 1)
    assert torch.allclose(last[..., 24:120], picture()[..., 8:104], atol=1e-4)
    assert float(source.seen[-1, :, :14].max()) == 0, "nothing was where the picture came from"
    assert float(source.seen[-1, :, 20:].min()) == 1


def test_what_moves_passes_in_front_of_what_stays():
    paths = paths_of()
    paths[:, :, 4:8, 4:8] = paths_of(right=4)[:, :, 4:8, 4:8]
    flat = torch.zeros(1, 4, 128, 128)
    flat[..., 32:64, 32:64] = 1
    last = sources(paths).look(flat, FRAMES - 1)[0, 0]
    assert float(last[44:52, 76:84].mean()) > 0.9, "the thing is seen where it went"


def test_paths_move_a_larger_picture_alike():
    paths = paths_of(right=2, down=-1)
    large = torch.nn.functional.interpolate(picture(), scale_factor=3.0, mode="bilinear")
    there = sources(paths).enlarged(384, 384).look(large, FRAMES - 1)
    small = torch.nn.functional.interpolate(there, (128, 128), mode="area")
    same = sources(paths).look(picture(), FRAMES - 1)
    assert float((small - same)[..., 24:100, 24:100].abs().mean()) < 0.01


def test_paths_come_back_from_their_tokens():
    whole = MotionBasis(torch.eye(NUMBERS), torch.eye(NUMBERS))
    paths = torch.randn(2, FRAMES, 2, 16, 12)
    strength = torch.tensor([0.3, 0.8])
    back = whole.decode(whole.encode(paths, strength), 16, 12)
    assert torch.allclose(back, paths, atol=1e-4)


def test_strength_counts_only_where_there_is_a_thing():
    paths = paths_of(right=1)
    paths[..., :8] = 0
    left = torch.zeros(16, 16)
    left[:, :8] = 1
    assert strength_of(paths, left) == 0
    assert 0.5 < strength_of(paths, 1 - left) < 1


def test_an_untold_strength_differs_from_every_told_one():
    tokens, loop = torch.zeros(2, 4, 5), torch.zeros(2)
    said = told(tokens, 12, torch.tensor([0.5, torch.nan]), loop)
    assert not bool(said.isnan().any())
    assert not torch.equal(said[0], said[1])
