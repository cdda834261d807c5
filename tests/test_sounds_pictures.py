"""Pictures of songs: everything in the score can be seen, in its place and colour."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_sounds_containers import chord
from test_sounds_midi import song

from studio.media import Audio
from studio.score import Chord, Note, Part, Score, Section
from studio.sounds import ink, pictures
from studio.sounds.beneath import placed
from studio.sounds.ink import DARK, LIGHT, Colour, mix, palette
from studio.sounds.pictures import WIDTH, piano_roll, waveform


def places(picture: Image.Image, colour: Colour, near: int = 0) -> np.ndarray:
    """Rows of (y, x) where a colour is."""
    pixels = np.asarray(picture).astype(int)
    return np.argwhere((np.abs(pixels - np.array(colour)) <= near).all(axis=2))


def long_song(bars: int) -> Score:
    notes = tuple(Note(beat, 0.9, 60 + beat % 12, 127, "la") for beat in range(bars * 4))
    return Score(
        tempo_bpm=120,
        metre=(4, 4),
        key="A",
        mode="minor",
        parts=(Part("vocals", "vocals", "voice", notes),),
        chords=tuple(Chord(bar * 4, 4, 9, "min7") for bar in range(bars)),
        sections=(Section("verse", 0, bars * 2), Section("chorus", bars * 2, bars * 2)),
        length_beats=bars * 4,
    )


def unsung(score: Score) -> Score:
    """Its notes without words, which take rows of their own where there are many."""
    parts = (replace(p, notes=tuple(replace(n, syllable="") for n in p.notes)) for p in score.parts)
    return replace(score, parts=tuple(parts))


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_waveform_is_as_loud_as_the_sound(is_dark: bool) -> None:
    rising = np.linspace(0, 1, 44_100, dtype=np.float32) * np.float32(1)
    audio = Audio(np.stack([rising, -rising]), 44_100)
    picture = waveform(audio, is_dark)
    colours = palette(is_dark)
    assert picture.getpixel((2, 2)) == colours.paper
    found = places(picture, mix(colours.roles["chords"], colours.paper, 0.42))
    found = np.concatenate([found, places(picture, colours.roles["chords"])])
    heights = [np.ptp(found[found[:, 1] == x][:, 0]) + 1 for x in (400, 800, 1200)]
    shares = np.array(heights) / heights[-1]
    assert shares == pytest.approx([364 / 1164, 764 / 1164, 1], abs=0.02)


def test_a_waveform_shows_sections_in_their_colours() -> None:
    score = long_song(8)
    length = round(score.duration_s * 44_100)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, length)).astype(np.float32)
    picture = waveform(Audio(noise, 44_100, score=score))
    names = ["verse", "chorus"]
    first, second = (places(picture, LIGHT.section(name, names)) for name in names)
    assert first[:, 1].max() <= WIDTH / 2 < second[:, 1].min() + 2


@pytest.mark.parametrize("length", [0, 1, 100, 44_100])
def test_the_shortest_sounds_have_a_waveform(length: int) -> None:
    audio = Audio(np.zeros((2, length), np.float32), 44_100)
    assert waveform(audio).size == (WIDTH, 360)


def test_sound_of_one_channel_has_a_waveform() -> None:
    assert waveform(chord(1)).size == (WIDTH, 360)


@pytest.mark.parametrize("is_dark", [False, True])
def test_every_part_is_seen_in_the_roll(is_dark: bool) -> None:
    full = replace(
        song(),
        parts=tuple(
            replace(part, notes=tuple(replace(note, velocity=127) for note in part.notes))
            for part in song().parts
        ),
    )
    picture = piano_roll(full, is_dark=is_dark)
    colours = DARK if is_dark else LIGHT
    below = picture.crop((0, 112, *picture.size))
    for role in ("vocals", "bass", "drums"):
        assert len(places(below, colours.roles[role])) > 20
    assert len(places(below, mix(colours.roles["chords"], colours.raised, 0.72))) > 20


def test_higher_is_higher_and_later_is_further_right() -> None:
    notes = (Note(0, 1, 60, 127), Note(2, 1, 72, 127))
    score = replace(long_song(1), parts=(Part("v", "melody", "flute", notes),), chords=())
    found = places(piano_roll(score).crop((0, 112, WIDTH, 400)), LIGHT.roles["melody"])
    left, right = found[found[:, 1] < 800], found[found[:, 1] > 800]
    assert left[:, 0].min() - right[:, 0].min() == 12 * 6
    assert right[:, 1].min() - left[:, 1].min() == pytest.approx((1564 - 64) / 2, abs=2)


def test_long_songs_get_rows_short_ones_get_one() -> None:
    heights = [piano_roll(unsung(long_song(bars))).height for bars in (4, 8, 16, 100, 400)]
    assert heights[0] == heights[1] < heights[2] < heights[3]
    assert heights[4] <= heights[3] * 1.4


def test_loud_notes_are_stronger_than_soft_ones() -> None:
    notes = (Note(0, 1, 60, 127), Note(2, 1, 60, 20))
    score = replace(long_song(1), parts=(Part("v", "melody", "flute", notes),))
    picture = piano_roll(score).crop((0, 112, WIDTH, 400))
    assert len(places(picture, LIGHT.roles["melody"])) > 100
    soft = mix(LIGHT.roles["melody"], LIGHT.raised, 0.45 + 0.55 * 20 / 127)
    assert len(places(picture, soft)) > 100


def test_words_stand_under_their_notes() -> None:
    score = replace(
        long_song(2),
        parts=(Part("v", "vocals", "x", (Note(0, 1, 60, 60, "la"), Note(4, 1, 60, 60, "lo"))),),
        chords=(),
        sections=(),
    )
    picture = piano_roll(score)
    found = places(
        picture.crop((0, picture.height - 60, WIDTH, picture.height)), LIGHT.roles["vocals"], 40
    )
    assert found[:, 1].min() == pytest.approx(64, abs=4)
    assert len(found[(found[:, 1] > 812) & (found[:, 1] < 840)]) > 10


@pytest.mark.parametrize("bars", [8, 64])
@pytest.mark.parametrize("text", ["strengths", "wondrously", "龘"])
def test_words_of_a_full_line_end_before_the_edge(text: str, bars: int) -> None:
    notes = tuple(Note(beat / 2, 0.5, 60, 90, text) for beat in range(bars * 8))
    full = replace(long_song(bars), parts=(Part("v", "vocals", "x", notes),), chords=())
    picture = piano_roll(full)
    found = places(picture, LIGHT.roles["vocals"], 60)
    assert found[:, 1].max() < WIDTH - 30
    assert found[:, 1].min() > 45


def test_words_of_a_late_voice_begin_under_it_where_they_are_close() -> None:
    notes = tuple(Note(20 + beat / 2, 0.5, 60, 90, "wond") for beat in range(23))
    score = replace(long_song(8), parts=(Part("v", "vocals", "x", notes),), chords=(), sections=())
    picture = piano_roll(score)
    foot = picture.height - 60
    sung = places(picture.crop((0, foot - 150, WIDTH, foot - 20)), LIGHT.roles["vocals"], 60)
    words = places(picture.crop((0, foot, WIDTH, picture.height)), LIGHT.roles["vocals"], 40)
    assert abs(words[:, 1].min() - sung[:, 1].min()) < 40


def test_syllables_keep_apart_in_their_order() -> None:
    line = [(100.0 + 10 * index, "syllable") for index in range(12)]
    found = [x for x, _ in placed(line, 15, 1000)]
    letters = ink.font(15)
    assert letters is not None
    width = letters.getlength("syllable")
    assert min(after - before for before, after in pairwise(found)) > width
    assert found[-1] + width <= 1000


def test_without_a_chinese_font_the_picture_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    score = replace(long_song(2), title="Song")
    sung = Part("v", "vocals", "x", (Note(0, 1, 60, 60, "午"), Note(1, 1, 60, 60, "饭")))
    chinese = replace(score, parts=(sung,))
    monkeypatch.setattr(ink, "_font_folders", lambda: [tmp_path])
    ink._han_font.cache_clear()
    ink.font.cache_clear()
    try:
        without = piano_roll(chinese)
        english = piano_roll(replace(score, parts=(replace(sung, notes=()),)))
        assert ink.font_for("午饭", 18) is None
        note = (900, 60, WIDTH, 100)
        assert places(english.crop(note), LIGHT.soft, 30).size == 0
        assert places(without.crop(note), LIGHT.soft, 30).size > 100
    finally:
        ink._han_font.cache_clear()
        ink.font.cache_clear()


def test_sections_of_one_name_share_a_colour_others_differ() -> None:
    names = ["intro", "verse", "chorus", "verse", "bridge", "outro"]
    colours = {name: LIGHT.section(name, names) for name in names}
    assert len(set(colours.values())) == 5


def test_scores_with_nothing_in_them_can_be_drawn() -> None:
    empty = replace(long_song(1), parts=(), chords=(), sections=(), title="", genre="")
    assert piano_roll(empty).width == WIDTH
    many = tuple(Part(f"an instrument number {n}", "melody", "x", ()) for n in range(12))
    long_name = "a very long name of a song " * 20
    assert piano_roll(replace(long_song(1), parts=many, title=long_name)).width == WIDTH
    assert pictures.piano_roll(song(), "Wonder\n午饭").width == WIDTH
