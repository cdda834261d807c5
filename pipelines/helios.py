"""helios: clips up to a minute from words, a first picture or a clip to carry on, by Helios.

It makes 33 frames at a time, each chunk from the memory of all before. Distilled weights need six
steps for a chunk and no guidance. Knows what its makers recommend, nothing of files or hashes.
"""

import math
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from pipelines.open import clips, films, options, run
from pipelines.open.family import OpenFamily
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.media import Video
from studio.spec import Checkpoint, InputImage, InputVideo, OnStep, Params

LICENCE, TERMS = "Apache-2.0", "any use, also commercial"
PARTS = {"transformer": 14.3, "text_encoder": 5.7, "vae": 0.13}
PUBLISHED = tuple(
    Checkpoint(f"BestWishYsh/Helios-{name}", LICENCE, TERMS, 40_000_000_000, advice, PARTS)
    for name, advice in (
        ("Distilled", {}),
        ("Base", {"steps": 50, "guidance": 5.0}),
        ("Mid", {"steps": 60, "guidance": 5.0}),
    )
)
WHOLE, PYRAMID = "HeliosPipeline", "HeliosPyramidPipeline"
MAX_TOKENS = 512
# Of what it makes in three sizes, the smallest is a quarter, and 16 px are one place to it.
SIDE_STEP, LEAST_SIDE = 64, 128
STAGES = 3
CHUNK, REMEMBERED = 33, 99
"""Frames that are made at a time, and those of a clip before that it looks at."""

MOST_CHUNKS = 44
MOST_GAMMA = 1 / 3 - 1e-6
"""How closely noise within a place goes together. At a third its covariance has no inverse, and
the factorisation that diffusers makes of it fails on CPUs."""


def frames_of(chunks: int) -> int:
    """How many frames so many chunks come to, of those that the pipeline hands out."""
    return (CHUNK * chunks - 1) // 4 * 4 + 1


class HeliosParams(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    most_frames: ClassVar = frames_of(MOST_CHUNKS)
    carries_on: ClassVar = True
    window: ClassVar = CHUNK

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    duration_s: float = clips.duration(5, 60)
    frames: int | None = clips.frames(CHUNK, most_frames, "33, 65, 97, 129 ...")
    fps: Literal[16, 24] = clips.rate(24)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 640, SIDE_STEP, 1920, LEAST_SIDE)
    height: int = options.side("Height", 384, SIDE_STEP, 1920, LEAST_SIDE)
    image: InputImage | None = options.start_image("Picture to begin with")
    video: InputVideo | None = clips.carried_on()
    steps: int = options.steps(6, least=STAGES)
    guidance: float = options.guidance(1)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @property
    def chunks(self) -> int:
        """How many times frames are made."""
        least = math.ceil(self.take_frames / CHUNK)
        return least + (frames_of(least) < self.take_frames)

    @property
    def made_frames(self) -> int:
        return frames_of(self.chunks)

    @property
    def fewer_frames(self) -> int:
        return frames_of(max(self.chunks - 1, 1))

    @property
    def frame_kind(self) -> str:
        return f"what whole chunks of {CHUNK} come to"

    @model_validator(mode="after")
    def _one_beginning(self) -> "HeliosParams":
        clips.check_one(self, "image", "video")
        return self


class HeliosModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline
        kept = pipeline.pipe.scheduler
        if pipeline.name == PYRAMID and kept.config.gamma > MOST_GAMMA:
            pipeline.pipe.scheduler = run.scheduler(
                type(kept).__name__, kept.config, gamma=MOST_GAMMA
            )

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, HeliosParams)
        check_prompts(self.pipeline.pipe.tokenizer, params, MAX_TOKENS)
        total, more = self._steps(params)
        more |= {"num_frames": CHUNK * params.chunks, **_start(params)}
        made = films.shoot(self.pipeline, self.pipeline.name, params, on_step, total, **more)
        return films.clip(made.frames[0], params)

    def _steps(self, params: HeliosParams) -> tuple[int, dict[str, Any]]:
        """How many steps it takes in all, and the arguments that say so."""
        total = params.steps * params.chunks
        if self.pipeline.name == WHOLE:
            return total, {}
        if params.steps % STAGES:
            low = params.steps // STAGES * STAGES
            raise RequestError(
                f"steps must be a multiple of {STAGES} for {params.checkpoint}, got "
                f"{params.steps}; try {low} or {low + STAGES}"
            )
        more: dict[str, Any] = {"pyramid_num_inference_steps_list": [params.steps // STAGES] * 3}
        if not self.pipeline.pipe.config.is_distilled:
            return total, more
        if params.guidance > 1:
            raise RequestError(
                f"guidance {params.guidance:g} is not for distilled weights; leave it at 1, or "
                f"take checkpoint={PUBLISHED[1].id}"
            )
        # Twice the steps for the first chunk, which all others follow from.
        return total + params.steps, {**more, "is_amplify_first_chunk": True}


def _start(params: HeliosParams) -> dict[str, Any]:
    if params.image is not None:
        return {"image": fitted(params.image, params.width, params.height)}
    if params.video is not None:
        return {"video": films.ending(params.video, params, CHUNK, REMEMBERED)}
    return {}


FAMILY = OpenFamily(
    name="helios",
    kind="video",
    about="Clips up to a minute from words or a picture, and clips carried on; for a GPU",
    about_zh="文字或首图生成最长一分钟的短片，也可续写短片，需要 GPU",
    params=HeliosParams,
    classes=(PYRAMID, WHOLE),
    model=HeliosModel,
    published=PUBLISHED,
).family()
