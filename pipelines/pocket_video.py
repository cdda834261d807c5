"""pocket-video: clips of pocket-image's pictures that move, made offline on two CPU cores.

Turns what people ask for into a shot: a key picture, how things in it move, and what the camera
does. The networks and everything that moves are in `pipelines/pocket/video/`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from pipelines.open.options import side
from pipelines.pocket import fields
from pipelines.pocket.video.camera import CAMERA_NAMES_ZH, CameraName
from pipelines.pocket.video.words import (
    MOTION_NAMES_ZH,
    SPEEDS,
    MotionName,
    done,
    drawn,
    heads_right,
    moving,
)
from pipelines.pocket.wording import BACKGROUND_NAMES_ZH, StyleName, worded
from studio.adapt import quiet_libraries
from studio.clips import ClipParams
from studio.home import home_folder
from studio.media import Video
from studio.pictures import read_picture
from studio.spec import (
    Family,
    InputImage,
    Model,
    OnStep,
    Params,
    Source,
    Weights,
    in_chinese,
)
from studio.weights import shipped

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from pipelines.pocket.image import Sketch
    from pipelines.pocket.video.kept import Kept
    from pipelines.pocket.video.plan import Plan
    from pipelines.pocket.video.run import PocketVideo, Shot

NAME = "pocket-video"
ASSETS = Path(__file__).parents[1] / "assets"
PARTS = ("pocket-image", "pocket-text", "pocket-upscale", NAME)
LICENCE = "Apache-2.0"
SMALLEST, LARGEST = 256, 1024
SIDE_STEP = 8
DEFAULT_SIDE = 512
SCENE_S = 3.3
"""Of a music video, a scene, about: half are choruses, which are cut faster."""

LONGEST_S, MOST_FRAMES = 180, 10_800
SOUND = ("soundtrack", "music", "lyrics", "song", "accents", "captions", "ai_label")
"""Options that change nothing in a frame as it leaves here."""


class PocketVideoParams(ClipParams):
    negative_prompt: str = fields.negative_prompt()
    duration_s: float = Field(
        default=2,
        ge=0.1,
        le=LONGEST_S,
        title="Length",
        description="Length of the clip",
        json_schema_extra=in_chinese("时长", "短片有多长", unit="s", step=0.5),
    )
    frames: int | None = Field(
        default=None,
        ge=8,
        le=MOST_FRAMES,
        description="Number of frames, instead of the length",
        json_schema_extra=in_chinese("帧数", "总帧数，代替时长", advanced=True),
    )
    width: int = side("Width", DEFAULT_SIDE, SIDE_STEP, LARGEST, SMALLEST)
    height: int = side("Height", DEFAULT_SIDE, SIDE_STEP, LARGEST, SMALLEST)
    camera: CameraName = Field(
        default="static",
        description="What the camera does",
        json_schema_extra=in_chinese("镜头", "镜头怎样运动", choices_zh=CAMERA_NAMES_ZH),
    )
    camera_strength: float = Field(
        default=1,
        ge=0,
        le=2,
        title="Camera strength",
        description="How far the camera goes",
        json_schema_extra=in_chinese("镜头幅度", "镜头走多远", advanced=True),
    )
    motion: MotionName = Field(
        default="any",
        description="How things move; any leaves it to the prompt",
        json_schema_extra=in_chinese(
            "动作", "事物怎样运动，不限则随提示词", choices_zh=MOTION_NAMES_ZH
        ),
    )
    motion_strength: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Motion strength",
        description="How strongly things move; 0 holds them still",
        json_schema_extra=in_chinese("动作幅度", "事物动得多厉害，0 为静止"),
    )
    loop: bool = Field(
        default=False,
        description="Whether the end goes over into the start",
        json_schema_extra=in_chinese("循环", "结尾是否接回开头"),
    )
    style: StyleName = fields.style()
    background: Literal["any", "white"] = Field(
        default="any",
        description="What is behind",
        json_schema_extra=in_chinese(
            "背景",
            "事物后面是什么",
            choices_zh={n: BACKGROUND_NAMES_ZH[n] for n in ("any", "white")},
        ),
    )
    image: InputImage | None = Field(
        default=None,
        title="First picture",
        description="Picture to animate, instead of a new one",
        json_schema_extra=in_chinese("首帧图片", "让这张图片动起来，而不是新画一张"),
    )
    last_image: InputImage | None = Field(
        default=None,
        title="Last picture",
        description="Picture that the clip ends with",
        json_schema_extra=in_chinese("末帧图片", "短片以这张图片结束", advanced=True),
    )
    scenery: bool = fields.scenery()
    steps: int = Field(
        default=8,
        ge=2,
        le=100,
        description="Steps from noise to the picture, and from noise to its motion",
        json_schema_extra=in_chinese("步数", "从噪声到图片和动作的步数", advanced=True),
    )
    guidance: float = fields.guidance()

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """What it can hardly draw is said before it is drawn."""
        prompt = drawn(str(given.get("prompt", "")))
        told = () if given.get("image") else fields.unknown(prompt)
        return super().notes(given) + told

    @model_validator(mode="before")
    @classmethod
    def _size_of_the_image(cls, given: Any) -> Any:
        """Without a size asked for, a picture to animate keeps its shape."""
        return fields.in_shape_of_image(given, DEFAULT_SIDE, SMALLEST, LARGEST)

    @model_validator(mode="after")
    def _belongs_together(self) -> "PocketVideoParams":
        if self.is_loop and self.last_image is not None:
            raise ValueError("a loop ends where it begins; leave out loop or last_image")
        return self

    @property
    def is_loop(self) -> bool:
        return self.loop or self.motion == "loop"


class PocketVideoModel:
    """pocket-image's parts and the motion network, ready to make clips."""

    def __init__(self, model: "PocketVideo") -> None:
        self.model = model

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, PocketVideoParams)
        from pipelines.pocket.video.kept import KeptFrames

        frames, scores = self.model(_shot(params), on_step, _kept(params))
        clip = Video(frames, float(params.fps), scores=scores)
        return replace(clip, keep=frames.keep) if isinstance(frames, KeptFrames) else clip


def _kept(params: PocketVideoParams) -> "Kept | None":
    """Where the windows of a clip wait for the last one; a clip of one window needs no such place.

    Everything that decides a pixel is in the key: options, pictures, weights, libraries.
    """
    import cv2
    import torch

    from pipelines.pocket.video.kept import Kept, forget_old

    if _plan(params).windows == 1:
        return None
    home = home_folder()
    forget_old(home)
    digest = hashlib.sha256(
        params.model_dump_json(exclude={"image", "last_image", *SOUND}).encode()
    )
    for picture in (params.image, params.last_image):
        digest.update(b"" if picture is None else picture.read_bytes())
    digest.update("".join(each.sha256 for each in weights()).encode())
    digest.update(f"{torch.__version__} {cv2.__version__}".encode())
    return Kept(home, digest.hexdigest()[:32], (params.width, params.height))


def _plan(params: PocketVideoParams) -> "Plan":
    from pipelines.pocket.video.plan import plan

    speed = SPEEDS.get(params.motion, 1)
    return plan(params.frame_count, params.fps, params.is_loop, speed)


def _shot(params: PocketVideoParams) -> "Shot":
    from pipelines.pocket.video.camera import Camera
    from pipelines.pocket.video.paths import Wish
    from pipelines.pocket.video.run import Shot

    assert params.seed is not None
    length_s = params.frame_count / params.fps
    aspect = params.width / params.height
    motion, is_right = done(params.prompt, params.motion), heads_right(params.prompt)
    # Who is followed runs on in sight.
    is_mirrored = params.camera == "tracking" and not is_right
    is_still = params.motion == "still" or params.motion_strength == 0
    return Shot(
        sketch=_sketch(params),
        camera=Camera(
            params.camera, params.camera_strength, length_s, aspect, params.is_loop, is_mirrored
        ),
        plan=_plan(params),
        wish=Wish(
            prompt=moving(params.prompt, motion),
            is_loop=params.is_loop,
            seed=params.seed,
            strength=0 if is_still else params.motion_strength,
            steps=params.steps,
        ),
        size=(params.width, params.height),
        motion=motion,
        heads_right=is_right,
        first=None if params.image is None else _opaque(params.image),
        last=None if params.last_image is None else _opaque(params.last_image),
    )


def _sketch(params: PocketVideoParams) -> "Sketch":
    from pipelines.pocket.image import Sketch, native_size

    width, height = native_size(params.width, params.height)
    assert params.seed is not None
    prompt = drawn(params.prompt)
    return Sketch(
        prompt=worded(prompt, params.style, params.background),
        negative_prompt=params.negative_prompt,
        about=prompt,
        style=_style(params),
        seed=params.seed,
        steps=params.steps,
        guidance=params.guidance,
        width=width,
        height=height,
        has_scenery=fields.has_scenery(params.scenery, prompt, params.background),
    )


def _style(params: PocketVideoParams) -> str:
    """The style as the drawings name it."""
    return params.style.replace("-", " ")


def _opaque(path: Path) -> "Picture":
    """A picture that was handed in, before white where it is transparent.

    Raises:
        RequestError: as `read_picture`.
    """
    from PIL import Image

    picture = read_picture(path).convert("RGBA")
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, picture).convert("RGB")


def weights() -> tuple[Weights, ...]:
    """Every file of the parts with the hash that it must have."""
    return tuple(each for part in PARTS for each in shipped(ASSETS / part, LICENCE))


def sources(params: Params) -> tuple[Source, ...]:
    """The drawings that the key picture is made after."""
    from pipelines.pocket.image import looked_at
    from pipelines.pocket.look_up import LookUp

    assert isinstance(params, PocketVideoParams) and params.seed is not None
    if params.image is not None:
        return ()
    look_up = LookUp.load(ASSETS / "pocket-image" / "references")
    drawings = looked_at(look_up, _sketch(params), is_set=True)
    return tuple(Source(d.key, d.author, d.licence) for d in drawings)


def work(params: Mapping[str, Any]) -> float:
    """How long a clip takes, about, in CPU seconds of the machine that it was measured on.

    Loading; each scene's key picture and motion by their steps; each second by its pixels.
    """
    length_s = float(params.get("duration_s") or 2)
    scenes = max(1.0, length_s / SCENE_S) if params.get("scenes") else 1.0
    squares = float(params["width"]) * float(params["height"]) / DEFAULT_SIDE**2
    drawn_s = 0.65 + 0.12 * float(params["steps"])
    return 2.0 + scenes * drawn_s + length_s * (0.6 + 0.5 * squares)


def load(device: str) -> Model:
    quiet_libraries()
    from pipelines.pocket.video.run import PocketVideo

    return PocketVideoModel(PocketVideo.load(ASSETS, device))


FAMILY = Family(
    name=NAME,
    kind="video",
    about="Clips of stickers, characters and scenes that move, made offline",
    about_zh="让贴纸、角色与场景动起来的短片，离线生成",
    params=PocketVideoParams,
    load=load,
    licence=LICENCE,
    memory_bytes=900_000_000,
    weights=weights,
    sources=sources,
    work=work,
    default_for_kind=True,
)
