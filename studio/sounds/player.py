"""What a player shows of a song: waveform, sections, chords, sung words and stems, in seconds.

Made from a sound and its score, kept as `player.json`. Knows no page and no container.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from studio.errors import RequestError
from studio.media import Audio
from studio.score import Role, Score
from studio.sounds.spelling import chord_symbol, key_signature
from studio.sounds.sung import Syllable, sung_lines

MIX_PEAKS = 1200
STEM_PEAKS = 400
"""Columns of a waveform: about what a wide screen shows."""


@dataclass(frozen=True)
class SectionMark:
    name: str
    start_s: float


@dataclass(frozen=True)
class ChordMark:
    symbol: str
    start_s: float


@dataclass(frozen=True)
class StemFile:
    """`file` lies beside `player.json`; `name` is the key of its peaks."""

    name: str
    role: Role
    file: str
    instrument: str = ""


@dataclass(frozen=True)
class Player:
    """Everything in `player.json`. Peaks are within [0, 1]; "mix" is the whole song."""

    duration_s: float
    peaks: dict[str, tuple[float, ...]]
    sections: tuple[SectionMark, ...] = ()
    lyrics: tuple[Syllable, ...] = ()
    chords: tuple[ChordMark, ...] = ()
    stems: tuple[StemFile, ...] = ()
    stem_gain: float = 1.0
    """The stem files times this, summed, are as loud as the song."""

    title: str = ""
    genre: str = ""
    tempo_bpm: float | None = None
    key: str = ""
    mode: str = ""
    metre: tuple[int, int] | None = None

    @property
    def lines(self) -> list[list[Syllable]]:
        """The sung words by line."""
        found: dict[int, list[Syllable]] = {}
        for each in self.lyrics:
            found.setdefault(each.line, []).append(each)
        return list(found.values())

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))


_READER = TypeAdapter(Player)


def read_player(file: Path) -> Player:
    """What `to_json` wrote.

    Raises:
        RequestError: missing, or not such a file.
    """
    try:
        return _READER.validate_json(file.read_bytes())
    except OSError as error:
        raise RequestError(f"cannot read {file.name}: {error.strerror or error}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        raise RequestError(
            f"{file.name} is damaged ({problem['msg']}); make the song again"
        ) from error


def player_of(
    audio: Audio, lyrics: str = "", files: Sequence[StemFile] = (), stem_gain: float = 1.0
) -> Player:
    """The player's view of a song.

    Args:
        lyrics: the words as the person wrote them, for the line breaks; may be empty.
        files: where the stems lie.
        stem_gain: see `Player.stem_gain`.
    """
    shown = {"mix": peaks(audio.samples, MIX_PEAKS)}
    shown |= {stem.name: peaks(stem.samples, STEM_PEAKS) for stem in audio.stems}
    player = Player(round(audio.duration_s, 6), shown, stems=tuple(files), stem_gain=stem_gain)
    return player if audio.score is None else _with_score(player, audio.score, lyrics)


def _with_score(player: Player, score: Score, lyrics: str) -> Player:
    signature = key_signature(score.key, score.mode)
    return dataclasses.replace(
        player,
        sections=tuple(SectionMark(s.name, _at(score, s.start_beats)) for s in score.sections),
        chords=tuple(
            ChordMark(chord_symbol(each, signature), _at(score, each.start_beats))
            for each in score.chords
        ),
        lyrics=sung_lines(score, lyrics),
        title=score.title,
        genre=score.genre,
        tempo_bpm=score.tempo_bpm,
        key=score.key,
        mode=score.mode,
        metre=score.metre,
    )


def _at(score: Score, beats: float) -> float:
    return round(score.seconds(beats), 3)


def peaks(samples: NDArray[np.float32], count: int) -> tuple[float, ...]:
    """The largest deflection in each of `count` equal spans (fewer of a very short sound).

    Args:
        samples: float32 (channels, time).
    """
    loudest = np.abs(samples).max(axis=0, initial=0)
    count = min(count, loudest.size)
    if count == 0:
        return ()
    starts = np.arange(count) * loudest.size // count
    return tuple(np.round(np.maximum.reduceat(loudest, starts).astype(float), 3).tolist())
