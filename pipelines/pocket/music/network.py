"""The music model's network: a stock ModernBERT between embeddings of five streams and their heads.

A position is an 8th: two tokens each of melody, bass and drums, one of chord and texture. Their
embeddings are summed with those of the place in the bar, the bar, the phrase and the conditions,
and with what a musician would look at first: the chord that sounds and its tones, the nearest known
pitches before and after, the same place one, two and four bars away. After the transformer each
token has its own head. Knows nothing about sampling or training.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import ModernBertConfig, ModernBertModel, PretrainedConfig, PreTrainedModel

from pipelines.pocket.music import conditions
from pipelines.pocket.music.tokens import (
    BARS,
    FIRST,
    HOLD,
    SIZES,
    STREAMS,
    STRIDES,
    Stream,
    chord_of,
)
from studio.score import QUALITIES

POSITION_STEPS = 2
"""16ths in a position."""

SLOTS: dict[Stream, int] = {name: POSITION_STEPS // STRIDES[name] for name in STREAMS}
"""Tokens of each stream in a position."""

PLACES = 8 * len(conditions.METRES)
LONGEST = BARS * 8
INITIAL = 0.02
TEXT_SCALE = conditions.TEXT_WIDTH**0.5
"""A unit vector of 384 numbers has tiny components; this brings them to unit variance."""


LAGS = (-4, -2, -1, 1, 2, 4)
"""Bars away, at which the melody is shown beside each place."""


@dataclass(frozen=True)
class Batch:
    """What the network reads; B grids of L positions."""

    streams: dict[Stream, Tensor]
    """int64 (B, L · slots)."""

    place: Tensor
    """int64 (B, L), from `conditions.positions`."""

    phrases: Tensor
    """int64 (B, L)."""

    numbers: Tensor
    """int64 (B, len(conditions.SIZES)), in its order."""

    text: Tensor
    """float32 (B, 384), zeros for none."""

    def take(self, rows: Tensor) -> "Batch":
        streams: dict[Stream, Tensor] = {n: t[rows] for n, t in self.streams.items()}
        rest = (self.place, self.phrases, self.numbers, self.text)
        return Batch(streams, *(t[rows] for t in rest))


def chord_features() -> Tensor:
    """(chord tokens, 24): pitch classes of each chord, then its root."""
    table = torch.zeros(SIZES["chord"], 24)
    for token in range(FIRST, SIZES["chord"]):
        root, quality = chord_of(token)
        table[token, [(root + step) % 12 for step in QUALITIES[quality]]] = 1.0
        table[token, 12 + root] = 1.0
    return table


def sounding(chord: Tensor) -> Tensor:
    """(B, L) → (B, L): at each place the last token that is not HOLD."""
    places = torch.arange(chord.shape[1], device=chord.device).expand_as(chord)
    latest = torch.where(chord == HOLD, 0, places).cummax(1).values
    return chord.gather(1, latest)


def nearest(melody: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """(B, L · slots) → the last known pitch before each position and the first after it, or 0."""
    places = torch.arange(melody.shape[1], device=melody.device).expand_as(melody)
    is_pitch = melody >= FIRST
    last = torch.where(is_pitch, places + 1, 0).cummax(1).values
    shown = torch.cat([torch.zeros_like(melody[:, :1]), melody], 1)
    past = shown.gather(1, last)
    end = melody.shape[1]
    following = torch.where(is_pitch, places, end).flip(1).cummin(1).values.flip(1)
    future = torch.cat([melody, torch.zeros_like(melody[:, :1])], 1).gather(1, following)
    none = torch.zeros_like(melody[:, :1])
    before = torch.cat([none, past[:, slots - 1 : -1 : slots]], 1)
    after = torch.cat([future[:, slots::slots], none], 1)
    return before, after


def shifted(tokens: Tensor, by: int) -> Tensor:
    """(B, T) moved by some places, so that each shows what stood `by` places away; 0 beyond."""
    moved = torch.zeros_like(tokens)
    if abs(by) < tokens.shape[1]:
        if by < 0:
            moved[:, -by:] = tokens[:, :by]
        else:
            moved[:, :-by] = tokens[:, by:]
    return moved


class MusicConfig(PretrainedConfig):
    """Sizes of the transformer, and of what it was trained to read."""

    model_type = "pocket_music"

    def __init__(
        self,
        width: int = 320,
        layers: int = 6,
        heads: int = 5,
        inner: int = 640,
        text_width: int = conditions.TEXT_WIDTH,
        **kwargs,
    ) -> None:
        self.width, self.layers, self.heads, self.inner = width, layers, heads, inner
        self.text_width = text_width
        super().__init__(**kwargs)


def _trunk(config: MusicConfig) -> ModernBertModel:
    options: dict[str, Any] = {
        "vocab_size": 1,  # Only embeddings of ours go in.
        "hidden_size": config.width,
        "intermediate_size": config.inner,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "max_position_embeddings": LONGEST,
        "global_attn_every_n_layers": 1,
        # A short piece of music: places must differ after a few positions.
        "global_rope_theta": 1000.0,
        "attn_implementation": "sdpa",
    }
    options |= {f"{name}_token_id": None for name in ("pad", "bos", "eos", "cls", "sep")}
    return ModernBertModel(ModernBertConfig(**options))


class MusicDenoiser(PreTrainedModel):
    """Logits of every token from a grid in which some are masked."""

    config_class = MusicConfig
    base_model_prefix = "denoiser"
    chord_features: Tensor

    def __init__(self, config: MusicConfig) -> None:
        super().__init__(config)
        width = config.width
        self.trunk = _trunk(config)
        self.tokens = nn.ModuleDict(
            {
                f"{name}_{slot}": nn.Embedding(SIZES[name], width)
                for name in STREAMS
                for slot in range(SLOTS[name])
            }
        )
        self.heads = nn.ModuleDict(
            {
                f"{name}_{slot}": nn.Linear(width, SIZES[name])
                for name in STREAMS
                for slot in range(SLOTS[name])
            }
        )
        self.place = nn.Embedding(PLACES, width)
        self.bar = nn.Embedding(BARS, width)
        self.phrase = nn.Embedding(4, width)
        self.numbers = nn.ModuleDict(
            {name: nn.Embedding(size, width) for name, size in conditions.SIZES.items()}
        )
        self.text = nn.Linear(config.text_width, width)
        self.harmony = nn.Linear(24, width, bias=False)
        self.before = nn.Embedding(SIZES["melody"], width)
        self.after = nn.Embedding(SIZES["melody"], width)
        self.lags = nn.ModuleList(
            nn.Embedding(SIZES["melody"], width) for _ in range(len(LAGS) * SLOTS["melody"])
        )
        self.register_buffer("chord_features", chord_features())
        self.mix = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=INITIAL)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def _told(self, batch: Batch) -> Tensor:
        """(B, D): the conditions of each grid."""
        parts = [table(batch.numbers[:, i]) for i, table in enumerate(self.numbers.values())]
        summed = torch.stack(parts).sum(0) + self.text(batch.text * TEXT_SCALE)
        return summed + self.mix(summed)

    def _beside(self, batch: Batch, a_bar: int) -> Tensor:
        """(B, L, D): sounding chord, nearest pitches, the melody some bars away."""
        slots, melody = SLOTS["melody"], batch.streams["melody"]
        tones = F.embedding(sounding(batch.streams["chord"]), self.chord_features)
        before, after = nearest(melody, slots)
        x = self.harmony(tones) + self.before(before) + self.after(after)
        for number, lag in enumerate(LAGS):
            there = shifted(melody, lag * a_bar * slots).view(*batch.place.shape, slots)
            for slot in range(slots):
                x = x + self.lags[number * slots + slot](there[..., slot])
        return x

    def _embed(self, batch: Batch) -> Tensor:
        a_bar = int(batch.place.max()) % 8 + 1
        bar = torch.arange(batch.place.shape[1], device=batch.place.device)[None] // a_bar
        x = self.place(batch.place) + self.bar(bar) + self.phrase(batch.phrases)
        for name in STREAMS:
            tokens = batch.streams[name].view(*batch.place.shape, SLOTS[name])
            for slot in range(SLOTS[name]):
                x = x + self.tokens[f"{name}_{slot}"](tokens[..., slot])
        return x + self._beside(batch, a_bar) + self._told(batch)[:, None]

    def forward(self, batch: Batch) -> dict[Stream, Tensor]:
        """Logits (B, L · slots, size) of each stream."""
        states = self.trunk(inputs_embeds=self._embed(batch)).last_hidden_state
        found: dict[Stream, Tensor] = {}
        for name in STREAMS:
            slots = [self.heads[f"{name}_{slot}"](states) for slot in range(SLOTS[name])]
            found[name] = torch.stack(slots, 2).flatten(1, 2)
        return found
