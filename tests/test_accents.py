"""Accents of the camera on the beats of the music: when they come, what they leave as it is."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from studio import accents, core
from studio.engine import Engine
from studio.errors import RequestError
from studio.library import Artifact
from studio.media import Audio, Video
from studio.request import Request
from studio.sounds import containers
from studio.store import Store
from studio.storyboard import Form
from studio.videos.decode import read_clip
from tests.test_filming import film_job
from tests.test_soundtracks import Players

RATE = 44_100
BEAT_S, FIRST_S = 60 / 112, 0.3
WITHIN_S = 0.040


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A picture with much to see, and clicks at 112 beats a minute, the first of four louder."""
    folder = tmp_path_factory.mktemp("accents")
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize((128, 128)).save(folder / "ground.png")
    since_s = np.arange(16 * RATE) / RATE - FIRST_S
    beat = np.floor(since_s / BEAT_S)
    sounds = (since_s - beat * BEAT_S < 0.03) & (since_s >= 0)
    clicks = sounds * np.sin(2 * np.pi * 900 * since_s) * np.where(beat % 4 == 0, 0.8, 0.35)
    both = np.stack([clicks, clicks]).astype(np.float32)
    containers.encode(Audio(both, RATE), "wav", folder / "clicks.wav")
    return folder / "ground.png", folder / "clicks.wav"


def made(files: tuple[Path, Path], store: Store, fps: int, is_on: str = "on") -> Artifact:
    values = {
        "duration_s": 10, "fps": fps, "width": 128, "height": 128, "accents": is_on,
        "image": str(files[0]), "song": str(files[1]),
    }  # fmt: skip
    asked = Request("a ball", family="toy-clip", seed=3, params=values)
    return next(core.generate(asked, store=store, engine=Engine("cpu")))


def jumps_s(path: Path, fps: int) -> NDArray[np.float64]:
    """When the picture jumps: in its corners, where no ball flies."""
    frames = [np.array(each).astype(int) for each in read_clip(path).frames]
    corners = [np.concatenate([each[:20, :20], each[-20:, -20:]]) for each in frames]
    moved = [np.abs(b - a).mean() for a, b in zip(corners, corners[1:], strict=False)]
    high = np.median(moved) + 0.25 * (max(moved) - np.median(moved))
    found = [
        n + 1 for n, each in enumerate(moved) if each > high and (n == 0 or moved[n - 1] < each)
    ]
    return np.array(found) / fps


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_the_camera_jumps_within_40_ms_of_the_beats_of_a_song_of_ones_own(
    fps: int, files: tuple[Path, Path], store: Store
) -> None:
    beats = FIRST_S + BEAT_S * np.arange(40)
    found = jumps_s(made(files, store, fps).path, fps)
    assert len(found) >= 8
    assert max(float(np.abs(beats - each).min()) for each in found) <= WITHIN_S


def test_a_single_clip_has_none_unless_asked_and_a_music_video_has_them(
    files: tuple[Path, Path], store: Store
) -> None:
    assert made(files, store, 12, "auto").record.media_sha256 == (
        made(files, store, 12, "off").record.media_sha256
    )
    players = Players()
    for is_on, is_other in (("auto", True), ("off", False)):
        clip = core.filming.film(film_job(), players, lambda step: None).clip
        laid, told = accents.accented(clip, film_job(accents=is_on).params)
        assert not told and (laid != clip) == is_other


def test_a_clip_with_accents_can_be_made_again(files: tuple[Path, Path], store: Store) -> None:
    artifact = made(files, store, 12)
    assert core.check(artifact.path, store=store, engine=Engine("cpu")).is_same


def test_the_first_beat_of_a_bar_is_stronger_and_quick_beats_do_not_shake() -> None:
    form = Form((), (0.0, 1.0, 2.0), tuple(np.arange(12) / 4))
    level = accents.strengths(form, 72, 24)
    assert level[0] == level[24] == level[48] == 1
    begins = [n for n in range(1, 72) if level[n] > level[n - 1]]
    assert begins == [12, 24, 36, 48, 60]
    assert level[12] == accents.ON_BEATS


def test_closer_keeps_the_size_and_the_middle_and_shows_no_border() -> None:
    frame = np.full((48, 64, 3), 200, np.uint8)
    frame[20:28, 28:36] = 10
    shown = accents.closer(frame, 1.25)
    assert shown.shape == frame.shape and shown.dtype == np.uint8
    dark = np.argwhere(shown[..., 0] < 105)
    assert np.allclose(dark.mean(axis=0), [23.5, 31.5], atol=0.5)
    assert np.ptp(dark[:, 0]) + 1 == 10
    assert (shown[[0, -1]] == 200).all()


def test_music_without_beats_is_told_and_a_silent_clip_refused() -> None:
    hum = np.sin(2 * np.pi * 110 * np.arange(RATE) / RATE).astype(np.float32)
    frames = np.zeros((24, 16, 16, 3), np.uint8)
    clip = Video(frames, 24.0, Audio(np.stack([hum, hum]) * np.float32(0.3), RATE))
    asked = film_job(accents="on").params
    assert accents.accented(clip, asked) == (clip, (accents.NO_BEATS,))
    values = {"accents": "on", "soundtrack": "none"}
    with pytest.raises(RequestError, match="accents=on was given for a silent clip"):
        core.resolve(Request("a", family="toy-clip", params=values))
