"""Compares basses and textures: of real scores, by the model, and by a genre's grooves.

    python -m training.music.below --count 48

All three go with the melodies and chords of held-out pieces. Prints the mean of each feature and
how far its distribution overlaps with that of the real ones: where the grooves are nearer, they
stay.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.ensemble import BELOW_STEPS, BELOW_TEMPERATURE
from pipelines.pocket.music.genres import GENRES as ENGINE
from pipelines.pocket.music.model import MusicModel, Settings, Task
from pipelines.pocket.music.tokens import (
    FIRST,
    MASK,
    Grid,
    Stream,
    bass_notes,
    chords_of,
    melody_notes,
    texture_of,
)
from studio.evaluate._melody import overlap
from studio.score import Note
from training.music.genres import ENERGIES, accompanied
from training.music.report import BATCH, fill_all, sample
from training.music.train import RUN, load

GENRES = ("chamber", "art song")
"""Those of whose accompaniments there are real scores."""

FILE = "below.json"
BELOW: tuple[Stream, ...] = ("bass", "texture")
Feature = Callable[[Grid], float]


def _sounding(notes: Sequence[Note], beats: float) -> int | None:
    return next((n.pitch for n in notes if n.start_beats <= beats < n.end_beats), None)


def root_share(grid: Grid) -> float:
    """Share of new chords under which the bass has the root."""
    notes = bass_notes(grid.bass)
    found = [(c.root, _sounding(notes, c.start_beats)) for c in chords_of(grid.chord)]
    hits = [pitch % 12 == root for root, pitch in found if pitch is not None]
    return float(np.mean(hits)) if hits else 0.0


def chord_tones(grid: Grid) -> float:
    """Share of bass notes that belong to the chord they begin in."""
    chords = chords_of(grid.chord)
    hits = [
        note.pitch % 12 in chord.pitch_classes
        for note in bass_notes(grid.bass)
        for chord in chords
        if chord.start_beats <= note.start_beats < chord.start_beats + chord.length_beats
    ]
    return float(np.mean(hits)) if hits else 0.0


def parallels(grid: Grid) -> float:
    """Share of moves of melody and bass together that keep a fifth or an octave between them."""
    melody, bass = melody_notes(grid.melody), bass_notes(grid.bass)
    pairs = []
    for step in range(grid.steps // 2):
        above, low = _sounding(melody, step / 2), _sounding(bass, step / 2)
        pair = (above, low)
        if above is not None and low is not None and (not pairs or pairs[-1] != pair):
            pairs.append((above, low))
    moves = [(a, b) for a, b in zip(pairs, pairs[1:], strict=False) if a[0] != b[0] != a[1] != b[1]]
    bad = [(a[0] - a[1]) % 12 in (0, 7) and (a[0] - a[1]) == (b[0] - b[1]) for a, b in moves]
    return float(np.mean(bad)) if bad else 0.0


def collisions(grid: Grid) -> float:
    """Share of melody notes at or below the bass that sounds with them."""
    bass = bass_notes(grid.bass)
    lows = [(note.pitch, _sounding(bass, note.start_beats)) for note in melody_notes(grid.melody)]
    hits = [pitch <= low for pitch, low in lows if low is not None]
    return float(np.mean(hits)) if hits else 0.0


def leaps(grid: Grid) -> float:
    """The mean interval of the bass in semitones."""
    pitches = [note.pitch for note in bass_notes(grid.bass)]
    return float(np.abs(np.diff(pitches)).mean()) if len(pitches) > 1 else 0.0


def _onsets(tokens: np.ndarray, beats: float) -> float:
    return float((tokens >= FIRST).sum() / beats)


def bass_density(grid: Grid) -> float:
    return _onsets(grid.bass, grid.steps / 4)


def texture_density(grid: Grid) -> float:
    return _onsets(grid.texture, grid.steps / 4)


def thickness(grid: Grid) -> float:
    """Of a texture's onsets, from 0 (one note) to 2 (four and more)."""
    found = [texture_of(int(token)).thickness for token in grid.texture if token >= FIRST]
    return float(np.mean(found)) if found else 0.0


def evenness(grid: Grid) -> float:
    """Share of a texture's places that do what the same place of the bar before did."""
    begins = (grid.texture >= FIRST).reshape(grid.bars, -1)
    return float((begins[1:] == begins[:-1]).mean())


FEATURES: tuple[Feature, ...] = (
    root_share, chord_tones, leaps, bass_density, parallels, collisions, texture_density,
    thickness, evenness,
)  # fmt: skip


def _opened(grid: Grid) -> Grid:
    for name in BELOW:
        grid = grid.with_stream(name, np.full_like(grid.stream(name), MASK))
    return grid


def _by_grooves(pairs: Sequence[tuple[Grid, Conditions]], genre: str) -> list[Grid]:
    found = []
    for seed, (grid, told) in enumerate(pairs):
        energy = ENERGIES[told.energy or 0]
        played = accompanied(grid, ENGINE[genre], energy, seed)
        found += [played] if played is not None else []
    return found


Table = dict[str, dict[str, float]]
"""Of each feature the overlap of the model and of the grooves."""


def compare(model: MusicModel, genre: str, count: int, settings: Settings) -> Table:
    """Prints and returns one table."""
    held = [
        (grid, told)
        for rows in load("windows", is_held_out=True)
        for grid, told in sample(rows, 600)
        if told.genre == genre and (grid.bass >= FIRST).any() and grid.metre in ENGINE[genre].metres
    ]
    chosen = sorted(held[:: max(1, len(held) // count)][:count], key=lambda each: each[0].steps)
    made: list[Grid] = []
    for steps in sorted({grid.steps for grid, _ in chosen}):
        tasks = [Task(_opened(g), told, BELOW) for g, told in chosen if g.steps == steps]
        made += fill_all(model, tasks, settings)
    sets = {
        "real": [grid for grid, _ in held],
        "model": made,
        "grooves": _by_grooves(chosen, genre),
    }
    print(f"{genre}: {len(held)} real, {len(made)} by the model, in batches of {BATCH}")
    table: Table = {}
    for feature in FEATURES:
        values = {name: [feature(grid) for grid in grids] for name, grids in sets.items()}
        means = "  ".join(f"{name} {np.mean(each):5.2f}" for name, each in values.items())
        near = [overlap(values[name], values["real"]) for name in ("model", "grooves")]
        table[feature.__name__] = dict(zip(("model", "grooves"), near, strict=True))
        print(f"  {feature.__name__:16}{means}   overlap {near[0]:.2f} {near[1]:.2f}")
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=RUN / "weights")
    parser.add_argument("--out", type=Path, default=Path("out/music"))
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--steps", type=int, default=BELOW_STEPS)
    parser.add_argument("--temperature", type=float, default=BELOW_TEMPERATURE)
    args = parser.parse_args()
    chosen = Settings(args.steps, temperature=args.temperature)
    target = args.out / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    model = MusicModel.load(args.weights)
    tables = {name: compare(model, name, args.count, chosen) for name in GENRES}
    target.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")
