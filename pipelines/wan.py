"""wan: clips from words, pictures and clips, by Wan 2.1 and 2.2 of Alibaba's Wan team.

One checkpoint does words and first pictures, others words alone, first and last pictures, or
(VACE) clips to work on, masks and references, others (Animate) a person to move as another does.
Knows what its makers recommend, nothing of files or hashes.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from pipelines.open import clips, films, options, run, sizes
from pipelines.open.caches import Cache
from pipelines.open.compiled import Compile
from pipelines.open.family import OpenFamily
from pipelines.open.start import fitted, references
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.media import Video
from studio.spec import (
    Checkpoint,
    InputImage,
    InputMask,
    InputReference,
    InputVideo,
    OnStep,
    Params,
    in_chinese,
)

LICENCE, TERMS = "Apache-2.0", "any use, also commercial"
SMALL = {"width": 832, "height": 480, "fps": 16}
LARGE = {"width": 1280, "height": 720, "fps": 16}
PERSON = {"width": 1280, "height": 720, "fps": 30}
TEXT = {"text_encoder": 5.7}


def _published(name: str, gigabytes: float, denoiser: float, **advice: float) -> Checkpoint:
    """`denoiser`: its numbers of weights in billions, of both where there are two."""
    parts = {"transformer": denoiser, **TEXT, "vae": 0.13}
    return Checkpoint(f"Wan-AI/{name}", LICENCE, TERMS, int(gigabytes * 1e9), advice, parts)


PUBLISHED = (
    _published("Wan2.2-TI2V-5B-Diffusers", 23, 5),
    _published("Wan2.1-T2V-1.3B-Diffusers", 14.5, 1.4, **SMALL),
    _published("Wan2.1-T2V-14B-Diffusers", 40, 14.3, **LARGE),
    _published("Wan2.1-I2V-14B-480P-Diffusers", 45, 16.4, **SMALL),
    _published("Wan2.1-FLF2V-14B-720P-diffusers", 45, 16.4, **LARGE),
    _published("Wan2.1-VACE-1.3B-diffusers", 16, 2.2, **SMALL),
    _published("Wan2.1-VACE-14B-diffusers", 47, 17.3, **LARGE),
    _published(
        "Wan2.2-T2V-A14B-Diffusers", 69, 28.6, **LARGE, steps=40, guidance=4, guidance_low=3
    ),
    _published(
        "Wan2.2-I2V-A14B-Diffusers", 69, 28.6, **LARGE, steps=40, guidance=3.5, guidance_low=3.5
    ),
    _published("Wan2.2-Animate-14B-Diffusers", 82.3, 17.3, **PERSON, steps=20, guidance=1),
)
TI2V, T2V, _, I2V, FLF2V, VACE = (each.id for each in PUBLISHED[:6])
WORDS, PICTURE, CLIP, ALL, PERSON_MOVED = (
    "WanPipeline",
    "WanImageToVideoPipeline",
    "WanVideoToVideoPipeline",
    "WanVACEPipeline",
    "WanAnimatePipeline",
)
ANIMATE = PUBLISHED[-1].id
ONLY_FOR = {
    "mask": {ALL: VACE},
    "reference": {ALL: VACE},
    "mask_video": {ALL: VACE, PERSON_MOVED: ANIMATE},
    "control_video": {PERSON_MOVED: ANIMATE},
    "face_video": {PERSON_MOVED: ANIMATE},
}
"""Options that few checkpoints take: of which class those are, and one of them."""

MAX_TOKENS = 512
SIDE_STEP, ALL_STEP, FRAME_STEP = 16, 32, 4
"""`ALL_STEP`: sides that every checkpoint can do are multiples of it, in px."""

MOST_FRAMES = 241
AT_ONCE = 77
"""Frames that Animate makes at a time, each time from the last one before."""

GREY = (128, 128, 128)
"""What VACE takes for a frame that is to be made."""


class WanParams(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = FRAME_STEP
    most_frames: ClassVar = MOST_FRAMES

    checkpoint: str = options.checkpoint(TI2V)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    # 121 frames of 24 a second, of which 120 are five seconds.
    duration_s: float = clips.duration(5, 15)
    frames: int | None = clips.frames(9, MOST_FRAMES, "4k + 1")
    fps: Literal[16, 24, 30] = clips.rate(24)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 1280, SIDE_STEP, 1920, 64)
    height: int = options.side("Height", 704, SIDE_STEP, 1920, 64)
    image: InputImage | None = options.start_image("Picture to begin with")
    last_image: InputImage | None = clips.last_image()
    video: InputVideo | None = clips.video()
    mask: InputMask | None = options.mask()
    mask_video: InputVideo | None = clips.clip_option(
        "Clip that is white where video may change", "蒙版短片", "白色处可以改变，与起始短片等长"
    )
    control_video: InputVideo | None = clips.control_video(
        "Clip of poses that the person in image takes, as Wan-Animate's own tools make it",
        "图中人物要做的姿态短片，用 Wan-Animate 自带的工具生成",
    )
    face_video: InputVideo | None = clips.clip_option(
        "Clip of the face whose looks the person takes, as Wan-Animate's own tools cut it",
        "面部短片",
        "要模仿的面部表情，用 Wan-Animate 自带的工具裁出",
    )
    reference: InputReference | None = options.reference()
    strength: float = options.strength(0.8, "video")
    control_strength: float = options.control_strength()
    steps: int = options.steps(50)
    guidance: float = options.guidance(5)
    guidance_low: float | None = Field(
        default=None,
        ge=0,
        le=20,
        title="Follow the words in details",
        description="Guidance of the second denoiser, for models with two; empty: as guidance",
        json_schema_extra=in_chinese(
            "细节遵循文字", "双去噪器模型的第二个；留空则相同", advanced=True
        ),
    )
    adapter: str = options.adapter()
    cache: Cache = options.cache()
    precision: options.Precision = options.precision()
    compile: Compile = options.compiling()

    @classmethod
    def step_for(cls, given: Mapping[str, Any]) -> int:
        return ALL_STEP

    @model_validator(mode="after")
    def _one_mask(self) -> "WanParams":
        clips.check_one(self, "mask", "mask_video")
        return self


class WanModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, WanParams)
        self._check(params)
        ways = {WORDS: self._words, PICTURE: self._picture, ALL: _all, PERSON_MOVED: self._person}
        task, total, more = ways[self.pipeline.name](params)
        if task not in (CLIP, PERSON_MOVED):
            more |= {"num_frames": params.made_frames, "guidance_scale_2": params.guidance_low}
        made = films.shoot(self.pipeline, task, params, on_step, total, **more)
        return films.clip(made.frames[0], params)

    def _check(self, params: WanParams) -> None:
        """Refuse what this checkpoint would round, cut or leave out."""
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        sizes.check(params, pipe.vae_scale_factor_spatial * pipe.transformer.config.patch_size[-1])
        if params.guidance_low is not None and pipe.config.get("boundary_ratio") is None:
            raise RequestError(
                f"guidance_low is for models with two denoisers; {params.checkpoint} has one, "
                "leave it out"
            )
        for name, found in ONLY_FOR.items():
            if getattr(params, name) is not None and self.pipeline.name not in found:
                other = next(iter(found.values()))
                raise RequestError(f"{params.checkpoint} takes no {name}; take checkpoint={other}")
        if params.fps == PERSON["fps"] and self.pipeline.name != PERSON_MOVED:
            raise RequestError(f"fps 30 is not for {params.checkpoint}; set fps to 16 or 24")

    def _words(self, params: WanParams) -> tuple[str, int, dict[str, Any]]:
        """Which pipeline makes it, in how many steps, and what it takes beside the usual."""
        both = self.pipeline.pipe.config.expand_timesteps
        if params.image is not None:
            if not both:
                raise RequestError(
                    f"{params.checkpoint} takes no image; take checkpoint={TI2V} or {I2V}"
                )
            return self._picture(params)
        if params.video is None:
            return WORDS, params.steps, {}
        if both or self.pipeline.pipe.config.boundary_ratio is not None:
            raise RequestError(f"{params.checkpoint} takes no video; take checkpoint={T2V}")
        more = {"video": films.read(params.video, params), "strength": params.strength}
        return CLIP, films.steps_taken(params.steps, params.strength), more

    def _picture(self, params: WanParams) -> tuple[str, int, dict[str, Any]]:
        if params.image is None:
            raise RequestError(f"{params.checkpoint} begins with a picture; give image")
        if params.video is not None:
            raise RequestError(
                f"{params.checkpoint} takes image or video, not both; leave one out, or take "
                f"checkpoint={VACE}"
            )
        size = (params.width, params.height)
        more: dict[str, Any] = {"image": fitted(params.image, *size)}
        shape = self.pipeline.pipe.transformer.config
        if params.last_image is not None:
            has_none = self.pipeline.pipe.config.expand_timesteps
            if has_none or (shape.image_dim is not None and shape.pos_embed_seq_len is None):
                raise RequestError(
                    f"{params.checkpoint} takes no last_image; take checkpoint={FLF2V}"
                )
            more["last_image"] = fitted(params.last_image, *size)
        elif shape.pos_embed_seq_len is not None:
            raise RequestError(f"{params.checkpoint} needs a picture to end with; give last_image")
        return PICTURE, params.steps, more

    def _person(self, params: WanParams) -> tuple[str, int, dict[str, Any]]:
        """What Animate takes: a person, poses and a face, and a clip in which they take a place."""
        for name in ("image", "control_video", "face_video"):
            if getattr(params, name) is None:
                raise RequestError(f"{params.checkpoint} moves a person; give {name}")
        if params.last_image is not None:
            raise RequestError(f"{params.checkpoint} takes no last_image; leave it out")
        if (params.video is None) != (params.mask_video is None):
            raise RequestError("video and mask_video go together; give both, or none")
        assert params.image and params.control_video and params.face_video
        more: dict[str, Any] = {
            "image": fitted(params.image, params.width, params.height),
            "pose_video": films.read(params.control_video, params),
            "face_video": films.read(params.face_video, params, self._face_size),
            "segment_frame_length": min(AT_ONCE, params.made_frames),
        }
        if params.video is not None and params.mask_video is not None:
            more["mode"] = "replace"
            more["background_video"] = films.read(params.video, params)
            more["mask_video"] = films.read(params.mask_video, params)
        segments = math.ceil((params.made_frames - 1) / (more["segment_frame_length"] - 1))
        return PERSON_MOVED, params.steps * segments, more

    @property
    def _face_size(self) -> tuple[int, int]:
        side = self.pipeline.pipe.transformer.config.motion_encoder_size
        return side, side


def _all(params: WanParams) -> tuple[str, int, dict[str, Any]]:
    """What VACE takes: frames that are given, where they may change, and pictures to look at."""
    count, size = params.made_frames, (params.width, params.height)
    if params.video is not None and params.image is not None:
        raise RequestError("image and video were both given; leave one out, or use reference")
    more: dict[str, Any] = {"conditioning_scale": params.control_strength}
    if params.reference is not None:
        more["reference_images"] = references(params.reference)
    for name in ("mask", "mask_video"):
        if getattr(params, name) is not None and params.video is None:
            raise RequestError(f"{name} was given without video; give video too")
    if params.video is not None:
        more["video"] = films.read(params.video, params)
        if params.mask is not None:
            more["mask"] = [fitted(params.mask, *size)] * count
        if params.mask_video is not None:
            more["mask"] = films.read(params.mask_video, params)
    elif params.image is not None:
        more["video"], more["mask"] = _between(params, count)
    return ALL, params.steps, more


def _between(params: WanParams, count: int) -> tuple[list[Any], list[Any]]:
    """Frames that begin, and may end, with given pictures; and which of them may change."""
    from PIL import Image

    size = (params.width, params.height)
    frames = [Image.new("RGB", size, GREY)] * count
    masks = [Image.new("RGB", size, "white")] * count
    for place, path in ((0, params.image), (-1, params.last_image)):
        if path is not None:
            frames[place] = fitted(path, *size)
            masks[place] = Image.new("RGB", size, "black")
    return frames, masks


FAMILY = OpenFamily(
    name="wan",
    kind="video",
    about="Clips from words, pictures and clips, five seconds at a time; for a GPU",
    about_zh="文字、图片、短片生成短片，每次五秒，需要 GPU",
    params=WanParams,
    classes=(WORDS, PICTURE, ALL, PERSON_MOVED),
    model=WanModel,
    published=PUBLISHED,
).family()
