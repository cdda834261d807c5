"""ace-step: whole songs with singing, and songs made of other songs, by ACE-Step 1.5.

Its six tasks: a song from words, a cover of one, a stretch of one anew, a part taken out of one, a
part added to one, the rest added to a part. Turbo needs 8 steps and no guidance. Knows what its
makers recommend, nothing of files or hashes.
"""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from pipelines.open import options, run, songs, sounds
from pipelines.open.family import OpenFamily
from pipelines.open.pictures import OpenParams
from pipelines.open.words import check_length
from studio.errors import RequestError
from studio.media import Audio
from studio.scripts import is_chinese
from studio.spec import (
    Checkpoint,
    InputSong,
    InputSongReference,
    OnStep,
    Params,
    in_chinese,
)

LICENCE, TERMS = "MIT", "any use, also commercial"
PUBLISHED = (
    Checkpoint("ACE-Step/acestep-v15-xl-turbo-diffusers", LICENCE, TERMS, 11_500_000_000),
    Checkpoint(
        "ACE-Step/acestep-v15-xl-base-diffusers",
        LICENCE,
        TERMS,
        11_500_000_000,
        {"steps": 50, "guidance": 7.0},
    ),
)
PROMPT_TOKENS, LYRICS_TOKENS = 256, 2048
# What stands around the words in what is read: instruction, metre, key, length.
AROUND_TOKENS = 90
SHIFT = 3.0
INSTRUMENTAL = "[Instrumental]"

Task = Literal["song", "cover", "repaint", "extract", "lego", "complete"]
TASKS_ZH = {
    "song": "新歌", "cover": "翻唱", "repaint": "重绘片段", "extract": "提取声部",
    "lego": "添加声部", "complete": "补全其余",
}  # fmt: skip
Part = Literal[
    "vocals", "backing_vocals", "drums", "bass", "guitar", "keyboard", "percussion", "strings",
    "synth", "fx", "brass", "woodwinds",
]  # fmt: skip
PARTS_ZH = {
    "vocals": "人声", "backing_vocals": "和声", "drums": "鼓", "bass": "贝斯", "guitar": "吉他",
    "keyboard": "键盘", "percussion": "打击乐", "strings": "弦乐", "synth": "合成器", "fx": "音效",
    "brass": "铜管", "woodwinds": "木管",
}  # fmt: skip
Key = Literal["any", "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
KEYS_ZH = {
    "any": "不限", "C": "C", "C#": "升C", "D": "D", "Eb": "降E", "E": "E", "F": "F", "F#": "升F",
    "G": "G", "Ab": "降A", "A": "A", "Bb": "降B", "B": "B",
}  # fmt: skip
METRES_ZH = {"any": "不限", "4/4": "四四拍", "3/4": "四三拍", "2/4": "四二拍", "6/8": "八六拍"}
Language = Literal["auto", "en", "zh", "ja", "ko", "es", "fr", "de", "it", "pt", "ru"]
LANGUAGES_ZH = {
    "auto": "自动", "en": "英语", "zh": "中文", "ja": "日语", "ko": "韩语", "es": "西班牙语",
    "fr": "法语", "de": "德语", "it": "意大利语", "pt": "葡萄牙语", "ru": "俄语",
}  # fmt: skip
BEATS = {"4/4": "4", "3/4": "3", "2/4": "2", "6/8": "6"}


class AceStepParams(OpenParams):
    published: ClassVar = PUBLISHED

    checkpoint: str = options.checkpoint(PUBLISHED[0].id)
    lyrics: str = Field(
        default="",
        max_length=8000,
        description="What is sung, with [verse] and [chorus]; nothing is sung without",
        json_schema_extra=in_chinese("歌词", "要唱的词，可用 [verse] 等分段", multiline=True),
    )
    language: Language = Field(
        default="auto",
        description="Language of the lyrics; auto tells Chinese from English",
        json_schema_extra=in_chinese(
            "语言", "歌词的语言；自动区分中文与英文", choices_zh=LANGUAGES_ZH
        ),
    )
    duration_s: float = Field(
        default=60,
        ge=10,
        le=600,
        title="Length",
        description="Length; with a song given it follows from that",
        json_schema_extra=in_chinese("时长", "给出歌曲时由其决定", unit="s", step=1),
    )
    tempo_bpm: int | None = Field(
        default=None,
        ge=30,
        le=300,
        title="Tempo",
        description="Beats a minute; empty leaves it to the model",
        json_schema_extra=in_chinese("速度", "每分钟拍数；留空由模型决定", unit="bpm"),
    )
    key: Key = Field(
        default="any",
        description="Key",
        json_schema_extra=in_chinese("调", "主音", choices_zh=KEYS_ZH),
    )
    mode: Literal["major", "minor"] = Field(
        default="major",
        description="Mode, with a key",
        json_schema_extra=in_chinese(
            "调式", "大调或小调", choices_zh={"major": "大调", "minor": "小调"}
        ),
    )
    metre: Literal["any", "4/4", "3/4", "2/4", "6/8"] = Field(
        default="any",
        description="Metre",
        json_schema_extra=in_chinese("拍号", "每小节的拍子", choices_zh=METRES_ZH),
    )
    task: Task = Field(
        default="song",
        description="What to do: all but song work on the song given",
        json_schema_extra=in_chinese("任务", "除新歌外都需要给出歌曲", choices_zh=TASKS_ZH),
    )
    song: InputSong | None = Field(
        default=None,
        description="Song to work on",
        json_schema_extra=in_chinese("歌曲", "要处理的歌曲"),
    )
    reference: InputSongReference | None = Field(
        default=None,
        description="Song whose sound to take",
        json_schema_extra=in_chinese("参考歌曲", "借用其音色"),
    )
    part: Part = Field(
        default="vocals",
        description="Which part to extract, to add (lego), or to add first (complete)",
        json_schema_extra=in_chinese(
            "声部", "要提取或添加的声部", choices_zh=PARTS_ZH, advanced=True
        ),
    )
    start_s: float = Field(
        default=0.0,
        ge=0,
        le=600,
        title="From",
        description="Where repaint or lego begins in the song",
        json_schema_extra=in_chinese("起点", "重绘或添加的起点", unit="s", advanced=True),
    )
    end_s: float | None = Field(
        default=None,
        ge=0,
        le=600,
        title="To",
        description="Where repaint or lego ends; empty: with the song",
        json_schema_extra=in_chinese("终点", "留空则到结尾", unit="s", advanced=True),
    )
    cover_strength: float = Field(
        default=1.0,
        ge=0,
        le=1,
        title="Keep of the song",
        description="How much a cover keeps of the song",
        json_schema_extra=in_chinese("保留程度", "翻唱保留原曲的程度", advanced=True),
    )
    steps: int = options.steps(8)
    guidance: float = options.guidance(1)
    adapter: str = options.adapter()
    precision: options.Precision = options.precision()

    @model_validator(mode="after")
    def _fits_the_task(self) -> "AceStepParams":
        if self.task != "song" and self.song is None:
            raise ValueError(f"{self.task} works on a song; give song")
        if self.task == "song" and self.song is not None:
            raise ValueError("song was given, and a new one asked for; set task, such as cover")
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(f"end_s {self.end_s:g} is not after start_s {self.start_s:g}")
        return self


class AceStepModel:
    def __init__(self, pipeline: run.Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, AceStepParams) and params.seed is not None
        pipe = self.pipeline.pipe
        _check(pipe, params)
        more: dict[str, Any] = {}
        length = round(params.duration_s * pipe.sample_rate)
        if params.song is not None:
            more["src_audio"] = sounds.read(params.song, pipe.sample_rate)
            length = more["src_audio"].shape[1]
            _check_stretch(params, length / pipe.sample_rate)
        if params.reference is not None:
            more["reference_audio"] = sounds.read(params.reference, pipe.sample_rate)
        with sounds.seeded_encoding(pipe.vae, params.seed):
            samples = sounds.play(self.pipeline, params, on_step, **_arguments(params), **more)
        # Its latents are 40 ms long.
        return Audio(np.ascontiguousarray(samples[:, :length]), pipe.sample_rate)


def _check(pipe: Any, params: AceStepParams) -> None:
    """Refuse what the checkpoint cannot do, or would cut."""
    check_length(pipe.tokenizer, params.prompt, PROMPT_TOKENS - AROUND_TOKENS)
    check_length(pipe.tokenizer, params.lyrics, LYRICS_TOKENS - AROUND_TOKENS)
    if not pipe.is_turbo:
        return
    if params.guidance > 1:
        raise RequestError(
            f"guidance {params.guidance:g} has no effect on distilled weights; leave it at 1, "
            f"or take checkpoint={PUBLISHED[1].id}"
        )
    if params.task in ("extract", "lego", "complete"):
        raise RequestError(
            f"distilled weights cannot {params.task}; take checkpoint={PUBLISHED[1].id}"
        )


def _check_stretch(params: AceStepParams, song_s: float) -> None:
    """Refuse a stretch that is not in the song, of which the pipeline would take what there is.

    Raises:
        RequestError: with where the song ends.
    """
    if params.task not in ("repaint", "lego"):
        return
    if params.start_s >= song_s:
        raise RequestError(
            f"start_s {params.start_s:g} is past the song's end at {song_s:.2f} s; make it smaller"
        )
    if params.end_s is not None and params.end_s > song_s + songs.LOOSE_S:
        raise RequestError(
            f"end_s {params.end_s:g} is past the song's end at {song_s:.2f} s; make it smaller, or "
            "leave it out"
        )


def _arguments(params: AceStepParams) -> dict[str, Any]:
    language = params.language
    if language == "auto":
        language = "zh" if is_chinese(params.lyrics) else "en"
    return {
        "lyrics": params.lyrics or INSTRUMENTAL,
        "vocal_language": language,
        # Of a song given, its own.
        "audio_duration": params.duration_s if params.song is None else 0,
        "num_inference_steps": params.steps,
        "guidance_scale": params.guidance,
        "shift": SHIFT,
        "bpm": params.tempo_bpm,
        "keyscale": None if params.key == "any" else f"{params.key} {params.mode}",
        "timesignature": BEATS.get(params.metre),
        "task_type": "text2music" if params.task == "song" else params.task,
        "track_name": params.part,
        "complete_track_classes": [params.part],
        "repainting_start": params.start_s,
        "repainting_end": params.end_s,
        "audio_cover_strength": params.cover_strength,
    }


FAMILY = OpenFamily(
    name="ace-step",
    kind="song",
    about="Whole songs with singing, covers, parts added and taken out; for a GPU",
    about_zh="含演唱的完整歌曲，可翻唱、增减声部，需要 GPU",
    params=AceStepParams,
    classes=("AceStepPipeline",),
    model=AceStepModel,
    published=PUBLISHED,
).family()
