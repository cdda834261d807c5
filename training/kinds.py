"""Fits pocket-kinds: the layers of pocket-text, to tell what a whole prompt asks for.

    python -m training.kinds                            everything, from pocket-text's layers
    python -m training.kinds --left-out FILE --out DIR  without one author's prompts
    python -m training.kinds --start FILE --epochs 3    a few rounds more from weights it wrote

Reads what `training.router` reads, its grammar included, never the held-out half. Vectors of words
stay as they are. Knows nothing of evidence or of the linear model. One thread, bf16, about a minute
of a core a round.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipelines.pocket.kind_reader import ASSETS, TEXT, WEIGHTS, KindHead, copied, refitted
from pipelines.pocket.text import PocketText
from studio.backbone.linear import KINDS
from training import router

Rows = NDArray[np.intp]
EPOCHS = 9
BATCH = 32
RATE = 3e-4
HEAD_RATE = 2e-3
DECAY = 0.02
WARM_UP = 100
LEAST_RATE = 0.02
"""Of the full rate, what is left at the end."""
SOFT = 0.02
"""Of the whole chance, what each wrong kind keeps: some prompts may be noted wrongly."""
FORGOTTEN = 0.1
"""Of the words of a prompt, how many are left out each time it is read."""
GRAMMAR_ROWS = 600
"""Sentences of the grammar in a round, others each time."""
LIKE_LONG = 1024
"""So many prompts at a time are sorted by length, so that batches have little padding."""


@dataclass(frozen=True)
class Lesson:
    """Token numbers of N texts, targets (N, 3), and which rows are learned in every round."""

    tokens: list[list[int]]
    targets: Tensor
    hand: Rows
    grammar: Rows


class Reader(nn.Module):
    """What is fitted: the layers of a copy of pocket-text, and the head over its states."""

    def __init__(self, base: PocketText) -> None:
        super().__init__()
        self.model = copied(base.model)
        self.head = KindHead(base.width)
        self.model.requires_grad_(False)
        refitted(self.model).requires_grad_(True)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return self.head(states, mask)

    def parts(self) -> nn.ModuleDict:
        """What is written: the layers and the head."""
        return nn.ModuleDict({"text": refitted(self.model), "head": self.head})


def lesson(base: PocketText, data: router.Data, left_out: set[str]) -> Lesson:
    """Everything but the texts that are left out; of long texts the first window."""
    tokens = [base.windows(text)[0] for text in data.texts]
    is_kept = np.array([text not in left_out for text in data.texts])
    targets = torch.tensor(data.targets, dtype=torch.float32)
    return Lesson(
        tokens,
        targets,
        np.flatnonzero(data.is_hand & is_kept),
        np.flatnonzero(~data.is_hand),
    )


def batches(part: Lesson, random: np.random.Generator) -> list[Rows]:
    """One round: every prompt and some of the grammar, texts of like length together."""
    some = random.choice(part.grammar, min(GRAMMAR_ROWS, len(part.grammar)), replace=False)
    rows = random.permutation(np.concatenate([part.hand, some]))
    made: list[Rows] = []
    for start in range(0, len(rows), LIKE_LONG):
        block = rows[start : start + LIKE_LONG]
        block = block[np.argsort([len(part.tokens[row]) for row in block])]
        made += [block[first : first + BATCH] for first in range(0, len(block), BATCH)]
    return [made[place] for place in random.permutation(len(made))]


def padded(sequences: list[list[int]], end: int) -> tuple[Tensor, Tensor]:
    """Token numbers (B, T) and mask (B, T)."""
    longest = max(map(len, sequences))
    ids = torch.tensor([row + [end] * (longest - len(row)) for row in sequences])
    lengths = torch.tensor([len(row) for row in sequences])
    return ids, torch.arange(longest) < lengths[:, None]


def forgetful(tokens: list[int], random: np.random.Generator) -> list[int]:
    """The text without some of its words; the marks at both ends stay."""
    kept = random.random(len(tokens)) >= FORGOTTEN
    kept[[0, -1]] = True
    return [number for number, is_kept in zip(tokens, kept, strict=True) if is_kept]


def fit(reader: Reader, part: Lesson, epochs: int, share: float) -> Iterator[str]:
    """Learn for some rounds at a share of the full rate; a line of report for each."""
    random = np.random.default_rng(0)
    layers = [p for p in refitted(reader.model).parameters() if p.requires_grad]
    groups = [
        {"params": layers, "lr": RATE},
        {"params": [*reader.head.parameters()], "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    total = epochs * len(batches(part, np.random.default_rng(0)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: share * min(1.0, (step + 1) / WARM_UP) * max(LEAST_RATE, 1 - step / total),
    )
    started = time.monotonic()
    for epoch in range(epochs):
        reader.train()
        losses = []
        for rows in batches(part, random):
            losses.append(_step(reader, part, rows, random, optimizer))
            schedule.step()
        yield f"round {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s"


def _step(
    reader: Reader,
    part: Lesson,
    rows: Rows,
    random: np.random.Generator,
    optimizer: torch.optim.Optimizer,
) -> float:
    ids, mask = padded([forgetful(part.tokens[row], random) for row in rows], 1)
    with torch.autocast("cpu", torch.bfloat16):
        scores = reader(ids, mask)
    wanted = part.targets[rows] * (1 - SOFT * len(KINDS)) + SOFT
    loss = -(wanted * scores.float().log_softmax(1)).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for p in reader.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    return loss.item()


def save(reader: Reader, folder: Path, text_sha256: str) -> None:
    """Write the weights in bf16, the pocket-text that they belong to, and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.to(torch.bfloat16).contiguous()
        for name, tensor in reader.parts().state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={TEXT: text_sha256})
    found = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({WEIGHTS: found}, indent=1) + "\n", "utf-8")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--share", type=float, default=1.0, help="of the full rate of learning")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--left-out", type=Path, help="prompts of one author, not learned from")
    parser.add_argument("--out", type=Path, default=ASSETS)
    given = parser.parse_args(arguments)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    base = PocketText.load()
    reader = Reader(base)
    if given.start is not None:
        loaded = {name: tensor.float() for name, tensor in load_file(given.start).items()}
        reader.parts().load_state_dict(loaded)
    left_out = router.read_prompts(given.left_out) if given.left_out is not None else []
    part = lesson(base, router.data(), {prompt.text for prompt in left_out})
    for line in fit(reader, part, given.epochs, given.share):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        save(reader, given.out, base.sha256)


if __name__ == "__main__":
    main(sys.argv[1:])
