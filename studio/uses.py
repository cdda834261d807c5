"""What a person says the results are for, and whether a model's terms allow that.

Declared with a request, or for good by STUDIO_USE, STUDIO_TERRITORY and STUDIO_REVENUE_USD. The
terms are those of the model's licence (`rights/licences.toml`). A reading aid, not advice. Knows no
front and no family by name.
"""

import functools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from studio import registry
from studio.errors import RequestError, unknown
from studio.forms import controls
from studio.rights.licences import table, terms_of
from studio.rights.terms import UNKNOWN, Terms, of_part
from studio.spec import Family, Params

Use = Literal["personal", "research", "commercial"]
USES: tuple[Use, ...] = get_args(Use)
USE, TERRITORY, REVENUE = "STUDIO_USE", "STUDIO_TERRITORY", "STUDIO_REVENUE_USD"
_MOST_NAMED = 4
_EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
"""ISO 3166 codes of the members of the European Union."""

_COMMERCIAL = {
    "allowed": "any use, also commercial",
    "contested": "whether for commercial use is contested",
    "unknown": "terms unknown",
    "prohibited": "not for commercial use",
}


@dataclass(frozen=True)
class Declared:
    """What results are for. `territory`: an ISO 3166 code, or "EU". `revenue_usd`: of a year."""

    use: Use | None = None
    territory: str | None = None
    revenue_usd: int | None = None

    def __bool__(self) -> bool:
        return self != Declared()


def declared(use: str | None, territory: str | None, revenue_usd: int | None) -> Declared:
    """What was declared with a request, and for the rest for good.

    Raises:
        RequestError: no such use, or what is no code of a territory or no amount.
    """
    use = use or os.environ.get(USE, "").strip().lower() or None
    if use is not None and use not in USES:
        raise unknown("use", use, USES)
    territory = (territory or os.environ.get(TERRITORY, "")).strip().upper() or None
    if territory is not None and not (len(territory) == 2 and territory.isascii()):
        raise RequestError(f"territory {territory!r} is no code; give two letters, as EU, US or DE")
    named = os.environ.get(REVENUE, "").strip().replace("_", "").replace(",", "")
    if revenue_usd is None and named:
        if not named.isdigit():
            raise RequestError(f"{REVENUE}={named!r} is no amount; give whole US dollars a year")
        revenue_usd = int(named)
    return Declared(use, "GB" if territory == "UK" else territory, revenue_usd)


@functools.lru_cache(maxsize=256)
def terms_for(licence: str) -> Terms:
    """What a licence asks for; where its name is no SPDX expression, nothing is known."""
    if licence in table():
        # Most are one plain name, and the parser of expressions takes a while to import.
        return of_part(table()[licence], licence)
    try:
        return terms_of(licence, licence)
    except RequestError:
        return UNKNOWN


def recorded(family: Family, params: Params) -> dict[str, Any]:
    """The terms of what makes a job, for its record: what asks for nothing is left out."""
    terms = terms_for(family.licence_for(params))
    return terms.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"reasons"})


def check(wanted: Declared, family: Family, params: Params) -> tuple[str, ...]:
    """Refuse a job whose model may not be used so.

    Returns:
        Lines for the person: on what the terms still depend.

    Raises:
        RequestError: the terms forbid it; names the reason, and models that would do.
    """
    if not wanted:
        return ()
    licence = family.licence_for(params)
    terms = terms_for(licence)
    which = str(getattr(params, "checkpoint", "") or family.name)
    if why := forbidden(terms, wanted):
        others = ", ".join(_allowed(wanted, family, which)) or "none here does"
        raise RequestError(f"{which} ({licence}) is {why}; what allows it: {others}")
    return tuple(f"{which} ({licence}) is {each}" for each in _open_questions(terms, wanted))


def forbidden(terms: Terms, wanted: Declared) -> str:
    """Why terms do not allow what was declared; empty where they do."""
    if wanted.territory and (out := _out_of(terms, wanted.territory)):
        return f"not licensed in {out}"
    if wanted.use != "commercial":
        return ""
    if terms.commercial != "allowed":
        return {
            "prohibited": "not for commercial use",
            "contested": "not clearly for commercial use",
        }.get(terms.commercial, "of unknown terms, so not for commercial use")
    cap = terms.revenue_cap_usd
    if cap is not None and wanted.revenue_usd is not None and wanted.revenue_usd >= cap:
        return f"only for those who earn less than US${cap:,} a year"
    return ""


def _out_of(terms: Terms, territory: str) -> str:
    """The excluded territory that one is, is in, or has in it."""
    excluded = set(terms.excluded_territories)
    if territory in excluded:
        return territory
    if territory in _EU and "EU" in excluded:
        return f"{territory}, which is in the EU"
    within = sorted(excluded & _EU) if territory == "EU" else []
    return ", ".join(within)


def _open_questions(terms: Terms, wanted: Declared) -> Iterator[str]:
    cap = terms.revenue_cap_usd
    if wanted.use == "commercial" and cap is not None and wanted.revenue_usd is None:
        yield f"for commercial use below US${cap:,} of revenue a year; --revenue checks yours"
    if wanted.use == "commercial" and terms.mau_cap is not None:
        yield f"for services below {terms.mau_cap:,} users a month"
    if wanted.use == "commercial" and terms.duties:
        yield f"for whoever keeps to this: {'; '.join(terms.duties)}"
    if terms.excluded_territories and wanted.territory is None:
        yield f"not licensed in {', '.join(terms.excluded_territories)}; --territory checks yours"


def _allowed(wanted: Declared, family: Family, which: str) -> list[str]:
    """Other weights of the family, then other families of its kind, that would do."""
    found = [
        f"--set checkpoint={each.id}"
        for each in family.checkpoints
        if each.id != which and not forbidden(terms_for(each.licence), wanted)
    ]
    alike = [f for f in registry.families().values() if f.kind == family.kind and not f.hidden]
    needy = {f.name for f in alike if any(c.is_required and c.input for c in controls(f.params))}
    alike = [each for each in alike if each.name not in needy | {family.name}]
    alike.sort(key=lambda each: not each.default_for_kind)
    found += [
        f"--model {each.name}" for each in alike if not forbidden(terms_for(each.licence), wanted)
    ]
    return found[:_MOST_NAMED]


def in_words(terms: Terms) -> str:
    """What results may be used for, in a few words for a table."""
    cap, users = terms.revenue_cap_usd, terms.mau_cap
    said = [_COMMERCIAL[terms.commercial]]
    if cap is not None:
        said.append(f"below US${cap:,} of revenue a year")
    if users is not None:
        said.append(f"below {users:,} users a month")
    if terms.excluded_territories:
        said.append(f"not in {', '.join(terms.excluded_territories)}")
    if terms.restrictions:
        joint = "but not" if terms.commercial == "allowed" else "nor"
        said.append(f"{joint} what its terms list")
    return ", ".join(said)


def asked(terms: Terms) -> list[str]:
    """What else terms ask of whoever uses results, one line each."""
    found = [f"must {each}" for each in terms.duties]
    if terms.disclosure != "none":
        where = " where the law asks for it" if terms.disclosure == "where-required" else ""
        found.append(f"must say that AI made it{where}")
    found += [f"must share under {each}" for each in terms.share_alike]
    found += [f"must not be for {each}" for each in terms.restrictions]
    if terms.training == "no-competing-model":
        found.append("must not train competing models")
    return found


def as_json(licence: str) -> Mapping[str, Any]:
    """A licence's terms for scripts: every axis, and the words."""
    terms = terms_for(licence)
    axes = terms.model_dump(mode="json", by_alias=True, exclude={"reasons", "licences"})
    return {**axes, "inWords": in_words(terms), "asks": asked(terms)}
