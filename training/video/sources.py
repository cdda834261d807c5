"""Lists the animations that pocket-video learns motion from, and which of them it never sees.

The animated Fluent emoji: loops of some three seconds at 24 fps and 256 px, MIT. Skin tones of one
concept move alike and flags are left out; so are the still pictures among them. One concept in
eight is held out, chosen by a hash of its code points, the same on every machine.
Knows nothing about models.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from training.image.packs import PACKS, Concept, concepts

PARTS = range(1, 5)
NPM, VERSION = "@lobehub/fluent-emoji-anim", "1.0.0"
AUTHOR, LICENCE = "Microsoft Corporation, LobeHub", "MIT"
FPS = 24
FEWEST_FRAMES = 24
"""Shorter loops, less than a second long, are left out."""

HELD_OUT_OF = 8


@dataclass(frozen=True)
class Animation:
    """One animated picture of one concept."""

    concept: Concept
    path: Path
    frames: int

    @property
    def is_held_out(self) -> bool:
        digest = hashlib.sha256(self.concept.id.encode()).digest()
        return digest[0] % HELD_OUT_OF == 0


def folder(part: int) -> str:
    """The name of an unpacked package under `training/cache/packs`."""
    return f"lobehub-fluent-emoji-anim-{part}-{VERSION}"


def _bare(stem: str) -> str:
    return "-".join(code for code in stem.lower().split("-") if code not in ("fe0f", "fe0e"))


@cache
def animations() -> tuple[Animation, ...]:
    """Every usable animation, by concept."""
    found = []
    for path in sorted(p for part in PARTS for p in (PACKS / folder(part)).rglob("*.webp")):
        concept = concepts().get(_bare(path.stem))
        if concept is None:
            continue
        with Image.open(path) as picture:
            frames = getattr(picture, "n_frames", 1)
        if frames >= FEWEST_FRAMES:
            found.append(Animation(concept, path, frames))
    if not found:
        raise SystemExit("no animations; run training.fetch first")
    return tuple(sorted(found, key=lambda each: each.concept.id))
