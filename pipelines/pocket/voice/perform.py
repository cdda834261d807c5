"""A vocal part as sound: sung, or spoken where its words are said.

Knows scores' parts; nothing of mixing or files.
"""

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.sing import sing
from pipelines.pocket.voice.speak import Said, recite
from studio.score import Part


def perform(part: Part, tempo_bpm: float, seed: int) -> NDArray[np.float32]:
    """(T,) samples at 44,100 Hz from beat zero, in the voice that the part's instrument names.

    Raises:
        LyricsError: nothing to sing or say, or a script that cannot be read.
    """
    if part.is_spoken:
        return recite(said_of(part, tempo_bpm), part.instrument, seed)
    return sing(part.notes, tempo_bpm, part.instrument, seed).samples


def said_of(part: Part, tempo_bpm: float) -> list[Said]:
    """A spoken part's syllables in seconds."""
    beat_s = 60 / tempo_bpm
    return [
        Said(note.syllable, note.start_beats * beat_s, note.end_beats * beat_s)
        for note in part.notes
    ]
