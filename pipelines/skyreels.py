"""skyreels: long clips from words, pictures or a clip, by SkyReels-V2 diffusion forcing of Skywork.

A clip longer than the model makes at once is carried on chunk after chunk, each from the end of the
one before. Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from pipelines.open import clips, films, options, run, sizes
from pipelines.open.family import OpenFamily
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.media import Video
from studio.spec import Checkpoint, InputImage, InputVideo, OnStep, Params, in_chinese

LICENCE = "LicenseRef-Skywork-Community"
TERMS = "as the Skywork Community License allows, commercial use too; read it first"
PUBLISHED = tuple(
    Checkpoint(
        f"Skywork/SkyReels-V2-DF-{name}-Diffusers",
        LICENCE,
        TERMS,
        size_bytes,
        advice,
        {"transformer": billions, "text_encoder": 5.7, "vae": 0.13},
    )
    for name, size_bytes, billions, advice in (
        ("1.3B-540P", 15_000_000_000, 1.4, {}),
        ("14B-540P", 40_000_000_000, 14.3, {}),
        ("14B-720P", 40_000_000_000, 14.3, {"width": 1280, "height": 720, "window": 121}),
    )
)
WORDS = "SkyReelsV2DiffusionForcingPipeline"
PICTURE = "SkyReelsV2DiffusionForcingImageToVideoPipeline"
CLIP = "SkyReelsV2DiffusionForcingVideoToVideoPipeline"
MAX_TOKENS = 512
SIDE_STEP, FRAME_STEP, MOST_FRAMES = 16, 4, 1441
LEAST_WINDOW = 9
NOISE = 20.0
"""How noisy the end of a chunk is made for the next, in steps of 1000; its makers' advice."""


class SkyReelsParams(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = FRAME_STEP
    most_frames: ClassVar = MOST_FRAMES
    carries_on: ClassVar = True

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    # 97 frames of 24 a second, of which 96 are four seconds.
    duration_s: float = clips.duration(4, 60)
    frames: int | None = clips.frames(9, MOST_FRAMES, "4k + 1")
    fps: Literal[16, 24] = clips.rate(24)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 960, SIDE_STEP, 1920, 64)
    height: int = options.side("Height", 544, SIDE_STEP, 1920, 64)
    image: InputImage | None = options.start_image("Picture to begin with")
    last_image: InputImage | None = clips.last_image()
    video: InputVideo | None = clips.carried_on()
    window: int = Field(
        default=97,
        ge=LEAST_WINDOW,
        le=257,
        title="Frames at once",
        description="Frames that are made at once, 4k + 1; a longer clip is carried on from there",
        json_schema_extra=in_chinese(
            "单次帧数", "一次生成的帧数（4k+1），更长则续写", advanced=True
        ),
    )
    overlap: int = Field(
        default=17,
        ge=5,
        le=97,
        title="Frames looked back at",
        description="Frames of the last chunk that the next begins from, 4k + 1",
        json_schema_extra=in_chinese("回看帧数", "续写时回看的帧数（4k+1）", advanced=True),
    )
    steps: int = options.steps(50)
    guidance: float = options.guidance(6)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @model_validator(mode="before")
    @classmethod
    def _less_with_a_picture(cls, given: Any) -> Any:
        """Its makers follow the words less where a picture says much."""
        has_picture = isinstance(given, dict) and given.get("image") not in (None, "")
        return {"guidance": 5.0, **given} if has_picture else given

    @model_validator(mode="after")
    def _chunks_fit(self) -> "SkyReelsParams":
        for name in ("window", "overlap"):
            value = getattr(self, name)
            if value % FRAME_STEP != 1:
                low = (value - 1) // FRAME_STEP * FRAME_STEP + 1
                raise ValueError(
                    f"{name} must be a multiple of 4 plus 1, got {value}; try {low} or {low + 4}"
                )
        if self.overlap >= self.window and self.run_frames > self.window:
            raise ValueError(
                f"overlap {self.overlap} is not less than window {self.window}; make it smaller"
            )
        return self

    @model_validator(mode="after")
    def _one_beginning_and_end(self) -> "SkyReelsParams":
        clips.check_one(self, "image", "video")
        if self.last_image is not None and self.chunks > 1:
            raise ValueError(
                f"last_image is for clips made at once, and {self.made_frames} frames are more "
                f"than window {self.window}; make the clip shorter or window larger"
            )
        return self

    @property
    def seen_frames(self) -> int:
        return 0 if self.video is None else self.overlap

    @property
    def chunks(self) -> int:
        """How many times frames are made, the first included."""
        if self.run_frames <= self.window:
            return 1
        frames, window, overlap = (
            (each - 1) // FRAME_STEP + 1 for each in (self.run_frames, self.window, self.overlap)
        )
        return 2 + (frames - window - 1) // (window - overlap)


class SkyReelsModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, SkyReelsParams)
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        sizes.check(params, pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size[-1])
        task, more = _start(params)
        with films.seeded_library(params):
            made = films.shoot(
                self.pipeline,
                task,
                params,
                on_step,
                params.steps * params.chunks,
                num_frames=params.run_frames,
                base_num_frames=params.window,
                overlap_history=params.overlap,
                addnoise_condition=NOISE if params.chunks > 1 or params.seen_frames else 0,
                fps=params.fps,
                **more,
            )
        # A clip that is carried on is handed back with what was made of its end.
        return films.clip(made.frames[0][2 * params.seen_frames :], params)


def _start(params: SkyReelsParams) -> tuple[str, dict[str, Any]]:
    """Which pipeline makes it, and what it starts from and goes to."""
    if params.video is not None:
        seen = params.overlap
        return CLIP, {"video": films.ending(params.video, params, seen, seen)[1:]}
    size = (params.width, params.height)
    given = {"image": params.image, "last_image": params.last_image}
    found = {name: fitted(path, *size) for name, path in given.items() if path is not None}
    return PICTURE if found else WORDS, found


FAMILY = OpenFamily(
    name="skyreels",
    kind="video",
    about="Long clips from words or pictures, up to a minute, and clips carried on; for a GPU",
    about_zh="文字或图片生成长短片，最长一分钟，也可续写短片，需要 GPU",
    params=SkyReelsParams,
    classes=(WORDS, PICTURE),
    model=SkyReelsModel,
    published=PUBLISHED,
).family()
