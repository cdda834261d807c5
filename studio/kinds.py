"""Options that another kind of media has, told where the kind was read in the prompt.

Knows no family by name and no front.
"""

from collections.abc import Iterable
from typing import get_args

from studio import registry
from studio.errors import RequestError, UnknownName
from studio.spec import Family, Kind

_PLURALS: dict[Kind, str] = {"image": "pictures", "song": "songs", "video": "clips"}


def check_options(given: Iterable[str], family: Family, is_open: bool) -> None:
    """Refuse what is an option of another kind only.

    Args:
        is_open: nobody named the kind or the family.

    Raises:
        RequestError: the prompt was given as an option.
        UnknownName: an option of another kind; says of which, and how to ask for that.
    """
    if "prompt" in given:
        raise RequestError("prompt is not an option; give it as the prompt itself")
    if not is_open:
        return
    for name in given:
        if name in family.params.model_fields:
            continue
        kinds = [each for each in get_args(Kind) if each != family.kind and _has(each, name)]
        if kinds:
            whose = " and ".join(_PLURALS[each] for each in kinds)
            ways = " or ".join(f"--as {each}" for each in kinds)
            raise UnknownName(
                f"{_PLURALS[family.kind]} have no option {name!r}, {whose} have; the prompt reads "
                f"as {family.kind}: add {ways}"
            )


def _has(kind: Kind, name: str) -> bool:
    return name in registry.default_family(kind).params.model_fields
