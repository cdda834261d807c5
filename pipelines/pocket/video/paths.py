"""Where everything in a still picture will go: a path for every place of it, made up from words.

A diffusion model over motion instead of over pixels (Li et al. 2024, "Generative Image Dynamics";
Shi et al. 2024, "Motion-I2V"): one path of 16 points for every 8 × 8 px of the picture, so that a
whole clip's motion costs no more to make than one small picture. The network is pocket-image's
transformer, trained on: its rough is the picture that is to move, what it denoises are the paths.
Knows nothing about camera, files or how the moved picture is drawn again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipelines.pocket.image import MIN_TOKENS, conditioning
from pipelines.pocket.rough import Basis, RoughTransformer, pack
from pipelines.pocket.text import PocketText
from studio.adapt import seeded_generator

FRAMES = 16
"""Points of a path: key frames of a window."""

NUMBERS = 4 * FRAMES * 2
"""Of the paths of one token: two by two cells, 16 points, x and y."""

STRENGTH, IS_TOLD, LOOP = -3, -2, -1
"""The last channels of a token tell how strong the motion is, whether that is told at all, and
whether it is a loop."""

SHIFT = 1.5
FLAG = 2.0
"""What a channel says for yes, or for the strongest; for no, or the weakest, its opposite."""

LEAST_SIZE = 0.04
"""Cells; shorter motion is not seen and has no shape to learn."""

HINTED = 0.8
"""Share of noise in motion that begins with a hint (SDEdit: Meng et al. 2022). With more the hint
is forgotten, with less it is copied, whatever the picture."""

UNIT = 0.25
"""Mean distance from the first place, in cells, of motion of strength 0.5."""


@dataclass(frozen=True)
class MotionBasis:
    """The linear latent of paths: principal components (C, 128), scaled, of mean square 1.

    Of paths that are 1 long on average; how long they really are is a last number, the same for
    every token, so that small motion is learned as well as large.
    """

    project: Tensor
    back: Tensor

    @property
    def channels(self) -> int:
        """Numbers of a token."""
        return len(self.project) + 1

    def encode(self, paths: Tensor, strength: Tensor) -> Tensor:
        """Paths as tokens.

        Args:
            paths: (B, 16, 2, h, w) displacements in cells, sides even.
            strength: (B,), as `strength_of` says.

        Returns:
            (B, h/2 · w/2, C).
        """
        size = (UNIT * strength / (1 - strength)).clamp(min=LEAST_SIZE)
        tokens = patches(paths / size.view(-1, 1, 1, 1, 1)) @ self.project.T
        last = torch.log(size / UNIT)[:, None, None].expand(-1, tokens.shape[1], 1)
        return torch.cat([tokens, last], -1)

    def decode(self, tokens: Tensor, h: int, w: int) -> Tensor:
        """The inverse of `encode`: (B, 16, 2, h, w)."""
        x = (tokens[..., :-1] @ self.back.T).view(-1, h // 2, w // 2, FRAMES, 2, 2, 2)
        size = torch.exp(tokens[..., -1].mean(1)) * UNIT
        paths = x.permute(0, 3, 4, 1, 5, 2, 6).reshape(-1, FRAMES, 2, h, w)
        return paths * size.view(-1, 1, 1, 1, 1)

    def save(self, path: Path) -> None:
        save_file({"project": self.project.contiguous(), "back": self.back.contiguous()}, path)

    @classmethod
    def load(cls, path: Path) -> "MotionBasis":
        kept = load_file(path)
        return cls(kept["project"].float(), kept["back"].float())


def patches(paths: Tensor) -> Tensor:
    """(B, 16, 2, h, w) → (B, h/2 · w/2, 128): the paths of two by two cells together."""
    b, t, _, h, w = paths.shape
    x = paths.reshape(b, t, 2, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4, 6)
    return x.reshape(b, (h // 2) * (w // 2), NUMBERS)


@dataclass(frozen=True)
class Wish:
    """What motion is wanted.

    `is_loop`: the last point goes over into the first, so that the 16 frames can be repeated.
    `strength`: 0 (hardly any) to 1 (as strong as can be), 0.5 being usual; None leaves it to the
    words and the picture.
    """

    prompt: str
    is_loop: bool
    seed: int
    strength: float | None = None
    steps: int = 10
    guidance: float = 2.5
    hint: Tensor | None = None
    """(16, 2, h, w) in cells: how it might go, roughly, where the words name a known motion."""


def strength_of(paths: Tensor, seen: Tensor) -> float:
    """How strong motion is, 0 to 1.

    Args:
        paths: (16, 2, h, w), in cells.
        seen: (h, w), more than 0 where there is a thing.
    """
    far = paths.norm(dim=1).mean(0)[seen > 0]
    size = float(far.mean()) if len(far) else 0.0
    return size / (size + UNIT)


def told(tokens: Tensor, channels: int, strength: Tensor, is_loop: Tensor) -> Tensor:
    """Tokens filled up to `channels` with what is wanted.

    Args:
        tokens: (B, N, C), the paths.
        strength: (B,), 0 to 1; NaN where it is not told.
        is_loop: (B,), 0 or 1.
    """
    b, n, c = tokens.shape
    full = tokens.new_zeros(b, n, channels)
    full[..., :c] = tokens
    is_told = ~strength.isnan()
    full[..., STRENGTH] = torch.where(is_told, strength * 2 - 1, 0.0)[:, None] * FLAG
    full[..., IS_TOLD] = (is_told.to(tokens) * 2 - 1)[:, None] * FLAG
    full[..., LOOP] = (is_loop.to(tokens) * 2 - 1)[:, None] * FLAG
    return full


class MotionPaths:
    """The loaded model. The same wish for the same picture gives the same paths."""

    def __init__(
        self, net: RoughTransformer, basis: MotionBasis, picture: Basis, text: PocketText
    ) -> None:
        self.net = net.eval()
        self.channels = int(net.config["out_channels"])
        self.basis = basis
        self.picture = picture
        self.text = text

    @classmethod
    def load(cls, folder: Path, picture: Basis, text: PocketText) -> "MotionPaths":
        """Loads `folder/paths`.

        Args:
            picture: pocket-image's linear latent (`look_up.references.basis`).
            text: pocket-image's text encoder, shared.
        """
        net: Any = RoughTransformer.from_pretrained(
            folder / "paths", local_files_only=True, torch_dtype=torch.float32
        )
        basis = MotionBasis.load(folder / "paths" / "basis.safetensors")
        return cls(net, basis, picture, text)

    @torch.inference_mode()
    def __call__(self, wish: Wish, picture: Tensor) -> Tensor:
        """Makes up the motion of a picture.

        Args:
            picture: (1, 4, H, W), colour over white and alpha in [-1, 1], sides multiples of 16.

        Returns:
            (16, 2, H / 8, W / 8): how far, in cells of 8 px, what is seen at each place of the
            picture has gone in x and y at each key frame; 0 at the first.
        """
        latent = self.picture.encode(picture)
        h, w = latent.shape[-2:]
        size = (1, (h // 2) * (w // 2), self.basis.channels)
        tokens = torch.randn(size, generator=seeded_generator(wish.seed))
        times = _times(wish.steps)
        if wish.hint is not None:
            strength = strength_of(wish.hint, wish.hint.norm(dim=1).amax(0))
            hint = self.basis.encode(wish.hint[None], torch.tensor([strength]))
            tokens = torch.lerp(hint, tokens, HINTED)
            times = [HINTED, *(time for time in times if time < HINTED)]
        worded, blank = (conditioning(self.text.encode([t])) for t in (wish.prompt, ""))
        for now, following in zip(times, times[1:], strict=False):
            full = self._told(tokens, wish)
            velocity = self._velocity(full, latent, now, worded)
            if wish.guidance != 1:
                away = self._velocity(full, latent, now, blank)
                velocity = torch.lerp(away, velocity, wish.guidance)
            tokens = tokens + (following - now) * velocity[..., : tokens.shape[-1]]
        paths = self.basis.decode(tokens, h, w)[0]
        return paths - paths[:1]

    def _told(self, tokens: Tensor, wish: Wish) -> Tensor:
        strength = torch.tensor([float("nan") if wish.strength is None else wish.strength])
        return told(tokens, self.channels, strength, torch.tensor([float(wish.is_loop)]))

    def _velocity(
        self, full: Tensor, latent: Tensor, time: float, words: tuple[Tensor, Tensor]
    ) -> Tensor:
        tokens, pooled = words
        missing = max(0, MIN_TOKENS - tokens.shape[1])
        tokens = torch.nn.functional.pad(tokens, (0, 0, 0, missing))
        return self.net(
            hidden_states=full,
            timestep=torch.tensor([time]),
            encoder_hidden_states=tokens,
            pooled_projections=pooled,
            img_ids=places(*latent.shape[-2:]),
            txt_ids=torch.zeros(tokens.shape[1], 3),
            joint_attention_kwargs={"rough": pack(latent)},
        ).sample


def places(h: int, w: int) -> Tensor:
    """Rotary positions (N, 3) of the tokens of (h, w) cells."""
    ids = torch.zeros(h // 2, w // 2, 3)
    ids[..., 1] += torch.arange(h // 2)[:, None]
    ids[..., 2] += torch.arange(w // 2)[None, :]
    return ids.reshape(-1, 3)


def _times(steps: int) -> list[float]:
    """From 1 to 0, more of them where most is noise (Esser et al. 2024, section 5.3.2)."""
    even = torch.linspace(1, 0, steps + 1)
    return (SHIFT * even / (1 + (SHIFT - 1) * even)).tolist()
