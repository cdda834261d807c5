"""Adapters: small changes to a model that were taught here or handed in, by name and weight.

An option names them as "mystyle", "mystyle:0.8", "mystyle:0.8+other". What was taught here lies in
the home, a folder for each: the weights, and a card that says what it learned from. Knows no family
and not what is in a weight file.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.errors import RequestError, UnknownName, WeightsError, unknown
from studio.home import home_folder
from studio.spec import Weights
from studio.weights import known_sha256

WEIGHTS_FILE, CARD_FILE = "adapter.safetensors", "card.json"
UNDECLARED = "LicenseRef-studio-undeclared"
"""The licence of what nobody declared one for: its terms are unknown."""

MOST_WEIGHT = 2.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_WEIGHTED = re.compile(r"(?P<name>.*?)(:(?P<weight>[+-]?(\d+\.?\d*|\.\d+)))?", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """An adapter as an option names it; `weight` 1 is as it was taught, 0 is without it."""

    name: str
    weight: float = 1.0


class _Frozen(BaseModel):
    # A later version may know more; an older one still reads what it understands.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Item(_Frozen):
    """A picture that an adapter learned from."""

    name: str
    sha256: str
    caption: str
    licence: str = ""
    is_held_out: bool = False
    """Only looked at, to see when to stop."""


class Part(_Frozen):
    """A part of a lesson: after which step it was kept, and the loss on the pictures held out."""

    steps: int
    loss_before: float
    loss_after: float


class Card(_Frozen):
    """What an adapter is, and how it came about."""

    name: str
    family: str
    base_sha256: str
    """Of the weights that it changes."""

    base: str = ""
    """What they are called."""

    sha256: str
    """Of its own weight file."""

    licence: str
    rank: int
    rate: float
    batch: int
    seed: int
    steps: int
    seconds: float
    loss_before: float
    loss_after: float
    """On the pictures held out. Of the first part, as `steps`."""

    more_parts: tuple[Part, ...] = ()

    created: str
    versions: dict[str, str]
    items: tuple[Item, ...]
    items_sha256: str

    @property
    def learned_from(self) -> tuple[str, ...]:
        """What goes into the records of what is made with it: how many pictures of each licence."""
        licences = [each.licence or "no licence declared" for each in self.items]
        counts = {each: licences.count(each) for each in sorted(set(licences))}
        return tuple(
            f"{count} picture{'s' if count > 1 else ''} of the user ({licence}; "
            f"list sha256 {self.items_sha256})"
            for licence, count in counts.items()
        )


def parse(text: str) -> tuple[Chosen, ...]:
    """The adapters that an option names, in order; those of weight 0 are left out.

    Raises:
        RequestError: a name is missing or twice there, or a weight is too large.
    """
    found: list[Chosen] = []
    for part in text.split("+") if text.strip() else ():
        match = _WEIGHTED.fullmatch(part.strip())
        name = match["name"].strip() if match else ""
        if not match or not name:
            raise RequestError(f"adapter {text!r} has an empty name; write name:weight+name")
        weight = float(match["weight"]) if match["weight"] else 1.0
        if abs(weight) > MOST_WEIGHT:
            raise RequestError(
                f"adapter weight must be {-MOST_WEIGHT:g} to {MOST_WEIGHT:g}, got {weight:g}"
            )
        if name in {each.name for each in found}:
            raise RequestError(f"adapter {name!r} is named twice; name it once")
        found.append(Chosen(name, weight))
    return tuple(each for each in found if each.weight)


def folder_of(name: str) -> Path:
    """Where an adapter of that name lies, or would.

    Raises:
        RequestError: no such name can be.
    """
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"adapter name {name!r} must be of a-z, 0-9, - and _, at most 40; choose another"
        )
    return home_folder() / "adapters" / name


def names(family: str = "") -> list[str]:
    """The adapters that were taught here, of one family if it is named."""
    found = (home_folder() / "adapters").glob(f"*/{CARD_FILE}")
    taught = sorted(path.parent.name for path in found if _NAME.fullmatch(path.parent.name))
    return [name for name in taught if not family or card(name).family == family]


def card(name: str) -> Card:
    """The card of an adapter.

    Raises:
        UnknownName: none of that name was taught here.
        WeightsError: its card cannot be read.
    """
    path = folder_of(name) / CARD_FILE
    if not path.is_file():
        if known := names():
            raise unknown("adapter", name, known)
        raise UnknownName(f"no adapter {name!r}; teach it with: studio teach FOLDER --name {name}")
    try:
        return Card.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"adapter {name!r}: cannot read its card ({reason}); teach it"
        ) from error


def taught(text: str, family: str) -> tuple[Weights, ...]:
    """The weight files that an option names, of what was taught here for a family.

    Raises:
        RequestError: one is not there, or is for another family.
        WeightsError: one is not what its card says.
    """
    return tuple(_weights(each.name, family) for each in parse(text))


def _weights(name: str, family: str) -> Weights:
    about = card(name)
    if about.family != family:
        raise RequestError(
            f"adapter {name!r} is for {about.family}, not for {family}; choose another"
        )
    path = folder_of(name) / WEIGHTS_FILE
    if not path.is_file() or known_sha256(path) != about.sha256:
        raise WeightsError(f"adapter {name!r}: {path} is not what its card says; teach it again")
    revision = about.created[:10]
    return Weights(path, about.sha256, revision, about.licence, name, about.learned_from)


def licence_with(base: str, text: str, family: str) -> str:
    """SPDX expression of a model with the adapters that an option names."""
    found = [each.licence for each in taught(text, family)]
    return " AND ".join(dict.fromkeys([base, *found]))
