"""Trains pocket-text in slices: `python -m training.text.train --minutes 10 --total 45`.

Runs on a CPU or a CUDA device with the same command. A checkpoint holds everything, so a killed
slice loses at most `CHECKPOINT_SECONDS`; the learning rate follows the time spent out of
`--total`. Weights go to assets/pocket-text/ and a line to training/RUNS.md when a slice ends.
Knows nothing about where texts come from: it reads the pack that build.py made.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from training.text import grammar
from training.text.build import ASSETS, WORK
from training.text.pack import Pack, read_pack, row_of
from training.text.student import Batch, Heads, losses, make_student, total
from training.text.tokenizer import MAX_POSITIONS, twins
from training.text.warm_start import fit_bag, write_into

CHECKPOINT_SECONDS = 180
BATCH = 128
OTHERS = 768
LONG_EVERY = 10
PEAK_RATES = (0.01, 1.5e-3)  # Muon, AdamW
RUNS = Path(__file__).parents[1] / "RUNS.md"


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _to_batch(
    pack: Pack, rows: list[np.ndarray], target: np.ndarray, labels: np.ndarray, others: np.ndarray
) -> Batch:
    lengths = np.array([len(r) for r in rows])
    ids = np.ones((len(rows), int(lengths.max())), np.int64)
    for line, row in enumerate(rows):
        ids[line, : len(row)] = row
    negatives = _unit(pack.vectors[pack.target[others]])
    arrays = (ids, lengths, _unit(target), negatives, labels.astype(np.int64))
    return Batch(*map(torch.from_numpy, arrays))


def _long_batch(pack: Pack, picks: np.ndarray, others: np.ndarray) -> Batch:
    """Several texts joined into one long one, aiming at the mean: how long prompts are learned."""
    rows, targets, start = [], [], 0
    while start < len(picks) and len(rows) < BATCH // 3:
        parts: list[np.ndarray] = []
        size = 2
        first = start
        while start < len(picks) and size + pack.lengths[picks[start]] - 2 <= MAX_POSITIONS:
            parts.append(row_of(pack, picks[start])[1:-1])
            size += len(parts[-1])
            start += 1
        members = picks[first:start]
        weight = np.array([len(p) for p in parts], np.float32)[:, None]
        targets.append((pack.vectors[pack.target[members]].astype(np.float32) * weight).sum(0))
        rows.append(np.concatenate(([0], *parts, [1])))
    labels = np.full((len(rows), len(grammar.SLOTS)), -1)
    return _to_batch(pack, rows, np.stack(targets), labels, others)


def batches(pack: Pack, rng: np.random.Generator) -> Iterator[Batch]:
    """Endless; texts of like length share a batch, so that little is padding."""
    cumulative = np.cumsum(pack.weights)
    while True:
        draws = np.searchsorted(cumulative, rng.random(BATCH * 32) * cumulative[-1])
        draws = draws[np.argsort(pack.lengths[draws] + rng.random(len(draws)) * 2)]
        groups = draws.reshape(-1, BATCH)
        for number in rng.permutation(len(groups)):
            picks = groups[number]
            rows = [row_of(pack, i) for i in picks]
            others = rng.choice(draws, OTHERS, replace=False)
            vectors = pack.vectors[pack.target[picks]]
            yield _to_batch(pack, rows, vectors, pack.labels[picks], others)
            if number % LONG_EVERY == 0:
                yield _long_batch(pack, rng.choice(draws, BATCH * 3), others)


def optimizers(model: nn.Module, heads: Heads) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for tables, norms and heads."""
    blocks = [p for n, p in model.named_parameters() if p.ndim == 2 and "embedding" not in n]
    chosen = {id(p) for p in blocks}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    adam = [*rest, *heads.parameters()]
    return [
        torch.optim.Muon(blocks, lr=PEAK_RATES[0], weight_decay=0.01),
        torch.optim.AdamW(adam, lr=PEAK_RATES[1], betas=(0.9, 0.98), weight_decay=0.01),
    ]


@dataclass
class Run:
    """Everything a checkpoint holds."""

    model: nn.Module
    heads: Heads
    optimizers: list[torch.optim.Optimizer]
    seconds: float = 0.0
    steps: int = 0
    samples: int = 0
    means: dict[str, float] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "seconds": self.seconds,
            "steps": self.steps,
            "samples": self.samples,
        }
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.seconds, self.steps, self.samples = (
            state["seconds"], state["steps"], state["samples"],
        )  # fmt: skip


def rate(progress: float, steps: int) -> float:
    """Warm up over 60 steps, hold, then fall to 2 % over the last 60 % of the time."""
    return min(1.0, (steps + 1) / 60) * min(1.0, max(0.02, (1 - progress) / 0.6))


def train_slice(run: Run, pack: Pack, options: argparse.Namespace, checkpoint: Path) -> None:
    rng = np.random.default_rng(run.steps + 7)
    stream = batches(pack, rng)
    started, saved = time.monotonic(), time.monotonic()
    before = run.seconds
    parameters = [*run.model.parameters(), *run.heads.parameters()]
    while time.monotonic() - started < options.minutes * 60:
        progress = run.seconds / (options.total * 60)
        if progress >= 1:
            break
        scale = rate(progress, run.steps)
        for optimizer, peak in zip(run.optimizers, PEAK_RATES, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * scale
        batch = next(stream).to(options.device)
        with torch.autocast(options.device.split(":")[0], torch.bfloat16):
            parts = losses(run.model, run.heads, batch)
            loss = total(parts)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        run.steps += 1
        run.samples += len(batch.ids)
        run.seconds = before + time.monotonic() - started
        for name, value in parts.items():
            old = run.means.get(name, value.item())
            run.means[name] = 0.98 * old + 0.02 * value.item()
        if run.steps % 25 == 0:
            report(run)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            run.save(checkpoint)
            saved = time.monotonic()
    run.save(checkpoint)


def report(run: Run) -> None:
    means = " ".join(f"{name} {value:.3f}" for name, value in run.means.items())
    sys.stdout.write(
        f"step {run.steps} {run.seconds:.0f}s {run.samples / run.seconds:.0f}/s {means}\n"
    )
    sys.stdout.flush()


def export(model: nn.Module, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write the bf16 weights with twin rows filled in, and the manifest of hashes."""
    twin = CLIPTextModelWithProjection(model.config)
    twin.load_state_dict(model.state_dict())
    table = twin.get_input_embeddings().weight.data
    for inside, end in twins(tokenizer):
        table[end] = table[inside]
    twin.to(torch.bfloat16).save_pretrained(folder)
    names = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    hashes = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}
    (folder / "manifest.json").write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def warm_start(model: nn.Module, pack: Pack, vocabulary: int) -> None:
    write_into(model, fit_bag(pack, vocabulary))


def log_run(run: Run, pack: Pack, options: argparse.Namespace) -> None:
    if not RUNS.exists():
        RUNS.write_text("# Training runs\n\nOne line a slice, newest last.\n\n", encoding="utf-8")
    means = ", ".join(f"{name} {value:.3f}" for name, value in run.means.items())
    with RUNS.open("a", encoding="utf-8") as file:
        file.write(
            f"- pocket-text, {time.strftime('%Y-%m-%d %H:%M')}, {options.device}, data "
            f"{pack.digest}: {run.seconds / 60:.1f} of {options.total:g} min, {run.steps} steps, "
            f"{run.samples} samples; {means}\n"
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="length of this slice")
    parser.add_argument("--total", type=float, default=45, help="length of the whole schedule")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--fresh", action="store_true", help="forget the checkpoint")
    parser.add_argument("--name", default="pocket-text", help="the checkpoint's name")
    parser.add_argument("--export", type=Path, default=ASSETS)
    return parser.parse_args()


def main() -> None:
    options = parse()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    tokenizer = CLIPTokenizer.from_pretrained(ASSETS)
    canonical = np.arange(len(tokenizer))
    for inside, end in twins(tokenizer):
        canonical[end] = inside
    pack = read_pack(canonical)
    model = make_student(len(tokenizer), MAX_POSITIONS, options.layers, options.width)
    heads = Heads(options.width, grammar.slot_sizes())
    model.to(options.device), heads.to(options.device)
    run = Run(model, heads, optimizers(model, heads))
    checkpoint = WORK / f"{options.name}.pt"
    if checkpoint.exists() and not options.fresh:
        run.resume(checkpoint)
    else:
        warm_start(model, pack, len(tokenizer))
    train_slice(run, pack, options, checkpoint)
    export(run.model.cpu(), tokenizer, options.export)
    log_run(run, pack, options)


if __name__ == "__main__":
    main()
