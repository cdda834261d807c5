"""The tunes of songs against held-out public scores, and whether they copy what was trained on.

Reads what a music model ships beside its weights: the features of held-out excerpts, and the runs
of its training pieces. Knows no family.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.pocket.music.novelty import FILE as KNOWN
from pipelines.pocket.music.novelty import Known
from studio.errors import WeightsError
from studio.evaluate._melody import Excerpt, Measures, as_long, compare, measure
from studio.score import Note, Score, pitch_class

HELD_OUT = "held_out.json"
CUTS = Path(__file__).parent / "data" / "held_out_cuts.json"
"""The same excerpts cut to fewer bars, for shorter tunes; `training.music.report` wrote it."""

BARS = 8
WHITE = {"major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9}
"""The tonic of each mode on the white keys, where the held-out excerpts are."""

NEAR = frozenset(("art song", "chamber", "folk", "waltz", "ragtime", "lullaby", "march", "country"))
"""Genres of the kind that public scores hold."""

SWUNG_FROM, SWUNG_TO = 0.55, 0.72
"""Where the second eighth of a swung beat falls."""


def folder_of(paths: Sequence[Path]) -> Path:
    """The folder beside one of the weights that holds both files.

    Raises:
        WeightsError: there is none.
    """
    for folder in sorted({path.parent for path in paths}):
        if (folder / HELD_OUT).is_file() and (folder / KNOWN).is_file():
            return folder
    raise WeightsError(
        f"weights: no {HELD_OUT} and {KNOWN} beside them; evaluate a music model that ships both"
    )


def held_out(folder: Path) -> Measures:
    """The features of real excerpts that the model never saw."""
    try:
        return Measures(**json.loads((folder / HELD_OUT).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"weights: cannot read {folder / HELD_OUT} ({error})") from error


def tune(score: Score) -> list[Note]:
    """What is sung or leads, straightened, in order of time; a later note ends the one before."""
    parts = [part for part in score.parts if part.role in ("vocals", "melody")]
    notes = sorted((n for part in parts for n in part.notes), key=lambda n: n.start_beats)
    placed = [replace(note, start_beats=_straight(note.start_beats)) for note in notes]
    kept: list[Note] = []
    for note in placed:
        if not kept or note.start_beats > kept[-1].start_beats:
            kept.append(note)
    return kept


def _straight(beats: float) -> float:
    beat, place = divmod(beats, 1)
    return beat + 0.5 if SWUNG_FROM < place < SWUNG_TO else beats


def excerpt(score: Score) -> Excerpt | None:
    """Up to eight bars from where the tune begins, on the white keys; None without a tune."""
    notes = tune(score)
    if not notes:
        return None
    a_bar = score.beats_a_bar
    first = int(notes[0].start_beats / a_bar) * a_bar
    bars = min(BARS, int((score.length_beats - first) / a_bar + 1e-6))
    end = first + bars * a_bar
    shift = (WHITE[score.mode] - pitch_class(score.key) + 6) % 12 - 6
    inside = [n for n in notes if n.start_beats < end]
    if bars < 1 or len(inside) < 2:
        return None
    moved = [
        replace(n, start_beats=n.start_beats - first, pitch=min(127, max(0, n.pitch + shift)))
        for n in inside
    ]
    chords = [
        replace(c, start_beats=max(0.0, c.start_beats - first), root=(c.root + shift) % 12)
        for c in score.chords
        if first - c.length_beats < c.start_beats < end
    ]
    return Excerpt(tuple(moved), tuple(chords), a_bar, bars)


def overlaps(scores: Sequence[Score], real: Measures) -> dict[str, float]:
    """The overlap of each feature's distribution with that of held-out excerpts."""
    found = [each for each in map(excerpt, scores) if each is not None]
    if len(found) < 2:
        return {}
    return {name: round(value, 3) for name, value in compare(measure(found), real).items()}


def held_out_cuts() -> dict[int, Measures]:
    """By number of bars, the features of the same real excerpts cut to their first bars."""
    kept = json.loads(CUTS.read_text("utf-8"))
    return {int(bars): Measures(**found) for bars, found in kept.items()}


def overlaps_as_long(scores: Sequence[Score], cuts: Mapping[int, Measures]) -> dict[str, float]:
    """The overlap with excerpts that are cut to as many bars as the tunes of the songs have."""
    found = [each for each in map(excerpt, scores) if each is not None]
    if len(found) < 2:
        return {}
    real = as_long(cuts, [each.bars for each in found])
    return {name: round(value, 3) for name, value in compare(measure(found), real).items()}


def longest_copies(scores: Sequence[Score], known: Known) -> list[int]:
    """For each score the notes of its longest run that a training piece has, 0 for none of 8."""
    return [known.longest(tune(score)) for score in scores]


def summary(scores: Sequence[Score], folder: Path) -> dict[str, Any]:
    """Distributions of all songs, of those near public scores, and copied runs."""
    real = held_out(folder)
    copies = longest_copies(scores, Known.load(folder))
    near, cuts = [score for score in scores if score.genre in NEAR], held_out_cuts()
    return {
        "overlap": overlaps(scores, real),
        "overlap of genres near public scores": overlaps(near, real),
        "overlap with excerpts as long": overlaps_as_long(scores, cuts),
        "overlap of genres near public scores with excerpts as long": overlaps_as_long(near, cuts),
        "genres near public scores": sorted({score.genre for score in near}),
        "share without a copied run": round(sum(c == 0 for c in copies) / len(copies), 4),
        "longest copied run": max(copies),
    }
