"""What the options of every family of open video models have in common, beyond each option.

A clip is exactly as long as was asked for. Models make only certain numbers of frames: a number
that is given must be one of them, of a length in seconds the frames past its end are left out.
Knows no family.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, model_validator

from pipelines.open.pictures import OpenParams, advice, shape_like
from studio.clips import ClipParams
from studio.pictures import open_picture
from studio.spec import in_chinese
from studio.videos.probe import probe

SCENE_S = 4.0
"""What a scene of a music video lasts, about."""

LONGEST_S = 600
"""Of a music video."""


class OpenClipParams(OpenParams, ClipParams):
    """What every open video model is asked. A family sets the class variables."""

    side_step: ClassVar[int] = 16
    """Sides of a clip are multiples of it, in px."""

    frame_step: ClassVar[int] = 4
    frame_rest: ClassVar[int] = 1
    """Its models make numbers of frames that leave this rest when divided by `frame_step`."""

    most_frames: ClassVar[int] = 241
    carries_on: ClassVar[bool] = False
    """Whether a clip that is given is carried on; else it is made anew, at its own length."""

    @property
    def take_frames(self) -> int:
        """How many frames are wanted at a time: those of the clip, or of a usual scene of it."""
        usual = round(SCENE_S * self.fps)
        return min(self.frame_count, usual) if self.scenes else self.frame_count

    @property
    def scene_count(self) -> int:
        """About how many scenes there are."""
        return math.ceil(self.frame_count / self.take_frames)

    def lasting(self, frames: int) -> dict[str, Any]:
        """Scenes are cut where a song wants it; what is made past that is left out."""
        return {"frames": None, "duration_s": frames / self.fps}

    @property
    def made_frames(self) -> int:
        """How many frames the model makes: those of the clip, and what must be left out again."""
        count = self.take_frames
        return count + (self.frame_rest - count) % self.frame_step

    @property
    def seen_frames(self) -> int:
        """Of a clip that is carried on: frames at its end that the model makes once more, before
        its own; they are left out."""
        return 0

    @property
    def run_frames(self) -> int:
        """How many frames one run of the model makes, those that are left out included."""
        count = self.take_frames + self.seen_frames
        return count + (self.frame_rest - count) % self.frame_step

    @property
    def fewer_frames(self) -> int:
        """The next number of frames below `made_frames`, or the least there is."""
        step, rest = self.frame_step, self.frame_rest
        return max(self.made_frames - step, step + rest)

    @property
    def frame_kind(self) -> str:
        """Which numbers of frames can be made, in words."""
        return f"a multiple of {self.frame_step}" + f" plus {self.frame_rest}" * (
            self.frame_rest > 0
        )

    @classmethod
    def step_for(cls, given: Mapping[str, Any]) -> int:
        """What sides are multiples of, in px, for what is asked for."""
        return cls.side_step

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        return (*super().notes(given), *super(OpenParams, cls).notes(given))

    @model_validator(mode="before")
    @classmethod
    def _shaped(cls, given: Any) -> Any:
        """Without a size or length asked for, what is handed in keeps its own."""
        if not isinstance(given, dict):
            return given
        advised = {**advice(cls, given), **given}
        own: dict[str, Any] = {}
        if not _has(given, "width", "height"):
            own |= _shape(cls, advised)
        if not _has(given, "duration_s", "frames"):
            own |= _length(cls, advised)
        return {**advised, **own}

    @model_validator(mode="after")
    def _can_be_made(self) -> "OpenClipParams":
        if self.scenes:
            for name in ("video", "control_video", "mask_video", "face_video", "last_image"):
                if getattr(self, name, None) is not None:
                    raise ValueError(f"{name} is for one scene; leave out {name} or scenes")
            return self
        if self.frames is not None and self.frames != self.made_frames:
            raise ValueError(
                f"frames must be {self.frame_kind}, got {self.frames}; try {self.fewer_frames} or "
                f"{self.made_frames}"
            )
        if self.made_frames > self.most_frames:
            raise ValueError(
                f"{self.frame_count} frames are more than the {self.most_frames} that this model "
                f"makes; set duration_s to {self.most_frames / self.fps:g} or less"
            )
        return self

    @model_validator(mode="after")
    def _belongs_together(self) -> "OpenClipParams":
        if getattr(self, "last_image", None) is None:
            return self
        if not getattr(self, "image", None):
            raise ValueError("last_image was given without image; give image too")
        if self.made_frames != self.frame_count:
            raise ValueError(
                f"with last_image the number of frames must fit, and {self.frame_count} do not; "
                f"set frames to {self.made_frames}"
            )
        return self


def _has(given: Mapping[str, Any], *names: str) -> bool:
    return any(given.get(name) not in (None, "") for name in names)


def _shape(params: type[OpenClipParams], given: Mapping[str, Any]) -> dict[str, int]:
    """The shape of what the clip starts from or follows, where there is something."""
    if _has(given, "image"):
        with open_picture(Path(given["image"])) as picture:
            ratio = picture.width / picture.height
    elif found := _clip_in(given, "video", "control_video"):
        facts = probe(found)
        ratio = facts.width / facts.height
    else:
        return {}
    usual = {name: params.model_fields[name].default for name in ("width", "height")}
    area = int(given.get("width", usual["width"])) * int(given.get("height", usual["height"]))
    width, height = shape_like(ratio, area, params.step_for(given))
    return {"width": width, "height": height}


def _length(params: type[OpenClipParams], given: Mapping[str, Any]) -> dict[str, float]:
    """The length of a clip to start from or to follow, as far as the model goes."""
    names = ("control_video",) if params.carries_on else ("video", "control_video")
    found = _clip_in(given, *names)
    if found is None:
        return {}
    fps = float(given.get("fps") or params.model_fields["fps"].default)
    return {"duration_s": min(probe(found).duration_s, params.most_frames / fps)}


def _clip_in(given: Mapping[str, Any], *names: str) -> Path | None:
    """The first of those options that has a clip."""
    return next((Path(given[name]) for name in names if _has(given, name)), None)


def duration(default: float, most: float, least: float = 0.3) -> Any:
    """`most`: of one scene; a music video has several."""
    return Field(
        default=default,
        ge=least,
        le=LONGEST_S,
        title="Length",
        description=f"Length of the clip, at most {most:g} s; longer with scenes",
        json_schema_extra=in_chinese(
            "时长", f"短片有多长，单个场景最长 {most:g} 秒", unit="s", step=0.5
        ),
    )


def frames(least: int, most: int, kind: str) -> Any:
    """`kind`: which numbers can be made, such as "4k + 1"."""
    return Field(
        default=None,
        ge=least,
        le=most,
        description=f"Number of frames, {kind}, instead of the length",
        json_schema_extra=in_chinese("帧数", f"总帧数（{kind}），代替时长", advanced=True),
    )


def rate(default: int) -> Any:
    return Field(
        default=default,
        title="Frame rate",
        description="Frames a second, as the model is made for",
        json_schema_extra=in_chinese("帧率", "每秒帧数，取模型所适用的"),
    )


def last_image() -> Any:
    return Field(
        default=None,
        title="Last picture",
        description="Picture to end with; needs image",
        json_schema_extra=in_chinese("结尾图片", "以这张图片结束，需要起始图片"),
    )


def video(description: str = "Clip to start from") -> Any:
    return clip_option(description, "起始短片", "从这段短片开始")


def clip_option(description: str, label_zh: str, description_zh: str) -> Any:
    return Field(
        default=None,
        description=description,
        json_schema_extra=in_chinese(label_zh, description_zh),
    )


def carried_on() -> Any:
    return video("Clip to carry on; what comes follows its end")


def control_video(description: str, description_zh: str) -> Any:
    return clip_option(description, "控制短片", description_zh)


def check_one(params: Any, *names: str) -> None:
    """Refuse options that take each other's place, where more than one is given.

    Raises:
        ValueError: names the first two.
    """
    given = [name for name in names if getattr(params, name) is not None]
    if len(given) > 1:
        raise ValueError(f"{given[0]} and {given[1]} were both given; leave one out")
