"""The music model: its grid, its masks, what it fills and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pocket.music import conditions, tokens
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.model import (
    MusicModel,
    Rule,
    Settings,
    Task,
    chord_rule,
    pitch_rule,
)
from pipelines.pocket.music.network import MusicConfig, MusicDenoiser
from pipelines.pocket.music.novelty import RUN_NOTES, Known, collect
from pipelines.pocket.music.tokens import (
    FIRST,
    HOLD,
    MASK,
    ONSET,
    REST,
    SIZES,
    STREAMS,
    STRIDES,
    Grid,
    Stream,
    Texture,
)
from studio.errors import PipelineError
from studio.score import SCALES, Chord, Note
from studio.spec import Step

METRES = st.sampled_from(list(tokens.STEPS_A_BAR))
WHITE = frozenset(SCALES["major"])


@pytest.fixture(scope="module")
def model() -> MusicModel:
    """The real class at a toy size, untrained: what must hold does not depend on the weights."""
    torch.manual_seed(0)
    network = MusicDenoiser(MusicConfig(width=32, layers=1, heads=2, inner=32))
    return MusicModel(network.eval())


@st.composite
def lines(draw: st.DrawFn) -> list[Note]:
    """Notes on the grid that do not overlap, within two bars of 4/4."""
    edges = sorted(draw(st.sets(st.integers(0, 32), min_size=2, max_size=12)))
    pitches = st.integers(tokens.MELODY_LOW, tokens.MELODY_HIGH)
    spans = list(zip(edges[:-1:2], edges[1::2], strict=False))
    return [Note(a / 4, (b - a) / 4, draw(pitches)) for a, b in spans]


@given(lines(), st.integers(-6, 5))
def test_a_melody_comes_back_from_the_grid(notes: list[Note], shift: int) -> None:
    back = tokens.melody_notes(tokens.melody_tokens(notes, 32), shift, start_beats=8)
    assert [(n.start_beats - 8, n.length_beats, n.pitch - shift) for n in back] == [
        (n.start_beats, n.length_beats, n.pitch) for n in notes
    ]


@given(lines())
def test_a_rhythm_has_the_onsets_of_its_melody(notes: list[Note]) -> None:
    melody, rhythm = tokens.melody_tokens(notes, 32), tokens.rhythm_tokens(notes, 32)
    assert ((melody >= FIRST) == (rhythm == ONSET)).all()
    assert ((melody < FIRST) <= (melody == rhythm)).all()


@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from(tokens.CHORD_QUALITIES)), min_size=1))
def test_chords_come_back_from_the_grid(kinds: list[tuple[int, str]]) -> None:
    chords = [Chord(2 * n, 2, root, quality) for n, (root, quality) in enumerate(kinds)]
    back = tokens.chords_of(tokens.chord_tokens(chords, 8 * len(chords)))
    for chord in chords:
        found = next(
            c for c in back if c.start_beats <= chord.start_beats < c.start_beats + c.length_beats
        )
        assert (found.root, found.quality) == (chord.root, chord.quality)
    assert sum(c.length_beats for c in back) == 2 * len(chords)


@given(
    st.sampled_from([(True, False), (False, True), (True, True)]),
    st.integers(0, tokens.THICKNESS - 1),
    st.integers(0, tokens.REGISTERS - 1),
)
def test_a_texture_comes_back(onsets: tuple[bool, bool], thickness: int, register: int) -> None:
    texture = Texture(onsets, thickness, register)
    assert tokens.texture_of(tokens.texture_token(texture)) == texture
    assert FIRST <= tokens.texture_token(texture) < SIZES["texture"]


@given(st.sets(st.sampled_from(tokens.DRUMS)))
def test_drums_come_back(struck: set[str]) -> None:
    assert set(tokens.drums_of(tokens.drum_token(struck))) == struck


@given(METRES, st.integers(1, 8), st.integers(0, 7))
def test_bars_can_be_cut_and_joined(metre: tuple[int, int], bars: int, cut: int) -> None:
    grid = tokens.empty(metre, bars)
    first = min(cut, bars - 1)
    if first == 0:
        return
    again = tokens.join([grid.slice_bars(0, first), grid.slice_bars(first, bars)])
    assert again.bars == bars and again.metre == metre


def test_a_grid_refuses_what_does_not_fit() -> None:
    with pytest.raises(PipelineError, match="5, 4"):
        tokens.empty((5, 4), 4)
    grid = tokens.empty((4, 4), 1)
    with pytest.raises(PipelineError, match="melody"):
        grid.with_stream("melody", np.full(16, 250, np.uint8))


def test_conditions_refuse_what_does_not_exist() -> None:
    with pytest.raises(PipelineError, match="energy"):
        Conditions(energy=9)
    with pytest.raises(PipelineError, match="text"):
        Conditions(text=np.zeros(3, np.float32))
    assert Conditions(genre="no such genre").numbers()["genre"] == 0


@st.composite
def half_filled(draw: st.DrawFn) -> Grid:
    """A grid of two bars in which some tokens are given."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grid = tokens.empty(draw(METRES), 2)
    for name in STREAMS:
        given_ones = rng.random(len(grid.stream(name))) < 0.4
        values = rng.integers(1, SIZES[name], len(given_ones))
        grid = grid.with_stream(name, np.where(given_ones, values, MASK).astype(np.uint8))
    return grid


@given(half_filled())
def test_what_is_given_stays_and_what_is_free_is_filled(model: MusicModel, grid: Grid) -> None:
    filled = model.fill(Task(grid), Settings(steps=2))
    for name in STREAMS:
        before, after = grid.stream(name), filled.stream(name)
        fixed = (before != MASK) & (before != ONSET)
        assert (after[fixed] == before[fixed]).all()
        assert (after[before == ONSET] >= FIRST).all()
        assert not np.isin(after, (MASK, ONSET)).any()


def test_streams_that_were_not_asked_for_stay_free(model: MusicModel) -> None:
    filled = model.fill(Task(tokens.empty((4, 4), 2), streams=("melody",)), Settings(steps=2))
    assert (filled.melody != MASK).all()
    assert all((filled.stream(n) == MASK).all() for n in STREAMS if n != "melody")


@pytest.mark.parametrize("metre", tokens.STEPS_A_BAR)
def test_rules_are_kept(model: MusicModel, metre: tuple[int, int]) -> None:
    rules: dict[Stream, Rule] = {
        "melody": pitch_rule("melody", WHITE, 60, 72),
        "chord": chord_rule(WHITE, frozenset({"maj", "min"})),
    }
    filled = model.fill(Task(tokens.empty(metre, 4), rules=rules), Settings(steps=3))
    pitches = [note.pitch for note in tokens.melody_notes(filled.melody)]
    assert pitches and all(p % 12 in WHITE and 60 <= p <= 72 for p in pitches)
    chords = tokens.chords_of(filled.chord)
    assert chords[0].start_beats == 0
    beat = 1.5 if metre == (6, 8) else 1
    assert all(set(c.pitch_classes) <= WHITE and c.start_beats % beat == 0 for c in chords)


def test_bars_that_repeat_are_the_same_where_both_are_free(model: MusicModel) -> None:
    grid = tokens.empty((4, 4), 4)
    melody = grid.melody.copy()
    melody[3 * 16] = FIRST + 7
    task = Task(grid.with_stream("melody", melody), streams=("chord", "melody"), alike=(0, 1, 0, 1))
    filled = model.fill(task, Settings(steps=3, seed=2))
    bars = filled.melody.reshape(4, -1)
    assert (bars[2] == bars[0]).all() and (bars[1] != bars[0]).any()
    assert bars[3, 0] == FIRST + 7 and (bars[3, 1:] == bars[1, 1:]).all()
    chords = filled.chord.reshape(4, -1)
    assert (chords[3] == chords[1]).all()


def test_the_same_seed_gives_the_same_notes(model: MusicModel) -> None:
    task = Task(tokens.empty((4, 4), 4), Conditions(genre="folk", mode="minor"))
    first, again = (model.fill(task, Settings(steps=3, seed=5)) for _ in range(2))
    other = model.fill(task, Settings(steps=3, seed=6))
    assert all((first.stream(n) == again.stream(n)).all() for n in STREAMS)
    assert any((first.stream(n) != other.stream(n)).any() for n in STREAMS)


def test_every_step_is_told_and_can_end_the_work(model: MusicModel) -> None:
    seen: list[Step] = []
    model.fill(Task(tokens.empty((3, 4), 2)), Settings(steps=4), seen.append)
    assert [(s.index, s.total) for s in seen] == [(n, 4) for n in range(1, 5)]

    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fill(Task(tokens.empty((3, 4), 2)), Settings(steps=4), stop)


def test_runs_of_training_pieces_are_drawn_anew(model: MusicModel) -> None:
    task = Task(tokens.empty((4, 4), 4), streams=("melody",))
    first = model.fill(task, Settings(steps=4))
    notes = tokens.melody_notes(first.melody)
    known = Known(collect([notes]))
    assert known.longest(notes) == len(notes) > RUN_NOTES
    renewed = MusicModel(model.network, known).fill(task, Settings(steps=4))
    assert known.longest(tokens.melody_notes(renewed.melody)) == 0
    assert ((renewed.melody >= FIRST) == (first.melody >= FIRST)).all()


def test_a_melody_that_was_given_stays_even_if_it_is_known(model: MusicModel) -> None:
    melody = model.fill(Task(tokens.empty((4, 4), 4)), Settings(steps=2)).melody
    known = Known(collect([tokens.melody_notes(melody)]))
    given_one = tokens.empty((4, 4), 4).with_stream("melody", melody)
    filled = MusicModel(model.network, known).fill(Task(given_one), Settings(steps=2))
    assert (filled.melody == melody).all()


@given(lines(), st.integers(-6, 6), st.integers(0, 4))
def test_a_run_is_known_in_any_key_at_any_place(notes: list[Note], shift: int, bars: int) -> None:
    many = [*notes, *(replace(n, start_beats=n.start_beats + 8) for n in notes)]
    moved = [replace(n, pitch=n.pitch + shift, start_beats=n.start_beats + 4 * bars) for n in many]
    expected = len(many) if len(many) >= RUN_NOTES else 0
    assert Known(collect([many])).longest(moved) == expected


def test_grids_of_different_lengths_are_refused(model: MusicModel) -> None:
    tasks = [Task(tokens.empty((4, 4), n)) for n in (1, 2)]
    with pytest.raises(PipelineError, match="same number"):
        model.fill_many(tasks, Settings())
    with pytest.raises(PipelineError, match="at most 8"):
        model.fill(Task(tokens.empty((4, 4), 9)), Settings())


def test_phrases_need_the_length_of_the_grid() -> None:
    with pytest.raises(PipelineError, match="16"):
        conditions.phrase_tokens(np.zeros(3, np.uint8), 16)


def test_hold_without_a_note_is_silence() -> None:
    line = np.array([HOLD, HOLD, REST, HOLD, FIRST, HOLD, REST, HOLD], np.uint8)
    assert [(n.start_beats, n.length_beats) for n in tokens.melody_notes(line)] == [(1.0, 0.5)]


def test_every_stream_fits_its_stride() -> None:
    grid = tokens.empty((6, 8), 8)
    assert all(len(grid.stream(n)) * STRIDES[n] == grid.steps for n in STREAMS)


@pytest.fixture(scope="module")
def shipped() -> MusicModel:
    return MusicModel.load()


@pytest.fixture(scope="module")
def songs(shipped: MusicModel) -> list[Grid]:
    """Eight grids of the shipped model, without any rule."""
    tasks = [
        Task(tokens.empty((4, 4), 8), Conditions(genre="folk", mode="major", energy=n % 5))
        for n in range(8)
    ]
    return shipped.fill_many(tasks, Settings(seed=11))


def test_the_shipped_model_writes_in_the_scale(songs: list[Grid]) -> None:
    pitches = [n.pitch % 12 for g in songs for n in tokens.melody_notes(g.melody)]
    assert len(pitches) > 100
    assert np.isin(pitches, list(WHITE)).mean() > 0.9


def test_the_shipped_model_moves_by_step_more_than_by_leap(songs: list[Grid]) -> None:
    lines = [[n.pitch for n in tokens.melody_notes(g.melody)] for g in songs]
    steps = np.abs(np.concatenate([np.diff(line) for line in lines]))
    assert (steps <= 4).mean() > 0.6


def test_the_shipped_model_sings_the_chords_that_it_writes(songs: list[Grid]) -> None:
    inside = [
        note.pitch % 12 in chord.pitch_classes
        for grid in songs
        for note in tokens.melody_notes(grid.melody)
        for chord in tokens.chords_of(grid.chord)
        if chord.start_beats <= note.start_beats < chord.start_beats + chord.length_beats
    ]
    # Notes of the scale by chance would be chord tones in some 45 %.
    assert np.mean(inside) > 0.6


def test_energy_makes_melodies_busier(songs: list[Grid]) -> None:
    counts = [len(tokens.melody_notes(grid.melody)) for grid in songs]
    assert counts[4] > 1.5 * counts[0]


def test_the_shipped_model_repeats_no_training_piece(
    shipped: MusicModel, songs: list[Grid]
) -> None:
    assert shipped.known is not None and len(shipped.known.hashes) > 100_000
    assert all(shipped.known.longest(tokens.melody_notes(g.melody)) == 0 for g in songs)


def test_house_has_more_drums_on_the_beat_than_between(shipped: MusicModel) -> None:
    tasks = [Task(tokens.empty((4, 4), 8), Conditions(genre="house", energy=3)) for _ in range(16)]
    drums = np.stack([g.drums for g in shipped.fill_many(tasks, Settings(seed=2))])
    kick = np.vectorize(lambda token: "kick" in tokens.drums_of(token))(drums).reshape(-1, 4)
    assert kick[:, 0].mean() > 0.3
    assert kick[:, 0].mean() > 3 * kick[:, 1:].mean()
