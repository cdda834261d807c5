"""Draws a sheet of samples from the last slice, to judge it by eye.

    python -m training.image.sheet --out sheet.png

Through the product's own path, at the model's own size.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image

from pipelines.pocket.detail import Detail
from pipelines.pocket.image import PocketImage, Sketch
from pipelines.pocket.look_up import LookUp
from pipelines.pocket.rough import RoughTransformer
from pipelines.pocket.text import PocketText
from training.image.references import FOLDER
from training.image.train_denoiser import RUN
from training.image.train_detail import RUN as DETAIL_RUN
from training.image.train_vae import RUN as VAE_RUN

PROMPTS = (
    "a cat", "glossy red apple", "3D rendered rocket", "flat dog face", "cartoon pizza",
    "three bananas on a blue background", "a fox on the left, a tree on the right",
    "simple umbrella on a yellow background", "grinning face", "3D ghost, transparent background",
    "a penguin in the snow", "glossy heart", "blue car", "a rose", "outlined owl", "robot at night",
    "一只猫", "光泽的红苹果", "立体火箭", "卡通熊猫", "扁平雨伞，黄色背景", "两个西瓜",
    "猫在狗的左边", "笑脸", "海滩上的螃蟹", "蓝色的蝴蝶", "生日蛋糕", "夜晚的城堡",
    "吉他", "向日葵，透明背景", "恐龙", "飞机",
)  # fmt: skip


def trained() -> PocketImage:
    """The model of the last slices."""
    transformer = RoughTransformer.from_pretrained(RUN / "weights")
    vae = AutoencoderKL.from_pretrained(VAE_RUN / "weights")
    detail = Detail.load(DETAIL_RUN / "weights", "cpu", torch.float32)
    return PocketImage(transformer, vae, PocketText.load(), LookUp.load(FOLDER), detail)


def sheet(out: Path, guidance: float, seed: int) -> None:
    """Draws and tiles 32 pictures."""
    model = trained()
    pictures = [
        model(Sketch(prompt, "", prompt, "any", seed, 20, guidance, 128, 128), lambda step: None)
        for prompt in PROMPTS
    ]
    rows = [np.concatenate(pictures[i : i + 8], 1) for i in range(0, len(pictures), 8)]
    Image.fromarray(np.concatenate(rows)[..., :3]).save(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    sheet(args.out, args.guidance, args.seed)
