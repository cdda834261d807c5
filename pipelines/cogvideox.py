"""cogvideox: clips from words, pictures and clips, by CogVideoX of Zhipu AI.

Its smallest weights run on cards that hold little. Weights of CogVideoX-Fun, by Alibaba's PAI team,
follow clips of poses, edges or depths. Knows what its makers recommend, nothing of
files or hashes.
"""

from typing import Any, ClassVar, Literal

from pipelines.open import clips, films, options, run, sizes
from pipelines.open.family import OpenFamily
from pipelines.open.start import fitted
from pipelines.open.words import check_prompts
from studio.errors import RequestError
from studio.media import Video
from studio.spec import Checkpoint, InputImage, InputVideo, OnStep, Params

FREE, FREE_TERMS = "Apache-2.0", "any use, also commercial"
OWN, OWN_TERMS = "LicenseRef-CogVideoX", "research; commercial use after registration with Zhipu AI"
LATER = {"width": 1360, "height": 768, "fps": 16}
FUN = {"width": 672, "height": 384}
PUBLISHED = (
    Checkpoint(
        "THUDM/CogVideoX-2b",
        FREE,
        FREE_TERMS,
        13_300_000_000,
        {},
        {"transformer": 1.7, "text_encoder": 4.8, "vae": 0.2},
    ),
    *(
        Checkpoint(
            name,
            OWN,
            OWN_TERMS,
            21_500_000_000,
            advice,
            {"transformer": 5.6, "text_encoder": 4.8, "vae": 0.2},
        )
        for name, advice in (
            ("THUDM/CogVideoX-5b", {}),
            ("THUDM/CogVideoX-5b-I2V", {}),
            ("THUDM/CogVideoX1.5-5B", LATER),
            ("THUDM/CogVideoX1.5-5B-I2V", LATER),
            ("alibaba-pai/CogVideoX-Fun-V1.1-5b-Pose", FUN),
            ("alibaba-pai/CogVideoX-Fun-V1.1-5b-Control", FUN),
        )
    ),
)
WORDS, PICTURE, CLIP, FOLLOWING = (
    "CogVideoXPipeline",
    "CogVideoXImageToVideoPipeline",
    "CogVideoXVideoToVideoPipeline",
    "CogVideoXFunControlPipeline",
)
SIDE_STEP, FRAME_STEP, MOST_FRAMES = 16, 4, 161


class CogVideoXParams(clips.OpenClipParams):
    published: ClassVar = PUBLISHED
    side_step: ClassVar = SIDE_STEP
    frame_step: ClassVar = FRAME_STEP
    most_frames: ClassVar = MOST_FRAMES

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    negative_prompt: str = options.negative_prompt("guidance above 1")
    # 49 frames of 8 a second, of which 48 are six seconds.
    duration_s: float = clips.duration(6, 20)
    frames: int | None = clips.frames(9, MOST_FRAMES, "4k + 1")
    fps: Literal[8, 16] = clips.rate(8)  # pyright: ignore[reportIncompatibleVariableOverride]
    width: int = options.side("Width", 720, SIDE_STEP, 1920, 64)
    height: int = options.side("Height", 480, SIDE_STEP, 1920, 64)
    image: InputImage | None = options.start_image("Picture to begin with")
    video: InputVideo | None = clips.video()
    control_video: InputVideo | None = clips.control_video(
        "Clip to follow, as the checkpoint needs it: poses, edges, depths",
        "按权重的要求给出的姿态、边缘或深度短片",
    )
    strength: float = options.strength(0.8, "video")
    steps: int = options.steps(50)
    guidance: float = options.guidance(6)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()


class CogVideoXModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Video:
        assert isinstance(params, CogVideoXParams)
        pipe = self.pipeline.pipe
        self._check(params)
        task, total, more = self._task(params)
        made = films.shoot(
            self.pipeline,
            task,
            params,
            on_step,
            total,
            # Its makers' advice for the scheduler that comes with the larger weights.
            use_dynamic_cfg=type(pipe.scheduler).__name__ == "CogVideoXDPMScheduler",
            max_sequence_length=pipe.transformer.config.max_text_seq_length,
            **more,
        )
        return films.clip(made.frames[0], params)

    def _check(self, params: CogVideoXParams) -> None:
        """Refuse what this checkpoint would cut, or cannot do."""
        pipe, shape = self.pipeline.pipe, self.pipeline.pipe.transformer.config
        check_prompts(pipe.tokenizer, params, shape.max_text_seq_length)
        sizes.check(params, pipe.vae_scale_factor_spatial * shape.patch_size)
        if params.video is not None or params.control_video is not None:
            # Latent frames that are taken as one must come out even.
            together = shape.patch_size_t or 1
            rest = FRAME_STEP * (together - 1) + 1
            sizes.check_frames(params, FRAME_STEP * together, rest)
        if not shape.use_learned_positional_embeddings:
            return
        scale = pipe.vae_scale_factor_spatial
        only = (shape.sample_width * scale, shape.sample_height * scale, shape.sample_frames)
        if (params.width, params.height, params.made_frames) != only:
            raise RequestError(
                f"{params.checkpoint} makes {only[2]} frames of {only[0]}x{only[1]} only; set "
                f"frames={only[2]}, width={only[0]} and height={only[1]}"
            )

    def _task(self, params: CogVideoXParams) -> tuple[str, int, dict[str, Any]]:
        """Which pipeline makes it, in how many steps, and what it takes beside the usual."""
        if self._follows(params):
            assert params.control_video is not None
            frames = films.read(params.control_video, params)
            return FOLLOWING, params.steps, {"control_video": frames}
        begins = self.pipeline.name == PICTURE
        if begins != (params.image is not None):
            raise RequestError(
                f"{params.checkpoint} begins with a picture; give image"
                if begins
                else f"{params.checkpoint} takes no image; take checkpoint={PUBLISHED[2].id}"
            )
        if params.image is not None:
            if params.video is not None:
                raise RequestError("image and video were both given; leave one out")
            picture = fitted(params.image, params.width, params.height)
            return PICTURE, params.steps, {"image": picture, "num_frames": params.made_frames}
        if params.video is None:
            return WORDS, params.steps, {"num_frames": params.made_frames}
        more = {"video": films.read(params.video, params), "strength": params.strength}
        return CLIP, films.steps_taken(params.steps, params.strength), more

    def _follows(self, params: CogVideoXParams) -> bool:
        """Whether the checkpoint follows clips. Then it needs one, and takes nothing else."""
        pipe = self.pipeline.pipe
        # Some are published as of the usual class; their denoisers take a clip beside the noise.
        takes_two = pipe.transformer.config.in_channels == 2 * pipe.vae.config.latent_channels
        follows = self.pipeline.name == FOLLOWING or (self.pipeline.name == WORDS and takes_two)
        if follows and params.control_video is None:
            raise RequestError(f"{params.checkpoint} follows a clip; give control_video")
        if not follows and params.control_video is not None:
            raise RequestError(
                f"{params.checkpoint} takes no control_video; take checkpoint={PUBLISHED[-2].id}"
            )
        for name in ("image", "video") if follows else ():
            if getattr(params, name) is not None:
                raise RequestError(f"{params.checkpoint} takes no {name}; leave it out")
        return follows


FAMILY = OpenFamily(
    name="cogvideox",
    kind="video",
    about="Clips of six seconds from words, pictures and clips; for a GPU",
    about_zh="文字、图片、短片生成六秒短片，需要 GPU",
    params=CogVideoXParams,
    classes=(WORDS, PICTURE, FOLLOWING),
    model=CogVideoXModel,
    published=PUBLISHED,
).family()
