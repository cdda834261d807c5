"""Packs the network of paths into assets/pocket-video: safetensors, hashes, a card.

python -m training.video.export
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch

from pipelines.pocket.rough import RoughTransformer
from pipelines.pocket.video.motions import MOTIONS
from training.image.packs import SOURCES
from training.video.moving import Stills
from training.video.sources import AUTHOR, LICENCE, NPM, VERSION, animations
from training.video.train_paths import COMPONENTS, RUN

TARGET = Path(__file__).parents[2] / "assets" / "pocket-video"
CARD = """---
license: apache-2.0
language: [en, zh]
tags: [image-to-video, text-to-video, motion, stickers, emoji]
---
# pocket-video

Makes up motion: from a picture and a few words of English or Chinese, a path for every 8 × 8 px of
the picture, 16 key places long. The picture, at any size, is then moved along the paths, so a clip
stays as sharp and as true to its first frame as the picture is.

| part | class | parameters |
|---|---|---|
| paths | `RoughTransformer`, a `FluxTransformer2DModel` | {millions:.1f} M |
| basis | {components} principal components of the paths of 2 × 2 cells | |
| pictures, words | pocket-image, pocket-text, pocket-upscale: see their cards | |

A diffusion model over motion instead of over pixels (Li et al. 2024, "Generative Image Dynamics";
Shi et al. 2024, "Motion-I2V"): a whole clip's motion is 64 tokens, like one small picture, and
takes a fraction of a second on a CPU core. The network is pocket-image's transformer, trained on:
the picture that is to move takes the place of the rough, so what it knows of words and drawings is
kept. It draws the shape of the motion and, in a number apart, its size. Strength and whether the
motion is a loop are told to it in channels of their own.
`pipelines/pocket/video/paths.py` is the way in, `moved.py` moves a picture.

It stands where AnimateDiff has layers over time that are put into the picture network: those would
have to learn to draw 16 frames that agree, at 16 times the cost of training and of drawing.

## Training
{training}

| source | author | licence | learned from | held out |
|---|---|---|---|---|
| `{npm}-1` … `-4` {version} | {author} | {licence} | {seen} animations | {out} animations |
{stills}

Half of what it saw are the animations: loops of some three seconds, followed from frame to frame by
optical flow (DIS, Kroeger et al. 2016), mirrored, backwards, from six starts, placed on grounds of
all kinds. The captions name the concept and what was measured: floats, rocks from side to side,
pulses, hardly moves. The other half are still drawings and scenes that do one of {motions} written
motions, named exactly. One concept of the animations in eight was held out.

Names: emojibase-data 17.0.0 (MIT), from Unicode CLDR (Unicode-3.0). The drawings are those that
pocket-image learned from; CC-BY-4.0 drawings were rasterised, scaled and recoloured.

## Beside held-out animations
{beside}

## Limits
It moves what is there: eyes close by being squeezed, nothing new comes into sight, things do not
turn round in depth. What it knows of motion are emoji: small, friendly movements, and the written
ones; strong ones now and then bend a thing out of shape.
"""


def _stills() -> tuple[str, list[str]]:
    """Table rows and credits of the still drawings."""
    stills = Stills.load()
    packs = [stills.rows[i]["key"].rsplit("/", 1)[0] for i in stills.usable]
    lines, credits = [], []
    for pack in SOURCES:
        if count := packs.count(pack.npm):
            lines.append(
                f"| `{pack.npm}` {pack.version} | {pack.author} | {pack.licence} | "
                f"{count} drawings | |"
            )
            credits.append(f"{pack.npm} by {pack.author} ({pack.licence})")
    return "\n".join(lines), credits


def _training() -> str:
    log = [json.loads(line) for line in (RUN / "log.jsonl").read_text().splitlines()]
    return (
        f"{log[-1]['step']} steps, {log[-1]['seen']} moving pictures of 128 × 128 px, final loss "
        f"{log[-1]['loss']} (a guess of no motion: 2.0); rectified flow, Muon and AdamW, averaged "
        "weights, from pocket-image's transformer without its last three blocks."
    )


def _beside() -> str:
    """What `training.video.report` found, as a table."""
    found = json.loads((RUN / "report.json").read_text())
    rows = [
        f"| {name.replace('_', ' ')} | {value:.3f} | {found['made up'][name]:.3f} | "
        f"{found['share'][name]:.0%} |"
        for name, value in found["real"].items()
        if name in found["share"]
    ]
    head = (
        f"{found['clips']['count']} first frames that it never saw, as the animation goes on and as"
        " it goes on along made-up paths (`training.video.report`; stand-ins for VBench's measures,"
        " not VBench scores):\n\n| | real | made up | share |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows)


def export(target: Path = TARGET) -> None:
    """Writes the folder and its manifest."""
    folder = target / "paths"
    net: Any = RoughTransformer.from_pretrained(RUN / "weights", torch_dtype=torch.bfloat16)
    net.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config.pop("_name_or_path", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copyfile(RUN / "basis.safetensors", folder / "basis.safetensors")
    held_out = sum(each.is_held_out for each in animations())
    table, credits = _stills()
    card = CARD.format(
        millions=sum(p.numel() for p in net.parameters()) / 1e6,
        components=COMPONENTS,
        training=_training(),
        beside=_beside(),
        npm=NPM,
        version=VERSION,
        author=AUTHOR,
        licence=LICENCE,
        seen=len(animations()) - held_out,
        out=held_out,
        stills=table,
        motions=len(MOTIONS),
    )
    (target / "README.md").write_text(card, "utf-8")
    credits.insert(0, f"{NPM}-1 … -4 by {AUTHOR} ({LICENCE})")
    text = json.dumps(credits, indent=1, ensure_ascii=False)
    (target / "sources.json").write_text(text + "\n", "utf-8")
    hashes = {}
    for path in sorted(folder.iterdir()):
        path.chmod(0o644)
        hashes[path.relative_to(target).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    (target / "manifest.json").write_text(json.dumps(hashes, indent=2) + "\n")


if __name__ == "__main__":
    export()
