"""remote-song: songs and sounds by a model on another machine, asked over HTTP as vLLM-Omni is.

The server answers with the sound alone, no stems and no score. Loads no weights here and knows
none; the licence of the model there is what the person says it is.
"""

import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from pipelines.remote import address, client, options
from pipelines.remote.family import RemoteFamily
from pipelines.remote.said import said
from studio.errors import PipelineError, RequestError
from studio.media import Audio
from studio.sounds import containers
from studio.spec import OnStep, Params, Step, in_chinese

STEPS = 2
"""Asked, and answered: a server tells nothing in between."""

MAX_ANSWER_BYTES = 400_000_000
LEAST_HZ = 8_000
LOOSE_S = 0.5
"""Models make whole latents, so lengths are seldom met to the sample."""


class RemoteSongParams(options.RemoteParams):
    # Neither OpenAI nor SGLang has an interface for music.
    server: Literal["vllm-omni"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default="vllm-omni",
        description="Whose interface it has",
        json_schema_extra=in_chinese(
            "接口", "服务器的接口", choices_zh={"vllm-omni": "vLLM-Omni"}, advanced=True
        ),
    )
    duration_s: float = Field(
        default=30,
        ge=1,
        le=600,
        title="Length",
        description="Length; the model there may have a limit of its own",
        json_schema_extra=in_chinese("时长", "远程模型可能有自己的上限", unit="s", step=1),
    )


class RemoteSong:
    """Asks a server for one sound at a time."""

    def __init__(self, server: address.Address) -> None:
        self.server = server

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, RemoteSongParams)
        asking = Step(1, STEPS)
        on_step(asking)
        answer = client.ask(self.server, question(params), lambda: on_step(asking))
        audio = _decoded(answer)
        facts = said(params, answer)
        if abs(audio.duration_s - params.duration_s) > LOOSE_S:
            facts["differs"] = (
                f"asked for {params.duration_s:g} s, the server made {audio.duration_s:.1f} s"
            )
        on_step(Step(STEPS, STEPS))
        return Audio(np.clip(audio.samples, -1, 1), audio.sample_rate, told=facts)


def question(params: RemoteSongParams) -> client.Question:
    """What the server is asked, in its own terms."""
    body: dict[str, Any] = {
        "input": params.prompt,
        "response_format": "wav",
        "audio_length": params.duration_s,
        **options.asked(params),
    }
    return client.Question("/audio/generate", body, (), params.timeout_s, MAX_ANSWER_BYTES)


def _decoded(answer: client.Answer) -> Audio:
    """The sound that came back.

    Raises:
        PipelineError: there is none in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer"
        path.write_bytes(answer.body)
        try:
            audio = containers.decode(path)
        except RequestError as error:
            why = str(error).partition(";")[0]
            raise _no_sound(answer, f"{answer.media_type or 'no media type'}, {why}") from error
    if audio.sample_rate < LEAST_HZ or not np.isfinite(audio.samples).all():
        raise _no_sound(answer, f"{audio.sample_rate} Hz, or samples that are no numbers")
    return audio


def _no_sound(answer: client.Answer, why: str) -> PipelineError:
    return PipelineError(
        f"{answer.url} answered {answer.status} without a sound: {why}; "
        "check base_url, and that the server's model makes sounds"
    )


FAMILY = RemoteFamily(
    name="remote-song",
    kind="song",
    about="Songs and sounds by a server in the manner of vLLM-Omni",
    about_zh="由 vLLM-Omni 风格的服务器生成歌曲和声音",
    params=RemoteSongParams,
    model=RemoteSong,
).family()
