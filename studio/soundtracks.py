"""The sound under a clip: a song written for it by the family that makes songs by default, or a
file that somebody brought along, exactly as long as the picture.

A song longer than the clip is faded out; a file shorter than it is repeated. Knows no family by
name and no container.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import backbone, forms, headings, registry
from studio.backbone.scenes import music_for
from studio.clips import ClipParams
from studio.engine import Engine
from studio.errors import StudioError
from studio.media import Audio, Video
from studio.request import Job, take
from studio.score import Score
from studio.scripts import is_chinese
from studio.sounds.given import read_song, song_facts
from studio.spec import Family, OnStep

TICKS = 6
"""Steps of the progress that the sound takes, after those of the picture."""

FADE_S = 1.5
FADE_SHARE = 0.3
"""How long the end of a song that is cut fades: this, or this share of a short clip."""

JOINT_S = 0.05
"""Where a song begins anew, its end and its beginning overlap by so much."""


@dataclass(frozen=True)
class Laid:
    """A clip with its sound. `job` says how the song was made, where one was; `note` is a line
    for the person where it could not be."""

    clip: Video
    job: Job | None = None
    note: str = ""


def is_wanted(job: Job) -> bool:
    """Whether sound is laid under what this job makes.

    A hidden family is there for tests: no song is written for it, one that is given is laid.
    """
    params = job.params
    if not isinstance(params, ClipParams) or params.soundtrack == "none":
        return False
    return params.song is not None or not job.family.hidden


def lay(clip: Video, job: Job, engine: Engine, on_step: OnStep) -> Laid:
    """Lay the sound that was asked for under finished frames.

    A clip that came with a sound of its own keeps it unless a song was given. What `on_step`
    raises (Cancelled) passes through.

    Raises:
        RequestError: the file that was given cannot be read.
    """
    params = job.params
    assert isinstance(params, ClipParams)
    if params.song is not None:
        return Laid(replace(clip, audio=_own(params.song, clip.duration_s)))
    if clip.audio is not None:
        return Laid(clip)
    try:
        song = song_job(job, clip.duration_s)
        sound = engine.run(song, on_step)
    except StudioError as error:
        return Laid(clip, note=f"the clip has no sound: {error}")
    assert isinstance(sound, Audio)
    return Laid(replace(clip, audio=fitted(sound, clip.duration_s)), song)


def song_job(clip: Job, duration_s: float) -> Job:
    """The song for a clip: as its options say, else as suits what is to be seen."""
    assert isinstance(clip.params, ClipParams)
    family = registry.default_family("song")
    words = clip.params.music.strip() or _words(clip)
    taken = take(family, None, backbone.route(words, "song"), {})
    values = {**taken.values, **_asked(family, clip, duration_s), "prompt": words}
    params = forms.fill(family.params, {**values, "seed": clip.seed})
    return Job(family, params, words, is_private=clip.is_private)


def _words(clip: Job) -> str:
    """What the song is about, and how it sounds: as the prompt of a music video says, else as
    suits what is to be seen."""
    whole = _subject(clip)
    assert isinstance(clip.params, ClipParams)
    if not clip.params.scenes:
        return f"{music_for(clip.prompt)}, {whole}"
    # What it is about is sung: that it is a music video is not, unless that says the genre too.
    about = headings.without_film(whole)
    for words in (about, whole):
        if "genre" in backbone.route(words, "song").params:
            return words
    if is_chinese(about):
        return f"一首关于{about}的歌，{music_for(clip.prompt)}"
    return f"{music_for(clip.prompt)}, {about}"


def _asked(family: Family, clip: Job, duration_s: float) -> dict[str, Any]:
    """What follows from the clip, as far as the family has options for it."""
    params = clip.params
    assert isinstance(params, ClipParams)
    known = {each.name: each for each in forms.controls(family.params)}
    length = known.get("duration_s")
    low = (length.minimum if length else None) or 0
    high = (length.maximum if length else None) or duration_s
    found = {
        "duration_s": min(max(duration_s, low), high),
        "lyrics": params.lyrics,
        "loop": bool(getattr(params, "loop", False)) and low <= duration_s <= high,
    }
    return {name: value for name, value in found.items() if name in known and value}


_STRAY = re.compile(r"\s*([,，;；、.。])(?:\s*[,，;；、.。])+")
_MARKS = " ,，;；、.。"
"""What is left of the marks around words that were taken out."""


def _subject(clip: Job) -> str:
    """The prompt without the words that say how the picture moves, cuts or sounds."""
    letters = list(clip.prompt)
    for reason in (clip.route or {}).get("why", ()):
        if _is_of_the_picture(reason):
            start, end = reason["start"], reason["end"]
            letters[start:end] = " " * (end - start)
    return _STRAY.sub(r"\1", " ".join("".join(letters).split())).strip(_MARKS)


def _is_of_the_picture(reason: Mapping[str, Any]) -> bool:
    return str(reason["says"]).partition("=")[0] in ("camera", "fps", "frames", "aspect", "loop")


def _own(path: Path, duration_s: float) -> Audio:
    """A file as long as the clip, with its score where it plays through once."""
    score = song_facts(path).score
    return fitted(replace(read_song(path), score=score), duration_s)


def fitted(sound: Audio, duration_s: float) -> Audio:
    """A sound of exactly this length: repeated where it is shorter, faded out where it is cut.

    Stems are left behind; the score stays where the sound is played through at most once.
    """
    length = round(duration_s * sound.sample_rate)
    samples, had = sound.samples, sound.samples.shape[1]
    if had < length:
        samples = _repeated(samples, length, round(JOINT_S * sound.sample_rate))
    if samples.shape[1] > length:
        fade_s = min(FADE_S, FADE_SHARE * duration_s)
        samples = _faded(samples[:, :length], round(fade_s * sound.sample_rate))
    is_once = had >= length
    return replace(sound, samples=samples, stems=(), score=sound.score if is_once else None)


def _repeated(samples: NDArray[np.float32], length: int, overlap: int) -> NDArray[np.float32]:
    """The sound again and again until it is long enough, each joint a short cross-fade."""
    overlap = min(overlap, samples.shape[1] // 2)
    fade_in = np.linspace(0, 1, overlap, dtype=np.float32)
    whole = samples
    while whole.shape[1] < length:
        joint = whole[:, -overlap:] * (1 - fade_in) + samples[:, :overlap] * fade_in
        pieces = [whole[:, : whole.shape[1] - overlap], joint, samples[:, overlap:]]
        whole = np.concatenate(pieces, axis=1)
    return whole


def _faded(samples: NDArray[np.float32], fade: int) -> NDArray[np.float32]:
    """The last `fade` samples go down to silence along half a cosine."""
    down = (1 + np.cos(np.linspace(0, np.pi, fade))) / 2
    gain = np.concatenate([np.ones(samples.shape[1] - fade), down])
    return (samples * gain).astype(np.float32)


def beat_times_s(score: Score, duration_s: float | None = None) -> tuple[float, ...]:
    """When the beats of a piece come, in seconds from its beginning; up to a length, if given."""
    end = score.duration_s if duration_s is None else duration_s
    count = int(np.ceil(end * score.tempo_bpm / 60 - 1e-9))
    return tuple(score.seconds(beat) for beat in range(count))
