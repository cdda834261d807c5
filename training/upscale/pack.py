"""Renders the licensed drawings at high resolution once: the sharp side of the up-scaler's pairs.

    python -m training.upscale.pack --workers 2

Writes PNG files and `index.jsonl` into `training/cache/upscale`, one line per file: the row of the
128 px manifest it shows and its part: "whole" (512 px), "native" (3-D renders come as 256 px files
and are never enlarged) or "detail" (512 px cut from a 2048 px render, for enlarging what is already
large). Drawings held out from every model are left out here too. Knows nothing about networks.
"""

import argparse
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from training.image.packs import Drawing, drawings
from training.image.render import render
from training.image.split import manifest, seen
from training.slices import CACHE

OUT = CACHE / "upscale"
WHOLE = 512
NATIVE = 256
LARGE = 2048
# Filters make one glossy drawing as slow as eight others.
PER_STYLE = defaultdict(lambda: 440, {"glossy": 320, "icon": 600})
DETAILED = 24
CUTS = 6


@dataclass(frozen=True)
class Job:
    row: int
    drawing: Drawing
    part: str


def _hash(key: str) -> str:
    return hashlib.sha256(b"upscale" + key.encode()).hexdigest()


def _jobs() -> list[Job]:
    """A fixed choice of each style's drawings, mixed so that any beginning holds every style."""
    rows = manifest()
    usable = {rows[i]["key"]: int(i) for i in seen(rows)}
    by_style: dict[str, list[Drawing]] = defaultdict(list)
    for drawing in drawings():
        if drawing.key in usable:
            by_style[drawing.pack.style].append(drawing)
    jobs = []
    for style, found in by_style.items():
        chosen = sorted(found, key=lambda d: _hash(d.key))[: PER_STYLE[style]]
        part = "native" if style == "3d" else "whole"
        jobs += [Job(usable[d.key], d, part) for d in chosen]
        if style not in ("3d", "glossy"):
            jobs += [Job(usable[d.key], d, "detail") for d in chosen[:DETAILED]]
    return sorted(jobs, key=lambda j: _hash(j.drawing.key))


def _save(picture: Image.Image, name: str) -> str:
    picture.save(OUT / name, compress_level=1)
    return name


def _cuts(picture: Image.Image, key: str) -> Iterator[Image.Image]:
    """Squares with something drawn in them."""
    rng = np.random.default_rng(int(_hash(key)[:8], 16))
    alpha = np.asarray(picture)[..., 3]
    found = 0
    for _ in range(60):
        x, y = (int(v) for v in rng.integers(0, LARGE - WHOLE + 1, 2))
        if alpha[y : y + WHOLE : 8, x : x + WHOLE : 8].mean() < 40:
            continue
        yield picture.crop((x, y, x + WHOLE, y + WHOLE))
        if (found := found + 1) == CUTS:
            return


def _draw(job: Job) -> list[str]:
    """Renders one job; the names of the files written, none where resvg refuses the drawing."""
    sides = {"whole": WHOLE, "native": NATIVE, "detail": LARGE}
    try:
        picture = render(job.drawing, sides[job.part])
    except ValueError:
        return []
    if job.part != "detail":
        return [_save(picture, f"{job.row}-{job.part}.png")]
    cuts = enumerate(_cuts(picture, job.drawing.key))
    return [_save(cut, f"{job.row}-detail{i}.png") for i, cut in cuts]


def build(jobs: Iterable[Job], workers: int) -> int:
    """Renders what is not there yet; the index grows as files appear."""
    OUT.mkdir(parents=True, exist_ok=True)
    index = OUT / "index.jsonl"
    done = index.read_text().splitlines() if index.exists() else []
    known = {(line["row"], line["part"]) for line in map(json.loads, done)}
    todo = [j for j in jobs if (j.row, j.part) not in known]
    count = len(done)
    pool = ProcessPoolExecutor(workers, initializer=os.nice, initargs=(5,))
    with pool, index.open("a") as out:
        for job, names in zip(todo, pool.map(_draw, todo, chunksize=4), strict=True):
            line = {"row": job.row, "part": job.part, "style": job.drawing.pack.style}
            out.writelines(json.dumps({**line, "file": name}) + "\n" for name in names)
            out.flush()
            count += len(names)
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    print(build(_jobs(), parser.parse_args().workers), "files")
