"""Packs the trained networks into assets/pocket-image: a diffusers folder with hashes and a card.

    python -m training.image.export [--memory]

bf16 safetensors, `model_index.json` so that stock Flux pipelines open the folder, `manifest.json`
with the sha256 of every file, and a model card that counts and credits every source. `--memory`
leaves the networks that are there.
"""

import argparse
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

from pipelines.pocket.detail import DetailNet
from training.image import drawn
from training.image.packs import SOURCES
from training.image.references import FOLDER as MEMORY
from training.image.split import held_out, manifest
from training.image.train_denoiser import RUN
from training.image.train_detail import RUN as DETAIL_RUN
from training.image.train_vae import RUN as VAE_RUN

TARGET = Path(__file__).parents[2] / "assets" / "pocket-image"
MEMORY_FILES = ("references.safetensors", "references.json", "names.json", "manners.json")
INDEX = {
    "_class_name": "FluxPipeline",
    "_diffusers_version": "0.42.1",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": [None, None],
    "text_encoder_2": [None, None],
    "tokenizer": [None, None],
    "tokenizer_2": [None, None],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
CARD = """---
license: apache-2.0
language: [en, zh]
tags: [text-to-image, stickers, icons, emoji, illustration]
---
# pocket-image

A small rectified-flow transformer over an f8 RGBA autoencoder: stickers, icons, emoji-like
characters and simple scenes from a few words of English or Chinese, within seconds on two CPU
cores.

| part | class | parameters |
|---|---|---|
| transformer | `RoughTransformer`, a `FluxTransformer2DModel` | {transformer:.1f} M |
| vae | `AutoencoderKL`: colour over white and alpha, 24 latent channels | {vae:.1f} M |
| detail | `DetailNet`, a small convolutional network on the finished picture | {detail:.1f} M |
| memory | {drawings} drawings at 128 px as WebP, found by name | |
| text | pocket-text, see its own card | |

The latent is linear: principal components of 8 × 8 px patches; the decoder has learned to draw
sharply from it. The things that a prompt names are looked up in the memory; drawings of them are
laid out as a rough, which the transformer sees beside the words (semi-parametric diffusion:
Blattmann et al. 2022; Re-Imagen, Chen et al. 2022; the control channels of FLUX.1 Control). What
the latent cannot hold, fine texture before all, the detail network takes from the rough at the end,
pixel by pixel, where rough and picture agree (after Zhu et al. 2023, "Designing a Better Asymmetric
VQGAN for StableDiffusion"). The held-out drawings are not in the memory. CC-BY-4.0 drawings are
looked at only when one of their styles (`simple`, `classic`, `outline`) is asked for; the record of
a picture names what was looked at, with author and licence. `looks_up=false` draws from the words
alone.

Where a prompt says where its things are ("a fox in the forest at night"), the rough is a whole
scene: a backdrop painted by rule (twelve kinds of land, three times of day, rain and snow; lit
windows, the moon, water before what floats), drawings of plants, clouds, corals and the like around
the things, and their shadows; never living things, whose number is the prompt's to say.
`scenery=false` is without (`pipelines/pocket/scenery.py`, `backdrop.py`, `setting.py`). A plain
background is painted in the colour and shade that is asked for, or from one into another
(`plain_background.py`).

Most pictures begin with a quarter of their rough in the noise (SDEdit, Meng et al. 2022): out of
noise alone places were smears of colour, coloured things glared and lost their lines, and things
now and then stood on ground that nobody had asked for. With a negative prompt, a taught style or a
background that only the words know, a picture begins in noise with a tenth or less of its things
(`pipelines/pocket/noise.py`).

Of a thing that no drawing shows in the style asked for, a drawing in another style is first redrawn
by rule (`pipelines/pocket/restyle.py`): even areas in the inks that the style uses most, as large
as its things are, with outlines, cel shading or a lit body where the style has them.
`manners.json` holds the inks and sizes, counted in the memory's drawings
(`training/image/manners.py`).

`pipelines/pocket/image.py` shows the way in: the stock `FluxPipeline`, `FluxImg2ImgPipeline` and
`FluxInpaintPipeline`, with pocket-text's states as `prompt_embeds`. The transformer, handed to them
as a `RoughTransformer`, is the stock class with twice as many channels going in as coming out, as
FLUX.1 Control has (the second half is the rough), and rotary places four apart
(`pipelines/pocket/rough.py`).

Its own size is 128 × 128 px of latents (or another shape with about as many); pocket-upscale takes
the result to 512, 1024 and 2048 px. 8 steps are the default; guidance works only above a noise
share of 0.5, where it decides what is where.

## Training
{training}

Every training item is a drawing from a package whose licence allows it. Flags, brand logos and
duplicates by skin tone were left out; of every concept with at least five drawings one was held out
for the evaluation and never seen.

| source | author | licence | drawings seen | held out |
|---|---|---|---|---|
{sources}

The memory holds {own} more drawings ({author}, {licence}; SVG files in
`training/image/drawn`): things that no emoji shows, as lighthouses, knights and hot-air balloons,
and all of animals and people of whom emoji show the head or the upper half. Those are looked at
where a prompt says where its things are or what they do. No model was trained on these drawings.

English and Chinese names and tags: emojibase-data 17.0.0 (MIT), from Unicode CLDR (Unicode-3.0).
Backgrounds and scenes were composed by program. CC-BY-4.0 drawings were rasterised, scaled and
recoloured.

## Limits
The transformer trained for 200 minutes on little more than one CPU core. What it knows it draws
after the drawings in its memory: their build and pose come through, and of a thing that has no
drawing only colours and a vague shape come. Things stand beside, above or below each other; they do
not hold, ride or wear each other.
Faces and hands of people are simple; letters and words in pictures are not readable.
"""


def _sources() -> str:
    rows = manifest()
    kept = set(held_out(rows).tolist())
    seen = Counter(r["key"].rsplit("/", 1)[0] for r in rows if r["index"] not in kept)
    out = Counter(r["key"].rsplit("/", 1)[0] for r in rows if r["index"] in kept)
    lines = [
        f"| `{p.npm}` {p.version} | {p.author} | {p.licence} | {seen[p.npm]} | {out[p.npm]} |"
        for p in SOURCES
    ]
    total = f"| **together** | | | **{sum(seen.values())}** | **{sum(out.values())}** |"
    return "\n".join([*lines, total])


def _last(run: Path) -> dict:
    return json.loads((run / "log.jsonl").read_text().splitlines()[-1])


def _training() -> str:
    vae, flow, detail = _last(VAE_RUN), _last(RUN), _last(DETAIL_RUN)
    return (
        f"Autoencoder: {vae['step']} steps of 16 crops, {vae['psnr'][0]} dB PSNR on held-out "
        f"drawings. Transformer: {flow['step']} steps, {int(flow['seen'])} pictures, final loss "
        f"{flow['loss']}; rectified flow, Muon and AdamW, averaged weights. Detail network: "
        f"{detail['step']} steps of 16 cuts; held-out pictures went from {detail['before']} to "
        f"{detail['after']} dB."
    )


def _millions(model: torch.nn.Module) -> float:
    return sum(p.numel() for p in model.parameters()) / 1e6


def _forget_origin(config: Path) -> None:
    """Takes out the folder that the weights were loaded from."""
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2) + "\n")


def _networks(target: Path, *, is_new: bool) -> dict[str, torch.nn.Module]:
    """Transformer, autoencoder and detail network in bfloat16; new ones are saved there."""
    dtype = torch.bfloat16
    kinds: dict[str, tuple[Any, Path]] = {
        "transformer": (FluxTransformer2DModel, RUN),
        "vae": (AutoencoderKL, VAE_RUN),
        "detail": (DetailNet, DETAIL_RUN),
    }
    models: dict[str, Any] = {}
    for name, (kind, run) in kinds.items():
        source = run / "weights" if is_new else target / name
        models[name] = kind.from_pretrained(source, torch_dtype=dtype)
        if is_new:
            models[name].save_pretrained(target / name)
            _forget_origin(target / name / "config.json")
    return models


def _memory(target: Path) -> int:
    """Copies the memory and writes its names; returns how many drawings it holds."""
    folder = target / "references"
    folder.mkdir(parents=True, exist_ok=True)
    for name in MEMORY_FILES:
        shutil.copyfile(MEMORY / name, folder / name)
    return len(json.loads((folder / MEMORY_FILES[1]).read_text("utf-8"))["drawings"])


def export(target: Path = TARGET, *, is_new: bool = True) -> None:
    """Writes the folder and its manifest; `is_new`: with networks that have been trained."""
    networks = _networks(target, is_new=is_new)
    sizes = {name: _millions(model) for name, model in networks.items()}
    FlowMatchEulerDiscreteScheduler().save_pretrained(target / "scheduler")
    (target / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    card = CARD.format(
        **sizes,
        drawings=_memory(target),
        training=_training(),
        sources=_sources(),
        own=len(drawn.drawn()),
        author=drawn.AUTHOR,
        licence=drawn.LICENCE,
    )
    (target / "README.md").write_text(card, "utf-8")
    files = sorted(p for p in target.rglob("*") if p.suffix in (".json", ".safetensors"))
    hashes = {
        p.relative_to(target).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.name != "manifest.json"
    }
    for path in files:
        path.chmod(0o644)
    (target / "manifest.json").write_text(json.dumps(hashes, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="the memory and the card alone")
    export(is_new=not parser.parse_args().memory)
