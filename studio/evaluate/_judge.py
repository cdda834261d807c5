"""The judge: says what a picture shows, in which drawing style, and how many.

A small classifier at 64 px for things and counts; for styles, traits and statistics of pixels. Both
learned from drawings other than those they were tested on; `report.json` beside the weights says
how often they are right about real ones. Knows nothing about prompts or the models it judges.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import ResNetForImageClassification

from studio.errors import WeightsError
from studio.evaluate import _colours, _styles
from studio.weights import shipped_file, verify

FOLDER = Path(__file__).parent.parent.parent / "assets" / "judge"
WEIGHTS = "model.safetensors"
REPORT = "report.json"
SIDE = 64
# Room around a thing that is cut out, as a share of its size: drawings were learned with some.
MARGIN = 0.1
TOP = 5

Pixels = NDArray[np.uint8]
# relation: (axis of the array, whether the first thing is in its second half)
HALVES = {"left of": (1, False), "right of": (1, True), "above": (0, False), "below": (0, True)}


@dataclass(frozen=True)
class Opinion:
    """What the judge sees. Concept scores are log-probabilities, in the order of `concepts`."""

    scores: NDArray[np.float32]
    concepts: tuple[str, ...]
    style: str
    count: int

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All concepts, the likeliest first."""
        return tuple(self.concepts[i] for i in np.argsort(-self.scores, kind="stable"))

    def is_among(self, wanted: list[str], top: int = TOP) -> bool:
        """Whether one of the wanted concepts is among the likeliest."""
        return bool(set(wanted) & set(self.order[:top]))

    def score_of(self, wanted: list[str]) -> float:
        """The best log-probability of the wanted concepts."""
        return max(float(self.scores[self.concepts.index(each)]) for each in wanted)


class Judge:
    """Looks at pictures: uint8 (H, W, 3 or 4), any size."""

    def __init__(self, model: Any, styles: Any) -> None:
        self.model = model
        self.style_model = styles
        names = _labels(model)
        self.concepts = _names(names, "concept")
        self.styles = _names(names, "style")
        self.counts = _names(names, "count")

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Judge":
        """Reads the weights after checking their hash.

        Raises:
            WeightsError: missing or damaged.
        """
        for each in (WEIGHTS, _styles.WEIGHTS):
            verify(shipped_file(folder, each))
        model = ResNetForImageClassification.from_pretrained(folder, dtype=torch.float32)
        styles = _styles.load(folder, len(_names(_labels(model), "style")))
        return cls(model.eval(), styles)

    def look(self, picture: Pixels) -> Opinion:
        """One opinion of the whole picture."""
        return self.look_at_all([picture])[0]

    def look_at_all(self, pictures: list[Pixels]) -> list[Opinion]:
        """An opinion of each picture."""
        small = np.stack([small_rgb(picture) for picture in pictures]).astype(np.float32)
        x = torch.from_numpy(small / 127.5 - 1).permute(0, 3, 1, 2).contiguous()
        with torch.inference_mode():
            logits = self.model(pixel_values=x).logits.float()
            textures = torch.stack([_styles.prepared(picture) for picture in pictures])
            styles = self.style_model(textures)
        concepts = logits[:, : len(self.concepts)]
        counts = logits[:, -len(self.counts) :]
        scores = concepts.log_softmax(1).numpy()
        return [
            Opinion(
                scores[i],
                self.concepts,
                style=self.styles[int(styles[i].argmax())],
                count=int(self.counts[int(counts[i].argmax())]),
            )
            for i in range(len(pictures))
        ]

    def look_at_halves(self, picture: Pixels, relation: str) -> tuple[Opinion, Opinion] | None:
        """Opinions of the two things: first the one that is `relation` the other.

        None when one of the halves is empty.
        """
        rgb = _colours.over_white(picture)
        mask = _colours.thing_mask(picture)
        behind = np.median(_colours.over_white(_colours.border(picture)[:, None])[:, 0], axis=0)
        parts = zip(halves(rgb, relation), halves(mask, relation), strict=True)
        cut = [cut_out(colours, where, behind) for colours, where in parts]
        if cut[0] is None or cut[1] is None:
            return None
        first, second = self.look_at_all([cut[0], cut[1]])
        return first, second


def report(folder: Path = FOLDER) -> dict[str, Any]:
    """How often the judge and the colour measures are right about real held-out drawings."""
    try:
        return json.loads((folder / REPORT).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"judge: cannot read {folder / REPORT} ({error}); check out the assets"
        ) from error


def small_rgb(picture: Pixels) -> Pixels:
    """(64, 64, 3): laid over white and averaged down."""
    rgb = np.rint(_colours.over_white(picture)).astype(np.uint8)
    return np.asarray(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BOX))


def halves(values: NDArray[Any], relation: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The half where the first thing should be, and the other."""
    axis, is_second = HALVES[relation]
    low, high = np.array_split(values, 2, axis=axis)
    return (high, low) if is_second else (low, high)


def cut_out(
    rgb: NDArray[np.float64], mask: NDArray[np.bool_], behind: NDArray[np.float64]
) -> Pixels | None:
    """A square around what the mask covers, on the colour that was behind it."""
    rows, columns = np.nonzero(mask)
    # Fewer pixels than this are specks, not a thing.
    if len(rows) < 0.004 * mask.size:
        return None
    # Leaves stray pixels outside.
    top, bottom = np.percentile(rows, (0.5, 99.5))
    left, right = np.percentile(columns, (0.5, 99.5))
    side = round(max(bottom - top, right - left) * (1 + 2 * MARGIN)) + 1
    y, x = round((top + bottom - side) / 2), round((left + right - side) / 2)
    canvas = np.broadcast_to(behind, (side, side, 3)).copy()
    height, width = mask.shape
    y0, y1, x0, x1 = max(y, 0), min(y + side, height), max(x, 0), min(x + side, width)
    canvas[y0 - y : y1 - y, x0 - x : x1 - x] = rgb[y0:y1, x0:x1]
    return np.rint(canvas).astype(np.uint8)


def _labels(model: Any) -> list[str]:
    return [model.config.id2label[i] for i in range(model.config.num_labels)]


def _names(labels: list[str], prefix: str) -> tuple[str, ...]:
    return tuple(
        label.removeprefix(f"{prefix}:") for label in labels if label.startswith(f"{prefix}:")
    )
