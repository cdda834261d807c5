"""pocket-kinds at run time: a whole text in, what it says for a picture, a song and a clip out.

The layers of pocket-text, fitted further to this one question, and a small head over the states of
all words; vocabulary and vectors of the words are pocket-text's own. Knows no lexicon, no threshold
and nothing of how the weights were made.
"""

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from pipelines.pocket.text import PocketText, check_files
from studio.errors import WeightsError

ASSETS = Path(__file__).parents[2] / "assets" / "pocket-kinds"
WEIGHTS = "model.safetensors"
TEXT = "pocket_text"
"""In the weights' metadata: the hash of the pocket-text that they belong to."""

LOOKS = 4
"""How many places of a text the head may look at, each by its own weighting of the words."""
DROPPED = 0.2
"""Of the numbers that the head sees in training, how many are left out."""


class KindHead(nn.Module):
    """States of words (B, T, D) with their mask (B, T) to scores (B, K), by attention."""

    def __init__(self, width: int, kinds: int = 3) -> None:
        super().__init__()
        self.looks = nn.Linear(width, LOOKS, bias=False)
        self.out = nn.Linear(width * (LOOKS + 1), kinds)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        kept = mask.unsqueeze(-1)
        share = self.looks(states).masked_fill(~kept, float("-inf")).softmax(1)
        looked = (share.transpose(1, 2) @ states).flatten(1)
        mean = (states * kept).sum(1) / kept.sum(1)
        return self.out(self.drop(torch.cat([looked, mean], 1)))


def refitted(model: nn.Module) -> nn.ModuleDict:
    """The parts of a text model that are fitted further: its layers and the norm after them."""
    inner: Any = getattr(model, "text_model", model)
    return nn.ModuleDict({"layers": inner.encoder.layers, "norm": inner.final_layer_norm})


def copied(model: Any) -> Any:
    """A text model of the same numbers whose layers may change; vectors of words are shared."""
    inner: Any = getattr(model, "text_model", model)
    return copy.deepcopy(model, {id(inner.embeddings): inner.embeddings})


class KindReader:
    """Scores of whole texts. Same text, same numbers."""

    def __init__(self, text: PocketText, head: KindHead, sha256: str = "") -> None:
        self.text = text
        self.head = head.eval()
        self.sha256 = sha256

    def scores(self, text: str) -> list[float]:
        """Logits of picture, song and clip, in the order of `studio.spec.Kind`."""
        with torch.inference_mode():
            states = self.text.encode([text])
            return self.head(states.tokens, states.mask)[0].double().tolist()


@lru_cache(maxsize=1)
def load() -> KindReader:
    """The shipped reader, loaded once; errors as those of `read`."""
    return read(ASSETS)


def read(folder: Path) -> KindReader:
    """The reader in a folder that `training.kinds` wrote.

    Raises:
        WeightsError: a file is missing or damaged, or belongs to another pocket-text.
    """
    sha256 = check_files(folder)
    base = PocketText.load()
    with safe_open(folder / WEIGHTS, "pt") as file:
        fitted_to = (file.metadata() or {}).get(TEXT, "")
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    if fitted_to != base.sha256:
        raise WeightsError(
            f"weights {folder / WEIGHTS} belong to pocket-text {fitted_to[:12]}…, here is "
            f"{base.sha256[:12]}…; run `python -m training.kinds`"
        )
    model, head = copied(base.model), KindHead(base.width)
    nn.ModuleDict({"text": refitted(model), "head": head}).load_state_dict(tensors)
    return KindReader(PocketText(model.eval(), base.tokenizer), head, sha256)
