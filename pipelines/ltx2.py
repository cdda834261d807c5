"""ltx2: clips with their own sound, from words, pictures and clips, by Lightricks' LTX-2.

Speech, music and noises are made with the picture, by one denoiser. Distilled weights need 8 steps
and no guidance; with an upscaler they make a clip at half its size first. Knows what its makers
recommend, nothing of files or hashes.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from pipelines.open import clips, films, lora, options, run, sizes
from pipelines.open.family import OpenFamily
from pipelines.open.licences import GEMMA, GEMMA_TERMS
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.adapt import seeded_generator, step_bridge
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
    Checkpoint(
        "Lightricks/LTX-2",
        f"{LICENCE} AND {GEMMA}",
        f"{TERMS}; {GEMMA_TERMS}",
        67_000_000_000,
        parts=PARTS,
    ),
)
WORDS, CONDITIONED, FOLLOWING, ENLARGING = (
    "LTX2Pipeline",
    "LTX2ConditionPipeline",
    "LTX2InContextPipeline",
    "LTX2LatentUpsamplePipeline",
)
UPSCALER = "diffusers.pipelines.ltx2.latent_upsampler.LTX2LatentUpsamplerModel"
ENLARGES = 2
MAX_TOKENS = 1024
SIDE_STEP, FRAME_STEP, MOST_FRAMES = 32, 8, 257
DISTILLED_STEPS, LAST_STEPS = 8, 3
"""Of distilled weights: steps from noise, and those that draw details at the size that is wanted.
"""

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
    video: InputVideo | None = clips.carried_on()
    control_video: InputVideo | None = clips.control_video(
        "Clip to follow, as the LoRA needs it (an IC-LoRA): edges, depths, poses",
        "按 LoRA（IC-LoRA）的要求给出的边缘、深度或姿态短片",
    )
    control_strength: float = options.control_strength(1, "video")
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
    upscaler: str = options.upscaler()
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
        clips.check_one(self, "image", "video")
        clips.check_one(self, "video", "control_video")
        if self.soundtrack == "own" and self.scenes:
            raise ValueError("scenes are cut on a song; leave out soundtrack=own or scenes")
        if self.soundtrack == "own" and self.song is None and (self.music or self.lyrics):
            raise ValueError(
                "music and lyrics are for a song under the clip; set soundtrack=song, or say in "
                "the prompt what is heard"
            )
        return self

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "Ltx2Params":
        if self.control_video is not None and not self.adapter:
            raise ValueError("control_video is for a LoRA that follows it; give adapter too")
        if not self.upscaler:
            return self
        if self.schedule != "distilled":
            raise ValueError("upscaler is for distilled weights; set schedule=distilled")
        if self.control_video is not None:
            raise ValueError("control_video and upscaler were both given; leave one out")
        sizes.check(self, SIDE_STEP * ENLARGES, "with upscaler")
        return self

    @classmethod
    def step_for(cls, given: Mapping[str, Any]) -> int:
        return SIDE_STEP * ENLARGES if given.get("upscaler") else SIDE_STEP

    @property
    def seen_frames(self) -> int:
        return 0 if self.video is None else SEEN


class Ltx2Model:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline
        kept = pipeline.pipe.scheduler
        # The levels of noise of distilled weights are taken as they are given.
        plain = {"use_dynamic_shifting": False, "shift_terminal": None}
        as_is = run.scheduler(type(kept).__name__, kept.config, **plain)
        self._schedulers = {"full": kept, "distilled": as_is}

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, Ltx2Params)
        pipe = self.pipeline.pipe
        check_prompts(pipe.tokenizer, params, MAX_TOKENS)
        made = self._enlarged(params, on_step) if params.upscaler else self._run(params, on_step)
        clip = films.clip(made.frames[0][params.seen_frames :], params)
        if params.soundtrack != "own":
            return clip
        rate = int(pipe.vocoder.config.output_sampling_rate)
        before = round(params.seen_frames / params.fps * rate)
        sound = _sound(made.audio[0][:, before:], rate, clip.duration_s)
        return Video(clip.frames, clip.fps, sound)

    def _run(self, params: Ltx2Params, on_step: OnStep, **others: Any) -> Any:
        """One run of the denoiser, with some arguments others than usual."""
        task, given = _given(params, self.pipeline.pipe.text_encoder)
        self.pipeline.sibling(task).scheduler = self._schedulers[params.schedule]
        usual = {"num_frames": params.run_frames, "frame_rate": float(params.fps)}
        made = {**usual, **_guided(params), **given, **others}
        return films.shoot(self.pipeline, task, params, on_step, params.steps, **made)

    def _enlarged(self, params: Ltx2Params, on_step: OnStep) -> Any:
        """A run at half the size, made larger, and the last steps once more at its own size."""
        from diffusers.pipelines.ltx2.utils import STAGE_2_DISTILLED_SIGMA_VALUES as LAST

        assert params.seed is not None
        both: dict[str, Any] = {
            "generator": seeded_generator(params.seed),
            "callback_on_step_end": step_bridge(on_step, DISTILLED_STEPS + LAST_STEPS),
        }
        size = {"width": params.width // ENLARGES, "height": params.height // ENLARGES}
        small = self._run(params.model_copy(update=size), on_step, output_type="latent", **both)
        enlarge = self.pipeline.sibling(ENLARGING)
        try:
            latents = enlarge(latents=small.frames, output_type="latent", **size).frames
        finally:
            enlarge.maybe_free_model_hooks()
        steps = {"num_inference_steps": LAST_STEPS, "sigmas": LAST, "noise_scale": LAST[0]}
        return self._run(
            params, on_step, latents=latents, audio_latents=small.audio, **steps, **both
        )


def _guided(params: Ltx2Params) -> dict[str, Any]:
    if params.schedule == "full":
        sound = params.sound_guidance if params.guidance > 1 else 1.0
        return {"audio_guidance_scale": sound}
    from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

    # Every other kind of guidance is trained in as well.
    ones = ("audio_guidance_scale", "modality_scale", "audio_modality_scale")
    noughts = ("stg_scale", "audio_stg_scale", "guidance_rescale", "audio_guidance_rescale")
    return {
        "sigmas": DISTILLED_SIGMA_VALUES,
        **dict.fromkeys(ones, 1.0),
        **dict.fromkeys(noughts, 0.0),
    }


def _given(params: Ltx2Params, text_encoder: Any) -> tuple[str, dict[str, Any]]:
    """Which pipeline makes it, and what is given to it beside the words."""
    found = _conditions(params, text_encoder)
    given: dict[str, Any] = {"conditions": found} if found else {}
    if params.control_video is not None:
        return FOLLOWING, {**given, **_followed(params)}
    return CONDITIONED if found else WORDS, given


def _conditions(params: Ltx2Params, text_encoder: Any) -> list[Any]:
    """The frames that are given: of a clip, or pictures as compressed as it was trained with."""
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
    from diffusers.pipelines.ltx2.utils import resolve_default_image_crf

    if params.video is not None:
        seen = films.ending(params.video, params, SEEN, SEEN)[1:]
        return [LTX2VideoCondition(seen, 0, 1.0)]
    crf = resolve_default_image_crf(text_encoder)
    size = (params.width, params.height)
    given = ((params.image, 0), (params.last_image, -1))
    return [
        LTX2VideoCondition(films.compressed(fitted(path, *size), crf), index, 1.0, crf=0)
        for path, index in given
        if path is not None
    ]


def _followed(params: Ltx2Params) -> dict[str, Any]:
    """The clip that an IC-LoRA follows, as small as it was trained with: its header says so."""
    from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition

    smaller = max(1, round(float(lora.said(params.adapter, "reference_downscale_factor") or 1)))
    sizes.check(params, SIDE_STEP * smaller, "with this LoRA")
    assert params.control_video is not None
    frames = films.read(params.control_video, params)
    return {
        "reference_conditions": [LTX2ReferenceCondition(frames, params.control_strength)],
        "reference_downscale_factor": smaller,
    }


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
    upscaler=UPSCALER,
).family()
