"""Enlarges a picture that somebody hands in, with the network of `pocket/upscale.py`.

Nothing is drawn from noise: the prompt and the seed are recorded and change no pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from studio.errors import RequestError
from studio.media import Image
from studio.pictures import read_picture
from studio.spec import Family, InputImage, OnStep, Params, Step, Weights
from studio.weights import shipped

if TYPE_CHECKING:
    from pipelines.pocket.upscale import Upscaler

ASSETS = Path(__file__).parents[1] / "assets" / "pocket-upscale"
LICENCE = "Apache-2.0"
MAX_SIDE = 2048


class UpscaleParams(Params):
    prompt: str = Field(
        default="upscale",
        min_length=1,
        description="A name for the result; changes no pixel",
        json_schema_extra={"label_zh": "名称", "description_zh": "成品的名称，不影响画面"},
    )
    image: InputImage = Field(
        description="Picture to enlarge",
        json_schema_extra={"label_zh": "图片", "description_zh": "要放大的图片"},
    )
    scale: Literal[2, 4, 8] = Field(
        default=4,
        description="How many times larger",
        json_schema_extra={"label_zh": "倍数", "description_zh": "放大多少倍"},
    )
    long_side: int | None = Field(
        default=None,
        ge=16,
        le=MAX_SIDE,
        description="Length of the longer side, instead of scale",
        json_schema_extra={
            "unit": "px",
            "advanced": True,
            "label_zh": "长边",
            "description_zh": "直接指定长边的长度，代替倍数",
        },
    )


class PocketUpscale:
    """An `Upscaler` behind the family contract; a step is a tile."""

    def __init__(self, upscaler: Upscaler) -> None:
        self.upscaler = upscaler

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, UpscaleParams)
        picture = read_picture(params.image)
        width, height = target_size(picture.size, params)
        return Image(
            self.upscaler.to_size(
                np.asarray(picture),
                width,
                height,
                lambda done, total: on_step(Step(done, total)),
            )
        )


def target_size(size: tuple[int, int], params: UpscaleParams) -> tuple[int, int]:
    """Width and height to make.

    Raises:
        RequestError: a side would be longer than the network's limit.
    """
    if params.long_side is not None:
        gain = params.long_side / max(size)
        return max(1, round(size[0] * gain)), max(1, round(size[1] * gain))
    width, height = size[0] * params.scale, size[1] * params.scale
    if max(width, height) > MAX_SIDE:
        raise RequestError(
            f"a {size[0]}x{size[1]} picture {params.scale} times larger is {width}x{height}; at "
            f"most {MAX_SIDE} px a side: choose a smaller scale, or long_side={MAX_SIDE}"
        )
    return width, height


def weights() -> tuple[Weights, ...]:
    """The weight file with the hash it must have."""
    return shipped(ASSETS, LICENCE)


def load(device: str) -> PocketUpscale:
    """The shipped network."""
    from pipelines.pocket.upscale import Upscaler

    return PocketUpscale(Upscaler.load(device=device))


FAMILY = Family(
    name="pocket-upscale",
    kind="image",
    about="Enlarges a picture to as much as 2048 px, with crisp edges",
    about_zh="把图片放大到最多 2048 像素，边缘清晰",
    params=UpscaleParams,
    load=load,
    licence=LICENCE,
    memory_bytes=1_000_000_000,
    weights=weights,
    is_seeded=False,
)
