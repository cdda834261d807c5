"""How bars of a section come again, and where its harmony rests."""

import random

import pytest

from pipelines.pocket.music.asking import melody_range
from pipelines.pocket.music.plan import SongPlan, plan_piece
from pipelines.pocket.music.repeats import FREE, HOOKS, SCHEMES, Source, head, scheme_of, source_of
from pipelines.pocket.music.tokens import FIRST, chord_of
from pipelines.pocket.music.wishes import wish


def test_schemes_say_what_follows_what() -> None:
    assert source_of("ABCDabEF", 2) is None
    assert source_of("ABCDabEF", 5) == Source(1, is_rhythm_only=True)
    assert source_of("ABACDBEF", 2) == Source(0, is_rhythm_only=False)
    assert [head(each) for each in ("ABCDABEF", "ABabCDEF", FREE)] == [4, 2, 8]
    # Another eight bars begin like the first.
    assert source_of("ABCDABEF", 9) == Source(1, is_rhythm_only=False)
    assert source_of("ABCDABEF", 14) is None


@pytest.mark.parametrize("phrase", [1, 2, 4, 8])
def test_every_bar_follows_an_earlier_one(phrase: int) -> None:
    for seed in range(20):
        scheme = scheme_of("verse", phrase, random.Random(seed))
        sources = [(bar, source_of(scheme, bar)) for bar in range(24)]
        assert all(source is None or source.bar < bar for bar, source in sources)


def test_choruses_always_take_something_up_and_shares_are_whole() -> None:
    assert all(head(scheme) < 8 for scheme, _ in HOOKS)
    for schemes in (SCHEMES, HOOKS):
        assert sum(share for _, share in schemes) == pytest.approx(1)


def test_harmony_comes_home_over_the_dominant() -> None:
    ends = []
    for seed in range(12):
        piece = plan_piece(SongPlan(genre="folk", duration_s=60, mode="major"), seed)
        scene = next(each for each in piece.scenes if each.name == "verse")
        grid, _ = wish(piece, scene)
        given = [chord_of(token)[0] for token in grid.chord.tolist() if token >= FIRST]
        ends.append(given[-2:])
    assert [7, 0] in ends and any(end != [7, 0] for end in ends)


def test_a_chorus_lies_above_a_verse() -> None:
    piece = plan_piece(SongPlan(genre="pop", duration_s=90), 1)
    ranges = {scene.name: melody_range(piece, scene) for scene in piece.scenes}
    assert ranges["chorus"][0] > ranges["verse"][0]
    assert ranges["chorus"][1] > ranges["verse"][1]
