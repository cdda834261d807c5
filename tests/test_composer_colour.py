"""Tunes leave their scale as real ones do: in passing, seldom, and never beyond their range.

Run: python -m pytest tests/test_composer_colour.py
"""

from dataclasses import replace

import pytest

from pipelines.pocket.music import colour, theory
from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.model import MusicModel
from pipelines.pocket.music.plan import Piece, SongPlan, plan_piece
from pipelines.pocket.music.reach import SPANS_ST, marks, narrowed
from studio.score import Chord, Note, Score

WITHIN = (60, 84)
C_MAJOR = (Chord(0.0, 8.0, 0, "maj"),)


def piece_of(genre: str = "pop", seed: int = 1, **plan) -> Piece:
    asked = {"key": "C", "mode": "major", "metre": (4, 4), "duration_s": 30.0, **plan}
    return plan_piece(SongPlan(genre=genre, **asked), seed)


def tune(*pitches: int, beats: float = 0.5) -> list[Note]:
    return [Note(at * beats, beats, pitch, 80) for at, pitch in enumerate(pitches)]


def pitches(notes: list[Note]) -> list[int]:
    return [note.pitch for note in notes]


def coloured(genre: str = "pop") -> Piece:
    found = (piece_of(genre, seed) for seed in range(40))
    return next(
        each
        for each in found
        if colour.takes_colour(each) and each.rng("ornaments").choice(colour.OFTEN) == 1.0
    )


def test_a_note_beside_the_scale_stays_where_it_leads_on_by_a_step():
    kept = colour.passing(piece_of(), tune(67, 66, 67), C_MAJOR, WITHIN)
    assert pitches(kept) == [67, 66, 67]


@pytest.mark.parametrize("beats", [0.5, 2.0])
def test_a_note_beside_the_scale_that_leaps_or_stays_is_moved_into_it(beats: float):
    leaping = tune(67, 66, 72 if beats < 1 else 67, beats=beats)
    kept = colour.passing(piece_of(), leaping, C_MAJOR, WITHIN)
    assert kept[1].pitch in (65, 67)


def test_light_notes_are_drawn_to_the_next_one_and_strong_ones_are_not():
    piece = coloured()
    # The second of each pair lies between beats.
    assert pitches(colour.ornamented(piece, tune(67, 65, 67, 67), 0.0))[1] == 66
    assert pitches(colour.ornamented(piece, tune(64, 67, 65, 67, 67), 0.0))[2] == 65


def test_a_figure_that_comes_again_is_treated_alike():
    piece = replace(coloured(), seed=3)
    bar = (67, 65, 67, 60, 62, 60, 62, 64)
    found = pitches(colour.ornamented(piece, tune(*bar, *bar, *bar), 0.0))
    assert found[1:7] == found[9:15] == found[17:23]


def test_no_more_leave_the_scale_than_all_notes_allow():
    beside = tune(*[61] * 20)
    (kept,) = colour.limited(piece_of(), [beside], [WITHIN], 250)
    assert sum(note.pitch == 61 for note in kept) == int(250 * colour.MOST_SHARE) == 7


def test_moved_notes_stay_within_the_range():
    low = (61, 70)
    notes = tune(61, 70, beats=2.0)
    for found in (
        colour.passing(piece_of(), notes, C_MAJOR, low),
        colour.settled(piece_of(), notes, C_MAJOR, low),
        colour.limited(piece_of(), [notes], [low], 1)[0],
    ):
        assert all(low[0] <= note.pitch <= low[1] for note in found)


def test_most_long_notes_belong_to_their_chords():
    long = tune(*[65, 69] * 30, beats=2.0)
    chords = [Chord(0.0, 120.0, 0, "maj")]
    before = sum(note.pitch % 12 in (0, 4, 7) for note in long)
    found = sum(
        note.pitch % 12 in (0, 4, 7)
        for seed in range(6)
        for note in colour.settled(piece_of(seed=seed), long, chords, WITHIN)
    )
    assert before == 0 and found > 0.5 * 6 * len(long)


def test_tunes_span_little_or_much_and_keep_to_their_range():
    spans = set()
    for seed in range(60):
        low, high = narrowed(piece_of(seed=seed), *WITHIN)
        assert WITHIN[0] <= low < high <= WITHIN[1]
        spans.add(high - low)
    assert spans == set(SPANS_ST)
    assert narrowed(piece_of(), 60, 64) == (60, 64)


def test_the_highest_and_the_lowest_note_come_on_strong_beats():
    piece = piece_of()
    found = marks(piece, piece.scenes[0], [0, 2, 4, 6, 8, 12], WITHIN)
    assert sorted(mark.low for mark in found) == [60, 82]
    assert all(mark.step in (0, 4, 8, 12) for mark in found)
    assert marks(piece, piece.scenes[0], [3], WITHIN) == ()


def outside(score: Score) -> float:
    notes = [note for part in score.parts if not part.is_drums for note in part.notes]
    return 1 - theory.in_scale_share(notes, score.scale)


def test_songs_of_the_model_leave_their_scale_now_and_then():
    model = MusicModel.load()
    shares = [
        outside(compose(SongPlan(genre=genre, duration_s=16, key="C"), model, seed))
        for genre, seed in (("pop", 1), ("rock", 2), ("folk", 3), ("soul", 4), ("techno", 5))
    ]
    assert max(shares) <= 0.03 and sum(share > 0 for share in shares) >= 2
    assert shares[-1] == 0.0, "techno keeps to its scale"
