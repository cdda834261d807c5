"""Gives the student a first idea of every token before the costly training starts.

A bag of token vectors is fitted to the teacher's targets (seconds, no attention), then written
into the student, which starts as that bag and only has to learn what a bag cannot say. Knows
nothing about sources or files.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.text.pack import Pack, row_of
from training.text.student import TEMPERATURE

STEPS, BATCH = 700, 1024


def fit_bag(pack: Pack, vocabulary: int) -> Tensor:
    """Token vectors (V, 384) whose sum over a text points at the text's target."""
    bag = nn.EmbeddingBag(vocabulary, pack.vectors.shape[1], mode="sum", sparse=True)
    nn.init.normal_(bag.weight, std=0.02)
    optimizer = torch.optim.SparseAdam(bag.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, STEPS)
    rng = np.random.default_rng(3)
    cumulative = np.cumsum(pack.weights)
    for _ in range(STEPS):
        picks = np.searchsorted(cumulative, rng.random(BATCH) * cumulative[-1])
        spans = [row_of(pack, i)[1:-1] for i in picks]
        offsets = np.cumsum([0, *map(len, spans[:-1])])
        aim = torch.from_numpy(pack.vectors[pack.target[picks]].astype(np.float32))
        found = bag(torch.from_numpy(np.concatenate(spans)), torch.from_numpy(offsets))
        unit = F.normalize(found, dim=-1)
        same = (aim @ aim.T > 0.9) & ~torch.eye(BATCH, dtype=torch.bool)
        logits = (unit @ aim.T / TEMPERATURE).masked_fill(same, -1e4)
        loss = 3 * (1 - (unit * aim).sum(-1)).mean() + 0.2 * F.cross_entropy(
            logits, torch.arange(BATCH)
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return bag.weight.detach()


@torch.no_grad()
def write_into(model: nn.Module, bag: Tensor) -> None:
    """Make the untrained student compute the bag: the first layer's heads average, by norm.

    A token's row is its bag vector's direction in the principal axes; one more dimension holds
    the logarithm of its norm, which the first layer's keys read and its softmax turns back into
    the norm. Everything else starts small.
    """
    width = model.config.hidden_size
    # Uncentred, so that a sum of table rows still projects back onto a sum of bag vectors.
    _, axes = torch.linalg.eigh(bag.T @ bag)
    axes = axes[:, -(width - 1) :]
    norm = bag.norm(dim=1).clamp(min=1e-3)
    table = torch.zeros(len(bag), width)
    table[:, :-1] = F.normalize(bag @ axes, dim=1) * (width - 1) ** 0.5
    table[:, -1] = (norm / norm.max()).log().clamp(min=-6)
    # The two marks say nothing themselves: the end mark must show what it gathered.
    table[:2] = torch.randn(2, width) * 0.02
    table[:2, -1] = -6
    model.get_input_embeddings().weight.copy_(table)
    model.text_model.embeddings.position_embedding.weight.mul_(0.5)
    model.text_projection.weight.zero_()
    model.text_projection.weight[:, :-1] = axes / width**0.5
    for layer in model.text_model.encoder.layers:
        layer.self_attn.out_proj.weight.mul_(0.3)
        layer.mlp.fc2.weight.mul_(0.3)
    _average_by_norm(model.text_model.encoder.layers[0].self_attn)


def _average_by_norm(attention: nn.Module) -> None:
    """Keys read the last dimension, queries are constant, values pass through."""
    width, heads = attention.embed_dim, attention.num_heads
    size = width // heads
    attention.k_proj.weight.mul_(0.1)
    attention.q_proj.weight.mul_(0.1)
    for head in range(heads):
        attention.k_proj.weight[head * size] = 0
        attention.k_proj.weight[head * size, -1] = 1
        attention.q_proj.weight[head * size] = 0
        attention.q_proj.bias[head * size] = size**0.5
    for layer in (attention.v_proj, attention.out_proj):
        layer.weight.copy_(torch.eye(width))
