"""What a server said of its work beside the work itself, for the record.

Takes a few facts by name, never a whole answer. Knows no family.
"""

from typing import Any
from urllib.parse import urlsplit

from pipelines.remote.client import Answer
from pipelines.remote.options import RemoteParams

_MOST_CHARACTERS = 2000
_HEADERS = {"server": "software", "x-request-id": "request"}
_FIELDS = ("id", "model", "created")


def said(params: RemoteParams, answer: Answer, found: Any = None) -> dict[str, str]:
    """Facts by name: the host, its software, the model that it named, ids of the request.

    Args:
        found: the answer's JSON, where it has any.
    """
    facts: dict[str, Any] = {"host": urlsplit(params.base_url).netloc}
    facts |= {name: answer.headers.get(header) for header, name in _HEADERS.items()}
    facts["model"] = params.served_model
    if isinstance(found, dict):
        facts |= {name: found[name] for name in _FIELDS if found.get(name)}
    return {name: _text(value) for name, value in facts.items() if _text(value)}


def _text(value: Any) -> str:
    """A fact on one line; what is no fact, such as a list, is nothing."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return ""
    text = "".join(each if each.isprintable() else " " for each in str(value))
    return " ".join(text.split())[:_MOST_CHARACTERS]
