"""What every family that makes clips may be asked: length, size, sound, captions and a label.

A family subclasses ClipParams, narrows what it can do and adds its own options. The core lays the
sound under the frames that a family returns, so a family reads none of the options from
`soundtrack` down. Knows no family and no file format.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from studio.sounds.given import song_facts
from studio.spec import InputFile, Params, in_chinese

FrameRate = Literal[8, 12, 24, 25, 30, 60]
"""Frames a second that players and editors know."""

OwnMusic = Annotated[Path, InputFile("song", "component")]
"""A sound that goes in as it is, beside what is new."""

DEFAULT_FPS: FrameRate = 24
MUSIC_VIDEO_S = 24.0
"""Long enough for a verse and a chorus."""

LEAST_FRAMES, MOST_FRAMES = 8, 36_000
"""A third of a second at 24 frames a second; ten minutes at 60."""


class ClipParams(Params):
    """Options that clips share. A clip has exactly `frame_count` frames."""

    RIVALS = (frozenset({"duration_s", "frames"}),)

    duration_s: float = Field(
        default=2,
        ge=0.1,
        le=600,
        title="Length",
        description="Length of the clip",
        json_schema_extra=in_chinese("时长", "短片有多长", unit="s", step=0.5),
    )
    frames: int | None = Field(
        default=None,
        ge=LEAST_FRAMES,
        le=MOST_FRAMES,
        description="Number of frames, instead of the length",
        json_schema_extra=in_chinese("帧数", "总帧数，代替时长", advanced=True),
    )
    fps: FrameRate = Field(
        default=DEFAULT_FPS,
        title="Frame rate",
        description="Frames a second",
        json_schema_extra=in_chinese("帧率", "每秒帧数"),
    )
    width: int = Field(
        default=512,
        ge=64,
        le=2048,
        multiple_of=8,
        description="Width",
        json_schema_extra=in_chinese("宽", "成品的宽度，8 的倍数", unit="px"),
    )
    height: int = Field(
        default=512,
        ge=64,
        le=2048,
        multiple_of=8,
        description="Height",
        json_schema_extra=in_chinese("高", "成品的高度，8 的倍数", unit="px"),
    )
    scenes: bool = Field(
        default=False,
        title="Music video",
        description="Several scenes with the same character, cut on the beats of the song",
        json_schema_extra=in_chinese("音乐视频", "多个场景，同一角色，在歌曲的拍子上切换"),
    )
    storyboard: str = Field(
        default="",
        max_length=40_000,
        description="The scenes of a music video as text; empty plans them, the result has it",
        json_schema_extra=in_chinese(
            "分镜脚本",
            "音乐视频各场景的文本；留空则自动安排，成品中可见",
            multiline=True,
            advanced=True,
        ),
    )
    soundtrack: Literal["song", "none"] = Field(
        default="song",
        description="Music under the picture, written for the clip, or silence",
        json_schema_extra=in_chinese(
            "配乐", "为短片写的音乐，或无声", choices_zh={"song": "音乐", "none": "无声"}
        ),
    )
    music: str = Field(
        default="",
        max_length=500,
        description="What the music is like, such as calm jazz piano; empty follows the prompt",
        json_schema_extra=in_chinese("音乐描述", "如“安静的爵士钢琴”；留空则随提示词"),
    )
    lyrics: str = Field(
        default="",
        max_length=4000,
        description="What is sung in the music",
        json_schema_extra=in_chinese("歌词", "音乐里唱的词", multiline=True, advanced=True),
    )
    song: OwnMusic | None = Field(
        default=None,
        title="Own music",
        description="A song to lay under the picture instead; repeated or faded out to fit",
        json_schema_extra=in_chinese("自带音乐", "改用这首歌曲配乐；长短不合时重复或淡出"),
    )
    accents: Literal["auto", "on", "off"] = Field(
        default="auto",
        title="Accents on the beat",
        description="Small jumps of the camera on the beats of the music; auto: in music videos",
        json_schema_extra=in_chinese(
            "踩点镜头",
            "镜头在音乐的拍子上轻轻一推；自动：仅用于音乐视频",
            choices_zh={"auto": "自动", "on": "开", "off": "关"},
            advanced=True,
        ),
    )
    captions: Literal["none", "soft", "burnt-in"] = Field(
        default="none",
        description="Captions of what is sung: as subtitles to switch on, or in the picture",
        json_schema_extra=in_chinese(
            "字幕",
            "所唱的词：可开关的字幕，或写进画面",
            choices_zh={"none": "无", "soft": "可开关", "burnt-in": "写进画面"},
            advanced=True,
        ),
    )
    ai_label: bool = Field(
        default=False,
        title="AI label",
        description="A visible label in the picture that says AI made it",
        json_schema_extra=in_chinese("AI 标识", "画面上注明由 AI 生成", advanced=True),
    )

    @property
    def frame_count(self) -> int:
        """How many frames the clip has."""
        return max(1, round(self.duration_s * self.fps))

    def lasting(self, frames: int) -> dict[str, Any]:
        """The options of a clip like this one that has so many frames."""
        return {"frames": frames}

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """How a sound of another length than the clip is made to fit is said."""
        if not given.get("song"):
            return ()
        clip = cls.model_validate(dict(given))
        had, wanted = song_facts(Path(given["song"])).duration_s, clip.duration_s
        if had < wanted - 1 / clip.fps:
            return (f"the song is {had:.1f} s long, the clip {wanted:.1f} s: it is repeated",)
        if had > wanted + 1 / clip.fps:
            return (f"the song is {had:.1f} s long, the clip {wanted:.1f} s: its end fades out",)
        return ()

    @field_validator("fps", mode="before")
    @classmethod
    def _rate_as_typed(cls, given: Any) -> Any:
        """A choice of numbers takes no text by itself."""
        return int(given) if isinstance(given, str) and given.strip().isdigit() else given

    @model_validator(mode="before")
    @classmethod
    def _length_of_the_frames(cls, given: Any) -> Any:
        """Where frames are given, the length follows from them; a music video is as long as its
        song."""
        if not isinstance(given, Mapping):
            return given
        if given.get("frames") in (None, ""):
            is_open = _is_true(given.get("scenes")) and given.get("duration_s") in (None, "")
            return {**given, "duration_s": _song_s(given.get("song"))} if is_open else given
        fps = given.get("fps", cls.model_fields["fps"].default)
        length_s = _length_s(given["frames"], fps)
        if length_s is None:
            return given
        _check_length(given.get("duration_s"), int(given["frames"]), int(fps))
        return {**given, "duration_s": length_s}

    @model_validator(mode="after")
    def _is_heard_or_not(self) -> "ClipParams":
        if self.storyboard.strip() and not self.scenes:
            raise ValueError("storyboard was given without scenes; give scenes=true too")
        if self.soundtrack != "none":
            return self
        if self.scenes:
            raise ValueError("scenes are cut on a song; leave out soundtrack=none or scenes")
        if self.accents == "on":
            raise ValueError("accents=on was given for a silent clip; leave out soundtrack=none")
        for name in ("song", "music", "lyrics"):
            if getattr(self, name):
                raise ValueError(f"{name} was given for a silent clip; leave out soundtrack=none")
        return self


def _check_length(duration_s: Any, frames: int, fps: int) -> None:
    """Refuse a length that was given beside frames that come to another."""
    try:
        is_other = duration_s not in (None, "") and round(float(duration_s) * fps) != frames
    except (TypeError, ValueError, OverflowError):
        return  # its field says what is wrong with it
    if is_other:
        raise ValueError(
            f"frames={frames} at {fps} a second last {frames / fps:g} s, but duration_s is "
            f"{duration_s}; leave one of them out"
        )


def _is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "yes", "on", "1")


def _song_s(song: Any) -> float:
    """How long a music video is that nobody gave a length."""
    return round(song_facts(Path(song)).duration_s, 3) if song else MUSIC_VIDEO_S


def _length_s(frames: Any, fps: Any) -> float | None:
    """Seconds of so many frames; None where a value is no such number, which its field refuses."""
    try:
        count, rate = int(frames), int(fps)
    except (TypeError, ValueError):
        return None
    is_possible = LEAST_FRAMES <= count <= MOST_FRAMES and rate > 0
    return count / rate if is_possible else None
