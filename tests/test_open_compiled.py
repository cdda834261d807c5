"""Blocks of open models that are compiled: they run, draw nearly the same, or are refused.

Run: python -m pytest tests/test_open_compiled.py
"""

from typing import Any

import numpy as np
import pytest

from pipelines.open import compiled, measure
from studio import registry
from studio.core import resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.forms import fill
from studio.media import Image
from studio.request import Request
from studio.spec import unwatched
from tests.tiny import tiny

FAMILY = registry.family("z-image")


def given(**options: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"checkpoint": str(tiny("z-image")), "steps": 3, "guidance": 0}
    return usual | {"width": 64, "height": 64, "precision": "bf16", "fit": "whole"} | options


def asked(**options: Any) -> Any:
    return fill(FAMILY.params, {"prompt": "a cat", "seed": 1, **given(**options)})


def drawn(engine: Engine, prompt: str = "a cat", **options: Any) -> np.ndarray:
    job = resolve(Request(prompt, family="z-image", params=given(**options), seed=1))[0]
    made = engine.run(job, unwatched)
    assert isinstance(made, Image)
    return made.pixels.astype(np.float32) / 255


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


@pytest.fixture(scope="module")
def first(engine: Engine) -> np.ndarray:
    """A compiled picture, the first of its engine."""
    return drawn(engine, compile="regional")


PASSES, BLOCKS = 3, 4


def test_compiled_blocks_run_are_kept_and_leave_plain_runs_alone(
    engine: Engine, first: np.ndarray
) -> None:
    with compiled.counting() as calls:
        assert np.array_equal(drawn(engine, compile="regional"), first)
    assert calls.made == PASSES * BLOCKS
    assert calls.compiled == 0, "what was compiled is used again"
    with compiled.counting() as calls:
        plain = drawn(engine)
    assert calls.made == 0, "a plain run has none of it"
    assert np.array_equal(plain, drawn(Engine(device="cpu"))), "and draws as ever"
    assert measure.likeness(plain, first)["psnr_db"] > 35
    assert engine.loaded() == ["z-image"], "both share one model in memory"


def test_a_picture_does_not_depend_on_the_sizes_that_were_drawn_before_it(
    engine: Engine, first: np.ndarray
) -> None:
    drawn(engine, "a cat on a very large and very red chair", compile="regional", width=96)
    assert np.array_equal(drawn(engine, compile="regional"), first)


def test_without_a_compiler_it_is_refused_with_the_reason() -> None:
    import torch
    from torch._inductor import config
    from torch._inductor.utils import fresh_cache

    torch._dynamo.reset()
    compiled.problem.cache_clear()
    try:
        with fresh_cache(), config.patch({"cpp.cxx": (None, "/no/such/compiler")}):
            with pytest.raises(RequestError, match="does not run here: .*[Cc]ompiler") as caught:
                assert FAMILY.ladder is not None
                FAMILY.ladder(asked(compile="regional"), "cpu")
    finally:
        compiled.problem.cache_clear()
    assert "\n" not in str(caught.value) and "set compile=none" in str(caught.value)


def test_the_plan_tells_of_it_and_leaves_out_ways_that_take_blocks_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def runs(device: str) -> str:
        return ""

    monkeypatch.setattr(compiled, "problem", runs)
    assert FAMILY.ladder is not None
    ways = FAMILY.ladder(asked(compile="regional", fit="auto"), "cuda")
    assert [each.name for each in ways] == ["whole", "offload", "int8"]
    assert all("its blocks compiled" in each.about for each in ways)
    assert not any("compiled" in each.about for each in FAMILY.ladder(asked(), "cuda"))
    for fit in ("fp8", "disk"):
        with pytest.raises(RequestError, match=f"compile='regional' does not go with fit='{fit}'"):
            FAMILY.ladder(asked(compile="regional", fit=fit), "cpu")


def test_a_denoiser_without_blocks_that_repeat_is_refused() -> None:
    import torch

    with (
        pytest.raises(RequestError, match="has no effect on Linear: it has no blocks that repeat"),
        compiled.Compiled().using("regional", "cpu", [torch.nn.Linear(2, 2)]),
    ):
        pass
