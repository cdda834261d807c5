"""Trains the judge that scores generated pictures, on drawings that no one held out.

    python -m training.image.train_judge --minutes 20

A stock `ResNetForImageClassification` at 64 px whose labels are the concepts, the styles and the
counts 1 to 4, each a range of one output. The first part sees smaller pictures, which is cheaper.
Resumes from its checkpoint. `--cpu-minutes` bounds the work where the machine is shared.
"""

import argparse
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import ResNetConfig, ResNetForImageClassification

from training.image.judge_data import MAX_COUNT, SIDE, Composer, Shelf, seen_rows, shelf, test_rows
from training.slices import CACHE, Slice

RUN = CACHE / "runs" / "judge"
WIDTHS = (48, 96, 160, 208)
DEPTHS = (2, 2, 2, 2)
EMA = 0.998
FIRST_SIDE = 48
SETTLE = 0.5
WEIGHT_DECAY = 0.05
STYLE_WEIGHT = 1.0
COUNT_WEIGHT = 0.3


def build(concepts: tuple[str, ...], styles: tuple[str, ...]) -> ResNetForImageClassification:
    """A fresh judge; the names of its outputs say what each range means."""
    labels = [f"concept:{c}" for c in concepts] + [f"style:{s}" for s in styles]
    labels += [f"count:{n + 1}" for n in range(MAX_COUNT)]
    config = ResNetConfig(
        embedding_size=WIDTHS[0],
        hidden_sizes=list(WIDTHS),
        depths=list(DEPTHS),
        layer_type="basic",
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    return ResNetForImageClassification(config)


def normalised(x: Tensor) -> Tensor:
    """[0, 1] → what the network reads."""
    return (x * 2 - 1).contiguous(memory_format=torch.channels_last)


def loss_of(logits: Tensor, shelf: Shelf, concept: Tensor, style: Tensor, count: Tensor) -> Tensor:
    """Concept, style and count, each a cross-entropy of its own range."""
    c, s = len(shelf.concepts), len(shelf.styles)
    loss = F.cross_entropy(logits[:, :c], concept, ignore_index=-1, label_smoothing=0.1)
    loss = loss + STYLE_WEIGHT * F.cross_entropy(logits[:, c : c + s], style, ignore_index=-1)
    return loss + COUNT_WEIGHT * F.cross_entropy(logits[:, c + s :], count)


def over_white(sprites: Tensor) -> Tensor:
    """Premultiplied uint8 (B, 4, H, W) → float (B, 3, H, W) over white."""
    x = sprites.float() / 255
    return x[:, :3] + 1 - x[:, 3:]


@torch.no_grad()
def check(model: ResNetForImageClassification, shelf: Shelf, rows: Tensor) -> dict[str, float]:
    """Accuracy on plain drawings (over white) in these rows."""
    rows = rows[shelf.concept[rows] >= 0]
    c, s = len(shelf.concepts), len(shelf.styles)
    hits = {"top1": 0, "top5": 0, "style": 0}
    for part in rows.split(256):
        logits = model(pixel_values=normalised(over_white(shelf.sprites[part]))).logits
        truth = shelf.concept[part][:, None]
        best = logits[:, :c].topk(5).indices
        hits["top1"] += int((best[:, :1] == truth).sum())
        hits["top5"] += int((best == truth).sum())
        hits["style"] += int((logits[:, c : c + s].argmax(1) == shelf.style[part]).sum())
    return {name: round(hit / len(rows), 4) for name, hit in hits.items()}


def _progress(run: Slice, cpu_minutes: float) -> float:
    """0 at the start, 1 when the time on the processor or on the clock is spent.

    The clock counts from `SETTLE` on: on a crowded machine the rate stays high until then.
    """
    on_clock = max(0.0, (run.progress() - SETTLE) / (1 - SETTLE))
    return max(on_clock, time.process_time() / (60 * cpu_minutes))


def _rate(progress: float) -> float:
    warm = min(1.0, progress / 0.03)
    return warm * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * progress)))


class Optimizers:
    """Muon for the convolutions, AdamW for norms and the head, at one schedule."""

    def __init__(self, model: torch.nn.Module, peak: tuple[float, float]) -> None:
        self.peak = peak
        inner = [p for n, p in model.named_parameters() if p.ndim == 4 and "embedder" not in n]
        outer = [p for p in model.parameters() if all(p is not q for q in inner)]
        # Muon takes matrices: these share the memory of the channels-last kernels.
        self.kernels = [(p, p.data.permute(0, 2, 3, 1).flatten(1)) for p in inner]
        assert all(q.data_ptr() == p.data_ptr() for p, q in self.kernels)
        self.muon = torch.optim.Muon(
            [q for _, q in self.kernels], peak[0], weight_decay=WEIGHT_DECAY, ns_steps=4,
            adjust_lr_fn="match_rms_adamw",
        )  # fmt: skip
        groups = [{"params": [p for p in outer if p.ndim > 1]},
                  {"params": [p for p in outer if p.ndim <= 1], "weight_decay": 0.0}]  # fmt: skip
        self.adamw = torch.optim.AdamW(groups, peak[1], (0.9, 0.98), weight_decay=WEIGHT_DECAY)

    def step(self, share: float) -> None:
        """One step at this share of the peak rates."""
        for p, q in self.kernels:
            assert p.grad is not None
            q.grad = p.grad.permute(0, 2, 3, 1).flatten(1)
        for optimizer, peak in zip((self.muon, self.adamw), self.peak, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            optimizer.step()

    def state_dict(self) -> list[dict]:
        return [self.muon.state_dict(), self.adamw.state_dict()]

    def load_state_dict(self, states: list[dict]) -> None:
        self.muon.load_state_dict(states[0])
        self.adamw.load_state_dict(states[1])


@dataclass(frozen=True)
class Plan:
    """One slice of training. `first_share` of it sees the smaller pictures."""

    minutes: float
    cpu_minutes: float = 20
    batch: int = 128
    peak: tuple[float, float] = (0.01, 3e-3)
    first_share: float = 0.6


def train(plan: Plan, folder: Path = RUN) -> None:
    """Runs one slice; the averaged weights are what is kept."""
    torch.manual_seed(0)
    run = Slice(folder, plan.minutes)
    book = shelf()
    composer = Composer(book, seen_rows(), seed=0)
    model = build(book.concepts, book.styles).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    optimizers = Optimizers(model, plan.peak)
    step = 0
    if (kept := run.restore("cpu")) is not None:
        model.load_state_dict(kept["model"])
        average.load_state_dict(kept["average"])
        optimizers.load_state_dict(kept["optimizer"])
        step = kept["step"]
        composer.rng.manual_seed(step)

    def state() -> dict:
        return {"model": model.state_dict(), "average": average.state_dict(),
                "optimizer": optimizers.state_dict(), "step": step}  # fmt: skip

    test = torch.as_tensor(test_rows())
    run.log(concepts=len(book.concepts), seen=len(composer.known), held_out=len(test),
            parameters=sum(p.numel() for p in model.parameters()))  # fmt: skip
    while (progress := _progress(run, plan.cpu_minutes)) < 1:
        if composer.side != (side := FIRST_SIDE if progress < plan.first_share else SIDE):
            composer.side = side
        x, concept, style, count = composer.batch(plan.batch)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(pixel_values=normalised(x)).logits
        loss = loss_of(logits.float(), book, concept, style, count)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimizers.step(_rate(progress))
        step += 1
        follow(average, model, min(EMA, step / (step + 20)))
        if step % 100 == 0:
            facts = check(average, book, test) if step % 200 == 0 else {}
            run.log(
                step=step,
                loss=round(loss.item(), 3),
                pictures=step * plan.batch,
                cpu=round(time.process_time()),
                **facts,
            )
        if run.is_due():
            run.keep(state)
    run.keep(state)
    run.log(step=step, **check(average, book, test))
    average.save_pretrained(folder / "weights")


@torch.no_grad()
def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    """Moves the averaged weights (and batch statistics) towards the model's."""
    mine, theirs = average.state_dict(), model.state_dict()
    for name, value in mine.items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - decay)
        else:
            value.copy_(theirs[name])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--cpu-minutes", type=float, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--peak", type=float, nargs=2, default=(0.01, 3e-3))
    parser.add_argument("--first-share", type=float, default=0.6)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(Plan(args.minutes, args.cpu_minutes, args.batch, tuple(args.peak), args.first_share))
