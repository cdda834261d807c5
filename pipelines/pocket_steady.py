"""pocket-steady: a clip that flickers or whose colours drift, made to hold together.

The tools of `pipelines/temporal/` one after the other over a clip that is handed in: colours held
to its first frame, light and textures evened out, frames in between where another rate is asked
for. Frames stream, and are measured as they came and as they left. Nothing is drawn by chance: the
prompt and the seed are recorded and change no pixel.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from studio.clips import FrameRate
from studio.frames import FrameWriter
from studio.media import Audio, Image, Video
from studio.sounds import containers
from studio.spec import Family, InputVideo, OnStep, Params, Step, in_chinese
from studio.videos.decode import open_clip

if TYPE_CHECKING:
    from pipelines.temporal.measure import Measure
    from studio.frames import Frame
    from studio.videos.decode import ClipFile

LICENCE = "Apache-2.0"
BEFORE = "before."
"""Begins the names of the scores of the clip as it came."""

_LOOKED_AT = 96
"""Pixels of the shorter side in which cuts are looked for."""

_SHOWN = 8
"""Frames that are made in one step."""


class SteadyParams(Params):
    prompt: str = Field(
        default="steady",
        min_length=1,
        description="A name for the result; changes no pixel",
        json_schema_extra=in_chinese("名称", "成品的名称，不影响画面"),
    )
    video: InputVideo = Field(
        description="Clip to even out",
        json_schema_extra=in_chinese("短片", "要稳定的短片"),
    )
    light: bool = Field(
        default=True,
        title="Even light",
        description="Take flicker out of the light and the textures",
        json_schema_extra=in_chinese("去闪烁", "消除光线与纹理的闪烁"),
    )
    colours: bool = Field(
        default=True,
        title="Hold colours",
        description="Hold colours and exposure to those of the first frame",
        json_schema_extra=in_chinese("锁定颜色", "颜色与曝光保持与首帧一致"),
    )
    fps: FrameRate | None = Field(
        default=None,
        title="Frame rate",
        description="Frames a second of the result, new ones between the others; empty keeps them",
        json_schema_extra=in_chinese("帧率", "成品每秒帧数，在原有帧之间补帧；留空则不变"),
    )

    @model_validator(mode="after")
    def _does_something(self) -> SteadyParams:
        if not (self.light or self.colours or self.fps):
            raise ValueError("nothing is asked for; leave out light=false, or give fps")
        return self


class PocketSteady:
    """The tools behind the family contract."""

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        from pipelines.temporal.measure import Measure

        assert isinstance(params, SteadyParams)
        opened = open_clip(params.video)
        facts = opened.facts
        fps = float(params.fps or round(facts.fps, 2))
        came, left = Measure(facts.fps), Measure(fps)
        total = _count(params, opened)
        steps = -(-total // _SHOWN)
        with FrameWriter.temporary(facts.width, facts.height) as writer:
            for frame in _steadied(params, opened, came):
                left.add(frame)
                writer.append(frame)
                if len(writer) % _SHOWN == 0 or len(writer) == total:
                    on_step(Step(-(-len(writer) // _SHOWN), steps, Image(frame)))
            frames = writer.close()
        scores = left.scores().as_dict()
        scores |= {BEFORE + name: value for name, value in came.scores().as_dict().items()}
        return Video(frames, fps, _sound(opened, len(frames) / fps), scores)


def _sound(opened: ClipFile, duration_s: float) -> Audio | None:
    """Its own sound, ending with the picture; who made what of it nobody here knows."""
    if not opened.facts.has_sound:
        return None
    audio = containers.decode(opened.path)
    length = round(duration_s * audio.sample_rate)
    missing = max(0, length - audio.samples.shape[1])
    samples = np.pad(audio.samples[:, :length], ((0, 0), (0, missing)))
    return replace(audio, samples=samples, is_written=False)


def _count(params: SteadyParams, opened: ClipFile) -> int:
    """How many frames the result has."""
    from pipelines.temporal.interpolate import frame_count

    facts = opened.facts
    return frame_count(facts.frames, facts.fps, params.fps) if params.fps else facts.frames


def _steadied(params: SteadyParams, opened: ClipFile, came: Measure) -> Iterator[Frame]:
    """The frames through the tools that are asked for, in the order in which they do best."""
    from pipelines.temporal.interpolate import interpolated

    # What is evened out over a cut would be neither scene.
    shots = itertools.groupby(_watched(opened, came), key=_Cuts())
    frames = itertools.chain.from_iterable(_evened(params, shot) for _, shot in shots)
    if params.fps:
        frames = interpolated(frames, opened.facts.frames, _count(params, opened))
    return iter(frames)


def _evened(params: SteadyParams, shot: Iterator[Frame]) -> Iterator[Frame]:
    """One scene, its colours held to its own first frame."""
    from pipelines.temporal.colour import anchored
    from pipelines.temporal.flicker import deflickered

    first = next(shot)
    frames = itertools.chain((first,), shot)
    if params.colours:
        frames = anchored(frames, first)
    return deflickered(frames) if params.light else frames


class _Cuts:
    """Which scene each frame is of, counted from 0; frames come in their order."""

    def __init__(self) -> None:
        self._before: Frame | None = None
        self._scene = 0

    def __call__(self, frame: Frame) -> int:
        from pipelines.temporal.flow import small
        from pipelines.temporal.interpolate import Between

        reduced = small(frame, _LOOKED_AT)
        if self._before is not None and Between(self._before, reduced).is_cut:
            self._scene += 1
        self._before = reduced
        return self._scene


def _watched(opened: ClipFile, came: Measure) -> Iterator[Frame]:
    for frame in opened:
        came.add(frame)
        yield frame


def load(device: str) -> PocketSteady:
    """Nothing to load: the tools have no weights."""
    return PocketSteady()


FAMILY = Family(
    name="pocket-steady",
    kind="video",
    about="Evens a finished clip out: no flicker, no drifting colours, more frames a second",
    about_zh="让成片更稳定：去闪烁、锁定颜色、补帧",
    params=SteadyParams,
    load=load,
    licence=LICENCE,
    memory_bytes=400_000_000,
    is_seeded=False,
)
