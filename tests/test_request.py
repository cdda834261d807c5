"""A request is completed until nothing is left to chance, or refused with a way out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from studio import backbone, registry
from studio.errors import RequestError, UnknownName
from studio.media import Audio
from studio.presets import Preset
from studio.request import MAX_COUNT, Request, resolve, take
from studio.sounds import containers
from studio.spec import MAX_SEED
from tests.test_pictures import big_png

TOY = registry.family("toy")
LOOK = Preset("wide", "toy", "Wide", "宽", {"width": 128, "height": 32})


def toy(prompt: str = "a red cat", **more: object) -> Request:
    return Request(prompt, family="toy", **more)  # type: ignore[arg-type]


def read(prompt: str, look: Preset | None = None, **given: object) -> dict[str, object]:
    taken = take(TOY, look, backbone.route(prompt, "image"), given)
    return {"count": taken.count, **taken.values}


def save(path: Path, size: tuple[int, int]) -> Path:
    Picture.fromarray(np.zeros((size[1], size[0], 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("", "prompt is empty; say what to make"),
        (" \n\t ", "prompt is empty"),
        ("\u200b\ufeff", "prompt is empty"),
        ("a" * 100_000, "prompt has 100,000 characters; at most 20,000"),
        ("a cat\x07 and a dog", r"control character \(U\+0007\) at place 6; remove it"),
        ("\x00\x01", r"control character \(U\+0000\) at place 1"),
        ("caf\udce9", r"control character \(U\+DCE9\) at place 4"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_refused(prompt: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        resolve(toy(prompt))


@pytest.mark.parametrize("prompt", ["🦊", "👩‍🚀", "猫", "?", "a\nb\tc", "7", "a" * 20_000])
def test_a_prompt_of_emoji_or_any_language_is_fine(prompt: str) -> None:
    assert resolve(toy(prompt))[0].params.prompt == prompt


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (Request("a", family="tow"), UnknownName, "no model 'tow'"),
        (toy(preset="nothing"), UnknownName, "no preset 'nothing'"),
        (toy(params={"widht": 3}), UnknownName, "no option 'widht'; did you mean width"),
        (toy(kind="smell"), UnknownName, "no kind 'smell'"),
        (toy(kind="song"), RequestError, "model 'toy' makes image, not song"),
        (toy(format="gif"), UnknownName, "no format 'gif'"),
        (toy(count=0), RequestError, f"count must be 1 to {MAX_COUNT}, got 0"),
        (toy(count=10**9), RequestError, f"count must be 1 to {MAX_COUNT}"),
        (toy(seed=-1), RequestError, "seed must be 0 to 4294967295, got -1"),
        (toy(seed=MAX_SEED, count=2), RequestError, "seed must be 0 to 4294967294"),
        (toy(params={"seed": "x"}), RequestError, "seed must be a whole number, got 'x'"),
        (toy(params={"width": 70}), RequestError, "width must be a multiple of 8"),
        (toy(params={"prompt": "b"}), RequestError, "prompt is not an option"),
        (toy(inputs=["a", "b", "c"]), RequestError, "toy takes at most 2 input files"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(
    request_: Request, error: type[RequestError], message: str
) -> None:
    with pytest.raises(error, match=message):
        resolve(request_)


def test_seeds_count_up_and_all_else_is_the_same() -> None:
    jobs = resolve(toy(seed=MAX_SEED - 1, count=2))
    assert [job.seed for job in jobs] == [MAX_SEED - 1, MAX_SEED]
    assert [(job.index, job.count) for job in jobs] == [(1, 2), (2, 2)]
    assert replace(jobs[0], params=jobs[1].params, index=2) == jobs[1]


def test_a_seed_may_come_as_an_option() -> None:
    assert resolve(toy(params={"seed": "12"}))[0].seed == 12
    assert resolve(toy(seed=3, params={"seed": 12}))[0].seed == 3


def test_the_prompt_says_how_many_and_which_shape() -> None:
    assert read("three pictures of a cat")["count"] == 3
    assert read("a picture of three cats")["count"] == 1
    wide = read("a cat, 16:9")
    assert (wide["width"], wide["height"]) == (88, 48)
    assert read("a cat, 512x256 px") == {"count": 1, "width": 512, "height": 256}


def test_what_was_given_beats_what_was_read() -> None:
    assert "height" not in read("a cat, 512x256 px", width=72)
    assert read("a cat, 512x256 px", width=72) == {"count": 1}


def test_what_was_read_beats_the_preset_and_keeps_its_number_of_pixels() -> None:
    square = read("a square picture of a cat", LOOK)
    assert (square["width"], square["height"]) == (64, 64)


def test_a_size_that_does_not_fit_keeps_its_shape_and_is_noted() -> None:
    taken = take(TOY, None, backbone.route("a cat, 3840x1920 px", "image"), {})
    assert taken.values == {"width": 88, "height": 48}
    assert taken.notes[0].startswith("not taken from the prompt: width must be 16 to 512, got 3840")


def test_inputs_fill_the_options_for_files_in_order(tmp_path: Path) -> None:
    picture, mask = save(tmp_path / "a.png", (20, 10)), save(tmp_path / "b.png", (20, 10))
    job = resolve(toy(inputs=[str(picture), mask]))[0]
    assert [(each.field, each.path) for each in job.inputs] == [("image", picture), ("mask", mask)]
    swapped = resolve(toy(inputs=[picture], params={"mask": mask}))[0]
    assert swapped.inputs == job.inputs


@pytest.mark.parametrize(
    ("prompt", "family", "field"),
    [
        ("music video: a fox on the moon", "pocket-video", "song"),
        ("a penguin surfing, camera pans left, 3 seconds", "pocket-video", "song"),
        ("go on, brighter", "pocket-music", "song"),
    ],
)
def test_a_song_is_gone_on_from_or_is_the_music_of_a_clip(
    prompt: str, family: str, field: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.wav"
    containers.encode(Audio(np.full((2, 44_100 * 9), 0.1, np.float32), 44_100), "wav", path)
    job = resolve(Request(prompt, inputs=[path], seed=1))[0]
    assert job.family.name == family
    assert getattr(job.params, field) == path


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    picture, mask = save(tmp_path / "a.png", (20, 10)), save(tmp_path / "b.png", (10, 20))
    with pytest.raises(RequestError, match="mask is 10x20 but the picture is 20x10"):
        resolve(toy(inputs=[picture, mask]))


def test_inputs_are_checked_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(RequestError, match=r"'text\.png' is not a picture"):
        resolve(toy(inputs=[tmp_path / "text.png"]))
    with pytest.raises(RequestError, match="at most 64 megapixels"):
        resolve(toy(inputs=[big_png(tmp_path / "big.png", 10_000, 10_000)]))
    with pytest.raises(RequestError, match="does not exist"):
        resolve(toy(params={"image": tmp_path / "none.png"}))


def test_an_option_of_another_kind_is_told_with_the_way_to_that_kind(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        resolve(Request("a red apple", params={"duration_s": 12}))
    assert str(caught.value) == (
        "pictures have no option 'duration_s', songs and clips have; the prompt reads as image: "
        "add --as song or --as video"
    )
    with pytest.raises(UnknownName, match="clips have; .* add --as video"):
        resolve(Request("a red apple", params={"camera": "pan left"}))
    with pytest.raises(UnknownName, match="did you mean variation"):
        resolve(Request("a red apple", kind="image", params={"duration_s": 12}))
