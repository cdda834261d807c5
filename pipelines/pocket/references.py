"""The memory of pocket-image: small latents of openly licensed drawings that it may look at.

A denoiser of this size cannot keep the look of 1,600 things in its weights, but it can learn to
draw from what it is shown. As in semi-parametric diffusion (RDM, Blattmann et al. 2022; Re-Imagen,
Chen et al. 2022), the things that a prompt names are looked up here; small drawings of them make
the rough (`rough.py`). Knows nothing about prompts.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from torch import Tensor

from pipelines.pocket.rough import Basis

LATENTS_FILE = "references.safetensors"
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


class References:
    """The memory: latents of drawings, found by the thing that they show."""

    def __init__(
        self, latents: Tensor, scale: Tensor, drawings: list[Drawing], basis: Basis
    ) -> None:
        """`latents`: int8 (N, C, 8, 8) of 64 px drawings, to be multiplied by `scale` (C,)."""
        self.latents = latents
        self.scale = scale
        self.drawings = drawings
        self.basis = basis
        self.by_concept: dict[str, list[int]] = {}
        for index, drawing in enumerate(drawings):
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
        with safe_open(folder / LATENTS_FILE, framework="pt") as file:
            return cls(
                file.get_tensor("latents"),
                file.get_tensor("scale"),
                drawings,
                Basis(file.get_tensor("project"), file.get_tensor("mean")),
            )

    def choose(self, concept: str, style: str, rng: np.random.Generator) -> int | None:
        """Index of a drawing of a thing, in the style asked for if one is; None if none shows it.

        Otherwise one whose licence asks for no credit, so that credit is owed only for a style that
        was asked for.
        """
        known = self.by_concept.get(concept, [])
        alike = [i for i in known if self.drawings[i].style == style]
        free = [i for i in known if not self.drawings[i].asks_credit]
        among = alike or free or known
        return among[int(rng.integers(len(among)))] if among else None

    def latent(self, index: int) -> Tensor:
        """Float latent (1, C, 8, 8) of a drawing."""
        return (self.latents[index].float() * self.scale[:, None, None])[None]
