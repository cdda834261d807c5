"""The least that a family can be asked for: smallest size and length, two steps, no soundtrack."""

from typing import Any

from studio import forms
from studio.spec import Family


def least(family: Family) -> dict[str, Any]:
    """Values for the options that decide how much is made."""
    values: dict[str, Any] = {}
    controls = forms.controls(family.params)
    # The length of a clip follows from its frames.
    follows = {"duration_s"} if any(each.name == "frames" for each in controls) else set()
    for control in controls:
        if control.name in follows:
            continue
        if control.name in ("width", "height", "frames", "duration_s"):
            values[control.name] = control.minimum
        elif control.name == "steps":
            values["steps"] = max(2, int(control.minimum or 0))
        elif control.name == "soundtrack":
            # The sound is another family's, laid under it by the core.
            values["soundtrack"] = "none"
    return values
