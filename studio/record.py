"""The record: how a file was made, enough to make it again.

Everything a front shows about a result comes from here. Knows no container format (that is
`tag`) and no family. Paths of this machine never enter a record.
"""

import functools
import hashlib
import platform
from importlib import metadata
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from studio import __version__
from studio.errors import RequestError
from studio.media import Audio, Image, Media
from studio.spec import Kind

SCHEMA_VERSION = 1
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

_PACKAGES = ("torch", "diffusers", "transformers", "numpy", "pillow")


class _Frozen(BaseModel):
    # A later version may know more; an older one still reads what it understands.
    model_config = ConfigDict(frozen=True, extra="ignore")


class WeightsUsed(_Frozen):
    name: str
    sha256: str
    revision: str
    licence: str
    model: str = ""


class InputUsed(_Frozen):
    """A file that went in. `field` names the option it filled; `name` is empty when private."""

    field: str
    role: str
    sha256: str
    name: str


class SourceUsed(_Frozen):
    """A work of others that the model looked at. `name` is empty when private."""

    name: str
    author: str
    licence: str


class CoverUsed(_Frozen):
    """What drew the picture on the cover of a song. `words` is empty when private."""

    family: str
    family_licence: str
    words: str
    weights: tuple[WeightsUsed, ...] = ()


class SoundtrackUsed(_Frozen):
    """What made the song under a clip. `params` and `words` are empty when private."""

    family: str
    family_licence: str
    words: str
    params: dict[str, Any] = {}
    weights: tuple[WeightsUsed, ...] = ()


class Record(_Frozen):
    """How one file was made.

    `params` holds every option with the seed, except input files (see `inputs`); of a private
    record also except free text. `prompt` is what the person wrote, `params["prompt"]` what the
    model was given (a preset may add words). `media_sha256` is over decoded pixels or samples.
    """

    schema_version: int = SCHEMA_VERSION
    id: str
    created: str
    studio_version: str = __version__
    kind: Kind
    family: str
    family_licence: str
    terms: dict[str, Any] = {}
    """What that licence asks of whoever uses the result, in the names of the rights record; for
    what carries sound the rights record adds up every part."""

    weights: tuple[WeightsUsed, ...] = ()
    trained_on: dict[str, tuple[str, ...]] = {}
    """What each model learned from, with licences, where its makers say."""

    sources: tuple[SourceUsed, ...] = ()
    cover: CoverUsed | None = None
    soundtrack: SoundtrackUsed | None = None
    params: dict[str, Any]
    preset: str | None = None
    prompt: str | None
    inputs: tuple[InputUsed, ...] = ()
    parents: tuple[str, ...] = ()
    route: dict[str, Any] | None = None
    versions: dict[str, str]
    platform: str
    device: str = "cpu"
    seconds: float
    told: dict[str, str] = {}
    """What a server that made it said of it, by name: its host, its model, ids; `prompt` is the one
    that it made of ours, which a private record leaves out."""

    fit: str = ""
    """How it was made to fit into memory, and why; empty where all of it did at full speed."""

    media_sha256: str
    scores: dict[str, float] = {}
    """How well a clip holds together, by name, as measured when it was made."""

    gain_db: float = 0.0
    """How much louder a song is in its file than it was made: 0, or less, so that nothing clips."""

    digital_source_type: Literal[
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    ] = SOURCE_TYPE
    ai_generated: Literal[True] = True

    @property
    def seed(self) -> int:
        return int(self.params["seed"])

    @property
    def is_private(self) -> bool:
        return self.prompt is None

    def to_json(self) -> str:
        """Compact JSON; characters of any language stay as they are."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> "Record":
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"]) or "JSON"
            raise RequestError(f"not a readable record: {where}: {problem['msg']}") from error


def media_sha256(media: Media) -> str:
    """Hash of what is seen or heard, whatever container it is stored in."""
    digest = hashlib.sha256()
    _feed(digest, media)
    return digest.hexdigest()


def _feed(digest: "hashlib._Hash", media: Media) -> None:
    if isinstance(media, Image):
        digest.update(f"image {media.pixels.shape}".encode())
        digest.update(media.pixels.tobytes())
    elif isinstance(media, Audio):
        digest.update(f"audio {media.samples.shape} {media.sample_rate}".encode())
        digest.update(media.samples.tobytes())
    else:
        digest.update(f"video {tuple(media.frames.shape)} {float(media.fps)}".encode())
        for frame in media.frames:
            digest.update(np.ascontiguousarray(frame).data)
        if media.audio is not None:
            _feed(digest, media.audio)


@functools.lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """The versions that decide whether a replay can be identical; imports none of them."""
    found = {"studio": __version__, "python": platform.python_version()}
    return found | {package: _version(package) for package in _PACKAGES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def platform_name() -> str:
    return f"{platform.system()} {platform.machine()}"
