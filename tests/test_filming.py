"""Music videos: the song first, a clip for each scene, one file that ends with its song."""

from pathlib import Path

import numpy as np
import pytest

from studio import beats, core, filming, storyboard, tag
from studio.engine import Engine
from studio.errors import Cancelled, RequestError
from studio.media import Audio, Media
from studio.request import Job, Request, resolve
from studio.spec import OnStep, Step
from studio.store import Store
from tests.test_soundtracks import RATE, Players, saved

BOARD = """
[[scene]]
start_s = 0
prompt = "a red ball"
[[scene]]
start_s = 2
prompt = "a blue ball"
[[scene]]
start_s = 3.5
prompt = "a red ball"
"""


def film_job(**params: object) -> Job:
    values = {"scenes": True, "duration_s": 6, "fps": 12, **params}
    request = Request("music video: a red ball", family="toy-clip", params=values, seed=5)
    return resolve(request)[0]


def filmed(job: Job, engine: Engine | None = None) -> filming.Film:
    return filming.film(job, engine or Players(), lambda step: None)


def test_the_clip_is_exactly_as_long_as_asked_and_ends_with_its_song() -> None:
    made = filmed(film_job(duration_s=9.5))
    assert len(made.clip.frames) == 114
    assert made.clip.audio is not None
    assert abs(made.clip.audio.duration_s - 9.5) <= 1 / RATE
    assert len(made.scenes) == len(made.board.scene) >= 2


def test_each_scene_is_cut_where_the_board_says_and_the_same_words_look_the_same() -> None:
    made = filmed(film_job(storyboard=BOARD))
    frames = list(made.clip.frames)
    assert [job.prompt for job in made.scenes] == ["a red ball", "a blue ball", "a red ball"]
    assert {job.seed for job in made.scenes} == {5}
    jumps = [
        float(np.abs(a.astype(int) - b).mean()) for a, b in zip(frames, frames[1:], strict=False)
    ]
    # The first frame of a scene is the 25th and the 43rd.
    assert set(np.argsort(jumps)[-2:]) == {23, 41}
    assert np.array_equal(frames[0], frames[42])


def test_the_same_seed_makes_the_same_film() -> None:
    assert filmed(film_job()).clip == filmed(film_job()).clip


def test_a_song_of_ones_own_is_cut_to(tmp_path: Path) -> None:
    job = film_job(song=saved(tmp_path, 6))
    made = filmed(job)
    assert made.song is None and made.clip.audio is not None
    assert abs(made.clip.audio.duration_s - 6) <= 1 / RATE


@pytest.mark.parametrize(
    ("board", "reason"),
    [
        (BOARD.replace("3.5", "5.9"), "starts at 5.9 s, the clip lasts 6 s"),
        (BOARD.replace('"a blue ball"', '"a blue ball"\nlens = "wide"'), "lens"),
    ],
)
def test_a_board_that_cannot_be_is_refused_before_anything_is_made(board: str, reason: str) -> None:
    class Idle(Players):
        def run(self, job: object, on_step: OnStep) -> Media:  # pyright: ignore[reportIncompatibleMethodOverride]
            raise AssertionError("something was made")

    with pytest.raises(RequestError, match=reason):
        filmed(film_job(storyboard=board), Idle())


def test_a_scene_that_cannot_be_is_named_with_its_line_when_it_is_asked_for() -> None:
    """Also in a forecast: `resolve` looks at the whole board, and makes nothing."""
    board = BOARD.replace('"a blue ball"', '"a blue ball"\ncamera = "sideways"')
    board = board.replace("3.5", "3.5\ncamera_strength = 9")
    asked = {"scenes": True, "duration_s": 6, "storyboard": board}
    with pytest.raises(RequestError) as caught:
        resolve(Request("a red ball", family="pocket-video", params=asked, seed=5))
    told = "storyboard scene 2 (line 5): camera must be one of static, pan left"
    assert str(caught.value).startswith(told)
    assert str(caught.value).endswith("got 'sideways' (and 1 more problem)")


def test_progress_counts_to_its_total_once_and_a_film_can_be_cancelled() -> None:
    told: list[tuple[int, int]] = []
    filming.film(film_job(storyboard=BOARD), Players(), lambda s: told.append((s.index, s.total)))
    assert told == [(index, filming.TICKS) for index in range(1, filming.TICKS + 1)]

    def stop(step: Step) -> None:
        if step.index > filming.TICKS / 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        filming.film(film_job(storyboard=BOARD), Players(), stop)


def test_the_file_keeps_its_storyboard_and_can_be_made_again(tmp_path: Path) -> None:
    store, players = Store(tmp_path), Players()
    made = next(iter(core.generate([film_job()], store=store, engine=players)))
    record = tag.read(made.path)
    assert record is not None and record.soundtrack is not None
    board = storyboard.read(record.params["storyboard"])
    assert board.character == "a red ball" and len(board.scene) >= 1
    assert core.check(made.path, store=store, engine=players).is_same


def test_a_recording_is_cut_on_the_bars_that_are_heard() -> None:
    times = np.arange(16 * RATE) / RATE
    clicks = (times % 0.5 < 0.02) * np.sin(2 * np.pi * 900 * times) * (1 + (times % 2 < 0.02))
    sound = Audio(np.stack([clicks, clicks]).astype(np.float32) * 0.4, RATE)
    form = beats.form_of(None, sound)
    assert len(form.bars_s) >= 6
    off = [abs(each / 0.5 - round(each / 0.5)) * 0.5 for each in form.beats_s]
    assert float(np.median(off)) < 0.04


def test_what_has_no_bars_is_no_error() -> None:
    silent = Audio(np.zeros((2, 3 * RATE), np.float32), RATE)
    assert beats.form_of(None, silent).bars_s == ()
