"""What people may bring along to a new song: a song to go on from, or a tune to accompany.

Says which task that makes, what belongs to it, and how long the result is. Reads files only to
know their length, score or notes; writes no music.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from studio.errors import RequestError
from studio.score import Note, Score, pitch_class
from studio.sounds.given import read_melody, song_facts
from studio.sounds.melody import Melody
from studio.spec import InputMelody, InputSong, Params, in_chinese

Task = Literal["compose", "continue", "repaint", "vary", "accompany"]
TASKS_ZH = {
    "auto": "自动", "compose": "新作", "continue": "续写", "repaint": "重写一段", "vary": "变奏",
    "accompany": "为旋律伴奏",
}  # fmt: skip
OF_SONGS: tuple[Task, ...] = ("continue", "repaint", "vary")
SHORTEST_S, LONGEST_S = 5.0, 600.0
SLOWEST_BPM, FASTEST_BPM = 40, 220
METRE_KIN = {
    "4/4": "4/4", "2/4": "4/4", "2/2": "4/4", "4/2": "4/4", "8/8": "4/4", "3/4": "3/4",
    "6/4": "3/4", "3/2": "3/4", "6/8": "6/8", "12/8": "6/8", "3/8": "6/8",
}  # fmt: skip
"""Which of our metres a tune's own is played in."""

LEAST_ADDED_S = 2.0
ADDED_S = 20.0


class GivenParams(Params):
    song: InputSong | None = Field(
        default=None,
        description="Song to go on from, change a stretch of or vary",
        json_schema_extra=in_chinese("歌曲", "要续写、改写或变奏的歌曲"),
    )
    melody: InputMelody | None = Field(
        default=None,
        description="Tune to accompany, as a MIDI file or a score in MusicXML",
        json_schema_extra=in_chinese("旋律", "要伴奏的旋律（MIDI 或 MusicXML 文件）"),
    )
    task: Literal["auto", "compose", "continue", "repaint", "vary", "accompany"] = Field(
        default="auto",
        description="What to do with it; auto continues a song and accompanies a tune",
        json_schema_extra=in_chinese(
            "任务", "自动：续写歌曲，为旋律伴奏", choices_zh=TASKS_ZH, advanced=True
        ),
    )
    added_s: float = Field(
        default=ADDED_S,
        ge=LEAST_ADDED_S,
        le=300,
        title="Longer by",
        description="How much is added to a song that is continued",
        json_schema_extra=in_chinese("续写时长", "续写多长", unit="s", step=1, advanced=True),
    )
    from_s: float | None = Field(
        default=None,
        ge=0,
        le=900,
        title="Repaint from",
        description="Where the stretch to write anew begins",
        json_schema_extra=in_chinese("改写起点", "重写的一段从哪里开始", unit="s", advanced=True),
    )
    to_s: float | None = Field(
        default=None,
        ge=0,
        le=900,
        title="Repaint to",
        description="Where the stretch to write anew ends",
        json_schema_extra=in_chinese("改写终点", "重写的一段到哪里结束", unit="s", advanced=True),
    )
    amount: float = Field(
        default=0.4,
        ge=0.05,
        le=1,
        title="Vary by",
        description="Share of the tune that a variation writes anew",
        json_schema_extra=in_chinese("变化幅度", "旋律中重新写的比例", advanced=True),
    )

    @property
    def doing(self) -> Task:
        return _doing(self.task, self.song is not None, self.melody is not None)

    @model_validator(mode="before")
    @classmethod
    def _length_of_what_is_given(cls, given: Any) -> Any:
        """The length follows from the song or the tune, whatever else was asked."""
        if not isinstance(given, Mapping):
            return given
        return {**given, **_lengths(given)}

    @model_validator(mode="after")
    def _belongs_together(self) -> "GivenParams":
        if self.song is not None and self.melody is not None:
            raise ValueError("song and melody were both given; give one of them")
        doing = self.doing
        if doing in OF_SONGS and self.song is None:
            raise ValueError(f"task {doing} was asked without song; give song too")
        if doing == "accompany" and self.melody is None:
            raise ValueError("task accompany was asked without melody; give melody too")
        file = "song" if self.song is not None else "melody" if self.melody is not None else ""
        if file and doing not in (OF_SONGS if file == "song" else ("accompany",)):
            raise ValueError(f"task {doing} takes no {file}; leave one out")
        _check_stretch(self)
        return self


def _doing(task: str, has_song: bool, has_melody: bool) -> Task:
    for each in (*OF_SONGS, "compose", "accompany"):
        if each == task:
            return each
    return "continue" if has_song else "accompany" if has_melody else "compose"


def _check_stretch(params: GivenParams) -> None:
    begin, end = params.from_s, params.to_s
    if params.doing != "repaint":
        if begin is not None or end is not None:
            raise ValueError("from_s and to_s are for task repaint; leave them out")
        return
    if begin is None or end is None:
        raise ValueError("task repaint needs from_s and to_s; give both")
    assert params.song is not None
    length = song_facts(params.song).duration_s
    if not begin < end or begin >= length or end > length + 1:
        raise ValueError(
            f"nothing to repaint from {begin:g} to {end:g} s in a song of {length:.1f} s; "
            "ask for a stretch inside it"
        )


def _lengths(given: Mapping[str, Any]) -> dict[str, float]:
    """`duration_s`, and `added_s` where it follows from that; nothing where nothing is given."""
    song, melody = given.get("song"), given.get("melody")
    if bool(song) == bool(melody):
        # With both, what is wrong is said later.
        return {}
    if melody:
        metre = str(given.get("metre") or "any")
        tune = tune_in(Path(str(melody)), _number(given.get("tempo_bpm")), metre)
        return {"duration_s": tune.duration_s}
    old = song_facts(Path(str(song))).duration_s
    if old > LONGEST_S:
        raise RequestError(
            f"song {Path(str(song)).name!r} lasts {old:.0f} s; at most {LONGEST_S:.0f} s, "
            "cut it first"
        )
    if _doing(str(given.get("task", "auto")), True, False) != "continue":
        return {"duration_s": old}
    added = _added(given, old)
    if old + added > LONGEST_S:
        raise RequestError(
            f"a song of {old:.0f} s continued by {added:g} s; at most {LONGEST_S:.0f} s in all, "
            "add less"
        )
    return {"duration_s": old + added, "added_s": added}


def _added(given: Mapping[str, Any], old: float) -> float:
    """As asked; of a length alone, what it is longer than the song, or itself if it is shorter."""
    added, whole = _number(given.get("added_s")), _number(given.get("duration_s"))
    if added is None and whole is not None:
        added = whole - old if whole >= old + LEAST_ADDED_S else min(whole, old)
    return ADDED_S if added is None else added


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        # What is wrong with it is said where its own option is checked.
        return None


@dataclass(frozen=True)
class Tune:
    """A tune that somebody brought, from the first bar in which it sounds."""

    notes: tuple[Note, ...]
    tempo_bpm: float
    metre: tuple[int, int]
    bars: int

    @property
    def beats_a_bar(self) -> float:
        return self.metre[0] * 4 / self.metre[1]

    @property
    def duration_s(self) -> float:
        return self.bars * self.beats_a_bar * 60 / self.tempo_bpm


def tune_in(path: Path, tempo_bpm: float | None = None, metre: str = "any") -> Tune:
    """The tune of a file in whole bars, at its own tempo and metre unless others are asked for.

    A tune that is over sooner than the shortest song leaves its last bars to the others.

    Raises:
        RequestError: no notes, or in a metre or tempo that nobody here plays.
    """
    melody = _melody(path)
    top, bottom = _metre(melody, metre)
    bar = top * 4 / bottom
    tempo = tempo_bpm or melody.tempo_bpm
    if not SLOWEST_BPM <= tempo <= FASTEST_BPM:
        raise RequestError(
            f"{path.name!r} is at {tempo:g} bpm; give tempo_bpm={SLOWEST_BPM} to {FASTEST_BPM}"
        )
    lead = int(min(note.start_beats for note in melody.notes) / bar) * bar
    notes = [replace(each, start_beats=each.start_beats - lead) for each in melody.notes]
    # A hair over a bar line is the bar before.
    bars = -int(-(max(note.end_beats for note in notes) - 0.05) // bar)
    fewest = -int(-SHORTEST_S * tempo / 60 // bar)
    tune = Tune(tuple(notes), tempo, (top, bottom), max(bars, fewest))
    if tune.duration_s > LONGEST_S:
        raise RequestError(
            f"the tune of {path.name!r} lasts {tune.duration_s:.0f} s at {tempo:g} bpm; "
            f"at most {LONGEST_S:.0f} s, cut it first"
        )
    return tune


def _metre(melody: Melody, asked: str) -> tuple[int, int]:
    """One of ours; what is counted in twos or twelves has the same bars as four and six."""
    own = f"{melody.metre[0]}/{melody.metre[1]}"
    wanted = METRE_KIN.get(own, own) if asked == "any" else asked
    if wanted not in METRE_KIN.values():
        raise RequestError(f"the tune is in {own}, played here are 4/4, 3/4 and 6/8; give metre=")
    top, bottom = wanted.split("/")
    return int(top), int(bottom)


def _melody(path: Path) -> Melody:
    stat = path.stat() if path.is_file() else None
    return _read_melody(path, stat.st_mtime_ns if stat else 0)


@lru_cache(maxsize=8)
def _read_melody(path: Path, _changed: int) -> Melody:
    return read_melody(path)


def check_agrees(params: GivenParams, asked: Mapping[str, str | float | None]) -> None:
    """Refuse what contradicts the song: genre, key, mode, metre, tempo stay what they are.

    Args:
        asked: what was asked of these, None where it was left open.
    """
    assert params.song is not None
    score = song_facts(params.song).score
    if score is None:
        if params.doing == "vary":
            raise RequestError(
                f"{params.song.name!r} brings no score to vary; give its melody as MIDI "
                "(melody=tune.mid), or continue or repaint it"
            )
        if asked.get("tempo_bpm") is not None:
            raise RequestError(
                f"tempo_bpm is {asked['tempo_bpm']}, but a recording keeps its own; "
                "leave tempo_bpm out"
            )
        return
    for name, value in _said_by(score).items():
        wanted = asked.get(name)
        if wanted is not None and not _is_same(name, wanted, value):
            raise RequestError(
                f"{name} is {wanted}, but the song is in {value}; leave {name} out, "
                "or make a new song of its melody"
            )


def _said_by(score: Score) -> dict[str, str | float]:
    return {
        "genre": score.genre,
        "key": score.key,
        "mode": score.mode,
        "metre": f"{score.metre[0]}/{score.metre[1]}",
        "tempo_bpm": round(score.tempo_bpm, 1),
    }


def _is_same(name: str, wanted: str | float, value: str | float) -> bool:
    if name == "key":
        return pitch_class(str(wanted)) == pitch_class(str(value))
    if name == "tempo_bpm":
        return abs(float(wanted) - float(value)) < 1
    return wanted == value
