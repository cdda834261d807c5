"""Options of families of open music models that may start from a song, and how that is read.

A song that is given sets the length, as far as the model goes. Knows no family.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from pipelines.open import sounds
from pipelines.open.pictures import OpenParams
from studio.errors import RequestError
from studio.sounds.given import song_facts
from studio.spec import in_chinese

if TYPE_CHECKING:
    import torch

LEAST_S = 1
LOOSE_S = 0.01
"""Another rate, or a length that was rounded, makes a song by so much shorter."""


class OpenSongParams(OpenParams):
    """What open music models that start from songs are asked. A family has `duration_s`, `song`."""

    @model_validator(mode="before")
    @classmethod
    def _as_long(cls, given: Any) -> Any:
        """Without a length asked for, a song that is handed in keeps its own."""
        if not isinstance(given, dict) or not given.get("song"):
            return given
        if given.get("duration_s") not in (None, ""):
            return given
        had = song_facts(Path(given["song"])).duration_s
        return {**given, "duration_s": min(had, _most(cls))}


def _most(params: type[OpenSongParams]) -> float:
    found = (getattr(each, "le", None) for each in params.model_fields["duration_s"].metadata)
    return next(each for each in found if each is not None)


def duration(default: float, most: float) -> Any:
    return Field(
        default=float(default),
        ge=LEAST_S,
        le=most,
        title="Length",
        description="Length; without one, a song given keeps its own",
        json_schema_extra=in_chinese("时长", "不填时，给出的歌曲保持原长", unit="s", step=1),
    )


def song(description: str, description_zh: str) -> Any:
    return Field(
        default=None,
        description=description,
        json_schema_extra=in_chinese("歌曲", description_zh),
    )


def strength(default: float, description: str) -> Any:
    return Field(
        default=float(default),
        ge=0.05,
        le=1,
        title="How much to change",
        description=description,
        json_schema_extra=in_chinese("改变程度", "离给出的歌曲多远"),
    )


def given(path: Path, sample_rate: int, duration_s: float) -> "torch.Tensor":
    """The beginning of a song, as long as asked for: float32 (2, time).

    Raises:
        RequestError: missing, no sound in it, damaged, or shorter than that.
    """
    found = sounds.read(path, sample_rate)
    wanted = round(duration_s * sample_rate)
    if found.shape[1] < wanted - LOOSE_S * sample_rate:
        raise RequestError(
            f"song {path.name!r} is {found.shape[1] / sample_rate:.2f} s long; set duration_s to "
            "that or less, or give a longer one"
        )
    return found[:, :wanted]
