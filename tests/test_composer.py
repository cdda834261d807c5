"""The composer keeps its promises: exact time, key, metre, instruments, sections, words."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.pocket.music import theory
from pipelines.pocket.music.compose import compose, straightening, swinging
from pipelines.pocket.music.form import LONGEST_S, Form, Span, plan_form
from pipelines.pocket.music.genres import GENRES, find_genre
from pipelines.pocket.music.genres.genre import Swing
from pipelines.pocket.music.genres.patterns import METRES, Metre
from pipelines.pocket.music.instruments import INSTRUMENTS, KITS
from pipelines.pocket.music.plan import SongPlan, plan_piece
from pipelines.pocket.music.tokens import FIRST, chord_token
from pipelines.pocket.music.wishes import home, wish
from pipelines.pocket.music.words import Stanza, Syllable, read_lyrics
from studio.errors import RequestError, UnknownName
from studio.score import NOTE_NAMES, Part, Score
from tests.plain_filler import PlainFiller

LYRICS = """[Verse 1]
My friend went to lunch on a Monday in May
He said he'd be back by the end of the day
The coffee went cold and the noodles went dry
And nobody told me and no one knows why

[Chorus]
He never came back from lunch
He never came back from lunch
I saved him a seat by the window today
But he never came back from lunch
"""


def by_words(line: str) -> list[Syllable]:
    """A word a syllable; long words are strong."""
    return [Syllable(word, 2 if len(word) > 3 else 0) for word in line.split() if word.isalnum()]


def lunch() -> tuple[Stanza, ...]:
    return tuple(read_lyrics(LYRICS, by_words))


def written(seed: int = 1, **plan) -> Score:
    return compose(SongPlan(**plan), PlainFiller(), seed)


def pitched(score: Score) -> list[Part]:
    return [part for part in score.parts if not part.is_drums]


durations = st.one_of(st.floats(1, 20), st.floats(20, 240))
tempos = st.one_of(st.none(), st.floats(40, 220))
metres = st.sampled_from(list(METRES))


@given(durations, tempos, metres, st.sampled_from(list(GENRES)))
@settings(max_examples=150, deadline=None)
def test_forms_fill_the_asked_time_exactly(
    duration: float, tempo: float | None, metre: Metre, genre: str
) -> None:
    form = plan_form(Span(duration, tempo, metre), GENRES[genre])
    assert form.length_beats * 60 / form.tempo_bpm == pytest.approx(duration, abs=1e-6)
    assert all(section.bars > 0 for section in form.sections)
    if tempo is not None:
        assert form.tempo_bpm == tempo
    elif form.rest_beats == 0:
        low, _, high = GENRES[genre].tempo
        assert low <= form.tempo_bpm <= high


@given(durations, tempos, metres, st.sampled_from(list(GENRES)), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_piece_is_whole(
    duration: float, tempo: float | None, metre: Metre, genre: str, seed: int
) -> None:
    score = written(seed, genre=genre, duration_s=duration, tempo_bpm=tempo, metre=metre)
    assert score.duration_s == pytest.approx(duration, abs=1e-6)
    assert score.metre == metre
    assert score.parts
    check_places(score)
    check_ranges(score)
    if not GENRES[genre].bends_scale:
        notes = [note for part in pitched(score) for note in part.notes]
        assert theory.in_scale_share(notes, score.scale) >= 0.97


def check_places(score: Score) -> None:
    """Everything lies within the piece; sections and chords cover it without a gap."""
    for part in score.parts:
        assert all(note.end_beats <= score.length_beats + 1e-6 for note in part.notes)
    for spans in (score.sections, score.chords):
        at = 0.0
        for span in spans:
            assert span.start_beats == pytest.approx(at, abs=1e-6)
            at = span.start_beats + span.length_beats
        assert at == pytest.approx(score.length_beats, abs=1e-6)


def check_ranges(score: Score) -> None:
    for part in pitched(score):
        if part.role != "vocals":
            own = INSTRUMENTS[part.instrument]
            assert all(own.low <= note.pitch <= own.high for note in part.notes), part.name


@given(st.sampled_from(list(GENRES)), metres, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_drums_lie_on_the_grid(genre: str, metre: Metre, seed: int) -> None:
    score = written(seed, genre=genre, duration_s=25, metre=metre, instruments=("acoustic kit",))
    drums = score.part("drums")
    assert drums is not None
    straight = straightening(GENRES[genre].swing, metre)
    for note in drums.notes:
        step = straight(note.start_beats) * 4
        assert step == pytest.approx(round(step), abs=1e-4)


def test_swing_and_its_inverse() -> None:
    swing = Swing(0.66, 0.5)
    there, back = swinging(swing, (4, 4)), straightening(swing, (4, 4))
    assert there(0.5) == pytest.approx(0.66, abs=1e-6)
    assert there(3.0) == pytest.approx(3.0, abs=1e-6)
    for step in range(64):
        assert back(there(step / 8)) == pytest.approx(step / 8, abs=1e-6)
    assert swinging(swing, (6, 8))(0.5) == 0.5


@given(
    st.sampled_from(list(GENRES)),
    st.lists(st.sampled_from([*INSTRUMENTS, *KITS[:1]]), min_size=1, max_size=4, unique=True),
    st.booleans(),
    st.floats(8, 60),
)
@settings(max_examples=80, deadline=None)
def test_every_instrument_asked_for_plays(
    genre: str, asked: list[str], is_sung: bool, duration: float
) -> None:
    stanzas = lunch() if is_sung else ()
    length = max(duration, 40) if is_sung else duration
    plan = SongPlan(genre=genre, duration_s=length, instruments=tuple(asked), stanzas=stanzas)
    score = compose(plan, PlainFiller(), 5)
    playing = {part.instrument for part in score.parts}
    assert set(asked) <= playing


def test_what_is_unwanted_does_not_play() -> None:
    score = written(genre="rock", duration_s=60, without=frozenset({"drums", "melody"}))
    assert {part.role for part in score.parts} == {"chords", "bass", "texture"}


@pytest.mark.parametrize("genre", GENRES)
def test_every_syllable_has_its_note(genre: str) -> None:
    score = written(genre=genre, duration_s=48, stanzas=lunch())
    words = [each.text for stanza in lunch() for line in stanza.lines for each in line]
    sung = [note.syllable for note in score.sung()]
    assert sung[: len(words)] == words
    vocals = score.part("vocals")
    assert vocals is not None and all(note.syllable for note in vocals.notes)
    ends = zip(vocals.notes, vocals.notes[1:], strict=False)
    assert all(left.end_beats <= right.start_beats + 1e-6 for left, right in ends)


def test_stresses_fall_on_stronger_beats_than_light_syllables() -> None:
    from pipelines.pocket.music.words import weight

    score = written(genre="pop", duration_s=60, stanzas=lunch())
    strong, light = [], []
    for note in score.sung():
        step = round(note.start_beats * 4)
        (strong if len(note.syllable) > 3 else light).append(weight(step, (4, 4)))
    assert sum(strong) / len(strong) > sum(light) / len(light) + 0.1


def test_sections_obey_their_tags() -> None:
    text = "[前奏]\n[主歌]\nla la la la\nla la la\n[桥段]\nla la\n[副歌]\nla la la la\n[尾奏]"
    stanzas = tuple(read_lyrics(text, by_words))
    assert [each.name for each in stanzas] == ["intro", "verse", "bridge", "chorus", "outro"]
    score = written(duration_s=30, stanzas=stanzas)
    names = [section.name for section in score.sections]
    assert names == ["intro", "verse", "bridge", "chorus", "outro"]
    inside = {score_section(score, note.start_beats) for note in score.sung()}
    assert inside == {"verse", "bridge", "chorus"}


def score_section(score: Score, beats: float) -> str:
    return next(
        section.name
        for section in score.sections
        if section.start_beats <= beats < section.start_beats + section.length_beats
    )


def test_a_chorus_comes_again_with_the_same_tune() -> None:
    score = written(genre="pop", duration_s=120, stanzas=lunch())
    choruses = [section for section in score.sections if section.name == "chorus"]
    assert len(choruses) > 1
    first, second = (
        [
            (round(note.start_beats - section.start_beats, 4), note.pitch)
            for note in score.sung()
            if 0 <= note.start_beats - section.start_beats < section.length_beats
        ]
        for section in choruses[:2]
    )
    assert first[:-1] == second[:-1]


def test_a_verse_differs_from_the_chorus_and_varies_when_it_returns() -> None:
    score = written(genre="lo-fi", duration_s=150)
    tunes = {}
    for section in score.sections:
        notes = score.part("melody")
        assert notes is not None
        tunes.setdefault(section.name, []).append(
            tuple(
                (round(note.start_beats - section.start_beats, 3), note.pitch)
                for note in notes.notes
                if 0 <= note.start_beats - section.start_beats < section.length_beats
            )
        )
    verses = tunes["verse"]
    assert verses[0] != tunes["chorus"][0]
    assert len(verses) > 1 and verses[0] != verses[1]
    shared = set(verses[0]) & set(verses[1])
    assert len(shared) > 0.4 * len(verses[0])


@pytest.mark.parametrize("key", NOTE_NAMES)
@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "lydian", "phrygian", "mixolydian"])
def test_key_and_mode_are_as_asked(key: str, mode) -> None:
    score = written(genre="synthwave", duration_s=20, key=key, mode=mode)
    assert (score.key, score.mode) == (key, mode)
    notes = [note for part in pitched(score) for note in part.notes]
    assert theory.in_scale_share(notes, score.scale) >= 0.97
    others = [note for part in pitched(score) if part.role != "melody" for note in part.notes]
    assert theory.in_scale_share(others, score.scale) == 1.0
    last = max(score.chords, key=lambda chord: chord.start_beats)
    assert NOTE_NAMES[last.root] == key


def test_the_same_seed_gives_the_same_score() -> None:
    assert written(7, duration_s=40) == written(7, duration_s=40)
    assert written(7, duration_s=40) != written(8, duration_s=40)


def test_a_loop_is_of_whole_bars_without_an_ending() -> None:
    score = written(genre="techno", duration_s=16, is_loop=True)
    bars = score.length_beats / score.beats_a_bar
    assert bars == round(bars)
    drums = score.part("drums")
    assert drums is not None
    last_bar = score.length_beats - score.beats_a_bar
    assert sum(note.start_beats > last_bar + 0.5 for note in drums.notes) > 4
    with pytest.raises(RequestError, match="no whole number of bars; ask for"):
        written(genre="techno", duration_s=16.1, tempo_bpm=130, is_loop=True)


def test_a_piece_ends_on_its_tonic_and_rings() -> None:
    score = written(genre="pop", duration_s=31.7, tempo_bpm=100)
    melody = score.part("melody")
    chords = score.part("chords")
    assert melody is not None and chords is not None
    assert NOTE_NAMES[melody.notes[-1].pitch % 12] == score.key
    assert chords.notes[-1].end_beats > score.length_beats - 0.3


def test_progress_rises_to_its_total() -> None:
    seen = []
    plan = SongPlan(genre="folk", duration_s=90)
    compose(plan, PlainFiller(), 1, on_step=seen.append)
    indices = [step.index for step in seen]
    assert indices == sorted(indices) and indices[-1] == seen[-1].total


def test_mandarin_tunes_follow_their_tones_mildly() -> None:
    tones = (4, 3, 1, 2, 1, 4, 3, 2, 1, 3)
    rises = {(3, 1), (4, 1), (2, 1)}

    def share(toned: bool) -> float:
        line = tuple(Syllable("ma", 1, tone if toned else 0) for tone in tones)
        stanza = Stanza("verse", (line,) * 4)
        good = total = 0
        for seed in range(8):
            score = written(seed, genre="guofeng", duration_s=40, stanzas=(stanza,))
            notes = [note.pitch for note in score.sung()]
            for at in range(1, len(notes)):
                pair = tones[(at - 1) % 10], tones[at % 10]
                if pair in rises and at % 10:
                    total += 1
                    good += notes[at] > notes[at - 1]
        return good / total

    assert share(True) > share(False)


@pytest.mark.parametrize("name", ["piano", "Drums", "guitar", "bass", "808"])
def test_instruments_have_everyday_names(name: str) -> None:
    score = written(genre="techno", duration_s=12, instruments=(name,))
    wanted = {"piano": "grand piano", "guitar": "steel guitar", "bass": "synth bass"}
    expected = wanted.get(name, "electronic kit")
    assert expected in {part.instrument for part in score.parts}


WRONG: list[tuple[dict, str]] = [
    ({"duration_s": 0.0}, "duration of 0 s; ask for 1 to"),
    ({"duration_s": 3 * 3600.0}, "duration of 10800 s; ask for 1 to"),
    ({"tempo_bpm": 999.0}, "tempo of 999; ask for 20 to 300"),
    ({"key": "H"}, "no key 'H'; there is C"),
    ({"metre": (7, 8)}, "no metre 7/8; there is 4/4, 3/4, 6/8"),
]


@pytest.mark.parametrize(("plan", "message"), WRONG)
def test_what_cannot_be_is_refused_in_a_line(plan: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        written(**plan)


def test_unknown_names_are_answered_with_near_ones() -> None:
    with pytest.raises(UnknownName, match="tecno.*techno"):
        written(genre="tecno")
    with pytest.raises(UnknownName, match="violinn.*violin"):
        written(duration_s=10, instruments=("violinn",))
    assert find_genre("低保真").name == "lo-fi"


def test_too_many_words_name_a_time_that_is_enough() -> None:
    stanzas = tuple(read_lyrics(LYRICS * 8, by_words))
    with pytest.raises(RequestError, match="too many for 20 s; ask for") as refused:
        written(duration_s=20, stanzas=stanzas)
    enough = float(str(refused.value).split("ask for ")[1].split(" s")[0])
    score = written(duration_s=enough + 1, stanzas=stanzas)
    assert len(list(score.sung())) >= sum(len(line) for s in stanzas for line in s.lines)


def test_without_a_duration_lyrics_have_the_time_they_need() -> None:
    score = written(stanzas=lunch())
    assert 20 < score.duration_s < LONGEST_S


@pytest.mark.parametrize("text", ["", "   \n\n", "[verse]\n...\n!!!", "[chorus]"])
def test_lyrics_without_words_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="no words to sing"):
        read_lyrics(text, by_words)


def test_untagged_lyrics_are_named_by_what_repeats() -> None:
    chorus = "oh come back home\noh come back home"
    text = f"one two three\nfour five six\n\n{chorus}\n\nseven eight nine\nten\n\n{chorus}"
    names = [stanza.name for stanza in read_lyrics(text, by_words)]
    assert names == ["verse", "chorus", "verse", "chorus"]


def test_long_lines_are_cut_at_words() -> None:
    text = " ".join(["word"] * 40)
    (stanza,) = read_lyrics(text, by_words)
    assert sum(len(line) for line in stanza.lines) == 40
    assert max(len(line) for line in stanza.lines) <= 16


def test_forms_of_club_music_have_drops() -> None:
    form = plan_form(Span(180, None, (4, 4)), GENRES["house"])
    names = [section.name for section in form.sections]
    assert names.count("drop") >= 2 and "breakdown" in names


def test_a_form_repeats_by_name() -> None:
    form: Form = plan_form(Span(180, None, (4, 4)), GENRES["pop"])
    for at, section in enumerate(form.sections):
        earlier = [each.name for each in form.sections[:at]]
        assert (section.like is not None) == (section.name in earlier)


def test_twenty_random_plans_have_their_energy_in_the_chorus() -> None:
    rng = random.Random(4)
    genres = [g for g in GENRES.values() if g.form == "song"]
    scores = [
        written(rng.randrange(99), genre=rng.choice(genres).name, duration_s=70) for _ in range(20)
    ]
    assert all(density(score, "chorus") > density(score, "intro") for score in scores)


def density(score: Score, name: str) -> float:
    """Notes a beat in the first section of a name, all parts together."""
    section = next(each for each in score.sections if each.name == name)
    end = section.start_beats + section.length_beats
    count = sum(
        section.start_beats <= note.start_beats < end for part in score.parts for note in part.notes
    )
    return count / section.length_beats


@pytest.mark.parametrize("genre", [g.name for g in GENRES.values() if g.harmony == "model"])
def test_harmony_that_the_model_writes_is_made_to_move(genre: str) -> None:
    for seed in range(12):
        piece = plan_piece(SongPlan(genre=genre, duration_s=40), seed)
        root, quality = theory.roman(home(piece), piece.key, piece.mode)
        tonic = chord_token(root + piece.shift, quality)
        for scene in piece.scenes:
            grid, _ = wish(piece, scene)
            fixed = {token for token in grid.chord.tolist() if token >= FIRST}
            assert grid.bars < 4 or fixed - {tonic}, (seed, scene.name)
