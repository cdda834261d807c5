"""The contract between the studio and a model family.

A family is one file in `pipelines/` that ends in `FAMILY = Family(...)`. It declares what people
may ask for (a Params class), loads a model, and the model turns one Params into one Media, calling
`on_step` after each denoising step. Nothing here knows a front, a file format or a model by name.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from studio.errors import PipelineError
from studio.fit import Ladder
from studio.media import Image, Media

if TYPE_CHECKING:
    from studio.lesson import Teaching

Kind = Literal["image", "song", "video"]

MAX_SEED = 2**32 - 1
MAX_PROMPT_CHARACTERS = 20_000


@dataclass(frozen=True)
class InputFile:
    """Marks a Params field of type `Path | None` as a file the user hands in.

    `media` says what must be in it. The core hashes it, keeps a copy for replay and names it in
    the record; the family reads it.
    """

    media: Kind | Literal["melody"]
    role: str


InputImage = Annotated[Path, InputFile("image", "input")]
InputMask = Annotated[Path, InputFile("image", "mask")]
InputReference = Annotated[Path, InputFile("image", "reference")]
"""A picture to look at, such as one of the person or the style that is meant."""

InputControl = Annotated[Path, InputFile("image", "control")]
"""A picture that says where things are, such as edges or depths."""

InputSong = Annotated[Path, InputFile("song", "input")]
InputSongReference = Annotated[Path, InputFile("song", "reference")]
"""A song whose sound is meant."""

InputVideo = Annotated[Path, InputFile("video", "input")]
InputMelody = Annotated[Path, InputFile("melody", "melody")]
"""Notes, such as a MIDI file."""


class Params(BaseModel):
    """What people may ask of a family. Subclass it, one field per option.

    Give each field `Field(default, description=..., ge=..., le=..., json_schema_extra={...})`:
    the command line, the page and the API are made from these alone. Keys read from
    `json_schema_extra`: `unit` ("px", "s"), `advanced` (True folds the control away),
    `multiline` (True for long text), and for the page in Chinese `label_zh`, `description_zh`,
    `choices_zh` (a name for each choice).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    RIVALS: ClassVar[tuple[frozenset[str], ...]] = ()
    """Options that say the same in other ways: where one is given, those that a preset or an
    earlier result had for it give way."""

    prompt: str = Field(
        min_length=1,
        max_length=MAX_PROMPT_CHARACTERS,
        description="What to make, in English or Chinese",
        json_schema_extra={
            "multiline": True,
            "label_zh": "提示词",
            "description_zh": "要做什么，用中文或英文",
        },
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_SEED,
        description="The same seed makes the same result",
        json_schema_extra={"label_zh": "种子", "description_zh": "同一种子得到同一结果"},
    )

    @classmethod
    def without_rivals(cls, usual: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a preset or an earlier result that do not rival what is `given`."""
        told = {name for name, value in given.items() if value not in (None, "")}
        void = {name for rivals in cls.RIVALS if rivals & told for name in rivals}
        return {name: value for name, value in usual.items() if name not in void}

    @classmethod
    def notes(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Lines for the person: what will be done otherwise than `given`, its raw values, asks."""
        return ()


@dataclass(frozen=True)
class Suggested:
    """Marks a text field of a Params class whose usual values can be listed, such as names."""

    values: Callable[[], list[str]]


def in_chinese(label: str, description: str, **more: Any) -> dict[str, Any]:
    """`json_schema_extra` of a Params field: its Chinese words, and the other keys in `more`."""
    return {"label_zh": label, "description_zh": description, **more}


@dataclass(frozen=True)
class Step:
    """Progress: step `index` (from 1) of `total` is done.

    `preview` is the predicted clean picture. A family may hand in a function that paints it: it is
    called at most once, inside `on_step`, and only if somebody looks.
    """

    index: int
    total: int
    picture: Image | Callable[[], Image] | None = field(default=None, repr=False, compare=False)

    @functools.cached_property
    def preview(self) -> Image | None:
        return self.picture() if callable(self.picture) else self.picture


OnStep = Callable[[Step], None]


def unwatched(step: Step) -> None:
    """The `on_step` of a run that nobody watches."""


class Model(Protocol):
    """A loaded model. Same params, same media, to the last bit, on the same machine.

    Must call `on_step` after every step, with `index` 1..`total`; whatever `on_step` raises passes
    through, and the model stays usable. A model that only waits, for a server say, tells the same
    step again meanwhile, so that it can be stopped.
    """

    def __call__(self, params: Params, on_step: OnStep) -> Media: ...


@dataclass(frozen=True)
class Weights:
    """One weight file, with the hash that it must have (checked on load)."""

    path: Path
    sha256: str
    revision: str
    licence: str
    model: str = ""
    """The model that it is a part of."""

    trained_on: tuple[str, ...] = ()
    """What the model learned from, each with its licence; empty where nobody says."""


@dataclass(frozen=True)
class Checkpoint:
    """Weights as their makers publish them.

    `id`: "owner/name" on the Hugging Face Hub. `terms`: what its licence allows the outputs to be
    used for, in words. `size_bytes`: its files, in the precision they come in. `advice`: options as
    its makers recommend them, where they are other than the family's defaults.
    """

    id: str
    licence: str
    terms: str
    size_bytes: int
    advice: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    parts: Mapping[str, float] = field(default_factory=dict[str, float], hash=False)
    """Numbers of weights by component, in billions, as its makers give them."""


@dataclass(frozen=True)
class Source:
    """A work of others that a model looked at for one result."""

    name: str
    author: str
    licence: str
    """SPDX expression."""


def _no_weights(**loading: Any) -> tuple[Weights, ...]:
    return ()


def _is_shipped(**loading: Any) -> bool:
    return True


def _no_sources(params: "Params") -> tuple[Source, ...]:
    return ()


@dataclass(frozen=True)
class Family:
    """Everything the studio knows about a model family."""

    name: str
    kind: Kind
    about: str
    params: type[Params]
    load: Callable[..., Model]
    """Takes a torch device name, and by name the options in `loads_by`; heavy imports belong
    inside."""

    licence: str
    """SPDX expression of the weights."""

    memory_bytes: int
    """Peak memory to expect on the CPU at default settings."""

    weights: Callable[..., tuple[Weights, ...]] = _no_weights
    """Takes the options in `loads_by` by name; without them, what every model of it needs."""

    checkpoints: tuple[Checkpoint, ...] = ()
    """The published weights that it is known to work with; empty where ours are shipped."""

    is_here: Callable[..., bool] = _is_shipped
    """Whether the weights for the options in `loads_by` are on this machine."""

    loads_by: tuple[str, ...] = ()
    """Options that decide what is loaded, such as a checkpoint: each choice is a model of its own
    to the engine."""

    memory: Callable[..., int] | None = None
    """Peak memory in bytes for the options in `loads_by`; `memory_bytes` where it is None."""

    ladder: Ladder | None = None
    """The ways to run params on a device, the fastest first, where there are several: each sets
    options of its own, such as `fit`. None: there is one, and it takes `memory_bytes`."""

    licence_of: Callable[..., str] | None = None
    """SPDX expression for the options in `loads_by`; `licence` where it is None."""

    sources: Callable[[Params], tuple[Source, ...]] = _no_sources
    """The works that are looked at for these parameters, for credit; cheap, loads no weights."""

    work: Callable[[Mapping[str, Any]], float] | None = None
    """How long a job of these options takes beside others of this family, in any unit: forecasts
    scale earlier runs by it. None: as the product of its sizes."""

    teaching: "Teaching | None" = None
    """How it is taught from pictures; None where the family cannot be."""

    hidden: bool = False
    """Hidden families (the toy) are never picked by the router or listed unless asked for."""

    default_for_kind: bool = False

    about_zh: str = ""

    is_seeded: bool = True
    """False where nothing is drawn by chance, so that another seed changes nothing."""

    NAME_PATTERN: ClassVar[str] = r"[a-z0-9][a-z0-9.-]*"

    def __post_init__(self) -> None:
        if not issubclass(self.params, Params):
            raise PipelineError(f"family {self.name!r}: params must be a subclass of Params")
        if unknown := set(self.loads_by) - set(self.params.model_fields):
            raise PipelineError(f"family {self.name!r} has no options {sorted(unknown)}")

    def loading(self, params: Params | None = None) -> dict[str, Any]:
        """The options that decide what is loaded: of `params`, or their defaults."""
        fields = self.params.model_fields
        return {
            name: getattr(params, name) if params else fields[name].default
            for name in self.loads_by
        }

    def needs_bytes(self, **loading: Any) -> int:
        """Peak memory to expect with these options of `loads_by`."""
        return self.memory(**loading) if self.memory else self.memory_bytes

    def licence_for(self, params: Params) -> str:
        """SPDX expression of the weights that are used."""
        return self.licence_of(**self.loading(params)) if self.licence_of else self.licence

    def weights_for(self, params: Params) -> tuple[Weights, ...]:
        """The weight files that are used."""
        return self.weights(**self.loading(params))
