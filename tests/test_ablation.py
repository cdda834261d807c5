"""Each tool of `pipelines/temporal`, switched off, makes its own measure worse: the cheap rows."""

from functools import cache

import pytest

from tests.temporal_clips import Clip, moving, walk
from training.video import ablate

FRAMES, SIDE = 10, 96


@cache
def clips() -> tuple[Clip, ...]:
    return tuple(
        moving(walk(FRAMES, 0.012), FRAMES, name, SIDE, pan=1.0) for name in ("fox", "tomato")
    )


@pytest.mark.parametrize("tool", ["flicker", "colour", "interpolation", "joined", "identity"])
def test_a_tool_switched_off_makes_its_own_measure_worse(tool: str) -> None:
    rows = ablate.TOOLS[tool](clips() if tool == "identity" else clips()[:1])
    assert rows
    assert all(row.helps for row in rows), [str(row) for row in rows]


def test_a_row_that_does_not_help_says_so() -> None:
    row = ablate.Row("tool", "warp_error", "clip", 0.1, 0.2)
    assert not row.helps and str(row).endswith("**no** |")
    assert ablate.Row("tool", "PSNR", "clip", 0.1, 0.2, True).helps
