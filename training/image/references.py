"""Builds the memory of drawings that pocket-image looks at.

    python -m training.image.references

Every drawing that models may learn from and whose thing has a name, at 64 px, as int8 latents, with
its licence. The held-out drawings, on which the judge is tested, are not in it.
"""

import json

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines.pocket.references import INDEX_FILE, LATENTS_FILE
from pipelines.pocket.rough import over_white
from training.image import linear
from training.image.packs import SOURCES
from training.image.render import OUT
from training.image.split import manifest, seen

FOLDER = OUT / "references"
SPRITES = FOLDER / "sprites.npy"
SIDE = 64


def _small(drawing: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(drawing).convert("RGBa")
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX).convert("RGBA"))


def build() -> None:
    """Writes the memory."""
    table, rows = np.load(OUT / "rgba128.npy", mmap_mode="r"), manifest()
    chosen = [rows[i] for i in seen(rows) if rows[i]["concept"]]
    basis = linear.load()
    small = np.stack([_small(np.asarray(table[r["index"]])) for r in chosen])
    latents = basis.encode(torch.from_numpy(over_white(small)).permute(0, 3, 1, 2))
    scale = latents.abs().amax(dim=(0, 2, 3)) / 127
    FOLDER.mkdir(parents=True, exist_ok=True)
    whole = (latents / scale[:, None, None]).round().to(torch.int8).contiguous()
    fitted = {"project": basis.project, "mean": basis.mean}
    save_file({"latents": whole, "scale": scale, **fitted}, FOLDER / LATENTS_FILE)
    np.save(SPRITES, small)
    packs = {p.npm: [p.style, p.author, p.licence] for p in SOURCES if p.is_emoji}
    drawings = [[*r["key"].rsplit("/", 1), r["concept"]] for r in chosen]
    index = {"packs": packs, "drawings": drawings}
    (FOLDER / INDEX_FILE).write_text(json.dumps(index, ensure_ascii=False), "utf-8")
    print(f"{len(chosen)} drawings of {len({r['concept'] for r in chosen})} things")


if __name__ == "__main__":
    build()
