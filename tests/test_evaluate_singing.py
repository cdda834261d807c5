"""The measure of singing finds what was put into a tone: pitch, onsets, what is not there."""

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.evaluate._singing import RATE, measure
from studio.score import Note

PITCHES = (60, 64, 67, 65, 65, 72)
NOTES = [Note(1.0 + n, 1, pitch, 90, "la") for n, pitch in enumerate(PITCHES)]
TEMPO = 120


def toned(
    notes: list[Note], *, cents: float = 0, late_s: float = 0, gap_s: float = 0.06
) -> NDArray[np.float64]:
    """Each note as eight harmonics with a short silence before the next."""
    sound = np.zeros(round((notes[-1].end_beats * 60 / TEMPO + 0.5) * RATE))
    for note in notes:
        first = round((note.start_beats * 60 / TEMPO + late_s) * RATE)
        length = round((note.length_beats * 60 / TEMPO - gap_s) * RATE)
        hertz = 440 * 2 ** ((note.pitch + cents / 100 - 69) / 12)
        at = np.arange(length) / RATE
        tone = sum(np.sin(2 * np.pi * hertz * k * at) / k for k in range(1, 9))
        fade = np.clip(np.minimum(at, at[::-1]) / 0.005, 0, 1)
        sound[first : first + length] += 0.1 * tone * fade
    return sound


@pytest.mark.parametrize("shift", [-24, 0, 12])
def test_a_tone_on_its_notes_is_in_tune_and_in_time(shift: int) -> None:
    notes = [Note(n.start_beats, 1, n.pitch + shift, 90, "la") for n in NOTES]
    found = measure(toned(notes), RATE, notes, TEMPO)
    assert len(found.cents) > 400
    assert np.median(found.cents) < 3
    assert found.in_tune > 0.97
    assert found.onset_median_s < 0.012
    assert np.abs(found.onsets).max() < 0.03
    assert (found.syllables, found.unheard) == (6, ())


@pytest.mark.parametrize("octaves", [-1, 1])
def test_the_octave_is_heard(octaves: int) -> None:
    notes = [Note(n.start_beats, 1, n.pitch + 12 * octaves, 90, "la") for n in NOTES]
    assert measure(toned(notes), RATE, NOTES, TEMPO, octaves=None).in_tune > 0.97
    assert measure(toned(notes), RATE, NOTES, TEMPO).in_tune == 0


@pytest.mark.parametrize("cents", [-60, 20, 60])
def test_a_tone_beside_its_notes_is_found_so_far_off(cents: float) -> None:
    found = measure(toned(NOTES, cents=cents), RATE, NOTES, TEMPO)
    assert np.median(found.cents) == pytest.approx(abs(cents), abs=3)
    assert (found.in_tune > 0.9) == (abs(cents) < 35)


@pytest.mark.parametrize("late_s", [-0.08, 0.05, 0.1])
def test_late_and_early_onsets_are_found(late_s: float) -> None:
    found = measure(toned(NOTES, late_s=late_s), RATE, NOTES, TEMPO)
    assert np.median(found.onsets) == pytest.approx(late_s, abs=0.012)
    assert found.onset_median_s == pytest.approx(abs(late_s), abs=0.012)


def test_a_legato_onset_is_where_the_pitch_steps() -> None:
    notes = [Note(1.0 + n, 1, pitch, 90, "la") for n, pitch in enumerate((60, 64, 67, 62))]
    found = measure(toned(notes, gap_s=0), RATE, notes, TEMPO)
    assert found.onset_median_s < 0.02


def test_a_syllable_left_out_is_named_and_its_onset_is_wrong() -> None:
    pairs = zip(NOTES, "abcdef", strict=True)
    notes = [Note(note.start_beats, 1, note.pitch, 90, text) for note, text in pairs]
    found = measure(toned([notes[0], *notes[2:]]), RATE, notes, TEMPO)
    assert found.unheard == ("b",)
    assert abs(found.onsets[1]) >= 0.2


def test_a_held_syllable_is_one_and_silence_is_none() -> None:
    held = [Note(1, 1, 60, 90, "love"), Note(2, 1, 64, 90, "-")]
    assert measure(toned(held), RATE, held, TEMPO).syllables == 1
    silent = measure(np.zeros(RATE * 2), RATE, held, TEMPO)
    assert (silent.in_tune, silent.unheard) == (0, ("love",))
