"""Makes pictures whose motion is known: what they show, where everything in them goes, and words.

    python -m training.video.moving --shards 6

Most are first frames of the animations with their tracks; the rest are still drawings and scenes
that move as `motions` says. Each shard holds latents float16 (N, 24, 16, 16), paths float16
(N, 16, 2, 16, 16) in cells, and a JSON line each: captions, strength, whether it is a loop.
Knows nothing about networks.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.rough import over_white
from pipelines.pocket.video import motions
from pipelines.pocket.video.paths import FRAMES, strength_of
from training.image import linear
from training.image.render import OUT
from training.image.sample import Catalogue, random_scene, single
from training.image.scenes import Placed, Scene, draw
from training.image.split import manifest, seen
from training.slices import CACHE
from training.video import fields, words
from training.video.sources import Animation, animations
from training.video.tracks import CELLS, path_of

SHARDS = CACHE / "video" / "paths"
A_SHARD = 2048
SIDE = 128
REAL_SHARE = 0.5
LOOP_SHARE = 0.5
FROM_REST = 0.4
"""Share of real clips that begin at the animation's own first frame."""

SPEEDS = (0.8, 1.25)
STRENGTHS = (0.4, 1.6)


@dataclass(frozen=True)
class Moving:
    """A picture (4, 128, 128) over white in [-1, 1], paths (16, 2, 16, 16), and words for it."""

    picture: Tensor
    paths: Tensor
    captions: tuple[str, ...]
    is_loop: bool
    strength: float


@dataclass(frozen=True)
class Real:
    """One animation in memory: keys, and its tracks with their weights."""

    animation: Animation
    keys: NDArray[np.uint8]
    starts: NDArray[np.int64]
    tracks: tuple[tuple[Tensor, Tensor], ...]


def _read(animation: Animation) -> Real:
    kept = np.load(path_of(animation))
    tracks = []
    for one in torch.from_numpy(kept["tracks"]).float():
        field, weight = fields.known(one)
        tracks.append((fields.smoothed(field, weight), weight))
    starts = kept["starts"]
    return Real(animation, kept["keys"][starts], starts, tuple(tracks))


@cache
def library(is_held_out: bool = False) -> tuple[Real, ...]:
    """The animations that may be learned from, or the others."""
    chosen = [a for a in animations() if a.is_held_out == is_held_out]
    return tuple(_read(animation) for animation in chosen)


def in_time(field: Tensor, at: Tensor) -> Tensor:
    """A loop's field (K + 1, ...) at fractional keys (T,), which may lie outside 0 to K."""
    keys = len(field) - 1
    at = at % keys
    low = at.floor().long()
    part = (at - low).view(-1, *[1] * (field.ndim - 1))
    return torch.lerp(field[low], field[low + 1], part)


def _is_open(background: str) -> bool:
    """Whether nothing is seen behind the thing, so that its motion may go on there."""
    return background in ("transparent", "white")


def _together(
    scene: Scene, table: Callable[[int], NDArray[np.uint8]], parts: list[tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor]:
    """Picture and paths of a scene whose sprites move by `parts` (field, weight), laid already."""
    picture = torch.from_numpy(over_white(draw(scene, _Table(table), SIDE))).permute(2, 0, 1)  # pyright: ignore
    paths, weight = parts[0][0] * (parts[0][1] > 0.3), parts[0][1]
    for field, own in parts[1:]:
        paths = torch.where(own > 0.3, field, paths)
        weight = torch.maximum(weight, own)
    if _is_open(scene.background):
        paths = fields.carried_on(paths, (weight > 0.3).float())
    return picture, paths


@dataclass(frozen=True)
class _Table:
    """Rows of drawings by number, as `draw` looks them up."""

    row: Callable[[int], NDArray[np.uint8]]

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return self.row(index)


def real(one: Real, rng: np.random.Generator) -> Moving:
    """A window of an animation, placed on some background, perhaps mirrored or backwards."""
    number = 0 if rng.random() < FROM_REST else int(rng.integers(len(one.starts)))
    field, weight = one.tracks[number]
    is_loop = bool(rng.random() < LOOP_SHARE)
    keys = len(field) - 1
    step = keys / FRAMES if is_loop else float(rng.uniform(*SPEEDS))
    back = -1 if rng.random() < 0.3 else 1
    field = in_time(field, torch.arange(FRAMES) * step * back)
    if is_mirrored := bool(rng.random() < 0.5):
        field, weight = field.flip(-1), weight.flip(-1)
        field = field * torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1)
    scene = single(0, rng)
    scene = replace(scene, sprites=(replace(scene.sprites[0], is_mirrored=is_mirrored),))
    placed = scene.sprites[0]
    place = (placed.x, placed.y, placed.size)
    parts = [fields.laid(field, weight, place, (CELLS, CELLS))]
    picture, paths = _together(scene, lambda _row: one.keys[number], parts)
    strength = strength_of(paths, parts[0][1])
    about = _row_of(one.animation)
    said = words.measured(paths, parts[0][1] > 0.3)
    captions = _captions(scene, [about], said, rng)
    return Moving(picture, paths, captions, is_loop, strength)


def _row_of(animation: Animation) -> dict:
    """What captions want to know of a drawing."""
    c = animation.concept
    return {"style": "3d", "concept": c.id, "en": c.en, "zh": c.zh,
            "tags_en": c.tags_en, "tags_zh": c.tags_zh}  # fmt: skip


def _captions(
    scene: Scene, rows: list[dict], said: dict[str, tuple[str, ...]], rng: np.random.Generator
) -> tuple[str, ...]:
    """Four wordings, half of them without style and place."""
    return tuple(
        words.joined(scene, rows, said, is_short=number % 2 == 0, rng=rng) for number in range(4)
    )


@dataclass(frozen=True)
class Stills:
    """The still drawings that may be learned from."""

    rows: list[dict]
    usable: NDArray[np.int64]
    catalogue: Catalogue
    table: NDArray[np.uint8]

    @classmethod
    @cache
    def load(cls) -> "Stills":
        rows = manifest()
        emoji = np.array([i for i in seen(rows) if rows[i]["concept"]])
        table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
        return cls(rows, emoji, Catalogue.of(rows, emoji), table)


def invented(stills: Stills, rng: np.random.Generator) -> Moving:
    """A still drawing or scene, in a named motion."""
    scene = random_scene(int(rng.choice(stills.usable)), stills.catalogue, rng)
    motion = motions.MOTIONS[int(rng.integers(len(motions.MOTIONS)))]
    is_loop = motion.closes and bool(rng.random() < LOOP_SHARE)
    how = motions.Draw(
        float(rng.uniform(*STRENGTHS)), int(rng.choice(motion.often)), int(rng.choice((-1, 1)))
    )
    share = 1.0 if is_loop else float(rng.uniform(0.75, 1.0))
    phases = np.arange(FRAMES, dtype=np.float32) / FRAMES * share
    parts = [_moved(placed, motion, how, phases, stills) for placed in scene.sprites]
    picture, paths = _together(scene, lambda row: np.asarray(stills.table[row]), parts)
    weight = torch.stack([own for _, own in parts]).amax(0)
    said = {
        language: tuple(motions.wording(motion, how, language, rng) for _ in range(2))
        for language in ("en", "zh")
    }
    captions = _captions(scene, stills.rows, said, rng)
    return Moving(picture, paths, captions, is_loop, strength_of(paths, weight))


def _moved(
    placed: Placed,
    motion: motions.Motion,
    how: motions.Draw,
    phases: NDArray[np.floating],
    stills: Stills,
) -> tuple[Tensor, Tensor]:
    """One sprite's field and weight in the picture."""
    alpha = np.asarray(stills.table[placed.row])[..., 3]
    if placed.is_mirrored:
        alpha = alpha[:, ::-1]
    cell = SIDE // CELLS
    weight = alpha.reshape(CELLS, cell, CELLS, cell).mean((1, 3)).astype(np.float32) / 255
    axis = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS * 2 - 1
    y, x = np.meshgrid(axis, axis, indexing="ij")
    ways = motions.paths(motion, how, x, y, phases) * (CELLS / 2)
    field = torch.from_numpy(ways)
    laid, _ = fields.laid(
        field, torch.ones(CELLS, CELLS), (placed.x, placed.y, placed.size), (CELLS, CELLS)
    )
    own = fields.laid(
        field[:1], torch.from_numpy(weight), (placed.x, placed.y, placed.size), (CELLS, CELLS)
    )[1]
    return laid, own


def make(rng: np.random.Generator, is_held_out: bool = False) -> Moving:
    """One moving picture."""
    known = library(is_held_out)
    if is_held_out or rng.random() < REAL_SHARE:
        return real(known[int(rng.integers(len(known)))], rng)
    return invented(Stills.load(), rng)


def write_shard(number: int) -> Path:
    """Makes and writes shard `number`; the same number makes the same."""
    rng = np.random.default_rng([50, number])
    basis = linear.load()
    made = [make(rng) for _ in range(A_SHARD)]
    latents = torch.cat([basis.encode(m.picture[None]) for m in made])
    paths = torch.stack([m.paths for m in made])
    lines = [
        json.dumps([m.captions, round(m.strength, 4), m.is_loop], ensure_ascii=False) for m in made
    ]
    SHARDS.mkdir(parents=True, exist_ok=True)
    path = SHARDS / f"{number:04}.npz"
    path.with_suffix(".jsonl").write_text("\n".join(lines), "utf-8")
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, latents=latents.half().numpy(), paths=paths.half().numpy())
    part.rename(path)
    return path


if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    for n in range(args.first, args.first + args.shards):
        print(write_shard(n), flush=True)
