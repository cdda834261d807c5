"""From a prompt to a rough: what it names, where each thing goes, drawings of it laid out there.

Puts `names`, `layout`, `references`, `rough` and, around the things, `scenery` and `backdrop`
together. Knows nothing about diffusion.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.backdrop import backdrop, shadowed
from pipelines.pocket.bodies import shown_whole
from pipelines.pocket.colours import colour_of, tinted
from pipelines.pocket.layout import MOST, Box, plan
from pipelines.pocket.names import Names
from pipelines.pocket.painter import lit
from pipelines.pocket.plain_background import plain_background
from pipelines.pocket.references import Drawing, References
from pipelines.pocket.restyle import FILE as MANNERS_FILE
from pipelines.pocket.restyle import Manner, restyled
from pipelines.pocket.restyle import load as load_manners
from pipelines.pocket.rough import Sprite, compose, over_white, stacked, standing
from pipelines.pocket.scenery import scenery, unwanted
from pipelines.pocket.setting import Setting, read

LINES = frozenset({"outline", "icon", "flat icon", "gradient icon", "weather icon"})
"""Styles of few lines on nothing; the words alone say where their things are."""


@dataclass(frozen=True)
class Chosen:
    """A thing of the plan, the drawing that shows it, and what the words make of it.

    `tint`: the colour that they give it. `style`: the one asked for, in which it is redrawn if it
    was drawn in another.
    """

    box: Box
    index: int
    tint: str | None
    style: str = "any"


@dataclass(frozen=True)
class Surroundings:
    """What lies around the things of a picture: a painted backdrop, drawings behind and before."""

    setting: Setting
    behind: list[Chosen]
    before: list[Chosen]
    seed: int


@dataclass(frozen=True)
class Area:
    """A part of a picture, as fractions of its width and height."""

    left: float = 0
    top: float = 0
    width: float = 1
    height: float = 1

    @classmethod
    def of(cls, mask: Tensor) -> "Area":
        """The smallest area around everything that is not 0 in (H, W)."""
        rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
        if not len(rows):
            return cls()
        (top, bottom), (left, right) = (
            (int(found[0]), int(found[-1]) + 1) for found in (rows, columns)
        )
        height, width = mask.shape
        return cls(left / width, top / height, (right - left) / width, (bottom - top) / height)


class LookUp:
    """What the model knows by looking it up: names of things, and drawings of them."""

    def __init__(
        self, names: Names, references: References, manners: dict[str, Manner] | None = None
    ) -> None:
        """`manners`: how styles are drawn; without one, drawings stay in the style they have."""
        self.names = names
        self.references = references
        self.manners = manners or {}

    @classmethod
    @cache
    def load(cls, folder: Path) -> "LookUp":
        """Reads `names.json`, the drawings and the manners, once."""
        manners = load_manners(folder / MANNERS_FILE)
        return cls(Names.load(folder / "names.json"), References.load(folder), manners)

    def chosen(self, prompt: str, style: str, seed: int) -> list[Chosen]:
        """Where each thing goes, and which drawing shows it; the same for the same seed."""
        boxes = plan(prompt, self.names)
        rng = np.random.default_rng(seed)
        things = dict.fromkeys(box.concept for box in boxes)
        is_set = read(prompt, self.names.find(prompt, MOST)).setting is not None
        # A head beside somebody with a body would be one that was cut off.
        is_beside_own = any(map(self.references.is_own, things))
        whole = shown_whole(prompt, boxes, is_set=is_set or is_beside_own)
        found = {
            thing: self.references.choose(thing, style, rng, is_whole=thing in whole)
            for thing in things
        }
        tints = self._tints(prompt)
        return [
            Chosen(box, index, tints.get(box.concept), style)
            for box in boxes
            if (index := found[box.concept]) is not None
        ]

    def _tints(self, prompt: str) -> dict[str, str | None]:
        mentions = self.names.find(prompt, MOST)
        return {m.concept: colour_of(prompt, m.start, m.end) for m in reversed(mentions)}

    def surroundings(
        self, prompt: str, chosen: list[Chosen], seed: int, avoided: str = ""
    ) -> Surroundings | None:
        """What lies around things where the prompt says where they are; None where it does not.

        Args:
            chosen: the things, whose style the drawings around them are in.
            avoided: what not to draw.
        """
        if chosen and (wall := plain_background(prompt)):
            return Surroundings(Setting(wall=wall), [], [], seed)
        reading = read(prompt, self.names.find(prompt, MOST))
        # Of a thing that no drawing shows only the words know: they paint around it as well.
        if reading.setting is None or not (chosen or reading.is_whole):
            return None
        drawings = self.references.drawings
        if chosen and LINES & {chosen[0].style, drawings[chosen[0].index].style}:
            return None
        concepts = {mention.concept for mention in self.names.find(avoided, MOST)}
        boxes = [each.box for each in chosen]
        layers = scenery(reading.setting, boxes, unwanted(prompt, concepts), seed)
        behind, before = self._like(chosen, layers, seed)
        return Surroundings(reading.setting, behind, before, seed)

    def _like(
        self, chosen: list[Chosen], layers: tuple[list[Box], list[Box]], seed: int
    ) -> list[list[Chosen]]:
        """Drawings for the boxes of each layer, in the style of the first thing."""
        like = self.references.drawings[chosen[0].index] if chosen else None
        rng = np.random.default_rng(seed)
        found = {
            concept: self.references.choose_like(concept, like, rng)
            for concept in dict.fromkeys(box.concept for boxes in layers for box in boxes)
        }
        return [
            [Chosen(box, at, None) for box in boxes if (at := found[box.concept]) is not None]
            for boxes in layers
        ]

    def drawings(
        self, prompt: str, style: str, seed: int, around: Surroundings | None = None
    ) -> list[Drawing]:
        """The drawings that are looked at, each once: of the things and of what is around them."""
        chosen = self.chosen(prompt, style, seed)
        if around is not None:
            chosen = [*chosen, *around.behind, *around.before]
        indices = dict.fromkeys(each.index for each in chosen)
        return [self.references.drawings[index] for index in indices]

    def set_in(
        self,
        chosen: list[Chosen],
        size: tuple[int, int],
        around: Surroundings,
        *,
        has_things: bool = True,
    ) -> Tensor:
        """As `laid`, with what lies around the things: nothing is left empty.

        Args:
            has_things: without them, their shadows stay.
        """
        hour = around.setting.hour
        things = _front_last(chosen, self._sprites(chosen, size, Area()))
        behind, before = (
            [replace(sprite, pixels=lit(sprite.pixels, hour)) for sprite in sprites]
            for sprites in (
                self._sprites(around.behind, size, Area()),
                self._sprites(around.before, size, Area()),
            )
        )
        painted = backdrop(around.setting, size, around.seed)
        layers = [
            shadowed(painted.behind, things if around.setting.has_ground else []),
            compose([*behind, *things] if has_things else behind, *size),
            *([] if painted.before is None else [painted.before]),
            compose(before, *size),
        ]
        return torch.from_numpy(over_white(stacked(layers))).permute(2, 0, 1)[None]

    def laid(self, chosen: list[Chosen], size: tuple[int, int], area: Area) -> Tensor:
        """(1, 4, H, W) rough over white in [-1, 1], `size` (width, height) px.

        Args:
            area: the part of the picture that is to be drawn.
        """
        sprites = _front_last(chosen, self._sprites(chosen, size, area))
        laid = torch.from_numpy(over_white(compose(sprites, *size)))
        return laid.permute(2, 0, 1)[None]

    def covered(self, chosen: list[Chosen], size: tuple[int, int]) -> list[NDArray[np.bool_]]:
        """Where each of the things lies in the rough: (H, W)."""
        sprites = self._sprites(chosen, size, Area())
        return [compose([sprite], *size)[..., 3] > 0 for sprite in sprites]

    def _sprites(self, chosen: list[Chosen], size: tuple[int, int], area: Area) -> list[Sprite]:
        """One for each of the things, in their order."""
        width, height = size
        looks = {(each.index, each.tint): each.style for each in chosen}
        pixels = {look: self._pixels(*look, style) for look, style in looks.items()}
        shorter = min(area.width * width, area.height * height) / min(width, height)
        sprites = [
            Sprite(
                pixels[each.index, each.tint],
                area.left + each.box.x * area.width,
                area.top + each.box.y * area.height,
                each.box.size * shorter,
            )
            for each in chosen
        ]
        return _standing(chosen, sprites, min(width, height) / height)

    def rough(self, laid: Tensor) -> Tensor:
        """(1, C, h, w) latent of a rough (1, 4, H, W); 0 if there is nothing on it."""
        latent = self.references.basis.encode(laid)
        return latent if (laid[:, 3] > -1).any() else torch.zeros_like(latent)

    def _pixels(self, index: int, tint: str | None, style: str) -> NDArray[np.uint8]:
        own = self.references.drawings[index].style
        pixels = restyled(self.references.pixels(index), own, style, self.manners)
        return tinted(pixels, tint) if tint else pixels


def _front_last(chosen: list[Chosen], sprites: list[Sprite]) -> list[Sprite]:
    """What stands on something is in front of it."""
    order = sorted(range(len(sprites)), key=lambda place: bool(chosen[place].box.on))
    return [sprites[place] for place in order]


def _standing(chosen: list[Chosen], sprites: list[Sprite], unit: float) -> list[Sprite]:
    """What is on something comes down to it; two things then move up together, to the middle."""
    placed = list(sprites)
    for place, each in enumerate(chosen):
        below = next((i for i, c in enumerate(chosen) if c.box.concept == each.box.on), None)
        if below is None:
            continue
        lower = placed[below]
        upper = standing(placed[place], lower, unit)
        rise = (upper.y - placed[place].y) / 2 if len(placed) == 2 else 0
        placed[place] = replace(upper, y=upper.y - rise)
        placed[below] = replace(lower, y=lower.y - rise)
    return placed
