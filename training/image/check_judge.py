"""Tests the judge and the colour measures on real scenes of held-out drawings, and writes the card.

    python -m training.image.check_judge

The scenes are the ones that the evaluation's prompts ask for, composed of drawings that nobody
trained on: this is the best score that a perfect picture model could get. Writes `assets/judge/`.
"""

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import ResNetForImageClassification

from studio.evaluate import _styles
from studio.evaluate._judge import FOLDER, REPORT, WEIGHTS, Judge
from studio.evaluate._prompts import Prompt, Score, prompts
from studio.evaluate._table import MEASURES, details, measure
from studio.evaluate.image import marks
from studio.weights import MANIFEST
from training.image.judge_card import card
from training.image.judge_concepts import judged
from training.image.render import OUT
from training.image.sample import COUNT_LAYOUTS, COUNT_SIZES
from training.image.scenes import Placed, Scene, draw
from training.image.split import held_out, manifest, seen
from training.image.train_judge import RUN

SIDE = 128
SEED = 4
# A style or colour is asked of any thing, but a held-out drawing has the style it has.
DRAWINGS_PER_STYLE = 60
EXAMPLES = Path(__file__).parent.parent.parent / "tests" / "golden" / "judge"
EXAMPLE_COUNT = 40
CENTRES = {
    "left of": ((0.27, 0.5), (0.73, 0.5)),
    "right of": ((0.73, 0.5), (0.27, 0.5)),
    "above": ((0.5, 0.27), (0.5, 0.73)),
    "below": ((0.5, 0.73), (0.5, 0.27)),
}


class Scenes:
    """Composes what a prompt asks for of held-out drawings."""

    def __init__(self) -> None:
        self.rows = manifest()
        self.table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
        self.rng = np.random.default_rng(SEED)
        self.by_concept = {self.rows[i]["concept"]: int(i) for i in held_out(self.rows)}
        self.by_style = defaultdict(list)
        known = {each["id"] for each in judged(self.rows)}
        for concept, row in self.by_concept.items():
            if concept not in known:
                continue
            self.by_style[self.rows[row]["style"]].append(concept)

    def _row(self, concepts: list[str]) -> int:
        return self.by_concept[str(self.rng.choice(concepts))]

    def _plan(self, prompt: Prompt) -> Scene:
        want, rng = prompt.want, self.rng
        row, shade = self._row(want["concepts"]), int(rng.integers(1 << 16))
        size = float(rng.uniform(0.82, 0.98))
        background = want.get("background", str(rng.choice(["white", "transparent"])))
        if prompt.suite == "count":
            count = want["count"]
            size = COUNT_SIZES[count] * rng.uniform(0.9, 1.0)
            sprites = tuple(self._near(row, centre, size) for centre in COUNT_LAYOUTS[count])
            return Scene("count", sprites, background, shade=shade)
        if prompt.suite == "position":
            first, second = CENTRES[want["relation"]]
            other = self._row(want["others"])
            sprites = (self._near(row, first, 0.44), self._near(other, second, 0.44))
            return Scene("pair", sprites, background, want["relation"], shade)
        placed = Placed(row, 0.5, 0.5, size, want.get("colour"))
        return Scene("single", (placed,), background, shade=shade)

    def _near(self, row: int, centre: tuple[float, float], size: float) -> Placed:
        x, y = np.array(centre) + self.rng.uniform(-0.02, 0.02, 2)
        return Placed(row, float(x), float(y), size)

    def styles(self) -> Iterator[tuple[Prompt, np.ndarray]]:
        """Held-out drawings asked for in the style they have."""
        asked = {p.want["style"] for p in prompts() if p.suite == "style"}
        for style in sorted(asked):
            for concept in self.by_style[style][:DRAWINGS_PER_STYLE]:
                want = {"style": style, "concepts": [concept]}
                prompt = Prompt(0, "style", "", "", want, is_quick=True)
                plan = Scene("single", (Placed(self.by_concept[concept], 0.5, 0.5, 0.9),), "white")
                yield prompt, draw(plan, self.table, SIDE)

    def all(self) -> Iterator[tuple[Prompt, np.ndarray]]:
        """Every prompt with a real picture of it."""
        for prompt in prompts():
            if prompt.suite != "style":
                yield prompt, draw(self._plan(prompt), self.table, SIDE)
        yield from self.styles()


def check(judge: Judge) -> dict:
    """Every measure of the evaluation, on real pictures."""
    scores = [Score(p, "en", marks(judge, picture, p)) for p, picture in Scenes().all()]
    found = {}
    for name, (suites, mark) in MEASURES.items():
        own = [score for score in scores if score.prompt.suite in suites]
        found[name] = measure(own, mark)
        del found[name]["en"]
    return {"measures": found, "details": details(scores)}


def keep_examples(folder: Path = EXAMPLES) -> None:
    """Writes some held-out drawings for the tests: the first by hash that need no attribution."""
    rows = manifest()
    judged_ids = {each["id"] for each in judged(rows)}
    usable = [rows[i] for i in held_out(rows) if rows[i]["concept"] in judged_ids]
    free = [row for row in usable if row["licence"] in ("MIT", "Apache-2.0")]
    free.sort(key=lambda row: hashlib.sha256(row["concept"].encode()).hexdigest())
    table = np.load(OUT / f"rgba{SIDE}.npy", mmap_mode="r")
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for row in free[:EXAMPLE_COUNT]:
        small = Image.fromarray(np.array(table[row["index"]])).reduce(2)
        small.save(folder / f"{row['concept']}.png", optimize=True)
        facts = {key: row[key] for key in ("concept", "en", "key", "licence", "style")}
        lines.append(json.dumps({"file": f"{row['concept']}.png", **facts}, ensure_ascii=False))
    (folder / "drawings.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def keep_weights(run: Path, folder: Path) -> dict[str, str]:
    """Writes the averaged weights in bf16 with their hashes."""
    model = ResNetForImageClassification.from_pretrained(run / "weights")
    model.to(torch.bfloat16).save_pretrained(folder)
    shutil.copy(run / "styles" / _styles.WEIGHTS, folder)
    names = (WEIGHTS, _styles.WEIGHTS, "config.json")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    for name in names:
        (folder / name).chmod(0o644)
    (folder / MANIFEST).write_text(json.dumps(hashes, indent=1) + "\n", "utf-8")
    return hashes


if __name__ == "__main__":
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    keep_weights(RUN, FOLDER)
    keep_examples()
    judge = Judge.load()
    outcome = check(judge)
    outcome["styles"] = json.loads((RUN / "styles" / "shares.json").read_text("utf-8"))
    text = json.dumps(outcome, ensure_ascii=False, indent=1)
    (FOLDER / REPORT).write_text(text + "\n", "utf-8")
    rows = manifest()
    sizes = {"concepts": len(judge.concepts), "styles": len(judge.styles)}
    sizes["parameters"] = sum(p.numel() for p in judge.model.parameters()) / 1e6
    (FOLDER / "README.md").write_text(card(outcome, rows, seen(rows), sizes), "utf-8")
    print(text)
