"""stable-audio: sounds, loops and instrumental pieces up to 47 seconds, by Stable Audio Open.

A song to start from is changed as far as is asked for. It sings nothing. Knows what its makers
recommend, nothing of files or hashes.
"""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from pipelines.open import options, run, songs, sounds
from pipelines.open.family import OpenFamily
from pipelines.open.licences import STABILITY, STABILITY_TERMS
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.media import Audio
from studio.spec import Checkpoint, InputSong, OnStep, Params

PUBLISHED = (
    Checkpoint(
        "stabilityai/stable-audio-open-1.0",
        STABILITY,
        STABILITY_TERMS,
        5_300_000_000,
        parts={"transformer": 1.06, "text_encoder": 0.11, "vae": 0.16},
    ),
)
MOST_S = 47


class StableAudioParams(songs.OpenSongParams):
    published: ClassVar = PUBLISHED

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    duration_s: float = songs.duration(30, MOST_S)
    song: InputSong | None = songs.song("Song or sound to start from", "从这首歌曲或声音开始")
    strength: float = songs.strength(0.6, "How far to leave the song; works with song")
    steps: int = options.steps(100)
    guidance: float = options.guidance(7)
    precision: options.Precision = options.precision()


class StableAudioModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, StableAudioParams)
        pipe = self.pipeline.pipe
        rate, most_s = int(pipe.vae.config.sampling_rate), _most_s(pipe)
        check_prompts(pipe.tokenizer, params, pipe.tokenizer.model_max_length)
        if params.duration_s > most_s:
            raise RequestError(
                f"{params.checkpoint} makes at most {most_s:.1f} s, got {params.duration_s:g}; "
                "make duration_s shorter"
            )
        with _noise_up_to(pipe, _first_sigma(pipe, params)):
            samples = sounds.play(
                self.pipeline,
                params,
                on_step,
                negative_prompt=params.negative_prompt or None,
                # Half a sample more, since it leaves out what is past the last whole one.
                audio_end_in_s=min(params.duration_s + 0.5 / rate, most_s),
                num_inference_steps=params.steps,
                guidance_scale=params.guidance,
                **self._start(params, rate),
            )
        return Audio(np.ascontiguousarray(samples), rate)

    def _start(self, params: StableAudioParams, rate: int) -> dict[str, Any]:
        if params.song is None:
            return {}
        import torch

        pipe = self.pipeline.pipe
        found = songs.given(params.song, rate, params.duration_s)[None]
        # It makes its full length whatever is asked for, and remarks on shorter songs.
        silence = round(_most_s(pipe) * rate) - found.shape[-1]
        filled = torch.nn.functional.pad(found, (0, silence))
        return {
            "initial_audio_waveforms": filled.to(pipe.device, pipe.vae.dtype),
            "initial_audio_sampling_rate": rate,
        }


def _most_s(pipe: Any) -> float:
    latents = int(pipe.transformer.config.sample_size)
    return latents * pipe.vae.hop_length / pipe.vae.config.sampling_rate


def _first_sigma(pipe: Any, params: StableAudioParams) -> float:
    """How much noise the first step begins with.

    Steps are even in the logarithm of the noise, so a share of them is an even share of that. The
    pipeline by itself would put as much noise on a song as on nothing, and none of it would stay.
    """
    least, most = (float(pipe.scheduler.config[name]) for name in ("sigma_min", "sigma_max"))
    return most if params.song is None else least * (most / least) ** params.strength


@contextlib.contextmanager
def _noise_up_to(pipe: Any, sigma: float) -> Iterator[None]:
    """The pipeline with a scheduler that begins there, only inside."""
    kept = pipe.scheduler
    pipe.scheduler = type(kept).from_config(kept.config, sigma_max=sigma)
    try:
        with warnings.catch_warnings():
            # It rounds its noise levels by a millionth, and torchsde remarks on each.
            warnings.filterwarnings("ignore", module="torchsde")
            yield
    finally:
        pipe.scheduler = kept


FAMILY = OpenFamily(
    name="stable-audio",
    kind="song",
    about="Sounds, loops and instrumental pieces up to 47 s; free below a million of revenue",
    about_zh="音效、循环和器乐，最长 47 秒，年收入一百万美元以下免费",
    params=StableAudioParams,
    classes=("StableAudioPipeline",),
    model=StableAudioModel,
    published=PUBLISHED,
    needs=("torchsde",),
).family()
