"""Measures pictures: do they show the thing, style, colour, count and position that was asked for?

    python -m studio.evaluate.image --limit 100

Asks a family for the fixed prompts of `data/image_prompts.jsonl`, in English and in Chinese with
the same seeds, and has every picture judged. Knows no family: options come from the prompt alone.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import registry
from studio.core import Request, default_engine, resolve
from studio.errors import RequestError
from studio.evaluate import _colours
from studio.evaluate._judge import Judge, report
from studio.evaluate._prompts import LANGUAGES, Language, Prompt, Score, chosen
from studio.evaluate._report import to_stderr, write
from studio.evaluate._styles import ALIKE
from studio.evaluate._table import markdown, table
from studio.media import Image
from studio.spec import unwatched
from studio.store import home_folder

# The judge sees 64 px: the smallest picture a family makes is enough, and the quickest.
SIDE = 256
SEED_STRIDE = 7919

Pixels = NDArray[np.uint8]
Marks = dict[str, bool]
Say = Callable[[str], None]


def marks(judge: Judge, picture: Pixels, prompt: Prompt) -> Marks:
    """What is right in a picture; `right` is the mark that counts."""
    want = prompt.want
    if prompt.suite == "tint":
        return {"right": _colours.thing_colour(picture) == want["colour"]}
    if prompt.suite == "background":
        return {"right": _colours.background(picture) == want["background"]}
    if prompt.suite == "position":
        return _position_marks(judge, picture, want)
    opinion = judge.look(picture)
    if prompt.suite == "style":
        return {
            "right": opinion.style == want["style"],
            "alike": look_alike(opinion.style, want["style"]),
        }
    if prompt.suite == "count":
        return {"right": opinion.count == want["count"]}
    return {
        "right": opinion.is_among(want["concepts"]),
        "first": opinion.is_among(want["concepts"], top=1),
    }


def look_alike(style: str, other: str) -> bool:
    """Whether a person could not tell two styles apart."""
    return style == other or {style, other} == ALIKE


def _position_marks(judge: Judge, picture: Pixels, want: dict[str, Any]) -> Marks:
    """`right`: each thing is recognised in its half. `order`: it fits there better than swapped."""
    opinions = judge.look_at_halves(picture, want["relation"])
    if opinions is None:
        return {"right": False, "order": False}
    here, there = opinions
    first, second = want["concepts"], want["others"]
    as_asked = here.score_of(first) + there.score_of(second)
    swapped = here.score_of(second) + there.score_of(first)
    is_right = here.is_among(first) and there.is_among(second)
    return {"right": is_right and as_asked > swapped, "order": as_asked > swapped}


def pictures(
    selection: Iterable[Prompt], family: str, seed: int
) -> Iterator[tuple[Prompt, Language, Pixels, float]]:
    """Makes each prompt's picture in both languages, with one seed for both."""
    engine = default_engine()
    fields = registry.family(family).params.model_fields
    size = {name: SIDE for name in ("width", "height") if name in fields}
    for prompt in selection:
        for language in LANGUAGES:
            started = time.perf_counter()
            asked = Request(
                prompt.text(language),
                kind="image",
                family=family,
                params=size,
                seed=(seed + prompt.id * SEED_STRIDE) % 2**32,
                count=1,
            )
            media = engine.run(resolve(asked)[0], unwatched)
            assert isinstance(media, Image)
            yield prompt, language, media.pixels, time.perf_counter() - started


def evaluate(
    family: str = "pocket-image",
    limit: int | None = None,
    seed: int = 0,
    is_full: bool = False,
    say: Say | None = None,
) -> dict[str, Any]:
    """Makes and judges the pictures; writes the table into the evaluation folder of the home.

    Args:
        limit: at most about this many prompts, each in two languages.
        is_full: every judged concept instead of the default 400.

    Raises:
        RequestError: the family does not make pictures.
    """
    if registry.family(family).kind != "image":
        raise RequestError(f"model {family!r} makes no pictures; name one that does")
    say = say or to_stderr
    judge, selection = Judge.load(), chosen(limit, is_full)
    total, started = len(selection) * len(LANGUAGES), time.perf_counter()
    scores: list[Score] = []
    for prompt, language, pixels, seconds in pictures(selection, family, seed):
        scores.append(Score(prompt, language, marks(judge, pixels, prompt), seconds))
        if len(scores) % 50 == 0 or len(scores) == total:
            say(_progress(scores, total, time.perf_counter() - started))
    result = {"family": family, "seed": seed, **table(scores, report())}
    return result | {
        "report": str(write(result, markdown(result), home_folder() / "evaluation", family))
    }


def _progress(scores: list[Score], total: int, elapsed: float) -> str:
    right = sum(score.marks["right"] for score in scores) / len(scores)
    left = elapsed / len(scores) * (total - len(scores))
    return f"{len(scores)} of {total} pictures, {right:.0%} right so far, {left / 60:.1f} min left"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="pocket-image")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="every judged concept")
    args = parser.parse_args()
    sys.stdout.write(markdown(evaluate(args.family, args.limit, args.seed, args.full)))
