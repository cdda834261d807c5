"""The memory of pocket-image: openly licensed drawings that it may look at, at 128 px.

A denoiser of this size cannot keep the look of 1,600 things in its weights, but it can learn to
draw from what it is shown. As in semi-parametric diffusion (RDM, Blattmann et al. 2022; Re-Imagen,
Chen et al. 2022), the things that a prompt names are looked up here; drawings of them make the
rough (`rough.py`). Knows nothing about prompts.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from safetensors import safe_open

from pipelines.pocket.rough import Basis

LIKE = {"3d": "glossy", "glossy": "3d"}
"""One was traced from the other: a drawing in either will do for both."""

REDRAWN = ("flat", "soft", "cartoon", "bold", "glossy", "3d")
"""Where no drawing is in the style asked for: which styles are redrawn best (`restyle.py`). Those
without shading come first."""

OWN = "drawn"
"""The style of the drawings that were made for this memory (`training/image/drawn`)."""

WHOLE = "-whole"
"""Stands behind a thing of which most drawings show the head alone: the drawing of all of it."""

BODIES = {
    "1f436": "1f415", "1f431": "1f408", "1f42d": "1f401", "1f430": "1f407", "1f42e": "1f404",
    "1f42f": "1f405", "1f437": "1f416", "1f434": "1f40e", "1f435": "1f412", "1f432": "1f409",
}  # fmt: skip
"""Faces of animals and, in the same styles, all of them: "puppy" is the name of a dog's face."""

HEADS = frozenset(
    [f"@iconify-json/fxemoji/{name}" for name in ("dog", "cat", "mouse", "tiger", "pig")]
    + [f"@iconify-json/emojione/{name}" for name in ("dog", "tiger", "leopard", "deer")]
    + ["@iconify-json/twemoji/deer"]
)
"""Drawings of the head alone where the emoji's other drawings show the whole animal."""

CARDS = frozenset(
    f"@iconify-json/fxemoji/{name}"
    for name in "desertisland ferriswheel fountain rainbow rollercoaster ship statueofliberty "
    "rowboat sailboat volcano".split()
) | frozenset(
    f"@iconify-json/noto/family{name}"
    for name in ",-man-boy-boy,-man-girl-boy,-man-girl-girl,-man-girl,-man-woman-boy-boy,"
    "-man-woman-girl,-woman-boy,-woman-girl-girl,-woman-girl,-woman-woman-boy,"
    "-woman-woman-girl-girl,-woman-woman-girl".split(",")
)
"""Drawings on a square of their own, which has no place in a scene; there are others of each."""

NOT_WHOLE = HEADS | CARDS

MISNAMED = frozenset(("@iconify-json/fxemoji/sunglasses", "@iconify-json/fxemoji/kiss"))
"""Drawings of a face where the name says glasses, or a couple."""

DRAWINGS_FILE = "references.safetensors"
INDEX_FILE = "references.json"


@dataclass(frozen=True)
class Drawing:
    """One drawing of the memory: whence it is, what it shows, and how it is drawn."""

    key: str
    concept: str
    style: str
    author: str
    licence: str

    @property
    def asks_credit(self) -> bool:
        """Whether whoever publishes a picture made after it has to name the artist."""
        return self.licence.startswith("CC-BY")


class Files(Sequence[bytes]):
    """Files that lie one behind the other in one array, until the byte numbers in `ends`."""

    def __init__(self, data: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.data = data
        self.ends = ends

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        start = self.ends[index - 1] if index else 0
        return self.data[start : self.ends[index]].tobytes()


class References:
    """The memory: drawings, found by the thing that they show."""

    def __init__(self, files: Sequence[bytes], drawings: list[Drawing], basis: Basis) -> None:
        """`files`: a WebP for each drawing, all square and of one size."""
        self.files = files
        self.drawings = drawings
        self.basis = basis
        self.by_concept: dict[str, list[int]] = {}
        for index, drawing in enumerate(drawings):
            if drawing.key in MISNAMED:
                continue
            self.by_concept.setdefault(drawing.concept, []).append(index)

    @classmethod
    def load(cls, folder: Path) -> "References":
        """Reads `references.safetensors` and `references.json`."""
        index = json.loads((folder / INDEX_FILE).read_text("utf-8"))
        packs: dict[str, list[str]] = index["packs"]
        drawings = [
            Drawing(f"{pack}/{name}", concept, *packs[pack])
            for pack, name, concept in index["drawings"]
        ]
        with safe_open(folder / DRAWINGS_FILE, framework="pt") as file:
            files = Files(file.get_tensor("drawings").numpy(), file.get_tensor("ends").numpy())
            basis = Basis(file.get_tensor("project"), file.get_tensor("mean"))
        return cls(files, drawings, basis)

    def is_own(self, concept: str) -> bool:
        """Whether a thing was drawn for this memory alone: all of it, as no emoji shows it."""
        known = self.by_concept.get(concept, [])
        return bool(known) and all(self.drawings[i].style == OWN for i in known)

    def whole(self, concept: str) -> str:
        """What is drawn where all of a thing is to be seen: itself, or more than its head."""
        body = BODIES.get(concept, concept + WHOLE)
        return body if body in self.by_concept else concept

    def choose(
        self, concept: str, style: str, rng: np.random.Generator, *, is_whole: bool = False
    ) -> int | None:
        """Index of a drawing of a thing, in the style asked for or one like it if there is one.

        Otherwise one whose licence asks for no credit, so that credit is owed only for a style that
        was asked for; one that is easily redrawn in that style. None if no drawing shows the thing.

        Args:
            is_whole: whether all of the thing is to be seen, and nothing else.
        """
        known = self.by_concept.get(self.whole(concept) if is_whole else concept, [])
        known = [i for i in known if not (is_whole and self.drawings[i].key in NOT_WHOLE)]
        exact = [i for i in known if self.drawings[i].style == style]
        alike = [i for i in known if self.drawings[i].style == LIKE.get(style)]
        free = [i for i in known if not self.drawings[i].asks_credit]
        usual = () if style == "any" else REDRAWN
        drawn = ([i for i in free if self.drawings[i].style == each] for each in usual)
        among = exact or alike or next(filter(None, drawn), free or known)
        return among[int(rng.integers(len(among)))] if among else None

    def choose_like(
        self, concept: str, like: Drawing | None, rng: np.random.Generator
    ) -> int | None:
        """Index of a drawing of a thing in another drawing's style, if there is one.

        None that asks for credit, unless the other one does too.
        """
        known = self.by_concept.get(concept, [])
        if like is None or not like.asks_credit:
            known = [i for i in known if not self.drawings[i].asks_credit]
        style = "soft" if like is None else like.style
        same = [i for i in known if self.drawings[i].style == style]
        alike = [i for i in known if self.drawings[i].style == LIKE.get(style)]
        among = same or alike or known
        return among[int(rng.integers(len(among)))] if among else None

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """A drawing, uint8 (S, S, 4) with straight alpha."""
        with PIL.Image.open(io.BytesIO(self.files[index])) as picture:
            return np.asarray(picture.convert("RGBA"))
