"""pocket-text at run time: a prompt in, its token states and one unit vector out.

Reads prompts whole, in windows of the model's length. Knows nothing about routing, pictures,
songs or how the weights were made. Importing this module imports neither torch nor transformers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.weights import shipped, shipped_file, verify

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import CLIPTextModelWithProjection, CLIPTokenizer

ASSETS = Path(__file__).parents[2] / "assets" / "pocket-text"
WEIGHTS = "model.safetensors"
WINDOWS_AT_ONCE = 32
_WORD_END = "</w>"
_SPECIAL = re.compile(r"<\|(startoftext|endoftext)\|>", re.IGNORECASE)


@dataclass(frozen=True)
class TextStates:
    """A batch of encoded prompts.

    `tokens` float32 (B, T, D): the states of each prompt, start and end marks included, zero
    where `mask` (B, T) is False. `pooled` float32 (B, P), unit length.
    """

    tokens: Tensor
    mask: Tensor
    pooled: Tensor


@dataclass(frozen=True)
class _Encoded:
    states: Tensor
    """float32 (T, D)"""

    pooled: Tensor
    """float32 (P,)"""


def clean(text: str) -> str:
    """The text as the tokenizer gets it.

    Control characters become spaces and unpaired surrogates U+FFFD, since neither has a meaning;
    the names of the start and end marks become ordinary text.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return _SPECIAL.sub(r"< |\1| >", text)


def check_files(folder: Path) -> str:
    """Compare every file with the manifest; returns the hash of the weights.

    Raises:
        WeightsError: a file is missing or is not what its hash says.
    """
    for each in shipped(folder):
        verify(each)
    return shipped_file(folder, WEIGHTS).sha256


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading takes a blink: a bar for it would only litter the terminal of the front."""
    from transformers.utils import logging

    was_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            logging.enable_progress_bar()


class PocketText:
    """The bilingual encoder. Same text, same numbers, whatever else is in the batch."""

    def __init__(
        self,
        model: CLIPTextModelWithProjection,
        tokenizer: CLIPTokenizer,
        sha256: str = "",
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.sha256 = sha256
        # The stock config types its numbers as optional; ours says all of them.
        config: Any = model.config
        self.positions: int = config.max_position_embeddings
        self.width: int = config.hidden_size
        self.pooled_width: int = config.projection_dim
        self._start: int = config.bos_token_id
        self._end: int = config.eos_token_id
        pieces = sorted((number, name) for name, number in tokenizer.get_vocab().items())
        self._ends_word = [name.endswith(_WORD_END) or not name.isascii() for _, name in pieces]

    @classmethod
    def load(cls, folder: Path | None = None, device: str = "cpu") -> PocketText:
        """The shipped encoder, loaded once a device, or that of a `save_pretrained` folder.

        Raises:
            WeightsError: a file is missing or damaged.
        """
        return _shipped(device) if folder is None else cls._read(folder, device)

    @classmethod
    def _read(cls, folder: Path, device: str) -> PocketText:
        sha256 = check_files(folder)
        import torch
        from transformers import CLIPTextModelWithProjection, CLIPTokenizer

        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        with _no_progress_bar():
            model: Any = CLIPTextModelWithProjection.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32
            )
        return cls(model.to(device).eval(), tokenizer, sha256)

    def token_numbers(self, text: str) -> list[int]:
        """The text's tokens without start and end marks, however many there are."""
        return self.tokenizer(clean(text), add_special_tokens=False, verbose=False)["input_ids"]

    def windows(self, text: str) -> list[list[int]]:
        """The text as windows of at most `positions` tokens, marks included; nothing is lost."""
        numbers = self.token_numbers(text)
        room = self.positions - 2
        found: list[list[int]] = []
        start = 0
        while start < len(numbers) or not found:
            end = self._word_boundary(numbers, start, min(start + room, len(numbers)))
            found.append([self._start, *numbers[start:end], self._end])
            start = end
        return found

    def _word_boundary(self, numbers: list[int], start: int, end: int) -> int:
        """Move `end` back to the end of a word, unless one word fills half the window."""
        if end == len(numbers):
            return end
        for place in range(end, start + (end - start) // 2, -1):
            if self._ends_word[numbers[place - 1]]:
                return place
        return end

    def encode(self, texts: Sequence[str], is_exact: bool = True) -> TextStates:
        """Encode whole prompts.

        Args:
            texts: prompts of any length; "" is the empty prompt of classifier-free guidance.
            is_exact: encode each prompt on its own, so that its numbers never depend on its
                neighbours, to the last bit. False batches prompts, several times faster: for
                preparing training data.
        """
        import torch

        with torch.inference_mode():
            encoded = [self._encode_one(t) for t in texts] if is_exact else self._batched(texts)
            return self._collate(encoded)

    def _encode_one(self, text: str) -> _Encoded:
        return self._join(list(self._run(self.windows(text))))

    def _batched(self, texts: Sequence[str]) -> list[_Encoded]:
        """All prompts' windows, sorted by length and batched; only close to the exact numbers."""
        owned = [(owner, w) for owner, text in enumerate(texts) for w in self.windows(text)]
        order = sorted(range(len(owned)), key=lambda i: len(owned[i][1]))
        done: dict[int, _Encoded] = {}
        for start in range(0, len(order), WINDOWS_AT_ONCE * 4):
            rows = order[start : start + WINDOWS_AT_ONCE * 4]
            done |= dict(zip(rows, self._forward([owned[i][1] for i in rows]), strict=True))
        parts: list[list[_Encoded]] = [[] for _ in texts]
        for place, (owner, _) in enumerate(owned):
            parts[owner].append(done[place])
        return [self._join(part) for part in parts]

    def _run(self, windows: list[list[int]]) -> Iterator[_Encoded]:
        """One prompt's windows, few at a time, so that memory does not grow with the prompt."""
        for start in range(0, len(windows), WINDOWS_AT_ONCE):
            yield from self._forward(windows[start : start + WINDOWS_AT_ONCE])

    def _forward(self, windows: list[list[int]]) -> list[_Encoded]:
        import torch

        longest = max(map(len, windows))
        # Padding follows the end mark, and attention is causal: it never reaches a kept state.
        ids = [w + [self._end] * (longest - len(w)) for w in windows]
        out = self.model(input_ids=torch.tensor(ids, device=self.model.device))
        return [
            _Encoded(states[: len(w)], pooled)
            for w, states, pooled in zip(
                windows, out.last_hidden_state.float(), out.text_embeds.float(), strict=True
            )
        ]

    @staticmethod
    def _join(parts: list[_Encoded]) -> _Encoded:
        """States one after the other; the pooled vectors' mean, each weighted by its tokens."""
        import torch
        from torch.nn.functional import normalize

        states = torch.cat([p.states for p in parts])
        weights = torch.tensor([float(len(p.states)) for p in parts], device=states.device)
        each = normalize(torch.stack([p.pooled for p in parts]), dim=-1)
        return _Encoded(states, normalize(weights @ each, dim=0))

    def _collate(self, encoded: list[_Encoded]) -> TextStates:
        import torch

        longest = max((len(e.states) for e in encoded), default=0)
        size = (len(encoded), longest)
        device = self.model.device
        tokens = torch.zeros((*size, self.width), device=device)
        mask = torch.zeros(size, dtype=torch.bool, device=device)
        pooled = torch.zeros((len(encoded), self.pooled_width), device=device)
        for row, one in enumerate(encoded):
            tokens[row, : len(one.states)] = one.states
            mask[row, : len(one.states)] = True
            pooled[row] = one.pooled
        return TextStates(tokens, mask, pooled)


@lru_cache(maxsize=2)
def _shipped(device: str) -> PocketText:
    """Shared by the router and the families: loading it takes longer than most prompts."""
    return PocketText._read(ASSETS, device)
