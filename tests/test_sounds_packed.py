"""A score packed into a line of text comes back as it was, or is refused."""

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import RequestError
from studio.score import Chord, Note, Part, Score, Section
from studio.sounds.packed import VERSION, pack, unpack

SCORE = Score(
    tempo_bpm=93.3,
    metre=(6, 8),
    key="Bb",
    mode="dorian",
    parts=(
        Part(
            "vocals", "vocals", "温柔女声", (Note(1 / 3, 0.1 + 0.2, 64, 80, "你"), Note(2, 1, 62))
        ),
        Part("drums", "drums", "acoustic kit", (Note(0, 0.25, 36, 127),)),
    ),
    chords=(Chord(0, 3, 10, "min7"), Chord(3, 3, 3, "maj", 7)),
    sections=(Section("verse", 0, 6),),
    length_beats=6.000001,
    title='a "title"',
    genre="folk",
    take=2**32 - 1,
    is_loop=True,
)

beats = st.floats(0, 1000, allow_nan=False)
notes = st.builds(
    Note,
    beats,
    st.floats(1e-6, 100),
    st.integers(0, 127),
    st.integers(1, 127),
    st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=4),
)


def packed(change: dict[str, object]) -> str:
    text = zlib.decompress(base64.b64decode(pack(SCORE).partition(":")[2]))
    data = json.dumps(json.loads(text) | change)
    return f"{VERSION}:" + base64.b64encode(zlib.compress(data.encode())).decode()


@given(st.lists(notes, max_size=6))
def test_a_score_comes_back_to_the_last_bit(line: list[Note]) -> None:
    score = replace(SCORE, parts=(replace(SCORE.parts[0], notes=tuple(line)),))
    assert unpack(pack(score)) == score


def test_the_text_has_no_character_that_a_container_would_change() -> None:
    assert unpack(pack(SCORE)) == SCORE
    assert pack(SCORE).isascii() and " " not in pack(SCORE) and pack(SCORE).isprintable()


def test_another_version_says_which_it_is() -> None:
    with pytest.raises(RequestError, match=r"studio\.score/9"):
        unpack(pack(SCORE).replace("score/1", "score/9"))


@pytest.mark.parametrize(
    "change",
    [
        {"tempo_bpm": 0}, {"tempo_bpm": float("nan")}, {"tempo_bpm": "fast"}, {"metre": [0, 4]},
        {"metre": [4]}, {"key": "H"}, {"mode": "blue"}, {"parts": [["a"]]}, {"parts": 7},
        {"chords": [[0, 1, 0, "odd"]]}, {"length_beats": float("inf")},
        {"parts": [["a", "melody", "piano", [[0, 0, 60]]]]},
    ],
)  # fmt: skip
def test_what_is_no_score_is_refused_in_one_line(change: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="damaged") as caught:
        unpack(packed(change))
    assert "\n" not in str(caught.value)


def test_a_text_cut_short_and_a_bomb_are_refused() -> None:
    whole = pack(SCORE)
    bomb = base64.b64encode(zlib.compress(b" " * 50_000_000)).decode()
    for text in (whole[:-8], whole[:40], f"{VERSION}:", f"{VERSION}:%%", f"{VERSION}:{bomb}"):
        with pytest.raises(RequestError, match="damaged"):
            unpack(text)
