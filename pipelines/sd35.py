"""sd3.5: Stable Diffusion 3.5 of Stability AI, free of charge below a million dollars of revenue.

T5 reads the whole prompt; the two CLIP encoders, which give the mood, its beginning. Knows what
its makers recommend, nothing of files or hashes.
"""

from typing import Annotated, Any, ClassVar

from pipelines.open import controls, lora, methods, options, run
from pipelines.open.family import OpenFamily
from pipelines.open.ip_adapter import Eyes, looking
from pipelines.open.licences import STABILITY, STABILITY_TERMS
from pipelines.open.pictures import LookingParams, PictureParams
from pipelines.open.start import references, start
from pipelines.open.words import check_prompts, first_chunk
from studio.adapt import steps_taken
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

PUBLISHED = (
    Checkpoint(
        "stabilityai/stable-diffusion-3.5-medium",
        STABILITY,
        STABILITY_TERMS,
        16_400_000_000,
        parts={"transformer": 2.5, "text_encoders": 5.6, "vae": 0.08},
    ),
    Checkpoint(
        "stabilityai/stable-diffusion-3.5-large",
        STABILITY,
        STABILITY_TERMS,
        28_000_000_000,
        {"steps": 28, "guidance": 3.5},
    ),
    Checkpoint(
        "stabilityai/stable-diffusion-3.5-large-turbo",
        STABILITY,
        STABILITY_TERMS,
        28_000_000_000,
        {"steps": 4, "guidance": 0},
    ),
)
EYES = Eyes(
    "guiyrt/InstantX-SD3.5-Large-IP-Adapter-diffusers/ip-adapter.safetensors",
    encoder="google/siglip-so400m-patch14-384",
)
SIDE_STEP, LEAST_SIDE = 16, 64
CLIP_TOKENS = 77
USUAL_TOKENS, MOST_TOKENS = 256, 512
"""What T5 reads; the larger number only where a prompt needs it, as its makers do."""


class Sd35Params(LookingParams, PictureParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    fills_masks: ClassVar = True
    usual_ip_adapter: ClassVar = EYES.usual

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    adapter: Annotated[str, lora.taught("sd3.5")] = options.adapter()
    negative_prompt: str = options.negative_prompt("guidance above 1")
    width: int = options.side("Width", 1024, SIDE_STEP, most=1536, least=LEAST_SIDE)
    height: int = options.side("Height", 1024, SIDE_STEP, most=1536, least=LEAST_SIDE)
    image: InputImage | None = options.start_image()
    mask: InputMask | None = options.mask()
    strength: float = options.strength()
    reference: InputReference | None = options.reference()
    reference_strength: float = options.reference_strength()
    ip_adapter: str = options.ip_adapter(f"{EYES.usual}, for the large checkpoint")
    control_image: InputControl | None = options.control_image()
    controlnet: str = options.controlnet()
    control_strength: float = options.control_strength()
    steps: int = options.steps(40)
    guidance: float = options.guidance(4.5)
    precision: options.Precision = options.precision()


class Sd35Model:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Image:
        assert isinstance(params, Sd35Params)
        task, more = _task(params, self.pipeline.parts.get("controlnet"))
        pipe = self.pipeline.sibling(task)
        more |= looking(pipe, references(*params.seen), params.reference_strength)
        total = params.steps
        if "strength" in more:
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
            **_words(self.pipeline.pipe, params),
        )


def _task(params: Sd35Params, controlnet: Any) -> tuple[str, dict[str, Any]]:
    """Which pipeline draws, and what it takes beside the usual."""
    if controlnet is not None:
        more = controls.given(params, controlnet)
        kind = "Inpainting" if "control_mask" in more else ""
        return f"StableDiffusion3ControlNet{kind}Pipeline", more
    if params.image is None:
        return "StableDiffusion3Pipeline", {}
    kind = "Inpaint" if params.mask else "Img2Img"
    more = start(params.image, params.mask, params.width, params.height)
    return f"StableDiffusion3{kind}Pipeline", {**more, "strength": params.strength}


def _words(pipe: Any, params: Sd35Params) -> dict[str, Any]:
    """Each encoder's part of the prompts.

    Raises:
        RequestError: a prompt is longer than the longest reader among them reads.
    """
    longest = pipe.tokenizer_3 if pipe.text_encoder_3 is not None else pipe.tokenizer
    most = MOST_TOKENS if pipe.text_encoder_3 is not None else CLIP_TOKENS
    count = check_prompts(longest, params, most)
    found: dict[str, Any] = {"max_sequence_length": USUAL_TOKENS if count <= USUAL_TOKENS else most}
    for name, text in (("prompt", params.prompt), ("negative_prompt", params.negative_prompt)):
        beginning = first_chunk(pipe.tokenizer, text, CLIP_TOKENS)
        found |= {name: beginning, f"{name}_2": beginning, f"{name}_3": text}
    return found


FAMILY = OpenFamily(
    name="sd3.5",
    kind="image",
    about="Stable Diffusion 3.5, free below a million dollars of revenue; for a GPU",
    about_zh="Stable Diffusion 3.5，年收入一百万美元以下免费，需要 GPU",
    params=Sd35Params,
    classes=("StableDiffusion3Pipeline",),
    model=Sd35Model,
    published=PUBLISHED,
    teaches=methods.SD3,
    controlnet="SD3ControlNetModel",
    eyes=EYES,
).family()
