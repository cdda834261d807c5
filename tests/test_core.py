"""Requests become files: the one way in, end to end with real parts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from studio import tag
from studio.core import Request, check, generate, job_of, replay, resolve
from studio.errors import Cancelled, OutOfMemory, PipelineError, RequestError
from studio.media import Image
from studio.record import Record, media_sha256
from studio.spec import Step
from studio.store import Store
from tests.conftest import toy_job


def toy(prompt: str = "a red cat", **more: object) -> Request:
    return Request(prompt, family="toy", **more)  # type: ignore[arg-type]


def pixels(path: Path) -> np.ndarray:
    with Picture.open(path) as picture:
        return np.asarray(picture)


def save_noise(path: Path, size: tuple[int, int] = (64, 64), mode: str = "RGB") -> Path:
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    noise = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    Picture.fromarray(noise).save(path)
    return path


def test_each_file_is_saved_before_the_next_is_started(store: Store) -> None:
    for number, made in enumerate(generate(toy(count=3), store=store), start=1):
        assert made.is_there and store.count() == number


def test_an_error_in_the_second_keeps_the_first(store: Store) -> None:
    jobs = [toy_job(), toy_job(fail="crash"), toy_job()]
    made = generate(jobs, store=store)
    first = next(made)
    with pytest.raises(PipelineError):
        next(made)
    assert store.library() == [first] and first.is_there


def test_running_out_of_memory_keeps_what_was_made(store: Store) -> None:
    made = generate([toy_job(), toy_job(fail="memory")], store=store)
    next(made)
    with pytest.raises(OutOfMemory):
        next(made)
    assert store.count() == 1


def test_cancelling_saves_nothing_of_the_running_one(store: Store) -> None:
    steps: list[Step] = []

    def cancel_in_second(step: Step) -> None:
        steps.append(step)
        if len(steps) == 6:
            raise Cancelled

    made = generate(toy(count=3, params={"steps": 4}), cancel_in_second, store)
    next(made)
    with pytest.raises(Cancelled):
        next(made)
    assert [each.index for each in steps] == [1, 2, 3, 4, 1, 2]
    assert len(list(store.outputs.iterdir())) == store.count() == 1


def test_what_is_wrong_is_said_when_asked_not_when_first_used() -> None:
    with pytest.raises(RequestError, match="width must be"):
        generate(toy(params={"width": 3}))


def test_the_same_seed_makes_the_same_pixels_in_a_batch_of_any_size(store: Store) -> None:
    alone = list(generate(toy(seed=12), store=store))
    batch = list(generate(toy(seed=10, count=4), store=store))
    assert [each.record.seed for each in batch] == [10, 11, 12, 13]
    assert np.array_equal(pixels(alone[0].path), pixels(batch[2].path))
    assert len({each.record.media_sha256 for each in batch}) == 4


def test_the_record_tells_everything_needed(store: Store) -> None:
    made = next(generate(toy(seed=3, params={"width": "72"}), store=store))
    record = json.loads(made.record.to_json())
    assert record["params"] == {
        "prompt": "a red cat",
        "seed": 3,
        "negative_prompt": "",
        "width": 72,
        "height": 64,
        "steps": 4,
        "colour": "any",
        "background": "plain",
        "strength": 0.6,
        "fail": "none",
        "step_seconds": 0.0,
    }
    assert {"torch", "diffusers", "numpy", "pillow", "studio", "python"} <= set(record["versions"])
    assert (record["kind"], record["family"], record["ai_generated"]) == ("image", "toy", True)
    assert record["created"].endswith("+00:00") and record["seconds"] >= 0
    assert record["digital_source_type"].endswith("/trainedAlgorithmicMedia")


def test_a_seed_is_drawn_when_none_is_given(store: Store) -> None:
    drawn = {resolve(toy())[0].seed for _ in range(5)}
    assert len(drawn) == 5


def test_a_replay_is_identical(store: Store) -> None:
    made = next(generate(toy(params={"background": "transparent"}), store=store))
    again = replay(made.path, store=store)
    assert again.path != made.path
    assert np.array_equal(pixels(made.path), pixels(again.path))
    assert check(made.path).is_same


def test_a_check_of_another_result_fails_and_says_what_changed(store: Store) -> None:
    made = next(generate(toy(), store=store))
    older = made.record.model_copy(
        update={"media_sha256": "0" * 64, "versions": {**made.record.versions, "torch": "1.0"}}
    )
    found = check(older, store=store)
    assert not found.is_same and found.expected == "0" * 64
    assert len(found.differences) == 1 and found.differences[0].startswith("torch was 1.0, is ")


def test_a_lossy_file_replays_to_the_same_pixels_as_were_made(store: Store) -> None:
    made = next(generate(toy(format="jpg"), store=store))
    assert check(made.path).is_same


def test_a_replay_may_change_an_option(store: Store) -> None:
    made = next(generate(toy(), store=store))
    again = replay(made.record, {"steps": 9}, store=store)
    assert again.record.params == {**made.record.params, "steps": 9}


def test_a_file_without_a_record_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"'a\.png' has no record"):
        replay(save_noise(tmp_path / "a.png"))


def test_private_means_that_no_text_is_kept_anywhere(store: Store, home: Path) -> None:
    secret = "zanzibar"
    params = {"negative_prompt": f"no {secret}", "image": save_noise(home / f"{secret}.png")}
    made = next(generate(toy(f"a {secret}", private=True, params=params), store=store))
    home.joinpath(f"{secret}.png").unlink()
    for file in (each for each in home.rglob("*") if each.is_file()):
        assert secret not in file.name and secret.encode() not in file.read_bytes()
    assert made.record.prompt is None
    with pytest.raises(RequestError, match="kept private; give it again"):
        check(made.path)
    texts = {"prompt": f"a {secret}", "negative_prompt": f"no {secret}"}
    assert check(made.path, texts).is_same
    assert replay(made.path, texts, store=store).record.is_private


def test_an_input_is_kept_so_that_the_original_may_go(store: Store, tmp_path: Path) -> None:
    given = save_noise(tmp_path / "photo.png")
    made = next(generate(toy(inputs=[given]), store=store))
    given.unlink()
    assert check(made.path).is_same
    assert [(each.field, each.name) for each in made.record.inputs] == [("image", "photo.png")]
    assert str(tmp_path) not in made.record.to_json()


def test_a_replay_may_take_another_input(store: Store, tmp_path: Path) -> None:
    first, other = save_noise(tmp_path / "a.png"), save_noise(tmp_path / "b.png", (48, 48))
    made = next(generate(toy(inputs=[first]), store=store))
    same, changed = replay(made.path), replay(made.path, {"image": other})
    assert same.record.inputs == made.record.inputs
    assert changed.record.inputs[0].name == "b.png"
    assert check(changed.path).is_same and not check(made.path, {"image": other}).is_same


def test_a_picture_made_here_becomes_the_parent(store: Store) -> None:
    first = next(generate(toy(), store=store))
    second = next(generate(toy(inputs=[first.path]), store=store))
    third = replay(second.path, store=store)
    assert second.record.parents == third.record.parents == (first.id,)


def test_an_input_may_have_a_name_that_is_no_text(store: Store, tmp_path: Path) -> None:
    given = save_noise(tmp_path / "a.png").rename(tmp_path / "caf\udce9.png")
    made = next(generate(toy(inputs=[given]), store=store))
    assert made.record.inputs[0].name == "caf?.png"


def test_an_input_that_changes_while_it_waits_is_refused(store: Store, tmp_path: Path) -> None:
    given = save_noise(tmp_path / "a.png")
    jobs = resolve(toy(inputs=[given]))
    save_noise(given, (32, 32))
    with pytest.raises(RequestError, match="changed since it was asked for"):
        next(generate(jobs, store=store))


def test_a_mask_limits_what_changes(store: Store, tmp_path: Path) -> None:
    given = save_noise(tmp_path / "a.png")
    mask = np.zeros((64, 64), dtype=np.uint8)
    mask[:, 32:] = 255
    Picture.fromarray(mask).save(tmp_path / "mask.png")
    params = {"image": given, "mask": tmp_path / "mask.png", "strength": 1}
    made = pixels(next(generate(toy(params=params), store=store)).path)
    assert np.array_equal(made[:, :32], pixels(given)[:, :32])
    assert not np.array_equal(made[:, 32:], pixels(given)[:, 32:])


def test_a_record_of_a_later_version_still_reads(store: Store) -> None:
    record = next(generate(toy(), store=store)).record
    text = json.dumps({**json.loads(record.to_json()), "schema_version": 2, "rights": {"a": 1}})
    assert Record.from_json(text).params == record.params


def test_a_record_of_an_unknown_family_is_a_clear_error(store: Store) -> None:
    record = next(generate(toy(), store=store)).record
    with pytest.raises(RequestError, match="no model 'gone'"):
        job_of(record.model_copy(update={"family": "gone"}))


def test_files_are_saved_where_asked_in_the_format_asked(store: Store, tmp_path: Path) -> None:
    for format in ("png", "jpg", "webp"):
        made = next(generate(toy(out_dir=tmp_path / "new" / "deep", format=format), store=store))
        assert made.path.parent == tmp_path / "new" / "deep"
        assert made.path.suffix == f".{format}" and tag.read(made.path) == made.record


def test_a_job_is_all_that_is_needed(store: Store) -> None:
    job = toy_job()
    again = replace(job, out_dir=None)
    first, second = generate([job, again], store=store)
    assert first.record.media_sha256 == second.record.media_sha256
    assert media_sha256(Image(pixels(first.path))) == first.record.media_sha256
