"""Repaint, vary, continue, accompany: what shall stay stays, what shall change changes."""

import pytest

from pipelines.pocket.music.compose import compose
from pipelines.pocket.music.extend import continue_score
from pipelines.pocket.music.harmonise import accompany
from pipelines.pocket.music.plan import SongPlan
from pipelines.pocket.music.rework import Work, bars_between, repaint, vary
from pipelines.pocket.music.words import Stanza, Syllable, read_lyrics
from studio.errors import RequestError
from studio.score import Note, Score
from tests.plain_filler import PlainFiller

LYRICS = "one two three four five\nsix seven eight nine ten\n\nla la la la\nla la la la la"


def by_words(line: str) -> list[Syllable]:
    return [Syllable(word) for word in line.split()]


def stanzas() -> tuple[Stanza, ...]:
    return tuple(read_lyrics(LYRICS, by_words))


def work(seed: int = 11) -> Work:
    return Work(PlainFiller(), seed)


@pytest.fixture(params=["lo-fi", "folk", "jazz swing", "waltz", "house"])
def score(request: pytest.FixtureRequest) -> Score:
    plan = SongPlan(genre=request.param, duration_s=41, tempo_bpm=92)
    return compose(plan, PlainFiller(), 3)


@pytest.fixture(params=["lo-fi", "waltz"])
def song(request: pytest.FixtureRequest) -> Score:
    plan = SongPlan(genre=request.param, duration_s=41, stanzas=stanzas())
    return compose(plan, PlainFiller(), 3)


def notes_of(score: Score, name: str) -> tuple[Note, ...]:
    return next((part.notes for part in score.parts if part.name == name), ())


def test_repainting_leaves_every_other_note(score: Score) -> None:
    painted = repaint(score, 4, 8, work())
    begin, end = 4 * score.beats_a_bar, 8 * score.beats_a_bar
    assert painted != score
    assert painted.length_beats == score.length_beats and painted.key == score.key
    for part in score.parts:
        new = notes_of(painted, part.name)
        after = [note for note in part.notes if note.start_beats >= end]
        assert after == [note for note in new if note.start_beats >= end]
        before = [(n.start_beats, n.pitch) for n in part.notes if n.start_beats < begin]
        assert before == [(n.start_beats, n.pitch) for n in new if n.start_beats < begin]


def test_repainting_reaches_the_tune(score: Score) -> None:
    bars = int(score.length_beats / score.beats_a_bar)
    painted = repaint(score, 0, bars, work())
    assert notes_of(painted, "melody") != notes_of(score, "melody")


def test_repainting_keeps_words_and_their_rhythm(song: Score) -> None:
    painted = repaint(song, 2, 6, work())
    old, new = list(song.sung()), list(painted.sung())
    assert [note.syllable for note in new] == [note.syllable for note in old]
    starts = [note.start_beats for note in old]
    assert [note.start_beats for note in new] == pytest.approx(starts, abs=1e-4)
    assert [note.pitch for note in new] != [note.pitch for note in old]


@pytest.mark.parametrize(("first", "last"), [(3, 3), (5, 2), (-1, 4), (0, 999)])
def test_bars_that_are_not_there_cannot_be_repainted(first: int, last: int) -> None:
    score = compose(SongPlan(duration_s=20), PlainFiller(), 1)
    with pytest.raises(RequestError, match="ask for bars inside"):
        repaint(score, first, last, work())


def test_a_variation_keeps_form_and_harmony(score: Score) -> None:
    varied = vary(score, 0.5, work())
    assert [s.name for s in varied.sections] == [s.name for s in score.sections]
    assert varied.length_beats == score.length_beats
    roots = [(chord.root, round(chord.start_beats, 3)) for chord in score.chords]
    new_roots = {(chord.root, round(chord.start_beats, 3)) for chord in varied.chords}
    # Two equal chords in a row may be written as one.
    assert len(new_roots - set(roots)) == 0
    assert notes_of(varied, "melody") != notes_of(score, "melody")


def test_how_much_varies_is_asked() -> None:
    score = compose(SongPlan(genre="folk", duration_s=60), PlainFiller(), 2)
    with pytest.raises(RequestError, match="more than 0 and at most 1"):
        vary(score, 0.0, work())

    def kept(amount: float) -> int:
        old = {(round(n.start_beats, 3), n.pitch) for n in notes_of(score, "melody")}
        new = vary(score, amount, work())
        return sum((round(n.start_beats, 3), n.pitch) in old for n in notes_of(new, "melody"))

    assert kept(0.2) > kept(1.0)


def test_a_continued_piece_begins_as_before(score: Score) -> None:
    longer = continue_score(score, 25.5, work())
    assert longer.duration_s == pytest.approx(score.duration_s + 25.5, abs=1e-6)
    assert longer.tempo_bpm == score.tempo_bpm
    early = score.length_beats - 3 * score.beats_a_bar
    for part in score.parts:
        old = [n for n in part.notes if n.start_beats < early]
        assert old == [n for n in notes_of(longer, part.name) if n.start_beats < early]
    late = [n for part in longer.parts for n in part.notes if n.start_beats > score.length_beats]
    assert len(late) > 20


def test_a_song_goes_on_with_new_words() -> None:
    song = compose(SongPlan(genre="pop", duration_s=40, stanzas=stanzas()), PlainFiller(), 3)
    longer = continue_score(song, 30, work(), SongPlan(stanzas=stanzas()))
    words = sum(len(line) for stanza in stanzas() for line in stanza.lines)
    assert len(list(longer.sung())) >= len(list(song.sung())) + words


TUNE = [Note(at, 0.9, pitch) for at, pitch in enumerate([67, 69, 71, 72, 74, 71, 67, 66, 67])]


def test_a_given_tune_is_kept_to_the_tick() -> None:
    score = accompany(TUNE, SongPlan(genre="waltz", tempo_bpm=120, metre=(3, 4)), work())
    assert notes_of(score, "melody") == tuple(TUNE)
    assert (score.key, score.mode) == ("G", "major")
    assert score.length_beats == 9
    assert {"chords", "bass"} <= {part.role for part in score.parts}
    assert score.chords[-1].root == 7


@pytest.mark.parametrize("genre", ["waltz", "folk", "lo-fi", "blues"])
def test_no_chord_is_foreign_to_the_tune(genre: str) -> None:
    tune = [Note(at, 0.9, 60 + (0, 4, 7, 2, 5, 9, 11, 7, 4, 0, 9, 2)[at % 12]) for at in range(48)]
    score = accompany(tune, SongPlan(genre=genre, tempo_bpm=100, metre=(4, 4)), work())
    bar = score.beats_a_bar
    for chord in score.chords:
        end = chord.start_beats + chord.length_beats
        first = chord.start_beats
        while first < end - 1e-6:
            last = min(end, first // bar * bar + bar)
            heard = {note.pitch % 12 for note in tune if first <= note.start_beats < last}
            assert not heard or heard & set(chord.pitch_classes), (chord, first)
            first = last


def test_a_tune_with_words_is_sung() -> None:
    sung = [Note(at, 1, 60 + at, syllable="la") for at in range(4)]
    score = accompany(sung, SongPlan(genre="folk", voice="warm male"), work())
    assert score.part("vocals") is not None and score.part("melody") is None


def test_no_tune_is_refused() -> None:
    with pytest.raises(RequestError, match="no notes to accompany"):
        accompany([], SongPlan(), work())


def test_seconds_become_the_bars_that_they_touch() -> None:
    score = compose(SongPlan(genre="techno", duration_s=20, tempo_bpm=120), PlainFiller(), 1)
    assert bars_between(score, 4.0, 8.0) == (2, 4)
    assert bars_between(score, 4.1, 8.1) == (2, 5)
    assert bars_between(score, 0.0, 999.0) == (0, 10)
    for wrong in ((5.0, 5.0), (8.0, 2.0), (20.0, 30.0), (-1.0, 3.0)):
        with pytest.raises(RequestError, match="nothing to repaint"):
            bars_between(score, *wrong)
