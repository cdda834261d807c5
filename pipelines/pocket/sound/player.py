"""Plays a part: every note of it, rendered once for each key and strength, laid where it belongs.

Gives a dry stereo stem. Knows instruments and notes; nothing of mixing.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.pocket.sound import drums, fitted, synths
from pipelines.pocket.sound.instruments import Instrument, Kit, instrument, kit
from pipelines.pocket.sound.tone import SAMPLE_RATE, Tone, synthesise
from studio.score import Note, Part

Sound = NDArray[np.float32]

LENGTHS_S = (0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0)
"""Notes are rendered in these lengths and cut, so that one serves many."""

PLACES = {
    36: 0.0, 35: 0.0, 38: 0.05, 40: 0.05, 37: 0.1, 39: -0.1, 42: 0.35, 44: 0.35, 46: 0.35,
    49: -0.4, 57: 0.45, 55: -0.3, 52: 0.4, 51: -0.35, 59: -0.4, 53: -0.35, 41: 0.4, 43: 0.3,
    45: 0.15, 47: -0.05, 48: -0.2, 50: -0.35, 54: -0.3, 69: -0.4, 70: 0.45, 82: 0.4, 60: -0.25,
    61: -0.15, 62: 0.3, 63: 0.35, 64: 0.2, 56: 0.25, 75: -0.3, 76: 0.3,
}  # fmt: skip
"""Where each drum stands, from -1 (left) to 1."""

CHOKED_BY = {46: (42, 44)}


@dataclass(frozen=True)
class Timing:
    """From beats to samples, and how far a player strays."""

    tempo_bpm: float
    count: int
    """Samples of the piece."""

    seed: int
    stray_s: float = 0.004
    """Standard deviation of a pitched note's beginning."""

    def sample(self, beats: float) -> int:
        return round(beats * 60 / self.tempo_bpm * SAMPLE_RATE)


def play(part: Part, timing: Timing) -> Sound:
    """(2, count) of a part.

    Raises:
        UnknownName: its instrument or kit does not exist.
    """
    if part.is_drums:
        return _play_drums(part.notes, kit(part.instrument), timing)
    return _Player(instrument(part.instrument), timing).play(part.notes)


def check(part: Part) -> None:
    """Raise what `play` would raise, before anything is rendered."""
    kit(part.instrument) if part.is_drums else instrument(part.instrument)


class _Player:
    def __init__(self, plays: Instrument, timing: Timing) -> None:
        self.plays = plays
        self.timing = timing
        self.rendered: dict[tuple[int, int, int], Sound] = {}

    def play(self, notes: Sequence[Note]) -> Sound:
        out = np.zeros((2, self.timing.count), np.float32)
        before: Note | None = None
        for note in notes:
            first, second = _freedom(self.timing.seed, note)
            stray_s, touch = first * self.timing.stray_s, 1 + 0.035 * second
            late = round(np.clip(stray_s, -0.012, 0.012) * SAMPLE_RATE)
            start = max(0, self.timing.sample(note.start_beats) + late)
            sound = self._note(note, before, start)
            add(out, sound * np.float32(_gain(note.velocity) * touch), start)
            before = note
        return out

    def _note(self, note: Note, before: Note | None, start: int) -> Sound:
        """(2, n) of a note with its release, no longer than what is left of the piece."""
        held = max(64, self.timing.sample(note.length_beats))
        release_s = self._release_s(note.pitch)
        count = min(held + round(release_s * SAMPLE_RATE), max(1, self.timing.count - start))
        sound = self._rendered(note.pitch, note.velocity, count)[:, :count].copy()
        if before is not None and self._is_slurred(before, note):
            sound = _glided(sound, before.pitch - note.pitch, self.plays.glide_s)
        _let_go(sound, held, release_s)
        return sound

    def _is_slurred(self, before: Note, note: Note) -> bool:
        gap = note.start_beats - before.end_beats
        return self.plays.glide_s > 0 and before.pitch != note.pitch and abs(gap) < 0.05

    def _release_s(self, pitch: int) -> float:
        if self.plays.release_s is not None:
            return self.plays.release_s
        return fitted.release_s(self.plays.table, pitch)

    def _rendered(self, pitch: int, velocity: int, count: int) -> Sound:
        """(2, n ≥ count), from the notes rendered already where one is long enough."""
        strength = int(np.clip(round(velocity / 16), 1, 8)) * 16
        size = next((i for i, s in enumerate(LENGTHS_S) if s * SAMPLE_RATE >= count), None)
        if size is None:
            return self._ensemble(pitch, strength, count)
        for longer in range(size, len(LENGTHS_S)):
            if (pitch, strength, longer) in self.rendered:
                return self.rendered[pitch, strength, longer]
        sound = self._ensemble(pitch, strength, round(LENGTHS_S[size] * SAMPLE_RATE))
        self.rendered[pitch, strength, size] = sound
        return sound

    def _ensemble(self, pitch: int, velocity: int, count: int) -> Sound:
        plays, tone = self.plays, self._tone(pitch, velocity)
        hz = key_hz(pitch)
        middle = np.clip((pitch - 62) / 30, -1, 1) * plays.spread
        out = np.zeros((2, count), np.float32)
        for voice in range(plays.voices):
            side = 2 * voice / (plays.voices - 1) - 1 if plays.voices > 1 else 0.0
            sound = self._voice(tone, hz * 2 ** (side * plays.detune_cents / 1200), count, voice)
            out += pan_gains(middle + 0.6 * side)[:, None] * sound / np.sqrt(plays.voices)
        return out

    def _voice(self, tone: Tone, hz: float, count: int, voice: int) -> Sound:
        if voice:
            tone = _another(tone, voice)
        sound = synthesise(tone, hz, count, seed=round(hz * 7) + voice)
        if self.plays.vibrato_cents:
            sound = _with_vibrato(sound, self.plays, hz)
        return sound

    def _tone(self, pitch: int, velocity: int) -> Tone:
        if self.plays.patch is not None:
            return synths.tone(self.plays.patch, key_hz(pitch), velocity)
        tone = fitted.tone(self.plays.table, pitch, self.plays.is_sustained)
        return fitted.struck(tone, key_hz(pitch), velocity, self.plays.touch)


def _play_drums(notes: Sequence[Note], plays: Kit, timing: Timing) -> Sound:
    out = np.zeros((2, timing.count), np.float32)
    stray_s = min(timing.stray_s, 0.0006)
    for index, note in enumerate(notes):
        first, second = _freedom(timing.seed, note)
        late = round(np.clip(first, -2, 2) * stray_s * SAMPLE_RATE)
        start = max(0, timing.sample(note.start_beats) + late)
        sound = drums.hit(plays, note.pitch, note.velocity)
        choked = _choked_at(notes, index, timing)
        if choked is not None:
            sound = sound.copy()[None]
            _let_go(sound, max(64, choked - start), 0.06)
            sound = sound[0]
        gain = pan_gains(PLACES.get(note.pitch, 0.0)) * _gain(note.velocity)
        add(out, gain[:, None] * (sound * np.float32(1 + 0.03 * second)), start)
    return out


def _freedom(seed: int, note: Note) -> tuple[float, float]:
    """How a note strays from the beat and in strength, as deviations.

    It hangs on the note alone, so that it is played the same whatever is written around it.
    """
    rng = random.Random(f"{seed} {note.start_beats:.4f} {note.pitch}")
    return rng.gauss(0, 1), rng.gauss(0, 1)


def _choked_at(notes: Sequence[Note], index: int, timing: Timing) -> int | None:
    """The sample at which an open hi-hat is closed, within two beats."""
    note = notes[index]
    for later in notes[index + 1 :]:
        if later.start_beats > note.start_beats + 2 or note.pitch not in CHOKED_BY:
            return None
        if later.pitch in CHOKED_BY[note.pitch] and later.start_beats > note.start_beats:
            return timing.sample(later.start_beats)
    return None


def key_hz(pitch: float) -> float:
    return 440 * 2 ** ((pitch - 69) / 12)


def pan_gains(place: float) -> Sound:
    """(2,) left and right for a place from -1 to 1, of equal power."""
    angle = (np.clip(place, -1, 1) + 1) * np.pi / 4
    return np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(np.sqrt(2))


def add(out: Sound, sound: Sound, start: int) -> None:
    """Lay a sound into a longer one; what runs over its end is cut."""
    count = min(sound.shape[-1], out.shape[-1] - start)
    if count > 0:
        out[:, start : start + count] += sound[:, :count]


def _gain(velocity: int) -> float:
    return (velocity / fitted.FULL_VELOCITY) ** 1.6


def _let_go(sound: Sound, held: int, release_s: float) -> None:
    """Fade by 60 dB over the release, from where the key was let go."""
    left = sound.shape[1] - held
    if left <= 0:
        return
    seconds = np.arange(left, dtype=np.float32) / SAMPLE_RATE
    fade = 10 ** (-3 * seconds / np.float32(release_s))
    fade *= np.minimum(1, np.arange(left, 0, -1, dtype=np.float32) / 128)
    sound[:, held:] *= fade


def _another(tone: Tone, voice: int) -> Tone:
    """A second player: other phases, no onset in step with the first."""
    from dataclasses import replace

    phases = np.random.default_rng(voice).uniform(0, 2 * np.pi, tone.ratios.size)
    return replace(tone, phases=phases, onset=tone.onset[:0])


def _with_vibrato(sound: Sound, plays: Instrument, hz: float) -> Sound:
    """Read at a speed that swings: deeper and a little slower with time."""
    seconds = np.arange(sound.size) / SAMPLE_RATE
    depth = np.clip((seconds - plays.vibrato_after_s) / 0.35, 0, 1)
    rate = plays.vibrato_hz * (1 + 0.05 * np.sin(hz))
    widest_s = plays.vibrato_cents / 1200 * np.log(2) / (2 * np.pi * rate)
    shift = depth * widest_s * np.sin(2 * np.pi * rate * seconds) * SAMPLE_RATE
    places = np.arange(sound.size) + shift
    swell = 1 + 0.04 * depth * np.cos(2 * np.pi * rate * seconds)
    return (np.interp(places, np.arange(sound.size), sound) * swell).astype(np.float32)


def _glided(sound: Sound, semitones: float, glide_s: float) -> Sound:
    """From `semitones` off into tune."""
    seconds = np.arange(sound.shape[1]) / SAMPLE_RATE
    speed = 2 ** (semitones * np.exp(-3 * seconds / glide_s) / 12)
    places = np.cumsum(speed) - speed[0]
    steps = np.arange(sound.shape[1])
    return np.stack([np.interp(places, steps, side) for side in sound]).astype(np.float32)
