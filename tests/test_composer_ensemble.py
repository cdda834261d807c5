"""What the model writes below a tune is played as it stands, by the instruments of the piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.ensemble import figures
from pipelines.pocket.music.genres import GENRES
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.music.tokens import FIRST, HOLD, REST, SIZES, Texture, texture_token
from pipelines.pocket.music.tune import accompanied_alike
from studio.score import Score
from tests.plain_filler import PlainFiller

WRITTEN = [name for name, genre in GENRES.items() if genre.written]


def test_a_texture_lasts_until_its_next_onset_or_a_rest() -> None:
    both = texture_token(Texture((True, True), 1, 0))
    late = texture_token(Texture((False, True), 0, 2))
    found = [(f.event.first, f.event.steps) for f in figures(np.array([both, HOLD, late, REST]))]
    assert found == [(0, 1), (1, 4), (5, 1)]


@given(st.lists(st.integers(HOLD, SIZES["texture"] - 1), min_size=1, max_size=64))
def test_figures_never_overlap(tokens: list[int]) -> None:
    found = [each.event for each in figures(np.array(tokens, np.uint8))]
    assert all(event.steps > 0 for event in found)
    pairs = zip(found, found[1:], strict=False)
    assert all(a.first + a.steps <= b.first for a, b in pairs)
    assert bool(found) == any(token >= FIRST for token in tokens)


def written(genre: str) -> tuple[Score, PlainFiller]:
    filler = PlainFiller()
    return compose(SongPlan(genre=genre, duration_s=60), filler, 3), filler


@pytest.mark.parametrize("genre", WRITTEN)
def test_the_model_writes_bass_and_texture(genre: str) -> None:
    score, filler = written(genre)
    assert {stream for task in filler.tasks for stream in task.streams} > {"bass", "texture"}
    bass, chords = score.part("bass"), score.part("chords")
    assert bass is not None and chords is not None
    # The stand-in begins a bass note on every beat.
    inside = [note for note in bass.notes if note.end_beats < score.length_beats - 4]
    assert all(note.length_beats <= 1 for note in inside) and len(inside) > 40
    ends = zip(bass.notes, bass.notes[1:], strict=False)
    assert all(a.end_beats <= b.start_beats + 1e-6 for a, b in ends)


def test_other_genres_keep_their_grooves() -> None:
    _, filler = written("waltz")
    assert {task.streams for task in filler.tasks} == {("chord", "melody")}


def test_bars_that_come_again_are_accompanied_as_before() -> None:
    _, filler = written("chamber")
    grid = next(task.grid for task in filler.tasks if "bass" in task.streams)
    old = grid.with_stream("bass", np.full_like(grid.bass, FIRST + 12))
    assert (accompanied_alike(old, grid).bass == FIRST + 12).all()
    other = grid.with_stream("melody", np.full_like(grid.melody, FIRST + 40))
    assert (accompanied_alike(old, other).bass == grid.bass).all()
