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
from studio.sounds.given import read_song, song_facts
from studio.spec import Family, Model, OnStep, Params, Step, Weights
from studio.weights import shipped

if TYPE_CHECKING:
    from pipelines.pocket.music.model import MusicModel
    from pipelines.pocket.music.plan import SongPlan
    from pipelines.pocket.music.rework import Work
    from pipelines.pocket.sound.mix import Mix

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

POEMS: tuple[tuple[str, ...], ...] = (
    ("verse", "verse", "verse", "chorus"),
    ("verse", "verse", "chorus"),
    ("verse", "chorus"),
    ("chorus",),
)
"""Of words that are spoken."""

LIFT = {"calmer": -1, "usual": 0, "livelier": 1}


class PocketMusic:
    """The loaded model: same params, same sound."""

    def __init__(self, writer: "MusicModel") -> None:
        self.writer = writer

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, PocketMusicParams) and params.seed is not None
        progress = _Progress(on_step)
        work = self._work(params, progress)
        if params.song is not None and song_facts(params.song).score is None:
            return self._recorded(params, work, progress)
        score = written(params, work)
        progress.to(WRITTEN)
        vocals = self._sung(score)
        progress.to(SUNG)
        return _played(score, vocals, params, progress)

    def _recorded(self, params: PocketMusicParams, work: "Work", progress: "_Progress") -> Audio:
        """Goes on from a recording that brings no score."""
        from pipelines.pocket.recorded import on_recording

        assert params.song is not None

        def perform(score: Score, seconds: float) -> "Mix":
            progress.to(WRITTEN)
            vocals = self._sung(score)
            progress.to(SUNG)
            return _mixed(score, vocals, seconds, progress)

        if params.vocals not in ("auto", "no") and not params.lyrics.strip():
            raise RequestError(
                f"vocals {params.vocals}, but a recording tells no words; give lyrics"
            )
        title = song_facts(params.song).title
        plan = replace(_with_given_words(bare_plan(params), params), title=title)
        song = on_recording(read_song(params.song), params, plan, work, perform)
        progress.to(TICKS)
        return song

    def _work(self, params: PocketMusicParams, progress: "_Progress") -> "Work":
        from pipelines.pocket.music.model import Settings
        from pipelines.pocket.music.rework import Work

        assert params.seed is not None
        settings = Settings(steps=params.steps, guidance=params.guidance, seed=params.seed)

        def tell(step: Step) -> None:
            progress.to(min(step.index * WRITTEN // step.total, WRITTEN))

        return Work(self.writer, params.seed, settings, tell)

    def _sung(self, score: Score) -> dict[str, NDArray[np.float32]]:
        from pipelines.pocket.voice.perform import perform

        return {
            part.name: perform(part, score.tempo_bpm, score.take)
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
    from pipelines.pocket.music.tasks import from_tune

    manner = spoken_manner(params)
    if params.song is not None:
        return _reworked(params, manner, work)
    if manner == "narration":
        score = _said(params, None)
    elif params.melody is not None:
        tune = tune_in(params.melody, params.tempo_bpm, params.metre)
        plan = bare_plan(params)
        plan = plan if manner else _with_given_words(plan, params)
        score = from_tune(tune, "no" if manner else params.vocals, plan, work)
    else:
        score = compose(plan_of(params), work.model, work.seed, work.settings, work.on_step)
    if manner == "spoken":
        score = _said(params, score)
    return replace(score, take=work.seed, is_loop=params.loop)


def _reworked(params: PocketMusicParams, manner: str | None, work: "Work") -> Score:
    """A song that was brought along; what is spoken over it stays."""
    from pipelines.pocket.music.narration import renarrated, without_narration
    from pipelines.pocket.music.tasks import from_song

    assert params.song is not None
    score = song_facts(params.song).score
    assert score is not None
    if manner is None and without_narration(score)[1] is None:
        return from_song(score, params, bare_plan(params), work)
    quiet = params.model_copy(update={"lyrics": "", "vocals": "no"})

    def change(music: Score) -> Score:
        return from_song(music, quiet, bare_plan(params), work)

    return renarrated(score, params.lyrics, params.voice, change)


def spoken_manner(params: PocketMusicParams) -> Literal["spoken", "narration"] | None:
    """Whether words are said rather than sung: as asked, else as the prompt has it."""
    from pipelines.pocket.music.narration import manner_in

    if params.vocals in ("spoken", "narration"):
        return params.vocals
    manner = manner_in(params.prompt) if params.vocals == "auto" else None
    # Speech alone cannot stand where there is music to keep.
    is_given = params.song is not None or params.melody is not None or params.loop
    return "spoken" if manner and is_given else manner


def _said(params: PocketMusicParams, score: Score | None) -> Score:
    """The words given, or as many of our own as there is time for, over a score or alone."""
    from pipelines.pocket.music.lyricist import title_of, write_lyrics
    from pipelines.pocket.music.narration import narrated, narration

    language, voice = _language(params), _voice(params)
    title = title_of(params.prompt, language)
    if params.lyrics.strip():
        if score is None:
            return narration(params.lyrics, voice, title)
        return narrated(score, params.lyrics, voice)
    *longer, shortest = (
        write_lyrics(params.prompt, params.mood, language, sections, params.seed or 0)
        for sections in POEMS
    )
    for words in longer:
        found = _try_said(score, words, voice, title)
        if found is not None and (score is not None or found.duration_s <= params.duration_s):
            return found
    return narration(shortest, voice, title) if score is None else narrated(score, shortest, voice)


def _try_said(score: Score | None, words: str, voice: str, title: str) -> Score | None:
    """None where the words do not fit into the time."""
    from pipelines.pocket.music.narration import narrated, narration

    try:
        if score is None:
            return narration(words, voice, title)
        return narrated(score, words, voice, is_easy=True)
    except RequestError:
        return None


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

    voice = _voice(params)
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


def _voice(params: PocketMusicParams) -> str:
    """Who sings: as asked, else as the prompt has it."""
    from pipelines.pocket.voice.voices import voice_in

    return params.voice or voice_in(params.prompt) or DEFAULT_VOICE


def _language(params: PocketMusicParams) -> Literal["en", "zh"]:
    return "zh" if is_chinese(params.lyrics or params.prompt) else "en"


def is_sung(params: PocketMusicParams) -> bool:
    """Whether somebody sings: as asked, else where there are words or the prompt wants them."""
    from pipelines.pocket.music.lyricist import wants_voice

    if params.vocals != "auto":
        return params.vocals == "yes"
    if spoken_manner(params):
        return False
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
    # Speech alone is as long as its words.
    is_speech = all(part.is_spoken for part in score.parts)
    length = score.duration_s if is_speech else params.duration_s
    mix = _mixed(score, vocals, length, progress)
    progress.to(TICKS)
    stems = tuple(Stem(name, sound * mix.gain) for name, sound in mix.stems.items())
    return Audio(mix.master, SAMPLE_RATE, stems, score)


def _mixed(
    score: Score, vocals: dict[str, NDArray[np.float32]], duration_s: float, progress: _Progress
) -> "Mix":
    from pipelines.pocket.sound.mix import Settings, render

    def tell(index: int, total: int, _name: str) -> None:
        progress.to(SUNG + index * (TICKS - 1 - SUNG) // total)

    settings = Settings(duration_s=duration_s, is_loop=score.is_loop)
    return render(score, vocals, score.take, tell, settings)


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
