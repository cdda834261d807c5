"""Reads a song or a tune that somebody hands in, with every check that makes it safe to use.

A song is any sound; one that was made here brings its score along. A tune is a MIDI
file or a score in MusicXML.
Knows nothing about rights, records or where the file came from.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from studio.errors import RequestError
from studio.media import Audio
from studio.score import Score
from studio.sounds import containers, packed, tags
from studio.sounds.melody import Melody
from studio.sounds.midi_in import read_midi
from studio.sounds.musicxml_in import is_musicxml, read_musicxml

SAMPLE_RATE = 44_100
_HEAD_BYTES = 64
_SAME_LENGTH_S = 0.05
"""A file that is longer or shorter than its score by more was cut since it was made."""


@dataclass(frozen=True)
class Facts:
    """What is known of a song before anything is made of it."""

    duration_s: float
    score: Score | None
    """What it was played from; None of a recording, and of a song that was cut or joined since."""

    title: str = ""


def kind_of(path: Path) -> Literal["song", "melody"] | None:
    """What a file is by its first bytes; None where they do not tell, or there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:4] == b"MThd" or (head[:4], head[8:12]) == (b"RIFF", b"RMID"):
        return "melody"
    if is_musicxml(path, head):
        return "melody"
    try:
        containers.format_of(path)
    except RequestError:
        return None
    return "song"


def kind_named(path: Path) -> Literal["song", "melody"] | None:
    """What a file's name says that it is: of a damaged one, what an error is to speak of."""
    ending = path.suffix.lower()
    if ending in (".mid", ".midi", ".musicxml", ".mxl"):
        return "melody"
    return "song" if ending.removeprefix(".") in containers.FORMATS else None


def song_facts(path: Path) -> Facts:
    """Length and score of a song; it is decoded once to see that it is whole.

    Raises:
        RequestError: missing, no sound in it, damaged, too large or too long.
    """
    if not path.is_file():
        # Says what is wrong with it.
        containers.open_file(path)
    stat = path.stat()
    return _facts(path, stat.st_mtime_ns, stat.st_size)


def read_song(path: Path) -> Audio:
    """A song at 44,100 Hz in stereo.

    Raises:
        RequestError: as `song_facts`.
    """
    audio = containers.decode(path, SAMPLE_RATE)
    if audio.samples.shape[0] == 2:
        return audio
    return Audio(np.repeat(audio.samples, 2, axis=0), SAMPLE_RATE)


def read_melody(path: Path) -> Melody:
    """The line to accompany.

    Raises:
        RequestError: missing, of no known format, damaged, or no notes in it.
    """
    if path.is_file():
        with path.open("rb") as file:
            if is_musicxml(path, file.read(_HEAD_BYTES)):
                return read_musicxml(path)
    return read_midi(path)


@lru_cache(maxsize=16)
def _facts(path: Path, _changed: int, _size: int) -> Facts:
    duration_s = containers.decode(path, SAMPLE_RATE).duration_s
    if kind_of(path) != "song":
        return Facts(duration_s, None)
    told = tags.read_tags(path)
    score = packed.unpack(told.score) if told.score else None
    is_whole = score is not None and abs(score.duration_s - duration_s) < _SAME_LENGTH_S
    return Facts(duration_s, score if is_whole else None, told.title)
