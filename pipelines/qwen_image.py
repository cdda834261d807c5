"""qwen-image: pictures with long lettering in English and Chinese, and edits in words, by Qwen.

Qwen-Image draws from words; the Edit weights change a picture, looking at others beside it. Knows
what its makers recommend, nothing of files or hashes.
"""

from pathlib import Path
from typing import Any, ClassVar

from pipelines.open import controls, options, run
from pipelines.open.caches import Cache
from pipelines.open.checkpoints import class_of
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import PictureParams
from pipelines.open.start import fitted, references, start
from pipelines.open.vision import qwen_reader
from pipelines.open.words import check_prompts
from studio.adapt import steps_taken
from studio.errors import RequestError
from studio.media import Image
from studio.spec import (
    Checkpoint,
    InputControl,
    InputImage,
    InputMask,
    InputReference,
    OnStep,
    Params,
)

LICENCE, TERMS = "Apache-2.0", "any use, also commercial"
SIZE_BYTES = 57_700_000_000
PARTS = {"transformer": 20.4, "text_encoder": 8.3, "vae": 0.13}
PUBLISHED = (
    Checkpoint("Qwen/Qwen-Image-2512", LICENCE, TERMS, SIZE_BYTES, parts=PARTS),
    Checkpoint("Qwen/Qwen-Image", LICENCE, TERMS, SIZE_BYTES, parts=PARTS),
    Checkpoint("Qwen/Qwen-Image-Edit-2511", LICENCE, TERMS, SIZE_BYTES, {"steps": 40}, PARTS),
    Checkpoint("Qwen/Qwen-Image-Edit-2509", LICENCE, TERMS, SIZE_BYTES, {"steps": 40}, PARTS),
)
DRAWS, EDITS = "QwenImagePipeline", "QwenImageEditPlusPipeline"
MAX_TOKENS = 1024
SIDE_STEP = 16
# Its guidance needs words to lead away from; these are the makers' for none.
NOTHING = " "


class QwenImageParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    fills_masks: ClassVar = True

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    width: int = options.side("Width", 1328, SIDE_STEP)
    height: int = options.side("Height", 1328, SIDE_STEP)
    image: InputImage | None = options.start_image()
    mask: InputMask | None = options.mask()
    reference: InputReference | None = options.reference()
    reference_2: InputReference | None = options.reference(2)
    strength: float = options.strength()
    control_image: InputControl | None = options.control_image()
    controlnet: str = options.controlnet()
    control_strength: float = options.control_strength()
    steps: int = options.steps(50)
    guidance: float = options.guidance(4)
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()
    cache: Cache = options.cache()


class QwenImageModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, QwenImageParams)
        pipe = self.pipeline.pipe
        most = MAX_TOKENS + pipe.prompt_template_encode_start_idx
        check_prompts(pipe.tokenizer, params, most, pipe.prompt_template_encode.format)
        if self.pipeline.name == EDITS:
            task, total, more = _edit(params)
        else:
            task, total, more = _draw(params, self.pipeline.parts.get("controlnet"))
        return self.pipeline.picture(
            task,
            params,
            on_step,
            total,
            width=params.width,
            height=params.height,
            # Not `guidance_scale`, which only other, distilled weights read.
            true_cfg_scale=params.guidance,
            negative_prompt=(params.negative_prompt or NOTHING) if params.guidance > 1 else None,
            max_sequence_length=MAX_TOKENS,
            **more,
        )


def _draw(params: QwenImageParams, controlnet: Any) -> tuple[str, int, dict[str, Any]]:
    """Which pipeline draws, in how many steps, and what it takes beside the usual."""
    if params.reference or params.reference_2:
        raise RequestError(
            f"{params.checkpoint} looks at no references; take checkpoint={PUBLISHED[2].id}"
        )
    if controlnet is not None:
        more = controls.given(params, controlnet)
        kind = "Inpaint" if "control_mask" in more else ""
        return f"QwenImageControlNet{kind}Pipeline", params.steps, more
    if params.image is None:
        return DRAWS, params.steps, {}
    more = start(params.image, params.mask, params.width, params.height)
    task = "QwenImageInpaintPipeline" if params.mask else "QwenImageImg2ImgPipeline"
    total = steps_taken(params.steps, params.strength)
    return task, total, {**more, "strength": params.strength}


def _edit(params: QwenImageParams) -> tuple[str, int, dict[str, Any]]:
    """As `_draw`, where the weights are for editing."""
    others = references(params.reference, params.reference_2)
    if params.controlnet:
        raise RequestError(
            f"{params.checkpoint} takes no ControlNet; take checkpoint={PUBLISHED[0].id}"
        )
    if params.mask is not None:
        raise RequestError(
            f"{params.checkpoint} works on whole pictures; say where in words, "
            f"or use the mask with checkpoint={PUBLISHED[0].id}"
        )
    if params.image is None and not others:
        raise RequestError(
            f"{params.checkpoint} changes pictures; give image, "
            f"or draw from words with checkpoint={PUBLISHED[0].id}"
        )
    if params.image is not None:
        others.insert(0, fitted(params.image, params.width, params.height))
    return EDITS, params.steps, {"image": others}


def _reader(folder: Path) -> dict[str, Any]:
    if class_of(folder) != EDITS:
        return {}
    return {"processor": qwen_reader(folder)}


FAMILY = OpenFamily(
    name="qwen-image",
    kind="image",
    about="Long lettering in English and Chinese, and edits in words; for a large GPU",
    about_zh="擅长中英文长文字，并可用文字修改图片，需要大显存 GPU",
    params=QwenImageParams,
    classes=(DRAWS, EDITS),
    model=QwenImageModel,
    published=PUBLISHED,
    makes=_reader,
    controlnet="QwenImageControlNetModel",
).family()
