"""What every clip may be asked: length, frames, sound."""

import pytest

from studio import forms
from studio.clips import ClipParams
from studio.core import Job, Request, generate, job_of, resolve
from studio.engine import Engine
from studio.errors import RequestError
from studio.store import Store


def filled(**values: object) -> ClipParams:
    params = forms.fill(ClipParams, {"prompt": "a whale", **values})
    assert isinstance(params, ClipParams)
    return params


@pytest.mark.parametrize("fps", [8, 12, 24, 25, 30, 60])
def test_a_clip_has_as_many_frames_as_length_and_rate_say(fps: int) -> None:
    assert filled(duration_s=2.5, fps=fps).frame_count == round(2.5 * fps)


@pytest.mark.parametrize("frames", [8, 47, 49, 1001])
@pytest.mark.parametrize("fps", [12, 24, 25, 60])
def test_a_number_of_frames_is_kept_exactly(frames: int, fps: int) -> None:
    assert filled(frames=frames, fps=fps).frame_count == frames


def test_a_frame_rate_may_be_typed() -> None:
    assert filled(fps="30", duration_s="2").frame_count == 60
    with pytest.raises(RequestError, match="^fps must be one of 8, 12, 24"):
        filled(fps="23")


@pytest.mark.parametrize("frames", ["0", 0, -3, 1_000_000, "many"])
def test_an_impossible_number_of_frames_is_refused_in_a_line(frames: object) -> None:
    with pytest.raises(RequestError, match="^frames must be") as caught:
        filled(frames=frames)
    assert "\n" not in str(caught.value)


def test_a_length_beside_frames_that_come_to_another_is_refused_and_both_are_named() -> None:
    with pytest.raises(RequestError) as caught:
        filled(frames=48, duration_s="4", fps=24)
    assert str(caught.value) == (
        "frames=48 at 24 a second last 2 s, but duration_s is 4; leave one of them out"
    )
    assert filled(frames=48, duration_s=2).frame_count == 48
    assert filled(frames=48, duration_s=1.6, fps=30).frame_count == 48


def test_frames_that_are_given_take_the_place_of_a_presets_length() -> None:
    asked = {"family": "pocket-video", "preset": "slow-zoom", "seed": 1}
    assert length(resolve(Request("a cat", **asked))[0]) == 4
    assert length(resolve(Request("a cat", **asked, params={"frames": "48"}))[0]) == 2


def test_a_length_that_is_given_takes_the_place_of_recorded_frames(
    store: Store, engine: Engine
) -> None:
    asked = {"frames": 12, "width": 32, "height": 32}
    made = next(
        generate(Request("a", family="toy-clip", seed=1, params=asked), None, store, engine)
    )
    assert length(job_of(made.record, store)) == 0.5
    assert length(job_of(made.record, store, {"duration_s": 2})) == 2
    with pytest.raises(RequestError, match="frames=12 .* but duration_s is 2"):
        job_of(made.record, store, {"duration_s": 2, "frames": 12})


def length(job: Job) -> float:
    assert isinstance(job.params, ClipParams)
    return job.params.frame_count / job.params.fps


@pytest.mark.parametrize("given", [{"music": "calm jazz"}, {"lyrics": "la la"}])
def test_a_silent_clip_takes_no_music(given: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="silent clip; leave out soundtrack=none"):
        filled(soundtrack="none", **given)


def test_a_music_video_is_as_long_as_a_verse_and_a_chorus_or_as_asked() -> None:
    assert filled(scenes="true").duration_s == 24
    assert filled(scenes=True, duration_s=10).duration_s == 10


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"scenes": True, "soundtrack": "none"}, "leave out soundtrack=none or scenes"),
        ({"storyboard": "x = 1"}, "give scenes=true too"),
    ],
)
def test_scenes_need_a_song_and_a_storyboard_needs_scenes(
    given: dict[str, object], reason: str
) -> None:
    with pytest.raises(RequestError, match=reason):
        filled(**given)


def test_values_survive_the_way_through_a_record() -> None:
    made = filled(frames=49, fps=24)
    again = forms.fill(ClipParams, made.model_dump(mode="json"))
    assert again == made


def test_each_option_has_its_chinese_words() -> None:
    without = [each.name for each in forms.controls(ClipParams) if not each.label_zh]
    assert not without


def test_a_silent_clip_of_a_preset_with_music_leaves_its_music_out() -> None:
    asked = {"family": "pocket-video", "preset": "dance-party", "seed": 1}
    heard = resolve(Request("a panda", **asked))[0].params
    assert isinstance(heard, ClipParams)
    assert heard.music and heard.accents == "on"
    silent = Request("a panda", **asked, params={"soundtrack": "none"})
    for job in (resolve(silent)[0], resolve(Request("a panda", **asked, format="gif"))[0]):
        params = job.params
        assert isinstance(params, ClipParams)
        assert (params.soundtrack, params.music, params.accents) == ("none", "", "auto")
    with pytest.raises(RequestError, match="music was given for a silent clip"):
        resolve(Request("a", **asked, params={"soundtrack": "none", "music": "calm jazz"}))
