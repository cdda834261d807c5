"""animatediff: Stable Diffusion 1.5 and its many styles, set in motion by AnimateDiff.

It runs on small cards. Clips longer than the motion was learned for are made in windows that
overlap (FreeNoise); rounds of FreeInit make clips steadier. Knows what its makers recommend,
nothing of files or hashes.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from pipelines.open import checkpoints, clips, films, motion, options, run
from pipelines.open.family import OpenFamily
from pipelines.open.ip_adapter import Eyes, looking
from pipelines.open.pictures import LookingParams
from pipelines.open.start import references
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.fit import Rung
from studio.media import Video
from studio.spec import (
    Checkpoint,
    InputReference,
    InputVideo,
    Model,
    OnStep,
    Params,
    Weights,
    in_chinese,
)

PUBLISHED = (
    Checkpoint(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "LicenseRef-scancode-stable-diffusion-2022-08-22",
        "any use, also commercial, but those that its licence lists as harmful",
        5_500_000_000,
        parts={"unet": 1.28, "text_encoder": 0.12, "vae": 0.08},
    ),
)
MOTION = Checkpoint(
    "guoyww/animatediff-motion-adapter-v1-5-3",
    "Apache-2.0",
    "any use, also commercial",
    1_700_000_000,
)
IP_ADAPTER = "h94/IP-Adapter/models/ip-adapter-plus_sd15.safetensors"
STILL, WORDS, CLIP = (
    "StableDiffusionPipeline",
    "AnimateDiffPipeline",
    "AnimateDiffVideoToVideoPipeline",
)
FOLLOWING = "AnimateDiffControlNetPipeline"
CLIP_FOLLOWING = "AnimateDiffVideoToVideoControlNetPipeline"
EYES = Eyes(IP_ADAPTER)
UNUSED = "safety_checker"
"""A part of pictures' checkpoints that is not loaded."""

MAX_TOKENS = 77
SIDE_STEP, MOST_FRAMES = 8, 128


class AnimateDiffParams(LookingParams, clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = 1
    frame_rest: ClassVar = 0
    most_frames: ClassVar = MOST_FRAMES
    usual_ip_adapter: ClassVar = IP_ADAPTER

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    motion: str = Field(
        default="",
        max_length=1000,
        title="Motion weights",
        description="An id on the Hugging Face Hub or a folder; empty: the checkpoint's, or "
        f"{MOTION.id}",
        json_schema_extra=in_chinese(
            "运动权重", "Hub 上的编号或文件夹；留空用权重自带的或默认的", advanced=True
        ),
    )
    negative_prompt: str = options.negative_prompt("guidance above 1")
    duration_s: float = clips.duration(2, 16)
    frames: int | None = clips.frames(8, MOST_FRAMES, "any")
    fps: Literal[8, 12, 16] = clips.rate(8)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 512, SIDE_STEP, 1024, 64)
    height: int = options.side("Height", 512, SIDE_STEP, 1024, 64)
    video: InputVideo | None = clips.video()
    strength: float = options.strength(0.8, "video")
    control_video: InputVideo | None = clips.control_video(
        "Clip to follow, as the ControlNet needs it: edges, depths, poses",
        "按控制网络的要求给出的边缘、深度或姿态短片",
    )
    controlnet: str = options.controlnet("video")
    control_strength: float = options.control_strength(what="video")
    reference: InputReference | None = options.reference()
    reference_2: InputReference | None = options.reference(2)
    reference_strength: float = options.reference_strength()
    ip_adapter: str = options.ip_adapter(IP_ADAPTER)
    context: int = Field(
        default=16,
        ge=8,
        le=32,
        title="Frames at once",
        description="Frames that are seen together; a longer clip is made in windows that overlap",
        json_schema_extra=in_chinese("单次帧数", "一起处理的帧数，更长则用重叠窗口", advanced=True),
    )
    overlap: int = Field(
        default=12,
        ge=1,
        le=31,
        title="Frames in common",
        description="Frames that a window has in common with the next",
        json_schema_extra=in_chinese("重叠帧数", "相邻窗口共有的帧数", advanced=True),
    )
    rounds: int = Field(
        default=1,
        ge=1,
        le=5,
        title="Rounds",
        description="How often it is made, each time from the slow motion of the last: steadier",
        json_schema_extra=in_chinese(
            "轮数", "反复生成，每轮从上轮的慢变化开始，画面更稳定", advanced=True
        ),
    )
    steps: int = options.steps(25)
    guidance: float = options.guidance(7.5)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @model_validator(mode="after")
    def _windows_fit(self) -> "AnimateDiffParams":
        if self.has_windows and self.overlap >= self.context:
            raise ValueError(
                f"overlap {self.overlap} is not less than context {self.context}; make it smaller"
            )
        if self.rounds > 1 and self.video is not None:
            raise ValueError("rounds begin from noise, and video was given; leave out rounds")
        return self

    @model_validator(mode="after")
    def _is_controlled(self) -> "AnimateDiffParams":
        if bool(self.controlnet) != (self.control_video is not None):
            raise ValueError("controlnet and control_video need each other; give both")
        return self

    @property
    def has_windows(self) -> bool:
        return self.made_frames > self.context


class AnimateDiffModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline
        if pipeline.pipe.motion_adapter is None:
            # It is in the denoiser; asked for is only how many frames it was learned for.
            longest = {"motion_max_seq_length": pipeline.pipe.unet.config.motion_max_seq_length}
            pipeline.pipe.motion_adapter = SimpleNamespace(config=SimpleNamespace(**longest))

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, AnimateDiffParams)
        self._check(params)
        task, total, more = _task(params)
        pipe = self.pipeline.sibling(task)
        more |= looking(pipe, references(*params.seen), params.reference_strength)
        with _steadied(pipe, params):
            made = films.shoot(self.pipeline, task, params, on_step, total, **more)
        return films.clip(made.frames[0], params)

    def _check(self, params: AnimateDiffParams) -> None:
        """Refuse what these weights would cut, or cannot do."""
        pipe, plan = self.pipeline.pipe, self.pipeline.plan
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        longest = int(pipe.unet.config.motion_max_seq_length)
        if params.context > longest:
            raise RequestError(
                f"these motion weights see at most {longest} frames at once, got context="
                f"{params.context}; set context to {longest} or less"
            )
        if params.has_windows and plan.fit not in ("whole", "offload"):
            raise RequestError(
                f"a clip of more than {params.context} frames needs fit=whole or fit=offload, got "
                f"{plan.fit}; make it shorter"
            )


def _task(params: AnimateDiffParams) -> tuple[str, int, dict[str, Any]]:
    """Which pipeline makes it, in how many steps, and what it takes beside the usual."""
    more: dict[str, Any] = {}
    if params.control_video is not None:
        more["conditioning_frames"] = films.read(params.control_video, params)
        more["controlnet_conditioning_scale"] = params.control_strength
    if params.video is None:
        more["num_frames"] = params.made_frames
        task = FOLLOWING if params.controlnet else WORDS
        return task, params.steps * params.rounds, more
    more |= {"video": films.read(params.video, params), "strength": params.strength}
    task = CLIP_FOLLOWING if params.controlnet else CLIP
    return task, films.steps_taken(params.steps, params.strength), more


@contextlib.contextmanager
def _steadied(pipe: Any, params: AnimateDiffParams) -> Iterator[None]:
    """The pipeline with FreeNoise and FreeInit where they are asked for, only inside."""
    if params.has_windows:
        stride = params.context - params.overlap
        pipe.enable_free_noise(context_length=params.context, context_stride=stride)
    if params.rounds > 1:
        pipe.enable_free_init(num_iters=params.rounds)
    try:
        yield
    finally:
        if params.has_windows:
            pipe.disable_free_noise()
        pipe.disable_free_init()


_MOVING = OpenFamily(
    name="animatediff",
    kind="video",
    about="Stable Diffusion 1.5 and its styles in motion, two seconds or longer; for a small GPU",
    about_zh="让 Stable Diffusion 1.5 及其风格动起来，两秒或更长，小型 GPU 即可",
    params=AnimateDiffParams,
    classes=(WORDS,),
    model=AnimateDiffModel,
    published=PUBLISHED,
    controlnet="ControlNetModel",
    eyes=EYES,
).family()


def _is_still(checkpoint: str) -> bool:
    return checkpoints.class_of(checkpoints.find(checkpoint)) == STILL


def _whole(checkpoint: str, motion_name: str) -> str:
    """The folder with the pictures and their motion.

    Raises:
        RequestError: one of them is not here, or they do not go together.
    """
    if _is_still(checkpoint):
        moves = checkpoints.find(motion_name or MOTION.id, checkpoints.PART_INDEX)
        return str(motion.joined(checkpoints.find(checkpoint), moves))
    if motion_name:
        raise RequestError(f"{checkpoint} has motion of its own; leave motion out")
    return checkpoint


def _load(device: str, checkpoint: str, motion: str = "", **more: str) -> Model:
    return _MOVING.load(device, checkpoint=_whole(checkpoint, motion), **more)


def _ladder(params: Params, device: str) -> tuple[Rung, ...]:
    assert isinstance(params, AnimateDiffParams) and _MOVING.ladder is not None
    if checkpoints.is_here(params.checkpoint):
        whole = _whole(params.checkpoint, params.motion)
        params = params.model_copy(update={"checkpoint": whole})
    return _MOVING.ladder(params, device)


def _needed(checkpoint: str, motion: str = "", **more: Any) -> int:
    return _MOVING.needs_bytes(checkpoint=_whole(checkpoint, motion), **more)


def _weights(checkpoint: str, motion: str = "", **more: Any) -> tuple[Weights, ...]:
    found = _MOVING.weights(checkpoint=checkpoint, **more)
    found = tuple(each for each in found if each.path.parent.name != UNUSED)
    if not _is_still(checkpoint):
        return found
    name = motion or MOTION.id
    return found + checkpoints.weights(name, _motion_licence(name), checkpoints.PART_INDEX)


def _motion_licence(name: str) -> str:
    return checkpoints.licence(name, (MOTION,), checkpoints.PART_INDEX)


def _licence(checkpoint: str, motion: str = "", **more: Any) -> str:
    assert _MOVING.licence_of is not None
    found = [_MOVING.licence_of(checkpoint=checkpoint, **more)]
    if _is_still(checkpoint):
        found.append(_motion_licence(motion or MOTION.id))
    return " AND ".join(dict.fromkeys(found))


def _is_here(checkpoint: str, motion: str = "", **more: Any) -> bool:
    if not _MOVING.is_here(checkpoint=checkpoint, **more):
        return False
    is_part_here = checkpoints.is_here(motion or MOTION.id, checkpoints.PART_INDEX)
    return is_part_here or not _is_still(checkpoint)


FAMILY = replace(
    _MOVING,
    load=_load,
    ladder=_ladder,
    memory=_needed,
    weights=_weights,
    licence_of=_licence,
    is_here=_is_here,
    loads_by=(*_MOVING.loads_by, "motion"),
)
