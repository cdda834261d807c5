"""Harmony, grooves and accompaniment in themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pocket.music import theory
from pipelines.pocket.music.accompany import Passage, Player, genre_accompaniment, players_of
from pipelines.pocket.music.genres import GENRES
from pipelines.pocket.music.genres.patterns import METRES, beat, play
from pipelines.pocket.music.instruments import INSTRUMENTS, KITS, REGISTERS
from pipelines.pocket.music.words import Syllable, lay_line, line_bars, room, section_name, weight
from pipelines.pocket.sound import instruments as players
from studio.errors import PipelineError, RequestError
from studio.score import NOTE_NAMES, QUALITIES, SCALES, Chord, Note

KEYS = st.sampled_from(NOTE_NAMES)
MODES = st.sampled_from(list(SCALES))
HARMONIES = st.tuples(st.integers(0, 11), st.sampled_from(list(QUALITIES)))


@pytest.mark.parametrize(
    ("numeral", "key", "mode", "expected"),
    [
        ("I", "C", "major", (0, "maj")),
        ("vi", "G", "major", (4, "min")),
        ("V7", "A", "minor", (4, "7")),
        ("bVII", "D", "major", (0, "maj")),
        ("VII", "D", "mixolydian", (0, "maj")),
        ("iim7b5", "A", "minor", (11, "m7b5")),
        ("Imaj9", "Eb", "major", (3, "maj9")),
        ("#ivdim", "C", "major", (6, "dim")),
    ],
)
def test_roman_numerals(numeral: str, key: str, mode, expected: tuple[int, str]) -> None:
    assert theory.roman(numeral, key, mode) == expected


@pytest.mark.parametrize("wrong", ["", "H", "VIII", "Iquack"])
def test_no_such_numeral(wrong: str) -> None:
    with pytest.raises(PipelineError, match="no chord"):
        theory.roman(wrong, "C", "major")


@given(HARMONIES, KEYS, MODES)
def test_a_diatonic_chord_is_in_the_scale_and_stays_what_it_was_if_it_can(harmony, key, mode):
    scale = theory.scale_of(key, mode)
    root, quality = theory.diatonic(harmony, scale)
    assert scale.issuperset(theory.chord_tones((root, quality)))
    if scale.issuperset(theory.chord_tones(harmony)):
        assert (root, quality) == harmony


@given(KEYS, MODES)
def test_every_mode_lies_on_white_keys_after_its_shift(key: str, mode) -> None:
    shift = theory.white_shift(key, mode)
    assert {(pc + shift) % 12 for pc in theory.scale_of(key, mode)} == set(SCALES["major"])
    assert abs(shift) <= 6


@given(HARMONIES, HARMONIES, st.integers(36, 60), st.integers(18, 30), st.integers(3, 5))
def test_voicings_are_in_their_register_and_of_their_chord(first, second, low, width, voices):
    before = theory.voice(first, (), (low, low + width), voices)
    after = theory.voice(second, before, (low, low + width), voices)
    for pitches, harmony in ((before, first), (after, second)):
        assert all(low <= pitch <= low + width for pitch in pitches)
        assert {pitch % 12 for pitch in pitches} <= set(theory.chord_tones(harmony))
        assert list(pitches) == sorted(pitches)


def test_voices_move_little() -> None:
    led: theory.Pitches = ()
    travel = []
    for numeral in ("I", "vi", "IV", "V", "I", "iii", "IV", "I"):
        now = theory.voice(theory.roman(numeral, "C", "major"), led, (48, 72), 3)
        if led:
            travel.append(sum(abs(a - b) for a, b in zip(now, led, strict=True)) / 3)
        led = now
    assert max(travel) <= 4


def test_a_ninth_keeps_its_colour_with_four_voices() -> None:
    assert theory.voicing_tones((0, "maj9"), 4) == (4, 7, 11, 2)
    assert theory.voicing_tones((0, "7"), 3) == (0, 4, 10)


@pytest.mark.parametrize("key", NOTE_NAMES)
def test_the_key_of_a_scale_with_its_tonic_held(key: str) -> None:
    tonic = 60 + NOTE_NAMES.index(key)
    for mode in ("major", "minor"):
        steps = [*SCALES[mode], 12, 7, 4 if mode == "major" else 3, 0]
        notes = [Note(at, 1, tonic + step) for at, step in enumerate(steps)]
        notes.append(Note(len(steps), 3, tonic))
        assert theory.find_key(notes) == (key, mode)
    with pytest.raises(PipelineError, match="no key without notes"):
        theory.find_key([])


def test_players_and_writers_know_the_same_instruments() -> None:
    assert set(INSTRUMENTS) == set(players.INSTRUMENTS)
    assert set(KITS) == set(players.KITS)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_registers_lie_in_the_range_and_have_room(name: str) -> None:
    own = INSTRUMENTS[name]
    for role in REGISTERS:
        if role != "drums":
            low, high = own.register(role)
            assert own.low <= low < high <= own.high and high - low >= 14


@pytest.mark.parametrize("name", GENRES)
def test_a_genre_is_playable_as_written(name: str) -> None:
    genre = GENRES[name]
    for role, names in genre.instruments.items():
        for each in names:
            assert each in (KITS if role == "drums" else INSTRUMENTS)
            assert role == "drums" or role in INSTRUMENTS[each].roles or role == "bass"
    for mode in SCALES:
        for progression in genre.progressions_in(mode):
            for symbol in progression.replace(",", " ").split():
                theory.roman(symbol, "C", mode)
    for groove in (*genre.grooves.bass, *genre.grooves.chords, *genre.grooves.texture):
        assert set("".join(groove.lanes)) <= set("-.xXobfaw01234567813578")
    for groove in genre.grooves.drums:
        assert set("".join(groove.lanes)) <= set("-.xXo")


def test_there_are_genres_enough_and_no_name_means_two() -> None:
    assert len(GENRES) >= 18
    names = [name for genre in GENRES.values() for name in (genre.name, *genre.also)]
    assert len(names) == len(set(names))


def test_grooves_change_their_metre_by_whole_bars() -> None:
    groove = play(1, "x---x---x---x---", "b-------f-------")
    for metre, steps in METRES.items():
        assert {len(lane) for lane in groove.in_metre(metre).lanes} == {steps}
    drums = beat(2, kick="X.......X.......", snare="....X.......X...")
    compound = drums.in_metre((6, 8))
    assert compound.lanes == ("X...........", "......X.....")
    with pytest.raises(PipelineError, match="bars of 16"):
        play(1, "x--")


def passage(energy: int, **more) -> Passage:
    chords = (Chord(0, 4, 0, "maj"), Chord(4, 4, 9, "min"), Chord(8, 8, 7, "7"))
    return Passage(0, 16, (4, 4), frozenset(SCALES["major"]), chords, energy, **more)


@pytest.mark.parametrize("name", GENRES)
@pytest.mark.parametrize("energy", [1, 2, 3, 4])
def test_accompaniments_are_of_the_chords(name: str, energy: int) -> None:
    genre = GENRES[name]
    played = genre_accompaniment(passage(energy), players_of(genre), genre, 3)
    assert all(played[part] for part in ("chords", "bass", "texture", "drums"))
    for note in played["chords"]:
        # What anticipates the next chord belongs to that.
        near = [
            chord
            for chord in passage(energy).chords
            if chord.start_beats <= note.start_beats + 0.5
            and note.start_beats < chord.start_beats + chord.length_beats
        ]
        assert any(note.pitch % 12 in chord.pitch_classes for chord in near)
    assert played == genre_accompaniment(passage(energy), players_of(genre), genre, 3)


def test_the_bass_has_the_root_where_chords_begin() -> None:
    for genre in GENRES.values():
        bass = genre_accompaniment(passage(2), players_of(genre), genre, 1)["bass"]
        for chord in passage(2).chords:
            first = next((n for n in bass if n.start_beats == chord.start_beats), None)
            assert first is None or first.pitch % 12 == chord.root, genre.name


def test_a_walking_bass_moves_by_small_steps_and_never_stands() -> None:
    genre = GENRES["jazz swing"]
    bass = genre_accompaniment(passage(2), players_of(genre), genre, 5)["bass"]
    assert len(bass) == 16
    moves = [abs(b.pitch - a.pitch) for a, b in zip(bass, bass[1:], strict=False)]
    assert max(moves) <= 9 and moves.count(0) <= 2


def test_the_last_chord_rings_to_the_end() -> None:
    genre = GENRES["pop"]
    played = genre_accompaniment(passage(3, rings_from=12.0), players_of(genre), genre, 1)
    for part in ("chords", "bass", "texture"):
        late = [note for note in played[part] if note.start_beats >= 12]
        assert late and all((n.start_beats, n.end_beats) == (12, 16) for n in late)
    assert {n.pitch for n in played["drums"] if n.start_beats >= 12} == {36, 49}


def test_chords_keep_below_a_tune_and_figures_above() -> None:
    genre = GENRES["synthwave"]
    pair = (Player("chords", "chords", "warm pad"), Player("texture", "texture", "pluck"))
    played = genre_accompaniment(passage(3, tune_pitch=66.0), pair, genre, 1)
    assert max(note.pitch for note in played["chords"]) <= 66
    assert min(note.pitch for note in played["texture"]) >= 66


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("[Verse 2]", "verse"),
        ("[CHORUS]", "chorus"),
        ("(Bridge)", "bridge"),
        ("Chorus:", "chorus"),
        ("Verse 1:", "verse"),
        ("【副歌】", "chorus"),
        ("主歌：", "verse"),
        ("[主歌二]", "verse"),
        ("[pre-chorus]", "prechorus"),
        ("尾奏:", "outro"),
        ("I said: hello", None),
        ("(ooh ooh)", None),
        ("[whatever]", None),
        ("bridge over water", None),
    ],
)
def test_tags(line: str, name: str | None) -> None:
    assert section_name(line) == name


@given(
    st.integers(1, 16),
    st.sampled_from(list(METRES)),
    st.floats(50, 180),
    st.integers(0, 4),
    st.integers(0, 5),
)
def test_lines_are_laid_in_order_with_a_breath(syllables, metre, tempo, pace, seed) -> None:
    line = tuple(Syllable(str(at), at % 3) for at in range(syllables))
    bars = line_bars(syllables, metre, tempo, pace)
    if bars is None:
        return
    laid = lay_line(line, bars, metre, tempo, f"{seed}")
    assert [each.syllable for each in laid] == list(line)
    for left, right in zip(laid, laid[1:], strict=False):
        assert left.first + left.steps <= right.first
    end = bars * METRES[metre]
    assert laid[-1].first + laid[-1].steps < end
    assert all(each.steps >= 1 for each in laid)


def test_a_line_with_no_room_is_refused() -> None:
    line = tuple(Syllable("la") for _ in range(40))
    assert room(1, (4, 4), 100) < 40
    with pytest.raises(RequestError, match="40 syllables do not fit in 1 bars"):
        lay_line(line, 1, (4, 4), 100, "x")


def test_downbeats_are_strongest() -> None:
    for metre, steps in METRES.items():
        weights = [weight(step, metre) for step in range(steps)]
        assert max(weights) == weights[0] == 1.0 and min(weights) == 0.0
