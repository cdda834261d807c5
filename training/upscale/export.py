"""Puts a trained up-scaler into `assets/pocket-upscale`: bfloat16 weights, hashes and model card.

python -m training.upscale.export
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

from pipelines.pocket.upscale import ASSETS, UpscaleNet, Upscaler
from studio.weights import file_sha256
from training.image.packs import SOURCES
from training.slices import CACHE
from training.upscale.pack import OUT
from training.upscale.report import alpha_psnr, compare

RUN = CACHE / "runs" / "upscale"
WEIGHTS = "diffusion_pytorch_model.safetensors"
CARD = Path(__file__).with_name("card.md")


def _sources() -> str:
    """A table of what was learnt from, counted in the index."""
    rows: dict[str, set[int]] = defaultdict(set)
    for line in map(json.loads, (OUT / "index.jsonl").read_text().splitlines()):
        rows[line["style"]].add(line["row"])
    lines = ["| package | version | drawings | author | licence |", "|---|---|---|---|---|"]
    lines += [
        f"| {p.npm} | {p.version} | {len(rows[p.style])} | {p.author} | {p.licence} |"
        for p in SOURCES
        if rows[p.style]
    ]
    return "\n".join([*lines, f"| all | | {sum(map(len, rows.values()))} | | |"])


def _scores(folder: Path) -> str:
    upscaler = Upscaler.load(folder)
    lines = ["| held-out drawings, 128 → 512 px | PSNR | SSIM | edge error |", "|---|---|---|---|"]
    for name, is_spoilt in (("clean", False), ("spoilt", True)):
        means, _ = compare(upscaler, is_spoilt)
        lines += [
            f"| {name}: {way} | {m['psnr']:.2f} dB | {m['ssim']:.4f} | {m['edges']:.2f} |"
            for way, m in means.items()
        ]
    return "\n".join([*lines, f"\nTransparency: {alpha_psnr(upscaler)} dB."])


def export(folder: Path) -> None:
    """Writes the averaged weights of the last checkpoint."""
    kept = torch.load(RUN / "checkpoint.pt", map_location="cpu", weights_only=True)
    net = UpscaleNet()
    net.load_state_dict(kept["average"])
    net.to(dtype=torch.bfloat16).save_pretrained(folder)
    hashes = {name: file_sha256(folder / name) for name in (WEIGHTS, "config.json")}
    (folder / "manifest.json").write_text(json.dumps(hashes, indent=1) + "\n")
    card = CARD.read_text("utf-8")
    facts = {
        "sources": _sources(),
        "scores": _scores(folder),
        "steps": f"{kept['step']:,}",
        "parameters": f"{sum(p.numel() for p in net.parameters()):,}",
        "channels": net.config["channels"],
        "blocks": net.config["blocks"],
    }
    (folder / "README.md").write_text(card.format(**facts), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ASSETS)
    torch.set_num_threads(1)
    export(parser.parse_args().out)
