"""ltx2: clips with their own sound, from words and first and last pictures, by Lightricks' LTX-2.

Speech, music and noises are made with the picture, by one denoiser. Distilled weights need 8 steps
and no guidance. Knows what its makers recommend, nothing of files or hashes.
"""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from pipelines.open import clips, films, options, run
from pipelines.open.family import OpenFamily
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.media import Audio, Video
from studio.spec import Checkpoint, InputImage, InputVideo, OnStep, Params, in_chinese

LICENCE = "LicenseRef-LTX-2.x-Community"
TERMS = (
    "commercial use below 10,000,000 USD a year, above it by a paid licence; provenance marks "
    "stay in"
)
PARTS = {"transformer": 22.0, "text_encoder": 12.0, "vae": 1.5}
PUBLISHED = (
    Checkpoint("Lightricks/LTX-2.5-Diffusers", LICENCE, TERMS, 70_900_000_000, parts=PARTS),
    Checkpoint("Lightricks/LTX-2", LICENCE, TERMS, 67_000_000_000, parts=PARTS),
)
WORDS, CONDITIONED = "LTX2Pipeline", "LTX2ConditionPipeline"
MAX_TOKENS = 1024
SIDE_STEP, FRAME_STEP, MOST_FRAMES = 32, 8, 257
DISTILLED_STEPS = 8
SEEN = 17
"""Frames of a clip before that it looks at to carry it on; they are left out again."""

OWN_ZH = {"own": "自带声音", "song": "音乐", "none": "无声"}


class Ltx2Params(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = FRAME_STEP
    most_frames: ClassVar = MOST_FRAMES
    carries_on: ClassVar = True

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    duration_s: float = clips.duration(5, 10.7)
    frames: int | None = clips.frames(9, MOST_FRAMES, "8k + 1")
    fps: Literal[24, 25] = clips.rate(24)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 768, SIDE_STEP, 1920, 64)
    height: int = options.side("Height", 512, SIDE_STEP, 1920, 64)
    soundtrack: Literal["own", "song", "none"] = Field(  # pyright: ignore[reportIncompatibleVariableOverride]
        default="own",
        description="The sound made with the picture, music written for the clip, or silence",
        json_schema_extra=in_chinese(
            "配乐", "与画面一同生成的声音、为短片写的音乐，或无声", choices_zh=OWN_ZH
        ),
    )
    image: InputImage | None = options.start_image("Picture to begin with")
    last_image: InputImage | None = clips.last_image()
    video: InputVideo | None = clips.video("Clip to carry on; what comes follows its end")
    schedule: Literal["full", "distilled"] = Field(
        default="full",
        description="Distilled weights take 8 steps of their own, and no guidance",
        json_schema_extra=in_chinese(
            "步进",
            "蒸馏权重用其自有的 8 步，不需要引导",
            choices_zh={"full": "完整", "distilled": "蒸馏"},
            advanced=True,
        ),
    )
    steps: int = options.steps(30)
    guidance: float = options.guidance(3)
    sound_guidance: float = Field(
        default=7.0,
        ge=1,
        le=20,
        title="Follow the words in sound",
        description="How closely the sound follows the words; works with guidance above 1",
        json_schema_extra=in_chinese("声音遵循文字", "声音多严格地遵循文字", advanced=True),
    )
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @model_validator(mode="before")
    @classmethod
    def _as_distilled(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("schedule") != "distilled":
            return given
        return {"steps": DISTILLED_STEPS, "guidance": 1.0, **given}

    @model_validator(mode="before")
    @classmethod
    def _cut_on_a_song(cls, given: Any) -> Any:
        """A music video has music, if nobody says otherwise."""
        is_film = isinstance(given, dict) and str(given.get("scenes")).lower() in ("true", "1")
        return {"soundtrack": "song", **given} if is_film else given

    @model_validator(mode="after")
    def _fits_together(self) -> "Ltx2Params":
        if self.schedule == "distilled" and (self.steps != DISTILLED_STEPS or self.guidance != 1):
            raise ValueError(
                f"schedule=distilled takes {DISTILLED_STEPS} steps and guidance 1, got "
                f"{self.steps} and {self.guidance:g}; leave steps and guidance out"
            )
        if self.image is not None and self.video is not None:
            raise ValueError("image and video were both given; leave one out")
        if self.soundtrack == "own" and self.scenes:
            raise ValueError("scenes are cut on a song; leave out soundtrack=own or scenes")
        if self.soundtrack == "own" and self.song is None and (self.music or self.lyrics):
            raise ValueError(
                "music and lyrics are for a song under the clip; set soundtrack=song, or say in "
                "the prompt what is heard"
            )
        return self


class Ltx2Model:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, Ltx2Params)
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        made = films.shoot(
            self.pipeline,
            CONDITIONED if params.image or params.video else WORDS,
            params,
            on_step,
            params.steps,
            negative_prompt=params.negative_prompt or None,
            num_frames=_made_frames(params),
            frame_rate=float(params.fps),
            **_guided(params),
            **_conditions(params, pipe.text_encoder),
        )
        clip = films.clip(made.frames[0][_seen(params) :], params)
        if params.soundtrack != "own":
            return clip
        rate = int(pipe.vocoder.config.output_sampling_rate)
        before = round(_seen(params) / params.fps * rate)
        sound = _sound(made.audio[0][:, before:], rate, clip.duration_s)
        return Video(clip.frames, clip.fps, sound)


def _seen(params: Ltx2Params) -> int:
    """How many frames it makes before the clip."""
    return SEEN if params.video is not None else 0


def _made_frames(params: Ltx2Params) -> int:
    count = params.frame_count + _seen(params)
    return count + (params.frame_rest - count) % FRAME_STEP


def _guided(params: Ltx2Params) -> dict[str, Any]:
    if params.schedule == "full":
        return {
            "num_inference_steps": params.steps,
            "guidance_scale": params.guidance,
            "audio_guidance_scale": params.sound_guidance if params.guidance > 1 else 1.0,
        }
    from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

    # Every other kind of guidance is trained in as well.
    ones = ("guidance_scale", "audio_guidance_scale", "modality_scale", "audio_modality_scale")
    noughts = ("stg_scale", "audio_stg_scale", "guidance_rescale", "audio_guidance_rescale")
    return {
        "num_inference_steps": DISTILLED_STEPS,
        "sigmas": DISTILLED_SIGMA_VALUES,
        **dict.fromkeys(ones, 1.0),
        **dict.fromkeys(noughts, 0.0),
    }


def _conditions(params: Ltx2Params, text_encoder: Any) -> dict[str, Any]:
    """The frames that are given: of a clip, or pictures as compressed as it was trained with."""
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
    from diffusers.pipelines.ltx2.utils import resolve_default_image_crf

    if params.video is not None:
        seen = films.ending(params.video, params, SEEN, SEEN)[1:]
        return {"conditions": [LTX2VideoCondition(seen, 0, 1.0)]}
    crf = resolve_default_image_crf(text_encoder)
    size = (params.width, params.height)
    given = ((params.image, 0), (params.last_image, -1))
    found = [
        LTX2VideoCondition(films.compressed(fitted(path, *size), crf), index, 1.0, crf=0)
        for path, index in given
        if path is not None
    ]
    return {"conditions": found} if found else {}


def _sound(samples: Any, rate: int, duration_s: float) -> Audio:
    """The sound (channels, time), exactly as long as the picture."""
    found = samples.detach().float().cpu().clamp(-1, 1).numpy()
    length = round(duration_s * rate)
    found = np.pad(found, ((0, 0), (0, max(0, length - found.shape[1]))))
    return Audio(np.ascontiguousarray(found[:, :length]), rate)


FAMILY = OpenFamily(
    name="ltx2",
    kind="video",
    about="Clips with their own sound: speech, music, noises; for a GPU",
    about_zh="自带声音的短片：人声、音乐、音效，需要 GPU",
    params=Ltx2Params,
    classes=(WORDS,),
    model=Ltx2Model,
    published=PUBLISHED,
    # A length is always asked for, and prompts are taken as they are written.
    leaves_out=("prompt_enhancer", "processor", "duration_head"),
).family()
