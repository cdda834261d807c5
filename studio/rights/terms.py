"""What may be done with a work, and how the terms of its parts add up.

Along every axis the most restrictive part decides, and the sum says which part that was. Adding up
is commutative, associative and idempotent, so it does not matter in which order a work grew.
Nothing here relaxes a term. Knows no licence by name (that is `licences`) and no file.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from studio.errors import RequestError

Commercial = Literal["allowed", "contested", "unknown", "prohibited"]
Training = Literal["allowed", "no-competing-model", "unknown", "prohibited"]
Derivatives = Literal["allowed", "unknown", "prohibited"]
Disclosure = Literal["none", "where-required", "always"]

# From the freest to the strictest.
_ORDERED: dict[str, tuple[str, ...]] = {
    "commercial": get_args(Commercial),
    "training": get_args(Training),
    "derivatives": get_args(Derivatives),
    "disclosure": get_args(Disclosure),
}
_CAPS = ("revenue_cap_usd", "mau_cap")
_UNIONS = ("licences", "excluded_territories", "credit", "duties", "restrictions", "share_alike")
_AXES = (*_ORDERED, *_CAPS, *_UNIONS)


class Terms(BaseModel):
    """The terms of one part, or of a whole. The defaults ask for nothing."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    licences: tuple[str, ...] = ()
    """SPDX expressions, all of which hold."""

    commercial: Commercial = "allowed"
    training: Training = "allowed"
    """Using the work to train other models."""

    derivatives: Derivatives = "allowed"
    disclosure: Disclosure = "none"
    """Saying that it was made with AI."""

    revenue_cap_usd: int | None = Field(default=None, alias="revenueCapUSD", ge=0)
    """Commercial use only by those who earn less in a year."""

    mau_cap: int | None = Field(default=None, ge=0)
    """Use only by services with fewer users in a month."""

    excluded_territories: tuple[str, ...] = ()
    """ISO 3166 codes, and "EU"."""

    credit: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    share_alike: tuple[str, ...] = ()
    """Licences that the whole must be under; two different ones cannot both be obeyed."""

    reasons: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Per axis the ids of the parts that set it; an axis that asks for nothing has no reason."""

    @field_validator(*_UNIONS)
    @classmethod
    def _as_set(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(values)))

    @field_validator("reasons")
    @classmethod
    def _in_order(cls, reasons: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {axis: tuple(sorted(set(ids))) for axis, ids in sorted(reasons.items()) if ids}

    @property
    def spdx(self) -> str:
        """One expression for all of it."""
        alone = len(self.licences) == 1
        return " AND ".join(f"({e})" if " OR " in e and not alone else e for e in self.licences)

    @property
    def is_unknown(self) -> bool:
        return "unknown" in (self.commercial, self.training, self.derivatives)

    @property
    def has_share_alike_conflict(self) -> bool:
        return len(self.share_alike) > 1


UNKNOWN = Terms(
    commercial="unknown", training="unknown", derivatives="unknown", disclosure="always"
)
"""What holds where nothing is known: no record, an unknown licence, a damaged file."""


def of_part(terms: Terms, id: str) -> Terms:
    """The terms with this part as the reason of all that they ask for."""
    asked = {axis: (id,) for axis in _AXES if axis != "licences" and _asks(terms, axis)}
    return terms.model_copy(update={"reasons": asked})


def join(left: Terms, right: Terms) -> Terms:
    """What both ask for together."""
    found: dict[str, object] = {}
    reasons: dict[str, tuple[str, ...]] = {}
    for axis in _AXES:
        found[axis] = value = _strictest(axis, getattr(left, axis), getattr(right, axis))
        # Of a union both sides are a reason; elsewhere those who ask for the strictest.
        sides = [s for s in (left, right) if axis in _UNIONS or getattr(s, axis) == value]
        reasons[axis] = tuple(id for side in sides for id in side.reasons.get(axis, ()))
    return Terms.model_validate({**found, "reasons": reasons})


def total(parts: Iterable[Terms]) -> Terms:
    """The terms of a whole; of no parts, none."""
    return reduce(join, parts, Terms())


def check_exportable(terms: Terms) -> None:
    """Refuse a work whose terms nobody could obey.

    Raises:
        RequestError: two share-alike licences that differ.
    """
    if terms.has_share_alike_conflict:
        raise RequestError(
            f"the parts ask for the whole to be under {' and also under '.join(terms.share_alike)}"
            f"; replace one of {', '.join(terms.reasons.get('share_alike', ())) or 'them'}"
        )


def explain(terms: Terms) -> list[str]:
    """The terms in lines for people, each with the parts that ask for it."""
    found = [(axis, f"{_WORDS[axis]} {getattr(terms, axis)}") for axis in _ORDERED]
    found += [(axis, f"{_WORDS[axis]} {cap:,}") for axis in _CAPS if (cap := getattr(terms, axis))]
    for axis in _UNIONS:
        if values := getattr(terms, axis):
            found.append((axis, f"{_WORDS[axis]} {_listed(values)}"))
    return [text + _because(terms.reasons.get(axis, ())) for axis, text in found]


_WORDS = {
    "commercial": "commercial use:",
    "training": "training of models:",
    "derivatives": "changed versions:",
    "disclosure": "say that AI made it:",
    "revenue_cap_usd": "only for yearly revenue below US$",
    "mau_cap": "only for services with monthly users below",
    "licences": "licences:",
    "excluded_territories": "not in:",
    "credit": "name:",
    "duties": "must:",
    "restrictions": "must not:",
    "share_alike": "share under:",
}


def _listed(values: Sequence[str]) -> str:
    return "; ".join(values)


def _because(ids: Sequence[str]) -> str:
    return f" (because of {', '.join(ids)})" if ids else ""


def _asks(terms: Terms, axis: str) -> bool:
    return getattr(terms, axis) != Terms.model_fields[axis].default


def _strictest(axis: str, left: object, right: object) -> object:
    if axis in _ORDERED:
        return max(left, right, key=_ORDERED[axis].index)  # type: ignore[type-var]
    if axis in _CAPS:
        caps = [cap for cap in (left, right) if isinstance(cap, int)]
        return min(caps, default=None)
    return (*left, *right)  # type: ignore[misc]
