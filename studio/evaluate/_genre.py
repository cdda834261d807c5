"""Guesses the genre of a song from its notes: strokes of the drums, rhythms, timbres, tempo.

    Judge.load().guess(score)      "bossa nova"

Sees what a MIDI file holds (notes, General MIDI programs, drums, tempo and bars) and neither the
names of genre, parts and sections nor the chords that were planned. Fitted by
`training/music/judge.py`; what it can show and what not stands in `assets/song-judge/README.md`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from studio.errors import WeightsError
from studio.score import Note, Part, Score
from studio.sounds.programs import program_of
from studio.weights import shipped_file, verify

FOLDER = Path(__file__).parents[2] / "assets" / "song-judge"
WEIGHTS, REPORT = "genres.safetensors", "report.json"

STEPS = 24
"""Places in a bar, whatever its metre: 16ths and triplets of 4/4 have one each, or nearly."""

STROKES: tuple[tuple[int, ...], ...] = (
    (35, 36), (38, 40), (37, 39), (42, 44), (46,), (51, 53, 59), (49, 52, 55, 57),
    (41, 43, 45, 47, 48, 50),
)  # fmt: skip
"""Kick, snare, rim and clap, closed hat, open hat, ride, crash, toms; what is none is the last."""

REGISTERS = ((0, 48), (48, 67), (67, 128))
FAMILIES = 16
PENTATONIC = (0, 2, 4, 7, 9)

Floats = NDArray[np.float64]


def features(score: Score) -> Floats:
    """(F,) numbers of a score, the same however long it is."""
    bars = max(score.length_beats / score.beats_a_bar, 1.0)
    pitched = [n for part in score.parts if not part.is_drums for n in part.notes]
    return np.concatenate(
        [
            _time(score),
            _strokes(score, bars),
            *[_lines(score, pitched, low, high, bars) for low, high in REGISTERS],
            _timbres(score.parts),
            _harmony(pitched),
            _swing(score),
        ]
    )


def _time(score: Score) -> Floats:
    tempo = np.log2(score.tempo_bpm / 100)
    metres = [float(score.metre == each) for each in ((4, 4), (3, 4), (6, 8))]
    return np.array([tempo, tempo**2, *metres])


def _bar_places(score: Score, notes: Iterable[Note], weight: float) -> Floats:
    """(STEPS,) how many notes begin at each place of a bar."""
    places = [
        int(round(note.start_beats / score.beats_a_bar % 1 * STEPS, 6)) % STEPS for note in notes
    ]
    return np.asarray(np.bincount(places, minlength=STEPS) * weight, float)


def _strokes(score: Score, bars: float) -> Floats:
    """(9 STEPS + 9,) where each drum strikes, and how often a bar."""
    struck = [note for part in score.parts if part.is_drums for note in part.notes]
    known = {pitch: place for place, group in enumerate(STROKES) for pitch in group}
    groups: list[list[Note]] = [[] for _ in range(len(STROKES) + 1)]
    for note in struck:
        groups[known.get(note.pitch, len(STROKES))].append(note)
    rates = [_bar_places(score, group, 1 / bars) for group in groups]
    return np.concatenate([*rates, np.log1p([float(rate.sum()) for rate in rates])])


def _lines(score: Score, notes: Sequence[Note], low: int, high: int, bars: float) -> Floats:
    """(STEPS + 5,) rhythm of a register, its density, lengths, chords and movement."""
    own = [note for note in notes if low <= note.pitch < high]
    if not own:
        return np.zeros(STEPS + 5)
    places = _bar_places(score, own, 1 / len(own))
    starts = np.array(sorted({round(note.start_beats, 3) for note in own}))
    lengths = np.array([note.length_beats for note in own])
    about = np.array([note.pitch for note in own], float)
    facts = [
        np.log1p(len(own) / bars), np.log1p(len(starts) / bars), np.log2(np.median(lengths)),
        len(own) / len(starts), about.std() / 6,
    ]  # fmt: skip
    return np.concatenate([places, facts])


def _timbres(parts: Sequence[Part]) -> Floats:
    """(2 FAMILIES + 256,) which families and programs of General MIDI play, how much; which kit."""
    found = np.zeros(2 * FAMILIES + 256)
    total = sum(len(part.notes) for part in parts if not part.is_drums) or 1
    for part in parts:
        program = program_of(part.instrument, part.role)
        if part.is_drums:
            found[2 * FAMILIES + 128 + program] = 1.0
            continue
        found[program // 8] = 1.0
        found[FAMILIES + program // 8] += len(part.notes) / total
        found[2 * FAMILIES + program] = 1.0
    return found


def _harmony(pitched: Sequence[Note]) -> Floats:
    """(5,) how much of the music lies in one scale, in five tones, and on how many tones."""
    counts = np.zeros(12)
    for note in pitched:
        counts[note.pitch % 12] += note.length_beats
    share = counts / max(counts.sum(), 1e-9)
    in_scale = max(np.roll(_mask((0, 2, 4, 5, 7, 9, 11)), t) @ share for t in range(12))
    in_five = max(np.roll(_mask(PENTATONIC), t) @ share for t in range(12))
    used = share[share > 0]
    entropy = float(-(used * np.log2(used)).sum())
    return np.array([in_scale, in_five, entropy, (share > 0.01).sum() / 12, in_scale > 0.99], float)


def _mask(steps: Sequence[int]) -> Floats:
    return np.isin(np.arange(12), steps).astype(float)


def _swing(score: Score) -> Floats:
    """(4,) how notes lie within a beat: on it, at its half, at its two thirds, elsewhere."""
    parts = [note.start_beats % 1 for part in score.parts for note in part.notes]
    within = np.array(parts) if parts else np.zeros(1)
    marks = [np.abs(within - place) < 0.03 for place in (0, 0.5, 2 / 3)]
    shares = [float(mark.mean()) for mark in marks]
    return np.array([*shares, 1 - sum(shares)])


@dataclass(frozen=True)
class Judge:
    """A linear classifier on standardised features."""

    genres: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    """(F, genres)"""

    bias: Floats

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Judge":
        """Reads the weights after checking their hash.

        Raises:
            WeightsError: missing or damaged.
        """
        verify(shipped_file(folder, WEIGHTS))
        found = {n: np.asarray(a, np.float64) for n, a in load_file(folder / WEIGHTS).items()}
        genres = tuple(report(folder)["genres"])
        return cls(genres, found["mean"], found["scale"], found["weights"], found["bias"])

    def scores(self, score: Score) -> dict[str, float]:
        """How likely each genre is."""
        seen = np.clip((features(score) - self.mean) / self.scale, -6, 6)
        logits = seen @ self.weights + self.bias
        shares = np.exp(logits - logits.max())
        return dict(zip(self.genres, (shares / shares.sum()).tolist(), strict=True))

    def guess(self, score: Score) -> str:
        """The most likely genre."""
        found = self.scores(score)
        return max(found, key=lambda name: found[name])


def report(folder: Path = FOLDER) -> dict[str, Any]:
    """What the judge knows, and how often it is right about pieces that it has not seen."""
    try:
        return json.loads((folder / REPORT).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"song judge: cannot read {folder / REPORT} ({error}); check out the assets"
        ) from error
