"""The sound under a clip: as long as the picture, whatever it is made of."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from studio import core, forms, registry, soundtracks
from studio.backbone import route
from studio.clips import ClipParams
from studio.engine import Engine, Runnable
from studio.errors import Cancelled, OutOfMemory
from studio.media import Audio, Media, Video
from studio.request import Job
from studio.sounds import containers
from studio.spec import Family, OnStep, Params, Step

RATE = 44_100


def film(params: Params, on_step: OnStep) -> Video:
    assert isinstance(params, ClipParams)
    for index in range(3):
        on_step(Step(index + 1, 3))
    frames = np.zeros((params.frame_count, params.height, params.width, 3), np.uint8)
    return Video(frames, params.fps)


FILMS = Family(
    name="films",
    kind="video",
    about="Black frames",
    params=ClipParams,
    load=lambda device: film,
    licence="Apache-2.0",
    memory_bytes=1_000_000,
)


@dataclass
class Players(Engine):
    """Songs by the toy family's formula, whichever family was asked for."""

    problem: Exception | None = None
    songs: list[Runnable] = field(default_factory=list[Runnable])

    def __post_init__(self) -> None:
        super().__init__("cpu")

    def run(self, job: Runnable, on_step: OnStep) -> Media:
        if job.family.kind != "song":
            return super().run(job, on_step)
        self.songs.append(job)
        if self.problem is not None:
            raise self.problem
        toy = registry.family("toy-song")
        values = {"prompt": "a", "seed": 1, "duration_s": job.params.model_dump()["duration_s"]}
        return super().run(Job(toy, forms.fill(toy.params, values), "a"), on_step)


def clip_job(prompt: str = "a whale", **values: object) -> Job:
    values = {"prompt": prompt, "seed": 7, "width": 64, "height": 64, **values}
    route_told = route(prompt, "video").to_dict()
    return Job(FILMS, forms.fill(ClipParams, values), prompt, route=route_told)


def laid(job: Job, players: Players | None = None) -> soundtracks.Laid:
    clip = film(job.params, lambda step: None)
    return soundtracks.lay(clip, job, players or Players(), lambda step: None)


def heard(job: Job, players: Players | None = None) -> Audio:
    audio = laid(job, players).clip.audio
    assert audio is not None
    return audio


def tone(duration_s: float, level: float = 0.5) -> Audio:
    times = np.arange(round(duration_s * RATE)) / RATE
    wave = (level * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
    return Audio(np.stack([wave, wave]), RATE)


def saved(folder: Path, duration_s: float) -> Path:
    path = folder / "own.wav"
    containers.encode(tone(duration_s), "wav", path)
    return path


def loudness(audio: Audio, start_s: float, end_s: float) -> float:
    part = audio.samples[:, round(start_s * RATE) : round(end_s * RATE)]
    return float(np.sqrt(np.mean(part**2)))


@pytest.mark.parametrize(("duration_s", "fps"), [(0.5, 24), (2, 24), (3.3, 25), (6.1, 60)])
def test_sound_and_picture_end_together(duration_s: float, fps: int) -> None:
    job = clip_job(duration_s=duration_s, fps=fps)
    made = laid(job).clip
    assert made.audio is not None
    assert abs(made.audio.duration_s - len(made.frames) / fps) <= 1 / RATE


def test_a_song_that_is_cut_fades_to_silence() -> None:
    sound = heard(clip_job(duration_s=2))
    assert loudness(sound, 1.99, 2.0) < 0.05 * loudness(sound, 0.5, 1.0)


def test_a_file_that_is_longer_fades_out(tmp_path: Path) -> None:
    sound = heard(clip_job(duration_s=3, song=saved(tmp_path, 10)))
    assert sound.duration_s == pytest.approx(3, abs=1 / RATE)
    assert loudness(sound, 0, 1) == pytest.approx(loudness(tone(1), 0, 1), rel=0.02)
    assert loudness(sound, 2.98, 3) < 0.01


def test_a_file_that_is_shorter_is_repeated_without_a_gap(tmp_path: Path) -> None:
    sound = heard(clip_job(duration_s=5, song=saved(tmp_path, 1.3)))
    assert sound.duration_s == pytest.approx(5, abs=1 / RATE)
    loud = [loudness(sound, at, at + 0.02) for at in np.arange(0, 3.4, 0.02)]
    assert min(loud) > 0.3 * loudness(tone(1), 0, 1)


def test_a_file_of_the_same_length_is_left_as_it_is(tmp_path: Path) -> None:
    sound = heard(clip_job(duration_s=2, song=saved(tmp_path, 2)))
    assert np.abs(sound.samples - tone(2).samples).max() < 1e-4


@pytest.mark.parametrize(("had_s", "told"), [(1.0, "repeated"), (9.0, "fades out"), (2.0, "")])
def test_what_is_done_to_a_file_is_said(tmp_path: Path, had_s: float, told: str) -> None:
    values = {"prompt": "a whale", "duration_s": 2, "song": saved(tmp_path, had_s)}
    notes = ClipParams.notes(values)
    assert told in "".join(notes) if told else not notes


def test_a_silent_clip_has_no_sound() -> None:
    job = clip_job(soundtrack="none")
    assert not soundtracks.is_wanted(job)
    assert soundtracks.is_wanted(clip_job())


def test_the_song_is_as_the_options_say() -> None:
    song = soundtracks.song_job(clip_job(music="slow jazz piano at 80 bpm", duration_s=8), 8)
    told = song.params.model_dump()
    assert (told["genre"], told["tempo_bpm"], told["duration_s"]) == ("jazz swing", 80, 8)
    assert "piano" in told["instruments"]


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("a penguin surfing a big wave, camera pans left", "funk"),
        ("一只熊猫在竹林里吃竹子，镜头拉近", "guofeng"),
        ("neon city at night", "synthwave"),
    ],
)
def test_without_a_word_the_song_suits_what_is_seen(prompt: str, genre: str) -> None:
    song = soundtracks.song_job(clip_job(prompt), 2)
    assert song.params.model_dump()["genre"] == genre
    assert "camera" not in song.prompt and "镜头" not in song.prompt


@pytest.mark.parametrize(
    ("prompt", "about"),
    [
        ("a robot waves, seamless loop", "a robot waves"),
        ("camera pans left, a penguin surfing, 24 fps", "a penguin surfing"),
        ("a whale, camera zooms in, at dawn", "a whale, at dawn"),
        ("镜头拉近，一只猫在跳舞，循环播放", "一只猫在跳舞"),
    ],
)
def test_what_the_song_is_about_ends_in_no_stray_mark(prompt: str, about: str) -> None:
    song = soundtracks.song_job(clip_job(prompt), 2)
    assert song is not None and song.prompt.endswith(f", {about}")


def test_a_song_that_cannot_be_made_leaves_the_clip_and_a_note() -> None:
    done = laid(clip_job(), Players(problem=OutOfMemory("no room")))
    assert done.clip.audio is None and done.note == "the clip has no sound: no room"


def test_a_clip_with_a_sound_of_its_own_keeps_it() -> None:
    job = clip_job()
    clip = replace(film(job.params, lambda step: None), audio=tone(2))
    players = Players()
    assert soundtracks.lay(clip, job, players, lambda step: None).clip.audio == tone(2)
    assert not players.songs


def test_progress_counts_the_sound_and_ends_at_its_total() -> None:
    told: list[tuple[int, int]] = []
    players = Players()
    made = core._heard(clip_job(), lambda step: told.append((step.index, step.total)), players)  # pyright: ignore[reportPrivateUsage]
    assert made.sound is not None and made.sound.family.kind == "song"
    total = 3 + soundtracks.TICKS
    assert told == [(index, total) for index in range(1, total + 1)]


def test_cancelled_while_the_song_is_made() -> None:
    def stop(step: Step) -> None:
        if step.index > 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        core._heard(clip_job(), stop, Players())  # pyright: ignore[reportPrivateUsage]


def test_beats_are_told_in_seconds() -> None:
    audio = heard(clip_job(duration_s=4))
    assert audio.score is not None
    beats = soundtracks.beat_times_s(replace(audio.score, tempo_bpm=120), 2)
    assert beats == (0, 0.5, 1.0, 1.5)


@pytest.mark.parametrize(
    "prompt", ["music video about a whale at sea", "关于一只鲸鱼的音乐视频", "MV：海里的鲸鱼"]
)
def test_that_it_is_a_music_video_is_not_sung(prompt: str) -> None:
    job = core.resolve(core.Request(prompt, family="pocket-video", seed=1))[0]
    words = soundtracks.song_job(job, 24).prompt
    assert any(each in words for each in ("whale", "鲸鱼"))
    assert not any(each in words for each in ("music video", "音乐视频", "MV"))


def test_a_disco_has_the_nearest_music_and_that_is_told() -> None:
    song = soundtracks.song_job(clip_job("a robot dancing at a disco"), 2)
    assert getattr(song.params, "genre") == "funk"  # noqa: B009
    job = core.resolve(core.Request("a disco song", seed=1))[0]
    assert job.notes == ("no disco here; funk instead",)
