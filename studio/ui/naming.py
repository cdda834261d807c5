"""What options, their values and families are called in the language of the page.

The family's own words go first; shared names of options stand in for a family that has none.
Knows no component.
"""

from collections.abc import Mapping
from typing import Any

from studio import registry
from studio.forms import Control, controls
from studio.spec import Family
from studio.ui import chinese
from studio.ui.words import WORDS, Language, say


def option_name(language: Language, name: str) -> str:
    """The name of an option of no family in particular, as the router reads them."""
    key = f"option.{name}"
    return say(language, key) if key in WORDS else name.replace("_", " ").capitalize()


def label(language: Language, control: Control) -> str:
    if language == "zh":
        return control.label_zh or option_name(language, control.name)
    return control.label


def description(language: Language, control: Control) -> str:
    """What the option does; nothing where its name says the same, or in another language."""
    text = control.description_zh if language == "zh" else control.description
    return "" if text == label(language, control) else text


def unit(language: Language, control: Control) -> str:
    return chinese.UNITS.get(control.unit, control.unit) if language == "zh" else control.unit


def instrument(language: Language, name: str) -> str:
    """Who plays or sings a part."""
    return chinese.instrument(name) if language == "zh" else name


def terms(language: Language, text: str) -> str:
    """What a licence allows, as a family says it."""
    return chinese.terms(text) if language == "zh" else text


def needs(language: Language, text: str) -> str:
    """Memory and time, as they are told in brief."""
    return chinese.lengths(text) if language == "zh" else text


def choice(language: Language, control: Control, value: Any) -> str:
    """What one of the option's choices is called."""
    name = control.choices_zh.get(str(value), "") if language == "zh" else ""
    return name or str(value)


def choices(language: Language, control: Control) -> list[tuple[str, Any]]:
    """Every choice with its name, as a list to pick from takes them."""
    return [(choice(language, control, each), each) for each in control.choices]


def about(language: Language, family: Family) -> str:
    return family.about_zh if language == "zh" and family.about_zh else family.about


def value(language: Language, family: str, option: str, given: str) -> str:
    """What an option's value is called, by the family that made something; else as it is."""
    found = registry.families().get(family)
    known = {each.name: each for each in controls(found.params)} if found else {}
    return choice(language, known[option], given) if option in known else given


def told(language: Language, family: str, params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The options of a finished file, named and as text; its family may be gone by now."""
    found = registry.families().get(family)
    known = {each.name: each for each in controls(found.params)} if found else {}
    return [_told(language, known.get(name), name, value) for name, value in params.items()]


def _told(language: Language, control: Control | None, name: str, value: object) -> tuple[str, str]:
    if control is None:
        return option_name(language, name), as_text(value)
    text = choice(language, control, value) if control.kind == "choice" else as_text(value)
    return label(language, control), f"{text} {unit(language, control)}".strip()


def as_text(value: object) -> str:
    if value is True:
        return "✓"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
