"""pocket-video with its real weights: what a creator relies on."""

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.pocket_video import FAMILY
from pipelines.temporal.flow import optical_flow
from pipelines.temporal.measure import measured
from studio import tag
from studio.core import Job, Request, generate, resolve
from studio.engine import Engine
from studio.errors import Cancelled, RequestError
from studio.frames import same_frames
from studio.media import Video
from studio.spec import Step, unwatched
from studio.store import Store

FAST = {
    "width": 256, "height": 256, "fps": 8, "steps": 3, "soundtrack": "none", "camera": "static",
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture, 320 × 240 px, whose halves differ."""
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[:, :160] = (220, 40, 40)
    pixels[:, 160:] = (40, 60, 220)
    pixels[80:160, 120:200] = (250, 220, 60)
    path = tmp_path / "photo.png"
    Pillow.fromarray(pixels).save(path)
    return path


def asked(prompt: str = "a red apple", seed: int = 7, **params: Any) -> Job:
    return resolve(
        Request(prompt, kind="video", family=FAMILY.name, seed=seed, params={**FAST, **params})
    )[0]


def made(engine: Engine, prompt: str = "a red apple", **params: Any) -> Video:
    clip = engine.run(asked(prompt, **params), unwatched)
    assert isinstance(clip, Video)
    return clip


def motion(clip: Video) -> float:
    """How much frames differ from the first one, in levels."""
    first = clip.frames[0].astype(int)
    return float(np.mean([np.abs(frame.astype(int) - first).mean() for frame in clip.frames]))


@pytest.mark.parametrize(
    ("frames", "fps", "width", "height"), [(9, 12, 320, 256), (8, 60, 256, 296)]
)
def test_a_clip_has_exactly_the_frames_rate_and_size_asked_for(
    engine: Engine, frames: int, fps: int, width: int, height: int
) -> None:
    clip = made(engine, frames=frames, fps=fps, width=width, height=height)
    assert tuple(clip.frames.shape) == (frames, height, width, 3)
    assert clip.fps == fps


def test_things_move_as_strongly_as_asked(engine: Engine) -> None:
    clips = [made(engine, "a cat dancing", motion_strength=each) for each in (0, 0.3, 1)]
    assert motion(clips[0]) == 0 < motion(clips[1])
    slow, fast = (measured(clip.frames, clip.fps).motion_sides_per_s for clip in clips[1:])
    assert slow < fast


@pytest.mark.parametrize(("camera", "right"), [("pan left", 1), ("pan right", -1)])
def test_a_pan_moves_the_scene_the_other_way(engine: Engine, camera: str, right: int) -> None:
    clip = made(engine, "a castle at sunset", camera=camera, duration_s=1, motion_strength=0)
    first, later = clip.frames[3], clip.frames[4]
    assert np.median(optical_flow(first, later)[..., 0]) * right > 2


def test_a_picture_is_animated_in_its_own_shape(engine: Engine, photo: Path) -> None:
    clip = made(engine, "it moves", image=photo, width=None, height=None, frames=8)
    assert (clip.width, clip.height) == (592, 440)
    given = np.asarray(Pillow.open(photo).resize((592, 440)))
    assert np.abs(clip.frames[0].astype(int) - given).mean() < 3


def test_a_clip_begins_with_one_picture_and_ends_with_another(engine: Engine, photo: Path) -> None:
    last = photo.with_name("last.png")
    Pillow.open(photo).rotate(180).save(last)
    clip = made(engine, "it turns", image=photo, last_image=last, width=320, height=240 + 16)
    wanted = np.asarray(Pillow.open(last).resize((320, 256)))
    assert np.abs(clip.frames[-1].astype(int) - wanted).mean() < 8
    assert np.abs(clip.frames[0].astype(int) - wanted).mean() > 30


def test_the_end_of_a_loop_goes_over_into_its_start(engine: Engine) -> None:
    clip = made(engine, "a fish swimming", loop=True, camera="pan left", fps=12)
    frames = [frame.astype(int) for frame in clip.frames]
    steps = [np.abs(b - a).mean() for a, b in zip(frames, frames[1:], strict=False)]
    assert np.abs(frames[-1] - frames[0]).mean() <= 1.2 * max(steps)


def test_a_stopped_clip_goes_on_with_the_same_pixels(engine: Engine, home: Path) -> None:
    job = asked("a fox in the snow", duration_s=5)
    clip = engine.run(job, unwatched)
    assert isinstance(clip, Video)
    whole = np.stack(list(clip.frames))
    del clip

    def stop(step: Step) -> None:
        if step.index > step.total * 0.8:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.run(job, stop)
    kept = list((home / "unfinished-clips").glob("*/*.frames"))
    assert [path.name for path in kept] == ["window-0000.frames"]
    written = kept[0].stat().st_mtime_ns
    times: list[int] = []

    def watch(step: Step) -> None:
        if kept[0].exists():
            times.append(kept[0].stat().st_mtime_ns)

    again = engine.run(job, watch)
    assert isinstance(again, Video) and same_frames(again.frames, whole)
    assert set(times) == {written}
    del again
    assert not list((home / "unfinished-clips").iterdir())


def test_a_clip_that_was_stopped_while_it_was_saved_goes_on_with_its_windows(
    engine: Engine, store: Store, home: Path
) -> None:
    job, made_windows = asked("a fox in the snow", duration_s=4, steps=2), home / "unfinished-clips"

    def stop(step: Step) -> None:
        if step.index == step.total - 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        next(generate([job], stop, store, engine))
    windows = list(made_windows.glob("*/*.frames"))
    assert windows and not list(store.outputs.glob("*"))
    written = {path: path.stat().st_mtime_ns for path in windows}
    seen: list[dict[Path, int]] = []

    def watch(step: Step) -> None:
        seen.append({path: path.stat().st_mtime_ns for path in made_windows.glob("*/window*")})

    assert next(generate([job], watch, store, engine)).path.is_file()
    assert seen[0] == written
    gc.collect()
    assert not list(made_windows.iterdir())


def test_the_scores_of_a_clip_are_in_its_record(engine: Engine, store: Store) -> None:
    job = asked("a cat", frames=8)
    record = tag.read(next(generate([job], store=store, engine=engine)).path)
    assert record is not None
    assert 0.5 < record.scores["subject_consistency"] <= 1
    assert record.scores["motion_sides_per_s"] >= 0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"frames": 0}, "frames"),
        ({"frames": 1_000_000}, "frames"),
        ({"duration_s": 0}, "duration_s"),
        ({"width": 333}, "width"),
        ({"camera": "sideways"}, "camera"),
        ({"fps": 1000}, "fps"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(params: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says) as refused:
        asked(**params)
    assert "\n" not in str(refused.value)


def test_a_text_file_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    with pytest.raises(RequestError, match="is not a picture"):
        asked(image=path)
    with pytest.raises(RequestError, match="is not a picture"):
        asked(last_image=path)


def test_a_loop_has_no_last_picture(photo: Path) -> None:
    with pytest.raises(RequestError, match="leave out loop or last_image"):
        asked(loop=True, last_image=photo)
