"""Speaks a text: its syllables in time, then their sounds in a voice.

A spoken text is a list of syllables with times, so that a score can hold it and say it again.
Knows nothing about music.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice import prosody
from pipelines.pocket.voice.gestures import Sound
from pipelines.pocket.voice.lyrics import pronounce
from pipelines.pocket.voice.melody import wander
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.prosody import Knots, Phrase
from pipelines.pocket.voice.sing import levelled, rendered
from pipelines.pocket.voice.tract import PITCH_S
from pipelines.pocket.voice.voices import Voice, voice_named

_LEAD_S = 0.1
_TAIL_S = 0.3
_LINE_S = 0.3
_BREATH_FROM_S, _BREATH_S = 0.42, 0.26
"""A pause that is long enough for a breath, and how long one takes."""


@dataclass(frozen=True)
class Said:
    """A syllable and when it is spoken; the last of a phrase ends in its mark ("moon,")."""

    text: str
    start_s: float
    end_s: float


def speak(text: str, voice: str | Voice, seed: int = 0) -> NDArray[np.float32]:
    """(T,) samples at 44,100 Hz.

    Raises:
        LyricsError: no words, or a script that cannot be read.
    """
    return recite(timed(text, voice), voice, seed)


def timed(text: str, voice: str | Voice, start_s: float = _LEAD_S) -> list[Said]:
    """When each syllable of a text is said, at the voice's own pace.

    Raises:
        LyricsError: no words, or a script that cannot be read.
    """
    speaker = voice_named(voice) if isinstance(voice, str) else voice
    found: list[Said] = []
    at = start_s
    for phrase in prosody.phrases(text):
        texts = prosody.marked(phrase)
        for syllable, seconds in zip(texts, prosody.lengths(phrase), strict=True):
            length = sum(seconds) / speaker.pace
            found.append(Said(syllable, at, at + length))
            at += length
        at += prosody.PAUSES.get(phrase.mark, 0.15) / speaker.pace
    return found


def recite(said: Sequence[Said], voice: str | Voice, seed: int = 0) -> NDArray[np.float32]:
    """(T,) samples from zero, each syllable at its time.

    Raises:
        LyricsError: nothing to say, or a script that cannot be read.
    """
    speaker = voice_named(voice) if isinstance(voice, str) else voice
    sounds: list[Sound] = []
    knots: Knots = []
    at = 0
    for phrase in _read(said):
        part = said[at : at + len(phrase.said)]
        if sounds:
            _breathe(sounds, part[0].start_s)
        _lay(sounds, knots, phrase, part)
        at += len(part)
    seconds = sounds[-1].end_s + _TAIL_S
    rng = np.random.default_rng(seed)
    layers = [
        rendered(sounds, _pitch(knots, each, seconds, rng), each, seconds, rng)
        for each in _speakers(speaker)
    ]
    return levelled(np.sum(layers, axis=0))


def _speakers(voice: Voice) -> list[Voice]:
    """A choir that speaks has tracts of several lengths."""
    return [
        replace(voice, tract=voice.tract * (1 + 0.02 * (index - (voice.singers - 1) / 2)))
        for index in range(voice.singers)
    ]


def _read(said: Sequence[Said]) -> list[Phrase]:
    """The phrases of syllables whose marks say where they end."""
    found: list[Phrase] = []
    first = 0
    marks = [prosody.mark_of(each.text) for each in said]
    read = pronounce([each.text.rstrip(",;:.!?") for each in said])
    gaps = [right.start_s - left.end_s for left, right in pairwise(said)]
    for at, mark in enumerate(marks):
        gap = gaps[at] if at < len(gaps) else np.inf
        if mark or gap > _LINE_S:
            # A silence without a mark ends a line of verse, a long one what it says.
            found.append(Phrase(tuple(read[first : at + 1]), mark or (";" if gap < 0.8 else ".")))
            first = at + 1
    return prosody.placed(found)


def _lay(sounds: list[Sound], knots: Knots, phrase: Phrase, said: Sequence[Said]) -> None:
    """Add a phrase's sounds, and its pitch at their times."""
    last = len(said) - 1
    shapes = zip(phrase.said, prosody.lengths(phrase), prosody.heights(phrase), said, strict=True)
    for index, (syllable, seconds, shape, place) in enumerate(shapes):
        scale = (place.end_s - place.start_s) / sum(seconds)
        # A voice loses a little strength towards the end of a sentence.
        done = phrase.place + phrase.share * index / max(last, 1)
        level = (0.78 + 0.11 * prosody.weight(syllable)) * (1 - 0.2 * done)
        at, voiced_from = place.start_s, place.start_s
        for number, (phone, length) in enumerate(zip(syllable.phonemes, seconds, strict=True)):
            sounds.append(Sound(phone, at, at + length * scale, level))
            voiced_from = at if number == syllable.nucleus else voiced_from
            at += length * scale
        ends = _voiced_until(sounds[-len(seconds) :])
        knots += [(voiced_from + share * (ends - voiced_from), height) for share, height in shape]


def _voiced_until(sounds: Sequence[Sound]) -> float:
    return max((each.end_s for each in sounds if PHONES[each.phone].voicing > 0.3), default=0.0)


def _breathe(sounds: list[Sound], until: float) -> None:
    gap = until - sounds[-1].end_s
    if gap > _BREATH_FROM_S:
        length = min(_BREATH_S, gap - 0.16)
        sounds.append(Sound("breath", until - length - 0.05, until - 0.05, 0.6))


def _pitch(knots: Knots, voice: Voice, seconds: float, rng: np.random.Generator) -> NDArray:
    """(P,) Hz: the heights joined without corners, and the unrest of a live voice."""
    times = np.arange(round(seconds / PITCH_S)) * PITCH_S
    if voice.is_robot:
        return np.full(len(times), voice.speech_hz)
    moments, heights = zip(*sorted(knots), strict=True)
    kernel = np.hanning(47)[1:-1]
    curve = np.interp(times, moments, heights)
    padded = np.pad(curve, len(kernel) // 2, mode="edge")
    curve = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    cents = wander(len(times), 12.0, 0.09, rng) + wander(len(times), voice.jitter_cents, 0.004, rng)
    return voice.speech_hz * 2 ** ((curve + cents / 100) / 12)
