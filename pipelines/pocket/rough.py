"""A rough of the picture: looked-up drawings laid out where the prompt wants them.

The rough goes to the transformer as further channels of every token, as the control picture of
FLUX.1 Control does (Labs et al. 2024): it says what is where and how it is built, often in other
styles, colours and sizes than those asked for; drawing it is the diffusion model's work.
Knows nothing about prompts or about where drawings come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

CELL = 8
"""Pixels per latent cell and side."""

PLACE_SCALE = 4.0
"""Rotary angles are made for pictures of thousands of tokens; on a side of 8, most of them hardly
turn. Places this far apart are told from each other by more of them."""

BLIND_SHARE = 0.7
"""Guidance leads away from what the negative prompt gives: to this share without the rough, so that
it follows the rough too, for the rest with it, so that the words can change the rough's colours."""

GUIDED_ABOVE = 0.5
"""Guidance works while there is at least this share of noise: it decides what is where. Below, it
would only spoil textures (Kynkäänniemi et al. 2024), and it costs two passes of three."""


@dataclass(frozen=True)
class Basis:
    """The linear latent: `project` (C, 4 · 8 · 8) and `mean` (4 · 8 · 8), project @ (patch - mean).

    Principal components of RGBA patches; fitted in training (`training/image/linear.py`).
    """

    project: Tensor
    mean: Tensor

    def encode(self, pictures: Tensor) -> Tensor:
        """(N, 4, H, W) in [-1, 1], sides multiples of 8 → (N, C, H/8, W/8)."""
        kernel = self.project.view(-1, 4, CELL, CELL)
        bias = -(self.project @ self.mean)
        return torch.nn.functional.conv2d(pictures, kernel, bias, stride=CELL)


@dataclass(frozen=True)
class Sprite:
    """A drawing, uint8 (S, S, 4) with straight alpha, its centre and side as fractions.

    `size` counts in the picture's shorter side.
    """

    pixels: NDArray[np.uint8]
    x: float
    y: float
    size: float


SUNK = 0.05
"""How far a thing reaches into the one that it stands on, in that one's side."""


def standing(upper: Sprite, lower: Sprite, unit: float) -> Sprite:
    """`upper` moved down or up so that its feet are on what is drawn of `lower` beneath them.

    `unit`: the picture's shorter side in its height.
    """
    foot = _drawn_rows(upper.pixels, 0, 1)[-1]
    # What is beneath the middle of the upper one, in columns of the lower one.
    middle = (upper.x - lower.x) / lower.size + 0.5
    reach = upper.size / lower.size / 6
    head = _drawn_rows(lower.pixels, middle - reach, middle + reach)[0]
    ground = lower.y + (head + SUNK - 0.5) * lower.size * unit
    return replace(upper, y=ground - (foot - 0.5) * upper.size * unit)


def foot(sprite: Sprite) -> tuple[float, float]:
    """How far down a drawing reaches and how wide it is there, as fractions of its side."""
    drawn = sprite.pixels[..., 3] > 127
    rows = drawn.any(axis=1).nonzero()[0]
    if not len(rows):
        return 1, 0
    side = drawn.shape[0]
    lowest = drawn[max(0, rows[-1] - side // 10) : rows[-1] + 1].any(axis=0).nonzero()[0]
    return (rows[-1] + 1) / side, (lowest[-1] - lowest[0] + 1) / side


def _drawn_rows(pixels: NDArray[np.uint8], left: float, right: float) -> NDArray[np.float64]:
    """Rows with something in them between two columns, else all; all in fractions of the side."""
    side = pixels.shape[0]
    columns = slice(max(0, int(left * side)), max(1, int(np.ceil(right * side))))
    rows = (pixels[:, columns, 3] > 127).any(axis=1).nonzero()[0]
    return (rows if len(rows) else np.arange(side)) / (side - 1)


def compose(sprites: Sequence[Sprite], width: int, height: int) -> NDArray[np.uint8]:
    """Lays sprites over nothing: uint8 (height, width, 4), straight alpha."""
    canvas = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    for sprite in sprites:
        side = max(8, round(sprite.size * min(width, height)))
        drawn = Image.fromarray(sprite.pixels).resize((side, side), Image.Resampling.BILINEAR)
        layer = Image.new("RGBA", (width, height), (255, 255, 255, 0))
        layer.paste(
            drawn, (round(sprite.x * width - side / 2), round(sprite.y * height - side / 2))
        )
        canvas = Image.alpha_composite(canvas, layer)
    return np.asarray(canvas)


def stacked(layers: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Layers, uint8 (H, W, 3 or 4), the first one below: uint8 (H, W, 4), straight alpha."""
    whole = Image.fromarray(layers[0]).convert("RGBA")
    for layer in layers[1:]:
        whole = Image.alpha_composite(whole, Image.fromarray(layer))
    return np.asarray(whole)


def over_white(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 (..., 4) straight alpha → float32 (..., 4) in [-1, 1], colour laid over white.

    Over white, colour is defined even where nothing is drawn, which a network needs.
    """
    alpha = rgba[..., 3:].astype(np.float32) / 255
    colour = rgba[..., :3].astype(np.float32) / 255 * alpha + (1 - alpha)
    return (np.concatenate([colour, alpha], -1) * 2 - 1).astype(np.float32)


def straight(over: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The inverse of `over_white`: straight alpha, white where nothing is."""
    alpha = np.clip(over[..., 3:] / 2 + 0.5, 0, 1)
    colour = over[..., :3] / 2 + 0.5
    colour = np.where(alpha > 0.02, (colour - 1 + alpha) / np.maximum(alpha, 0.02), 1)
    return np.rint(np.concatenate([np.clip(colour, 0, 1), alpha], -1) * 255).astype(np.uint8)


def pack(latents: Tensor) -> Tensor:
    """(B, C, h, w) → tokens (B, h/2 · w/2, 4C), as the stock Flux pipelines pack them."""
    b, c, h, w = latents.shape
    x = latents.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, (h // 2) * (w // 2), c * 4)


class RoughTransformer(FluxTransformer2DModel):
    """The stock transformer, shown a rough beside the noisy picture.

    It comes as `joint_attention_kwargs={"rough": (B, N, 4C)}`, so that every stock Flux pipeline
    hands it through; without one the model draws from the words alone. `"negative"`, the pooled
    negative prompt, tells the two calls of classifier-free guidance apart; `"blind"` is a
    `BLIND_SHARE` of its own. The weights are those of
    a `FluxTransformer2DModel` with twice as many channels going in as coming out, as in FLUX.1
    Control.
    """

    _last: tuple[Tensor, Tensor] | None = None
    """The noisy picture of the prompt's call and what the model said of it."""

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        hidden_states: Tensor,
        *,
        pooled_projections: Tensor,
        img_ids: Tensor,
        timestep: Tensor,
        joint_attention_kwargs: dict[str, Any] | None = None,
        return_dict: bool = True,
        **rest: Any,
    ) -> Any:
        options = dict(joint_attention_kwargs or {})
        none = torch.zeros_like(hidden_states)
        rough = options.pop("rough", none).to(hidden_states).expand_as(hidden_states)
        negative = options.pop("negative", None)
        blind = options.pop("blind", BLIND_SHARE)
        stock = super().forward

        def predict(shown: Tensor) -> Tensor:
            return stock(
                hidden_states=torch.cat([hidden_states, shown], dim=-1),
                pooled_projections=pooled_projections,
                timestep=timestep,  # pyright: ignore[reportArgumentType]
                img_ids=img_ids * img_ids.new_tensor([1, PLACE_SCALE, PLACE_SCALE]),
                joint_attention_kwargs=options,
                return_dict=False,
                **rest,
            )[0]

        is_away = negative is not None and torch.equal(pooled_projections, negative)
        out = self._towards(hidden_states) if is_away and timestep[0] < GUIDED_ABOVE else None
        if out is None:
            out = predict(rough)
            self._last = (hidden_states, out)
            if is_away and blind:
                out = torch.lerp(out, predict(none), blind)
        return Transformer2DModelOutput(sample=out) if return_dict else (out,)

    def _towards(self, hidden_states: Tensor) -> Tensor | None:
        """What the prompt's call said of the same noisy picture, so that guidance changes nothing.

        The pipelines hand the very same tensor to both calls of a step.
        """
        last, self._last = self._last, None
        return last[1] if last is not None and last[0] is hidden_states else None
