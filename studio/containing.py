"""What the container of a clip asks of its options, before anything is made.

Knows no family by name and no front.
"""

from collections.abc import Mapping, Set
from typing import Any

from studio import tag
from studio.errors import RequestError
from studio.spec import Family, Params
from studio.videos import formats

HEARD = ("soundtrack", "song", "music", "lyrics", "accents")
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
    if family.kind != "video" or "soundtrack" not in family.params.model_fields:
        return dict(values)
    if _format(format).has_sound:
        is_wished = "soundtrack" in given and values["soundtrack"] == "none"
        # What a preset or the prompt wants for a sound gives way to the wish for none.
        void = set(HEARD) - given if is_wished else set[str]()
        return {name: value for name, value in values.items() if name not in void}
    asked = [name for name in HEARD if values.get(name) and name in given]
    asked = [name for name in asked if values[name] not in ("none", "off", "auto")]
    if asked:
        raise RequestError(
            f"{format} holds no sound, but {asked[0]} was given; leave it out, or use mp4 or webm"
        )
    return {k: v for k, v in values.items() if k not in HEARD} | {"soundtrack": "none"}


def _format(name: str | None) -> formats.ClipFormat:
    return formats.find_format(name or tag.DEFAULT_FORMATS["video"])
