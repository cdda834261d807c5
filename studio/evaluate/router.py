"""Measures the router on hand-written prompts: kinds, parameters, doubt and speed.

Reads `data/router_heldout.tsv`, which nothing else reads. Knows the router only by `route`.
"""

import statistics
import time
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import Any

from studio.backbone import Route, route

# Of these nothing may be read that is not there; of others a prompt may say more than noted.
STRICT = ("count", "aspect", "width", "height", "duration_s", "tempo_bpm", "key", "fps", "frames")
ROUNDS_WARM = 3


@dataclass(frozen=True)
class Prompt:
    """A prompt, the kind it asks for ("any": it does not say) and the parameters it names."""

    kind: str
    language: str
    params: dict[str, Any]
    text: str


def prompts(part: str) -> list[Prompt]:
    """The prompts of "train" or "heldout"."""
    text = resources.files("studio.evaluate").joinpath(f"data/router_{part}.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return [
        Prompt(kind, language, _params(params), prompt.replace("\\n", "\n"))
        for kind, language, params, prompt in rows
    ]


def _params(text: str) -> dict[str, Any]:
    pairs = (item.split("=", 1) for item in text.split(";") if item)
    return {
        name: value.split(",") if name in {"colours", "instruments"} else value
        for name, value in pairs
    }


def evaluate(part: str = "heldout") -> dict[str, Any]:
    """Accuracy per language, a confusion table, parameters, doubt and milliseconds a prompt."""
    held = prompts(part)
    clear = [prompt for prompt in held if prompt.kind != "any"]
    routes = [(prompt, route(prompt.text)) for prompt in clear]
    unclear = [route(prompt.text) for prompt in held if prompt.kind == "any"]
    languages = sorted({prompt.language for prompt in clear})
    return {
        "prompts": len(held),
        "accuracy": {"all": _accuracy(routes)} | {n: _accuracy(routes, n) for n in languages},
        "confusion": _confusion(routes),
        "wrong": [{"prompt": p.text, "kind": p.kind, "got": r.kind, "confidence": r.confidence}
                  for p, r in routes if r.kind != p.kind],
        "doubt": _doubt(routes, unclear),
        "params": _parameters(clear),
        "milliseconds": _speed([prompt.text for prompt in held]),
    }  # fmt: skip


def _accuracy(routes: list[tuple[Prompt, Route]], language: str | None = None) -> float:
    chosen = [(p, r) for p, r in routes if language in (None, p.language)]
    return round(sum(p.kind == r.kind for p, r in chosen) / len(chosen), 4)


def _confusion(routes: list[tuple[Prompt, Route]]) -> dict[str, dict[str, int]]:
    """Wanted kind → routed kind → how many."""
    counts = Counter((prompt.kind, got.kind) for prompt, got in routes)
    kinds = ("image", "song", "video")
    return {wanted: {got: counts[wanted, got] for got in kinds} for wanted in kinds}


def _doubt(routes: list[tuple[Prompt, Route]], unclear: list[Route]) -> dict[str, Any]:
    sure = [(p, r) for p, r in routes if r.is_sure]
    wrong = [r for p, r in routes if p.kind != r.kind]
    gap = sum(abs(r.confidence - (p.kind == r.kind)) for p, r in routes) / len(routes)
    return {
        "sure": round(len(sure) / len(routes), 4),
        "accuracy_when_sure": round(sum(p.kind == r.kind for p, r in sure) / max(1, len(sure)), 4),
        "wrong_but_admitted": f"{sum(not r.is_sure for r in wrong)} of {len(wrong)}",
        "unclear_admitted": f"{sum(not r.is_sure for r in unclear)} of {len(unclear)}",
        "calibration_error": _calibration_error(routes),
        "mean_gap": round(gap, 4),
    }


def _calibration_error(routes: list[tuple[Prompt, Route]]) -> float:
    """Expected calibration error over ten equal bins of confidence."""
    total = 0.0
    for low in range(10):
        inside = [(p, r) for p, r in routes if min(9, int(r.confidence * 10)) == low]
        if inside:
            right = sum(p.kind == r.kind for p, r in inside) / len(inside)
            claimed = sum(r.confidence for _, r in inside) / len(inside)
            total += len(inside) / len(routes) * abs(right - claimed)
    return round(total, 4)


def _matches(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, list):
        return wanted == got
    return str(wanted) == str(got)


def _parameters(clear: list[Prompt]) -> dict[str, Any]:
    """Read with the right kind given, so that a wrong route is not counted twice."""
    found: Counter[str] = Counter()
    misses: list[dict[str, Any]] = []
    for prompt in clear:
        got = route(prompt.text, prompt.kind).params  # pyright: ignore[reportArgumentType]
        for name, value in prompt.params.items():
            is_right = _matches(value, got.get(name))
            found["right" if is_right else "missed"] += 1
            if not is_right:
                misses.append(
                    {"prompt": prompt.text[:80], "want": f"{name}={value}", "got": got.get(name)}
                )
        invented = [name for name in STRICT if name in got and name not in prompt.params]
        found["invented"] += len(invented)
        misses += [
            {"prompt": prompt.text[:80], "want": f"no {name}", "got": got[name]}
            for name in invented
        ]
    wanted = found["right"] + found["missed"]
    return {"accuracy": round(found["right"] / wanted, 4), "wanted": wanted,
            "invented": found["invented"], "misses": misses}  # fmt: skip


def _speed(texts: list[str]) -> dict[str, float]:
    """Milliseconds a prompt, warm: by the clock, and of processor time (for a busy machine)."""
    times: list[float] = []
    busy: list[float] = []
    for _ in range(ROUNDS_WARM):
        for text in texts:
            begin, worked = time.perf_counter(), time.process_time()
            route(text)
            times.append((time.perf_counter() - begin) * 1000)
            busy.append((time.process_time() - worked) * 1000)
    return {
        "median": round(statistics.median(times), 2),
        "p95": round(statistics.quantiles(times, n=20)[-1], 2),
        "median_processor": round(statistics.median(busy), 2),
        "p95_processor": round(statistics.quantiles(busy, n=20)[-1], 2),
    }
