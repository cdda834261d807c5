"""How well a voice keeps to its score: pitch, onsets, and whether every syllable is heard.

    found = measure(sung.samples, sung.sample_rate, notes, tempo_bpm, octaves=sung.octaves)
    found.in_tune, found.onset_median_s, found.unheard

Listens to samples alone; the score only says where to look. Knows nothing about how they were sung.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from studio.score import Note

IN_TUNE_CENTS = 35
HOP_S = 0.005
RATE = 22_050
HOLD = "-"

LOWEST_HZ, HIGHEST_HZ = 62.0, 1400.0
VOICED = 0.25
"""Aperiodicity below which a frame has a pitch."""

FLOOR = 10 ** (-30 / 20)
"""Against the usual level of the track: quieter frames are silence."""

HEARD = 10 ** (-20 / 20)
"""Against the usual level: a syllable's vowel must be as loud as this."""

HEARD_S = 0.05
"""For as long as this, or for a third of the syllable where that is shorter."""

FURTHEST_S = 0.25
"""How far from its note an onset is looked for, and the error of one that is not found."""

_VOWELS_HZ = (150.0, 3500.0)
_DIP = 0.5
_STEP_SEMITONES = 0.7

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Track:
    """What is heard every HOP_S seconds."""

    pitch: Floats
    """(F,) MIDI, nan where nothing periodic sounds."""

    level: Floats
    """(F,) RMS between 150 and 3500 Hz, where vowels are."""

    timbre: Floats
    """(F, 24) logarithm of the energy in bands."""

    @property
    def usual(self) -> float:
        """The level of the middle of all voiced frames."""
        voiced = self.level[~np.isnan(self.pitch)]
        return float(np.median(voiced)) if len(voiced) else 0.0

    def span(self, start_s: float, end_s: float) -> slice:
        first, last = round(start_s / HOP_S), round(end_s / HOP_S)
        return slice(max(0, first), max(0, first, min(last, len(self.pitch))))


@dataclass(frozen=True)
class Singing:
    """Everything that is measured of one vocal track."""

    cents: Floats
    """Of every voiced frame within a note, its distance from the score."""

    onsets: Floats
    """Of every note that begins a syllable, how late it begins in seconds; early is negative."""

    syllables: int
    unheard: tuple[str, ...]
    """Syllables without a vowel loud and long enough."""

    @property
    def in_tune(self) -> float:
        """The share of voiced frames within 35 cents; 0 when nothing is voiced."""
        return float(np.mean(self.cents <= IN_TUNE_CENTS)) if len(self.cents) else 0.0

    @property
    def onset_median_s(self) -> float:
        """The median of the onsets' errors, either way."""
        return float(np.median(np.abs(self.onsets))) if len(self.onsets) else FURTHEST_S


@dataclass(frozen=True)
class _Sung:
    """A syllable on its notes, in seconds and MIDI."""

    text: str
    tones: tuple[tuple[float, float, float], ...]
    """Start, end, pitch."""

    @property
    def start_s(self) -> float:
        return self.tones[0][0]

    @property
    def end_s(self) -> float:
        return self.tones[-1][1]


def measure(
    samples: NDArray,
    rate: int,
    notes: Sequence[Note],
    tempo_bpm: float,
    *,
    octaves: int | None = 0,
) -> Singing:
    """Compares what is heard with the notes.

    Args:
        samples: (T,) or (channels, T), from beat zero.
        notes: those that carry syllables are looked at; "-" holds the one before.
        octaves: how many octaves above the score the voice sings; None listens for it.
    """
    track = listen(samples, rate)
    sung = _syllables(notes, 60 / tempo_bpm, 12 * (octaves or 0))
    if octaves is None:
        sung = _syllables(notes, 60 / tempo_bpm, 12 * _octaves(track, sung))
    cents = [_off(track, *tone) for each in sung for tone in each.tones]
    before = [None, *sung[:-1]]
    onsets = [_late(track, each, last) for each, last in zip(sung, before, strict=True)]
    return Singing(
        np.concatenate([np.zeros(0), *cents]),
        np.array(onsets, float),
        len(sung),
        tuple(each.text for each in sung if not _is_heard(track, each)),
    )


def _octaves(track: Track, sung: Sequence[_Sung]) -> int:
    """The octaves that lie between most of what is heard and the notes."""
    tones = [tone for each in sung for tone in each.tones]
    above = [track.pitch[track.span(start, end)] - pitch for start, end, pitch in tones]
    heard = np.concatenate([np.zeros(0), *above])
    heard = heard[~np.isnan(heard)]
    return round(float(np.median(heard)) / 12) if len(heard) else 0


def _syllables(notes: Sequence[Note], beat_s: float, shift: int) -> list[_Sung]:
    """Notes never overlap: the next one ends what sounds."""
    carrying = sorted((n for n in notes if n.syllable.strip()), key=lambda n: n.start_beats)
    starts = [note.start_beats for note in carrying[1:]] + [np.inf]
    found: list[_Sung] = []
    for note, until in zip(carrying, starts, strict=True):
        end = min(note.end_beats, until)
        tone = (note.start_beats * beat_s, end * beat_s, float(note.pitch + shift))
        if note.syllable == HOLD and found:
            found[-1] = _Sung(found[-1].text, (*found[-1].tones, tone))
        else:
            found.append(_Sung(note.syllable, (tone,)))
    return found


# Listening


def listen(samples: NDArray, rate: int) -> Track:
    """Pitch, level and timbre over time."""
    mono = np.asarray(samples, float)
    mono = mono.mean(0) if mono.ndim == 2 else mono
    mono = resample_poly(mono, RATE, rate) if rate != RATE else mono
    band = sosfiltfilt(butter(2, _VOWELS_HZ, "bandpass", fs=RATE, output="sos"), mono)
    level = np.sqrt(np.mean(_frames(band, 512) ** 2, axis=1))
    pitch = _pitch(mono)
    loud = level[~np.isnan(pitch)]
    floor = FLOOR * float(np.median(loud)) if len(loud) else 0.0
    pitch[level < max(floor, 1e-6)] = np.nan
    return Track(pitch, level, _bands(mono))


def _frames(samples: Floats, size: int) -> Floats:
    """(F, size) centred on every HOP_S seconds."""
    count = int(len(samples) / RATE / HOP_S) + 1
    padded = np.pad(samples, (size // 2, size))
    starts = np.round(np.arange(count) * HOP_S * RATE).astype(int)
    return np.lib.stride_tricks.sliding_window_view(padded, size)[starts]


def _bands(samples: Floats) -> Floats:
    spectrum = np.abs(np.fft.rfft(_frames(samples, 512) * np.hanning(512), axis=1)) ** 2
    edges = np.unique(np.geomspace(5, 200, 25).astype(int))
    return np.log(np.add.reduceat(spectrum, edges, axis=1) + 1e-9)


def _pitch(samples: Floats) -> Floats:
    """(F,) MIDI by YIN (de Cheveigné and Kawahara 2002), in blocks that keep the memory small."""
    window, most = 400, int(RATE / LOWEST_HZ) + 2
    frames = _frames(samples, window + most)
    blocks = np.array_split(frames, max(1, len(frames) // 2000))
    return np.concatenate([_yin(block, window, most) for block in blocks])


def _yin(frames: Floats, window: int, most: int) -> Floats:
    apart = _difference(frames, window, most)
    lags = np.arange(1, most)
    normed = apart[:, 1:] * lags / np.maximum(np.cumsum(apart[:, 1:], axis=1), 1e-12)
    first = int(RATE / HIGHEST_HZ)
    inside = normed[:, first:]
    # The first dip that is deep enough: later ones are octaves below it.
    deep = inside < np.maximum(0.1, 1.15 * inside.min(axis=1, keepdims=True))
    at = deep.argmax(axis=1)
    rows = np.arange(len(frames))
    for _ in range(most):
        after = np.minimum(at + 1, inside.shape[1] - 1)
        moves = inside[rows, after] < inside[rows, at]
        if not moves.any():
            break
        at = np.where(moves, after, at)
    lag = _between(inside, at) + first + 1
    midi = 69 + 12 * np.log2(RATE / lag / 440)
    return np.where(inside[rows, at] < VOICED, midi, np.nan)


def _difference(frames: Floats, window: int, most: int) -> Floats:
    """(F, most): the squared difference between a window and itself so many samples later."""
    size = 1 << int(np.ceil(np.log2(window + most)))
    head = np.fft.rfft(frames[:, :window], size)
    together = np.fft.irfft(np.conj(head) * np.fft.rfft(frames, size), size)[:, :most]
    energy = np.pad(np.cumsum(frames**2, axis=1), ((0, 0), (1, 0)))
    later = energy[:, window : window + most] - energy[:, :most]
    return np.maximum(later[:, :1] + later - 2 * together, 0)


def _between(values: Floats, at: NDArray[np.int64]) -> Floats:
    """Where a parabola through a dip and its neighbours is lowest."""
    rows, middle = np.arange(len(values)), np.clip(at, 1, values.shape[1] - 2)
    left, low, right = (values[rows, middle + step] for step in (-1, 0, 1))
    bend = left - 2 * low + right
    shift = np.where(bend > 1e-12, 0.5 * (left - right) / np.maximum(bend, 1e-12), 0.0)
    return np.asarray(middle + np.clip(shift, -1, 1), float)


# Comparing


def _off(track: Track, start_s: float, end_s: float, pitch: float) -> Floats:
    heard = track.pitch[track.span(start_s, end_s)]
    return np.abs(100 * (heard[~np.isnan(heard)] - pitch))


def _is_heard(track: Track, sung: _Sung) -> bool:
    inside = track.span(sung.start_s - 0.04, sung.end_s)
    loud = track.level[inside] > HEARD * track.usual
    is_vowel = loud & ~np.isnan(track.pitch[inside])
    need = min(HEARD_S, (sung.end_s - sung.start_s) / 3)
    return track.usual > 0 and _longest(is_vowel) * HOP_S >= need


def _longest(marks: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _late(track: Track, sung: _Sung, before: _Sung | None) -> float:
    """Seconds by which a syllable begins late, by what marks its beginning.

    That is the rise after a rest or a consonant, else the step of the pitch, else where the timbre
    changes most; what has none of them, or no vowel at all, counts as FURTHEST_S off.
    """
    if not _is_heard(track, sung):
        return FURTHEST_S
    back = FURTHEST_S if before is None else min(FURTHEST_S, (sung.start_s - before.start_s) / 2)
    ahead = min(FURTHEST_S, (sung.end_s - sung.start_s) / 2)
    near = track.span(sung.start_s - back, sung.start_s + ahead)
    found = _rise(track, near, sung)
    if found is None and before is not None:
        found = _pitch_step(track, near, before.tones[-1][2], sung.tones[0][2])
    if found is None:
        found = _change(track, near)
    if found is None:
        return FURTHEST_S
    return (near.start + found) * HOP_S - sung.start_s


def _rise(track: Track, near: slice, sung: _Sung) -> float | None:
    """Where the level passes half of the vowel's after it was below."""
    vowel = track.level[track.span(sung.start_s, min(sung.end_s, sung.start_s + 0.3))]
    level = track.level[near]
    if not len(vowel) or not len(level):
        return None
    wanted = _DIP * float(np.median(vowel))
    below = level < wanted
    rises = np.flatnonzero(below[:-1] & ~below[1:])
    if not len(rises):
        return None
    # Bursts of consonants rise too: a vowel stays.
    stays = [at for at in rises.tolist() if not below[at + 1 : at + 9].any()]
    return float(_nearest(stays or rises.tolist(), round(sung.start_s / HOP_S) - near.start) + 1)


def _nearest(places: Sequence[int], to: int) -> int:
    return min(places, key=lambda at: abs(at - to))


def _pitch_step(track: Track, near: slice, old: float, new: float) -> float | None:
    """Where the pitch passes the middle between two notes for the last time."""
    if abs(new - old) < _STEP_SEMITONES:
        return None
    heard = track.pitch[near]
    places = np.flatnonzero(~np.isnan(heard))
    if len(places) < 2:
        return None
    beyond = (heard[places] - (old + new) / 2) * np.sign(new - old) > 0
    passes = np.flatnonzero(~beyond[:-1] & beyond[1:])
    return float(places[passes[-1] + 1]) if len(passes) else None


def _change(track: Track, near: slice) -> float | None:
    timbre = track.timbre[near]
    apart = 4
    if len(timbre) <= 2 * apart:
        return None
    moved = np.abs(timbre[apart:] - timbre[:-apart]).mean(axis=1)
    return float(moved.argmax() + apart / 2) if moved.max() > 0 else None
