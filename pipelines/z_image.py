"""z-image: photographs, posters and lettering in English and Chinese, by Z-Image of Tongyi-MAI.

The distilled Turbo needs 8 passes and no guidance; its undistilled kin follow negative prompts.
Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Any

from pydantic import model_validator

from pipelines.open import checkpoints, memory, options, run
from pipelines.open.start import start
from studio.adapt import steps_taken
from studio.media import Image
from studio.spec import Checkpoint, Family, InputImage, InputMask, Model, OnStep, Params, Weights

LICENCE = "Apache-2.0"
MAX_TOKENS = 512
PUBLISHED = (
    Checkpoint("Tongyi-MAI/Z-Image-Turbo", LICENCE, "any use, also commercial", 20_500_000_000),
    Checkpoint("Tongyi-MAI/Z-Image", LICENCE, "any use, also commercial", 20_500_000_000),
)
SIDE_STEP = 16


class ZImageParams(Params):
    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 0")
    width: int = options.side("Width", 1024, SIDE_STEP)
    height: int = options.side("Height", 1024, SIDE_STEP)
    image: InputImage | None = options.start_image()
    mask: InputMask | None = options.mask()
    strength: float = options.strength()
    # Turbo's makers: nine steps are eight passes, and guidance is trained in.
    steps: int = options.steps(9, least=2)
    guidance: float = options.guidance(0)
    precision: options.Precision = options.precision()

    @model_validator(mode="after")
    def _belongs_together(self) -> "ZImageParams":
        if self.mask is not None and self.image is None:
            raise ValueError("mask was given without image; give image too")
        if self.negative_prompt and not self.guidance:
            raise ValueError("negative_prompt has no effect without guidance; set guidance to 4")
        return self


class ZImageModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, ZImageParams)
        run.check_length(self.pipeline.pipe.tokenizer, params.prompt, MAX_TOKENS)
        arguments: dict[str, Any] = {
            "width": params.width,
            "height": params.height,
            "num_inference_steps": params.steps,
            "guidance_scale": params.guidance,
            "negative_prompt": params.negative_prompt or None,
        }
        if params.image is None:
            task, total = "ZImagePipeline", params.steps
        else:
            task, total = "ZImageImg2ImgPipeline", steps_taken(params.steps, params.strength)
            arguments |= start(params.image, params.mask, params.width, params.height)
            arguments["strength"] = params.strength
        if params.mask is not None:
            task = "ZImageInpaintPipeline"
        return self.pipeline.picture(task, params, on_step, total, **arguments)


def is_here(checkpoint: str, precision: str) -> bool:
    return checkpoints.is_here(checkpoint)


def load(device: str, checkpoint: str, precision: str) -> Model:
    folder = checkpoints.find(checkpoint)
    return ZImageModel(run.load("ZImagePipeline", folder, device, precision))


def weights(checkpoint: str, precision: str) -> tuple[Weights, ...]:
    return checkpoints.weights(checkpoint, LICENCE)


FAMILY = Family(
    name="z-image",
    kind="image",
    about="Photographs, posters and lettering in English and Chinese; for a GPU",
    about_zh="照片、海报与中英文字，需要 GPU",
    params=ZImageParams,
    load=load,
    licence=LICENCE,
    memory_bytes=PUBLISHED[0].size_bytes,
    memory=memory.needed,
    weights=weights,
    checkpoints=PUBLISHED,
    is_here=is_here,
    loads_by=("checkpoint", "precision"),
)
