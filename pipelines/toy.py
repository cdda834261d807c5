"""A family without a model: small pictures drawn by formula, for tests of everything around models.

Needs numpy only. It behaves like a real one: seeded noise turns into a picture over `steps`
steps, with previews; it takes an input picture and a mask; it can be told to fail.
"""

import hashlib
import time
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from studio.media import Image
from studio.pictures import read_picture
from studio.spec import Family, InputImage, InputMask, OnStep, Params, Step

COLOURS = {
    "any": (150, 150, 150),
    "red": (220, 60, 50),
    "green": (60, 170, 80),
    "blue": (60, 100, 220),
    "white": (245, 245, 245),
}


class ToyParams(Params):
    negative_prompt: str = Field(
        default="",
        max_length=2000,
        description="What to avoid",
        json_schema_extra={"advanced": True},
    )
    width: int = Field(
        default=64,
        ge=16,
        le=512,
        multiple_of=8,
        description="Width",
        json_schema_extra={"unit": "px"},
    )
    height: int = Field(
        default=64,
        ge=16,
        le=512,
        multiple_of=8,
        description="Height",
        json_schema_extra={"unit": "px"},
    )
    steps: int = Field(default=4, ge=1, le=100, description="Steps from noise to picture")
    colour: Literal["any", "red", "green", "blue", "white"] = Field(
        default="any", description="Main colour"
    )
    background: Literal["plain", "transparent"] = Field(
        default="plain", description="What is behind the blobs"
    )
    image: InputImage | None = Field(default=None, description="Picture to start from")
    mask: InputMask | None = Field(default=None, description="White where the picture may change")
    strength: float = Field(
        default=0.6, ge=0, le=1, description="How far to leave the input picture"
    )
    fail: Literal["none", "memory", "crash"] = Field(
        default="none", description="Fail on purpose", json_schema_extra={"advanced": True}
    )
    step_seconds: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="Time each step takes at least",
        json_schema_extra={"advanced": True, "unit": "s"},
    )

    @model_validator(mode="after")
    def _mask_needs_image(self) -> "ToyParams":
        if self.mask is not None and self.image is None:
            raise ValueError("mask was given without image; give image too")
        return self


class Toy:
    """Draws soft blobs: places and colours from the prompt, grain from the seed."""

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, ToyParams)
        clean, noise = _target(params), _noise(params)
        picture = clean
        for index in range(1, params.steps + 1):
            time.sleep(params.step_seconds)
            _fail(params.fail)
            share = 1 - index / params.steps
            picture = clean * (1 - share) + noise * share
            on_step(Step(index, params.steps, Image(_to_pixels(picture))))
        pixels = _to_pixels(picture)
        if params.background == "plain":
            return Image(pixels)
        return Image(np.dstack([pixels, _to_pixels(_blobs(params).max(axis=0) * 255)]))


def _target(params: ToyParams) -> NDArray[np.float64]:
    base = np.array(COLOURS[params.colour], dtype=np.float64)
    tints = _generator(params, "tints").uniform(-90, 90, (3, 3))
    drawn = base + np.einsum("bhw,bc->hwc", _blobs(params), tints)
    drawn += _noise(params) * 0.05
    if params.image is None:
        return drawn
    given = _fit(params.image, params, "RGB")
    mixed = given * (1 - params.strength) + drawn * params.strength
    if params.mask is None:
        return mixed
    share = _fit(params.mask, params, "L")[..., None] / 255
    return given * (1 - share) + mixed * share


def _blobs(params: ToyParams) -> NDArray[np.float64]:
    """Three soft discs, (3, H, W) within [0, 1]."""
    y, x = np.mgrid[0 : params.height, 0 : params.width]
    y, x = y / params.height, x / params.width
    places = _generator(params, "places").uniform(0.15, 0.85, (3, 2))
    squares = [(y - place[0]) ** 2 + (x - place[1]) ** 2 for place in places]
    return np.exp(-np.stack(squares) / 0.03)


def _noise(params: ToyParams) -> NDArray[np.float64]:
    generator = np.random.default_rng(params.seed)
    return generator.uniform(0, 255, (params.height, params.width, 3))


def _generator(params: ToyParams, salt: str) -> np.random.Generator:
    text = f"{salt}\0{params.prompt}\0{params.negative_prompt}\0{params.seed}"
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))


def _fit(path: Path, params: ToyParams, mode: str) -> NDArray[np.float64]:
    picture = read_picture(path).convert(mode).resize((params.width, params.height))
    return np.asarray(picture, dtype=np.float64)


def _to_pixels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _fail(how: str) -> None:
    if how == "memory":
        raise MemoryError("the toy was told to run out of memory")
    if how == "crash":
        raise RuntimeError("the toy was told to crash")


def load(device: str) -> Toy:
    return Toy()


FAMILY = Family(
    name="toy",
    kind="image",
    about="Blobs drawn by formula, for tests",
    params=ToyParams,
    load=load,
    licence="Apache-2.0",
    memory_bytes=4_000_000,
    hidden=True,
)
