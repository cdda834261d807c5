"""Renders every licensed drawing once into a square RGBA table that the trainers read.

    python -m training.image.render --side 128

Writes `training/cache/image/rgba<side>.npy` (N, side, side, 4) uint8, straight alpha, and
`manifest.jsonl` with one line per row. Knows nothing about models.
"""

import argparse
import io
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from training.image.packs import Drawing, drawings

OUT = Path(__file__).parent.parent / "cache" / "image"


def render_svg(svg: str, side: int) -> Image.Image:
    """Draws SVG text into `side` × `side` px RGBA, centred, on nothing."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side)
    drawn = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    drawn.thumbnail((side, side))
    canvas = Image.new("RGBA", (side, side))
    canvas.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return canvas


def render(drawing: Drawing, side: int) -> Image.Image:
    """One drawing at `side` px."""
    if drawing.source.startswith("<svg"):
        return render_svg(drawing.source, side)
    return Image.open(drawing.source).convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)


def _row(drawing: Drawing, index: int) -> dict:
    concept = drawing.concept
    row = {"index": index, "key": drawing.key, "style": drawing.pack.style}
    row["licence"] = drawing.pack.licence
    if concept is not None:
        row |= {"concept": concept.id, "group": concept.group, "subgroup": concept.subgroup}
        row |= {"en": concept.en, "zh": concept.zh}
        row |= {"tags_en": concept.tags_en, "tags_zh": concept.tags_zh}
    else:
        row |= {"concept": None, "en": drawing.name.replace("-", " "), "zh": None}
    return row


def _pixels(job: tuple[Drawing, int]) -> np.ndarray | None:
    try:
        return np.asarray(render(*job))
    except ValueError:  # resvg refuses a few broken drawings; they are counted, not hidden
        return None


def build(side: int, workers: int) -> None:
    """Renders everything; drawings that resvg cannot parse or that are empty are listed."""
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = list(drawings())
    table = np.lib.format.open_memmap(
        OUT / f"rgba{side}.npy", "w+", np.uint8, (len(wanted), side, side, 4)
    )
    rows, broken = [], []
    with ProcessPoolExecutor(workers) as pool:
        jobs = ((d, side) for d in wanted)
        for drawing, pixels in zip(wanted, pool.map(_pixels, jobs, chunksize=64), strict=True):
            if pixels is None or pixels[..., 3].mean() < 4:
                broken.append(drawing.key)
                continue
            table[len(rows)] = pixels
            rows.append(_row(drawing, len(rows)))
    table.flush()
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (OUT / "manifest.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (OUT / "broken.txt").write_text("\n".join(broken))
    print(f"{len(rows)} drawings, {len(broken)} left out")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    build(args.side, args.workers)
