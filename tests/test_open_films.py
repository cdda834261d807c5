"""Music videos by open video models: each scene a clip from its own words, cut on the beats."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio import core, filming, storyboard, tag
from studio.engine import Engine
from studio.errors import RequestError
from studio.media import Video
from studio.request import Job, Request, resolve
from studio.store import Store
from studio.videos.encode import encode
from tests.test_soundtracks import saved
from tests.tiny import tiny

FPS, LENGTH_S = 16, 2.4
BOARD = """
[[scene]]
start_s = 0
prompt = "a red cat"
[[scene]]
start_s = 0.8125
prompt = "a red cat on a boat"
[[scene]]
start_s = 1.625
prompt = "a red cat"
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(device="cpu")
    yield engine
    engine.clear()


def film_job(own: Path, model: str = "wan", **params: Any) -> Job:
    values = {"scenes": True, "song": own, "duration_s": LENGTH_S, "width": 64, "height": 64}
    values |= {"steps": 2, "checkpoint": str(tiny(model)), **params}
    values = {name: value for name, value in values.items() if value is not None}
    return resolve(Request("music video: a red cat", family=model, params=values, seed=5))[0]


def test_each_scene_is_a_clip_from_its_own_words_cut_where_the_board_says(
    engine: Engine, tmp_path: Path
) -> None:
    job = film_job(saved(tmp_path, 3), fps=FPS, storyboard=BOARD)
    made = next(core.generate([job], store=Store(tmp_path), engine=engine))
    record = tag.read(made.path)
    assert record is not None and record.params["storyboard"].count("[[scene]]") == 3
    film = filming.film(job, engine, lambda step: None)
    assert len(film.clip.frames) == round(LENGTH_S * FPS) and film.clip.audio is not None
    assert [each.prompt for each in film.scenes] == [
        "a red cat", "a red cat on a boat", "a red cat",
    ]  # fmt: skip
    assert {each.seed for each in film.scenes} == {5}
    counts = storyboard.frame_counts(film.board, round(LENGTH_S * FPS), FPS)
    # The model makes 4k + 1 frames; what is past the cut is left out.
    assert counts == (13, 13, 12)
    frames = list(film.clip.frames)
    assert (frames[0] == frames[26]).all(), "the same words and seed, another picture"
    assert (frames[0] != frames[13]).any()


def test_a_plan_says_the_camera_in_words_where_a_model_reads_them(
    engine: Engine, tmp_path: Path
) -> None:
    job = film_job(saved(tmp_path, 9), duration_s=8)
    board = filming.board_of(job, engine, lambda step: None)
    assert len(board.scene) >= 2
    for scene in board.scene:
        assert scene.camera == "" and ", the camera " in scene.prompt


def test_a_film_is_forecast_as_its_scenes_are(tmp_path: Path) -> None:
    published = {"fps": FPS, "checkpoint": None, "width": None, "height": None}
    one = film_job(saved(tmp_path, 3), **published, duration_s=4)
    long = film_job(saved(tmp_path, 3), **published, duration_s=60)
    assert one.family.ladder is not None
    short, many = (one.family.ladder(each.params, "cpu")[0] for each in (one, long))
    assert many.ram_bytes == short.ram_bytes and many.device_bytes == short.device_bytes
    assert 14 < many.flops / short.flops < 16


def test_a_model_with_sound_of_its_own_is_cut_on_a_song_in_a_music_video(tmp_path: Path) -> None:
    job = film_job(saved(tmp_path, 3), "ltx2")
    assert job.params.model_dump()["soundtrack"] == "song"
    with pytest.raises(RequestError, match="scenes are cut on a song; leave out soundtrack=own"):
        film_job(saved(tmp_path, 3), "ltx2", soundtrack="own")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"duration_s": 14, "scenes": False}, "set duration_s to 10.0417 or less"),
    ({"duration_s": 14, "storyboard": BOARD}, "storyboard scene 3 (line 8): 297 frames are more"),
]


@pytest.mark.parametrize(("params", "words"), REFUSED)
def test_what_it_cannot_film_is_refused_before_any_work(
    params: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(RequestError, match=re.escape(words)):
        film_job(saved(tmp_path, 3), **params)


def test_a_clip_to_start_from_is_for_one_scene(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    encode(Video(np.zeros((24, 64, 64, 3), np.uint8), 24.0), "mp4", clip)
    with pytest.raises(RequestError, match="video is for one scene; leave out video or scenes"):
        film_job(saved(tmp_path, 3), video=clip)
