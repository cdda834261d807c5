"""z-image: photographs, posters and lettering in English and Chinese, by Z-Image of Tongyi-MAI.

The distilled Turbo needs 8 passes and no guidance; its undistilled kin follow negative prompts.
Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Annotated, Any, ClassVar

from pipelines.open import lora, methods, options, place, run
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import PictureParams
from pipelines.open.start import fitted, start
from pipelines.open.words import chat, check_prompts
from studio.adapt import steps_taken
from studio.errors import RequestError
from studio.media import Image
from studio.spec import Checkpoint, InputControl, InputImage, InputMask, OnStep, Params

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
CONTROL_STRENGTH = 0.75
"""As the makers of its ControlNets recommend: 0.65 to 0.9."""


class ZImageParams(PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    guided_above: ClassVar = 0
    controls_masks: ClassVar = True

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    adapter: Annotated[str, lora.taught("z-image")] = options.adapter()
    negative_prompt: str = options.negative_prompt("guidance above 0")
    width: int = options.side("Width", 1024, SIDE_STEP)
    height: int = options.side("Height", 1024, SIDE_STEP)
    image: InputImage | None = options.start_image()
    mask: InputMask | None = options.mask()
    strength: float = options.strength()
    control_image: InputControl | None = options.control_image()
    controlnet: str = options.controlnet()
    control_strength: float = options.control_strength(CONTROL_STRENGTH)
    # Turbo's makers: nine steps are eight passes, and guidance is trained in.
    steps: int = options.steps(9, least=2)
    guidance: float = options.guidance(0)
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()


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
        controlnet = self.pipeline.parts.get("controlnet")
        task, total, more = _task(params, controlnet)
        if controlnet is not None:
            denoiser = self.pipeline.sibling(task).transformer
            # It runs before the transformer whose tokens it pads with.
            for name in ("x_pad_token", "cap_pad_token"):
                setattr(controlnet, name, place.at_hand(denoiser, name, self.pipeline.plan))
        return self.pipeline.picture(task, params, on_step, total, **arguments, **more)


def _task(params: ZImageParams, controlnet: Any) -> tuple[str, int, dict[str, Any]]:
    """Which pipeline draws, in how many steps, and what it takes beside the usual.

    Raises:
        RequestError: the ControlNet knows no masks, and one was given.
    """
    size = (params.width, params.height)
    more: dict[str, Any] = {}
    if params.image is not None:
        more = start(params.image, params.mask, *size)
    if params.control_image is not None:
        more["control_image"] = fitted(params.control_image, *size)
        more["controlnet_conditioning_scale"] = params.control_strength
        # Latents of the picture, of what is around the mask, and the mask.
        if params.mask is not None and controlnet.config.control_in_dim % 2 == 0:
            raise RequestError(
                f"controlnet {params.controlnet!r} knows no masks; take one of version 2, or leave "
                "out the mask"
            )
        return f"ZImageControlNet{'Inpaint' if params.mask else ''}Pipeline", params.steps, more
    if params.image is None:
        return "ZImagePipeline", params.steps, more
    task = "ZImageInpaintPipeline" if params.mask else "ZImageImg2ImgPipeline"
    total = steps_taken(params.steps, params.strength)
    return task, total, {**more, "strength": params.strength}


FAMILY = OpenFamily(
    name="z-image",
    kind="image",
    about="Photographs, posters and lettering in English and Chinese; for a GPU",
    about_zh="照片、海报与中英文字，需要 GPU",
    params=ZImageParams,
    classes=("ZImagePipeline",),
    model=ZImageModel,
    published=PUBLISHED,
    teaches=methods.Z_IMAGE,
    controlnet="ZImageControlNetModel",
).family()
