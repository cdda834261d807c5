"""Packs the trained music model into assets/pocket-music: weights in bf16, hashes, a model card.

    python -m training.music.export --report out/music

The card names every piece, with its licence, and what was held out.
"""

import argparse
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from pipelines.pocket.music.network import MusicDenoiser
from pipelines.pocket.music.novelty import FILE
from training.music.below import FILE as BELOW
from training.music.build import Entry, pieces
from training.music.report import HELD_OUT, known_runs
from training.music.train import RUN

TARGET = Path(__file__).parents[2] / "assets" / "pocket-music"
PIECES = "pieces.json"
ORIGINS = {
    "lieder": "OpenScore Lieder Corpus (GitHub OpenScore/Lieder)",
    "quartets": "OpenScore String Quartets (GitHub OpenScore/StringQuartets)",
    "openewld": "OpenEWLD (GitHub 00sapo/OpenEWLD), works whose authors all died by 1955",
    "music21": "music21 10.5.1, the scores of its corpus that carry a licence of their own",
}
CARD = """---
license: apache-2.0
language: [en, zh]
tags: [music, symbolic-music, masked-diffusion]
---
# pocket-music

A masked diffusion model over scores ({parameters:.1f} M parameters): melody, chords, bass, texture
and drums of up to eight bars at once, on a grid of 16ths, in 4/4, 3/4 and 6/8. It writes what is
free in a grid and leaves the rest: from nothing, to a given rhythm, melody or harmony, into a gap,
or on from the bars before. Conditions: genre, mode, tempo, energy, section, place in the piece,
phrases, how chromatic, and words (pocket-text).

| part | class |
|---|---|
| transformer | `ModernBertModel`, {layers} layers of {width}, one position an 8th |
| embeddings and heads | one for each stream and slot (`pipelines/pocket/music/network.py`) |
| tokens | `pipelines/pocket/music/tokens.py` |

```python
from pipelines.pocket.music.conditions import Conditions
from pipelines.pocket.music.model import MusicModel, Settings, Task
from pipelines.pocket.music.tokens import empty, melody_notes

task = Task(empty((4, 4), 8), Conditions(genre="folk", mode="minor", energy=2))
melody_notes(MusicModel.load().fill(task, Settings(seed=7)).melody)
```

## Training
{training}

Absorbing masks (Austin et al. 2021; Sahoo et al. 2024), mixed so that every use is taught: whole
streams, single bars, rhythms whose pitches are hidden. Muon for the matrices of the transformer,
AdamW for the rest, averaged weights. Everything is in C major or A minor: the key is put on
afterwards.

| source | licence | pieces trained on | held out | windows of eight bars |
|---|---|---|---|---|
{sources}

Every piece is named in `{pieces}` with its licence, and whether it was held out: 8 %, by the hash
of its id, before training. Pieces in other metres, or whose rhythm does not lie on 16ths, were left
out. Chord symbols are those of the lead sheets; elsewhere harmony was estimated from all that
sounds. What genres play below a melody was written by the rules in
`pipelines/pocket/music/genres`, to melodies and chords of the pieces above.

## Measured
On held-out pieces, given their conditions and nothing of their notes, with bars that repeat as in
some training piece ("free"), and given their rhythms. Overlap of the distribution of each feature
with that of the real excerpts, 1 the same:

{measured}

## What it writes in a song
Melody everywhere, and harmony where a genre has no progressions of its own. Bass and texture in
chamber music and art songs, of which there are real scores: below the melodies and chords of
held-out pieces, how far each feature's distribution overlaps with the real one
(`training.music.below`, 40 excerpts of each):

{below}

Elsewhere no scores with an accompaniment were found, and what the model knows of it are the grooves
themselves: bass, texture and drums stay theirs.

## Limits
Nineteenth-century songs and quartets and some two hundred older popular songs taught it melody and
harmony: it writes good tunes of that kind for any genre, and nothing that leans on a later idiom's
own melodies. It sees eight bars at a time; form comes from the planner. Triplets are not on its
grid.
"""


def _sources(entries: list[Entry]) -> str:
    lines = []
    for source in dict.fromkeys(e.source for e in entries):
        mine = [e for e in entries if e.source == source and e.windows]
        held = Counter(e.is_held_out for e in mine)
        windows = sum(e.windows for e in mine)
        licences = ", ".join(sorted({e.licence for e in mine}))
        lines.append(
            f"| {ORIGINS[source]} | {licences} | {held[False]} | {held[True]} | {windows} |"
        )
    return "\n".join(lines)


def _measured(report: dict) -> str:
    names = list(report["free"]["overlap"])
    lines = ["| feature | free | rhythm given |", "|---|---|---|"]
    for name in names:
        values = (report[kind]["overlap"][name] for kind in ("free", "rhythm given"))
        lines.append(
            f"| {name.replace('_', ' ')} | " + " | ".join(f"{v:.2f}" for v in values) + " |"
        )
    copies = " ".join(
        f"{kind}: {100 * report[kind]['share_without_copy']:.1f} % of excerpts have no run of "
        f"eight notes (intervals and rhythm) that a training piece has; the longest such run has "
        f"{report[kind]['longest_copy']} notes."
        for kind in ("free", "rhythm given", "real")
    )
    return "\n".join(lines) + "\n\n" + copies.replace("real:", "Held-out real excerpts:")


BELOW_WORDS = {
    "root_share": "bass on the root of a new chord",
    "chord_tones": "bass notes in the chord",
    "leaps": "mean interval of the bass",
    "bass_density": "bass notes a beat",
    "parallels": "parallel fifths and octaves",
    "collisions": "melody at or below the bass",
    "texture_density": "texture onsets a beat",
    "thickness": "thickness of the texture",
    "evenness": "evenness of the texture",
}


def _below(folder: Path) -> str:
    """The table of basses and textures, as `training.music.below` left it."""
    found = json.loads((folder / BELOW).read_text("utf-8"))
    kinds = [(genre, name) for genre in found for name in ("model", "grooves")]
    lines = [
        "| feature | " + " | ".join(f"{genre}: {name}" for genre, name in kinds) + " |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for feature in next(iter(found.values())):
        values = [f"{found[genre][feature][name]:.2f}" for genre, name in kinds]
        lines.append(f"| {BELOW_WORDS[feature]} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _training() -> str:
    log = [json.loads(line) for line in (RUN / "log.jsonl").read_text().splitlines()]
    last = [line for line in log if "held_out" in line][-1]
    losses = ", ".join(f"{name} {value:.2f}" for name, value in last["held_out"].items())
    return (
        f"{last['step']} steps, {last['seen']} windows on one CPU core; cross-entropy of hidden "
        f"tokens of held-out pieces, in nats: {losses}."
    )


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def export(folder: Path, target: Path = TARGET) -> None:
    """Writes the shipped folder and its manifest, from what a report left in `folder`."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / HELD_OUT, target / HELD_OUT)
    network = MusicDenoiser.from_pretrained(RUN / "weights", dtype=torch.bfloat16)
    network.save_pretrained(target)
    np.savez_compressed(target / FILE, hashes=known_runs().hashes)
    entries = pieces()
    names = ("id", "title", "licence", "is_held_out", "windows", "left_out")
    _write_json(target / PIECES, [{n: getattr(e, n) for n in names} for e in entries])
    config = network.config
    card = CARD.format(
        parameters=sum(p.numel() for p in network.parameters()) / 1e6,
        layers=config.layers,
        width=config.width,
        training=_training(),
        sources=_sources(entries),
        pieces=PIECES,
        measured=_measured(report),
        below=_below(folder),
    )
    (target / "README.md").write_text(card, "utf-8")
    hashes = {}
    for path in sorted(target.iterdir()):
        path.chmod(0o644)
        if path.suffix in (".json", ".npz", ".safetensors") and path.name != "manifest.json":
            hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    _write_json(target / "manifest.json", hashes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True, help="where the report wrote")
    export(parser.parse_args().report)
