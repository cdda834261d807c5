"""A family without a model: short songs of plain tones, for tests of everything around songs.

Needs numpy only. It behaves like a real one: a seed makes a score, the parts are played one step
after the other, and the sound brings its stems and its score.
"""

import hashlib
import re

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from studio.media import Audio, Stem
from studio.score import Chord, Note, Part, Score, Section
from studio.spec import Family, OnStep, Params, Step

SAMPLE_RATE = 44_100
_PROGRESSION = ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj"))
_HARMONICS = {"vocals": (1, 0.4, 0.2), "chords": (1, 0.15), "bass": (1, 0.5, 0.3, 0.1)}
_PANS = {"vocals": 0.0, "chords": -0.4, "bass": 0.0, "drums": 0.3}
_LEVELS = {"vocals": 0.3, "chords": 0.1, "bass": 0.22, "drums": 0.2}
_KICK, _HAT = 36, 42
_WORDS = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff][\w']*")
_TAG = re.compile(r"\[[^\]]*\]")

Samples = NDArray[np.float32]


class ToySongParams(Params):
    duration_s: float = Field(
        default=8, ge=1, le=60, description="Length", json_schema_extra={"unit": "s"}
    )
    tempo_bpm: int = Field(default=120, ge=60, le=180, description="Beats a minute")
    lyrics: str = Field(
        default="", max_length=2000, description="Words", json_schema_extra={"multiline": True}
    )


class ToySong:
    """Plays what the seed wrote: sung tones, chords, a bass and two drums."""

    def __call__(self, params: Params, on_step: OnStep) -> Audio:
        assert isinstance(params, ToySongParams)
        score = compose(params)
        length = round(params.duration_s * SAMPLE_RATE)
        stems: list[Stem] = []
        for index, part in enumerate(score.parts, 1):
            stems.append(Stem(part.name, _play(part, score, length)))
            on_step(Step(index, len(score.parts)))
        whole = np.sum([stem.samples for stem in stems], axis=0, dtype=np.float32)
        gain = np.float32(min(1.0, 0.9 / max(float(np.abs(whole).max()), 1e-6)))
        scaled = tuple(Stem(stem.name, stem.samples * gain) for stem in stems)
        return Audio(whole * gain, SAMPLE_RATE, scaled, score)


def compose(params: ToySongParams) -> Score:
    """Four chords again and again, in a key of the seed's choice."""
    generator = _generator(params)
    tonic = int(generator.integers(12))
    beats = params.duration_s * params.tempo_bpm / 60
    chords = _chords(tonic, beats)
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    half = beats / 2
    return Score(
        tempo_bpm=params.tempo_bpm,
        metre=(4, 4),
        key=names[tonic],
        mode="major",
        parts=_parts(params, chords, beats, generator),
        chords=chords,
        sections=(Section("verse", 0, half), Section("chorus", half, half)),
        length_beats=beats,
        title=params.prompt[:60],
        genre="toy",
    )


def _chords(tonic: int, beats: float) -> tuple[Chord, ...]:
    starts = np.arange(0, beats, 4.0).tolist()
    return tuple(
        Chord(start, min(4.0, beats - start), (tonic + step) % 12, quality)
        for start, (step, quality) in zip(starts, _PROGRESSION * len(starts), strict=False)
    )


def _parts(
    params: ToySongParams, chords: tuple[Chord, ...], beats: float, generator: np.random.Generator
) -> tuple[Part, ...]:
    held = tuple(
        Note(chord.start_beats, chord.length_beats, 60 + pitch)
        for chord in chords
        for pitch in sorted(chord.pitch_classes)
    )
    low = tuple(Note(each.start_beats, each.length_beats, 36 + each.root) for each in chords)
    return (
        Part("vocals", "vocals", "plain voice", _sung(params, chords, beats, generator)),
        Part("chords", "chords", "organ", held),
        Part("bass", "bass", "synth bass", low),
        Part("drums", "drums", "electronic kit", _beats(beats)),
    )


def _sung(
    params: ToySongParams, chords: tuple[Chord, ...], beats: float, generator: np.random.Generator
) -> tuple[Note, ...]:
    """A word a beat, over and over; every eighth place is a breath."""
    words = _WORDS.findall(_TAG.sub("", params.lyrics)) or ["la"]
    places = [start for start in np.arange(0, beats - 0.5, 1.0).tolist() if start % 8 != 7]
    notes: list[Note] = []
    for index, start in enumerate(places):
        chord = chords[int(start // 4)]
        pitch = 60 + int(generator.choice(chord.pitch_classes))
        length = min(0.9, beats - start)
        notes.append(Note(start, length, pitch, syllable=words[index % len(words)]))
    return tuple(notes)


def _beats(beats: float) -> tuple[Note, ...]:
    halves = np.arange(0, beats - 0.25, 0.5).tolist()
    return tuple(Note(start, 0.25, _HAT if start % 1 else _KICK, 90) for start in halves)


def _play(part: Part, score: Score, length: int) -> Samples:
    mono = np.zeros(length, np.float32)
    for note in part.notes:
        at = round(score.seconds(note.start_beats) * SAMPLE_RATE)
        tone = _drum(note) if part.is_drums else _tone(note, part.role, score)
        piece = tone[: max(0, length - at)]
        mono[at : at + piece.size] += piece * np.float32(note.velocity / 127)
    angle = (_PANS[part.role] + 1) * np.pi / 4
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    return sides * mono * np.float32(_LEVELS[part.role])


def _tone(note: Note, role: str, score: Score) -> Samples:
    t = np.arange(round(score.seconds(note.length_beats) * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = 440 * 2 ** ((note.pitch - 69) / 12)
    waves = [
        level * np.sin(2 * np.pi * hertz * number * t)
        for number, level in enumerate(_HARMONICS[role], 1)
    ]
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 0.01)
    return (np.sum(waves, axis=0) * fade).astype(np.float32)


def _drum(note: Note) -> Samples:
    t = np.arange(round(0.18 * SAMPLE_RATE)) / SAMPLE_RATE
    if note.pitch == _KICK:
        return (np.sin(2 * np.pi * (50 * t + 4 * np.exp(-t * 30))) * np.exp(-t * 18)).astype("f4")
    noise = np.random.default_rng(0).uniform(-1, 1, t.size)
    return (noise * np.exp(-t * 60) * 0.4).astype(np.float32)


def _generator(params: ToySongParams) -> np.random.Generator:
    text = f"{params.prompt}\0{params.seed}"
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest()))


def load(device: str) -> ToySong:
    return ToySong()


FAMILY = Family(
    name="toy-song",
    kind="song",
    about="Plain tones by formula, for tests",
    params=ToySongParams,
    load=load,
    licence="Apache-2.0",
    memory_bytes=80_000_000,
    hidden=True,
)
