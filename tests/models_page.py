"""Writes the table of open models in docs/models.md: `python -m tests.models_page`.

What a family says of itself comes from the registry; the seconds are measured on its toy weights.
"""

import sys
import time
from pathlib import Path

from studio import forms, registry
from studio.engine import Engine
from studio.spec import Checkpoint, Family, Params, unwatched
from tests.tiny import tiny
from tests.tiny.least import least

PAGE = Path(__file__).parents[1] / "docs" / "models.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
TASKS = {
    "prompt": "from words",
    "image": "from a picture",
    "last_image": "to a last picture",
    "video": "from a clip",
    "mask": "within a mask",
    "song": "from a song",
    "task": "covers, repaints, extracts, adds and completes parts",
    "start_s": "within a stretch of a song",
    "reference": "with references",
    "control_image": "with a ControlNet",
    "control_video": "follows a clip",
    "upscaler": "enlarges what it made",
    "adapter": "with LoRA files",
}
HEAD = "| Model | Makes | Tasks | Checkpoints | Toy run |"


def families() -> list[Family]:
    return [each for each in registry.families().values() if each.checkpoints]


def table(seconds: dict[str, str]) -> str:
    """The table in Markdown, with a cell for the seconds of each family by its name."""
    rows = [HEAD, "|---|---|---|---|---|"]
    for family in families():
        shown = "<br>".join(_checkpoint(family, each) for each in family.checkpoints)
        cells = (
            f"`{family.name}`",
            family.kind,
            _tasks(family),
            shown,
            seconds.get(family.name, "?"),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def seconds_told(page: str) -> dict[str, str]:
    """The last cell of each row of a page, by the family in its first."""
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[-1] for row in cells}


def between(page: str) -> str:
    return page.partition(BEGIN)[2].partition(END)[0]


def _with(page: str, rows: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + rows + END + rest.partition(END)[2]


def _tasks(family: Family) -> str:
    has = set(family.params.model_fields)
    if family.kind != "song":
        has.discard("song")  # there it is what sounds beneath
    if "task" in has:
        has.discard("start_s")  # one of its tasks
    carries_on = getattr(family.params, "carries_on", False)
    words = {**TASKS, "video": "carries a clip on"} if carries_on else TASKS
    return ", ".join(each for name, each in words.items() if name in has)


def _checkpoint(family: Family, each: Checkpoint) -> str:
    fields = family.params.model_fields
    usual = {name: fields[name].default for name in ("steps", "guidance") if name in fields}
    settings = ", ".join(f"{name} {value:g}" for name, value in {**usual, **each.advice}.items())
    size = f"{each.size_bytes / 1e9:.0f} GB"
    return f"{each.id}: {each.licence}, {each.terms}; {size}; {settings}"


def _measured(family: Family, engine: Engine) -> str:
    """Processor seconds of a warm run at the least size, two steps."""
    values: dict[str, object] = {"prompt": "a red cat", "seed": 7}
    values["checkpoint"] = str(tiny(family.name))
    values |= least(family)
    job = _Job(family, forms.fill(family.params, values))
    engine.run(job, unwatched)
    started = time.process_time()
    engine.run(job, unwatched)
    return f"{time.process_time() - started:.2f} s"


class _Job:
    def __init__(self, family: Family, params: Params) -> None:
        self.family, self.params = family, params


def main() -> None:
    engine = Engine(device="cpu")
    found = {family.name: _measured(family, engine) for family in families()}
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_with(page, table(found)), encoding="utf-8")
    sys.stdout.write(table(found))


if __name__ == "__main__":
    main()
