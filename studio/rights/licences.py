"""Licences by their SPDX expression, and what each means for a work made from it.

The table is data (`licences.toml`); a licence that is not in it is unknown on every axis, never
free. Knows no work and no file.
"""

import functools
import sys
from functools import reduce
from importlib import resources
from typing import Any

from studio.errors import PipelineError, RequestError, unknown
from studio.rights.terms import UNKNOWN, Terms, join, of_part, total

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]


@functools.lru_cache(maxsize=1)
def table() -> dict[str, Terms]:
    """The terms of every licence that is known here, by SPDX id."""
    text = resources.files("studio.rights").joinpath("licences.toml").read_text("utf-8")
    found = tomllib.loads(text)
    for id, asked in found.items():
        # A misspelt axis would otherwise be the freest.
        if stray := set(asked) - set(Terms.model_fields):
            raise PipelineError(f"licences.toml: {id} has {', '.join(sorted(stray))}; mend it")
    return {id: Terms.model_validate({**asked, "licences": (id,)}) for id, asked in found.items()}


def terms_of(expression: str, id: str) -> Terms:
    """What an SPDX expression asks of a work; `id` names the part, for the reasons.

    Of alternatives (OR) the freer one counts, where one is freer on every axis; otherwise both.

    Raises:
        RequestError: not an SPDX expression.
    """
    if not expression.strip():
        return of_part(UNKNOWN, id)
    return of_part(_of_node(_parse(expression)), id)


def check_known(expression: str) -> None:
    """Refuse what a person mistyped: every name must be in the SPDX list or ours.

    Raises:
        RequestError: not an expression, or a name that no list has.
    """
    from license_expression import get_spdx_licensing

    known = [*table(), *get_spdx_licensing().known_symbols]
    spelled = {name.lower() for name in known}
    for key in sorted(_keys(_parse(expression))):
        if key.lower() not in spelled:
            raise unknown("licence", key, known)


def _parse(expression: str) -> Any:
    from license_expression import ExpressionError, Licensing

    try:
        return Licensing().parse(expression)
    except (ExpressionError, ValueError) as error:
        raise RequestError(
            f"{expression!r} is not an SPDX licence expression; write for example "
            "'MIT' or 'CC-BY-4.0 AND Apache-2.0'"
        ) from error


def _keys(parsed: Any) -> set[str]:
    """Every licence and exception that an expression names."""
    symbols = [symbol for each in parsed.symbols for symbol in each.decompose()]
    return {symbol.key for symbol in symbols}


def _of_node(node: Any) -> Terms:
    operator = getattr(node, "operator", "").strip()
    parts = [_of_node(each) for each in node.args]
    if operator == "AND":
        return total(parts)
    if operator == "OR":
        either = " OR ".join(sorted(part.spdx for part in parts))
        return reduce(_freer, parts).model_copy(update={"licences": (either,)})
    # "WITH": an exception only ever permits more than its licence.
    licence, *exception = [symbol.key for symbol in node.decompose()]
    known = {id.lower(): terms for id, terms in table().items()}
    terms = known.get(licence.lower(), UNKNOWN)
    name = " WITH ".join([*(terms.licences or (licence,)), *exception])
    return terms.model_copy(update={"licences": (name,)})


def _freer(left: Terms, right: Terms) -> Terms:
    """The one that the other is stricter than, axis by axis; both where neither is."""
    plain = {"licences": ()}
    one, two = left.model_copy(update=plain), right.model_copy(update=plain)
    both = join(one, two)
    if both == one:
        return two
    return one if both == two else both
