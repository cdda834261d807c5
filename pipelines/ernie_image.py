"""ernie-image: posters, comics and lettering that follow long instructions, by Baidu's ERNIE-Image.

It comes with a second model that rewrites prompts. That one is left out: it draws by chance, and
what it made of the words would stand nowhere. Knows what its makers recommend, nothing of files.
"""

from typing import ClassVar

from pipelines.open import options, run
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import PictureParams
from pipelines.open.words import check_prompts
from studio.media import Image
from studio.spec import Checkpoint, OnStep, Params

LICENCE, TERMS = "Apache-2.0", "any use, also commercial"
PUBLISHED = (
    Checkpoint("baidu/ERNIE-Image-Turbo", LICENCE, TERMS, 31_000_000_000),
    Checkpoint("baidu/ERNIE-Image", LICENCE, TERMS, 31_000_000_000, {"steps": 50, "guidance": 4}),
)
MAX_TOKENS = 2048
"""Its encoder would read more; what is longer, it was not shown in training."""

SIDE_STEP = 16


class ErnieImageParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    width: int = options.side("Width", 1024, SIDE_STEP)
    height: int = options.side("Height", 1024, SIDE_STEP)
    steps: int = options.steps(8)
    guidance: float = options.guidance(1)
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()


class ErnieImageModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, ErnieImageParams)
        tokenizer = self.pipeline.pipe.tokenizer
        check_prompts(tokenizer, params, min(MAX_TOKENS, tokenizer.model_max_length))
        return self.pipeline.picture(
            "ErnieImagePipeline",
            params,
            on_step,
            params.steps,
            width=params.width,
            height=params.height,
            guidance_scale=params.guidance,
            negative_prompt=params.negative_prompt,
            use_pe=False,
        )


FAMILY = OpenFamily(
    name="ernie-image",
    kind="image",
    about="Posters, comics and lettering that follow long instructions; for a GPU",
    about_zh="海报、漫画与文字，能遵循长指令，需要 GPU",
    params=ErnieImageParams,
    classes=("ErnieImagePipeline",),
    model=ErnieImageModel,
    published=PUBLISHED,
    leaves_out=("pe", "pe_tokenizer"),
).family()
