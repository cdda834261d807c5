"""What the container of a clip asks of its options, before anything is made.

Knows no family by name and no front.
"""

from collections.abc import Mapping, Set
from typing import Any

from studio import tag
from studio.errors import RequestError
from studio.spec import Family, Params
from studio.videos import formats

HEARD = ("soundtrack", "song", "music", "lyrics")
"""Options of clips that only sound has any use for."""


def check(format: str | None, family: Family, params: Params) -> None:
    """Refuse a size or a rate that the container cannot hold.

    Raises:
        RequestError: with what would do.
    """
    width, height, fps = (getattr(params, each, None) for each in ("width", "height", "fps"))
    if family.kind == "video" and width and height and fps:
        formats.check(_format(format), width, height, fps)


def as_heard(
    format: str | None, family: Family, values: Mapping[str, Any], given: Set[str]
) -> dict[str, Any]:
    """The options of a job: where the container holds no sound, none is made.

    Args:
        given: names of the options that the person asked for.

    Raises:
        RequestError: the person asked for a sound that would not be heard.
    """
    is_silent = family.kind == "video" and not _format(format).has_sound
    if not is_silent or "soundtrack" not in family.params.model_fields:
        return dict(values)
    asked = [name for name in HEARD if values.get(name) and name in given]
    asked = [name for name in asked if (name, values[name]) != ("soundtrack", "none")]
    if asked:
        raise RequestError(
            f"{format} holds no sound, but {asked[0]} was given; leave it out, or use mp4 or webm"
        )
    return {k: v for k, v in values.items() if k not in HEARD} | {"soundtrack": "none"}


def _format(name: str | None) -> formats.ClipFormat:
    return formats.find_format(name or tag.DEFAULT_FORMATS["video"])
