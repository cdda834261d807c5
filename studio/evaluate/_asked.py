"""Whether a song is what was asked for: length, tempo, key, metre, instruments, genre.

Reads the score and the sound that a family hands in; knows no family and no engine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.evaluate._song_prompts import Prompt, Want, meant
from studio.media import Audio
from studio.score import Score, pitch_class

CLOSE_S = 0.05
IN_SCALE = 0.97
BENDS = frozenset(
    ("jazz swing", "bossa nova", "waltz", "ragtime", "chamber", "blues", "march", "art song")
)
"""Genres whose chromatic chords and notes belong to them: they only need their tonic."""

HEARD_DB = -50.0
"""Of full scale: the loudest 0.4 s of a stem that can be heard in a song of -14 LUFS."""

FIELDS = (
    "kind", "genre read", "genre heard", "tempo", "key and mode", "notes in scale", "metre",
    "instruments", "duration",
)  # fmt: skip

Marks = dict[str, bool]


@dataclass(frozen=True)
class Made:
    """A song with what was decided before it was made."""

    audio: Audio
    score: Score
    genre_read: str
    genre_heard: str


def missed(want: Want) -> Marks:
    """The marks of a prompt that did not become a song: everything it asks for is missed."""
    asked = {"kind": True, "duration": True, **_asked(want)}
    return {name: False for name, is_asked in asked.items() if is_asked}


def _asked(want: Want) -> dict[str, bool]:
    return {
        "genre read": want.genre is not None,
        "genre heard": want.genre is not None,
        "tempo": want.tempo is not None,
        "key and mode": want.key is not None,
        "metre": want.metre is not None,
        "instruments": bool(want.instruments),
    }


def marks(prompt: Prompt, made: Made) -> Marks:
    """What is right in a song, of what the prompt asks for, and whether it keeps to its scale."""
    want, score = prompt.want, made.score
    seconds = made.audio.samples.shape[1] / made.audio.sample_rate
    found = {
        "kind": True,
        "genre read": made.genre_read == want.genre,
        "genre heard": made.genre_heard == want.genre,
        "tempo": score.tempo_bpm == want.tempo,
        "key and mode": _has_key(score, want),
        "metre": f"{score.metre[0]}/{score.metre[1]}" == want.metre and keeps_metre(score),
        "instruments": not absent(want, made.audio, score),
        "duration": abs(seconds - prompt.duration_s) <= CLOSE_S,
    }
    asked = _asked(want)
    found = {name: is_right for name, is_right in found.items() if asked.get(name, True)}
    if score.genre not in BENDS:
        found["notes in scale"] = in_scale(score) >= IN_SCALE
    return found


def _has_key(score: Score, want: Want) -> bool:
    if want.key is None or pitch_class(score.key) != pitch_class(want.key):
        return False
    return want.mode in (None, score.mode)


def in_scale(score: Score) -> float:
    """The share of pitched notes in key and mode; 1 where there is none."""
    pitches = [n.pitch for part in score.parts if not part.is_drums for n in part.notes]
    return float(np.mean([p % 12 in score.scale for p in pitches])) if pitches else 1.0


def keeps_metre(score: Score) -> bool:
    """Whether every section begins on a bar line."""
    bars = [section.start_beats / score.beats_a_bar for section in score.sections]
    return all(abs(bar - round(bar)) < 1e-6 for bar in bars)


def absent(want: Want, audio: Audio, score: Score) -> tuple[str, ...]:
    """Asked instruments that have no part, or none that can be heard."""
    stems = {stem.name: stem.samples for stem in audio.stems}

    def plays(name: str) -> bool:
        parts = [part.name for part in score.parts if part.instrument in meant(name)]
        return any(p in stems and loudest_db(stems[p], audio.sample_rate) > HEARD_DB for p in parts)

    return tuple(name for name in want.instruments if not plays(name))


def loudest_db(samples: NDArray[np.float32], rate: int) -> float:
    """The level of the loudest 0.4 s, in dB of full scale."""
    power = np.mean(samples.astype(np.float64) ** 2, axis=0)
    size = min(len(power), round(0.4 * rate))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return float(10 * np.log10(max((sums[size:] - sums[:-size]).max() / size, 1e-12)))
