"""Fits the judge of genres, on pieces that genres play around held-out public tunes.

    python -m training.music.judge

Melody and harmony come from pieces that the music model never saw, what is below from the engine's
grooves: most genres have no public scores. A part of the tunes is kept from the judge as well; how
often it is right about those is its report. Writes `assets/song-judge/`.
"""

import argparse
import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from pipelines.pocket.music.accompany import Passage, Player, genre_accompaniment
from pipelines.pocket.music.compose import finished, swinging
from pipelines.pocket.music.conditions import METRES
from pipelines.pocket.music.genres import GENRES
from pipelines.pocket.music.genres.genre import Genre
from pipelines.pocket.music.instruments import INSTRUMENTS
from pipelines.pocket.music.tokens import STREAMS, Grid, chords_of, melody_notes
from studio.evaluate._genre import FOLDER, REPORT, WEIGHTS, features
from studio.score import NOTE_NAMES, SCALES, Chord, Note, Part, Role, Score
from training.music.train import load

EACH, KEPT = 90, 0.3
"""Pieces of a genre, and the share of tunes that the judge does not learn from."""

ROLES: tuple[Role, ...] = ("melody", "chords", "bass", "drums", "texture")
USUAL_METRE, ASKED, SUNG, LEFT_OUT = 0.8, 0.3, 0.4, 0.12
"""How often: a genre's first metre, an instrument that was asked for, a voice, no such part."""

DECAY, ROUNDS = 2e-3, 400


@dataclass(frozen=True)
class Tune:
    """Eight bars of a public piece, in C major or A minor."""

    piece: int
    metre: tuple[int, int]
    notes: tuple[Note, ...]
    chords: tuple[Chord, ...]

    @property
    def a_bar(self) -> float:
        return self.metre[0] * 4 / self.metre[1]


def tunes() -> dict[tuple[int, int], list[Tune]]:
    """The held-out tunes whose harmony has no gap, by metre."""
    found: dict[tuple[int, int], list[Tune]] = defaultdict(list)
    for rows in load("windows", is_held_out=True):
        for row in range(0, len(rows.piece), 3):
            metre = METRES[int(rows.metre[row])]
            grid = Grid(metre, **{n: rows.streams[n][row] for n in STREAMS})
            chords, notes = chords_of(grid.chord), melody_notes(grid.melody)
            covered = sum(chord.length_beats for chord in chords)
            if len(notes) >= 8 and abs(covered - grid.steps / 4) < 1e-6:
                tune = Tune(int(rows.piece[row]), metre, tuple(notes), tuple(chords))
                found[metre].append(tune)
    return found


def piece(genre: Genre, known: dict[tuple[int, int], list[Tune]], rng: random.Random) -> Score:
    """A genre around one or two tunes, as long as a song of some 15 seconds."""
    metre = genre.metres[0] if rng.random() < USUAL_METRE else rng.choice(genre.metres)
    low, usual, high = genre.tempo
    tempo = round(rng.triangular(low * 0.92, high * 1.08, usual))
    players = _players(genre, rng)
    notes: dict[str, list[Note]] = defaultdict(list)
    at, seed = 0.0, rng.randrange(1 << 30)
    for _ in range(rng.choice((1, 1, 2))):
        tune = rng.choice(known[metre])
        at = _add(notes, tune, genre, players, at, rng, seed)
    shift = rng.randrange(-5, 7)
    swing = swinging(genre.swing, metre)
    parts = [
        Part(p.name, p.role, p.instrument, finished(_moved(notes[p.name], shift, p), at, swing))
        for p in players
        if notes[p.name]
    ]
    return Score(tempo, metre, NOTE_NAMES[shift % 12], "major", tuple(parts), (), (), at)


def _players(genre: Genre, rng: random.Random) -> list[Player]:
    """The genre's own, now and then one that somebody asked for or none."""
    found = []
    for role in ROLES:
        if role != "melody" and rng.random() < LEFT_OUT:
            continue
        usual = genre.instruments[role]
        name = rng.choice((*tuple(usual[:1]) * max(1, len(usual) - 1), *usual))
        if role not in ("drums", "bass") and rng.random() < ASKED / 2:
            name = rng.choice([n for n, each in INSTRUMENTS.items() if role in each.roles])
        found.append(Player(role, role, name))
    if rng.random() < SUNG:
        found.append(Player("vocals", "vocals", "soft female"))
    return found


def _add(
    notes: dict[str, list[Note]],
    tune: Tune,
    genre: Genre,
    players: list[Player],
    at: float,
    rng: random.Random,
    seed: int,
) -> float:
    """Lays some bars of a tune and what the genre plays below; gives where they end."""
    length = rng.randint(4, 8) * tune.a_bar
    energy = rng.choice((1, 2, 3, 4, 4))
    chords = tuple(_placed(c, at, length) for c in tune.chords if c.start_beats < length)
    passage = Passage(at, length, tune.metre, frozenset(SCALES["major"]), chords, energy)
    cast = genre.cast_of(rng.choice(("verse", "chorus", "chorus"))).roles
    below = [p for p in players if p.role in cast and p.role not in ("melody", "vocals")]
    for name, played in genre_accompaniment(passage, below, genre, seed).items():
        notes[name] += played
    singer = "vocals" if players[-1].role == "vocals" and rng.random() < 0.7 else "melody"
    notes[singer] += [_placed(n, at, length) for n in tune.notes if n.start_beats < length]
    return at + length


def _placed(each, at: float, length: float):
    """A note or chord of a tune at its place in the piece, cut at the passage's end."""
    left = length - each.start_beats
    return replace(
        each, start_beats=at + each.start_beats, length_beats=min(each.length_beats, left)
    )


def _moved(notes: list[Note], shift: int, player: Player) -> list[Note]:
    if player.role == "drums":
        return notes
    return [replace(n, pitch=max(0, min(127, n.pitch + shift))) for n in notes]


def examples(
    known: dict[tuple[int, int], list[Tune]], each: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features of `each` pieces a genre, and the genres' numbers."""
    rng = random.Random(seed)
    rows, labels = [], []
    for number, genre in enumerate(GENRES.values()):
        for _ in range(each):
            rows.append(features(piece(genre, known, rng)))
            labels.append(number)
    return np.array(rows), np.array(labels)


def fit(x: NDArray[np.float64], y: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Multinomial logistic regression with weight decay."""
    mean, scale = x.mean(0), np.maximum(x.std(0), 0.05)
    seen = torch.tensor(np.clip((x - mean) / scale, -6, 6), dtype=torch.float32)
    truth = torch.tensor(y)
    layer = torch.nn.Linear(x.shape[1], int(y.max()) + 1)
    torch.nn.init.zeros_(layer.weight)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.02, weight_decay=0.0)
    for _ in range(ROUNDS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(layer(seen), truth)
        (loss + DECAY * layer.weight.square().sum()).backward()
        optimizer.step()
    weights = layer.weight.detach().numpy().T.copy()
    bias = layer.bias.detach().numpy()
    arrays = {"mean": mean, "scale": scale, "weights": weights, "bias": bias}
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def build(folder: Path, each: int) -> dict:
    """Fits, measures and writes the judge."""
    torch.manual_seed(0)
    known = tunes()
    pieces = sorted({tune.piece for group in known.values() for tune in group})
    kept = set(random.Random(1).sample(pieces, round(KEPT * len(pieces))))
    sides = [
        {m: [t for t in group if (t.piece in kept) == is_kept] for m, group in known.items()}
        for is_kept in (False, True)
    ]
    arrays = fit(*examples(sides[0], each, 2))
    x, y = examples(sides[1], max(10, each // 3), 3)
    seen = np.clip((x - arrays["mean"]) / arrays["scale"], -6, 6)
    guessed = (seen @ arrays["weights"] + arrays["bias"]).argmax(1)
    names = list(GENRES)
    right = {n: round(float((guessed[y == k] == k).mean()), 3) for k, n in enumerate(names)}
    report = {
        "genres": names,
        "tunes": {"fitted": len(pieces) - len(kept), "kept": len(kept)},
        "pieces": {"fitted": each * len(names), "kept": len(y)},
        "accuracy": round(float((guessed == y).mean()), 4),
        "by_genre": right,
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(arrays, folder / WEIGHTS)
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({WEIGHTS: digest}, indent=1) + "\n")
    (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n")
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--each", type=int, default=EACH)
    args = parser.parse_args()
    print(json.dumps(build(args.out, args.each), indent=1))
