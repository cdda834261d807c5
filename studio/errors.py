"""Every failure a user can meet, and the code each front gives for it.

StudioError
├── RequestError        the caller asked for something that cannot be (exit 2, HTTP 422)
│   └── UnknownName     a family, preset or option that does not exist (exit 2, HTTP 404)
├── ResourceError       this machine cannot do it (exit 3, HTTP 503)
│   └── OutOfMemory
├── PipelineError       a model failed (exit 4, HTTP 500)
│   ├── FamilyError     a family file is broken or a duplicate
│   └── WeightsError    a weight file is missing or not what its hash says
└── SaveError           the result could not be written whole (exit 5, HTTP 500)

Cancelled stands apart: it is the user's wish, not a failure (exit 130).

A message is one line: what, the value got, the way out. This module must not know who raises or
shows these errors.
"""

import difflib
from collections.abc import Iterable


class StudioError(Exception):
    """A failure with a message fit for the user; every front shows it as it is."""

    exit_code = 4
    http_status = 500


class RequestError(StudioError):
    exit_code = 2
    http_status = 422


class UnknownName(RequestError):
    http_status = 404


class ResourceError(StudioError):
    exit_code = 3
    http_status = 503


class OutOfMemory(ResourceError):
    pass


class PipelineError(StudioError):
    pass


class FamilyError(PipelineError):
    pass


class WeightsError(PipelineError):
    pass


class SaveError(StudioError):
    exit_code = 5


class Cancelled(Exception):
    """Raised inside a step callback to stop the run at that step."""

    exit_code = 130


# A line that is read, not searched.
_MOST_NAMES = 20


def unknown(thing: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for a name that is not there, with the nearest names that are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return UnknownName(f"no {thing} {name!r}; did you mean {', '.join(near)}?")
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    listed = ", ".join(names[:_MOST_NAMES]) or "none"
    return UnknownName(f"no {thing} {name!r}; there is {listed}{more}")
