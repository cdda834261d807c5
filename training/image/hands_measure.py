"""How well taught styles are drawn on things that were not taught: figures, and a sheet to look at.

    python -m training.image.hands_measure FOLDER HAND [--adapter NAME] [--count 40] [--side 512]

`FOLDER` is what `training.image.hands` wrote; the adapter of the hand's name must have been taught.
Every other prompt is Chinese. Prints, of pictures before and after and of the hand's own: the
distance in style, and how often the judge recognises the thing. Writes `FOLDER/HAND-sheet.webp`.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from pipelines.pocket.restyle import oklab
from studio.core import Request, resolve
from studio.engine import Engine
from studio.evaluate._judge import Judge
from studio.media import Image as Picture
from studio.spec import unwatched
from training.image.hands import UNSEEN

MANIFEST = Path(__file__).parent.parent / "cache" / "image" / "manifest.jsonl"
SEED, SIDE, SHOWN = 5, 512, 8
SCALES = (1, 2, 4, 8, 16)

Pixels = NDArray[np.uint8]
Row = list[Pixels]


def features(pixels: Pixels) -> NDArray[np.float64]:
    """What a style is made of, 31 numbers of a picture: colours, contrast and strokes.

    Mean and deviation of each OKLab channel; of lightness, at five scales, the logarithm of the
    deviation of a band, how its values are bunched (kurtosis), and what share runs which way.
    """
    small = Image.fromarray(pixels[..., :3]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    lab = oklab(np.asarray(small)).astype(np.float64)
    found = [*lab.mean((0, 1)), *lab.std((0, 1))]
    light = lab[..., 0]
    for scale in SCALES:
        band = ndimage.gaussian_filter(light, scale / 2) - ndimage.gaussian_filter(light, scale)
        deviation = max(float(band.std()), 1e-5)
        found += [np.log(deviation), np.log1p(float(((band / deviation) ** 4).mean()))]
        down, right = np.gradient(band)
        tensor = np.array([(right * right - down * down).mean(), (2 * right * down).mean()])
        found += list(tensor / max(float((right**2 + down**2).mean()), 1e-12))
        found.append(float(np.abs(band).mean()) / deviation)
    return np.array(found)


def distances(pictures: Sequence[Pixels], taught: Sequence[Pixels]) -> float:
    """Mean distance of pictures from those taught, in the latter's deviations."""
    own = np.stack([features(each) for each in taught])
    middle, spread = own.mean(0), own.std(0) + 0.02
    z = [(features(each) - middle) / spread for each in pictures]
    return float(np.mean([np.sqrt((each.clip(-10, 10) ** 2).mean()) for each in z]))


def recognised(judge: Judge, pictures: Row, concepts: Sequence[str]) -> int:
    """How many show their thing, as one of the judge's five likeliest."""
    opinions = judge.look_at_all(pictures)
    return sum(o.is_among([c]) for o, c in zip(opinions, concepts, strict=True))


def _things(count: int) -> list[tuple[str, str, str]]:
    """File name, prompt and concept of each; every other one in Chinese."""
    rows = [json.loads(line) for line in MANIFEST.read_text("utf-8").splitlines()]
    known = {row["key"].split("/")[-1]: row for row in rows if row["concept"]}
    found = [(name, known[name]) for name in UNSEEN[:count]]
    return [
        (name, row["zh"] if number % 2 else f"a {row['en']}", row["concept"])
        for number, (name, row) in enumerate(found)
    ]


def _drawn(engine: Engine, prompt: str, adapter: str, side: int) -> Pixels:
    params: dict[str, Any] = {"adapter": adapter, "width": side, "height": side}
    job = resolve(Request(prompt, family="pocket-image", seed=SEED, params=params))[0]
    made = engine.run(job, unwatched)
    assert isinstance(made, Picture)
    return made.pixels


def _before(engine: Engine, things: list[tuple[str, str, str]], side: int, folder: Path) -> Row:
    """Without any adapter; drawn once for all hands."""
    folder.mkdir(exist_ok=True)
    for name, prompt, _ in things:
        if not (path := folder / f"{name}.png").exists():
            Image.fromarray(_drawn(engine, prompt, "", side)).save(path)
    return _read([folder / f"{name}.png" for name, _, _ in things])


def _read(paths: Sequence[Path]) -> Row:
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


def _sheet(rows: Sequence[Row], path: Path) -> None:
    tiles = [
        [np.asarray(Image.fromarray(p[..., :3]).resize((256, 256))) for p in row[:SHOWN]]
        for row in rows
    ]
    whole = np.concatenate([np.concatenate(row, 1) for row in tiles])
    Image.fromarray(whole).save(path, quality=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("hand")
    parser.add_argument("--adapter", default="")
    parser.add_argument("--count", type=int, default=len(UNSEEN))
    parser.add_argument("--side", type=int, default=SIDE)
    options = parser.parse_args()
    things = _things(options.count)
    concepts = [concept for _, _, concept in things]
    taught = _read(sorted((options.folder / options.hand).glob("*.png")))
    unseen = options.folder / f"{options.hand}-unseen"
    engine, adapter = Engine(device="cpu"), options.adapter or options.hand
    sets: dict[str, Row] = {}
    kept = options.folder / f"before-{options.side}"
    sets["before"] = _before(engine, things, options.side, kept)
    sets["after"] = [_drawn(engine, prompt, adapter, options.side) for _, prompt, _ in things]
    sets["own"] = _read([unseen / f"{name}.png" for name, _, _ in things])
    judge, own = Judge.load(), distances(sets["own"], taught)
    for name, pictures in sets.items():
        far = distances(pictures, taught) / own
        seen = recognised(judge, pictures, concepts)
        print(f"{options.hand} {name}: distance {far:.2f}, recognised {seen} of {len(things)}")
    _sheet([taught, *sets.values()], options.folder / f"{options.hand}-sheet.webp")


if __name__ == "__main__":
    main()
