"""Measures pocket-upscale against filters on drawings that no model has seen, and shows them.

    python -m training.upscale.report --weights assets/pocket-upscale --sheet sheet.png

PSNR and SSIM are of colour over white against the drawing rendered from its vectors at 512 px.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from pipelines.pocket.upscale import Upscaler
from training.upscale.pairs import reduced, spoilt
from training.upscale.train import held_out_sharp

SIDE = 512
Enlarge = Callable[[np.ndarray], np.ndarray]


def psnr(x: np.ndarray, y: np.ndarray) -> float:
    """In dB; uint8 colours."""
    error = np.square(x.astype(np.float64) - y.astype(np.float64)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Structural similarity with a Gaussian window of 11 px (Wang et al. 2004); uint8 colours."""
    a, b = (torch.from_numpy(v.astype(np.float32)).permute(2, 0, 1)[:, None] - 128 for v in (x, y))
    taps = torch.exp(-0.5 * (torch.arange(-5.0, 6.0) / 1.5) ** 2)
    taps = (taps / taps.sum())[None, None]

    def mean(v: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(v, taps[..., None]), taps[:, :, None])

    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    both = mean(a * b) - mean_a * mean_b
    mean_a, mean_b = mean_a + 128, mean_b + 128
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def edges(x: np.ndarray, y: np.ndarray) -> float:
    """Mean error of the differences between neighbours, in levels: blur and ringing."""
    gap = x.astype(np.float64) - y.astype(np.float64)
    return sum(float(np.abs(np.diff(gap, axis=axis)).mean()) for axis in (0, 1))


def _levels(picture: Tensor) -> np.ndarray:
    """(1, 4, H, W) in [-1, 1] → uint8 (H, W, 4)."""
    levels = ((picture[0].clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return levels.permute(1, 2, 0).contiguous().numpy()


def _filtered(how: Image.Resampling) -> Enlarge:
    return lambda small: np.asarray(Image.fromarray(small).resize((SIDE, SIDE), how))


def compare(upscaler: Upscaler, is_spoilt: bool) -> tuple[dict, list[list[np.ndarray]]]:
    """Means over the held-out drawings, and each one's pictures: each way, then the truth."""
    ways: dict[str, Enlarge] = {
        "bicubic": _filtered(Image.Resampling.BICUBIC),
        "lanczos": _filtered(Image.Resampling.LANCZOS),
        "pocket-upscale": lambda small: upscaler.to_size(small, SIDE, SIDE),
    }
    rng = np.random.default_rng(7)
    scores = {way: {"psnr": [], "ssim": [], "edges": []} for way in ways}
    rows = []
    for sharp in held_out_sharp().split(1):
        small = reduced(sharp)
        small = _levels(spoilt(small, rng) if is_spoilt else small)[..., :3]
        truth = _levels(sharp)[..., :3]
        made = {way: enlarge(np.ascontiguousarray(small)) for way, enlarge in ways.items()}
        for way, picture in made.items():
            for name, measure in (("psnr", psnr), ("ssim", ssim), ("edges", edges)):
                scores[way][name].append(measure(picture, truth))
        rows.append([*made.values(), truth])
    means = {
        way: {name: round(float(np.mean(values)), 3) for name, values in of.items()}
        for way, of in scores.items()
    }
    return means, rows


def alpha_psnr(upscaler: Upscaler) -> float:
    """How close the transparency comes, straight RGBA in and out."""
    found = []
    for sharp in held_out_sharp().split(1):
        small = _levels(reduced(sharp))
        alpha = small[..., 3:].astype(np.float32) / 255
        colour = (small[..., :3] - 255 * (1 - alpha)) / np.maximum(alpha, 1 / 255)
        straight = np.dstack([np.rint(colour.clip(0, 255)).astype(np.uint8), small[..., 3]])
        large = upscaler.to_size(straight, SIDE, SIDE)
        found.append(psnr(large[..., 3:], _levels(sharp)[..., 3:]))
    return round(float(np.mean([min(f, 60) for f in found])), 2)


def sheet(rows: list[list[np.ndarray]], path: Path) -> None:
    """One line a drawing: bicubic, ours, truth; the middle of each at full size."""
    lines = [np.hstack([p[96:416, 96:416] for p in (row[0], *row[2:])]) for row in rows]
    Image.fromarray(np.vstack(lines)).save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    upscaler = Upscaler.load(args.weights)
    clean, _ = compare(upscaler, is_spoilt=False)
    worn, rows = compare(upscaler, is_spoilt=True)
    facts = {"clean": clean, "spoilt": worn, "alpha_psnr": alpha_psnr(upscaler)}
    print(json.dumps(facts, indent=1))
    if args.sheet:
        sheet(rows, args.sheet)
