"""sana: very quick pictures by NVIDIA's Sana, whose terms keep them from commercial use.

Sana Sprint draws in 1 to 4 steps and starts from pictures too; Sana itself takes 20 and reads
negative prompts. Both read more into short prompts. Knows what its makers recommend, nothing of
files or hashes.
"""

from typing import Any, ClassVar

from pipelines.open import options, run
from pipelines.open.family import OpenFamily
from pipelines.open.licences import GEMMA
from pipelines.open.pictures import PictureParams
from pipelines.open.start import fitted, start
from pipelines.open.words import check_prompts
from studio.adapt import steps_taken
from studio.errors import RequestError
from studio.media import Image
from studio.spec import Checkpoint, InputControl, InputImage, OnStep, Params

LICENCE, TERMS = f"LicenseRef-NSCL-v2-custom AND {GEMMA}", "not for commercial use"
PUBLISHED = (
    Checkpoint(
        "Efficient-Large-Model/Sana_Sprint_1.6B_1024px_diffusers", LICENCE, TERMS, 9_700_000_000
    ),
    Checkpoint(
        "Efficient-Large-Model/Sana_1600M_1024px_BF16_diffusers",
        LICENCE,
        TERMS,
        9_700_000_000,
        {"steps": 20},
    ),
)
SPRINT, SANA = "SanaSprintPipeline", "SanaPipeline"
MAX_TOKENS = 298
"""300, of which the pipeline takes two."""

SIDE_STEP = 32
SPRINT_MIDDLE = 1.3
"""Where the second of two steps begins (Sana-Sprint, section 4); other counts are even."""


class SanaParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt(PUBLISHED[1].id)
    width: int = options.side("Width", 1024, SIDE_STEP)
    height: int = options.side("Height", 1024, SIDE_STEP)
    image: InputImage | None = options.start_image()
    strength: float = options.strength()
    control_image: InputControl | None = options.control_image()
    controlnet: str = options.controlnet()
    control_strength: float = options.control_strength()
    steps: int = options.steps(2)
    guidance: float = options.guidance(4.5)
    precision: options.Precision = options.precision()


class SanaModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, SanaParams)
        check_prompts(self.pipeline.pipe.tokenizer, params, MAX_TOKENS)
        if params.controlnet and self.pipeline.name == SPRINT:
            raise RequestError(
                f"{params.checkpoint} takes no ControlNet; take checkpoint={PUBLISHED[1].id}"
            )
        task, total, more = (_sprint if self.pipeline.name == SPRINT else _plain)(params)
        return self.pipeline.picture(
            task,
            params,
            on_step,
            total,
            width=params.width,
            height=params.height,
            guidance_scale=params.guidance,
            # It would draw another size and cut that; what was asked for is drawn.
            use_resolution_binning=False,
            **more,
        )


def _sprint(params: SanaParams) -> tuple[str, int, dict[str, Any]]:
    """Which pipeline draws, in how many steps, and what it takes beside the usual."""
    if params.negative_prompt:
        raise RequestError(
            f"{params.checkpoint} reads no negative_prompt; take checkpoint={PUBLISHED[1].id}"
        )
    more: dict[str, Any] = {"intermediate_timesteps": SPRINT_MIDDLE if params.steps == 2 else None}
    if params.image is None:
        return SPRINT, params.steps, more
    more |= start(params.image, None, params.width, params.height)
    total = steps_taken(params.steps, params.strength)
    return "SanaSprintImg2ImgPipeline", total, {**more, "strength": params.strength}


def _plain(params: SanaParams) -> tuple[str, int, dict[str, Any]]:
    if params.image is not None:
        raise RequestError(
            f"{params.checkpoint} draws from words alone; take checkpoint={PUBLISHED[0].id}"
        )
    more: dict[str, Any] = {"negative_prompt": params.negative_prompt}
    if params.control_image is None:
        return SANA, params.steps, more
    more["control_image"] = fitted(params.control_image, params.width, params.height)
    more["controlnet_conditioning_scale"] = params.control_strength
    return "SanaControlNetPipeline", params.steps, more


FAMILY = OpenFamily(
    name="sana",
    kind="image",
    about="Very quick pictures, not for commercial use; for a GPU",
    about_zh="极快作画，不可商用，需要 GPU",
    params=SanaParams,
    classes=(SPRINT, SANA),
    model=SanaModel,
    published=PUBLISHED,
    controlnet="SanaControlNetModel",
).family()
