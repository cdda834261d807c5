"""An option of a family as a component. Every range, default and choice comes from the Control."""

from typing import Any

import gradio as gr

from studio.forms import Control, parse
from studio.ui import naming
from studio.ui.words import Language, say

# With more positions than this a slider cannot be aimed; a number is typed instead.
_SLIDER_POSITIONS = 2000


def widget(control: Control, value: Any, language: Language) -> Any:
    """The component for one option, showing `value`."""
    name, unit = naming.label(language, control), naming.unit(language, control)
    # Said outright: of a component drawn later the framework would conclude the opposite.
    common: dict[str, Any] = {
        "label": say(language, "with_unit", name=name, unit=unit) if unit else name,
        "elem_id": f"option-{control.name}",
        "interactive": True,
    }
    if info := naming.description(language, control):
        common["info"] = info
    if control.kind == "bool":
        return gr.Checkbox(bool(value), **common)
    if control.kind == "choice":
        return gr.Dropdown(
            naming.choices(language, control), value=value, filterable=False, **common
        )
    if control.suggested is not None:
        return gr.Dropdown(
            ["", *control.suggestions()], value=value or "", allow_custom_value=True, **common
        )
    if control.kind == "text":
        lines = 3 if control.is_multiline else 1
        # Without a hint of its own it would keep that of what was drawn here before.
        return gr.Textbox(value or "", lines=lines, max_lines=8, placeholder="", **common)
    return _number(control, value, language, common)


def _number(control: Control, value: Any, language: Language, common: dict[str, Any]) -> Any:
    low, high, step = control.minimum, control.maximum, control.step or 1
    if control.is_optional:
        # A number field cannot be empty; `read` makes a number of the text.
        hint = say(language, "seed_hint" if control.name == "seed" else "optional_hint")
        text = "" if value is None else f"{value}"
        return gr.Textbox(text, placeholder=hint, max_lines=1, **common)
    if low is not None and high is not None and (high - low) / step <= _SLIDER_POSITIONS:
        return _slider(low, high, value=value, step=step, **common)
    # Its bounds are left to those who tell in the page's language what is wrong.
    precision = 0 if control.kind == "int" else None
    return gr.Number(value, precision=precision, step=step, **common)


def _slider(low: float, high: float, **options: Any) -> gr.Slider:
    """A slider whose number, while it is typed, may be out of range.

    Its field pulls such a number into the range when it is left; until then the framework would
    refuse each digit on the way, in English.
    """
    slider = gr.Slider(low, high, **options)
    setattr(slider, "preprocess", lambda value: _within(value, low, high))  # noqa: B010
    return slider


def _within(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(max(value, low), high)


def read(control: Control, value: Any) -> Any:
    """What a component gave, as the option's value; None takes the option back.

    Raises:
        RequestError: the text in an optional number's field is not a number.
    """
    if isinstance(value, str) and control.kind in ("int", "float"):
        return parse(control, value)
    return value
