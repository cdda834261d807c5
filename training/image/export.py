"""Packs the trained networks into assets/pocket-image: a diffusers folder with hashes and a card.

    python -m training.image.export

bf16 safetensors, `model_index.json` so that stock Flux pipelines open the folder, `manifest.json`
with the sha256 of every file, and a model card that counts and credits every source.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

from training.image.packs import SOURCES
from training.image.split import held_out, manifest
from training.slices import CACHE

TARGET = Path(__file__).parents[2] / "assets" / "pocket-image"
RUN = CACHE / "runs" / "transformer"
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
| transformer | `FluxTransformer2DModel` | {transformer:.1f} M |
| vae | `AutoencoderKL`: colour over white and alpha, 8 latent channels | {vae:.1f} M |
| text | pocket-text, see its own card | |

Stock pipelines open the folder: `FluxPipeline.from_pretrained("assets/pocket-image",
text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None)`, and likewise
`FluxImg2ImgPipeline` and `FluxInpaintPipeline`; `pipelines/pocket/image.py` shows how pocket-text's
states go in as `prompt_embeds`.

Its own size is 128 × 128 px of latents (or another shape with about as many); pocket-upscale takes
the result to 512, 1024 and 2048 px.

## Training
{training}

Every training item is a drawing from a package whose licence allows it. Flags, brand logos and
duplicates by skin tone were left out; of every concept with at least five drawings one was held out
for the evaluation and never seen.

| source | author | licence | drawings seen | held out |
|---|---|---|---|---|
{sources}

English and Chinese names and tags: emojibase-data 17.0.0 (MIT), from Unicode CLDR (Unicode-3.0).
Backgrounds and scenes were composed by program. CC-BY-4.0 drawings were rasterised, scaled and
recoloured.

## Limits
These are first weights, trained for about an hour on one CPU core, and it shows: colours,
backgrounds, counts and layout follow the words, most things are still shapes rather than
themselves. The loss was still falling when the time was up; `training/QUEUE.md` says how to go on.

Faces and hands of people are simple; letters and words in pictures are not readable; it knows about
1,600 things and answers anything else with what is nearest in meaning.
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


def _training() -> str:
    def last(run: str) -> dict:
        log = (CACHE / "runs" / run / "log.jsonl").read_text().splitlines()
        return json.loads(log[-1])

    vae, flow = last("vae"), last("transformer")
    return (
        f"Autoencoder: {vae['step']} steps of 16 crops, {vae['psnr'][0]} dB PSNR on held-out "
        f"drawings. Transformer: {flow['step']} steps, {int(flow['seen'])} pictures, final loss "
        f"{flow['loss']}; "
        "rectified flow, Muon and AdamW, averaged weights."
    )


def _millions(model: torch.nn.Module) -> float:
    return sum(p.numel() for p in model.parameters()) / 1e6


def _forget_origin(config: Path) -> None:
    """Takes out the folder that the weights were loaded from."""
    values = json.loads(config.read_text())
    values.pop("_name_or_path", None)
    config.write_text(json.dumps(values, indent=2) + "\n")


def export(target: Path = TARGET, run: Path = RUN) -> None:
    """Writes the folder and its manifest."""
    transformer = FluxTransformer2DModel.from_pretrained(
        run / "weights", torch_dtype=torch.bfloat16
    )
    vae = AutoencoderKL.from_pretrained(run / "vae", torch_dtype=torch.bfloat16)
    for name, model in (("transformer", transformer), ("vae", vae)):
        model.save_pretrained(target / name)
        _forget_origin(target / name / "config.json")
    FlowMatchEulerDiscreteScheduler().save_pretrained(target / "scheduler")
    (target / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    card = CARD.format(
        transformer=_millions(transformer),
        vae=_millions(vae),
        training=_training(),
        sources=_sources(),
    )
    (target / "README.md").write_text(card, "utf-8")
    files = sorted(p for p in target.rglob("*") if p.suffix in (".json", ".safetensors"))
    hashes = {
        p.relative_to(target).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.name != "manifest.json"
    }
    (target / "manifest.json").write_text(json.dumps(hashes, indent=2) + "\n")


if __name__ == "__main__":
    export()
