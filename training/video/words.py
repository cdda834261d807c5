"""Names motion: measures what paths do, and joins that to what a picture shows.

Knows paths and captions; knows nothing about pixels or models.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipelines.pocket.video.motions import BY_NAME
from training.image.captions import caption
from training.image.scenes import Scene

STILL_CELLS = 0.06
"""Paths shorter than this on average are hardly seen."""

ALIVE = {
    "en": ("comes to life", "moves", "is animated", "moving"),
    "zh": ("动起来", "活动着", "动了起来", "动画"),
}
HARDLY = {
    "en": ("barely moves", "hardly moves", "moves a little"),
    "zh": ("几乎不动", "微微动", "轻微晃动"),
}
CAMERA = {
    "en": ("camera pans left", "camera pans right", "slow zoom in", "zoom out", "tilt up",
           "static camera", "the camera orbits", "camera pushes in"),
    "zh": ("镜头左移", "镜头右移", "镜头拉近", "镜头拉远", "固定镜头", "镜头环绕"),
}  # fmt: skip
"""Said now and then: the camera is none of the paths' business."""

JOINTS = {("en", True): " ", ("en", False): ", ", ("zh", True): "", ("zh", False): "，"}
"""Between what is shown and what it does: by language, and whether the caption is short."""

CAMERA_SHARE, UNSAID_SHARE = 0.1, 0.3
EXPLAINED = 0.5
"""Share of the motion that a simple movement must explain to lend it its name."""


FOOTED = 1.3


@dataclass(frozen=True)
class Movement:
    """How the whole of a thing moves, by the best affine map of every key.

    `right` and `down` (T,) in cells, `angle` (T,) in radians, `wide` and `tall` (T,) as growth.
    `rest`: share of the motion that these do not explain.
    """

    right: Tensor
    down: Tensor
    angle: Tensor
    wide: Tensor
    tall: Tensor
    rest: float


def movement(paths: Tensor, seen: Tensor) -> Movement:
    """Fits paths (T, 2, h, w) where `seen` (h, w) is true."""
    y, x = seen.nonzero(as_tuple=True)
    at = torch.stack([x, y], -1).float()
    at = at - at.mean(0)
    ways = paths[:, :, y, x].permute(0, 2, 1)
    known = torch.cat([at, torch.ones(len(at), 1)], -1)
    fit = torch.linalg.pinv(known) @ ways
    left = (ways - known @ fit).square().sum()
    total = ways.square().sum().clamp(min=1e-6)
    xx, xy, yx, yy = fit[:, 0, 0] + 1, fit[:, 0, 1], fit[:, 1, 0], fit[:, 1, 1] + 1
    return Movement(
        fit[:, 2, 0], fit[:, 2, 1], torch.atan2(xy - yx, xx + yy), xx, yy, float(left / total)
    )


def _swing(values: Tensor) -> float:
    return float(values.max() - values.min())


def name_of(paths: Tensor, seen: Tensor) -> str | None:
    """The motion's name, "" if hardly anything moves, None if no simple name fits."""
    if not bool(seen.any()) or float(paths.norm(dim=1)[:, seen].mean()) < STILL_CELLS:
        return ""
    how = movement(paths, seen)
    if how.rest > EXPLAINED:
        return None
    reach = float(seen.float().sum().sqrt()) / 2
    wide, tall = _swing(how.wide), _swing(how.tall)
    is_even = float(torch.corrcoef(torch.stack([how.wide, how.tall]))[0, 1].nan_to_num()) > 0
    # What stretches on the ground also rises by half as much.
    stretched = FOOTED * reach * (abs(wide - tall) if is_even else max(wide, tall))
    sizes = {
        "to and fro": _swing(how.right),
        "float": _swing(how.down),
        "rock": _swing(how.angle) * reach,
        "pulse": min(wide, tall) * reach if is_even else 0.0,
        "stretch": stretched,
    }
    best = max(sizes, key=lambda name: sizes[name])
    turned = how.angle.diff().abs().sum()
    return "spin" if best == "rock" and float(turned) > 4 else best


def measured(paths: Tensor, seen: Tensor) -> dict[str, tuple[str, ...]]:
    """Words for a motion, by language."""
    name = name_of(paths, seen)
    if name is None:
        return ALIVE
    if name == "":
        return HARDLY
    return {"en": BY_NAME[name].en, "zh": BY_NAME[name].zh}


def joined(
    scene: Scene,
    rows: list[dict],
    said: dict[str, tuple[str, ...]],
    is_short: bool,
    rng: np.random.Generator,
) -> str:
    """A caption: what is there and, mostly, what it does."""
    about = rows[scene.sprites[0].row]
    language = "zh" if about["zh"] and rng.random() < 0.4 else "en"
    shown = about[language].replace("’", "'")
    if not is_short or len(scene.sprites) > 1:
        shown = caption(scene, rows, rng, language)
    elif language == "en" and rng.random() < 0.5:
        shown = ("an " if shown[0] in "aeiou" else "a ") + shown
    does = said[language][int(rng.integers(len(said[language])))]
    # What a thing does by itself is learned from animations that do not say it.
    is_real = len(rows) == 1
    if not (is_real and rng.random() < UNSAID_SHARE):
        shown += JOINTS[language, is_short] + does
    if rng.random() < CAMERA_SHARE:
        camera = CAMERA[language][int(rng.integers(len(CAMERA[language])))]
        shown += JOINTS[language, False] + camera
    return shown
