"""sana-video: quick clips from words or a first picture, by NVIDIA's SANA-Video.

A linear denoiser of two billion weights, which keeps even long clips cheap. It reads more into
short prompts. Knows what its makers recommend, nothing of files or hashes.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pipelines.open import clips, films, options, run, sizes
from pipelines.open.family import OpenFamily
from pipelines.open.licences import GEMMA, GEMMA_TERMS
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.media import Video
from studio.spec import Checkpoint, InputImage, OnStep, Params, in_chinese

LICENCE = f"LicenseRef-NVIDIA-Open-Model AND {GEMMA}"
TERMS = f"any use, also commercial, as the NVIDIA Open Model License allows; {GEMMA_TERMS}"
PUBLISHED = tuple(
    Checkpoint(
        f"Efficient-Large-Model/SANA-Video_2B_{name}_diffusers",
        LICENCE,
        TERMS,
        size_bytes,
        advice,
        {"transformer": 2.0, "text_encoder": 2.6, "vae": vae_billions},
    )
    for name, size_bytes, advice, vae_billions in (
        ("480p", 9_500_000_000, {}, 0.13),
        # With the autoencoder of LTX-2, which takes eight frames as one.
        ("720p", 11_600_000_000, {"width": 1280, "height": 704}, 1.2),
    )
)
WORDS, PICTURE = "SanaVideoPipeline", "SanaImageToVideoPipeline"
MAX_TOKENS = 280
"""300, less what the pipeline takes and the words about motion."""

SIDE_STEP, LARGE_STEP, FRAME_STEP, MOST_FRAMES = 32, 64, 4, 241


class SanaVideoParams(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = FRAME_STEP
    most_frames: ClassVar = MOST_FRAMES

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    # 81 frames of 16 a second, of which 80 are five seconds.
    duration_s: float = clips.duration(5, 15)
    frames: int | None = clips.frames(9, MOST_FRAMES, "4k + 1")
    fps: Literal[16] = clips.rate(16)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 832, SIDE_STEP, 1920, 64)
    height: int = options.side("Height", 480, SIDE_STEP, 1920, 64)
    image: InputImage | None = options.start_image("Picture to begin with")
    motion_score: int = Field(
        default=30,
        ge=0,
        le=100,
        title="Motion",
        description="How much moves, as the model was told in training",
        json_schema_extra=in_chinese("运动量", "画面动得多少，与训练时的说法一致"),
    )
    steps: int = options.steps(50)
    guidance: float = options.guidance(6)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @classmethod
    def step_for(cls, given: Mapping[str, Any]) -> int:
        usual = given.get("checkpoint") in (None, "", PUBLISHED[0].id)
        return SIDE_STEP if usual else LARGE_STEP


class SanaVideoModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, SanaVideoParams)
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        sizes.check(params, pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size[-1])
        sizes.check_frames(params, pipe.vae_scale_factor_temporal)
        more: dict[str, Any] = {}
        if params.image is not None:
            more["image"] = fitted(params.image, params.width, params.height)
        made = films.shoot(
            self.pipeline,
            WORDS if params.image is None else PICTURE,
            params,
            on_step,
            params.steps,
            prompt=f"{params.prompt} motion score: {params.motion_score}.",
            negative_prompt=params.negative_prompt,
            frames=params.made_frames,
            # It would make another size and cut that; what was asked for is made.
            use_resolution_binning=False,
            **more,
        )
        return films.clip(made.frames[0], params)


FAMILY = OpenFamily(
    name="sana-video",
    kind="video",
    about="Quick clips from words or a first picture; for a GPU",
    about_zh="文字或首图快速生成短片，需要 GPU",
    params=SanaVideoParams,
    classes=(WORDS, PICTURE),
    model=SanaVideoModel,
    published=PUBLISHED,
).family()
