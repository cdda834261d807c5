"""What a prompt asks for where no word says it: words by themselves, and the whole text."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipelines.pocket import kind_reader
from studio.backbone import evidence, leanings, linear, meaning, route
from studio.errors import WeightsError


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("tango between two skeletons, animated", "video"),
        ("两具骷髅跳探戈,动画", "video"),
        ("a flag fluttering, forever", "video"),
        ("visuals for a dj set, melting chrome shapes", "video"),
        ("水獭牵手的短片,配lofi", "video"),
        ("what would it look like if a skyscraper took a step", "video"),
        ("bass leaping out of the lake in slow motion", "video"),
        ("i want to cry in the car to this", "song"),
        ("dorian vamp for my students to improvise over", "song"),
        ("like the end credits of a film where everybody dies", "song"),
        ("a riff so dirty it needs a bath", "song"),
        ("a largemouth bass on a hook, field guide plate", "image"),
        ("a nocturne in blue and silver, harbour at night", "image"),
        ("cards for handing out, I tune pianos, elegant, serif", "image"),
        ("longhorn skull with bluebonnets growing out of it", "image"),
        ("航拍视角的梯田照片", "image"),
        ("分镜第三格:侦探推开冰箱,低角度", "image"),
    ],
)  # fmt: skip
def test_a_prompt_that_names_its_medium_badly_or_not_at_all_is_routed(
    prompt: str, kind: str
) -> None:
    assert route(prompt).kind == kind


def test_a_word_that_no_prompt_had_and_no_lexicon_has_leans_to_what_it_means() -> None:
    def leaning(word: str) -> int:
        parts = leanings.weighed(tuple(leanings.find(word)), 1.0)
        return int(np.sum([part[3] for part in parts], axis=0).argmax())

    assert [linear.KINDS[leaning(word)] for word in ("cantata", "lithograph", "documentary")] == [
        "song", "image", "video"
    ]  # fmt: skip


def test_the_opening_of_a_text_ends_at_a_link_or_a_mark() -> None:
    found = {each.piece: each.is_opening for each in leanings.find("Blue owl on a branch, tired")}
    assert found["blue"] and found["owl"]
    assert not (found["on"] or found["branch"] or found["tired"])


def test_what_is_refused_or_written_in_another_script_leans_nowhere() -> None:
    said = {each.piece for each in evidence.understand("a fox, no violins").leanings}
    assert "fox" in said and "violins" not in said
    assert evidence.understand("一只狐狸").leanings == ()
    assert leanings.weighed((), 1.0) == []


def test_a_damaged_table_of_words_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leanings, "FILE", str(tmp_path / "none.npz"))
    leanings.table.cache_clear()
    try:
        with pytest.raises(WeightsError, match=r"none\.npz cannot be read .*training\.leanings"):
            leanings.table()
    finally:
        leanings.table.cache_clear()


def test_words_that_lean_are_among_the_reasons_at_their_place() -> None:
    prompt = "a lithograph of two herons"
    shown = {(why.word, why.start, why.end) for why in route(prompt).why}
    assert ("lithograph", 2, 12) in shown


def test_the_whole_text_decides_where_words_leave_doubt_and_says_so() -> None:
    got = route("rock skips five times and sinks")
    assert got.kind == "video"
    assert any(why.word == meaning.NAME and why.says == "video" for why in got.why)


def test_the_reader_gives_the_same_numbers_each_time_and_reads_a_long_text_whole() -> None:
    reader = kind_reader.load()
    assert reader.scores("a cat") == reader.scores("a cat")
    filler = "a quiet village by the sea in the morning light " * 12
    drawn, sung = (reader.scores(filler + end) for end in ("", "set to music as a slow waltz"))
    assert sung[1] > drawn[1]


def test_a_reader_of_another_pocket_text_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(kind_reader.ASSETS / kind_reader.WEIGHTS)
    path = tmp_path / kind_reader.WEIGHTS
    save_file(tensors, path, metadata={kind_reader.TEXT: "0" * 64})
    _manifest(path)
    with pytest.raises(WeightsError, match=r"belong to pocket-text 0{12}.*training\.kinds"):
        kind_reader.read(tmp_path)


def test_damaged_weights_of_the_reader_are_told(tmp_path: Path) -> None:
    path = tmp_path / kind_reader.WEIGHTS
    path.write_bytes((kind_reader.ASSETS / kind_reader.WEIGHTS).read_bytes())
    _manifest(path)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match=re.escape(f"{path} are damaged")):
        kind_reader.read(tmp_path)


def _manifest(path: Path) -> None:
    from studio.weights import MANIFEST, file_sha256

    (path.parent / MANIFEST).write_text(json.dumps({path.name: file_sha256(path)}))
