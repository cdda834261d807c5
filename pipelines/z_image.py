"""z-image: photographs, posters and lettering in English and Chinese, by Z-Image of Tongyi-MAI.

The distilled Turbo needs 8 passes and no guidance; its undistilled kin follow negative prompts.
Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Any, ClassVar

from pipelines.open import options, run
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import PictureParams
from pipelines.open.start import start
from pipelines.open.words import chat, check_prompts
from studio.adapt import steps_taken
from studio.media import Image
from studio.spec import Checkpoint, InputImage, InputMask, OnStep, Params

LICENCE = "Apache-2.0"
MAX_TOKENS = 512
PARTS = {"transformer": 6.15, "text_encoder": 4.02, "vae": 0.08}
PUBLISHED = (
    Checkpoint(
        "Tongyi-MAI/Z-Image-Turbo",
        LICENCE,
        "any use, also commercial",
        20_500_000_000,
        parts=PARTS,
    ),
    Checkpoint(
        "Tongyi-MAI/Z-Image",
        LICENCE,
        "any use, also commercial",
        20_500_000_000,
        {"steps": 50, "guidance": 4},
        PARTS,
    ),
)
SIDE_STEP = 16


class ZImageParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    guided_above: ClassVar = 0

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


class ZImageModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, ZImageParams)
        tokenizer = self.pipeline.pipe.tokenizer
        check_prompts(tokenizer, params, MAX_TOKENS, chat(tokenizer, thinks=True))
        arguments: dict[str, Any] = {
            "width": params.width,
            "height": params.height,
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


FAMILY = OpenFamily(
    name="z-image",
    kind="image",
    about="Photographs, posters and lettering in English and Chinese; for a GPU",
    about_zh="照片、海报与中英文字，需要 GPU",
    params=ZImageParams,
    classes=("ZImagePipeline",),
    model=ZImageModel,
    published=PUBLISHED,
).family()
