"""sdxl: Stable Diffusion XL, for which most styles and ControlNets exist.

Weights that were distilled, such as SDXL-Lightning, need 4 to 8 steps, guidance 0 and the sampler
they were made for. Knows what its makers recommend, nothing of files or hashes.
"""

import math
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from pipelines.open import lora, methods, options, run
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.ip_adapter import Eyes, looking
from pipelines.open.pictures import LookingParams, PictureParams
from pipelines.open.start import fitted, references, start
from pipelines.open.words import in_chunks
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
    in_chinese,
)

LICENCE = "LicenseRef-CreativeML-OpenRAIL-PlusPlus-M"
TERMS = "any use, also commercial, but those that its licence lists as harmful"
PARTS = {"unet": 2.57, "text_encoder": 0.12, "text_encoder_2": 0.69, "vae": 0.08}
PUBLISHED = (
    Checkpoint(
        "stabilityai/stable-diffusion-xl-base-1.0", LICENCE, TERMS, 14_200_000_000, parts=PARTS
    ),
)
SIDE_STEP, LEAST_SIDE = 8, 64
CHUNK_TOKENS, MOST_CHUNKS = 77, 4
"""Its encoders read 77 tokens; longer prompts are read in so many pieces."""

IP_ADAPTER = "h94/IP-Adapter/sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors"

Sampler = Literal["euler", "euler-a", "dpm++", "lightning"]
# The class of diffusers, and how it differs from the checkpoint's own settings.
SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-a": ("EulerAncestralDiscreteScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    # Lin et al., SDXL-Lightning, section 4: trained at the last time of each step.
    "lightning": ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
}
SAMPLERS_ZH = {"euler": "Euler", "euler-a": "Euler a", "dpm++": "DPM++", "lightning": "Lightning"}


ControlKind = Literal["none", "pose", "depth", "scribble", "edges", "normals", "segments", "tile"]
# As the makers of ControlNet++ number them; the last only in its larger version.
CONTROL_KINDS = ("pose", "depth", "scribble", "edges", "normals", "segments", "tile")
CONTROL_KINDS_ZH = {
    "none": "无", "pose": "姿态", "depth": "深度", "scribble": "涂鸦", "edges": "边缘",
    "normals": "法线", "segments": "分割", "tile": "分块",
}  # fmt: skip


class SdxlParams(LookingParams, PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    controls_pictures: ClassVar = True
    controls_masks: ClassVar = True
    usual_ip_adapter: ClassVar = IP_ADAPTER

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    adapter: Annotated[str, lora.taught("sdxl")] = options.adapter()
    negative_prompt: str = options.negative_prompt("guidance above 1")
    width: int = options.side("Width", 1024, SIDE_STEP, least=LEAST_SIDE)
    height: int = options.side("Height", 1024, SIDE_STEP, least=LEAST_SIDE)
    image: InputImage | None = options.start_image()
    mask: InputMask | None = options.mask()
    strength: float = options.strength()
    reference: InputReference | None = options.reference()
    reference_2: InputReference | None = options.reference(2)
    reference_strength: float = options.reference_strength()
    ip_adapter: str = options.ip_adapter(IP_ADAPTER)
    control_image: InputControl | None = options.control_image()
    controlnet: str = options.controlnet()
    control_strength: float = options.control_strength()
    control_kind: ControlKind = Field(
        default="none",
        description="What control_image is, for ControlNets that follow several kinds",
        json_schema_extra=in_chinese(
            "控制图片类型",
            "控制图片是什么，用于支持多种类型的控制网络",
            choices_zh=CONTROL_KINDS_ZH,
            advanced=True,
        ),
    )
    steps: int = options.steps(30)
    guidance: float = options.guidance(6)
    sampler: Sampler = Field(
        default="euler",
        description="How the steps are taken; lightning for weights made for few steps",
        json_schema_extra=in_chinese(
            "采样器", "步进方法；少步数权重用 Lightning", choices_zh=SAMPLERS_ZH, advanced=True
        ),
    )
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()

    @model_validator(mode="after")
    def _takes_a_step(self) -> "SdxlParams":
        if self.image is not None and not _taken(self.steps, self.strength):
            raise ValueError(
                f"strength {self.strength:g} of {self.steps} steps is not one step; "
                f"set strength to {math.ceil(100 / self.steps) / 100:g} or more"
            )
        return self


def _taken(steps: int, strength: float) -> int:
    """How many of `steps` its pipelines take from a picture to start from."""
    return min(int(steps * strength), steps)


class SdxlModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline
        self.settings = pipeline.pipe.scheduler.config

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, SdxlParams)
        task, more = _task(params, self.pipeline.parts.get("controlnet"))
        total = params.steps
        if params.image is not None:
            total = _taken(params.steps, params.strength)
        pipe = self.pipeline.sibling(task)
        more |= looking(pipe, references(*params.seen), params.reference_strength)
        name, others = SAMPLERS[params.sampler]
        pipe.scheduler = run.scheduler(name, self.settings, **others)
        return self.pipeline.picture(
            task,
            params,
            on_step,
            total,
            guidance_scale=params.guidance,
            **more,
            **_words(pipe, params),
        )


def _task(params: SdxlParams, controlnet: Any) -> tuple[str, dict[str, Any]]:
    """Which pipeline draws, and what it takes beside the usual."""
    size = (params.width, params.height)
    modes = {} if controlnet is None else _modes(params, controlnet)
    union = "Union" if modes else ""
    name = "StableDiffusionXL" + (f"ControlNet{union}" if params.controlnet else "")
    more: dict[str, Any] = {"width": size[0], "height": size[1]}
    kind = ""
    if params.image is not None:
        kind = "Inpaint" if params.mask else "Img2Img"
        more |= {**start(params.image, params.mask, *size), "strength": params.strength}
        if kind == "Img2Img" and not params.controlnet:
            # It takes its size from the picture.
            del more["width"], more["height"]
    if params.control_image is not None:
        control = "control_image" if kind or modes else "image"
        more[control] = fitted(params.control_image, *size)
        more["controlnet_conditioning_scale"] = params.control_strength
    return f"{name}{kind}Pipeline", {**more, **modes}


def _modes(params: SdxlParams, controlnet: Any) -> dict[str, Any]:
    """What a ControlNet that follows several kinds of pictures is told; nothing for others.

    Raises:
        RequestError: it is not told which kind, it knows no such kind, or there is only one.
    """
    count = controlnet.config.get("num_control_type", 0)
    kinds = CONTROL_KINDS[:count]
    if params.control_kind in kinds:
        return {"control_mode": kinds.index(params.control_kind)}
    if not count and params.control_kind == "none":
        return {}
    if not count:
        raise RequestError(
            f"controlnet {params.controlnet!r} follows one kind of pictures; leave out control_kind"
        )
    raise RequestError(
        f"controlnet {params.controlnet!r} follows several kinds of pictures, got control_kind="
        f"{params.control_kind!r}; set it to one of: {', '.join(kinds)}"
    )


def _words(pipe: Any, params: SdxlParams) -> dict[str, Any]:
    """The prompts as they are, or where they are long, what the encoders make of each piece."""
    wanted = in_chunks(pipe.tokenizer, params.prompt, CHUNK_TOKENS, MOST_CHUNKS)
    avoided = in_chunks(pipe.tokenizer, params.negative_prompt, CHUNK_TOKENS, MOST_CHUNKS)
    count = max(len(wanted), len(avoided))
    if count == 1:
        return {"prompt": params.prompt, "negative_prompt": params.negative_prompt or None}
    import torch

    wanted += [""] * (count - len(wanted))
    avoided += [""] * (count - len(avoided))
    with torch.no_grad():
        pieces = [
            pipe.encode_prompt(
                prompt=one,
                negative_prompt=other if params.negative_prompt else None,
                do_classifier_free_guidance=params.guidance > 1,
            )
            for one, other in zip(wanted, avoided, strict=True)
        ]
    return run.joined(pieces)


FAMILY = OpenFamily(
    name="sdxl",
    kind="image",
    about="Stable Diffusion XL, for which most styles and ControlNets exist; for a GPU",
    about_zh="Stable Diffusion XL，风格与控制网络最多，需要 GPU",
    params=SdxlParams,
    classes=("StableDiffusionXLPipeline",),
    model=SdxlModel,
    published=PUBLISHED,
    teaches=methods.SDXL,
    controlnet="ControlNetModel",
    union="ControlNetUnionModel",
    eyes=Eyes(IP_ADAPTER),
).family()
