"""New music for bars whose harmony is given: after a recording, or within it.

    score = go_on(chords, piece_plan, work)        sections of its own, over the same chords again
    score = fill_in(chords, piece_plan, work)      as many bars as chords

Knows keys and chords; nothing of sound, files or how they were heard.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from pipelines.pocket.music import theory
from pipelines.pocket.music.compose import assemble
from pipelines.pocket.music.extend import going_on
from pipelines.pocket.music.form import Form, Planned, Span, plan_form
from pipelines.pocket.music.genres import find_genre
from pipelines.pocket.music.plan import Piece, SongPlan, plan_players, scenes_of
from pipelines.pocket.music.rework import Work
from pipelines.pocket.music.theory import Harmony
from pipelines.pocket.music.tune import TuneWriter
from studio.errors import PipelineError
from studio.score import Mode, Score

LOOP_BARS = 8
"""So many of the last bars give the chords of what follows."""

_DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")


def go_on(chords: Sequence[Harmony], plan: SongPlan, work: Work) -> Score:
    """Sections for the plan's length at its tempo, over the last chords again and again.

    Raises:
        RequestError: the words do not fit into the time.
    """
    genre = find_genre(plan.genre)
    assert plan.metre is not None and plan.tempo_bpm is not None
    form = plan_form(Span(plan.duration_s, plan.tempo_bpm, plan.metre), genre, plan.stanzas)
    even = len(chords) - len(chords) % 2 if len(chords) > 1 else 1
    return _written(going_on(form), chords[-min(LOOP_BARS, even) :], plan, work)


def fill_in(chords: Sequence[Harmony], plan: SongPlan, work: Work) -> Score:
    """One section of a bar to each chord, that leads on."""
    assert plan.metre is not None and plan.tempo_bpm is not None
    form = Form(plan.tempo_bpm, plan.metre, (Planned("verse", len(chords)),))
    return _written(form, chords, replace(plan, is_loop=True, stanzas=()), work)


def _written(form: Form, chords: Sequence[Harmony], plan: SongPlan, work: Work) -> Score:
    assert plan.key is not None and plan.mode is not None
    loop = " ".join(numeral(chord, plan.key, plan.mode) for chord in chords)
    genre = replace(find_genre(plan.genre), harmony="ours", progressions={plan.mode: (loop,)})
    players = plan_players(plan, genre, form, random.Random(f"{work.seed} plan"))
    scenes = scenes_of(plan, genre, form, players)
    piece = Piece(
        plan, genre, plan.key, plan.mode, form.tempo_bpm, form.metre, scenes, players, work.seed
    )
    piece = replace(piece, length_beats=form.length_beats)
    settings = replace(work.settings, seed=work.seed)
    return assemble(piece, TuneWriter(piece, work.model, settings, work.on_step).write())


def numeral(chord: Harmony, key: str, mode: Mode) -> str:
    """A triad as a Roman numeral of a key, such as "bVII"; degrees count in the mode's scale."""
    root, quality = chord
    for sign in ("", "b", "#"):
        for degree in _DEGREES:
            written = sign + (degree.lower() if quality == "min" else degree)
            if theory.roman(written, key, mode) == (root, quality):
                return written
    raise PipelineError(f"no numeral for a chord on {root} in {key} {mode}")
