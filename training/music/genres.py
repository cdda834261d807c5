"""Lets every genre accompany melodies of the pack: examples of its bass, texture and drums.

    python -m training.music.genres --count 16000

Melody and harmony are real, the accompaniment is played by the genre's grooves; from these the
model learns what belongs to a genre. Writes `cache/music/genres-16.npz` and `genres-12.npz`.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from pipelines.pocket.music.accompany import Passage, genre_accompaniment, players_of
from pipelines.pocket.music.conditions import GENRES, METRES, SIZES
from pipelines.pocket.music.genres import GENRES as ENGINE
from pipelines.pocket.music.genres.genre import Genre
from pipelines.pocket.music.tokens import (
    FIRST,
    MASK,
    STREAMS,
    Grid,
    Tokens,
    bass_tokens,
    chords_of,
    drum_token,
    line_notes,
)
from studio.score import SCALES, Note
from studio.sounds.sheet import Sounded
from training.music.build import FOLDER
from training.music.features import texture_line

KIND = {
    36: "kick", 37: "snare", 38: "snare", 39: "snare", 42: "hat", 46: "cymbal", 49: "cymbal",
    51: "cymbal",
}  # fmt: skip
"""Of General MIDI's drums; all others are "other"."""

ENERGIES = (1, 2, 2, 3, 4)
"""What the engine calls each level of the melody's energy."""

FIELDS = (*STREAMS, "phrases", "conditions", "metre", "piece", "bar", "sung")
NAMES = tuple(SIZES)


def _drums(notes: list[Note], steps: int) -> Tokens:
    struck: dict[int, set[str]] = defaultdict(set)
    for note in notes:
        struck[round(note.start_beats * 4)].add(KIND.get(note.pitch, "other"))
    return np.array([drum_token(struck.get(step, ())) for step in range(steps)], np.uint8)


def _bass_line(tokens: Tokens) -> np.ndarray:
    """The pitch that begins at each step, -1 for none: what the texture leaves to the bass."""
    line = np.full(len(tokens), -1, np.int16)
    for note in line_notes(tokens, 24):
        line[round(note.start_beats * 4)] = note.pitch
    return line


def accompanied(grid: Grid, genre: Genre, energy: int, seed: int) -> Grid | None:
    """The grid's melody and chords as a genre plays them; None where the harmony has gaps."""
    chords = tuple(chords_of(grid.chord))
    length = grid.steps / 4
    if not chords or abs(sum(c.length_beats for c in chords) - length) > 1e-6:
        return None
    scale = frozenset(SCALES["major"])
    passage = Passage(0.0, length, grid.metre, scale, chords, energy)
    played = genre_accompaniment(passage, players_of(genre), genre, seed)
    above = [
        Sounded(n.start_beats, n.end_beats, n.pitch)
        for name in ("chords", "texture")
        for n in played[name]
    ]
    bass = bass_tokens(played["bass"], grid.steps)
    texture = texture_line(sorted(above, key=lambda n: n.start), _bass_line(bass), 0.0)
    drums = _drums(played["drums"], grid.steps)
    return Grid(grid.metre, grid.melody, grid.chord, bass, texture, drums)


def _names(metre: tuple[int, int]) -> list[str]:
    """The genres that are played in a metre, each as often as the others."""
    return [n for n, genre in ENGINE.items() if n in GENRES and metre in genre.metres]


def build(count: int, folder: Path = FOLDER) -> None:
    """Writes about `count` examples of both lengths together."""
    rng = np.random.default_rng(3)
    packs = {path: dict(np.load(path)) for path in sorted(folder.glob("windows-*.npz"))}
    total = sum(len(p["piece"]) for p in packs.values())
    for path, pack in packs.items():
        wanted = round(count * len(pack["piece"]) / total)
        rows = rng.choice(len(pack["piece"]), min(wanted, len(pack["piece"])), replace=False)
        kept: dict[str, list] = {name: [] for name in FIELDS}
        for row in rows:
            _one(pack, int(row), rng, kept)
        target = folder / path.name.replace("windows", "genres")
        np.savez_compressed(target, **{n: np.array(v) for n, v in kept.items()})
        print(target.name, len(kept["piece"]), flush=True)


def _one(pack: dict, row: int, rng: np.random.Generator, kept: dict[str, list]) -> None:
    metre = METRES[int(pack["metre"][row])]
    names = _names(metre)
    name = names[int(rng.integers(len(names)))]
    numbers = pack["conditions"][row].copy()
    energy = ENERGIES[int(numbers[NAMES.index("energy")]) - 1]
    energy = int(np.clip(energy + rng.integers(-1, 2), 1, 4))
    grid = Grid(metre, **{n: pack[n][row] for n in STREAMS})
    grid = accompanied(grid, ENGINE[name], energy, int(rng.integers(1 << 30)))
    if grid is None or (grid.bass == MASK).all() or not (grid.melody >= FIRST).any():
        return
    numbers[NAMES.index("genre")] = GENRES.index(name)
    for stream in STREAMS:
        kept[stream].append(grid.stream(stream))
    kept["conditions"].append(numbers)
    for field in ("phrases", "metre", "piece", "bar", "sung"):
        kept[field].append(pack[field][row])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=16000)
    build(parser.parse_args().count)
