"""Turns the scores of pictures into the table of measures beside their targets.

Knows nothing about pictures: only which marks they got.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.evaluate._prompts import Score

# Of the judge's own rate on real drawings.
CONCEPT_SHARE = 0.8
# Chinese may lie this far behind English.
LANGUAGE_GAP = 0.05
TARGETS = {"styles": 0.9, "colours": 0.8, "counts": 0.6, "positions": 0.6}
# measure: (suites, mark)
MEASURES: dict[str, tuple[tuple[str, ...], str]] = {
    "concepts": (("concept",), "right"),
    "concepts at first guess": (("concept",), "first"),
    "styles": (("style",), "right"),
    "styles, 3d and glossy as one": (("style",), "alike"),
    "colours": (("tint", "background"), "right"),
    "colours of things": (("tint",), "right"),
    "colours of backgrounds": (("background",), "right"),
    "counts": (("count",), "right"),
    "positions": (("position",), "right"),
    "positions, order alone": (("position",), "order"),
}
DETAILS = ("style", "tint", "background", "count", "position")


def table(scores: Sequence[Score], real: Mapping[str, Any]) -> dict[str, Any]:
    """All measures.

    Args:
        real: the judge's report: the same measures on real held-out drawings.
    """
    measures: dict[str, dict[str, Any]] = {}
    for name, (suites, mark) in MEASURES.items():
        own = [score for score in scores if score.prompt.suite in suites]
        if own:
            measures[name] = measure(own, mark) | {"real": real["measures"][name]["all"]}
    for name, target in TARGETS.items():
        if name in measures:
            measures[name] |= _against(measures[name]["all"], target)
    if "concepts" in measures:
        measures["concepts"] |= _against_real(measures["concepts"])
        measures["Chinese behind English"] = language_gap(measures["concepts"])
    seconds = [score.seconds for score in scores]
    return {
        "pictures": len(scores),
        "seconds": round(sum(seconds), 1),
        "measures": measures,
        "details": details(scores),
    }


def measure(scores: Sequence[Score], mark: str) -> dict[str, Any]:
    """The share that got the mark: in each language and together, with a 95 % interval."""
    hits = [score.marks[mark] for score in scores]
    low, high = interval(sum(hits), len(hits))
    found: dict[str, Any] = {}
    for language in sorted({score.language for score in scores}):
        own = [s.marks[mark] for s in scores if s.language == language]
        found[language] = round(sum(own) / len(own), 4)
    found |= {"all": round(sum(hits) / len(hits), 4), "low": low, "high": high}
    return found | {"pictures": len(hits)}


def interval(hits: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = (
        z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    )
    return round(middle - reach, 4), round(middle + reach, 4)


def language_gap(concepts: Mapping[str, Any]) -> dict[str, Any]:
    """How far Chinese lies behind English, as a share (negative: it is ahead)."""
    gap = round(concepts["en"] - concepts["zh"], 4)
    return {"all": gap, "target": LANGUAGE_GAP, "is_reached": gap <= LANGUAGE_GAP}


def details(scores: Iterable[Score]) -> dict[str, dict[str, float]]:
    """The share that is right by each style, colour, count and relation asked for."""
    found: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score.prompt.suite in DETAILS:
            found[score.prompt.suite][score.prompt.aspect].append(score.marks["right"])
    return {
        suite: {each: round(sum(hits) / len(hits), 3) for each, hits in sorted(by.items())}
        for suite, by in found.items()
    }


def markdown(result: Mapping[str, Any]) -> str:
    """The table as a page."""
    lines = [
        f"# {result['family']}: {result['pictures']} pictures judged",
        "",
        f"Seed {result['seed']}, {result['seconds']:.0f} s. `real`: the same measure on real "
        "drawings that neither the judge nor the model has seen.",
        "",
        "| measure | target | English | Chinese | both | 95 % | real | pictures | reached |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(name, facts) for name, facts in result["measures"].items()]
    for suite, by in result["details"].items():
        shares = ", ".join(f"{each} {share:.0%}" for each, share in by.items())
        lines += ["", f"**{suite}**: {shares}"]
    return "\n".join(lines) + "\n"


def _row(name: str, facts: Mapping[str, Any]) -> str:
    is_gap = "en" not in facts and "zh" not in facts
    sign = "≤" if is_gap else "≥"
    target = f"{sign} {_percent(facts['target'])}" if "target" in facts else ""
    spread = f"{_percent(facts['low'])} – {_percent(facts['high'])}" if "low" in facts else ""
    reached = {True: "yes", False: "no", None: ""}[facts.get("is_reached")]
    shares = [_percent(facts.get(key)) for key in ("en", "zh", "all")]
    cells = [name, target, *shares, spread, _percent(facts.get("real")),
             str(facts.get("pictures", "")), reached]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"


def _against(share: float, target: float) -> dict[str, Any]:
    return {"target": target, "is_reached": share >= target}


def _against_real(concepts: Mapping[str, Any]) -> dict[str, Any]:
    target = round(CONCEPT_SHARE * concepts["real"], 4)
    ratio = round(concepts["all"] / concepts["real"], 4)
    return {"of_real": ratio, **_against(concepts["all"], target)}
