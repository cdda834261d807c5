"""Makes a music video: the song first, scenes planned on it, each scene as a clip of its own.

All scenes have the clip's seed and style, and the same words for whom they are about. Knows no
family by name and no container.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from studio import beats, forms, shots, soundtracks, storyboard
from studio.clips import ClipParams
from studio.engine import Engine
from studio.frames import JoinedFrames
from studio.media import Audio, Video, kept_on_failure
from studio.request import Job
from studio.sounds.given import read_song, song_facts
from studio.spec import OnStep, Step
from studio.storyboard import Form, Scene, Storyboard

TICKS, SONG_TICKS = 120, 12
"""Steps that a music video is told in, and those of them that its song takes."""


@dataclass(frozen=True)
class Film:
    """A finished clip with its sound; how the song was made, and the jobs of the scenes."""

    clip: Video
    board: Storyboard
    song: Job | None
    scenes: tuple[Job, ...]


@dataclass(frozen=True)
class Heard:
    """The song of a film: `job` says how it was made, where it was."""

    sound: Audio
    form: Form
    job: Job | None = None


def is_wanted(job: Job) -> bool:
    """Whether a job asks for scenes."""
    return isinstance(job.params, ClipParams) and job.params.scenes


def board_of(job: Job, engine: Engine, on_step: OnStep) -> Storyboard:
    """The scenes of a job before any is made: as given, else planned on its song.

    Raises:
        RequestError: the storyboard that was given cannot be.
    """
    given = shots.given_board(job.params)
    if given is not None:
        return given
    return _planned(job, _song(job, engine, on_step).form)


def film(job: Job, engine: Engine, on_step: OnStep) -> Film:
    """Make the song, then scene after scene. What `on_step` raises (Cancelled) passes through.

    Raises:
        RequestError: the storyboard cannot be.
    """
    params = job.params
    assert isinstance(params, ClipParams)
    progress = _Ticks(on_step)
    given = shots.given_board(job.params)
    song = _song(job, engine, lambda step: progress.to(SONG_TICKS * step.index / step.total, step))
    board = given or _planned(job, song.form)
    counts = storyboard.frame_counts(board, params.frame_count, params.fps)
    scenes = tuple(_scene(job, *pair) for pair in zip(board.scene, counts, strict=True))
    clips: list[Video] = []
    for index, scene in enumerate(scenes):
        with kept_on_failure(*clips):
            clip = engine.run(scene, progress.scene(index, len(scenes)))
        assert isinstance(clip, Video)
        clips.append(clip)
    progress.to(TICKS, None)
    sound = soundtracks.fitted(song.sound, params.frame_count / params.fps)
    return Film(_cut(clips, sound), board, song.job, scenes)


def _cut(clips: Sequence[Video], sound: Audio) -> Video:
    """The scenes one after the other, over the whole song."""
    scores = _scores([each.scores for each in clips], [len(each.frames) for each in clips])
    frames = JoinedFrames([each.frames for each in clips])
    return Video(frames, clips[0].fps, sound, scores, keep=functools.partial(_keep, tuple(clips)))


def _keep(clips: tuple[Video, ...]) -> None:
    for each in clips:
        each.keep()


def _scores(scenes: Sequence[Mapping[str, float]], counts: Sequence[int]) -> dict[str, float]:
    """How well the scenes hold together, each counting by its frames; cuts are no flicker."""
    names = set.intersection(*(set(each) for each in scenes))
    return {
        name: round(float(np.average([each[name] for each in scenes], weights=counts)), 4)
        for name in sorted(names)
    }


def _planned(job: Job, form: Form) -> Storyboard:
    assert isinstance(job.params, ClipParams)
    length_s = job.params.frame_count / job.params.fps
    board = storyboard.plan(job.prompt, form, length_s, job.seed)
    known = {each.name: each.choices for each in forms.controls(job.family.params)}
    if set(filter(None, (each.camera for each in board.scene))) <= set(known.get("camera", ())):
        return board
    # A family without such a camera looks on as it does, or as its words say where it knows many.
    is_read = bool(job.family.checkpoints)
    still = tuple(storyboard.in_words(each, is_read) for each in board.scene)
    return board.model_copy(update={"scene": still})


def _scene(job: Job, scene: Scene, frames: int) -> Job:
    """The job of one scene."""
    assert isinstance(job.params, ClipParams)
    return replace(job, params=shots.of_scene(job.params, scene, frames), prompt=scene.prompt)


def _song(job: Job, engine: Engine, on_step: OnStep) -> Heard:
    params = job.params
    assert isinstance(params, ClipParams)
    if params.song is not None:
        sound, score = read_song(params.song), song_facts(params.song).score
        return Heard(replace(sound, score=score), beats.form_of(score, sound))
    named = replace(job, prompt=storyboard.without_heading(job.prompt), route=None)
    made = soundtracks.song_job(named, params.frame_count / params.fps)
    sound = engine.run(made, on_step)
    assert isinstance(sound, Audio)
    return Heard(sound, beats.form_of(sound.score, sound), made)


class _Ticks:
    """Tells steps as a share of the whole film, each once."""

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self._done = 0

    def to(self, tick: float, step: Step | None) -> None:
        while self._done < min(TICKS, int(tick)):
            self._done += 1
            picture = step.picture if step is not None else None
            self._on_step(Step(self._done, TICKS, picture))

    def scene(self, index: int, count: int) -> OnStep:
        """The `on_step` of scene `index` of `count`."""
        share = (TICKS - SONG_TICKS) / count

        def told(step: Step) -> None:
            self.to(SONG_TICKS + share * (index + step.index / step.total), step)

        return told
