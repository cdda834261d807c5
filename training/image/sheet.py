"""Draws a sheet of quick samples from a denoiser run, to judge it by eye between slices.

python -m training.image.sheet --name transformer --out sheet.png
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, UNet2DConditionModel
from PIL import Image

from pipelines.pocket.text import PocketText, TextStates
from training.image.denoisers import LATENT_CHANNELS, velocity
from training.slices import CACHE

PROMPTS = (
    "a cat", "glossy red apple", "3D rendered rocket", "flat dog face", "cartoon pizza",
    "three bananas on a blue background", "a fox on the left, a tree on the right",
    "simple umbrella on a yellow background", "grinning face", "3D ghost, transparent background",
    "a penguin in the snow", "glossy heart", "blue car", "a rose", "outlined owl", "robot at night",
    "一只猫", "光泽的红苹果", "立体火箭", "卡通熊猫", "扁平雨伞，黄色背景", "两个西瓜",
    "猫在狗的左边", "笑脸", "海滩上的螃蟹", "蓝色的蝴蝶", "生日蛋糕", "夜晚的城堡",
    "吉他", "向日葵，透明背景", "恐龙", "飞机",
)  # fmt: skip


@torch.no_grad()
def sample(model: torch.nn.Module, text: PocketText, prompts: tuple[str, ...], guidance: float,
           steps: int = 20) -> torch.Tensor:  # fmt: skip
    """Latents (N, C, 16, 16) by Euler steps with classifier-free guidance."""
    words = text.encode([*prompts, *[""] * len(prompts)], is_exact=False)
    pad = max(0, 24 - words.tokens.shape[1])
    words = TextStates(
        torch.nn.functional.pad(words.tokens, (0, 0, 0, pad)),
        torch.nn.functional.pad(words.mask, (0, pad)),
        words.pooled,
    )
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(len(prompts), LATENT_CHANNELS, 16, 16, generator=generator)
    times = torch.linspace(1, 0, steps + 1)
    for now, then in zip(times[:-1], times[1:], strict=True):
        both = velocity(model, torch.cat([x, x]), now.expand(2 * len(x)), words)
        wanted, plain = both.chunk(2)
        x = x + (then - now) * (plain + guidance * (wanted - plain))
    return x


def sheet(name: str, out: Path, guidance: float) -> None:
    """Samples, decodes and tiles 32 pictures."""
    run = CACHE / "runs" / name
    classes = {"transformer": FluxTransformer2DModel, "unet": UNet2DConditionModel}
    model = classes[name].from_pretrained(run / "weights").eval()
    vae = AutoencoderKL.from_pretrained(run / "vae").eval()
    x = sample(model, PocketText.load(), PROMPTS, guidance)
    with torch.no_grad():
        y = vae.decode(x / vae.config.scaling_factor + vae.config.shift_factor).sample
    pixels = ((y[:, :3].clamp(-1, 1) + 1) * 127.5).byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(pixels[i : i + 8]), 1) for i in range(0, len(pixels), 8)]
    Image.fromarray(np.concatenate(rows)).save(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="transformer")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--guidance", type=float, default=3.5)
    args = parser.parse_args()
    sheet(args.name, args.out, args.guidance)
