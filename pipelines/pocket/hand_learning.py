"""The second part of a lesson: from small pictures as they now come out to those of the folder.

The model that has learned draws each picture of the folder again, after a plain version of it; the
network that enlarges (`hand.py`) learns the step from there to the picture. Where strokes fall is
chance, so they are compared as a crowd and not one by one: patches of windows, projected at random
and sorted (sliced Wasserstein distance; Rabin et al. 2012, for textures). Knows nothing about
folders, files or time.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import ImageOps
from torch import Tensor
from torch.nn import functional as F

from pipelines.pocket.hand import PREFIX, Hand, HandNet, changes, grain
from pipelines.pocket.image import PocketImage, Sketch, Start
from pipelines.pocket.plainer import plainer
from pipelines.pocket.rough import over_white
from pipelines.pocket.upscale import PASS, UpscaleNet, Upscaler
from studio.lesson import Example, Lesson
from studio.media import Image
from studio.pictures import read_picture
from studio.spec import unwatched

if TYPE_CHECKING:
    from pipelines.pocket.learning import PocketLearner, Study

VERSIONS = 2
"""How often each picture is drawn again, to learn from."""

STEPS, STRENGTH, GUIDANCE = 6, 0.8, 3.0
"""How it is drawn again: from so much noise that the thing stays in its place."""

HELD_OUT_CROP, HELD_OUT_LOOKS = 96, 4
CROP, EDGE = 48, 4
"""Small pixels a side of what is learned from at once, and of its edge, which is not judged."""

RATE, AVERAGE = 1e-3, 0.99
SCALES, PROJECTIONS, PATCH, WINDOW = (1, 2, 4, 8), 8, 5, 40
PLACE_WEIGHT, PIXEL_WEIGHT, STROKE_WEIGHT = 1.0, 0.25, 1.0
PLACE_PX = 16


@dataclass(frozen=True)
class Pair:
    """A picture as the model draws it (4, H, W), its rough, and as it should be (4, 4H, 4W)."""

    drawn: Tensor
    rough: Tensor
    wanted: Tensor


class HandLearner:
    """The network that enlarges, in training for one style."""

    def __init__(self, first: PocketLearner) -> None:
        self.small: PocketImage = first.small
        self.lesson: Lesson = first.lesson
        self.first = first
        self.base_sha256, self.base_name = first.base_sha256, first.base_name
        self.lora = first.adapter()
        base: UpscaleNet = Upscaler.load(device=str(first.small.device)).net
        self.before = HandNet(deepcopy(base)).requires_grad_(False)
        self.net = HandNet(base).to(memory_format=torch.channels_last)  # pyright: ignore
        self.net.requires_grad_(True)
        self.changed = list(self.net.parameters())
        self.average = deepcopy(self.net).requires_grad_(False)
        self.stepper = torch.optim.AdamW(self.changed, lr=RATE, betas=(0.9, 0.98), weight_decay=0)
        self.pairs = self._pairs(first.studies, self.lesson.examples)
        self.held_out = self._pairs(first.held_out, self.lesson.held_out)
        self.small.hand = Hand(self.average)

    spans: tuple[int, ...] = ()

    def then(self) -> None:
        """It is the last."""

    def _pairs(self, studies: list[Study], examples: tuple[Example, ...]) -> list[Pair]:
        return [
            self._pair(study, example, version, number)
            for version in range(VERSIONS)
            for number, (study, example) in enumerate(zip(studies, examples, strict=True))
        ]

    def _pair(self, study: Study, example: Example, version: int, number: int) -> Pair:
        """A picture drawn again, from a noisy version of itself and a plain one.

        Every other version stands before nothing: a model that still leaves paper white has to
        have it painted here.
        """
        seed = [self.lesson.seed, version, number]
        height, width = study.pixels.shape[:2]
        rough = _values(plainer(study.pixels, np.random.default_rng(seed), self.first.colours))
        words = study.caption
        sketch = Sketch(words, "", "", "any", sum(seed), STEPS, GUIDANCE, width, height)
        start = Start(_values(study.pixels), STRENGTH, False, rough=rough)
        drawn = torch.from_numpy(self.small(sketch, unwatched, start)).permute(2, 0, 1)
        picture = read_picture(example.path).convert("RGBA")
        wanted = ImageOps.fit(picture, (width * PASS, height * PASS))
        values = drawn.float() / 127.5 - 1
        if version % 2:
            values = _emptied(values, rough)
        return Pair(values, rough, _values(np.asarray(wanted)))

    def step(self, number: int) -> float:
        """Learns from one batch of crops; they depend on the lesson's seed and `number` alone."""
        rng = np.random.default_rng([self.lesson.seed, number])
        count = max(1, self.lesson.batch // 2)
        picks = [self.pairs[int(rng.integers(len(self.pairs)))] for _ in range(count)]
        crops = [_cropped(pair, rng) for pair in picks]
        made, wanted = self._made(self.net, crops, rng)
        place = F.avg_pool2d(made - wanted, PLACE_PX).abs().mean()
        loss = PLACE_WEIGHT * place + PIXEL_WEIGHT * F.l1_loss(made, wanted)
        loss = loss + STROKE_WEIGHT * strokes(made[:, :3], wanted[:, :3], rng)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.changed, 1.0)
        self.stepper.step()
        self.stepper.zero_grad()
        self._follow(min(AVERAGE, (number + 1) / (number + 10)))
        return loss.item()

    @torch.no_grad()
    def _follow(self, keep: float) -> None:
        for mean, now in zip(self.average.parameters(), self.changed, strict=True):
            mean.lerp_(now, 1 - keep)

    def _made(
        self, net: HandNet, crops: list[Pair], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """What the network makes of crops, and what it should, without their edges."""
        device = self.small.device
        drawn = torch.stack([each.drawn for each in crops]).to(device)
        rough = torch.stack([each.rough for each in crops]).to(device)
        wanted = torch.stack([each.wanted for each in crops]).to(device)
        height, width = drawn.shape[-2:]
        seeds = [int(rng.integers(2**31)) for _ in crops]
        noise = torch.cat([grain(height, width, seed) for seed in seeds]).to(device)
        made = net(drawn.contiguous(memory_format=torch.channels_last), rough, noise)
        cut = slice(EDGE * PASS, -EDGE * PASS)
        return made[..., cut, cut], wanted[..., cut, cut]

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Mean over the held-out pictures, always the same crops and noise: of strokes alone.

        Pixel by pixel, grain that falls elsewhere is worse than none.
        """
        losses: list[float] = []
        for number, pair in enumerate(self.held_out):
            rng = np.random.default_rng([self.lesson.seed, number])
            made, wanted = self._made(self.average, [_cropped(pair, rng, HELD_OUT_CROP)], rng)
            losses += [
                strokes(made[:, :3], wanted[:, :3], rng).item() for _ in range(HELD_OUT_LOOKS)
            ]
        return float(np.mean(losses))

    def draw(self, prompt: str, seed: int) -> Image:
        return self.first.draw(prompt, seed)

    def adapter(self) -> dict[str, Tensor]:
        """Both parts of the lesson."""
        return self.lora | changes(self.average, self.before)

    @torch.no_grad()
    def use(self, adapter: dict[str, Tensor]) -> None:
        """Takes an earlier `adapter` for the running average."""
        before = dict(self.before.named_parameters())
        for name, mean in self.average.named_parameters():
            mean.copy_(before[name] + adapter[PREFIX + name])

    def state(self) -> dict[str, Tensor]:
        """Parameters, their running average, and both moments of AdamW."""
        found: dict[str, Tensor] = {}
        moments = self.stepper.state_dict()["state"]
        pairs = zip(self.changed, self.average.parameters(), strict=True)
        for number, (now, mean) in enumerate(pairs):
            found |= {f"{number}.now": now.detach(), f"{number}.mean": mean}
            found |= {f"{number}.{name}": value for name, value in moments[number].items()}
        return {name: value.cpu().clone().contiguous() for name, value in found.items()}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from a `state`."""
        kept = self.stepper.state_dict()
        pairs = zip(self.changed, self.average.parameters(), strict=True)
        for number, (now, mean) in enumerate(pairs):
            now.copy_(state[f"{number}.now"])
            mean.copy_(state[f"{number}.mean"])
            names = ("step", "exp_avg", "exp_avg_sq")
            kept["state"][number] = {name: state[f"{number}.{name}"] for name in names}
        self.stepper.load_state_dict(kept)


def strokes(made: Tensor, wanted: Tensor, rng: np.random.Generator) -> Tensor:
    """How far the patches of two pictures (B, 3, H, W) differ, window by window, as crowds.

    At each scale, patches are projected onto random directions; the sorted values of a window are
    compared, so where in the window they were does not count.
    """
    total = made.new_zeros(())
    for scale in SCALES:
        pair = [F.avg_pool2d(each, scale) if scale > 1 else each for each in (made, wanted)]
        kernel = torch.from_numpy(
            rng.standard_normal((PROJECTIONS, 3, PATCH, PATCH), np.float32)
        ).to(made)
        kernel = kernel / kernel.flatten(1).norm(dim=1)[:, None, None, None]
        mine, theirs = (_sorted(F.conv2d(each, kernel)) for each in pair)
        total = total + F.l1_loss(mine, theirs)
    return total / len(SCALES)


def _sorted(values: Tensor) -> Tensor:
    """(B, K, H, W) → the values of each window, in order."""
    side = min(WINDOW, *values.shape[-2:])
    windows = values.unfold(2, side, side).unfold(3, side, side)
    return windows.flatten(4).sort(-1).values


def _cropped(pair: Pair, rng: np.random.Generator, side: int = CROP) -> Pair:
    """A part of a pair."""
    height, width = pair.drawn.shape[-2:]
    tall, wide = min(side, height), min(side, width)
    y, x = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    small = (..., slice(y, y + tall), slice(x, x + wide))
    large = (..., slice(y * PASS, (y + tall) * PASS), slice(x * PASS, (x + wide) * PASS))
    return Pair(pair.drawn[small], pair.rough[small], pair.wanted[large])


def _emptied(drawn: Tensor, rough: Tensor) -> Tensor:
    """A picture (4, H, W) with nothing, white and empty, where its rough has nothing."""
    nothing = drawn.new_tensor([1.0, 1.0, 1.0, -1.0])[:, None, None]
    return torch.lerp(nothing.expand_as(drawn), drawn, rough[3:] / 2 + 0.5)


def _values(pixels: np.ndarray) -> Tensor:
    """(H, W, 4) straight alpha → (4, H, W) over white, in [-1, 1]."""
    return torch.from_numpy(over_white(pixels)).permute(2, 0, 1)
