"""Measures the music model against held-out pieces, and shows what it writes.

    python -m training.music.report --out out/music --count 240

The model gets the conditions of held-out excerpts and nothing of their notes; which bars repeat is
planned, as composers plan it, after the training pieces. Then it gets the same excerpts' rhythms.
Reports the overlap of each feature, how much is copied from training pieces, and draws piano rolls.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipelines.pocket.music.conditions import (
    COLOURS,
    GENRES,
    METRES,
    MODES,
    PLACES,
    SECTIONS,
    SIZES,
    TEMPO_STARTS,
    Conditions,
)
from pipelines.pocket.music.model import MusicModel, Settings, Task
from pipelines.pocket.music.novelty import Known, collect
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    ONSET,
    STREAMS,
    Grid,
    bass_notes,
    chords_of,
    empty,
    melody_notes,
)
from studio.evaluate._melody import Excerpt, Measures, compare, cut, measure
from studio.evaluate._tunes import CUTS
from training.music.train import RUN, Rows, load

BATCH = 24
HELD_OUT = "held_out.json"
"""The features of the real excerpts, which are shipped with the model for later evaluations."""

NAMES = tuple(SIZES)


def conditions_of(rows: Rows, row: int) -> Conditions:
    """What training told of a window."""
    told = dict(zip(NAMES, rows.numbers[row].tolist(), strict=True))
    tempo = None if told["tempo"] == 0 else float(TEMPO_STARTS[told["tempo"] - 1] + 5)
    return Conditions(
        genre=GENRES[told["genre"]],
        mode=MODES[told["mode"]],  # type: ignore[arg-type]
        tempo_bpm=tempo,
        energy=told["energy"] - 1,
        colour=COLOURS[told["colour"]],  # type: ignore[arg-type]
        section=SECTIONS[told["section"]],
        place=PLACES[told["place"]],
    )


def grid_of(rows: Rows, row: int) -> Grid:
    metre = METRES[int(rows.metre[row])]
    return Grid(metre, **{n: rows.streams[n][row] for n in STREAMS})


def excerpt(grid: Grid) -> Excerpt:
    """The melody of a grid over its chords."""
    notes, chords = melody_notes(grid.melody), chords_of(grid.chord)
    return Excerpt(tuple(notes), tuple(chords), grid.metre[0] * 4 / grid.metre[1], grid.bars)


def known_runs() -> Known:
    """Every run of eight melody notes in the training pieces."""
    packs = load("windows", is_held_out=False)
    melodies = (melody_notes(m) for rows in packs for m in rows.streams["melody"])
    return Known(collect(melodies))


def sample(rows: Rows, count: int, seed: int = 0) -> list[tuple[Grid, Conditions]]:
    """Held-out grids, spread over the pieces."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows.piece))[:count]
    return [(grid_of(rows, int(row)), conditions_of(rows, int(row))) for row in order]


def form_of(grid: Grid) -> tuple[int, ...]:
    """For each bar with at least two notes the first one with the same tune, else itself."""
    bars = grid.melody.reshape(grid.bars, -1)
    found = []
    for bar, tokens in enumerate(bars):
        same = [b for b in range(bar) if (bars[b] == tokens).all()]
        found.append(same[0] if same and (tokens >= FIRST).sum() > 1 else bar)
    return tuple(found)


class Forms:
    """How bars repeat in the training pieces, by genre: what a planner may ask for."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.packs = {rows.a_bar: rows for rows in load("windows", is_held_out=False)}

    def draw(self, grid: Grid, told: Conditions) -> tuple[int, ...]:
        """The form of a training window of the same genre and length."""
        rows = self.packs[grid.steps // grid.bars]
        genre = rows.numbers[:, NAMES.index("genre")] == GENRES.index(told.genre)
        row = self.rng.choice(np.flatnonzero(genre))
        return form_of(grid_of(rows, int(row)))


def free_task(grid: Grid, told: Conditions, form: tuple[int, ...], *, keeps_rhythm: bool) -> Task:
    """A task of the same shape in which the notes are free; given rhythms have their own form."""
    start = empty(grid.metre, grid.bars)
    if not keeps_rhythm:
        return Task(start, told, ("chord", "melody"), alike=form)
    rhythm = np.where(grid.melody >= FIRST, ONSET, grid.melody).astype(np.uint8)
    return Task(start.with_stream("melody", rhythm), told, ("chord", "melody"))


def fill_all(model: MusicModel, tasks: list[Task], settings: Settings) -> list[Grid]:
    found: list[Grid] = []
    for start in range(0, len(tasks), BATCH):
        found += model.fill_many(tasks[start : start + BATCH], replace(settings, seed=start))
    return found


def with_notes(grids: list[Grid]) -> list[Excerpt]:
    """Excerpts that have a melody to measure."""
    return [e for e in map(excerpt, grids) if len(e.notes) >= 2]


def roll(grid: Grid, width: int = 900, height: int = 260) -> Image.Image:
    """A piano roll: melody dark, bass light, chords as letters."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    scale, beats = width / (grid.steps / 4), grid.metre[0] * 4 / grid.metre[1]
    for bar in range(grid.bars + 1):
        draw.line([(bar * beats * scale, 0), (bar * beats * scale, height)], fill="#cccccc")
    lines = ((melody_notes(grid.melody), "#1f4e9c"), (bass_notes(grid.bass), "#c07818"))
    for notes, colour in lines:
        for note in notes:
            y = height - 14 - (note.pitch - 24) * (height - 30) / 66
            box = [note.start_beats * scale + 1, y - 3, note.end_beats * scale - 1, y + 1]
            draw.rectangle(box, fill=colour)
    for chord in chords_of(grid.chord):
        draw.text((chord.start_beats * scale + 2, 0), chord.symbol, fill="#333333")
    for place, token in enumerate(grid.texture.tolist()):
        if token >= FIRST:
            x = place * 0.5 * scale
            draw.rectangle([x + 1, height - 9, x + 4, height - 2], fill="#3a8f4d")
    return picture


def sheet(grids: list[Grid]) -> Image.Image:
    """Piano rolls one below the other."""
    rolls = [roll(grid) for grid in grids]
    picture = Image.new("RGB", (rolls[0].width, sum(r.height + 6 for r in rolls)), "#888888")
    top = 0
    for each in rolls:
        picture.paste(each, (0, top))
        top += each.height + 6
    return picture


def report(model: MusicModel, settings: Settings, count: int, out: Path) -> dict:
    """Everything that is measured."""
    out.mkdir(parents=True, exist_ok=True)
    known, table = known_runs(), {}
    packs = load("windows", is_held_out=True)
    total = sum(len(rows.piece) for rows in packs)
    held = [sample(rows, round(count * len(rows.piece) / total)) for rows in packs]
    real = with_notes([grid for each in held for grid, _ in each])
    theirs = measure(real)
    table["real"] = summary(real, theirs, known)
    (out / HELD_OUT).write_text(json.dumps(asdict(theirs)) + "\n")
    write_cuts(real, CUTS)
    forms = Forms()
    for name, keeps in (("free", False), ("rhythm given", True)):
        start = time.perf_counter()
        made: list[Grid] = []
        for each in held:
            tasks = [free_task(*pair, forms.draw(*pair), keeps_rhythm=keeps) for pair in each]
            made += fill_all(model, tasks, settings)
        seconds = time.perf_counter() - start
        excerpts = with_notes(made)
        ours = measure(excerpts)
        table[name] = summary(excerpts, ours, known) | {
            "overlap": {n: round(v, 3) for n, v in compare(ours, theirs).items()},
            "seconds_each": round(seconds / len(made), 3),
        }
        sheet(made[:3] + made[-3:]).save(out / f"{name.replace(' ', '-')}.png")
    sheet([grid for each in held for grid, _ in each[:3]]).save(out / "real.png")
    return table


def write_cuts(real: list[Excerpt], file: Path) -> None:
    """The features of real excerpts cut to 1 … 8 bars, for songs whose tunes are shorter."""
    cuts = {
        bars: asdict(measure([c for e in real if len((c := cut(e, bars)).notes) >= 2]))
        for bars in range(1, BARS + 1)
    }
    file.write_text(json.dumps(cuts, separators=(",", ":")) + "\n")


def summary(excerpts: list[Excerpt], measures: Measures, known: Known) -> dict:
    """Means of the features, and how much is known from training pieces."""
    copies = [known.longest(e.notes) for e in excerpts]
    return {
        "excerpts": len(excerpts),
        "means": {n: round(float(np.mean(v)), 3) for n, v in measures.scalars.items()},
        "longest_copy": max(copies),
        "share_without_copy": round(float(np.mean([c == 0 for c in copies])), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=RUN / "weights")
    parser.add_argument("--out", type=Path, default=Path("out/music"))
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--steps", type=int, default=Settings().steps)
    parser.add_argument("--guidance", type=float, default=Settings().guidance)
    parser.add_argument("--temperature", type=float, default=Settings().temperature)
    parser.add_argument("--top-p", type=float, default=Settings().top_p)
    args = parser.parse_args()
    chosen = Settings(args.steps, args.guidance, args.temperature, args.top_p)
    found = report(MusicModel.load(args.weights), chosen, args.count, args.out)
    (args.out / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
