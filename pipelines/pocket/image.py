"""pocket-image at run time: words in, a small RGBA picture out, through stock Flux pipelines.

Puts the pieces together: pocket-text for the words, the memory of drawings for the looks of
things, our transformer, our autoencoder, a stock scheduler. Knows nothing about presets, final
sizes or files that people hand in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxImg2ImgPipeline,
    FluxInpaintPipeline,
    FluxPipeline,
)
from numpy.typing import NDArray
from torch import Tensor

from pipelines.pocket.detail import Detail
from pipelines.pocket.hand import Hand
from pipelines.pocket.look_up import Area, LookUp, Surroundings
from pipelines.pocket.noise import (
    FIRST,
    FIRST_OF_WALL,
    Variation,
    begun,
    hinted,
    packed_noise,
    sigmas_from,
)
from pipelines.pocket.plain_background import is_other_background
from pipelines.pocket.references import Drawing
from pipelines.pocket.rough import BLIND_SHARE, CELL, RoughTransformer, pack
from pipelines.pocket.text import PocketText, TextStates
from pipelines.pocket.upscale import PASS
from studio.adapt import seeded_generator, step_bridge, steps_taken, to_pixels
from studio.media import Image
from studio.spec import OnStep

ASSETS = Path(__file__).parents[2] / "assets" / "pocket-image"
SHIFT = 1.5
"""Spends more of the steps where the picture is still mostly noise (Esser et al. 2024, §5.3.2)."""

CELLS = 256
"""Latent cells of a picture, about: the amount that the transformer was trained on."""

STYLED_BLIND_SHARE = 0.3
"""The `BLIND_SHARE` of a model with a taught style: the drawings that are looked at are in other
styles, and are to be followed in what they show, not in how."""

MIN_TOKENS = 24
"""Shorter prompts are padded with zeros to this length, as in training."""

MAX_TOKENS = 64
"""Longer prompts are pooled to this length: training saw captions of up to about forty."""


@dataclass(frozen=True)
class Sketch:
    """What to draw at the model's own size: `height` and `width` in px, multiples of 16.

    `about`: text whose things are looked up, in `style`; empty to draw from the words alone.
    """

    prompt: str
    negative_prompt: str
    about: str
    style: str
    seed: int
    steps: int
    guidance: float
    width: int
    height: int
    has_scenery: bool = True
    """Whether a place that `about` names is painted and furnished around its things."""

    has_things: bool = True
    """Whether the things are there; without them, what is behind them is seen."""


@dataclass(frozen=True)
class Start:
    """A picture to start from, at the sketch's size.

    `picture`: colour over white and alpha, float32 (4, H, W) in [-1, 1].
    """

    picture: Tensor
    strength: float
    is_rough: bool
    """Whether the picture itself is the rough, instead of what is looked up."""

    mask: Tensor | None = None
    """float32 (H, W), 1 where the picture may change."""

    rough: Tensor | None = None
    """(4, H, W): what is shown, instead of either."""


def surroundings(look_up: LookUp, sketch: Sketch) -> Surroundings | None:
    """What lies around the things of a picture, where its words say where they are."""
    if not sketch.has_scenery:
        return None
    chosen = look_up.chosen(sketch.about, sketch.style, sketch.seed)
    return look_up.surroundings(sketch.about, chosen, sketch.seed, sketch.negative_prompt)


def looked_at(look_up: LookUp, sketch: Sketch, *, is_set: bool) -> list[Drawing]:
    """The drawings that a picture is made after; `is_set`: also what lies around its things."""
    around = surroundings(look_up, sketch) if is_set else None
    return look_up.drawings(sketch.about, sketch.style, sketch.seed, around)


class WatchedScheduler(FlowMatchEulerDiscreteScheduler):
    """A stock scheduler that remembers the clean picture it predicted last, for previews."""

    clean: Tensor | None = None

    def step(self, model_output: Tensor, timestep: Any, sample: Tensor, **options: Any) -> Any:  # pyright: ignore
        if self.step_index is None:
            self._init_step_index(timestep)
        sigmas: Any = self.sigmas
        self.clean = sample - sigmas[self.step_index] * model_output
        return super().step(model_output, timestep, sample, **options)  # pyright: ignore


def native_size(width: int, height: int) -> tuple[int, int]:
    """The model's size (width, height) px nearest to a shape: sides in steps of 16, like area."""
    wanted = width / height

    def misfit(size: tuple[int, int]) -> tuple[float, int]:
        ratio = size[0] / size[1] / wanted
        return round(max(ratio, 1 / ratio), 2), abs(size[0] * size[1] - CELLS)

    sizes = [(w, h) for w in range(8, 33, 2) for h in range(8, 33, 2) if 192 <= w * h <= 272]
    best = min(sizes, key=misfit)
    return best[0] * CELL, best[1] * CELL


class PocketImage:
    """The loaded model. Same sketch, same pixels."""

    def __init__(
        self,
        transformer: RoughTransformer,
        vae: AutoencoderKL,
        text: PocketText,
        look_up: LookUp,
        detail: Detail,
    ) -> None:
        self.text = text
        self.look_up = look_up
        self.detail = detail
        self.is_styled = False
        self.hand: Hand | None = None
        # The pipelines take it for the number of a picture's own channels; half are the rough's.
        transformer.register_to_config(in_channels=transformer.config["out_channels"])
        parts: dict[str, Any] = {
            "scheduler": WatchedScheduler(shift=SHIFT),
            "vae": vae.eval(),
            "transformer": transformer.eval(),
            **dict.fromkeys(("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2")),
        }
        self.from_noise = FluxPipeline(**parts)
        self.from_picture = FluxImg2ImgPipeline(**parts)
        self.through_mask = FluxInpaintPipeline(**parts)
        for pipe in (self.from_noise, self.from_picture, self.through_mask):
            pipe.set_progress_bar_config(disable=True)

    @classmethod
    def load(cls, folder: Path | None = None, device: str = "cpu") -> PocketImage:
        """Load a `save_pretrained` folder, by default the shipped one.

        Stored in bfloat16, used in float32 on CPUs: few of them are fast in bfloat16.
        """
        folder = folder or ASSETS
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        transformer: Any = RoughTransformer.from_pretrained(
            folder / "transformer", local_files_only=True, torch_dtype=dtype
        )
        vae: Any = AutoencoderKL.from_pretrained(
            folder / "vae", local_files_only=True, torch_dtype=dtype
        )
        return cls(
            transformer.to(device),
            vae.to(device),
            PocketText.load(device=device),
            LookUp.load(folder / "references"),
            Detail.load(folder / "detail", device, dtype),
        )

    @property
    def device(self) -> torch.device:
        return self.from_noise.transformer.device

    @property
    def gain(self) -> int:
        """How many times as large as the sketch a picture comes out."""
        return 1 if self.hand is None else PASS

    @property
    def dtype(self) -> torch.dtype:
        return self.from_noise.transformer.dtype

    @torch.inference_mode()
    def __call__(
        self,
        sketch: Sketch,
        on_step: OnStep,
        start: Start | None = None,
        variation: Variation | None = None,
    ) -> NDArray[np.uint8]:
        """Draw. Returns uint8 (H, W, 4): colour over white, and alpha; `gain` times as large."""
        around = self._around(sketch) if start is None else None
        rough = self._rough(sketch, start, around)
        latent = self.look_up.rough(rough)
        pipe: Any = self.from_noise
        total = sketch.steps
        if start is None:
            options = self._beginning(sketch, variation, rough, latent, around)
        else:
            pipe, options, total = self._task(sketch, start)
        words = self._words(sketch)
        shown = {
            "rough": pack(latent).to(self.device, self.dtype),
            "negative": words["negative_pooled_prompt_embeds"],
            "blind": STYLED_BLIND_SHARE if self.is_styled else BLIND_SHARE,
        }
        latents = pipe(
            **words,
            **options,
            joint_attention_kwargs=shown,
            true_cfg_scale=sketch.guidance,
            width=sketch.width,
            height=sketch.height,
            num_inference_steps=sketch.steps,
            output_type="latent",
            return_dict=False,
            callback_on_step_end=step_bridge(on_step, total, self._preview(sketch)),
        )[0]
        if start is not None and start.mask is not None:
            rough = torch.where(start.mask > 0, rough, start.picture)
        pixels = self.paint(latents, sketch.width, sketch.height, rough)
        return pixels if self.hand is None else self.hand(pixels, rough, sketch.seed)

    def behind(self, sketch: Sketch) -> NDArray[np.uint8] | None:
        """The same picture without its things, (H, W, 3), where it has scenery; else None."""
        if self._around(sketch) is None:
            return None
        return self(replace(sketch, has_things=False), lambda step: None)[..., :3]

    def _around(self, sketch: Sketch) -> Surroundings | None:
        """What lies around the things; a taught style paints places itself."""
        return None if self.is_styled else surroundings(self.look_up, sketch)

    def _task(self, sketch: Sketch, start: Start) -> tuple[Any, dict[str, Any], int]:
        """The pipeline for what was handed in, its own options, and how many steps it takes."""
        picture = (start.picture[None] / 2 + 0.5).to(self.device, self.dtype)
        options: dict[str, Any] = {
            "image": picture,
            "strength": start.strength,
            "generator": seeded_generator(sketch.seed),
        }
        total = steps_taken(sketch.steps, start.strength)
        if start.mask is None:
            return self.from_picture, options, total
        return self.through_mask, {**options, "mask_image": start.mask[None, None]}, total

    def _beginning(
        self,
        sketch: Sketch,
        variation: Variation | None,
        rough: Tensor,
        latent: Tensor,
        around: Surroundings | None,
    ) -> dict[str, Any]:
        """Options for what a picture begins in: its rough in noise, or noise with a trace of it.

        The latter where the rough does not tell all: nothing of a taught style, of what is to be
        avoided, or of a background that only the words know.
        """
        is_left_to_words = sketch.negative_prompt or is_other_background(sketch.about)
        is_whole = around is not None or ((rough[:, 3] > -1).any() and not is_left_to_words)
        channels = self.from_noise.transformer.config.in_channels
        tokens = (sketch.width // (2 * CELL)) * (sketch.height // (2 * CELL))
        noise = packed_noise((1, tokens, channels), sketch.seed, variation)
        if is_whole and not self.is_styled:
            share = FIRST if around is None or around.setting.wall is None else FIRST_OF_WALL
            latents = begun(noise, latent, share)
            options = {"sigmas": sigmas_from(share, sketch.steps, SHIFT)}
        else:
            latents, options = hinted(noise, latent, rough, is_styled=self.is_styled), {}
        return {"latents": latents.to(self.device, self.dtype), **options}

    def _words(self, sketch: Sketch) -> dict[str, Tensor]:
        """Prompt and negative prompt as the pipelines take them: equally many tokens."""
        (tokens, pooled), (no_tokens, no_pooled) = (
            conditioning(self.text.encode([words]))
            for words in (sketch.prompt, sketch.negative_prompt)
        )
        length = max(MIN_TOKENS, tokens.shape[1], no_tokens.shape[1])
        words = {
            "prompt_embeds": _padded(tokens, length),
            "pooled_prompt_embeds": pooled,
            "negative_prompt_embeds": _padded(no_tokens, length),
            "negative_pooled_prompt_embeds": no_pooled,
        }
        return {name: value.to(self.device, self.dtype) for name, value in words.items()}

    def _rough(
        self, sketch: Sketch, start: Start | None, around: Surroundings | None = None
    ) -> Tensor:
        """(1, 4, H, W): a picture to start from is its own rough, a mask says where it lies."""
        if start is not None and start.rough is not None:
            return start.rough[None]
        if start is not None and start.is_rough:
            return start.picture[None]
        size = (sketch.width, sketch.height)
        chosen = self.look_up.chosen(sketch.about, sketch.style, sketch.seed)
        if around is not None:
            return self.look_up.set_in(chosen, size, around, has_things=sketch.has_things)
        mask = None if start is None else start.mask
        return self.look_up.laid(chosen, size, Area() if mask is None else Area.of(mask))

    def _decode(self, latents: Tensor) -> Tensor:
        vae = self.from_noise.vae
        latents = latents.to(self.device, self.dtype)
        return vae.decode(latents / vae.config.scaling_factor + vae.config.shift_factor)[0]

    def _decode_clean(self, latents: Tensor) -> Tensor:
        """As `_decode`, without the fleck that the decoder leaves in the corner at the bottom left.

        Networks with group norms leave one where it costs them least (Karras et al. 2020, §2). In a
        picture with a margin it falls outside; that one is a little less exact everywhere else.
        """
        picture = self._decode(latents)
        wide = self._decode(torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate"))
        return torch.lerp(picture, wide[..., CELL:-CELL, CELL:-CELL], _corner(picture))

    def _preview(self, sketch: Sketch) -> Callable[[Tensor], Image]:
        def paint(_latents: Tensor) -> Image:
            clean = self.from_noise.scheduler.clean
            assert clean is not None
            with torch.inference_mode():
                pixels = self.paint(clean.to(self.dtype), sketch.width, sketch.height)
            return Image(np.ascontiguousarray(pixels[..., :3]))

        return paint

    def paint(
        self, latents: Tensor, width: int, height: int, rough: Tensor | None = None
    ) -> NDArray[np.uint8]:
        """Packed latents → uint8 (height, width, 4), colour over white.

        Args:
            rough: (1, 4, height, width), to take detail from; a preview does without.
        """
        unpacked = FluxPipeline._unpack_latents(latents, height, width, CELL)
        if rough is None:
            return to_pixels(self._decode(unpacked)[0])
        return to_pixels(self.detail(self._decode_clean(unpacked), rough)[0])


def _corner(picture: Tensor) -> Tensor:
    """(H, W): 1 in the corner at the bottom left, fading to 0 within three cells."""
    height, width = picture.shape[-2:]
    up = torch.arange(height, device=picture.device).flip(0)[:, None]
    right = torch.arange(width, device=picture.device)[None]
    far = torch.maximum(up, right) / CELL
    return (3 - far).clamp(0, 1).to(picture.dtype)


def conditioning(text: TextStates) -> tuple[Tensor, Tensor]:
    """Token states, zero where there is no token, and the pooled vector at unit variance.

    More than `MAX_TOKENS` states are averaged, neighbours together, to that many: a prompt of any
    length is read whole, and costs no more. A unit vector of P numbers has components near 1/√P,
    too small to steer with.
    """
    tokens = text.tokens * text.mask[..., None]
    if tokens.shape[1] > MAX_TOKENS:
        pool = torch.nn.functional.adaptive_avg_pool1d
        tokens = pool(tokens.transpose(1, 2), MAX_TOKENS).transpose(1, 2)
    return tokens, text.pooled * text.pooled.shape[-1] ** 0.5


def _padded(tokens: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(tokens, (0, 0, 0, length - tokens.shape[1]))
