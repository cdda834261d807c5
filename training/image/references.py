"""Builds the memory of drawings that pocket-image looks at.

    python -m training.image.references

Every drawing that models may learn from and whose thing has a name, at 128 px, as WebP, with its
licence, and our own drawings (`drawn.py`). The held-out drawings, on which the judge is tested,
are not in it.
"""

import io
import json
from itertools import accumulate

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines.pocket.references import DRAWINGS_FILE, INDEX_FILE
from training.image import drawn, linear
from training.image.packs import SOURCES
from training.image.render import OUT
from training.image.split import manifest, seen

FOLDER = OUT / "references"
QUALITY = 80
"""34.6 dB over white, 2 KB a drawing; 90 gives 0.7 dB more for a quarter more bytes."""


def webp(drawing: np.ndarray) -> bytes:
    """uint8 (S, S, 4) as a lossy WebP."""
    buffer = io.BytesIO()
    Image.fromarray(drawing).save(buffer, "WEBP", quality=QUALITY, alpha_quality=QUALITY, method=6)
    return buffer.getvalue()


def build() -> None:
    """Writes the memory."""
    table, rows = np.load(OUT / "rgba128.npy", mmap_mode="r"), manifest()
    chosen = [rows[i] for i in seen(rows) if rows[i]["concept"]]
    own = drawn.drawn()
    files = [webp(np.array(table[r["index"]])) for r in chosen]
    files += [webp(drawn.pixels(each, table.shape[1])) for each in own]
    basis = linear.load()
    FOLDER.mkdir(parents=True, exist_ok=True)
    memory = {
        "drawings": torch.frombuffer(bytearray(b"".join(files)), dtype=torch.uint8),
        "ends": torch.tensor(list(accumulate(map(len, files)))),
        "project": basis.project,
        "mean": basis.mean,
    }
    save_file(memory, FOLDER / DRAWINGS_FILE)
    packs = {p.npm: [p.style, p.author, p.licence] for p in SOURCES if p.is_emoji}
    packs[drawn.PACK] = [drawn.STYLE, drawn.AUTHOR, drawn.LICENCE]
    drawings = [[*r["key"].rsplit("/", 1), r["concept"]] for r in chosen]
    labels = {r["en"]: r["concept"] for r in chosen}
    drawings += [[drawn.PACK, each.file, drawn.concept(each, labels)] for each in own]
    index = {"packs": packs, "drawings": drawings}
    (FOLDER / INDEX_FILE).write_text(json.dumps(index, ensure_ascii=False), "utf-8")
    print(f"{len(files)} drawings of {len({concept for *_, concept in drawings})} things")


if __name__ == "__main__":
    build()
