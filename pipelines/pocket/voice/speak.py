"""Speaks a text: lengths, stress, falling phrases, and the tones of Mandarin.

Knows nothing about scores or notes.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice.gestures import Sound
from pipelines.pocket.voice.lyrics import LyricsError, Syllable, syllables
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.sing import levelled, rendered
from pipelines.pocket.voice.tract import PITCH_S
from pipelines.pocket.voice.voices import Voice, voice_named

_LEAD_S = 0.1
_PAUSES = {",": 0.22, ";": 0.3, ":": 0.3, ".": 0.45, "!": 0.45, "?": 0.45, "\n": 0.5}
_PHRASE = re.compile(r"([^,;:.!?\n，；：。！？、…]+)([,;:.!?\n，；：。！？、…]*)")
_WIDTHS = str.maketrans("，；：。！？、…", ",;:.!?,.")
_TONES = {
    1: (5.0, 5.0, 5.0),
    2: (-1.0, 0.5, 4.5),
    3: (-2.0, -5.5, -3.5),
    4: (5.5, 2.0, -4.5),
    5: (-0.5, -1.5, -2.0),
}
"""Semitones at the beginning, middle and end of a syllable."""


def speak(text: str, voice: str | Voice, seed: int = 0) -> NDArray[np.float32]:
    """(T,) samples at 44,100 Hz.

    Raises:
        LyricsError: no words, or a script that cannot be read.
    """
    speaker = voice_named(voice) if isinstance(voice, str) else voice
    sounds: list[Sound] = []
    knots: list[tuple[float, float]] = []
    at = _LEAD_S
    for phrase, mark in _phrases(text):
        end = _lay(sounds, knots, syllables(phrase), (at, "?" in mark, speaker.pace))
        at = end + max((_PAUSES[each] for each in mark), default=0.15)
    seconds = sounds[-1].end_s + 0.3
    times = np.arange(round(seconds / PITCH_S)) * PITCH_S
    moments, heights = zip(*knots, strict=True)
    f0 = speaker.speech_hz * 2 ** (np.interp(times, moments, heights) / 12)
    if speaker.is_robot:
        f0 = np.full_like(f0, speaker.speech_hz)
    rng = np.random.default_rng(seed)
    return levelled(rendered(sounds, f0, speaker, seconds, rng))


def _phrases(text: str) -> list[tuple[str, str]]:
    found = [(words, mark.translate(_WIDTHS)) for words, mark in _PHRASE.findall(text)]
    found = [(words, mark) for words, mark in found if any(c.isalnum() for c in words)]
    if not found:
        raise LyricsError(f"narration: nothing to say in {text[:40]!r}; give words")
    return found


def _lay(
    sounds: list[Sound],
    knots: list[tuple[float, float]],
    said: Sequence[Syllable],
    manner: tuple[float, bool, float],
) -> float:
    """Add a phrase that begins at a time; `manner` is (seconds, is a question, pace)."""
    at, is_question, pace = manner
    for index, syllable in enumerate(said):
        is_last = index == len(said) - 1
        vowel_at = at
        for place, phone in enumerate(syllable.phonemes):
            length = _length(phone, syllable, is_last) / pace
            vowel_at = at if place == syllable.nucleus else vowel_at
            sounds.append(Sound(phone, at, at + length, 0.8 + 0.1 * syllable.stress))
            at += length
        # A voice sinks through a phrase.
        fall = 1.5 - 4.0 * index / max(len(said) - 1, 1)
        rise = 5.0 if is_question and is_last else -1.5 if is_last else 0.0
        shape = _TONES.get(syllable.tone, (0.0, 1.4 * syllable.stress, rise))
        for share, height in zip((0.1, 0.5, 0.95), shape, strict=True):
            knots.append((vowel_at + share * (at - vowel_at), fall + height))
    return at


def _length(phone: str, syllable: Syllable, is_last: bool) -> float:
    seconds = PHONES[phone].seconds
    if not PHONES[phone].is_vowel:
        return 0.85 * seconds
    if syllable.tone:
        stretch = 0.75 if syllable.tone == 5 else 1.15
    else:
        stretch = 0.8 + 0.2 * syllable.stress
    return seconds * stretch * (1.4 if is_last else 1.0)
