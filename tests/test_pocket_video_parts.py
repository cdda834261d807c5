"""The parts of pocket-video that need no network: camera, plan, words, scenes, finished windows."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.pocket.video.behind import Apart
from pipelines.pocket.video.camera import MOVES, Camera, CameraName
from pipelines.pocket.video.hints import KNOWN, Asked, hint_for
from pipelines.pocket.video.kept import FORGOTTEN_S, Kept, forget_old
from pipelines.pocket.video.morph import Morph, way_over
from pipelines.pocket.video.motions import BY_NAME
from pipelines.pocket.video.plan import KEYS, plan
from pipelines.pocket.video.scene import Scene, covering, fit, wanted_size
from pipelines.pocket.video.steady import steadied
from pipelines.pocket.video.things import things_on_nothing
from pipelines.pocket.video.windows import between
from pipelines.pocket.video.words import drawn, moving
from studio.frames import same_frames

STILL = torch.zeros(2, 16, 16)


def seen_at(camera: Camera, time_s: float, place: tuple[float, float]) -> tuple[float, float]:
    """Where in the frame something at a place of the scene is."""
    found = np.linalg.inv(camera.matrix(time_s)) @ np.array([*place, 1])
    return float(found[0] / found[2]), float(found[1] / found[2])


def camera(
    name: CameraName, strength: float = 1.0, aspect: float = 1.0, is_loop: bool = False
) -> Camera:
    return Camera(name, strength, 2.0, aspect, is_loop)


def dot(size: int = 256, at: tuple[int, int] = (128, 128), ground: int = 255) -> np.ndarray:
    """A red square of 64 px on a ground of one grey."""
    picture = np.full((size, size, 3), ground, np.uint8)
    picture[at[1] - 32 : at[1] + 32, at[0] - 32 : at[0] + 32] = (220, 30, 40)
    return picture


def centre_of_red(frame: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero((frame[..., 0] > 150) & (frame[..., 1] < 120))
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize(
    ("name", "right", "down"),
    [("pan left", 1, 0), ("pan right", -1, 0), ("tilt up", 0, 1), ("tilt down", 0, -1)],
)
def test_the_scene_goes_the_other_way_than_the_camera(
    name: CameraName, right: int, down: int
) -> None:
    start, end = (seen_at(camera(name), t, (0, 0)) for t in (0, 2))
    assert np.sign(round(end[0] - start[0], 6)) == right
    assert np.sign(round(end[1] - start[1], 6)) == down


@pytest.mark.parametrize(
    ("name", "grows"), [("zoom in", True), ("dolly in", True), ("zoom out", False)]
)
def test_zooming_in_makes_things_larger_and_out_smaller(name: CameraName, grows: bool) -> None:
    start, end = (seen_at(camera(name), t, (0.5, 0))[0] for t in (0, 2))
    assert (end > start * 1.2) == grows


@pytest.mark.parametrize("name", MOVES)
def test_a_loop_of_the_camera_ends_where_it_began(name: CameraName) -> None:
    looped = camera(name, is_loop=True)
    np.testing.assert_allclose(looped.matrix(0), looped.matrix(2.0), atol=1e-9)


@pytest.mark.parametrize("name", MOVES)
def test_without_strength_the_camera_shows_the_scene_as_it_is(name: CameraName) -> None:
    np.testing.assert_allclose(camera(name, strength=0.0).matrix(1.3), np.eye(3), atol=1e-12)


@pytest.mark.parametrize("name", MOVES)
def test_the_camera_never_jumps(name: CameraName) -> None:
    path = [seen_at(camera(name), i / 24, (0.4, 0.3)) for i in range(49)]
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 0.06
    assert np.abs(np.diff(steps)).max() < 0.02


@pytest.mark.parametrize("name", MOVES)
def test_the_scene_is_as_wide_as_the_camera_looks(name: CameraName) -> None:
    for aspect in (0.5, 1.0, 2.0):
        each = camera(name, aspect=aspect)
        frame = (round(256 * aspect), 256)
        width, height = wanted_size(each, frame)
        for time_s in np.linspace(0, 2, 7):
            for x, y in ((-aspect, -1), (aspect, -1), (-aspect, 1), (aspect, 1)):
                place = each.matrix(float(time_s)) @ np.array([x, y, 1])
                assert abs(place[0] / place[2]) <= width / 256 + 0.02
                assert abs(place[1] / place[2]) <= height / 256 + 0.02


@given(
    frames=st.integers(1, 4000),
    fps=st.sampled_from([8, 12, 24, 25, 30, 60]),
    is_loop=st.booleans(),
    speed=st.sampled_from([0.5, 1, 1.6]),
)
def test_every_frame_of_a_plan_lies_in_one_window(
    frames: int, fps: int, is_loop: bool, speed: float
) -> None:
    planned = plan(frames, fps, is_loop, speed)
    found = [i for window in range(planned.windows) for i in planned.frames_of(window)]
    assert found == list(range(frames))
    for window in range(planned.windows):
        for frame in planned.frames_of(window):
            place = planned.place(frame)
            assert place.window == window
            assert -1e-6 <= place.key < (KEYS + 1e-6 if planned.is_round else KEYS - 1 + 1e-6)
            assert 0 <= place.share <= 1


def test_motion_is_smooth_from_window_to_window_and_a_loop_closes() -> None:
    planned = plan(240, 24, is_loop=True)
    assert planned.windows > 1
    phase = torch.arange(KEYS) / KEYS * 2 * math.pi
    wave = torch.sin(phase)[:, None, None, None].expand(KEYS, 2, 4, 4)
    rounds = [wave * (i + 1) for i in range(planned.windows)]
    ways = []
    for frame in range(planned.frame_count + 1):
        place = planned.place(frame % planned.frame_count)
        here = between(rounds[place.window], place.key, True)
        there = between(rounds[planned.following(place.window)], place.key, True)
        ways.append(float(torch.lerp(here, there, place.share)[0, 0, 0]))
    assert np.abs(np.diff(ways)).max() < 0.6
    assert np.abs(np.diff(ways, 2)).max() < 0.12
    assert abs(ways[0] - ways[-1]) < 1e-5


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a penguin surfing a big wave, camera pans left", "a penguin surfing a big wave"),
        ("video of a cat dancing, zoom in", "a cat dancing"),
        ("a drone shot of a castle", "a castle"),
        ("slow motion clip of a dog running, seamless loop", "a dog running"),
        ("a 4 second clip of a rocket flying into space with epic music",
         "a rocket flying into space"),
        ("一只猫在跳舞，镜头左移", "一只猫在跳舞"),
        ("一段3秒的视频：熊猫吃竹子，镜头慢慢拉近", "熊猫吃竹子"),
        ("a man with a camera", "a man with a camera"),
        ("a video camera on a tripod", "a video camera on a tripod"),
        ("camera", "camera"),
    ],
)  # fmt: skip
def test_camera_length_and_sound_are_not_drawn(prompt: str, expected: str) -> None:
    assert drawn(prompt) == expected


def test_a_motion_is_said_in_the_language_of_the_prompt() -> None:
    assert moving("a cat, zoom in", "jump") == "a cat, jumps"
    assert moving("一只猫", "jump") == "一只猫，跳起来"
    assert moving("a cat", "any") == "a cat"


def test_a_still_scene_seen_by_a_still_camera_is_the_picture_itself() -> None:
    picture = dot()
    scene = Scene(picture, (128, 128), (256, 256), True)
    rest = camera("static").matrix(1)
    np.testing.assert_array_equal(scene.shown(STILL, rest), picture)


def test_things_go_where_their_paths_say_and_leave_what_is_behind_them() -> None:
    paths = torch.zeros(KEYS, 2, 16, 16)
    paths[1:, 0, 5:11, 5:11] = 2
    for ground in (255, 90):
        picture = dot(ground=ground)
        small = picture[::2, ::2].copy()
        scene = Scene.of(picture, small, paths, (256, 256))
        moved = scene.shown(paths[1], camera("static").matrix(0))
        assert centre_of_red(moved)[0] - centre_of_red(picture)[0] == pytest.approx(32, abs=2)
        left = moved[110:146, 90:110].astype(int)
        assert np.abs(left - ground).max() < 25


def test_a_thing_before_a_painted_background_takes_nothing_of_it_along() -> None:
    paths = torch.zeros(KEYS, 2, 16, 16)
    paths[1:, 0, 3:13, 3:13] = 2
    picture = dot(ground=90)
    picture[:, ::8] = 140
    picture[96:160, 96:160] = (220, 30, 40)
    small = picture[::2, ::2].copy()
    mask = np.zeros((128, 128), bool)
    mask[48:80, 48:80] = True
    moved = Scene.of(picture, small, paths, (256, 256), Apart(mask)).shown(
        paths[1], camera("static").matrix(0)
    )
    assert centre_of_red(moved)[0] - centre_of_red(picture)[0] == pytest.approx(32, abs=2)
    np.testing.assert_array_equal(moved[:80], picture[:80])
    np.testing.assert_array_equal(moved[:, :80], picture[:, :80])


def test_a_named_motion_is_done_by_what_the_words_speak_of_first() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    masks = []
    for left in (16, 80):
        colours[48:80, left : left + 32] = (220, 30, 40)
        masks.append((colours[..., 1] < 50) & (np.arange(128)[None] // 64 == left // 64))
    things = things_on_nothing(colours, masks[:1], masks[1:])
    hint = hint_for(Asked("jump", 0.5, True), things, 7)
    assert hint is not None
    assert hint[:, 1, 7, 3].min() < -0.5
    assert hint[:, :, 7, 12].abs().max() == 0
    assert hint[0].abs().max() < 1e-6
    assert hint_for(Asked("any", 0.5, True), things, 7) is None
    assert hint_for(Asked("jump", 0.5, True), [], 7) is None


@pytest.mark.parametrize("name", [*BY_NAME, *KNOWN])
def test_a_named_motion_of_a_round_ends_where_it_began(name: str) -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[32:96, 32:96] = (220, 30, 40)
    hint = hint_for(Asked(name, 0.5, True), things_on_nothing(colours), 3)
    assert hint is not None
    steps = torch.cat([hint, hint[:1]]).diff(dim=0)[:, :, 4:12, 4:12].norm(dim=1).amax((1, 2))
    assert steps[-1] <= steps.max() * 1.05 + 1e-6


def test_a_spin_of_a_round_is_one_whole_turn() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[32:96, 32:96] = (220, 30, 40)
    hint = hint_for(Asked("spin", 0.5, True), things_on_nothing(colours), 3)
    assert hint is not None
    way = hint[:, :, 4, 4].numpy() + np.array([4 - 7.5, 4 - 7.5])
    far = np.linalg.norm(way, axis=1)
    assert far.max() - far.min() < 0.01
    turned = np.unwrap(np.arctan2(way[:, 1], way[:, 0]))
    assert abs(turned[-1] - turned[0]) == pytest.approx(2 * math.pi * 15 / 16, abs=0.01)


def test_a_thing_upside_down_in_a_spin_is_in_one_piece() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[32:96, 32:96] = (220, 30, 40)
    hint = hint_for(Asked("spin", 0.5, True), things_on_nothing(colours), 3)
    assert hint is not None
    scene = Scene.of(colours, colours, hint, (128, 128))
    shown = scene.shown(hint[KEYS // 2], camera("static").matrix(0))
    assert abs(shown.astype(int) - colours).max(-1)[36:92, 36:92].max() < 12


def test_things_on_nothing_shrink_until_a_pan_keeps_them_in_sight() -> None:
    picture = dot(128, (64, 64))
    picture[4:124, 4:124] = (220, 30, 40)
    paths = torch.zeros(KEYS, 2, 16, 16)
    assert fit(picture, paths, camera("static"), (1, 1)) == 1
    assert fit(picture, paths, camera("pan left"), (1, 1)) < 0.9


def test_a_covering_size_keeps_the_shape() -> None:
    assert covering((144, 112), (512, 512)) == (658, 512)


def test_a_thing_that_turns_keeps_its_shape_and_trembling_is_evened_out() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[16:112, 16:112] = (220, 30, 40)
    things = things_on_nothing(colours)
    y, x = torch.meshgrid(torch.arange(16.0) - 7.5, torch.arange(16.0) - 7.5, indexing="ij")
    turn = torch.linspace(0, 0.3, KEYS)[:, None, None]
    turned = torch.stack([x * (turn.cos() - 1) - y * turn.sin(),
                          x * turn.sin() + y * (turn.cos() - 1)], 1)  # fmt: skip
    inside = (slice(None), slice(None), slice(3, 13), slice(3, 13))
    torch.testing.assert_close(steadied(turned, things)[inside], turned[inside], atol=0.02, rtol=0)
    noise = torch.randn(turned.shape, generator=torch.Generator().manual_seed(1)) * 0.2
    before = (noise[inside]).std()
    after = (steadied(turned + noise, things) - turned)[inside].std()
    assert after < before * 0.5


def test_a_morph_begins_with_the_first_picture_and_ends_with_the_last() -> None:
    first, last = dot(at=(100, 128)), dot(at=(140, 128))
    morph = Morph(first, last)
    np.testing.assert_array_equal(morph.at(way_over(0)), first)
    np.testing.assert_array_equal(morph.at(way_over(1)), last)
    assert centre_of_red(morph.at(0.5))[0] == pytest.approx(119.5, abs=3)


def test_a_finished_window_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    kept = Kept(tmp_path, "clip", (32, 32))
    frames = [np.full((32, 32, 3), i, np.uint8) for i in range(5)]
    assert kept.read(0, 5) is None
    kept.write(0, frames)
    found = kept.read(0, 5)
    assert found is not None and all(map(np.array_equal, found, frames))

    def cut_short():
        yield frames[0]
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        kept.write(1, cut_short())
    assert kept.read(1, 5) is None
    assert [path.name for path in kept.folder.iterdir()] == ["window-0000.frames"]


def test_a_finished_clip_leaves_nothing_behind_and_one_that_was_not_saved_can_go_on(
    tmp_path: Path,
) -> None:
    kept = Kept(tmp_path, "clip", (32, 32))
    frames = [np.full((32, 32, 3), i, np.uint8) for i in range(5)]
    kept.write(0, frames[:2])
    kept.write(1, frames[2:])
    clip = kept.finished([2, 3])
    assert clip.shape == (5, 32, 32, 3) and np.array_equal(clip[-1], frames[-1])
    # Set aside: the same clip is made anew beside it.
    assert kept.read(0, 2) is None and same_frames(clip, np.stack(frames))
    clip.keep()
    assert kept.read(0, 2) is not None and kept.read(1, 3) is not None
    saved = kept.finished([2, 3])
    assert pickle.loads(pickle.dumps(saved))[4][0, 0, 0] == 4
    del saved
    assert not list(kept.folder.parent.iterdir())


def test_what_nobody_comes_back_for_is_forgotten(tmp_path: Path) -> None:
    import os
    import time

    for name, age_s in (("old", FORGOTTEN_S + 60), ("new", 60)):
        kept = Kept(tmp_path, name, (16, 16))
        kept.write(0, [np.zeros((16, 16, 3), np.uint8)])
        then = time.time() - age_s
        os.utime(kept.folder, (then, then))
    forget_old(tmp_path)
    assert [path.name for path in (tmp_path / "unfinished-clips").iterdir()] == ["new"]


def test_a_thing_is_never_squeezed_out_of_shape() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[16:112, 16:112] = (220, 30, 40)
    x = (torch.arange(16.0) - 7.5).expand(16, 16)
    squeezed = torch.zeros(KEYS, 2, 16, 16)
    squeezed[:, 0] = torch.linspace(0, -0.7, KEYS)[:, None, None] * x
    found = steadied(squeezed, things_on_nothing(colours))
    wide = 1 + (found[-1, 0, 8, 12] - found[-1, 0, 8, 3]) / 9
    tall = 1 + (found[-1, 1, 12, 8] - found[-1, 1, 3, 8]) / 9
    assert tall / wide < 1.35
    assert wide * tall == pytest.approx(0.3, abs=0.05)


def test_a_thing_bends_without_tearing_or_folding() -> None:
    colours = np.full((128, 128, 3), 255, np.uint8)
    colours[16:112, 16:112] = (220, 30, 40)
    torn = torch.zeros(KEYS, 2, 16, 16)
    torn[:, 0, 8:] = torch.linspace(0, 6, KEYS)[:, None, None]
    torn[:, 0, 8:, ::2] *= 0.4
    found = steadied(torn, things_on_nothing(colours))[:, 0, 3:13, 3:13]
    for axis in (1, 2):
        assert float(found.diff(dim=axis).abs().max()) < 1
    assert float(found[-1, -1].mean() - found[-1, 0].mean()) > 1
