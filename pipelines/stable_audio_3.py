"""stable-audio-3: instrumental music and sounds of up to six minutes, by Stable Audio 3 medium.

A song that is given is changed as a whole, made anew from one second to another, or carried on.
Distilled weights need 8 steps and no guidance. Knows what its makers recommend, nothing of files
or hashes.
"""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipelines.open import options, run, songs, sounds
from pipelines.open.family import OpenFamily
from pipelines.open.licences import GEMMA, GEMMA_TERMS, STABILITY, STABILITY_TERMS
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.media import Audio
from studio.spec import Checkpoint, InputSong, OnStep, Params, in_chinese

LICENCE = f"{STABILITY} AND {GEMMA}"
TERMS = f"{STABILITY_TERMS}; {GEMMA_TERMS}"
PARTS = {"transformer": 1.45, "text_encoder": 0.3, "vae": 0.85}
PUBLISHED = (
    Checkpoint("stabilityai/stable-audio-3-medium", LICENCE, TERMS, 10_400_000_000, parts=PARTS),
    Checkpoint(
        "stabilityai/stable-audio-3-medium-base",
        LICENCE,
        TERMS,
        10_400_000_000,
        {"steps": 50, "guidance": 7.0},
        PARTS,
    ),
)
WORDS = "StableAudio3Pipeline"
WHOLE, STRETCH = "StableAudio3AudioToAudioPipeline", "StableAudio3InpaintPipeline"
MAX_TOKENS = 256
MOST_S = 380
FADE = 1024
"""Samples of the cross-fade around a stretch that was made anew."""


def _second(title: str, description: str, label_zh: str, description_zh: str) -> Any:
    more = in_chinese(label_zh, description_zh, unit="s", advanced=True)
    return Field(
        default=None,
        ge=0,
        le=MOST_S,
        title=title,
        description=description,
        json_schema_extra=more,
    )


class StableAudio3Params(songs.OpenSongParams):
    published: ClassVar = PUBLISHED

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    duration_s: float = songs.duration(60, MOST_S)
    song: InputSong | None = songs.song(
        "Song to change, to mend with start_s and end_s, or to carry on",
        "要改变、修补（起点与终点）或续写的歌曲",
    )
    strength: float = songs.strength(
        0.9, "How far to leave the song; works with song, without start_s and end_s"
    )
    start_s: float | None = _second(
        "From",
        "Where it is made anew; the song's end, with a longer duration_s, carries it on",
        "起点",
        "从这里重新生成；填歌曲结尾并加长时长即为续写",
    )
    end_s: float | None = _second(
        "To", "Where the song is as it was again; empty: not", "终点", "此后保持原样；留空则到结尾"
    )
    steps: int = options.steps(8)
    guidance: float = options.guidance(1)
    precision: options.Precision = options.precision()

    @property
    def has_stretch(self) -> bool:
        return self.start_s is not None or self.end_s is not None

    @property
    def stretch(self) -> tuple[float, float]:
        """What is made anew, from and to, in seconds."""
        return self.start_s or 0.0, self.duration_s if self.end_s is None else self.end_s

    @model_validator(mode="after")
    def _fits_the_song(self) -> "StableAudio3Params":
        if self.has_stretch and self.song is None:
            raise ValueError("start_s and end_s are of a song; give song")
        start, end = self.stretch
        if self.has_stretch and not start < end <= self.duration_s:
            raise ValueError(
                f"from {start:g} to {end:g} s is no part of {self.duration_s:g} s; set start_s "
                "and end_s within it, or a longer duration_s"
            )
        if self.song is not None and self.guidance > 1:
            raise ValueError(f"guidance {self.guidance:g} has no effect with song; set guidance=1")
        return self


class StableAudio3Model:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, StableAudio3Params)
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, min(pipe.tokenizer.model_max_length, MAX_TOKENS))
        if params.guidance > 1 and pipe.scheduler.config.stochastic_sampling:
            raise RequestError(
                f"guidance {params.guidance:g} has no effect on distilled weights; leave it at 1, "
                f"or take checkpoint={PUBLISHED[1].id}"
            )
        rate = int(pipe.vae.config.sampling_rate)
        task, more = _task(pipe, params, rate)
        samples = sounds.play(
            self.pipeline,
            params,
            on_step,
            task=task,
            # Half a sample more, since it leaves out what is past the last whole one.
            duration=params.duration_s + 0.5 / rate,
            num_inference_steps=params.steps,
            **more,
        )
        if task == STRETCH:
            samples = _mended(samples, more["audio"], _samples(pipe, params, rate))
        return Audio(np.ascontiguousarray(samples), rate)


def _task(pipe: Any, params: StableAudio3Params, rate: int) -> tuple[str, dict[str, Any]]:
    """Which pipeline makes it, and what it takes beside the usual."""
    if params.song is None:
        avoids = params.negative_prompt or None
        return WORDS, {"guidance_scale": params.guidance, "negative_prompt": avoids}
    if not params.has_stretch:
        found = songs.given(params.song, rate, params.duration_s)
        return WHOLE, {"audio": _filled(pipe, found), "init_noise_level": params.strength}
    first, last = _frames(pipe, params, rate)
    frame_s = pipe.vae.downsampling_ratio / rate
    return STRETCH, {
        "audio": _filled(pipe, _kept(params, rate)),
        # In the middle of a latent, so that none is missed by rounding.
        "mask_start_seconds": (first + 0.5) * frame_s,
        "mask_end_seconds": (last + 0.5) * frame_s,
    }


def _kept(params: StableAudio3Params, rate: int) -> Any:
    """The song (2, time) around the stretch that is made anew.

    Raises:
        RequestError: it ends before the stretch does, or begins.
    """
    assert params.song is not None
    start, end = params.stretch
    least_s = params.duration_s if end < params.duration_s else start
    found = sounds.read(params.song, rate)[:, : round(params.duration_s * rate)]
    if found.shape[1] < (least_s - songs.LOOSE_S) * rate:
        raise RequestError(
            f"song {params.song.name!r} is {found.shape[1] / rate:.2f} s long; set start_s to "
            "that or less and leave out end_s, or make duration_s shorter"
        )
    return found


def _frames(pipe: Any, params: StableAudio3Params, rate: int) -> tuple[int, int]:
    """The latents of the stretch: the first, and the one after the last."""
    start, end = (each * rate / pipe.vae.downsampling_ratio for each in params.stretch)
    return int(start), math.ceil(end)


def _samples(pipe: Any, params: StableAudio3Params, rate: int) -> tuple[int, int]:
    first, last = _frames(pipe, params, rate)
    return first * pipe.vae.downsampling_ratio, last * pipe.vae.downsampling_ratio


def _mended(made: NDArray[np.float32], song: Any, samples: tuple[int, int]) -> NDArray[np.float32]:
    """The song as it was, and within `samples` (from, to) what was made (2, time).

    A short cross-fade leads from one to the other.
    """
    length = made.shape[1]
    was = song[0].float().cpu().numpy()[:, :length]
    was = np.pad(was, ((0, 0), (0, length - was.shape[1])))
    start, end = samples
    places = [start - FADE, start, end, end + FADE]
    share = np.interp(np.arange(length), places, [0, 1, 1, 0]).astype(np.float32)
    return share * made + (1 - share) * was


def _filled(pipe: Any, samples: Any) -> Any:
    """A sound (2, time) as (1, 2, time), with silence after it up to a whole latent."""
    import torch

    short = -samples.shape[-1] % pipe.vae.downsampling_ratio
    return torch.nn.functional.pad(samples, (0, short))[None]


FAMILY = OpenFamily(
    name="stable-audio-3",
    kind="song",
    about="Instrumental music and sounds up to six minutes, songs mended and carried on; for a GPU",
    about_zh="器乐与音效，最长六分钟，可修补和续写歌曲，需要 GPU",
    params=StableAudio3Params,
    classes=(WORDS,),
    model=StableAudio3Model,
    published=PUBLISHED,
).family()
