"""flux2-klein: quick pictures, and changes in words, by FLUX.2 klein of Black Forest Labs.

The distilled weights need 4 steps and no guidance; the base ones, for teaching, take guidance.
Neither reads negative prompts. Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Annotated, Any, ClassVar

from pydantic import model_validator

from pipelines.open import lora, methods, options, run
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import PictureParams
from pipelines.open.start import MOST_RATIO, references, start
from pipelines.open.words import chat, check_length
from studio.adapt import steps_taken
from studio.errors import RequestError
from studio.media import Image
from studio.spec import Checkpoint, InputImage, InputMask, InputReference, OnStep, Params

APACHE = "Apache-2.0"
NON_COMMERCIAL = "LicenseRef-FLUX-Non-Commercial"
NON_COMMERCIAL_TERMS = "not for commercial use"
BASE_ADVICE = {"steps": 50, "guidance": 4}
PUBLISHED = (
    Checkpoint(
        "black-forest-labs/FLUX.2-klein-4B", APACHE, "any use, also commercial", 16_000_000_000
    ),
    Checkpoint(
        "black-forest-labs/FLUX.2-klein-base-4B",
        APACHE,
        "any use, also commercial",
        16_000_000_000,
        BASE_ADVICE,
    ),
    Checkpoint(
        "black-forest-labs/FLUX.2-klein-9B", NON_COMMERCIAL, NON_COMMERCIAL_TERMS, 35_000_000_000
    ),
    Checkpoint(
        "black-forest-labs/FLUX.2-klein-base-9B",
        NON_COMMERCIAL,
        NON_COMMERCIAL_TERMS,
        35_000_000_000,
        BASE_ADVICE,
    ),
)
MAX_TOKENS = 512
SIDE_STEP, LEAST_SIDE = 16, 64
MOST_MASKED_PX = 1024 * 1024
"""Larger ones the inpainting pipeline makes smaller without a word."""


class Flux2KleinParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    adapter: Annotated[str, lora.taught("flux2-klein")] = options.adapter()
    width: int = options.side("Width", 1024, SIDE_STEP, least=LEAST_SIDE)
    height: int = options.side("Height", 1024, SIDE_STEP, least=LEAST_SIDE)
    image: InputImage | None = options.start_image("Picture to change as the prompt says")
    mask: InputMask | None = options.mask()
    reference: InputReference | None = options.reference()
    reference_2: InputReference | None = options.reference(2)
    strength: float = options.strength(0.8, needs="a mask")
    steps: int = options.steps(4)
    guidance: float = options.guidance(1)
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()

    @model_validator(mode="after")
    def _fits(self) -> "Flux2KleinParams":
        if self.image and max(self.width, self.height) > MOST_RATIO * min(self.width, self.height):
            raise ValueError(
                f"{self.width}x{self.height} is too narrow to change a picture; "
                f"make no side more than {MOST_RATIO} times the other"
            )
        if self.mask and self.width * self.height > MOST_MASKED_PX:
            raise ValueError(
                f"{self.width}x{self.height} is too large to work within a mask; "
                "at most as many pixels as 1024x1024"
            )
        if self.mask and self.reference_2:
            raise ValueError("reference_2 has no place beside a mask; give one reference")
        return self


class Flux2KleinModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, Flux2KleinParams)
        pipe = self.pipeline.pipe
        tokenizer = pipe.tokenizer
        check_length(tokenizer, params.prompt, MAX_TOKENS, chat(tokenizer, thinks=False))
        if pipe.config.is_distilled and params.guidance > 1:
            raise RequestError(
                f"guidance {params.guidance:g} has no effect on distilled weights; "
                f"leave it at 1, or take {PUBLISHED[1].id}"
            )
        task, more = _task(params)
        total = params.steps
        if params.mask is not None:
            total = steps_taken(params.steps, params.strength)
        return self.pipeline.picture(
            task,
            params,
            on_step,
            total,
            width=params.width,
            height=params.height,
            guidance_scale=params.guidance,
            **more,
        )


def _task(params: Flux2KleinParams) -> tuple[str, dict[str, Any]]:
    """Which pipeline, and what it takes beside the usual."""
    others = references(params.reference, params.reference_2)
    first: dict[str, Any] = {}
    if params.image is not None:
        first = start(params.image, params.mask, params.width, params.height)
    if params.mask is None:
        pictures = [*first.values(), *others]
        return "Flux2KleinPipeline", {"image": pictures or None}
    seen = others[0] if others else None
    more = {**first, "image_reference": seen, "strength": params.strength}
    return "Flux2KleinInpaintPipeline", more


FAMILY = OpenFamily(
    name="flux2-klein",
    kind="image",
    about="Quick pictures, and changes to pictures in words; for a GPU",
    about_zh="快速作画，并可用文字修改图片，需要 GPU",
    params=Flux2KleinParams,
    classes=("Flux2KleinPipeline",),
    model=Flux2KleinModel,
    published=PUBLISHED,
    teaches=methods.FLUX2_KLEIN,
).family()
