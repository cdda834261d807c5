"""remote-video: clips by a model on another machine, asked over HTTP as OpenAI is.

The server decides what it can do; what it refuses is told in its own words. Loads no weights here
and knows none; the licence of the model there is what the person says it is.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines.open.options import side
from pipelines.remote import address, client, clips, options, pictures
from pipelines.remote.family import RemoteFamily
from pipelines.remote.said import said
from studio.clips import ClipParams
from studio.frames import stored
from studio.media import Video
from studio.pictures import open_picture, size_like
from studio.spec import InputImage, OnStep, Params, Step, in_chinese

WIDTH, HEIGHT, LEAST, MOST = 832, 480, 64, 2048
AREA_SIDE = 632
"""Side of a square with as many px as the usual size has."""

LONGEST_S = 120
STEPS = 20
"""Shares of a job that are told; the last is the clip, fetched."""


class RemoteVideoParams(options.RemoteParams, ClipParams):
    duration_s: float = Field(
        default=5,
        ge=0.3,
        le=LONGEST_S,
        title="Length",
        description="Length; the model there may have a limit of its own",
        json_schema_extra=in_chinese("时长", "远程模型可能有自己的上限", unit="s", step=0.5),
    )
    fps: Literal[8, 12, 16, 24, 25, 30, 60] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default=16,
        title="Frame rate",
        description="Frames a second, as the model there is made for",
        json_schema_extra=in_chinese("帧率", "每秒帧数，取远程模型所适用的"),
    )
    width: int = side("Width", WIDTH, 8, MOST, LEAST)
    height: int = side("Height", HEIGHT, 8, MOST, LEAST)
    image: InputImage | None = Field(
        default=None,
        title="First picture",
        description="Picture to start from, where the model there can",
        json_schema_extra=in_chinese("首帧图片", "从这张图片开始（需远程模型支持）"),
    )
    timeout_s: float = Field(
        default=3600,
        ge=1,
        le=86_400,
        title="Patience",
        description="How long to wait for the server",
        json_schema_extra=in_chinese("等待", "等待服务器多久", unit="s", advanced=True),
    )

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        return (*super().notes(given), *super(options.RemoteParams, cls).notes(given))

    @model_validator(mode="before")
    @classmethod
    def _shaped(cls, given: Any) -> Any:
        """Without a size asked for, a picture to start from keeps its shape."""
        if not isinstance(given, dict) or not given.get("image"):
            return given
        if given.get("width") or given.get("height"):
            return given
        with open_picture(Path(given["image"])) as picture:
            width, height = size_like(picture.width, picture.height, AREA_SIDE, LEAST, MOST)
        return {**given, "width": width, "height": height}

    @model_validator(mode="after")
    def _is_one_scene(self) -> "RemoteVideoParams":
        if self.scenes:
            raise ValueError("this model makes one scene at a time; leave out scenes")
        return self


class RemoteVideo:
    """Asks a server for one clip at a time."""

    def __init__(self, server: address.Address) -> None:
        self.server = server

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, RemoteVideoParams)
        told = 1
        on_step(Step(told, STEPS))

        def on_percent(percent: int) -> None:
            nonlocal told
            reached = max(told, (STEPS - 1) * percent // clips.DONE_PERCENT)
            for index in range(told, reached + 1) if reached > told else (told,):
                on_step(Step(index, STEPS))
            told = reached

        answer, job, clip = clips.made(self.server, question(params), on_percent)
        for index in range(told + 1, STEPS + 1):
            on_step(Step(index, STEPS))
        return _kept(clip, params, said(params, answer, job))


def question(params: RemoteVideoParams) -> client.Question:
    """What the server is asked, in its own terms."""
    body: dict[str, Any] = {"prompt": params.prompt, **options.asked(params)}
    if params.server == "openai":
        # Whole seconds only; what is too much is left out again.
        body["seconds"] = math.ceil(params.frame_count / params.fps)
        body["size"] = f"{params.width}x{params.height}"
    else:
        body |= {"width": params.width, "height": params.height}
        body |= {"num_frames": params.frame_count, "fps": params.fps}
    files = () if params.image is None else (pictures.upload("input_reference", params.image),)
    return client.Question(
        "/videos", body, files, params.timeout_s, clips.MAX_ANSWER_BYTES, is_form=True
    )


def _kept(clip: Video, params: RemoteVideoParams, facts: dict[str, str]) -> Video:
    """The clip as long as was asked for, where it is longer; what differs is told."""
    wanted = max(1, round(params.frame_count / params.fps * clip.fps))
    frames = clip.frames
    if len(frames) > wanted:
        frames = stored(frame for frame, _ in zip(frames, range(wanted), strict=False))
    asked = (params.width, params.height, params.fps, wanted)
    got = (clip.width, clip.height, clip.fps, len(frames))
    if asked != got:
        facts = {**facts, "differs": f"asked for {_words(*asked)}, the server made {_words(*got)}"}
    return replace(clip, frames=frames, told=facts)


def _words(width: int, height: int, fps: float, frames: int) -> str:
    return f"{width}x{height}, {frames} frames at {fps:g} a second"


FAMILY = RemoteFamily(
    name="remote-video",
    kind="video",
    about="Clips by a server: vLLM-Omni, SGLang or any OpenAI-style one",
    about_zh="由服务器生成短片：vLLM-Omni、SGLang 或任何 OpenAI 风格的接口",
    params=RemoteVideoParams,
    model=RemoteVideo,
).family()
