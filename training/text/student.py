"""The student and the heads that only training needs.

The student is a stock CLIPTextModelWithProjection. Three heads make its states useful: slot
readers attend over the token states as a denoiser's cross-attention would, a linear layer reads
the same slots from the pooled vector, and a tied next-token head keeps each state informative.
Knows nothing about files or sources.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

READ_WIDTH = 96
TEMPERATURE = 0.05
# Targets nearer than this are the same meaning, so they are no negatives of each other.
SAME_MEANING = 0.9
# A softmax over the vocabulary at every position would cost as much as the student itself.
NEXT_TOKEN_POSITIONS = 256


def make_student(vocabulary: int, positions: int, layers: int, width: int) -> nn.Module:
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        max_position_embeddings=positions,
        projection_dim=384,
        hidden_act="gelu",
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModelWithProjection(config)


@dataclass(frozen=True)
class Batch:
    """ids (B, T) padded with the end token; lengths (B,); target (B, 384) and other texts'
    targets (N, 384), unit; labels (B, S), 0 "not said", -1 not known."""

    ids: Tensor
    lengths: Tensor
    target: Tensor
    others: Tensor
    labels: Tensor

    def to(self, device: str) -> "Batch":
        fields = (self.ids, self.lengths, self.target, self.others, self.labels)
        return Batch(*(field.to(device) for field in fields))


class Heads(nn.Module):
    def __init__(self, width: int, slot_sizes: list[int]) -> None:
        super().__init__()
        self.sizes = slot_sizes
        self.queries = nn.Parameter(torch.randn(len(slot_sizes), READ_WIDTH) / 4)
        self.key = nn.Linear(width, READ_WIDTH)
        self.value = nn.Linear(width, 2 * READ_WIDTH)
        self.from_tokens = nn.ModuleList(nn.Linear(2 * READ_WIDTH, n) for n in slot_sizes)
        self.from_pooled = nn.Linear(384, sum(slot_sizes))
        self.next_token = nn.Linear(width, width)
        nn.init.zeros_(self.next_token.weight)

    def read(self, states: Tensor, valid: Tensor) -> Tensor:
        """What each slot's query finds in states (B, T, D); returns (B, S, 2 R)."""
        scores = self.queries @ self.key(states).transpose(1, 2) / math.sqrt(READ_WIDTH)
        scores = scores.masked_fill(~valid[:, None], -1e4)
        return scores.softmax(-1).to(states.dtype) @ self.value(states)


def _slot_loss(logits: list[Tensor], labels: Tensor) -> Tensor:
    """Mean over the slots of the rows where the slot's value is known."""
    losses = [
        F.cross_entropy(logit.float(), labels[:, slot], ignore_index=-1, reduction="sum")
        for slot, logit in enumerate(logits)
    ]
    # Most slots are "not said" in most rows: dividing by the said ones keeps the scale honest.
    return torch.stack(losses).sum() / (labels > 0).sum().clamp(min=1)


def _next_token_loss(model: nn.Module, heads: Heads, states: Tensor, batch: Batch) -> Tensor:
    """Predict the next token at a few random positions."""
    places = torch.arange(batch.ids.shape[1] - 1, device=batch.ids.device)
    inside = (places[None] < batch.lengths[:, None] - 1).nonzero()
    chosen = inside[torch.randint(len(inside), (NEXT_TOKEN_POSITIONS,), device=inside.device)]
    rows, columns = chosen.unbind(1)
    table = model.get_input_embeddings().weight
    logits = heads.next_token(states[rows, columns]) @ table.to(states.dtype).T
    return F.cross_entropy(logits.float(), batch.ids[rows, columns + 1])


def _contrast(pooled: Tensor, target: Tensor, others: Tensor) -> Tensor:
    every = torch.cat((target, others))
    own = torch.arange(len(target), device=target.device)
    is_same = target @ every.T > SAME_MEANING
    is_same[own, own] = False
    logits = pooled @ every.T / TEMPERATURE
    return F.cross_entropy(logits.masked_fill(is_same, -1e4), own)


def losses(model: nn.Module, heads: Heads, batch: Batch) -> dict[str, Tensor]:
    found = model(input_ids=batch.ids)
    states, pooled = found.last_hidden_state, F.normalize(found.text_embeds.float(), dim=-1)
    parts = {
        "cosine": (1 - (pooled * batch.target).sum(-1)).mean(),
        "contrast": _contrast(pooled, batch.target, batch.others),
        "next": _next_token_loss(model, heads, states, batch),
    }
    if bool((batch.labels > 0).any()):
        valid = torch.arange(states.shape[1], device=states.device)[None] < batch.lengths[:, None]
        known = (batch.labels >= 0).any(1)
        read = heads.read(states[known], valid[known])
        labels = batch.labels[known]
        by_slot = [head(read[:, slot]) for slot, head in enumerate(heads.from_tokens)]
        parts["slots"] = _slot_loss(by_slot, labels)
        flat = heads.from_pooled(pooled[known] * 16)
        parts["pooled_slots"] = _slot_loss(list(flat.split(heads.sizes, 1)), labels)
    return parts


WEIGHTS = {"cosine": 4.0, "contrast": 0.5, "next": 0.15, "slots": 0.25, "pooled_slots": 0.12}


def total(parts: dict[str, Tensor]) -> Tensor:
    return torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
