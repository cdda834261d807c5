"""What the page can do, asked without a page: reading, making, variations, taking back."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from studio import registry
from studio.errors import RequestError
from studio.jobs import JobState
from studio.library import Artifact
from studio.score import Note, Part, Score, Section
from studio.sounds.midi import write_midi
from studio.ui import words
from studio.ui.desk import SHARED, SONG_VARIATIONS, VARIATIONS, Desk, Draft, Order, Unsure
from studio.ui.pictures import as_edited, input_files

TOY = Draft(prompt="a red cat", kind="image", family="toy")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(show_hidden=True)
    yield desk
    desk.jobs.close()


def finished(desk: Desk, job: str) -> JobState[Order, Artifact]:
    end = time.monotonic() + 300
    while not (state := desk.jobs.state(job)).is_finished:
        assert time.monotonic() < end, state
        time.sleep(0.01)
    return state


def made(desk: Desk, draft: Draft, shelf: str = SHARED) -> Artifact:
    state = finished(desk, desk.submit(draft, {}, shelf))
    assert state.error is None
    return state.made[0]


def test_an_unsure_prompt_is_asked_about_and_a_chosen_kind_is_not(desk: Desk) -> None:
    reading = desk.read(Draft("hello"))
    assert reading is not None and not reading.is_sure, "this test needs a prompt that is unclear"
    with pytest.raises(Unsure):
        desk.submit(Draft("hello"), {}, SHARED)
    assert made(desk, replace(TOY, prompt="hello")).record.family == "toy"


def test_an_empty_prompt_reads_as_nothing_and_cannot_be_made(desk: Desk) -> None:
    assert desk.read(Draft("  ")) is None
    with pytest.raises(RequestError, match="prompt is empty"):
        desk.submit(replace(TOY, prompt="  "), {}, SHARED)


def test_a_count_makes_that_many_with_seeds_that_follow(desk: Desk) -> None:
    state = finished(desk, desk.submit(replace(TOY, count=3).give("seed", 5), {}, SHARED))
    assert [each.record.seed for each in state.made] == [5, 6, 7]


def test_options_shown_are_those_that_would_be_used(desk: Desk) -> None:
    toy = registry.family("toy")
    values = desk.values(TOY.give("width", 128), toy)
    assert (values["width"], values["height"], values["seed"]) == (128, 64, None)
    with pytest.raises(RequestError, match="multiple of 8"):
        desk.values(TOY.give("width", 100), toy)


def test_settings_come_back_from_a_file_and_make_the_same_picture(desk: Desk) -> None:
    draft = TOY.give("width", 96).give("colour", "blue").give("steps", 6)
    first = made(desk, draft)
    record = desk.read_file(first.path)
    assert record is not None
    restored = desk.restore(record, SHARED).draft
    assert dict(restored.given) == {
        "width": 96, "colour": "blue", "steps": 6, "seed": record.seed
    }  # fmt: skip
    assert made(desk, restored).record.media_sha256 == record.media_sha256


def test_a_painted_part_becomes_a_mask_and_comes_back_as_paint(desk: Desk, tmp_path: Path) -> None:
    first = made(desk, TOY)
    paint = np.zeros((64, 64, 4), np.uint8)
    paint[8:24, 8:24] = (0, 128, 0, 160)
    PIL.Image.fromarray(paint).save(tmp_path / "layer.png")
    edited = {"background": str(first.path), "layers": [str(tmp_path / "layer.png")]}
    files = input_files(edited, registry.family("toy"), tmp_path)
    assert set(files) == {"image", "mask"}
    mask = np.asarray(PIL.Image.open(files["mask"]))
    assert mask[16, 16] == 255 and mask[40, 40] == 0

    second = finished(desk, desk.submit(TOY, files, SHARED)).made[0]
    assert second.record.parents == (first.id,)
    restored = desk.restore(second.record, SHARED)
    assert restored.picture is not None and restored.mask is not None
    shown = as_edited(restored.picture, restored.mask)
    assert np.asarray(shown["layers"][0])[16, 16, 3] > 0


def test_an_unpainted_copy_of_a_result_still_knows_what_it_comes_from(
    desk: Desk, tmp_path: Path
) -> None:
    first = made(desk, TOY)
    copy = tmp_path / "copy.png"
    PIL.Image.open(first.path).convert("RGBA").save(copy)
    files = input_files(
        {"background": str(copy), "layers": []}, registry.family("toy"), tmp_path, first.path
    )
    assert files == {"image": first.path}


def test_variations_start_from_the_picture_and_differ_from_each_other(desk: Desk) -> None:
    first = made(desk, TOY)
    state = finished(desk, desk.vary(first.id, SHARED))
    assert len({each.record.media_sha256 for each in state.made}) == VARIATIONS
    assert {each.record.parents for each in state.made} == {(first.id,)}


def test_a_finished_song_is_continued_rewritten_and_varied(desk: Desk) -> None:
    tune = Draft(prompt="a calm piano song", kind="song", family="pocket-music")
    quick = tune.give("duration_s", 6).give("vocals", "no").give("steps", 2)
    first = made(desk, quick)
    draft = desk.begin("continue", first.id, SHARED).give("added_s", 3)
    second = made(desk, draft)
    assert second.record.parents == (first.id,) and second.record.params["duration_s"] == 9
    restored = desk.restore(second.record, SHARED).draft
    assert dict(restored.given)["added_s"] == 3 and restored.start.startswith("input ")
    family = registry.family("pocket-music")
    assert desk.values(restored, family, desk.start_files(restored, family, SHARED))["added_s"] == 3

    third = made(desk, desk.begin("repaint", second.id, SHARED))
    assert (third.record.params["from_s"], third.record.params["to_s"]) == (3.0, 6.0)
    state = finished(desk, desk.vary(first.id, SHARED))
    assert state.error is None and len(state.made) == SONG_VARIATIONS
    assert {each.record.params["task"] for each in state.made} == {"vary"}
    assert len({each.record.media_sha256 for each in state.made}) == SONG_VARIATIONS


def test_a_tune_of_ones_own_is_accompanied_and_what_is_none_is_refused(
    desk: Desk, tmp_path: Path
) -> None:
    tune, text = tmp_path / "tune.mid", tmp_path / "tune.txt"
    notes = tuple(Note(beat, 1, 60 + beat % 5) for beat in range(16))
    part = Part("melody", "melody", "flute", notes)
    section = Section("verse", 0, 16)
    write_midi(Score(120, (4, 4), "C", "major", (part,), (), (section,), 16), tune)
    text.write_text("la la la")
    draft = Draft(prompt="a waltz", kind="song")
    brought = desk.bring(draft, tune, SHARED)
    family = registry.family(brought.family or "")
    assert brought.start.endswith("tune.mid")
    assert set(desk.start_files(brought, family, SHARED)) == {"melody"}
    with pytest.raises(RequestError, match=r"'tune.txt' is no sound and no MIDI file"):
        desk.bring(draft, text, SHARED)


def test_a_clip_of_ones_own_is_evened_out_and_what_is_none_is_refused(
    desk: Desk, tmp_path: Path
) -> None:
    clip, text = tmp_path / "holiday.mp4", tmp_path / "holiday.txt"
    toy = Draft("a ball", "video", "toy-clip", given=(("duration_s", 0.5),))
    shutil.copy(made(desk, toy).path, clip)
    text.write_text("we went to the sea")
    steady = Draft(family="pocket-steady")
    brought = desk.bring(steady, clip, SHARED)
    result = made(desk, brought)
    assert (result.record.family, result.record.kind) == ("pocket-steady", "video")
    assert desk.restore(result.record, SHARED).draft.start.split()[:2] == brought.start.split()[:2]
    with pytest.raises(RequestError, match=r"'holiday.txt' is not a clip; give an MP4"):
        desk.bring(steady, text, SHARED)


def test_visitors_of_a_public_page_see_their_own_results_only() -> None:
    desk = Desk(is_public=True, show_hidden=True)
    one, other = desk.new_shelf(), desk.new_shelf()
    artifact = made(desk, TOY, one)
    assert [each.id for each in desk.find(one, "", 10)] == [artifact.id]
    assert desk.find(other, "", 10) == []
    with pytest.raises(RequestError):
        desk.entry(artifact.id, "../" + one)
    desk.jobs.close()


def test_at_home_everybody_shares_one_library(desk: Desk) -> None:
    artifact = made(desk, TOY, desk.new_shelf())
    assert [each.id for each in Desk().find(SHARED, "red cat", 10)] == [artifact.id]
    desk.remove(artifact.id, SHARED)
    assert desk.find(SHARED, "", 10) == []
    assert not artifact.path.exists()


def test_every_phrase_is_there_in_every_language_with_the_same_placeholders() -> None:
    for key, row in words.WORDS.items():
        assert len(row) == len(words.LANGUAGES) and all(row), key
        holes = [sorted(_placeholders(phrase)) for phrase in row]
        assert holes[0] == holes[1], key
    assert len(words.EXAMPLES["en"]) == len(words.EXAMPLES["zh"])


def _placeholders(phrase: str) -> list[str]:
    import string

    return [name for _, name, _, _ in string.Formatter().parse(phrase) if name]
