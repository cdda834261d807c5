"""A request becomes jobs: what the person gave, completed until nothing is left to chance.

Family defaults < preset < what the router read in the prompt < what was given. Knows no front and
no family by name, runs nothing and writes nothing.
"""

import math
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from studio import backbone, containing, forms, kinds, registry, shots, tag, uses
from studio.backbone import Route
from studio.errors import RequestError, unknown
from studio.pictures import read_picture
from studio.presets import Preset, preset
from studio.record import InputUsed
from studio.sounds.given import kind_named, kind_of, read_melody, song_facts
from studio.spec import MAX_PROMPT_CHARACTERS, MAX_SEED, Family, Kind, Params
from studio.videos.decode import open_clip
from studio.weights import file_sha256

MAX_COUNT = 1000

_SIZES = ("width", "height")


@dataclass(frozen=True)
class Request:
    """What a person asks for. What is None or missing is decided by `resolve`.

    `params` holds options of the family, typed or as text; input files by their option's name.
    `inputs` are files without a name: they fill the family's input options in order. `count` None
    means as many as the prompt says, else one. `use`, `territory` and `revenue_usd` say what the
    results are for; what is left open is as declared for good (`uses`).
    """

    prompt: str
    kind: Kind | Literal["auto"] = "auto"
    family: str | None = None
    preset: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Path | str] = ()
    seed: int | None = None
    count: int | None = None
    private: bool = False
    out_dir: Path | None = None
    format: str | None = None
    use: str | None = None
    territory: str | None = None
    revenue_usd: int | None = None


@dataclass(frozen=True)
class Input:
    """A file that goes in: `field` is the option it fills, `name` what it was called."""

    field: str
    role: str
    sha256: str
    path: Path
    name: str

    def used(self, is_private: bool) -> InputUsed:
        name = "" if is_private else self.name
        return InputUsed(field=self.field, role=self.role, sha256=self.sha256, name=name)


@dataclass(frozen=True)
class Job:
    """One media to make, every option decided: running it again gives the same result.

    `is_sure` is False when the router guessed the kind: a front tells or asks. `notes` are lines
    for the person about what could not be taken from the prompt. It is number `index` (from 1) of
    `count`.
    """

    family: Family
    params: Params
    prompt: str
    preset: str | None = None
    route: dict[str, Any] | None = None
    is_sure: bool = True
    inputs: tuple[Input, ...] = ()
    parents: tuple[str, ...] = ()
    is_private: bool = False
    out_dir: Path | None = None
    format: str | None = None
    notes: tuple[str, ...] = ()
    index: int = 1
    count: int = 1

    @property
    def kind(self) -> Kind:
        return self.family.kind

    @property
    def seed(self) -> int:
        assert self.params.seed is not None
        return self.params.seed


@dataclass(frozen=True)
class Taken:
    """What the router read in the prompt, as far as a family can use it."""

    values: dict[str, Any] = field(default_factory=dict)
    count: int = 1
    notes: tuple[str, ...] = ()


def resolve(request: Request) -> list[Job]:
    """Decide everything that was left open.

    Raises:
        RequestError: something asked for cannot be; says what would do.
    """
    check_prompt(request.prompt)
    look = preset(request.preset) if request.preset else None
    route = _route(request, look)
    family = _choose_family(request, look, route)
    _check_format(request.format, family)
    is_open = request.kind == "auto" and request.family is None and look is None
    kinds.check_options(request.params, family, is_open)
    taken = take(family, look, route, request.params) if route else Taken()
    inputs = read_inputs(family, _name_inputs(family, request))
    usual = family.params.without_rivals(look.params if look else {}, request.params)
    values: dict[str, Any] = {**usual, **taken.values}
    values |= {name: value for name, value in request.params.items() if name != "seed"}
    values |= {each.field: each.path for each in inputs}
    values["prompt"] = look.wrap(request.prompt) if look else request.prompt
    values = containing.as_heard(request.format, family, values, set(request.params))
    values, clashes = _settled(family, values, [n for n in taken.values if n not in request.params])
    count = request.count if request.count is not None else taken.count
    parents, notes = _parents(inputs)
    seeds = _seeds(request, count)
    filled = [forms.fill(family.params, {**values, "seed": seed}) for seed in seeds]
    containing.check(request.format, family, filled[0])
    shots.given_board(filled[0])
    wanted = uses.declared(request.use, request.territory, request.revenue_usd)
    notes += uses.check(wanted, family, filled[0])
    return [
        Job(
            family=family,
            params=params,
            prompt=request.prompt,
            preset=request.preset,
            route=route.to_dict() if route else None,
            is_sure=route is None or route.is_sure or request.kind != "auto",
            inputs=inputs,
            parents=parents,
            is_private=request.private,
            out_dir=request.out_dir,
            format=request.format,
            notes=taken.notes + clashes + family.params.notes(values) + notes,
            index=index,
            count=count,
        )
        for index, params in enumerate(filled, start=1)
    ]


def check_prompt(prompt: str) -> None:
    """Refuse what no model can read, saying where it is."""
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise RequestError(
            f"prompt has {len(prompt):,} characters; at most {MAX_PROMPT_CHARACTERS:,}"
        )
    for place, character in enumerate(prompt, start=1):
        # Cc: control characters; Cs: halves of characters, from a wrong encoding.
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t":
            raise RequestError(
                f"prompt has a control character (U+{ord(character):04X}) at place {place}; "
                "remove it"
            )
    if not any(unicodedata.category(each)[0] in "LNPSM" for each in prompt):
        raise RequestError("prompt is empty; say what to make")


def _route(request: Request, look: Preset | None) -> Route | None:
    """Ask the router, unless a hidden family was named: those read nothing into a prompt."""
    named = request.family or (look.family if look else None)
    if request.kind != "auto" and request.kind not in get_args(Kind):
        raise unknown("kind", request.kind, ("auto", *get_args(Kind)))
    kind = _kind(request)
    if named:
        family = registry.family(named)
        if family.hidden:
            return None
        kind = family.kind
    return backbone.route(request.prompt, kind)


def _kind(request: Request) -> Kind | Literal["auto"]:
    """The kind asked for; where that is open, what goes in asks for its like, but a song may be
    the music of a clip that the prompt plainly asks for."""
    if request.kind != "auto":
        return request.kind
    given = {media_of(Path(each)) for each in request.inputs}
    if "video" in given:
        return "video"
    if not given & {"song", "melody"}:
        return "auto"
    read = backbone.route(request.prompt)
    is_music = "melody" not in given and read.kind == "video" and read.is_sure
    return "video" if is_music else "song"


def media_of(path: Path) -> Kind | Literal["melody"] | None:
    return "video" if tag.is_clip(path) else kind_of(path) or kind_named(path)


def _choose_family(request: Request, look: Preset | None, route: Route | None) -> Family:
    named = request.family or (look.family if look else None)
    if named:
        family = registry.family(named)
    else:
        assert route is not None, "only a named family goes unrouted"
        family = registry.default_family(route.kind)
    if look and look.family != family.name:
        raise RequestError(
            f"preset {look.name!r} is for model {look.family!r}, not {family.name!r}; leave one out"
        )
    if request.kind not in ("auto", family.kind):
        raise RequestError(
            f"model {family.name!r} makes {family.kind}, not {request.kind}; leave one out"
        )
    return family


def _check_format(name: str | None, family: Family) -> None:
    if name is None:
        return
    fitting = tag.formats_of(family.kind)
    if name not in fitting:
        raise unknown("format", name, fitting)


def take(family: Family, look: Preset | None, route: Route, given: Mapping[str, Any]) -> Taken:
    """Take from the route what the family has an option for; note sizes that do not fit."""
    read = dict(route.params)
    count = int(read.pop("count", 1))
    if any(size in given for size in _SIZES):
        read = {name: value for name, value in read.items() if name not in (*_SIZES, "aspect")}
    usable = set(family.params.model_fields) - set(forms.input_fields(family.params))
    values = {name: value for name, value in read.items() if name in usable - {"prompt", "seed"}}
    problems = {
        name: _unfit(family, {"prompt": "a", name: value}) for name, value in values.items()
    }
    values = {name: value for name, value in values.items() if not problems[name]}
    if not all(size in values for size in _SIZES):
        values |= _shape(family, look, read)
    # Words of a style that is no choice stay in the prompt and do their work there; a key does not.
    exact = {each.name for each in forms.controls(family.params) if each.kind in ("int", "float")}
    named = {name for name in problems if name in {*exact, "key"} or _has_digit(read[name])}
    notes = [problem for name, problem in problems.items() if problem and name in named]
    return Taken(values, count, tuple(f"not taken from the prompt: {each}" for each in notes))


def _settled(
    family: Family, values: dict[str, Any], read: Sequence[str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values that go together: what was `read` in the prompt gives way to what was given."""
    problem = _unfit(family, values)
    if not problem or not read:
        return values, ()
    rest = {name: value for name, value in values.items() if name not in read}
    if _unfit(family, rest):
        # What was given is wrong by itself: the caller refuses it.
        return values, ()
    for name in read:
        if not _unfit(family, {**rest, name: values[name]}):
            rest[name] = values[name]
    return rest, (f"not taken from the prompt: {problem}",)


def _unfit(family: Family, values: Mapping[str, Any]) -> str:
    try:
        forms.fill(family.params, values)
    except RequestError as error:
        return str(error)
    return ""


def _has_digit(value: object) -> bool:
    return any(letter.isdigit() for letter in str(value))


def _shape(family: Family, look: Preset | None, read: Mapping[str, Any]) -> dict[str, int]:
    """The shape that was asked for, with about as many pixels as usual for the family."""
    found = {each.name: each for each in forms.controls(family.params)}
    if not all(size in found for size in _SIZES):
        return {}
    if all(size in read for size in _SIZES):
        ratio = read["width"] / read["height"]
    elif "aspect" in read:
        wide, _, high = str(read["aspect"]).partition(":")
        ratio = float(wide) / float(high)
    else:
        return {}
    usual = {size: (look.params if look else {}).get(size, found[size].default) for size in _SIZES}
    area = usual["width"] * usual["height"]
    ideal = {"width": math.sqrt(area * ratio), "height": math.sqrt(area / ratio)}
    return {size: _fit(found[size], ideal[size]) for size in _SIZES}


def _fit(control: forms.Control, ideal: float) -> int:
    step = control.step or 1
    nearest = round(ideal / step) * step
    low, high = control.minimum or 0, control.maximum or math.inf
    return int(min(max(nearest, low), high))


def _seeds(request: Request, count: int) -> range:
    if not 1 <= count <= MAX_COUNT:
        raise RequestError(f"count must be 1 to {MAX_COUNT}, got {count}")
    first = request.seed if request.seed is not None else request.params.get("seed")
    if first is None:
        first = secrets.randbelow(MAX_SEED + 2 - count)
    if not isinstance(first, int):
        first = forms.parse(_seed_control(), str(first))
    assert isinstance(first, int)
    if not 0 <= first <= MAX_SEED + 1 - count:
        raise RequestError(f"seed must be 0 to {MAX_SEED + 1 - count}, got {first}")
    return range(first, first + count)


def _seed_control() -> forms.Control:
    return next(each for each in forms.controls(Params) if each.name == "seed")


def _name_inputs(family: Family, request: Request) -> dict[str, Path | str]:
    """Say which option each file fills that came without a name: the first for what it is."""
    fields = forms.input_fields(family.params)
    named = {name: request.params[name] for name in fields if request.params.get(name)}
    free = [name for name in fields if name not in named]
    if len(request.inputs) > len(free):
        takes = f"at most {len(fields)}" if fields else "no"
        raise RequestError(f"{family.name} takes {takes} input files; leave some out")
    for path in request.inputs:
        kind = media_of(Path(path))
        # Of a clip the sound may be meant, where no clip can go in.
        fitting = ("video", "song") if kind == "video" else (kind,)
        found = [each for media in fitting for each in free if fields[each].media == media]
        name = (found or free)[0]
        named[name] = path
        free.remove(name)
    return named


def read_inputs(family: Family, named: Mapping[str, Path | str]) -> tuple[Input, ...]:
    """Check the files that go in, by the option each one fills."""
    found: list[Input] = []
    sizes: dict[str, tuple[int, int]] = {}
    for name, file in forms.input_fields(family.params).items():
        if name not in named:
            continue
        path = Path(named[name]).expanduser().absolute()
        if file.media == "image":
            sizes[file.role] = read_picture(path).size
        elif file.media == "song":
            song_facts(path)
        elif file.media == "melody":
            read_melody(path)
        elif file.media == "video":
            open_clip(path)
        called = path.name.encode(errors="replace").decode()
        found.append(Input(name, file.role, file_sha256(path), path, called))
    _check_mask(sizes)
    return tuple(found)


def _check_mask(sizes: Mapping[str, tuple[int, int]]) -> None:
    mask, picture = sizes.get("mask"), sizes.get("input")
    if mask and picture and mask != picture:
        raise RequestError(
            f"mask is {mask[0]}x{mask[1]} but the picture is {picture[0]}x{picture[1]}; "
            "make them the same size"
        )


def _parents(inputs: Sequence[Input]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Records of inputs that were made here, and notes about tags that cannot be read."""
    found: list[str] = []
    notes: list[str] = []
    for each in inputs:
        if kind_of(each.path) == "melody":
            continue
        try:
            record = tag.read(each.path)
        except RequestError as error:
            notes.append(f"where {each.path.name!r} comes from is not recorded: {error}")
            continue
        if record is not None:
            found.append(record.id)
    return tuple(found), tuple(notes)
