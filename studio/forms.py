"""Params → Controls: what a front needs to show or parse an option, and to check what was typed.

Every front is made from these alone; none of them contains a default, a range or a model name.
Knows no front and no family.
"""

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from studio.errors import FamilyError, RequestError, unknown
from studio.spec import InputFile, Params, Suggested

ControlKind = Literal["text", "int", "float", "bool", "choice", "file"]
Value = str | int | float | bool | Path | None

_KINDS: dict[type, ControlKind] = {str: "text", int: "int", float: "float", bool: "bool"}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Control:
    """One option, as a widget or a flag shows it."""

    name: str
    kind: ControlKind
    default: Value
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: tuple[str | int, ...]
    label: str
    description: str
    unit: str
    is_advanced: bool
    is_multiline: bool
    is_optional: bool = False
    is_required: bool = False
    input: InputFile | None = None
    label_zh: str = ""
    description_zh: str = ""
    choices_zh: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    """What a choice is called in Chinese; one without a name there is shown as it is."""

    suggested: Suggested | None = None
    """Lists usual values of a text; others are allowed too."""

    def suggestions(self) -> tuple[str, ...]:
        """Usual values of a text, as they are now."""
        return tuple(self.suggested.values()) if self.suggested else ()


def controls(params: type[Params]) -> list[Control]:
    """The options of a family in the order they were declared."""
    return [_control(params, name, field) for name, field in params.model_fields.items()]


def input_fields(params: type[Params]) -> dict[str, InputFile]:
    """The fields that take a file, inputs before masks."""
    found = {each.name: each.input for each in controls(params) if each.input is not None}
    return dict(sorted(found.items(), key=lambda item: item[1].role != "input"))


def parse_assignments(params: type[Params], assignments: Iterable[str]) -> dict[str, Value]:
    """Read `k=v` words as typed values; the ranges are checked by `fill`."""
    known = {each.name: each for each in controls(params)}
    values: dict[str, Value] = {}
    for word in assignments:
        name, separator, text = word.partition("=")
        if not separator:
            raise RequestError(f"option {word!r} has no value; write {name or 'name'}=value")
        if name not in known:
            raise unknown("option", name, known)
        values[name] = parse(known[name], text)
    return values


def parse(control: Control, text: str) -> Value:
    """Read one value as typed by a person."""
    word = text.strip().lower()
    if control.is_optional and word in ("", "none"):
        return None
    if control.kind == "text":
        return text
    if control.kind == "file":
        return Path(text).expanduser()
    if control.kind == "bool":
        if word not in _TRUE + _FALSE:
            raise RequestError(f"{control.name} must be true or false, got {_short(text)}")
        return word in _TRUE
    if control.kind == "choice":
        return next((each for each in control.choices if str(each).lower() == word), text)
    return _number(control, text)


def fill(params: type[Params], values: Mapping[str, object]) -> Params:
    """Build the Params, or say in one line what is wrong with a value and what would do."""
    try:
        return params.model_validate(dict(values))
    except ValidationError as error:
        # A misspelt name explains a missing one, so it comes first.
        problems = sorted(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        raise _explain(params, problems[0]) from error


def _control(params: type[Params], name: str, info: FieldInfo) -> Control:
    kind, choices, file, is_optional = _read_type(params, name, info)
    extra: Any = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    step = _bound(info, annotated_types.MultipleOf, "multiple_of")
    if step is None:
        step = extra.get("step") or {"int": 1, "float": 0.05}.get(kind)
    return Control(
        name=name,
        kind=kind,
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        minimum=_bound(info, annotated_types.Ge, "ge"),
        maximum=_bound(info, annotated_types.Le, "le"),
        step=step,
        choices=choices,
        label=str(info.title or name.replace("_", " ").capitalize()),
        description=info.description or "",
        unit=str(extra.get("unit", "")),
        is_advanced=bool(extra.get("advanced", False)),
        is_multiline=bool(extra.get("multiline", False)),
        is_optional=is_optional,
        is_required=info.is_required(),
        input=file,
        label_zh=str(extra.get("label_zh", "")),
        description_zh=str(extra.get("description_zh", "")),
        choices_zh=extra.get("choices_zh", {}),
        suggested=next((each for each in info.metadata if isinstance(each, Suggested)), None),
    )


def _read_type(
    params: type[Params], name: str, field: FieldInfo
) -> tuple[ControlKind, tuple[str | int, ...], InputFile | None, bool]:
    options = _members(field.annotation)
    is_optional = type(None) in options
    named = [each for each in options if each is not type(None)]
    file = next((each for each in field.metadata if isinstance(each, InputFile)), None)
    if len(named) == 1:
        annotation = named[0]
        if typing.get_origin(annotation) is typing.Annotated:
            file = next((e for e in annotation.__metadata__ if isinstance(e, InputFile)), file)
            annotation = typing.get_args(annotation)[0]
        if typing.get_origin(annotation) is Literal:
            return "choice", typing.get_args(annotation), None, is_optional
        if annotation is Path and file is not None:
            return "file", (), file, is_optional
        if annotation in _KINDS:
            return _KINDS[annotation], (), None, is_optional
    raise FamilyError(f"{params.__name__}.{name}: no control for type {field.annotation}")


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _bound(field: FieldInfo, kind: type, attribute: str) -> float | None:
    for each in field.metadata:
        if isinstance(each, kind):
            return getattr(each, attribute)
    return None


def _number(control: Control, text: str) -> int | float:
    try:
        return int(text) if control.kind == "int" else float(text)
    except ValueError as error:
        wanted = "a whole number" if control.kind == "int" else "a number"
        raise RequestError(f"{control.name} must be {wanted}, got {_short(text)}") from error


def _explain(params: type[Params], problem: Mapping[str, Any]) -> RequestError:
    """One pydantic complaint as one line: what, the value got, the way out."""
    name = ".".join(str(part) for part in problem["loc"]) or "options"
    got, context = problem["input"], problem.get("ctx", {})
    by_name = {each.name: each for each in controls(params)}
    match problem["type"]:
        case "extra_forbidden":
            return unknown("option", name, by_name)
        case "missing":
            is_file = by_name[name].kind == "file"
            way = "give a file for it" if is_file else f"give {name}=..."
            return RequestError(f"{name} is missing; {way}")
        case "string_too_short":
            return RequestError(f"{name} is empty; say what to make")
        case "string_too_long":
            limit = context["max_length"]
            return RequestError(f"{name} has {len(got):,} characters; at most {limit:,}")
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return RequestError(f"{name} must be {_range(by_name[name])}, got {_short(got)}")
        case "multiple_of":
            return _near_multiple(by_name[name], got, context["multiple_of"])
        case "literal_error":
            choices = ", ".join(str(each) for each in by_name[name].choices)
            return RequestError(f"{name} must be one of {choices}; got {_short(got)}")
        case "int_parsing" | "int_type" | "int_from_float":
            return RequestError(f"{name} must be a whole number, got {_short(got)}")
        case "float_parsing" | "float_type" | "finite_number":
            return RequestError(f"{name} must be a number, got {_short(got)}")
        case _:
            reason = str(problem["msg"]).removeprefix("Value error, ")
            return RequestError(f"{name}: {reason}" if problem["loc"] else reason)


def _range(control: Control) -> str:
    if control.minimum is not None and control.maximum is not None:
        return f"{control.minimum:g} to {control.maximum:g}"
    if control.minimum is not None:
        return f"at least {control.minimum:g}"
    return f"at most {control.maximum:g}"


def _near_multiple(control: Control, got: float | str, step: float) -> RequestError:
    got = float(got)  # as text when it was typed
    below = got // step * step
    near = [each for each in (below, below + step) if _is_within(control, each)]
    if not near:
        return RequestError(f"{control.name} must be {_range(control)}, got {got:g}")
    hint = " or ".join(f"{each:g}" for each in near)
    return RequestError(f"{control.name} must be a multiple of {step:g}, got {got:g}; try {hint}")


def _is_within(control: Control, value: float) -> bool:
    low, high = control.minimum, control.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
