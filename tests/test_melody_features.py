"""What a melody is like in numbers."""

import numpy as np
import pytest

from studio.evaluate._melody import (
    Excerpt,
    as_long,
    compare,
    cut,
    features,
    histograms,
    measure,
    overlap,
)
from studio.score import Chord, Note


def excerpt(pitches: list[int], length: float = 1.0, bars: int = 2) -> Excerpt:
    notes = tuple(Note(n * length, length, p) for n, p in enumerate(pitches))
    return Excerpt(notes, (Chord(0, bars * 4, 0, "maj"),), 4, bars)


def test_a_chord_melody_is_all_chord_tones() -> None:
    found = features(excerpt([60, 64, 67, 72] * 2))
    assert found["chord_tone_share"] == 1
    assert found["scale_consistency"] == 1
    assert found["groove_consistency"] == 1
    assert found["self_similarity"] == 1
    assert found["range"] == 12
    assert found["notes_a_beat"] == 1


def test_other_notes_lower_the_shares() -> None:
    found = features(excerpt([60, 61, 62, 63, 64, 65, 66, 67]))
    assert found["chord_tone_share"] == pytest.approx(3 / 8)
    assert found["scale_consistency"] < 0.8
    assert found["pitch_class_entropy"] == pytest.approx(3.0)
    assert found["self_similarity"] == 0


def test_histograms_count_steps_and_lengths() -> None:
    found = histograms([excerpt([60, 62, 64, 62], 0.5, bars=1)])
    assert found["intervals"][12 + 2] == pytest.approx(2 / 3)
    assert found["intervals"][12 - 2] == pytest.approx(1 / 3)
    assert found["lengths"][1] == 1
    assert all(h.sum() == pytest.approx(1) for h in found.values())


def test_overlap_is_one_for_the_same_and_none_for_what_is_apart() -> None:
    rng = np.random.default_rng(0)
    near, also, far = rng.normal(0, 1, 400), rng.normal(0, 1, 400), rng.normal(30, 1, 400)
    assert overlap(near.tolist(), near.tolist()) == pytest.approx(1)
    assert overlap(near.tolist(), also.tolist()) > 0.9
    assert overlap(near.tolist(), far.tolist()) < 0.01


def test_a_set_overlaps_with_itself() -> None:
    some = [excerpt([60, 62, 64, 67, 65 + n % 3, 64, 62, 60]) for n in range(9)]
    found = measure(some)
    assert all(value == pytest.approx(1, abs=1e-3) for value in compare(found, found).values())


def test_an_excerpt_is_cut_to_its_first_bars() -> None:
    found = cut(excerpt([60, 62, 64, 65, 67, 69, 71, 72], 1.5, bars=3), 1)
    assert [note.pitch for note in found.notes] == [60, 62, 64]
    assert (found.bars, found.notes[-1].end_beats) == (1, 4)


def test_tunes_are_compared_with_excerpts_of_their_own_length() -> None:
    rng = np.random.default_rng(1)
    long = [excerpt((60 + rng.integers(0, 12, 32)).tolist(), bars=8) for _ in range(60)]
    short = measure([cut(each, 2) for each in long])
    cuts = {2: short, 8: measure(long)}
    assert compare(short, as_long(cuts, [2] * 9))["range"] == pytest.approx(1, abs=0.02)
    assert compare(short, as_long(cuts, [8] * 9))["range"] < 0.9
    mixed = as_long(cuts, [2, 2, 8])
    assert len(mixed.scalars["range"]) == 60
    assert sum(mixed.histograms["lengths"]) == pytest.approx(1, abs=1e-3)
