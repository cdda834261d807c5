"""Sings the notes of a score: which sounds when, at which pitch, in which voice.

Vowels begin on their notes; consonants take their time from the note before. Knows nothing about
parts, mixing or files.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.voice import gestures, tract
from pipelines.pocket.voice.gestures import Sound
from pipelines.pocket.voice.lyrics import LyricsError, Syllable, pronounce
from pipelines.pocket.voice.melody import Tone, contour
from pipelines.pocket.voice.phones import PHONES
from pipelines.pocket.voice.voices import Voice, voice_named
from studio.score import Note

HOLD = "-"
_TAIL_S = 0.25
_BREATH_S = 0.28
_VOWEL_S = 0.075
"""A vowel that is heard: on short notes consonants leave it as much where they can."""

_LEVEL = 0.1
"""RMS of what is sung."""


@dataclass(frozen=True)
class SyllableTime:
    """When a syllable's vowel begins and when its last note ends."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Sung:
    """A vocal track from beat zero."""

    samples: NDArray[np.float32]
    """(T,)"""

    sample_rate: int
    syllable_times: tuple[SyllableTime, ...]
    octaves: int
    """How many octaves above the score the voice sings."""


@dataclass(frozen=True)
class _Word:
    """A syllable on its notes, in seconds."""

    syllable: Syllable
    tones: tuple[Tone, ...]
    level: float

    @property
    def start_s(self) -> float:
        return self.tones[0].start_s

    @property
    def end_s(self) -> float:
        return self.tones[-1].end_s


def sing(notes: Sequence[Note], tempo_bpm: float, voice: str | Voice, seed: int) -> Sung:
    """Sing every note that carries a syllable; "-" holds the one before.

    Raises:
        LyricsError: no note carries one, or it cannot be read.
    """
    singer = voice_named(voice) if isinstance(voice, str) else voice
    sung = sorted((n for n in notes if n.syllable.strip()), key=lambda n: n.start_beats)
    if not sung:
        raise LyricsError("lyrics: no note carries a syllable; lay lyrics on the melody")
    octaves = _octaves(sung, singer)
    words = _words(sung, 60 / tempo_bpm, 12 * octaves)
    seconds = words[-1].end_s + _TAIL_S
    sounds = timeline(words)
    layers = [
        _one_singer(sounds, words, _member(singer, index), seconds, seed + 101 * index)
        for index in range(singer.singers)
    ]
    samples = levelled(np.sum(layers, axis=0))
    times = tuple(SyllableTime(w.syllable.text, w.start_s, w.end_s) for w in words)
    return Sung(samples, tract.RATE, times, octaves)


def _octaves(notes: Sequence[Note], voice: Voice) -> int:
    """The shift that keeps most of the melody in the voice's range, the least one of equals."""
    pitches = np.array([note.pitch for note in notes])

    def outside(shift: int) -> float:
        moved = pitches + 12 * shift
        return float(np.sum(np.maximum(voice.low - moved, 0) + np.maximum(moved - voice.high, 0)))

    return min(range(-4, 5), key=lambda shift: (outside(shift), abs(shift)))


def _words(notes: Sequence[Note], beat_s: float, transpose: int) -> list[_Word]:
    groups: list[list[Note]] = []
    for note in notes:
        if note.syllable == HOLD and groups:
            groups[-1].append(note)
        else:
            groups.append([note])
    read = pronounce([g[0].syllable if g[0].syllable != HOLD else "ah" for g in groups])
    starts = [g[0].start_beats for g in groups[1:]] + [np.inf]
    return [
        _word(syllable, group, beat_s, transpose, until)
        for syllable, group, until in zip(read, groups, starts, strict=True)
    ]


def _word(
    syllable: Syllable, notes: Sequence[Note], beat_s: float, transpose: int, until: float
) -> _Word:
    """`until`: the beat at which the next syllable begins, which notes never overlap."""
    ends = [min(n.end_beats, f) for n, f in zip(notes, _following(notes, until), strict=True)]
    tones = tuple(
        Tone(note.start_beats * beat_s, end * beat_s, note.pitch + transpose)
        for note, end in zip(notes, ends, strict=True)
        if end > note.start_beats
    )
    if not tones:
        first = notes[0]
        tones = (
            Tone(first.start_beats * beat_s, first.end_beats * beat_s, first.pitch + transpose),
        )
    loud = 0.55 + 0.45 * (notes[0].velocity / 100)
    return _Word(syllable, tones, loud)


def _following(notes: Sequence[Note], until: float) -> list[float]:
    return [*[note.start_beats for note in notes[1:]], until]


def timeline(words: Sequence[_Word]) -> list[Sound]:
    """Every sound with its time: vowels on the beat, consonants before it, breaths in the gaps."""
    sounds: list[Sound] = []
    free_from = 0.0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        onset = _onset(word, free_from)
        start = onset[0].start_s if onset else word.start_s
        gap = start - free_from
        if gap > 0.3 and word.start_s > 0.4:
            breath = min(_BREATH_S, gap - 0.1)
            sounds.append(Sound("breath", start - breath - 0.04, start - 0.04, word.level))
        sounds += onset
        body = _body(word, following)
        sounds += body
        free_from = body[-1].end_s
    return sounds


def _lengths(phones: Sequence[str], most: float) -> list[float]:
    """Seconds of each consonant, together at most so many."""
    lengths = [PHONES[phone].seconds for phone in phones]
    scale = min(1.0, most / sum(lengths)) if lengths else 1.0
    return [length * scale for length in lengths]


def _onset_s(word: _Word) -> float:
    phones = word.syllable.phonemes[: word.syllable.nucleus]
    return sum(PHONES[phone].seconds for phone in phones)


def _onset(word: _Word, free_from: float) -> list[Sound]:
    phones = word.syllable.phonemes[: word.syllable.nucleus]
    lengths = _lengths(phones, max(word.start_s - free_from, 0.01))
    at = word.start_s - sum(lengths)
    return _laid(phones, lengths, at, word.level)


def _laid(phones: Sequence[str], lengths: Sequence[float], at: float, level: float) -> list[Sound]:
    sounds = []
    for phone, length in zip(phones, lengths, strict=True):
        sounds.append(Sound(phone, at, at + length, level))
        at += length
    return sounds


def _body(word: _Word, following: _Word | None) -> list[Sound]:
    """Vowel and closing consonants, leaving the next syllable time to begin."""
    length = word.end_s - word.start_s
    end = word.end_s
    if following is not None:
        opening = min(_onset_s(following), _spare(length, 0.4))
        joins = following.start_s - word.end_s < 0.12
        latest = following.start_s - opening
        end = latest if joins else min(end, latest)
    nucleus = word.syllable.nucleus
    rest = word.syllable.phonemes[nucleus:]
    span = end - word.start_s
    lengths = _coda(rest[1:], span)
    # The vowels of a syllable that carries two share its time.
    vowels = 1 + sum(PHONES[phone].is_vowel for phone in rest[1:])
    share = (span - sum(lengths)) / vowels
    lengths = [
        share if PHONES[phone].is_vowel else seconds
        for phone, seconds in zip(rest, [0.0, *lengths], strict=True)
    ]
    return _laid(rest, lengths, word.start_s, word.level)


def _spare(length: float, share: float) -> float:
    """Seconds that the consonants at one end of a vowel may take: a share, of short notes less."""
    return min(share * length, max(0.2 * length, (length - _VOWEL_S) / 2))


def _coda(phones: Sequence[str], span: float) -> list[float]:
    consonants = [phone for phone in phones if not PHONES[phone].is_vowel]
    lengths = iter(_lengths(consonants, _spare(span, 0.42)))
    return [0.0 if PHONES[phone].is_vowel else next(lengths) for phone in phones]


def _member(voice: Voice, index: int) -> Voice:
    """One singer of a choir: the first is the voice itself, the others a little different."""
    if index == 0:
        return voice
    apart = (index + 1) / 2 * (1 if index % 2 else -1)
    return replace(
        voice,
        tract=voice.tract * (1 + 0.015 * apart),
        # Nobody's vibrato runs with another's.
        vibrato_hz=voice.vibrato_hz + 0.22 * apart,
        vibrato_cents=0.7 * voice.vibrato_cents,
    )


def _one_singer(
    sounds: Sequence[Sound], words: Sequence[_Word], voice: Voice, seconds: float, seed: int
) -> tract.Floats:
    rng = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(b"voice")])
    tones = [tone for word in words for tone in word.tones]
    f0 = contour(tones, voice, seconds, rng)
    if voice.singers > 1:
        f0 = f0 * 2 ** (voice.spread_cents * rng.standard_normal() / 1200)
    return rendered(sounds, f0, voice, seconds, rng)


def rendered(
    sounds: Sequence[Sound],
    f0: NDArray,
    voice: Voice,
    seconds: float,
    rng: np.random.Generator,
) -> tract.Floats:
    """(T,) samples of sounds at a pitch."""
    tracks = gestures.tracks(sounds, voice, f0, seconds)
    out = tract.voiced(tracks, voice, rng)
    out += tract.breathed(tracks, voice, rng)
    hissed = gestures.friction(
        gestures.hisses(sounds), tracks.seconds, voice, int(rng.integers(2**31))
    )
    out += hissed
    return out


def levelled(samples: NDArray) -> NDArray[np.float32]:
    """At the level of a vocal track: RMS where there is sound, peaks below full scale."""
    heard = samples[np.abs(samples) > 1e-3]
    strength = float(np.sqrt(np.mean(heard**2))) if len(heard) else 1.0
    peak = float(np.max(np.abs(samples), initial=1e-6))
    return (samples * min(_LEVEL / strength, 0.9 / peak)).astype(np.float32)
