"""Open picture models learn from a few pictures: a LoRA of their denoiser, by peft.

Trained as the model itself was: by flow matching (Lipman et al. 2023) with times from a
logit-normal (Esser et al. 2024, section 3.1), or by denoising diffusion (Ho et al. 2020). How words
are read and a denoiser is called, a `Method` says. Knows no family, folder or clock.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import ImageOps
from torch import Tensor

from pipelines.open.methods import Method
from pipelines.open.pictures import shape_like
from pipelines.open.run import Pipeline
from studio.errors import RequestError
from studio.lesson import Example, Lesson
from studio.media import Image
from studio.pictures import read_picture

DROP_TEXT = 0.1
"""Share of the steps without words, so that guidance still has something to lead away from."""

HELD_OUT_TIMES = (0.1, 0.3, 0.5, 0.7, 0.9)
WEIGHT_DECAY, MOST_GRADIENT = 0.01, 1.0


@dataclass(frozen=True)
class Study:
    """An example, ready: its latent (1, C, h, w) and words."""

    latent: Tensor
    words: Any


class OpenLearner:
    """A denoiser with a LoRA in training; `draws` makes a picture of a prompt and a seed."""

    spans: tuple[int, ...] = (1,)

    def __init__(
        self,
        pipeline: Pipeline,
        method: Method,
        lesson: Lesson,
        base: tuple[str, str],
        draws: Callable[[str, int], Image],
    ) -> None:
        """`base`: name and sha256 of the weights. `lesson.side`: of pictures, in px."""
        self.pipe = pipeline.pipe
        self.method = method
        self.lesson = lesson
        self.base_name, self.base_sha256 = base
        self.draws = draws
        self.device = torch.device(pipeline.plan.device)
        self.denoiser: Any = getattr(self.pipe, method.part)
        for part in self.pipe.components.values():
            if isinstance(part, torch.nn.Module):
                part.requires_grad_(False)
        _add_lora(self.denoiser, method, lesson)
        self.changed = [p for p in self.denoiser.parameters() if p.requires_grad]
        self.stepper = torch.optim.AdamW(
            self.changed, lr=lesson.rate, weight_decay=WEIGHT_DECAY, foreach=False
        )
        with self._readers():
            self.nothing = self._words("")
            self.studies = [self._study(each) for each in lesson.examples]
            self.held_out = [self._study(each) for each in lesson.held_out]

    def step(self, number: int) -> float:
        """Learns from one batch; what is in it depends on the lesson's seed and `number` alone."""
        rng = np.random.default_rng([self.lesson.seed, number])
        count, total = self.lesson.batch, 0.0
        self.denoiser.train()
        for _ in range(count):
            study = self.studies[int(rng.integers(len(self.studies)))]
            words = self.nothing if rng.random() < DROP_TEXT else study.words
            # One after the other: captions and pictures may be of any length and shape.
            loss = self._loss(study.latent, words, self._time(rng), rng) / count
            loss.backward()
            total += loss.item()
        self.denoiser.eval()
        torch.nn.utils.clip_grad_norm_(self.changed, MOST_GRADIENT)
        self.stepper.step()
        self.stepper.zero_grad()
        return total

    def then(self) -> None:
        """Its lessons have one part."""

    def _time(self, rng: np.random.Generator) -> float:
        """A share of noise in (0, 1), as often as training had it."""
        if self.method.kind == "diffusion":
            return float(rng.random())
        share = float(1 / (1 + np.exp(-rng.standard_normal())))
        shift = float(self.pipe.scheduler.config.get("shift") or 1)
        return shift * share / (1 + (shift - 1) * share)

    def _loss(self, x: Tensor, words: Any, share: float, rng: np.random.Generator) -> Tensor:
        """Mean squared error of what is predicted."""
        noise = torch.from_numpy(rng.standard_normal(tuple(x.shape), np.float32)).to(self.device)
        x = x.to(self.device)
        if self.method.kind == "flow":
            time = torch.tensor([share], device=self.device)
            noisy, wanted = (1 - share) * x + share * noise, noise - x
        else:
            time, noisy, wanted = self._diffused(x, noise, share)
        dtype = self.denoiser.dtype
        said = self.method.predict(self.pipe, noisy.to(dtype), time, _moved(words, self.device))
        return (said.float() - wanted).square().mean()

    def _diffused(self, x: Tensor, noise: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
        """A time of the scheduler, the picture noisy as then, and what is to be said of it."""
        kept = self.pipe.scheduler.alphas_cumprod
        number = min(int(share * len(kept)), len(kept) - 1)
        alpha, sigma = kept[number].sqrt().item(), (1 - kept[number]).sqrt().item()
        is_velocity = self.pipe.scheduler.config.prediction_type == "v_prediction"
        wanted = alpha * noise - sigma * x if is_velocity else noise
        return torch.tensor([number], device=self.device), alpha * x + sigma * noise, wanted

    @contextlib.contextmanager
    def _readers(self) -> Iterator[None]:
        """Encoders and autoencoder on the device; outside, the denoiser has it to itself."""
        parts: list[Any] = [
            part
            for name, part in self.pipe.components.items()
            if isinstance(part, torch.nn.Module) and name != self.method.part
        ]
        if self.device.type == "cpu":
            yield
            return
        for part in parts:
            part.to(self.device)
        try:
            yield
        finally:
            for part in parts:
                part.to("cpu")
            torch.cuda.empty_cache()

    @torch.no_grad()
    def _words(self, caption: str) -> Any:
        return _moved(self.method.words(self.pipe, caption), torch.device("cpu"))

    @torch.no_grad()
    def _study(self, example: Example) -> Study:
        picture = read_picture(example.path).convert("RGBA")
        size = shape_like(picture.width / picture.height, self.lesson.side**2, self._side_step())
        pixels = np.asarray(ImageOps.fit(picture, size), np.float32) / 255
        alpha = pixels[..., 3:]
        values = torch.from_numpy(pixels[..., :3] * alpha + 1 - alpha).permute(2, 0, 1)[None]
        vae = self.pipe.vae
        latent = self.method.latent(self.pipe, (values * 2 - 1).to(vae.device, vae.dtype))
        return Study(latent.float().cpu(), self._words(example.caption))

    def _side_step(self) -> int:
        """Sides of pictures are multiples of it, in px: two cells of the latent."""
        return 2 * int(self.pipe.vae_scale_factor)

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Mean over the held-out pictures at fixed times and noises."""
        losses: list[float] = []
        for number, study in enumerate(self.held_out):
            rng = np.random.default_rng([self.lesson.seed, number])
            losses += [
                self._loss(study.latent, study.words, time, rng).item() for time in HELD_OUT_TIMES
            ]
        return float(np.mean(losses))

    def draw(self, prompt: str, seed: int) -> Image:
        """A picture as the family draws it, with what was learned up to now."""
        with self._readers():
            return self.draws(prompt, seed)

    def adapter(self) -> dict[str, Tensor]:
        """What was learned, named as diffusers and its training scripts name it."""
        from diffusers.utils.state_dict_utils import convert_state_dict_to_diffusers
        from peft import get_peft_model_state_dict

        found = get_peft_model_state_dict(self.denoiser)
        if self.method.part == "unet":
            found = convert_state_dict_to_diffusers(found)
        return {f"{self.method.part}.{k}": t.detach().cpu().clone() for k, t in found.items()}

    def use(self, adapter: dict[str, Tensor]) -> None:
        """Goes on from an earlier `adapter`."""
        from diffusers.utils.state_dict_utils import convert_unet_state_dict_to_peft
        from peft import set_peft_model_state_dict

        tensors = {k.removeprefix(f"{self.method.part}."): value for k, value in adapter.items()}
        if self.method.part == "unet":
            tensors = convert_unet_state_dict_to_peft(tensors)
        set_peft_model_state_dict(self.denoiser, tensors)

    def state(self) -> dict[str, Tensor]:
        """Parameters and both moments of AdamW."""
        found: dict[str, Tensor] = {}
        moments = self.stepper.state_dict()["state"]
        for number, parameter in enumerate(self.changed):
            found[f"{number}.now"] = parameter.detach()
            found |= {f"{number}.{name}": value for name, value in moments[number].items()}
        return {name: value.cpu().clone() for name, value in found.items()}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from a `state`."""
        kept = self.stepper.state_dict()
        for number, parameter in enumerate(self.changed):
            parameter.copy_(state[f"{number}.now"])
            names = ("step", "exp_avg", "exp_avg_sq")
            kept["state"][number] = {name: state[f"{number}.{name}"] for name in names}
        self.stepper.load_state_dict(kept)


def _add_lora(denoiser: Any, method: Method, lesson: Lesson) -> None:
    """Matrices to train in float32, the rest as it is; layers are calculated twice to save memory.

    Raises:
        RequestError: the denoiser has none of the layers that are to change.
    """
    from diffusers.training_utils import cast_training_params
    from peft import LoraConfig

    with torch.random.fork_rng():
        torch.manual_seed(lesson.seed)
        try:
            denoiser.add_adapter(
                LoraConfig(
                    r=lesson.rank, lora_alpha=lesson.rank, target_modules=list(method.targets)
                )
            )
        except ValueError as error:
            reason = str(error).splitlines()[0]
            raise RequestError(
                f"this checkpoint cannot be taught: {reason}; give another with --checkpoint"
            ) from error
    cast_training_params(denoiser, torch.float32)
    denoiser.enable_gradient_checkpointing()
    denoiser.eval()


def _moved(words: Any, device: torch.device) -> Any:
    """Tensors, and lists and tuples of them, on another device."""
    if isinstance(words, Tensor):
        return words.to(device)
    if isinstance(words, Sequence) and not isinstance(words, str):
        return type(words)(_moved(each, device) for each in words)  # pyright: ignore
    return words
