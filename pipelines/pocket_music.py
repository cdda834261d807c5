"""pocket-music: songs from a mood or a few lines of lyrics, written, played and sung offline.

Turns what people ask for into a plan; the plan is written by `pocket/music`, sung by
`pocket/voice`, played and mixed by `pocket/sound`. Nothing here is about files or rights.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.music.given import tune_in
from pipelines.pocket.music.params import PocketMusicParams, named
from studio.errors import RequestError
from studio.media import Audio, Stem
from studio.score import Score
from studio.scripts import is_chinese
from studio.sounds.given import song_facts
from studio.spec import Family, Model, OnStep, Params, Step, Weights
from studio.weights import shipped

if TYPE_CHECKING:
    from pipelines.pocket.music.model import MusicModel
    from pipelines.pocket.music.plan import SongPlan
    from pipelines.pocket.music.rework import Work

ASSETS = Path(__file__).parents[1] / "assets"
PARTS = {
    "pocket-music": "Apache-2.0",
    # Fitted to FluidR3Mono.
    "pocket-sound": "MIT",
    # The CMU Pronouncing Dictionary.
    "pocket-voice": "BSD-2-Clause",
    "pocket-text": "Apache-2.0",
}
LICENCE = "Apache-2.0"
SAMPLE_RATE = 44_100
TICKS = 24
"""Steps of the progress of a song: half are the model's, the rest singing and playing."""

WRITTEN, SUNG = 12, 15
DEFAULT_GENRE = "pop"
DEFAULT_VOICE = "soft female"
FORMS: tuple[tuple[str, ...], ...] = (
    ("verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("verse", "chorus", "verse", "chorus"),
    ("verse", "chorus"),
    ("chorus",),
)
"""Of a song whose words are written here: the longest that the time has room for."""

LIFT = {"calmer": -1, "usual": 0, "livelier": 1}


class PocketMusic:
    """The loaded model: same params, same sound."""

    def __init__(self, writer: "MusicModel") -> None:
        self.writer = writer

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, PocketMusicParams) and params.seed is not None
        progress = _Progress(on_step)
        score = self._written(params, progress)
        vocals = self._sung(score)
        progress.to(SUNG)
        return _played(score, vocals, params, progress)

    def _written(self, params: PocketMusicParams, progress: "_Progress") -> Score:
        from pipelines.pocket.music.model import Settings
        from pipelines.pocket.music.rework import Work

        assert params.seed is not None
        settings = Settings(steps=params.steps, guidance=params.guidance, seed=params.seed)

        def tell(step: Step) -> None:
            progress.to(min(step.index * WRITTEN // step.total, WRITTEN))

        score = written(params, Work(self.writer, params.seed, settings, tell))
        progress.to(WRITTEN)
        return score

    def _sung(self, score: Score) -> dict[str, NDArray[np.float32]]:
        from pipelines.pocket.voice.sing import sing

        return {
            part.name: sing(part.notes, score.tempo_bpm, part.instrument, score.take).samples
            for part in score.parts
            if part.role == "vocals"
        }


class _Progress:
    """Ticks that go by one at a time, however the work is divided."""

    def __init__(self, on_step: OnStep) -> None:
        self.on_step = on_step
        self.done = 0

    def to(self, tick: int) -> None:
        while self.done < tick:
            self.done += 1
            self.on_step(Step(self.done, TICKS))


def written(params: PocketMusicParams, work: "Work") -> Score:
    """The score of what is asked for: new, or of what was brought along.

    Raises:
        RequestError: something asked for cannot be; the message says what can.
    """
    from pipelines.pocket.music.compose import compose
    from pipelines.pocket.music.tasks import from_song, from_tune

    if params.song is not None:
        score = song_facts(params.song).score
        assert score is not None
        return from_song(score, params, bare_plan(params), work)
    if params.melody is not None:
        tune = tune_in(params.melody, params.tempo_bpm, params.metre)
        plan = _with_given_words(bare_plan(params), params)
        score = from_tune(tune, params.vocals, plan, work)
    else:
        score = compose(plan_of(params), work.model, work.seed, work.settings, work.on_step)
    return replace(score, take=work.seed, is_loop=params.loop)


def plan_of(params: PocketMusicParams) -> "SongPlan":
    """What is asked for, in the composer's terms, with its words.

    Raises:
        RequestError: something asked for cannot be; the message says what can.
    """
    return _with_words(bare_plan(params), params)


def bare_plan(params: PocketMusicParams) -> "SongPlan":
    """What is asked for, in the composer's terms, without words.

    Raises:
        RequestError: something asked for cannot be; the message says what can.
    """
    from pipelines.pocket.music.lyricist import title_of
    from pipelines.pocket.music.plan import SongPlan
    from pipelines.pocket.text import PocketText
    from pipelines.pocket.voice.voices import voice_named

    voice = params.voice or DEFAULT_VOICE
    singer = voice_named(voice)
    about = " ".join(part for part in (params.prompt, params.mood) if part)
    return SongPlan(
        genre=DEFAULT_GENRE if params.genre == "any" else params.genre,
        duration_s=params.duration_s,
        tempo_bpm=params.tempo_bpm,
        key=None if params.key == "any" else params.key,
        mode=None if params.mode == "any" else params.mode,
        metre=_metre(params.metre),
        lift=LIFT[params.energy],
        instruments=named(params.instruments),
        voice=voice,
        voice_range=(singer.low, singer.high),
        is_loop=params.loop,
        title=title_of(params.prompt, _language(params)),
        text=PocketText.load().encode([about]).pooled[0].numpy(),
    )


def _language(params: PocketMusicParams) -> Literal["en", "zh"]:
    return "zh" if is_chinese(params.lyrics or params.prompt) else "en"


def is_sung(params: PocketMusicParams) -> bool:
    """Whether somebody sings: as asked, else where there are words or the prompt wants them."""
    from pipelines.pocket.music.lyricist import wants_voice

    if params.vocals != "auto":
        return params.vocals == "yes"
    return bool(params.lyrics.strip()) or wants_voice(params.prompt, params.genre)


def _with_given_words(plan: "SongPlan", params: PocketMusicParams) -> "SongPlan":
    from pipelines.pocket.music.spoken import sung_stanzas

    words = params.lyrics.strip()
    return replace(plan, stanzas=sung_stanzas(words, _language(params))) if words else plan


def _with_words(plan: "SongPlan", params: PocketMusicParams) -> "SongPlan":
    """The plan with the lyrics given, or with as many words of our own as the time has room for."""
    from pipelines.pocket.music.lyricist import write_lyrics
    from pipelines.pocket.music.plan import plan_piece
    from pipelines.pocket.music.spoken import sung_stanzas

    language, seed = _language(params), params.seed or 0
    if not is_sung(params):
        return plan
    if params.lyrics.strip():
        return _with_given_words(plan, params)
    problem: RequestError | None = None
    for sections in FORMS:
        words = write_lyrics(params.prompt, params.mood, language, sections, seed)
        sung = replace(plan, stanzas=sung_stanzas(words, language))
        try:
            plan_piece(sung, seed)
        except RequestError as error:
            problem = error
            continue
        return sung
    if params.vocals == "yes" and problem is not None:
        raise problem
    # Too short for a line: what "auto" may decide.
    return plan


def _metre(text: str) -> tuple[int, int] | None:
    if text == "any":
        return None
    beats, unit = text.split("/")
    return int(beats), int(unit)


def _played(
    score: Score,
    vocals: dict[str, NDArray[np.float32]],
    params: PocketMusicParams,
    progress: _Progress,
) -> Audio:
    from pipelines.pocket.sound.mix import Settings, render

    def tell(index: int, total: int, _name: str) -> None:
        progress.to(SUNG + index * (TICKS - 1 - SUNG) // total)

    settings = Settings(duration_s=params.duration_s, is_loop=score.is_loop)
    mix = render(score, vocals, score.take, tell, settings)
    progress.to(TICKS)
    stems = tuple(Stem(name, sound * mix.gain) for name, sound in mix.stems.items())
    return Audio(mix.master, SAMPLE_RATE, stems, score)


def load(device: str) -> Model:
    """The device does not matter: the model is small, and sound is made on the CPU."""
    from pipelines.pocket.music.model import MusicModel

    return PocketMusic(MusicModel.load())


def weights() -> tuple[Weights, ...]:
    return tuple(each for part, own in PARTS.items() for each in shipped(ASSETS / part, own))


FAMILY = Family(
    name="pocket-music",
    kind="song",
    about="Songs with singing, stems and score, offline on a CPU",
    about_zh="带演唱、分轨和乐谱的歌曲，离线在 CPU 上生成",
    params=PocketMusicParams,
    load=load,
    licence=LICENCE,
    memory_bytes=1_500_000_000,
    weights=weights,
    default_for_kind=True,
)
