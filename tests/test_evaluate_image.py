"""The evaluation of pictures: prompt set, colour measure, judge, table and sheet.

Real drawings that the judge never learned from lie in tests/golden/judge.
"""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from studio.errors import RequestError, ResourceError, WeightsError
from studio.evaluate import (
    _colours,
    _judge,
    _prompts,
    _styles,
    _table,
    _traits,
    image,
    sheet,
    suites,
)
from studio.evaluate._judge import FOLDER, Judge
from studio.evaluate._prompts import SUITES, Prompt, Score, chosen, prompts
from studio.media import Image

DRAWINGS = Path(__file__).parent / "golden" / "judge"
FACTS = [json.loads(line) for line in (DRAWINGS / "drawings.jsonl").read_text("utf-8").splitlines()]
MIDDLE = np.s_[16:48, 16:48]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.load()


def drawing(name: str) -> np.ndarray:
    """A held-out drawing, uint8 (128, 128, 4)."""
    return np.asarray(Pictures.open(DRAWINGS / name).convert("RGBA"))


def blob(
    colour: tuple[int, int, int], behind: tuple[int, int, int] = (255, 255, 255)
) -> np.ndarray:
    """A square of one colour on another, 64 px."""
    picture = np.full((64, 64, 3), behind, np.uint8)
    picture[MIDDLE] = colour
    return picture


def prompt(suite: str, **want: object) -> Prompt:
    return Prompt(0, suite, "a", "一", {"concepts": [], **want}, is_quick=True)


def test_the_suites_of_pictures_are_found() -> None:
    assert {"image", "sheet"} <= set(suites())


def test_every_prompt_is_said_in_both_languages() -> None:
    for each in prompts():
        assert re.search(r"[a-zA-Z]", each.en), each
        assert not re.search(r"[一-鿿]", each.en), each
        assert re.search(r"[一-鿿]|[A-Z0-9]", each.zh), each
        assert "{" not in each.en + each.zh, each


def test_the_prompts_cover_what_has_to_be_measured() -> None:
    quick = Counter(each.suite for each in chosen())
    full = Counter(each.suite for each in chosen(is_full=True))
    assert set(quick) == set(SUITES)
    assert quick["concept"] >= 400
    assert full["concept"] >= 800
    asked = {each.want["concepts"][0] for each in chosen(is_full=True) if each.suite == "concept"}
    assert len(asked) == full["concept"], "a concept is asked for twice"
    assert {each.aspect for each in chosen() if each.suite == "count"} == {"1", "2", "3", "4"}
    assert {each.aspect for each in chosen() if each.suite == "position"} == set(_judge.HALVES)
    assert len({each.aspect for each in chosen() if each.suite == "style"}) == 9


def test_everything_asked_for_is_known_to_the_judge(judge: Judge) -> None:
    asked = {c for each in prompts() for c in each.want["concepts"] + each.want.get("others", [])}
    assert asked <= set(judge.concepts)
    assert {each.want["style"] for each in prompts() if each.suite == "style"} <= set(judge.styles)
    assert judge.counts == ("1", "2", "3", "4")


def test_english_words_agree_with_their_article() -> None:
    wrong = re.compile(r"\b(a [aei](?!uro|we)\w+|an [b-df-gj-np-tv-z]\w+)", re.IGNORECASE)
    assert [m.group() for each in prompts() for m in wrong.finditer(each.en)] == []


def test_a_limit_is_spread_over_all_suites() -> None:
    few = chosen(60)
    assert 50 <= len(few) <= 70
    assert {each.suite for each in few} == set(SUITES)


def test_a_limit_too_small_for_all_suites_is_refused() -> None:
    with pytest.raises(RequestError, match="give 6 or more"):
        chosen(3)


@pytest.mark.parametrize("name", _colours.NAMES)
def test_a_plain_colour_is_called_by_its_name(name: str) -> None:
    for shade in _colours.SHADES[name]:
        behind = (255, 255, 255) if name != "white" else (20, 20, 20)
        assert _colours.background(blob((0, 90, 200), shade)) == name
        assert _colours.thing_colour(blob(shade, behind)) == name


def test_nothing_behind_a_sticker_is_called_transparent() -> None:
    assert _colours.background(drawing(FACTS[0]["file"])) == _colours.TRANSPARENT


def test_outlines_and_highlights_do_not_hide_a_colour() -> None:
    picture = blob((40, 150, 60))
    picture[16:20, 16:48] = 0
    picture[30:36, 30:36] = 255
    assert _colours.thing_colour(picture) == "green"


def test_an_empty_picture_has_no_thing() -> None:
    assert _colours.thing_colour(np.full((64, 64, 3), 255, np.uint8)) is None


def test_the_judge_recognises_most_drawings_it_never_saw(judge: Judge) -> None:
    opinions = judge.look_at_all([drawing(each["file"]) for each in FACTS])
    right = [o.is_among([f["concept"]]) for o, f in zip(opinions, FACTS, strict=True)]
    assert sum(right) / len(right) >= 0.75


def test_the_judge_does_not_recognise_noise(judge: Judge) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3), np.uint8)
    opinions = judge.look_at_all(list(noise))
    right = [o.is_among([f["concept"]]) for o, f in zip(opinions, FACTS[:8], strict=True)]
    assert sum(right) <= 1


def test_an_opinion_is_the_same_alone_and_in_company(judge: Judge) -> None:
    pictures = [drawing(each["file"]) for each in FACTS[:5]]
    alone, together = judge.look(pictures[0]), judge.look_at_all(pictures)[0]
    assert alone.order[:5] == together.order[:5]


def test_the_style_of_a_drawing_is_the_same_at_any_size(judge: Judge) -> None:
    for each in FACTS[:5]:
        large = np.kron(drawing(each["file"]), np.ones((4, 4, 1), np.uint8))
        larger = np.kron(large, np.ones((2, 2, 1), np.uint8))
        assert judge.look(large).style == judge.look(larger).style


def test_the_judge_tells_the_styles_of_most_drawings_it_never_saw(judge: Judge) -> None:
    shown = [np.kron(drawing(each["file"]), np.ones((2, 2, 1), np.uint8)) for each in FACTS]
    found = [opinion.style for opinion in judge.look_at_all(shown)]
    right = [style == each["style"] for style, each in zip(found, FACTS, strict=True)]
    # The drawings are kept at half the size that styles are told at.
    assert sum(right) / len(right) >= 0.5


def test_an_even_picture_has_one_colour_and_no_edges() -> None:
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[32:96, 32:96] = (200, 30, 40)
    which, how_often = _traits.counted(picture)
    kind = _traits.kinds(which)
    names = list(_traits.KINDS)
    fine = which[kind == names.index("fine colour")]
    assert fine.tolist() == [((200 >> 3) * 32 + (30 >> 3)) * 32 + (40 >> 3)]
    assert 60 * 60 <= how_often[0] <= 64 * 64
    assert (kind == names.index("colours that meet")).sum() == 1
    sums = [_traits.weighed(which, how_often)[:, kind == k].sum(1) for k in set(kind)]
    assert np.allclose(sums, 1)


def test_an_empty_picture_has_no_traits() -> None:
    which, how_often = _traits.counted(np.full((128, 128, 3), 255, np.uint8))
    assert len(which) == len(how_often) == 0
    odds = np.ones((3, _traits.TOTAL), np.int8)
    assert not _styles.speech(odds, which, how_often).any()


def test_traits_speak_by_kind_and_style() -> None:
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[32:96, 32:96] = (200, 30, 40)
    odds = np.zeros((2, _traits.TOTAL), np.int8)
    odds[1, : _traits.OFFSETS[1]] = _styles.ODDS_SCALE
    said = _styles.speech(odds, *_traits.counted(picture)).reshape(6, _traits.WEIGHINGS, 2)
    assert np.allclose(said[0], [[0, 1], [0, 1]])
    assert not said[1:].any()


def test_things_are_found_in_their_halves(judge: Judge) -> None:
    known = [f for f in FACTS if judge.look(drawing(f["file"])).is_among([f["concept"]])]
    first, second = known[0], known[1]
    side = drawing(first["file"]).shape[0]
    picture = np.full((side, 2 * side, 3), 255, np.uint8)
    for x, each in ((0, first), (side, second)):
        over = _colours.over_white(drawing(each["file"])).astype(np.uint8)
        picture[:, x : x + side] = over
    wide = np.full((2 * side, 2 * side, 3), 255, np.uint8)
    wide[side // 2 : side // 2 + side] = picture
    want = {"concepts": [first["concept"]], "others": [second["concept"]]}
    left = image.marks(judge, wide, prompt("position", relation="left of", **want))
    right = image.marks(judge, wide, prompt("position", relation="right of", **want))
    assert left == {"right": True, "order": True}
    assert right == {"right": False, "order": False}


def test_a_position_in_an_empty_picture_is_wrong(judge: Judge) -> None:
    empty = np.full((64, 64, 3), 255, np.uint8)
    asked = prompt("position", relation="above", concepts=["1f431"], others=["1f436"])
    assert image.marks(judge, empty, asked) == {"right": False, "order": False}


@pytest.mark.parametrize("name", [_judge.WEIGHTS, _styles.WEIGHTS])
def test_a_damaged_judge_is_refused(tmp_path: Path, name: str) -> None:
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / name
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        Judge.load(tmp_path)


def test_a_missing_judge_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="check out the assets"):
        Judge.load(tmp_path)


def _scores(right: float) -> list[Score]:
    scores = []
    for each in chosen(60):
        for number, language in enumerate(_prompts.LANGUAGES):
            is_right = (each.id * 7 + number) % 10 < right * 10
            marks = {"right": is_right, "first": is_right, "order": is_right, "alike": is_right}
            scores.append(Score(each, language, marks, seconds=0.5))
    return scores


def test_the_table_puts_each_measure_beside_its_target() -> None:
    result = _table.table(_scores(1.0), _judge.report())
    assert all(facts["is_reached"] for facts in result["measures"].values() if "target" in facts)
    reached = {name for name, facts in result["measures"].items() if "target" in facts}
    assert reached == {
        "concepts", "Chinese behind English", "styles", "colours", "counts", "positions",
    }  # fmt: skip
    page = _table.markdown({"family": "toy", "seed": 0, **result})
    assert "| styles | ≥ 90.0 % | 100.0 % | 100.0 % |" in page
    assert page.count("| yes |") == 6


def test_a_measure_below_its_target_is_not_reached() -> None:
    result = _table.table(_scores(0.0), _judge.report())
    assert not result["measures"]["styles"]["is_reached"]
    assert result["measures"]["concepts"]["of_real"] == 0


def test_chinese_far_behind_english_is_not_reached() -> None:
    scores = [Score(s.prompt, s.language, dict.fromkeys(s.marks, s.language == "en"))
              for s in _scores(1.0)]  # fmt: skip
    gap = _table.table(scores, _judge.report())["measures"]["Chinese behind English"]
    assert gap["all"] == 1.0
    assert not gap["is_reached"]


def test_an_interval_holds_the_share_and_narrows() -> None:
    low, high = _table.interval(8, 10)
    assert low < 0.8 < high
    narrow = _table.interval(800, 1000)
    assert narrow[1] - narrow[0] < high - low


def test_an_evaluation_runs_through_a_family(home: Path) -> None:
    said: list[str] = []
    result = image.evaluate("toy", limit=12, say=said.append)
    assert result["pictures"] == 2 * len(chosen(12))
    assert Path(result["report"]).is_relative_to(home)
    assert "| concepts |" in Path(result["report"]).read_text("utf-8")
    assert said[-1].startswith(f"{result['pictures']} of")
    again = image.evaluate("toy", limit=12, say=said.append)
    assert again["measures"] == result["measures"]


def test_the_sheet_has_64_prompts_in_both_languages() -> None:
    asked = sheet.prompts()
    assert len(asked) == 64
    assert 24 <= sum(bool(re.search(r"[一-鿿]", each)) for each in asked) <= 40


def test_a_sheet_is_drawn_with_captions(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    facts = sheet.evaluate("toy", out=out, limit=9)
    assert facts["pictures"] == 9
    drawn = np.asarray(Pictures.open(out).convert("RGB"))
    assert drawn.shape[1] == sheet.COLUMNS * (sheet.CELL + sheet.GAP) + sheet.GAP
    caption = drawn[sheet.GAP + sheet.CELL : sheet.GAP + sheet.CELL + 30, : sheet.CELL]
    assert (caption.min(axis=2) < 90).any()


def test_a_transparent_picture_is_shown_on_a_checkerboard() -> None:
    shown = np.asarray(sheet.cell(Image(np.zeros((64, 64, 4), np.uint8))))
    assert set(np.unique(shown)) == {232, 255}


def test_captions_break_at_spaces_and_between_chinese_characters() -> None:
    font = sheet.chinese_font()
    lines = sheet.wrap("a very long caption about a cat that sits on a mat in the sun", font, 150)
    assert len(lines) == 2
    assert lines[0].startswith("a very long") and not lines[0].endswith(" ")
    assert all(font.getlength(line) <= 150 for line in sheet.wrap("一" * 60, font, 150))
    assert sheet.wrap("一" * 60, font, 150)[-1].endswith("…")


def test_a_font_without_chinese_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sheet.FONT_VARIABLE, "/nowhere/font.ttf")
    sheet.chinese_font.cache_clear()
    with pytest.raises(ResourceError, match="fonts-noto-cjk"):
        sheet.chinese_font()
    sheet.chinese_font.cache_clear()
