"""pocket-image learns a style: low-rank changes to its transformer, from a few pictures.

LoRA (Hu et al. 2021) by peft on the stock transformer, trained by the flow matching that the model
itself was trained by. Two things are shown in turn as the rough: a plain version of the picture
itself, and looked-up drawings of what the caption names; so the model keeps drawing what it is
shown, and learns how. Knows nothing about folders, files or time.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from PIL import ImageOps
from torch import Tensor

from pipelines.pocket.hand import PREFIX as HAND
from pipelines.pocket.hand_learning import HandLearner
from pipelines.pocket.image import MIN_TOKENS, SHIFT, PocketImage, Sketch, conditioning, native_size
from pipelines.pocket.look_up import Area
from pipelines.pocket.plainer import colours_of, plainer
from pipelines.pocket.rough import over_white, pack
from pipelines.pocket.upscale import Upscaler
from studio.lesson import Example, Lesson
from studio.media import Image
from studio.pictures import read_picture
from studio.spec import unwatched

TARGETS = (
    "to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out",
    "net.0.proj", "net.2", "proj_mlp", "proj_out", "x_embedder",
)  # fmt: skip
"""The matrices that are changed: all of attention, of the layers between, first and last."""

DROP_TEXT, DROP_ROUGH, OWN_ROUGH = 0.1, 0.1, 0.85
"""Shares without words and without a rough, as in training; share whose rough is the picture's own
plain version. Drawings by others lie elsewhere: of too many of them it learns to blur."""

ROUGH_NOISE = 0.05
AVERAGE = 0.97
"""What is kept is a running average: single steps of so small batches wander."""

A_SHARE = 1 / 8
HELD_OUT_TIMES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
STEPS, GUIDANCE, SIDE = 8, 3.0, 256


@dataclass(frozen=True)
class Study:
    """An example, ready: its latent (C, h, w), pixels (H, W, 4), words."""

    latent: Tensor
    pixels: NDArray[np.uint8]
    tokens: Tensor
    pooled: Tensor
    caption: str


class PocketLearner:
    """The transformer with an adapter in training."""

    base_name = "pocket-image"
    spans: tuple[int, ...] = (1, 4)
    """Steps of the two parts of a lesson, in steps of the first: the second's are short."""

    def __init__(self, small: PocketImage, lesson: Lesson, base_sha256: str) -> None:
        self.small = small
        self.lesson = lesson
        self.base_sha256 = base_sha256
        self.transformer: Any = small.from_noise.transformer
        self.transformer.requires_grad_(False)
        with torch.random.fork_rng():
            torch.manual_seed(lesson.seed)
            self.transformer.add_adapter(
                LoraConfig(r=lesson.rank, lora_alpha=lesson.rank, target_modules=list(TARGETS))
            )
        # Norms stay in float32 while the rest is in bfloat16; torch remarks on it at every start.
        warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight")
        self.is_half = small.device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
        self.changed = [p for p in self.transformer.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.changed]
        self.stepper = torch.optim.AdamW(
            _groups(self.transformer, lesson.rate), betas=(0.9, 0.98), weight_decay=0.01
        )
        self.nothing = conditioning(small.text.encode([""]))
        self.studies = [self._study(each) for each in lesson.examples]
        self.held_out = [self._study(each) for each in lesson.held_out]
        self.colours = colours_of(each.pixels for each in self.studies)
        self.upscaler = Upscaler.load(device=str(small.device))

    def step(self, number: int) -> float:
        """Learns from one batch; what is in it depends on the lesson's seed and `number` alone."""
        self.small.is_styled = True
        rng = np.random.default_rng([self.lesson.seed, number])
        alike = self._alike(rng)
        picks = [alike[int(n)] for n in rng.integers(len(alike), size=self.lesson.batch)]
        times = _times(rng, len(picks))
        loss = self._loss(picks, times, rng)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.changed, 1.0)
        self.stepper.step()
        self.stepper.zero_grad()
        self._follow(min(AVERAGE, (number + 1) / (number + 10)))
        return loss.item()

    def _alike(self, rng: np.random.Generator) -> list[Study]:
        """Examples of one shape: a batch cannot mix shapes."""
        first = self.studies[int(rng.integers(len(self.studies)))]
        return [each for each in self.studies if each.latent.shape == first.latent.shape]

    @torch.no_grad()
    def _follow(self, keep: float) -> None:
        for mine, theirs in zip(self.average, self.changed, strict=True):
            mine.lerp_(theirs, 1 - keep)

    def _loss(self, picks: Sequence[Study], times: Tensor, rng: np.random.Generator) -> Tensor:
        """Mean squared error of the predicted velocity (Liu et al. 2022)."""
        device = self.small.device
        x = torch.stack([each.latent for each in picks])
        noise = _normal(rng, *x.shape)
        mix = times[:, None, None, None]
        rough = torch.stack([self._rough(each, rng) for each in picks])
        tokens, pooled = self._words(picks, rng)
        h, w = x.shape[-2:]
        with torch.autocast(device.type, torch.bfloat16, enabled=self.is_half):
            predicted = self.transformer(
                hidden_states=pack((1 - mix) * x + mix * noise).to(device),
                timestep=times.to(device),
                encoder_hidden_states=tokens.to(device),
                pooled_projections=pooled.to(device),
                img_ids=_places(h, w).to(device),
                txt_ids=torch.zeros(tokens.shape[1], 3, device=device),
                joint_attention_kwargs={"rough": pack(rough).to(device)},
            ).sample
        return (predicted.float() - pack(noise - x).to(device)).square().mean()

    def _words(self, picks: Sequence[Study], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Token states and pooled vectors of a batch, some of them of nothing."""
        chosen = [
            self.nothing if rng.random() < DROP_TEXT else (each.tokens, each.pooled)
            for each in picks
        ]
        length = max(MIN_TOKENS, *(tokens.shape[1] for tokens, _ in chosen))
        padded = [
            torch.nn.functional.pad(tokens, (0, 0, 0, length - tokens.shape[1]))
            for tokens, _ in chosen
        ]
        return torch.cat(padded), torch.cat([pooled for _, pooled in chosen])

    def _rough(self, study: Study, rng: np.random.Generator) -> Tensor:
        """(C, h, w): what is shown beside the noise; zeros for nothing."""
        if rng.random() < DROP_ROUGH:
            return torch.zeros_like(study.latent)
        look_up = self.small.look_up
        is_own = rng.random() < OWN_ROUGH
        chosen = [] if is_own else look_up.chosen(study.caption, "any", int(rng.integers(2**31)))
        if chosen:
            height, width = study.pixels.shape[:2]
            laid = look_up.laid(chosen, (width, height), Area())
        else:
            laid = _tensor(plainer(study.pixels, rng, self.colours))
        latent = look_up.rough(laid)[0]
        return latent + ROUGH_NOISE * _normal(rng, *latent.shape)

    @torch.no_grad()
    def _study(self, example: Example) -> Study:
        picture = read_picture(example.path).convert("RGBA")
        size = native_size(picture.width, picture.height)
        pixels = np.asarray(ImageOps.fit(picture, size))
        vae: Any = self.small.from_noise.vae
        values = _tensor(pixels).to(self.small.device, self.small.dtype)
        mode = vae.encode(values).latent_dist.mode()
        latent = (mode - vae.config.shift_factor) * vae.config.scaling_factor
        tokens, pooled = conditioning(self.small.text.encode([example.caption]))
        return Study(latent[0].cpu(), pixels, tokens, pooled, example.caption)

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Mean over the held-out pictures at fixed times, by the running average."""
        losses: list[float] = []
        with self._averaged():
            for number, study in enumerate(self.held_out):
                rng = np.random.default_rng([self.lesson.seed, number])
                picks = [study] * len(HELD_OUT_TIMES)
                losses.append(self._loss(picks, torch.tensor(HELD_OUT_TIMES), rng).item())
        return float(np.mean(losses))

    def draw(self, prompt: str, seed: int) -> Image:
        """A picture of `SIDE` px."""
        width, height = native_size(SIDE, SIDE)
        sketch = Sketch(prompt, "", prompt, "any", seed, STEPS, GUIDANCE, width, height)
        with self._averaged():
            pixels = self.small(sketch, unwatched)
        pixels = np.ascontiguousarray(pixels[..., :3])
        return Image(self.upscaler.to_size(pixels, SIDE, SIDE))

    def then(self) -> HandLearner:
        """The second part: how it is drawn, after what is drawn."""
        return HandLearner(self)

    def _averaged(self) -> "_Swapped":
        return _Swapped(self.changed, self.average)

    def adapter(self) -> dict[str, Tensor]:
        """The running average, named as diffusers names it."""
        with self._averaged():
            found = get_peft_model_state_dict(self.transformer)
            return {f"transformer.{name}": t.detach().cpu().clone() for name, t in found.items()}

    def use(self, adapter: dict[str, Tensor]) -> None:
        """Takes an earlier `adapter` for the running average."""
        tensors = {
            name.removeprefix("transformer."): value
            for name, value in adapter.items()
            if not name.startswith(HAND)
        }
        with self._averaged():
            set_peft_model_state_dict(self.transformer, tensors)

    def state(self) -> dict[str, Tensor]:
        """Parameters, their running average, and both moments of AdamW."""
        found: dict[str, Tensor] = {}
        moments = self.stepper.state_dict()["state"]
        for number, (now, mean) in enumerate(zip(self.changed, self.average, strict=True)):
            found |= {f"{number}.now": now.detach(), f"{number}.mean": mean}
            found |= {f"{number}.{name}": value for name, value in moments[number].items()}
        return {name: value.cpu().clone() for name, value in found.items()}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from a `state`."""
        self.small.is_styled = True
        kept = self.stepper.state_dict()
        for number, (now, mean) in enumerate(zip(self.changed, self.average, strict=True)):
            now.copy_(state[f"{number}.now"])
            mean.copy_(state[f"{number}.mean"])
            names = ("step", "exp_avg", "exp_avg_sq")
            kept["state"][number] = {name: state[f"{number}.{name}"] for name in names}
        self.stepper.load_state_dict(kept)


class _Swapped:
    """While it lasts, parameters hold other values."""

    def __init__(self, parameters: list[Any], values: list[Tensor]) -> None:
        self.parameters = parameters
        self.values = values

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *error: object) -> None:
        self._swap()

    def _swap(self) -> None:
        for parameter, value in zip(self.parameters, self.values, strict=True):
            parameter.data, value.data = value.data, parameter.data


def _groups(transformer: Any, rate: float) -> list[dict[str, Any]]:
    """The matrices that begin as noise learn slower than those that begin as zero: LoRA+ (Hayou et
    al. 2024). In the order of the parameters."""
    changed = [(n, p) for n, p in transformer.named_parameters() if p.requires_grad]
    return [
        {"params": [p], "lr": rate * (A_SHARE if "lora_A" in name else 1)} for name, p in changed
    ]


def _times(rng: np.random.Generator, count: int) -> Tensor:
    """Times (count,) as often as a picture's steps come by them.

    Much noise counts here: there the model decides on colours and background, which make a style.
    """
    u = torch.from_numpy(rng.random(count, np.float32))
    return SHIFT * u / (1 + (SHIFT - 1) * u)


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, np.float32))


def _tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """(H, W, 4) straight alpha → (1, 4, H, W) over white, in [-1, 1]."""
    return torch.from_numpy(over_white(pixels)).permute(2, 0, 1)[None]


def _places(h: int, w: int) -> Tensor:
    """Rotary positions (N, 3) of the packed tokens, as the pipelines number them."""
    places = torch.zeros(h // 2, w // 2, 3)
    places[..., 1] = torch.arange(h // 2)[:, None]
    places[..., 2] = torch.arange(w // 2)[None]
    return places.view(-1, 3)
