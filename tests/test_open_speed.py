"""Switches that make open models faster: each does what it says, or is refused with the reason.

Run: python -m pytest tests/test_open_speed.py
"""

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.open import attention, caches, measure, random_denoisers, run
from pipelines.open.plan import plan
from pipelines.open.remembered import MOST, remember
from pipelines.wan import WanModel
from studio import forms, registry
from studio.errors import RequestError
from tests.tiny import tiny

SMALL_CLIP = {"width": 64, "height": 64, "frames": 9, "steps": 2, "soundtrack": "none"}


class Encoder:
    """Counts what it encodes; what it gives back is a new list each time."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def encode_prompt(self, *args: Any, **kwargs: Any) -> list[Any]:
        self.calls.append((args, kwargs))
        return [object()]


def test_the_same_words_are_encoded_once() -> None:
    pipe = Encoder()
    remember(pipe)
    first = pipe.encode_prompt("a cat", device="cpu", guidance=1.0)
    first.append("a pipeline may add to its list")
    again = pipe.encode_prompt("a cat", device="cpu", guidance=1.0)
    assert len(pipe.calls) == 1 and again == first[:1]
    pipe.encode_prompt("a cat", device="cpu", guidance=2.0)
    assert len(pipe.calls) == 2


def test_only_the_last_prompts_are_kept_and_pictures_never() -> None:
    pipe = Encoder()
    remember(pipe)
    for number in range(MOST + 1):
        pipe.encode_prompt(str(number))
    pipe.encode_prompt("0")
    assert len(pipe.calls) == MOST + 2
    for _ in range(2):
        pipe.encode_prompt("a cat", image=np.zeros(3))
    assert len(pipe.calls) == MOST + 4


@pytest.mark.parametrize(
    ("make", "call"),
    [
        (lambda: random_denoisers.wan_denoiser(3), random_denoisers.wan_pass),
        (lambda: random_denoisers.qwen_denoiser(3), random_denoisers.qwen_pass),
    ],
    ids=["wan", "qwen"],
)
def test_the_first_block_cache_leaves_blocks_out_and_leaves_nothing_behind(
    make: Any, call: Any
) -> None:
    denoiser = make()
    plain = measure._denoised(denoiser, call, 4)
    with caches.caching(denoiser, threshold=1e9) as calls:
        measure._denoised(denoiser, call, 4)
    assert calls.passes == 4 and calls.skipped == 3 * 2, "all but the first block, after one pass"
    with caches.caching(denoiser, threshold=0.0) as calls:
        exact = measure._denoised(denoiser, call, 4)
    assert calls.skipped == 0 and np.allclose(exact, plain, atol=1e-5)
    assert np.array_equal(measure._denoised(denoiser, call, 4), plain)


def test_a_model_with_two_denoisers_has_both_cached_and_neither_afterwards() -> None:
    asked: dict[str, Any] = {"prompt": "a cat", "seed": 1, "cache": "first-block", **SMALL_CLIP}
    pipeline = run.load(["WanPipeline"], tiny("wan", "build_two"), plan("whole", "fp32", "cpu"))
    both = (pipeline.pipe.transformer, pipeline.pipe.transformer_2)
    family = registry.family("wan")
    params = forms.fill(family.params, asked)
    seen: list[list[bool]] = []
    made = WanModel(pipeline)(params, lambda _: seen.append([d.is_cache_enabled for d in both]))
    assert made.width == 64 and seen == [[True, True]] * 2
    assert not any(each.is_cache_enabled for each in both)


def test_a_cache_that_would_do_nothing_is_refused_with_the_reason() -> None:
    class Flux2Transformer2DModel:
        pass

    with pytest.raises(RequestError, match="its blocks return what the cache cannot read"):
        caches.check(Flux2Transformer2DModel())
    with pytest.raises(RequestError, match="does not work with Encoder: diffusers has none"):
        caches.check(Encoder())


@pytest.mark.parametrize("name", ["flash", "sage", "xformers"])
def test_a_backend_that_does_not_run_here_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match=f"attention='{name}' does not run here: .*; install"):
        attention.check(name, "cpu", None)


def test_native_attention_is_always_there() -> None:
    assert attention.problem("native", "cpu") == ""
    with attention.using("native", "cpu", None):
        pass


def test_likeness_is_measured() -> None:
    picture = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    same = measure.likeness(picture, picture)
    assert same == {"ssim": pytest.approx(1.0)}
    off = measure.likeness(picture, np.clip(picture + 0.1, 0, 1))
    assert 19 < off["psnr_db"] < 22 and 0.5 < off["ssim"] < 1


@pytest.fixture(scope="module")
def plain() -> Any:
    return loaded("whole")


def loaded(fit: str) -> run.Pipeline:
    return run.load(["ZImagePipeline"], tiny("z-image"), plan(fit, "bf16", "cpu"))


def test_layers_that_lie_on_disk_make_the_very_same_picture_and_leave_no_file(plain: Any) -> None:
    first, second = loaded("disk"), loaded("disk")
    folders = [Path(each.pipe.transformer.studio_folder.name) for each in (first, second)]
    assert folders[0] != folders[1], "diffusers would take the files of one model for another's"
    assert all(any(folder.iterdir()) for folder in folders)
    assert np.array_equal(measure.draw(first, 64, 2), measure.draw(plain, 64, 2))
    del first, second
    gc.collect()
    assert not any(folder.exists() for folder in folders)


def test_weights_in_8_bits_are_8_bits_and_draw_nearly_the_same(plain: Any) -> None:
    import torch

    small = loaded("fp8")
    kept = {value.dtype for value in small.pipe.transformer.layers.parameters()}
    assert torch.float8_e4m3fn in kept and torch.float32 not in kept
    likeness = measure.likeness(measure.draw(plain, 64, 2), measure.draw(small, 64, 2))
    assert likeness["psnr_db"] > 20


def test_matrices_as_whole_numbers_draw_nearer_than_floats_of_as_many_bits(plain: Any) -> None:
    import torch

    small, floats = loaded("int8"), loaded("fp8")
    kept = {name: value.dtype for name, value in small.pipe.transformer.named_parameters()}
    assert kept["layers.0.attention.to_q.weight"] is torch.int8
    assert kept["layers.0.attention_norm1.weight"] is torch.bfloat16
    wanted = measure.draw(plain, 64, 2)
    near, far = (
        measure.likeness(wanted, measure.draw(each, 64, 2))["psnr_db"] for each in (small, floats)
    )
    assert near > 35 and near > far + 3


def test_a_row_of_zeros_stays_one_in_8_bits() -> None:
    import torch

    from pipelines.open.eight_bits import Int8Linear

    layer = torch.nn.Linear(8, 3)
    layer.weight.data[1] = 0
    small = Int8Linear(layer)
    given = torch.randn(2, 8)
    assert torch.allclose(small(given), layer(given), atol=0.05)
    assert torch.equal(small(given)[:, 1], layer.bias[1].expand(2))


def test_a_prompt_is_encoded_once_in_a_real_pipeline(plain: Any) -> None:
    calls: list[int] = []
    hook = plain.pipe.text_encoder.register_forward_hook(lambda *_: calls.append(1))
    first = measure.draw(plain, 64, 2, prompt="a blue dog")
    assert np.array_equal(measure.draw(plain, 64, 2, prompt="a blue dog"), first)
    hook.remove()
    assert len(calls) == 1
