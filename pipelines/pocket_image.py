"""pocket-image: stickers, icons, emoji-like characters and scenes, drawn offline on two CPU cores.

Turns what people ask for into a sketch at the model's own size, and the sketch into a picture of
exactly the size asked for. The networks are in `pipelines/pocket/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipelines.open.options import side
from pipelines.pocket import fields
from pipelines.pocket.wording import (
    BACKGROUND_NAMES_ZH,
    StyleName,
    worded,
)
from studio import adapters
from studio.adapt import quiet_libraries, steps_taken
from studio.errors import RequestError
from studio.lesson import Teaching
from studio.media import Image
from studio.pictures import read_mask, read_picture
from studio.spec import (
    MAX_SEED,
    Family,
    InputImage,
    InputMask,
    Model,
    OnStep,
    Params,
    Source,
    Step,
    Suggested,
    Weights,
    in_chinese,
)
from studio.weights import shipped, shipped_file, verify

if TYPE_CHECKING:
    from pipelines.pocket.image import PocketImage, Sketch, Start
    from pipelines.pocket.noise import Variation
    from pipelines.pocket.upscale import Upscaler
    from studio.lesson import Learner, Lesson

NAME = "pocket-image"
ASSETS = Path(__file__).parents[1] / "assets"
TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors"
PARTS = (NAME, "pocket-text", "pocket-upscale")
LICENCE = "Apache-2.0"
SMALLEST, LARGEST = 256, 2048
SIDE_STEP = 8
DEFAULT_SIDE = 512
SHARPEST_ALPHA = 0.04
"""Alpha this near to nothing (or to solid) is the network's noise, not a soft edge."""


def taught() -> list[str]:
    """The styles that this family was taught here."""
    return adapters.names(NAME)


class PocketImageParams(Params):
    negative_prompt: str = fields.negative_prompt()
    style: StyleName = fields.style()
    adapter: Annotated[str, Suggested(taught)] = Field(
        default="",
        max_length=400,
        title="Taught style",
        description="A style that was taught here, with its weight; several with +: mine:0.8+other",
        json_schema_extra=in_chinese("学到的风格", "在此学到的风格及其权重，多个用 + 相连"),
    )
    background: Literal["any", "white", "transparent"] = Field(
        default="any",
        description="What is behind; transparent makes a sticker",
        json_schema_extra=in_chinese("背景", "透明即贴纸", choices_zh=BACKGROUND_NAMES_ZH),
    )
    width: int = side("Width", DEFAULT_SIDE, SIDE_STEP, LARGEST, SMALLEST)
    height: int = side("Height", DEFAULT_SIDE, SIDE_STEP, LARGEST, SMALLEST)
    image: InputImage | None = Field(
        default=None,
        description="Picture to start from",
        json_schema_extra=in_chinese("起始图片", "从这张图片开始"),
    )
    mask: InputMask | None = Field(
        default=None,
        description="White where the picture may change",
        json_schema_extra=in_chinese("蒙版", "白色处可以改变"),
    )
    strength: float = Field(
        default=0.65,
        ge=0.1,
        le=1,
        title="How much to change",
        description="How far to leave the picture to start from",
        json_schema_extra=in_chinese("改变程度", "离起始图片多远"),
    )
    looks_up: bool = Field(
        default=True,
        title="Look things up",
        description="Look at openly licensed drawings of the things that the prompt names",
        json_schema_extra=in_chinese("查阅图样", "参考提示中所提事物的开放许可图样", advanced=True),
    )
    scenery: bool = fields.scenery()
    steps: int = Field(
        default=8,
        ge=2,
        le=100,
        description="Steps from noise to picture",
        json_schema_extra=in_chinese("步数", "从噪声到图片的步数", advanced=True),
    )
    guidance: float = fields.guidance()
    variation: float = Field(
        default=0,
        ge=0,
        le=1,
        description="How far to turn the seed's picture towards another",
        json_schema_extra=in_chinese("变化", "从此种子的图片转向另一张的程度", advanced=True),
    )
    variation_seed: int = Field(
        default=1,
        ge=0,
        le=MAX_SEED,
        description="Which other picture to turn towards",
        json_schema_extra=in_chinese("变化的种子", "转向哪一张图片", advanced=True),
    )

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """What it can hardly draw is said before it is drawn."""
        prompt = str(given.get("prompt", ""))
        if given.get("image"):
            return ()
        look = () if given.get("adapter") else fields.other_look(prompt)
        return fields.unknown(prompt) + look

    @model_validator(mode="before")
    @classmethod
    def _size_of_the_image(cls, given: Any) -> Any:
        """Without a size asked for, a picture to start from keeps its shape."""
        return fields.in_shape_of_image(given, DEFAULT_SIDE, SMALLEST, LARGEST)

    @model_validator(mode="after")
    def _belongs_together(self) -> "PocketImageParams":
        if self.mask is not None and self.image is None:
            raise ValueError("mask was given without image; give image too")
        # Before anything runs: what is not there is an error that says so.
        _check_base(self.adapter)
        if self.image is not None and self.variation:
            raise ValueError("variation turns a seed's own picture; leave it 0 with image")
        return self


class PocketImageModel:
    """pocket-text, the denoiser, the autoencoder and the upscaler, ready to draw."""

    def __init__(self, small: "PocketImage", upscaler: "Upscaler") -> None:
        self.small = small
        self.upscaler = upscaler

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, PocketImageParams)
        sketch = _sketch(params)
        start = _start(params, sketch) if params.image is not None else None
        wanted = (params.width, params.height)
        gain = self.small.gain
        full = (sketch.width * gain, sketch.height * gain)
        size = cut_size(full, params.width / params.height)
        steps, more = _steps(params), self.upscaler.ticks(size, wanted)
        raw = self.small(sketch, _with_more(on_step, more), start, _variation(params))
        pixels = _cut(_channels(raw, params.background), size)
        large = self.upscaler.to_size(
            pixels, *wanted, lambda tile, _: on_step(Step(steps + tile, steps + more))
        )
        if params.mask is not None:
            large = _within_mask(large, params)
        return Image(large)


def _steps(params: PocketImageParams) -> int:
    return steps_taken(params.steps, params.strength if params.image is not None else 1)


def _with_more(on_step: OnStep, more: int) -> OnStep:
    """Leaves room for the steps of enlarging, so that it shows and can be cancelled too."""

    def report(step: Step) -> None:
        on_step(Step(step.index, step.total + more, step.picture))

    return report


def _sketch(params: PocketImageParams) -> "Sketch":
    from pipelines.pocket.image import Sketch, native_size

    width, height = native_size(params.width, params.height)
    assert params.seed is not None
    return Sketch(
        prompt=worded(params.prompt, params.style, params.background),
        negative_prompt=params.negative_prompt,
        about=params.prompt if params.looks_up else "",
        style=_style(params),
        seed=params.seed,
        steps=params.steps,
        guidance=params.guidance,
        width=width,
        height=height,
        has_scenery=fields.has_scenery(params.scenery, params.prompt, params.background),
    )


def _variation(params: PocketImageParams) -> "Variation | None":
    from pipelines.pocket.noise import Variation

    if params.variation == 0:
        return None
    return Variation(params.variation_seed, params.variation)


def _start(params: PocketImageParams, sketch: "Sketch") -> "Start":
    """Reads the picture (and mask) to start from, covering the sketch's shape.

    Raises:
        RequestError: as `read_mask`.
    """
    import torch
    from PIL import ImageOps

    from pipelines.pocket.image import Start
    from pipelines.pocket.rough import over_white

    assert params.image is not None
    picture = read_picture(params.image).convert("RGBA")
    size = (sketch.width, sketch.height)
    small = over_white(np.asarray(ImageOps.fit(picture, size)))
    values = torch.from_numpy(small).permute(2, 0, 1)
    is_rough = _is_its_own_rough(params)
    if params.mask is None:
        return Start(values, params.strength, is_rough)
    mask = read_mask(params.mask, picture.size)
    may_change = np.asarray(ImageOps.fit(mask, size)) > 127
    return Start(values, params.strength, is_rough, torch.from_numpy(may_change.astype(np.float32)))


def _within_mask(drawn: NDArray[np.uint8], params: PocketImageParams) -> NDArray[np.uint8]:
    """What is drawn, where the mask is white; the handed-in picture, untouched, elsewhere."""
    from PIL import Image as Pillow
    from PIL import ImageFilter, ImageOps

    assert params.image is not None and params.mask is not None
    size = (params.width, params.height)
    mode = "RGBA" if drawn.shape[2] == 4 else "RGB"
    given = ImageOps.fit(read_picture(params.image).convert(mode), size)
    mask = ImageOps.fit(read_picture(params.mask).convert("L"), size)
    # Soft inside the white only, so that no pixel outside it changes.
    soft = mask.filter(ImageFilter.MinFilter(5)).filter(ImageFilter.GaussianBlur(2))
    soft = np.minimum(np.asarray(soft), np.asarray(mask))
    mixed = Pillow.composite(Pillow.fromarray(drawn), given, Pillow.fromarray(soft))
    return np.asarray(mixed)


def _channels(raw: NDArray[np.uint8], background: str) -> NDArray[np.uint8]:
    """Colour over white → RGB; with a transparent background, straight RGBA."""
    if background != "transparent":
        return np.ascontiguousarray(raw[..., :3])
    alpha = raw[..., 3:].astype(np.float32) / 255
    alpha = np.clip((alpha - SHARPEST_ALPHA) / (1 - 2 * SHARPEST_ALPHA), 0, 1)
    over = raw[..., :3].astype(np.float32) / 255
    colour = np.where(alpha > 0, (over - 1 + alpha) / np.maximum(alpha, 1e-3), 1)
    straight = np.concatenate([np.clip(colour, 0, 1), alpha], -1)
    return np.rint(straight * 255).astype(np.uint8)


def cut_size(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """The largest size within `size` whose sides have exactly the ratio asked for."""
    width, height = size
    return min(width, round(height * ratio)), min(height, round(width / ratio))


def _cut(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of a picture."""
    left, top = (pixels.shape[1] - size[0]) // 2, (pixels.shape[0] - size[1]) // 2
    return np.ascontiguousarray(pixels[top : top + size[1], left : left + size[0]])


def weights(adapter: str = "") -> tuple[Weights, ...]:
    """Every file of the three parts, and of the adapters, with the hash that it must have."""
    own = (each for part in PARTS for each in shipped(ASSETS / part, LICENCE))
    return (*own, *adapters.taught(adapter, NAME))


def _check_base(adapter: str) -> None:
    """Refuse an adapter that was taught to other weights than those here.

    Raises:
        RequestError: names both; or as `adapters.taught`.
        WeightsError: as `adapters.taught`.
    """
    if not adapters.taught(adapter, NAME):
        return
    here = shipped_file(ASSETS / NAME, TRANSFORMER).sha256
    for each in adapters.parse(adapter):
        base = adapters.card(each.name).base_sha256
        if base != here:
            raise RequestError(
                f"adapter {each.name!r} was taught to other weights of {NAME} ({base[:8]}), here "
                f"are {here[:8]}; teach it again: studio teach FOLDER --name {each.name} --replace"
            )


def licence_of(adapter: str) -> str:
    return adapters.licence_with(LICENCE, adapter, NAME)


def sources(params: Params) -> tuple[Source, ...]:
    """The drawings that the rough is made of."""
    from pipelines.pocket.image import looked_at
    from pipelines.pocket.look_up import LookUp

    assert isinstance(params, PocketImageParams) and params.seed is not None
    if not params.looks_up or _is_its_own_rough(params):
        return ()
    look_up = LookUp.load(ASSETS / "pocket-image" / "references")
    is_set = params.image is None and not params.adapter
    drawings = looked_at(look_up, _sketch(params), is_set=is_set)
    return tuple(Source(d.key, d.author, d.licence) for d in drawings)


def _style(params: PocketImageParams) -> str:
    """The style as the drawings name it."""
    return params.style.replace("-", " ")


def _is_its_own_rough(params: PocketImageParams) -> bool:
    return params.image is not None and params.mask is None and params.strength < 1


def load(device: str, adapter: str = "") -> Model:
    quiet_libraries()
    from pipelines.pocket.image import PocketImage
    from pipelines.pocket.lora import hand, melt_in
    from pipelines.pocket.upscale import Upscaler

    small = PocketImage.load(device=device)
    files = {each.model: each.path for each in adapters.taught(adapter, NAME)}
    chosen = [(each.name, files[each.name], each.weight) for each in adapters.parse(adapter)]
    melt_in(small.from_noise.transformer, chosen)
    small.is_styled = bool(chosen)
    upscaler = Upscaler.load(device=device)
    small.hand = hand(upscaler.net, chosen)
    return PocketImageModel(small, upscaler)


def learner(lesson: "Lesson", device: str) -> "Learner":
    quiet_libraries()
    from pipelines.pocket.image import PocketImage
    from pipelines.pocket.learning import PocketLearner

    base = shipped_file(ASSETS / NAME, TRANSFORMER)
    verify(base)
    return PocketLearner(PocketImage.load(device=device), lesson, base.sha256)


FAMILY = Family(
    name=NAME,
    kind="image",
    about="Stickers, icons, characters and scenes, drawn offline within seconds",
    about_zh="贴纸、图标、角色与场景，离线数秒画成",
    params=PocketImageParams,
    load=load,
    licence=LICENCE,
    memory_bytes=700_000_000,
    weights=weights,
    loads_by=("adapter",),
    licence_of=licence_of,
    teaching=Teaching(learner, rank=16, rate=0.008, batch=6, steps=300),
    sources=sources,
    default_for_kind=True,
)
